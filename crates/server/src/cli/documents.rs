//! `haidang documents`: `sign` and `verify` here, the rest beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use haidang_contracts::papers::PaperPlace;
use haidang_documents::pades::{
    Appearance, AppearanceText, Authorities, FieldValue, Judge, Level, OFFICIAL_FONT, PageChoice, Placement, Report,
    SignatureOptions, Verdict, add_fields, fill_fields, handwriting, initials, seal, sign_by, sign_file, verify_file,
};
use haidang_documents::pdf::{PdfFile, Source};
use haidang_kernel::ambient::Ambient;
use haidang_signing::path::{RevocationRule, TrustAnchors};
use haidang_signing::{Certificate, DocumentSigner, FileKey, LocalSigner, private_file};
use haidang_web::client::{Guarded, OutboundLimits};
use tokio::task::JoinSet;

use super::{Outcome, edxml, papers, say};
use crate::config::Config;
use crate::office_signing::{Place, new_field, open_place};
use crate::outbound::GuardedTransport;

/// Largest answer of an authority: revocation lists of large ones have a few megabytes.
const ANSWER_BYTES: usize = 32 << 20;

/// Sign official documents and judge them.
#[derive(Debug, Subcommand)]
pub(crate) enum DocumentsCommand {
    /// Sign a PDF with a key and its certificate.
    Sign(Box<Sign>),
    /// Judge a signed PDF: is it whole, and who signed.
    Verify(Verify),
    /// Write and read edXML messages.
    #[command(subcommand)]
    Edxml(edxml::EdxmlCommand),
    /// Typeset a paper from a template of the pack.
    Typeset(papers::Typeset),
    /// Typeset different sample papers, to measure.
    TypesetSamples(papers::Samples),
    /// Typeset what arrives on standard input; the city starts such processes itself.
    #[command(hide = true)]
    TypesetWorker(papers::Worker),
    /// Judge the layout of a PDF by Decree 30/2020/NĐ-CP, Appendix I.
    Lint(papers::Lint),
}

/// Sign a PDF with a key and its certificate.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The PDF; it stays as it is.
    file: PathBuf,
    /// The new file, or the folder for `--count`.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Private key: an unencrypted PKCS#8 file that only its owner may read.
    #[arg(long, value_name = "FILE", required_unless_present = "provider", requires = "certificate")]
    key: Option<PathBuf>,
    /// Certificate of the key.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// File that says where the key lies instead: in a file, on a token or at a remote signing service. Its form is that
    /// of one entry of `signing.providers`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "certificate", "chain"])]
    provider: Option<PathBuf>,
    /// File with the PIN that a remote signing service wants for this act.
    #[arg(long, value_name = "FILE", requires = "provider")]
    pin_file: Option<PathBuf>,
    /// Certificates between it and the root, in one or more PEM files.
    #[arg(long, value_name = "FILE")]
    chain: Vec<PathBuf>,
    /// How much the signature proves: B-B, B-T, B-LT or B-LTA.
    #[arg(long, default_value = "B-B")]
    level: Level,
    /// Address of the time stamping authority, for B-T and above.
    #[arg(long, value_name = "ADDRESS")]
    tsa: Option<String>,
    /// Certificates to believe, for B-LT and above.
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// A host that may be called without encryption or in a private network; that of `--tsa` is one.
    #[arg(long, value_name = "HOST")]
    allow: Vec<String>,
    /// Field of the signature; made when the file has none of that name.
    #[arg(long, default_value = "ChuKy")]
    field: String,
    /// Why it is signed.
    #[arg(long)]
    reason: Option<String>,
    /// Where it is signed.
    #[arg(long)]
    location: Option<String>,
    /// Where the signature is seen: left,bottom,right,top in points.
    #[arg(long, value_name = "BOX", value_parser = rectangle)]
    rectangle: Option<[f64; 4]>,
    /// On which page it is seen, counted from 1; default the last one.
    #[arg(long, requires = "rectangle", value_parser = clap::value_parser!(u32).range(1..))]
    page: Option<u32>,
    /// A PNG of the handwriting or the seal.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// A line of text that is seen.
    #[arg(long, requires = "font")]
    text: Vec<String>,
    /// The TrueType font of the text.
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// Draw the picture from the name in the certificate, where none is given.
    #[arg(long, value_enum, conflicts_with = "picture")]
    draw: Option<Drawn>,
    /// Prepare a field before the first signature: NAME=page,left,bottom,right,top. Names that begin with officer, organ,
    /// initials or annex become fields for signatures, every other one a line of text.
    #[arg(long, value_name = "NAME=PLACE", value_parser = prepared)]
    prepare: Vec<(String, PaperPlace)>,
    /// Fill a line of text before signing: NAME=TEXT.
    #[arg(long, value_name = "NAME=TEXT", value_parser = filled)]
    fill: Vec<(String, String)>,
    /// Sign so many times, into files 1.pdf, 2.pdf and so on of the folder `--out`.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
}

