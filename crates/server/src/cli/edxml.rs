//! `haidang documents edxml write`, `read` and `status`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use haidang_documents::edxml::{
    self, Attachment, Business, BusinessKind, EdxmlError, Fault, Identity, Message, Opened, Organ, Received,
    SignatureReport, SignatureState, StaffInfo, StatusCode, StatusMessage, TraceHeader, Trust,
};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::{text, time};
use haidang_signing::Certificate;
use haidang_signing::FileKey;
use haidang_signing::path::{Evidence, RevocationRule, TrustAnchors};
use haidang_signing::xml::XmlSigner;
use jiff::civil::DateTime;
use serde::Serialize;

use super::documents::{bundles, read_file};
use super::{Outcome, say};

/// edXML messages (QCVN 102:2016).
#[derive(Debug, Subcommand)]
pub(crate) enum EdxmlCommand {
    /// Write a message out of its description and files.
    Write(Box<Write>),
    /// Read a message, and judge its signature.
    Read(Read),
    /// Write the status that answers a document.
    Status(Box<Status>),
}

/// Write a message out of its description and files.
#[derive(Debug, Args)]
pub(crate) struct Write {
    /// What the message says, as JSON.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// A file of the document; may be repeated.
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    #[command(flatten)]
    signing: Signing,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Read a message, and judge its signature.
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// The message.
    file: PathBuf,
    /// Certificates to believe; with them a message that is not signed by somebody they vouch for is wrong.
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// Certificates between the signer's and the root.
    #[arg(long, value_name = "FILE")]
    chain: Vec<PathBuf>,
    /// Refuse whatever deviates from the standard, as we do in what we write.
    #[arg(long)]
    strict: bool,
    /// A new folder for the attachments.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

/// Write the status that answers a document.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The document that was received.
    file: PathBuf,
    /// What became of it: 01 arrived, 02 refused, 03 accepted, 04 assigned, 05 in progress, 06 done, 13 taken back,
    /// 15 agreed, 16 refused the update or recall.
    #[arg(long)]
    code: StatusCode,
    /// Which of its receivers says so, by organ identifier; needed when there are several.
    #[arg(long)]
    organ: Option<String>,
    /// Why, or more about it.
    #[arg(long, default_value = "")]
    description: String,
    /// Unit of whoever can be asked.
    #[arg(long, default_value = "", requires = "staff")]
    department: String,
    /// Who can be asked.
    #[arg(long)]
    staff: Option<String>,
    /// When, on the city's wall clock (2026-01-05T09:00:00); default now.
    #[arg(long)]
    at: Option<DateTime>,
    #[command(flatten)]
    signing: Signing,
    /// The new file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// With what a message is signed.
#[derive(Debug, Args)]
struct Signing {
    /// Private key: an unencrypted PKCS#8 file that only its owner may read. Without it the message is not signed.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// Certificate of the key.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Certificates between it and the root.
    #[arg(long = "signer-chain", value_name = "FILE", requires = "key")]
    signer_chain: Vec<PathBuf>,
}

/// What is told about a message.
#[derive(Serialize)]
struct Told<'t> {
    message: &'t Message,
    attachments: Vec<ToldAttachment<'t>>,
    signature: &'t SignatureReport,
    remarks: &'t [Fault],
}

#[derive(Serialize)]
struct ToldAttachment<'t> {
    content_id: &'t str,
    name: &'t str,
    packed: bool,
    #[serde(flatten)]
    digested: &'t edxml::Digested,
}

pub(crate) fn run(command: EdxmlCommand) -> Result<Outcome> {
    match command {
        EdxmlCommand::Write(command) => write(&command),
        EdxmlCommand::Read(command) => read(&command),
        EdxmlCommand::Status(command) => status(&command),
    }
}

fn bounded(path: &Path) -> Result<Vec<u8>> {
    let shown = || path.display().to_string();
    let limit = edxml::MESSAGE_LIMIT as u64;
    let file = std::fs::File::open(path).with_context(shown)?;
    // Room at once: a buffer that grows is in memory twice.
    let length = file.metadata().with_context(shown)?.len().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(length)? + 1);
    file.take(limit + 1).read_to_end(&mut bytes).with_context(shown)?;
    if bytes.len() as u64 > limit {
        bail!("{}: longer than 300 MB", path.display());
    }
    Ok(bytes)
}

