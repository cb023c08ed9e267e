//! `tesseract` and `poppler` behind the port.

use crate::headers;
use crate::tsv;
use crate::worker::{Cost, Said, run};
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::recognition::{ReadPage, Readiness, Recogniser, Survey};
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// What reading may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Most pixels of one page: A2 at 300 dots per inch, A4 at 600.
    pub pixels: u64,
    /// Longest time for one page and one program.
    pub time: Duration,
    /// Most memory of one program, in megabytes.
    pub memory: u64,
    /// Largest picture of a page written between two programs, in megabytes.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 40_000_000, time: Duration::from_secs(120), memory: 1_500, output: 150 }
    }
}

/// Dots per inch at which pages are drawn for reading.
const DPI: u32 = 300;
/// Longest edge of the picture shown beside the text: A4 at about 100 dots per inch.
const PREVIEW: u32 = 1_200;
const PDF: &str = "application/pdf";

/// Reads papers with the programs of this machine.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    limits: Limits,
}

fn refused(code: &'static str, detail: &str) -> ContractError {
    ContractError::Refused { code, detail: detail.to_owned() }
}

fn unreadable(detail: &str) -> ContractError {
    refused("scan_unreadable", detail)
}

fn words(args: &[&str]) -> Vec<OsString> {
    args.iter().map(OsString::from).collect()
}

fn folder() -> Result<TempDir, ContractError> {
    tempfile::tempdir().map_err(|_| ContractError::Unavailable("no temporary folder can be made".to_owned()))
}