/// What is drawn of a name.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Drawn {
    /// Handwriting in blue.
    Handwriting,
    /// The first letters, in blue.
    Initials,
    /// A round seal in red.
    Seal,
}

fn prepared(text: &str) -> Result<(String, PaperPlace), String> {
    let wrong = || "NAME=page,left,bottom,right,top with the first page as 1".to_owned();
    let (name, place) = text.split_once('=').ok_or_else(wrong)?;
    let (page, rectangle) = place.split_once(',').ok_or_else(wrong)?;
    let page = page.parse::<usize>().ok().and_then(|page| page.checked_sub(1)).ok_or_else(wrong)?;
    let [x, y, right, top] = self::rectangle(rectangle)?;
    Ok((name.to_owned(), PaperPlace { page, x, y, width: right - x, height: top - y }))
}

fn filled(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=TEXT")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Judge a signed PDF: is it whole, and who signed.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The PDF.
    file: PathBuf,
    /// Certificates to believe.
    #[arg(long, value_name = "FILE", required = true)]
    root: Vec<PathBuf>,
    /// Ask authorities about what the file does not carry.
    #[arg(long)]
    online: bool,
    /// Refuse a signature when nobody says whether its certificate was revoked.
    #[arg(long)]
    strict: bool,
    /// A host that may be called without encryption or in a private network.
    #[arg(long, value_name = "HOST")]
    allow: Vec<String>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

fn rectangle(text: &str) -> Result<[f64; 4], String> {
    let sides: Option<Vec<f64>> = text.split(',').map(|side| side.trim().parse().ok()).collect();
    let sides: Option<[f64; 4]> = sides.and_then(|sides| sides.try_into().ok());
    sides
        .filter(|sides| sides.iter().all(|side| side.is_finite()))
        .ok_or("four numbers: left,bottom,right,top".to_owned())
}

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

pub(super) fn bundles(paths: &[PathBuf]) -> Result<Vec<Certificate>> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = read_file(path)?;
        let found = if bytes.starts_with(b"\x30") {
            vec![Certificate::from_der(&bytes).with_context(|| path.display().to_string())?]
        } else {
            Certificate::read_bundle(&bytes).with_context(|| path.display().to_string())?
        };
        all.extend(found);
    }
    Ok(all)
}

fn transport(mut hosts: Vec<String>, named: Option<&str>) -> Result<Arc<GuardedTransport>> {
    if let Some(address) = named {
        let url = reqwest::Url::parse(address).with_context(|| address.to_owned())?;
        hosts.extend(url.host_str().map(str::to_owned));
    }
    let limits = OutboundLimits { answer_bytes: ANSWER_BYTES, ..OutboundLimits::default() };
    Ok(Arc::new(GuardedTransport::new(Guarded::new(hosts, limits)?)))
}

pub(crate) async fn run(command: DocumentsCommand, config: Config) -> Result<Outcome> {
    match command {
        DocumentsCommand::Sign(command) => sign(*command).await,
        DocumentsCommand::Verify(command) => verify(command).await,
        DocumentsCommand::Edxml(command) => edxml::run(command),
        DocumentsCommand::Typeset(command) => papers::typeset(command, config.pack()),
        DocumentsCommand::TypesetSamples(command) => papers::samples(command, config.pack()),
        DocumentsCommand::TypesetWorker(command) => papers::worker(command),
        DocumentsCommand::Lint(command) => papers::lint(&command),
    }
}

