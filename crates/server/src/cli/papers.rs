//! `haidang documents typeset`, `typeset-samples`, `typeset-worker` and `lint`.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use haidang_documents::lint::{Severity, layout_lint};
use haidang_documents::typeset::{Attachment, Paper, Relationship, Templates, Typesetter};
use haidang_kernel::ambient::Ambient;
use serde_json::{Value as Json, json};

use super::documents::read_file;
use super::{Outcome, say};

/// Typeset a paper from a template of the pack.
#[derive(Debug, Args)]
pub(crate) struct Typeset {
    /// Name of the template within the folder `documents` of the pack: `official/document`, `forms/01`.
    template: String,
    /// What the template prints, as JSON.
    data: PathBuf,
    /// The new PDF.
    out: PathBuf,
    #[command(flatten)]
    stage: Stage,
    /// Title; default the subject of the data, or the name of the template.
    #[arg(long)]
    title: Option<String>,
    /// Language of the text.
    #[arg(long, default_value = "vi")]
    language: String,
    /// When it is dated, such as 2026-01-05T08:30:00+07:00; default now.
    #[arg(long)]
    dated: Option<jiff::Timestamp>,
    /// A file that travels inside; may be repeated.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// Print the places that the template reserves, as JSON.
    #[arg(long)]
    places: bool,
}

/// Typeset so many different papers of so many paragraphs, to measure.
#[derive(Debug, Args)]
pub(crate) struct Samples {
    /// Number of papers.
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Paragraphs of each.
    paragraphs: usize,
    /// Folder for them.
    out: PathBuf,
    #[command(flatten)]
    stage: Stage,
}

/// Where templates and typefaces come from.
#[derive(Debug, Args)]
pub(crate) struct Stage {
    /// Folder of the pack; default the configured one.
    #[arg(long, value_name = "FOLDER")]
    pack: Option<PathBuf>,
    /// Folder of a licensed Times New Roman; default Liberation Serif.
    #[arg(long, value_name = "FOLDER")]
    fonts: Option<PathBuf>,
}

/// Typeset what arrives on standard input.
#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// Folder of a licensed Times New Roman; default Liberation Serif.
    #[arg(long, value_name = "FOLDER")]
    fonts: Option<PathBuf>,
}

/// Judge the layout of a PDF by Decree 30/2020/NĐ-CP, Appendix I.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// The PDF.
    file: PathBuf,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

impl Stage {
    fn templates(&self, configured: Option<PathBuf>) -> Result<Templates> {
        let pack = self.pack.clone().or(configured).context("no pack is named: give --pack")?;
        let folder = pack.join("documents");
        Templates::read(&folder).with_context(|| folder.display().to_string())
    }
}

/// A paper of the pack without attachments.
fn paper(
    templates: &Templates,
    name: &str,
    data: Json,
    title: String,
    language: &str,
    dated: jiff::Timestamp,
) -> Result<Paper> {
    let Some(source) = templates.source(name) else {
        bail!("there is no template {name}; there are: {}", templates.names().collect::<Vec<_>>().join(", "));
    };
    Ok(Paper {
        source: source.to_string(),
        library: templates.library(),
        data,
        title,
        language: language.to_owned(),
        dated,
        attachments: Vec::new(),
    })
}

pub(super) fn typeset(command: Typeset, configured: Option<PathBuf>) -> Result<Outcome> {
    let templates = command.stage.templates(configured)?;
    let data: Json =
        serde_json::from_slice(&read_file(&command.data)?).with_context(|| command.data.display().to_string())?;
    let subject = data.get("subject").or_else(|| data.get("title")).and_then(Json::as_str).map(str::to_owned);
    let title = command.title.or(subject).unwrap_or_else(|| command.template.clone());
    let dated = command.dated.unwrap_or_else(|| Ambient::system().now());
    let mut paper = paper(&templates, &command.template, data, title, &command.language, dated)?;
    for path in &command.attach {
        paper.attachments.push(attachment(path)?);
    }
    let printed = Typesetter::new(command.stage.fonts).set(&paper)?;
    std::fs::write(&command.out, &printed.bytes).with_context(|| command.out.display().to_string())?;
    if command.places {
        say(serde_json::to_string_pretty(&printed.places)?)?;
    } else {
        say(format_args!("{}: {} pages", command.out.display(), printed.pages))?;
    }
    Ok(Outcome::Good)
}