fn write(command: &Write) -> Result<Outcome> {
    let ambient = Ambient::system();
    let described = text::nfc(std::str::from_utf8(&read_file(&command.data)?)?);
    let mut message: Message = serde_json::from_str(&described).with_context(|| command.data.display().to_string())?;
    let files = command.attach.iter().map(|path| bounded(path)).collect::<Result<Vec<_>>>()?;
    if let Message::Document(document) = &mut message {
        if document.attachments.is_empty() {
            document.attachments = command.attach.iter().map(|path| attachment(path, &ambient)).collect();
        }
        if document.document_id.is_empty() {
            document.document_id = ambient.new_id::<Message>().to_string();
        }
        if document.trace.is_empty() {
            document.trace = vec![TraceHeader { organ_id: document.from.organ_id.clone(), at: now(&ambient) }];
        }
        document.business.get_or_insert_with(|| Business {
            kind: BusinessKind::New,
            document_id: String::new(),
            reason: String::new(),
            paper: Some(false),
            update: None,
            replacements: Vec::new(),
            staff: None,
        });
    }
    let contents: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    save(&message, &contents, &command.signing, &command.out)
}

/// The wall clock, in whole seconds as messages have them.
fn now(ambient: &Ambient) -> DateTime {
    let now = time::civil(ambient.now());
    now.with().subsec_nanosecond(0).build().unwrap_or(now)
}

fn attachment(path: &Path, ambient: &Ambient) -> Attachment {
    let name = path.file_name().map(|name| text::nfc(&name.to_string_lossy())).unwrap_or_default();
    let extension = path.extension().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
    let content_type = match extension.as_str() {
        "pdf" => "application/pdf",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "zip" => "application/zip",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "txt" => "text/plain",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    };
    Attachment {
        content_id: format!("cid:{}", ambient.new_id::<Attachment>()),
        name,
        description: String::new(),
        content_type: content_type.to_owned(),
    }
}

/// Writes the message and, when there is a key, signs it. A message that breaks rules is told and not written.
fn save(message: &Message, contents: &[&[u8]], signing: &Signing, out: &Path) -> Result<Outcome> {
    let written = match edxml::write(message, contents) {
        Ok(written) => written,
        Err(EdxmlError::Refused(faults)) => {
            tell_faults(&faults)?;
            say("not written")?;
            return Ok(Outcome::Wrong);
        }
        Err(error) => return Err(error.into()),
    };
    let (written, signed) = match (&signing.key, &signing.certificate) {
        (Some(key), Some(certificate)) => {
            let key = FileKey::read(key)?;
            let certificate = Certificate::from_bytes(&read_file(certificate)?)?;
            let chain = bundles(&signing.signer_chain)?;
            let signer = XmlSigner { key: &key, certificate: &certificate, chain: &chain };
            (edxml::sign(&written, &signer)?, ", signed")
        }
        _ => (written, ""),
    };
    std::fs::write(out, written).with_context(|| out.display().to_string())?;
    say(format_args!("{}: written{signed}", out.display()))?;
    Ok(Outcome::Good)
}

fn status(command: &Status) -> Result<Outcome> {
    let bytes = bounded(&command.file)?;
    let opened = edxml::open(&bytes)?;
    let Message::Document(document) = edxml::read(&opened)?.message else {
        bail!("{}: a status is not answered", command.file.display());
    };
    let from = receiver(&document.to, command.organ.as_deref())?;
    let at = command.at.unwrap_or_else(|| now(&Ambient::system()));
    let mut status = StatusMessage::answer(&document, from, command.code, at);
    status.description = text::nfc(&command.description);
    if let Some(staff) = &command.staff {
        let (department, staff) = (text::nfc(&command.department), text::nfc(staff));
        status.staff = Some(StaffInfo { department, staff, ..StaffInfo::default() });
    }
    save(&Message::Status(Box::new(status)), &[], &command.signing, &command.out)
}

/// Whoever answers is one of those who were asked.
fn receiver(to: &[Organ], organ: Option<&str>) -> Result<Organ> {
    match (organ, to) {
        (None, [only]) => Ok(only.clone()),
        (None, _) => bail!("the document has several receivers; name one with --organ"),
        (Some(id), _) => {
            let found = to.iter().find(|one| one.organ_id == id);
            found.cloned().with_context(|| format!("the document was not sent to {id}"))
        }
    }
}

fn read(command: &Read) -> Result<Outcome> {
    let bytes = bounded(&command.file)?;
    let opened = match edxml::open(&bytes) {
        Ok(opened) => opened,
        Err(error) => return refuse(command, &error, &[]),
    };
    let received = match edxml::read(&opened) {
        Ok(received) => received,
        Err(EdxmlError::Refused(faults)) => {
            return refuse(command, &"the message is refused", &faults);
        }
        Err(error) => return Err(error.into()),
    };
    let signature = signature(command, &opened)?;
    tell(command, &received, &signature)?;
    if let Some(folder) = &command.out {
        unpack(&received, folder)?;
    }
    let unsigned = !command.root.is_empty() && !signature.is_trusted();
    let deviates = !received.remarks.is_empty() || signature.state == SignatureState::Weak;
    let wrong = signature.is_wrong() || unsigned || (command.strict && deviates);
    Ok(if wrong { Outcome::Wrong } else { Outcome::Good })
}