/// Files of `--count` that wait for the disk together.
const SYNCED_AT_ONCE: usize = 64;

async fn sign(command: Sign) -> Result<Outcome> {
    let ambient = Ambient::system();
    let transport = transport(command.allow.clone(), command.tsa.as_deref())?;
    let signer = signer(&command, transport.clone()).await?;
    let pin = command.pin_file.as_deref().map(read_pin).transpose()?;
    let by = (signer.as_ref(), pin.as_deref());
    let authorities = Authorities {
        transport,
        time_stamps: command.tsa.clone(),
        anchors: bundles(&command.root)?,
        ambient: ambient.clone(),
    };
    if command.level >= Level::LongTerm && authorities.anchors.is_empty() {
        bail!("level {} needs --root", command.level.code());
    }
    let mut options = options(&command, signer.certificate())?;
    let with_fields = !(command.prepare.is_empty() && command.fill.is_empty());
    match command.count {
        Some(_) if with_fields => bail!("fields are prepared and filled in one file, without --count"),
        None if with_fields => {
            options.at = ambient.now();
            let whole = fields(&command)?;
            let source: Arc<dyn Source> = Arc::new(whole.clone());
            let after = sign_by(source, by, &options, command.level, &authorities).await?;
            write_new(&command.out, &[whole, after].concat())?;
            say(format_args!("{}: signed, {}", command.out.display(), command.level.code()))?;
        }
        None => {
            options.at = ambient.now();
            let file = sign_file(&command.file, &command.out, by, &options, command.level, &authorities).await?;
            file.sync_all().with_context(|| command.out.display().to_string())?;
            say(format_args!("{}: signed, {}", command.out.display(), command.level.code()))?;
        }
        Some(count) => {
            std::fs::create_dir_all(&command.out).with_context(|| command.out.display().to_string())?;
            // Files that are synced at once share the waits for the disk.
            let mut synced = JoinSet::new();
            for number in 1..=count {
                options.at = ambient.now();
                let out = command.out.join(format!("{number}.pdf"));
                let file = sign_file(&command.file, &out, by, &options, command.level, &authorities).await?;
                if synced.len() == SYNCED_AT_ONCE
                    && let Some(done) = synced.join_next().await
                {
                    done??;
                }
                synced.spawn_blocking(move || file.sync_all());
            }
            while let Some(done) = synced.join_next().await {
                done??;
            }
            say(format_args!("{}: {count} files signed, {}", command.out.display(), command.level.code()))?;
        }
    }
    Ok(Outcome::Good)
}

/// The key, wherever it lies.
async fn signer(command: &Sign, transport: Arc<GuardedTransport>) -> Result<Arc<dyn DocumentSigner>> {
    if let Some(file) = &command.provider {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let text = String::from_utf8(read_file(file)?).with_context(|| file.display().to_string())?;
        let place: Place = toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
        return open_place(folder, place, transport).await.with_context(|| file.display().to_string());
    }
    let (Some(key), Some(certificate)) = (&command.key, &command.certificate) else {
        bail!("--key and --certificate, or --provider");
    };
    let certificate = Certificate::from_bytes(&read_file(certificate)?)?;
    let key = Arc::new(FileKey::read(key)?);
    Ok(Arc::new(LocalSigner::new(key, certificate, bundles(&command.chain)?)?))
}

/// The file with its fields prepared and filled.
fn fields(command: &Sign) -> Result<Vec<u8>> {
    let mut whole = read_file(&command.file)?;
    let open = |bytes: &Vec<u8>| PdfFile::open(Arc::new(bytes.clone()));
    if !command.prepare.is_empty() {
        let new: Vec<_> = command.prepare.iter().map(|(name, place)| new_field(name, place)).collect();
        whole.extend_from_slice(&add_fields(&open(&whole)?, &new)?.bytes);
    }
    if !command.fill.is_empty() {
        let font: Arc<[u8]> = match &command.font {
            Some(font) => read_file(font)?.into(),
            None => OFFICIAL_FONT.into(),
        };
        let value = |(field, value): &(String, String)| FieldValue {
            field: field.clone(),
            value: value.clone(),
            font: font.clone(),
            size: 13.0,
        };
        let values: Vec<_> = command.fill.iter().map(value).collect();
        whole.extend_from_slice(&fill_fields(&open(&whole)?, &values)?.bytes);
    }
    Ok(whole)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, bytes).and_then(|()| file.sync_all()));
    written.with_context(|| path.display().to_string())
}