fn attachment(path: &Path) -> Result<Attachment> {
    let name = path.file_name().and_then(|name| name.to_str()).with_context(|| path.display().to_string())?.to_owned();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let media_type = match ending {
        "json" => "application/json",
        "xml" | "edxml" => "application/xml",
        "csv" => "text/csv",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    };
    Ok(Attachment {
        description: name.clone(),
        name,
        media_type: media_type.to_owned(),
        relationship: Relationship::Data,
        bytes: read_file(path)?,
    })
}

const WORDS: &str = "triển khai chính quyền số thành phố bảo đảm an toàn thông tin nhiệm vụ trọng tâm đơn vị tổ chức thực hiện \
                     nghiêm túc kết quả báo cáo định kỳ hằng tháng cơ sở dữ liệu dùng chung";

/// A letter whose every paragraph differs from those of other numbers.
fn sample(number: u32, paragraphs: usize) -> Json {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        words.get(usize::try_from(state >> 16).unwrap_or_default() % words.len()).copied().unwrap_or_default()
    };
    let body: Vec<Json> = (0..paragraphs)
        .map(|_| json!({ "text": format!("{}.", (0..85).map(|_| word()).collect::<Vec<_>>().join(" ")) }))
        .collect();
    json!({
        "kind": "CV", "parent": "Ủy ban nhân dân thành phố Mẫu", "organ": "Sở Nội vụ", "number": number, "notation": "SNV-VP",
        "place": "Thành phố Mẫu", "date": "2026-01-05", "subject": format!("triển khai nhiệm vụ số {number}"),
        "addressees": ["Các sở, ban, ngành"], "body": body, "recipients": ["Như trên"], "archive": "VT, VP",
        "signature": { "lines": ["Giám đốc"], "name": "Nguyễn Văn Mẫu" },
    })
}

pub(super) fn samples(command: Samples, configured: Option<PathBuf>) -> Result<Outcome> {
    let templates = Arc::new(command.stage.templates(configured)?);
    std::fs::create_dir_all(&command.out).with_context(|| command.out.display().to_string())?;
    let typesetter = Typesetter::new(command.stage.fonts);
    let next = AtomicU32::new(1);
    let (count, paragraphs, out) = (command.count, command.paragraphs, command.out);
    let work = || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number > count {
                return Ok(());
            }
            let data = sample(number, paragraphs);
            let dated = jiff::Timestamp::UNIX_EPOCH;
            let paper = paper(&templates, "official/document", data, format!("Công văn số {number}"), "vi", dated)?;
            std::fs::write(out.join(format!("{number}.pdf")), typesetter.set(&paper)?.bytes)?;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker stopped")))
    })?;
    say(format_args!("{}: {count} papers", out.display()))?;
    Ok(Outcome::Good)
}

pub(super) fn worker(command: Worker) -> Result<Outcome> {
    haidang_documents::typeset::serve(command.fonts)?;
    Ok(Outcome::Good)
}

pub(super) fn lint(command: &Lint) -> Result<Outcome> {
    let findings = layout_lint(&read_file(&command.file)?).with_context(|| command.file.display().to_string())?;
    if command.json {
        say(serde_json::to_string_pretty(&findings)?)?;
    } else {
        for finding in &findings {
            let page = finding.page.map(|page| format!(", trang {page}")).unwrap_or_default();
            let severity = if finding.severity == Severity::Error { "lỗi" } else { "nên xem" };
            say(format_args!("{severity}: {}{page}: {}", finding.rule, finding.found))?;
            say(format_args!("  cần: {} ({})", finding.wanted, finding.article))?;
        }
        say(format_args!("{}: {} điểm", command.file.display(), findings.len()))?;
    }
    Ok(if findings.iter().any(|finding| finding.severity == Severity::Error) { Outcome::Wrong } else { Outcome::Good })
}