fn signature(command: &Read, opened: &Opened<'_>) -> Result<SignatureReport> {
    if command.root.is_empty() {
        return Ok(edxml::judge_signature(opened, None));
    }
    let anchors = TrustAnchors::new(bundles(&command.root)?);
    let evidence = Evidence { certificates: bundles(&command.chain)?, ..Evidence::default() };
    let at = Ambient::system().now();
    let trust = Trust { anchors: &anchors, evidence: &evidence, at, revocation: RevocationRule::WhereKnown };
    Ok(edxml::judge_signature(opened, Some(&trust)))
}

fn refuse(command: &Read, reason: &dyn std::fmt::Display, faults: &[Fault]) -> Result<Outcome> {
    if command.json {
        let told = serde_json::json!({ "refused": { "reason": reason.to_string(), "faults": faults } });
        say(serde_json::to_string_pretty(&told)?)?;
    } else {
        say(format_args!("{}: {reason}", command.file.display()))?;
        tell_faults(faults)?;
    }
    Ok(Outcome::Wrong)
}

fn tell_faults(faults: &[Fault]) -> Result<()> {
    faults.iter().try_for_each(|fault| say(format_args!("  {fault}")))
}

fn tell(command: &Read, received: &Received<'_>, signature: &SignatureReport) -> Result<()> {
    let listed = match &received.message {
        Message::Document(document) => document.attachments.as_slice(),
        Message::Status(_) => &[],
    };
    if command.json {
        let pairs = listed.iter().zip(&received.contents);
        let attachments = pairs.map(|(one, content)| ToldAttachment {
            content_id: &one.content_id,
            name: &one.name,
            packed: content.is_packed(),
            digested: content.digested(),
        });
        let attachments = attachments.collect();
        let told = Told { message: &received.message, attachments, signature, remarks: &received.remarks };
        return say(serde_json::to_string_pretty(&told)?);
    }
    match &received.message {
        Message::Document(document) => {
            let kind = document.business.as_ref().map_or(BusinessKind::New, |business| business.kind);
            say(format_args!("{}: {}, {}", document.code_text(), document.promulgation.date, kind.english()))?;
            say(format_args!("from {} to {} organs", document.from.organ_id, document.to.len()))?;
        }
        Message::Status(status) => {
            say(format_args!("status {} ({}), {}", status.status.code(), status.status.english(), status.at))?;
            say(format_args!("from {}", status.from.organ_id))?;
        }
    }
    for (one, content) in listed.iter().zip(&received.contents) {
        let digested = content.digested();
        say(format_args!("  {}: {} bytes, SHA-256 {}", one.name, digested.size, digested.sha256))?;
    }
    tell_faults(&received.remarks)?;
    tell_signature(signature)
}

fn tell_signature(signature: &SignatureReport) -> Result<()> {
    let state = match signature.state {
        SignatureState::Absent => "none",
        SignatureState::Foreign => "not in the form of XML signatures; it proves nothing",
        SignatureState::Weak => "WEAK; it proves nothing",
        SignatureState::Invalid => "WRONG",
        SignatureState::Whole => "the message is whole",
    };
    let reason = signature.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    say(format_args!("signature: {state}{reason}"))?;
    let identity = match signature.identity {
        Identity::NotAsked => return Ok(()),
        Identity::Trusted if signature.revocation_known => "yes",
        Identity::Trusted => "yes; whether it was revoked is not known",
        Identity::Refused => "NO",
    };
    let signer = signature.signer.as_deref().unwrap_or("?");
    let reason = signature.identity_reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    say(format_args!("certificate of {signer} good: {identity}{reason}"))
}

/// Files into a folder that did not exist, under names that were found to be no paths.
fn unpack(received: &Received<'_>, folder: &Path) -> Result<()> {
    let Message::Document(document) = &received.message else { return Ok(()) };
    std::fs::create_dir(folder).with_context(|| folder.display().to_string())?;
    for (one, content) in document.attachments.iter().zip(&received.contents) {
        let path = folder.join(&one.name);
        let shown = || path.display().to_string();
        let mut file = std::fs::File::create_new(&path).with_context(shown)?;
        content.copy_to(&mut file).with_context(shown)?;
        file.flush().with_context(shown)?;
    }
    Ok(())
}