/// A PIN out of a file that only its owner may read.
pub(super) fn read_pin(path: &Path) -> Result<String> {
    let read = private_file::read(path)?.with_context(|| path.display().to_string())?;
    Ok(String::from_utf8(read).context("the PIN is no text")?.trim().to_owned())
}

fn options(command: &Sign, certificate: &Certificate) -> Result<SignatureOptions> {
    let page = match command.page {
        None => PageChoice::Last,
        Some(page) => PageChoice::At(usize::try_from(page)?.saturating_sub(1)),
    };
    let text = match (&command.font, command.text.is_empty()) {
        (Some(font), false) => Some(AppearanceText {
            lines: command.text.clone(),
            font: read_file(font)?.into(),
            size: 10.0,
            colour: [0; 3],
        }),
        _ => None,
    };
    let name = certificate.common_name();
    let picture = match (command.draw, name.as_deref()) {
        (Some(Drawn::Handwriting), Some(name)) => Some(handwriting(name)?),
        (Some(Drawn::Initials), Some(name)) => Some(initials(name)?),
        (Some(Drawn::Seal), Some(name)) => Some(seal(name)?),
        _ => command.picture.as_deref().map(read_file).transpose()?,
    };
    let picture = picture.map(Into::into);
    Ok(SignatureOptions {
        field: command.field.clone(),
        tooltip: name.clone().map_or_else(|| "Chữ ký số".to_owned(), |name| format!("Chữ ký số: {name}")),
        placement: command.rectangle.map(|rectangle| Placement { page, rectangle }),
        appearance: Appearance { picture, text },
        at: jiff::Timestamp::UNIX_EPOCH,
        signer: name,
        reason: command.reason.clone(),
        location: command.location.clone(),
        certification: None,
    })
}

async fn verify(command: Verify) -> Result<Outcome> {
    let transport = if command.online { Some(transport(command.allow.clone(), None)?) } else { None };
    let judge = Judge {
        anchors: TrustAnchors::new(bundles(&command.root)?),
        now: Ambient::system().now(),
        revocation: if command.strict { RevocationRule::Required } else { RevocationRule::WhereKnown },
        transport: transport.map(|transport| transport as _),
    };
    let report = verify_file(&command.file, &judge).await.with_context(|| command.file.display().to_string())?;
    if command.json {
        say(serde_json::to_string_pretty(&report)?)?;
    } else {
        tell(&report)?;
    }
    Ok(if report.is_good() { Outcome::Good } else { Outcome::Wrong })
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "yes",
        Verdict::Failed => "NO",
        Verdict::Undetermined => "not known",
    }
}

fn tell(report: &Report) -> Result<()> {
    for one in &report.signatures {
        let signer = one.signer.as_deref().unwrap_or("?");
        let level = one.level.map_or("-", Level::code);
        let stamped = one.stamped_at.map(|at| format!(", stamped {at}")).unwrap_or_default();
        say(format_args!("{}: {signer}, revision {}, {level}{stamped}", one.field, one.revision))?;
        for finding in one.integrity.findings.iter().chain(&one.identity.findings) {
            let detail = finding.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            say(format_args!("  {}{detail}", finding.text_en))?;
        }
    }
    for finding in report.integrity.findings.iter().filter(|_| report.signatures.is_empty()) {
        let detail = finding.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        say(format_args!("{}{detail}", finding.text_en))?;
    }
    say(format_args!("whole: {}", verdict(report.integrity.verdict)))?;
    say(format_args!("certificates good: {}", verdict(report.identity.verdict)))
}