impl Machine {
    /// With limits of its own.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    fn cost(&self) -> Cost {
        Cost { time: self.limits.time, memory: self.limits.memory, output: self.limits.output }
    }

    async fn pdf(&self, file: &Path) -> Result<Survey, ContractError> {
        let folder = folder()?;
        let ask = |first: &str, last: &str| {
            let mut args = words(&["-f", first, "-l", last]);
            args.push(file.into());
            args
        };
        let said = run("pdfinfo", &ask("1", "1"), folder.path(), self.cost()).await?;
        let facts = String::from_utf8_lossy(&said.output).into_owned();
        let fact = |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let pages: u32 = match fact("Pages:").and_then(|pages| pages.parse().ok()) {
            Some(pages) if said.well && pages > 0 => pages,
            // Without the password it says nothing.
            _ => return Err(unreadable("the PDF cannot be read, or asks for a password")),
        };
        if fact("Encrypted:").is_some_and(|encrypted| encrypted.starts_with("yes")) {
            return Err(refused("scan_locked", "the PDF is locked"));
        }
        let said = run("pdfinfo", &ask("1", &pages.to_string()), folder.path(), self.cost()).await?;
        for line in String::from_utf8_lossy(&said.output)
            .lines()
            .filter(|line| line.starts_with("Page") && line.contains(" size:"))
        {
            self.fits(points(line).ok_or_else(|| unreadable("a page has no size"))?)?;
        }
        let mut list = words(&["-list"]);
        list.push(file.into());
        let said = run("pdfimages", &list, folder.path(), self.cost()).await?;
        Ok(Survey { pages, dpi: lowest(&String::from_utf8_lossy(&said.output)) })
    }

    /// Whether a page of this size, in points, may be drawn.
    fn fits(&self, (width, height): (f64, f64)) -> Result<(), ContractError> {
        let pixel = |points: f64| points / 72.0 * f64::from(DPI);
        if width > 0.0 && height > 0.0 && pixel(width) * pixel(height) <= self.limits.pixels as f64 {
            return Ok(());
        }
        Err(refused("scan_page_too_large", "a page has more pixels than are drawn"))
    }

    async fn picture(&self, file: &Path) -> Result<Survey, ContractError> {
        let file = file.to_owned();
        let found = tokio::task::spawn_blocking(move || std::fs::read(&file).ok().and_then(|b| headers::pictures(&b)))
            .await
            .map_err(|_| ContractError::Internal("the reader of headers stopped".to_owned()))?
            .ok_or_else(|| unreadable("the picture has no readable header"))?;
        if found.iter().any(|one| u64::from(one.width) * u64::from(one.height) > self.limits.pixels) {
            return Err(refused("scan_page_too_large", "a picture has more pixels than are decoded"));
        }
        let pages = u32::try_from(found.len()).unwrap_or(u32::MAX);
        Ok(Survey { pages, dpi: found.iter().filter_map(|one| one.dpi).min() })
    }

    /// Draws a page of a PDF, gray, for reading; answers the name of the file in the folder.
    async fn draw(&self, file: &Path, page: u32, folder: &Path) -> Result<(), ContractError> {
        let number = page.to_string();
        let dpi = DPI.to_string();
        let mut args = words(&["-r", &dpi, "-gray", "-f", &number, "-l", &number, "-singlefile"]);
        args.extend([file.into(), "page".into()]);
        well(run("pdftoppm", &args, folder, self.cost()).await?, "the page cannot be drawn").map(drop)
    }

    /// The picture shown beside the text.
    async fn preview(&self, pdf: &Path, page: u32, folder: &Path) -> Result<Vec<u8>, ContractError> {
        let number = page.to_string();
        let edge = PREVIEW.to_string();
        let mut args = words(&["-scale-to", &edge, "-gray", "-png", "-f", &number, "-l", &number, "-singlefile"]);
        args.extend([pdf.into(), "preview".into()]);
        well(run("pdftoppm", &args, folder, self.cost()).await?, "the page cannot be shown")?;
        read(folder.join("preview.png")).await
    }

    /// Reads a picture into `read.tsv`, and into `read.pdf` when that is wanted for its preview.
    async fn recognise(&self, picture: &Path, page: u32, pdf: bool, folder: &Path) -> Result<(), ContractError> {
        let mut args: Vec<OsString> = vec![picture.into(), "read".into()];
        args.extend(words(&["-l", "vie", "--psm", "3"]));
        if pdf {
            // Of a picture with several pages only this one.
            args.extend(words(&["-c", &format!("tessedit_page_number={}", page - 1)]));
        } else {
            args.extend(words(&["--dpi", &DPI.to_string()]));
        }
        args.extend(words(if pdf { &["tsv", "pdf"] } else { &["tsv"] }));
        well(run("tesseract", &args, folder, self.cost()).await?, "the page cannot be read").map(drop)
    }
}

fn well(said: Said, detail: &str) -> Result<Vec<u8>, ContractError> {
    if said.well { Ok(said.output) } else { Err(unreadable(detail)) }
}

async fn read(file: std::path::PathBuf) -> Result<Vec<u8>, ContractError> {
    tokio::fs::read(file).await.map_err(|_| unreadable("a program wrote nothing"))
}

/// Width and height of `Page    1 size: 595.28 x 841.89 pts (A4)`.
fn points(line: &str) -> Option<(f64, f64)> {
    let (_, size) = line.split_once(" size:")?;
    let mut numbers = size.split_whitespace();
    let width = numbers.next()?.parse().ok()?;
    let height = (numbers.next()? == "x").then(|| numbers.next())??.parse().ok()?;
    Some((width, height))
}

/// Lowest resolution among the pictures of `pdfimages -list` that fill most of a page; a stamp or a logo says nothing.
fn lowest(table: &str) -> Option<u32> {
    let of_row = |row: &str| {
        let columns: Vec<&str> = row.split_whitespace().collect();
        let number = |at: usize| columns.get(at).and_then(|text| text.parse::<u32>().ok());
        let large = number(3)? >= 500 && number(4)? >= 500;
        (large && *columns.get(2)? == "image").then(|| number(12).min(number(13)))?
    };
    table.lines().skip(2).filter_map(of_row).min()
}

#[async_trait]
impl Recogniser for Machine {
    async fn readiness(&self) -> Readiness {
        let Ok(folder) = folder() else { return Readiness::Missing("/tmp".to_owned()) };
        let languages = run("tesseract", &words(&["--list-langs"]), folder.path(), self.cost()).await;
        let Ok(languages) = languages else { return Readiness::Missing("tesseract-ocr".to_owned()) };
        if !String::from_utf8_lossy(&languages.output).lines().any(|language| language.trim() == "vie") {
            return Readiness::Missing("tesseract-ocr-vie".to_owned());
        }
        // It prints its version to where errors go.
        if run("pdftoppm", &words(&["-v"]), folder.path(), self.cost()).await.is_err() {
            return Readiness::Missing("poppler-utils".to_owned());
        }
        let version = run("tesseract", &words(&["--version"]), folder.path(), self.cost()).await;
        let version = version.map(|said| String::from_utf8_lossy(&said.output).lines().next().unwrap_or("").to_owned());
        Readiness::Ready(format!("{} vie", version.unwrap_or_default().trim()))
    }

    async fn survey(&self, file: &Path, media_type: &str) -> Result<Survey, ContractError> {
        match media_type {
            PDF => self.pdf(file).await,
            "image/jpeg" | "image/png" | "image/tiff" => self.picture(file).await,
            _ => Err(refused("scan_kind_unknown", "neither PDF nor JPEG, PNG, TIFF")),
        }
    }

    async fn read_page(&self, file: &Path, media_type: &str, page: u32) -> Result<ReadPage, ContractError> {
        let folder = folder()?;
        let is_pdf = media_type == PDF;
        if is_pdf {
            self.draw(file, page, folder.path()).await?;
            self.recognise(Path::new("page.pgm"), page, false, folder.path()).await?;
        } else {
            self.recognise(file, page, true, folder.path()).await?;
        }
        let table = read(folder.path().join("read.tsv")).await?;
        let table = String::from_utf8_lossy(&table);
        let (width, height, words) = tsv::page_of(&table).ok_or_else(|| unreadable("the page cannot be read"))?;
        let preview = match is_pdf {
            true => self.preview(file, page, folder.path()).await?,
            false => self.preview(Path::new("read.pdf"), 1, folder.path()).await?,
        };
        Ok(ReadPage { width, height, words, preview })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_resolutions_are_read_from_what_poppler_says() {
        assert_eq!(points("Page    1 size: 595.28 x 841.89 pts (A4)"), Some((595.28, 841.89)));
        assert_eq!(points("Page size:       841.89 x 595.28 pts"), Some((841.89, 595.28)));
        assert_eq!(points("Page    1 size: unknown"), None);
        let head =
            "page   num  type   width height color comp bpc  enc interp  object ID x-ppi y-ppi size ratio\n-----\n";
        let row = |kind: &str, width: u32, ppi: u32| {
            format!(
                "   1     0 {kind}    {width}  3508  gray    1   8  jpeg   no         8  0   {ppi}   {ppi}  101K 1.2%\n"
            )
        };
        assert_eq!(lowest(&format!("{head}{}{}", row("image", 2480, 300), row("image", 1240, 150))), Some(150));
        assert_eq!(lowest(&format!("{head}{}{}", row("image", 2480, 300), row("image", 90, 72))), Some(300));
        assert_eq!(lowest(&format!("{head}{}", row("smask", 2480, 300))), None);
        assert_eq!(lowest(head), None);
    }

    #[test]
    fn a_page_that_is_too_large_is_refused_before_it_is_drawn() {
        let machine = Machine::default();
        assert!(machine.fits((595.0, 842.0)).is_ok());
        assert!(machine.fits((842.0, 1191.0)).is_ok());
        assert!(machine.fits((14_400.0, 14_400.0)).is_err());
        assert!(machine.fits((0.0, 842.0)).is_err());
        assert!(machine.fits((f64::INFINITY, 842.0)).is_err());
    }
}
