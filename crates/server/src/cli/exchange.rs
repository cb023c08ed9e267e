//! `haidang exchange verify`: evidence of the data exchange, judged without a network.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use haidang_exchange::message_log::{self, Judging};
use haidang_exchange::registry::model::Author;
use haidang_exchange::registry::{Absent, Imported, Registry, RegistryError};
use haidang_kernel::ambient::Ambient;
use haidang_signing::Certificate;
use haidang_signing::asice::{self, Fault, Layout, MAX_CONTAINER, Question, Reason, Verdict};
use haidang_signing::path::TrustAnchors;
use jiff::Timestamp;
use serde::Serialize;

use super::{Outcome, exchange_adapters, exchange_serve, say};
use crate::city::{ROOMS, open_store};
use crate::config::Config;
use crate::exchange::Records;

/// Most bytes of a directory in a file.
const LARGEST_DIRECTORY: u64 = 64 * 1024 * 1024;

/// Data exchange between information systems, and its evidence.
#[derive(Debug, Subcommand)]
pub(crate) enum ExchangeCommand {
    /// Serve information systems on this machine (X-Road REST, /r1).
    Serve(exchange_serve::Serve),
    /// Judge evidence containers, without a network.
    Verify(Verify),
    /// Judge the whole message log: every signature, every link of the chain, every time stamp.
    Check(Check),
    /// Run the examples beside the adapters of a folder.
    CheckAdapters(exchange_adapters::CheckAdapters),
    /// Take a directory (TOML) into the registry of the city; only differences become versions.
    Import(Import),
    /// Print the registry of the city as a directory (TOML).
    Export,
}

/// Take a directory into the registry of the city. Doing it again changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Members, subsystems, services and agreements (TOML).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Also take out what the file does not name: the file is the whole truth.
    #[arg(long)]
    replace: bool,
    /// Why; stands in the history of every changed entry.
    #[arg(long, value_name = "TEXT", default_value = "import of a file")]
    reason: String,
}

/// Judge the whole message log. A line for each message that was changed; exit code 1 when there is one.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Folder with the certificates of the authorities to believe (PEM or DER), instead of those of this house.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

/// Judge evidence containers, without a network. A line per container; exit code 1 when one of them proves nothing.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The containers (.asice).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder with the certificates of the authorities to believe (PEM or DER). Without it a container is only judged
    /// for consistency: it then says itself who signed it.
    #[arg(long, value_name = "DIR")]
    trust: Option<PathBuf>,
    /// Only the layout that general tools for ASiC-E read.
    #[arg(long, conflicts_with = "xroad_layout")]
    standard: bool,
    /// Only the layout that X-Road reads.
    #[arg(long)]
    xroad_layout: bool,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

/// What is told about a container.
#[derive(Debug, Serialize)]
struct Told {
    file: String,
    valid: bool,
    reason: Option<&'static str>,
    detail: Option<String>,
    #[serde(flatten)]
    found: Option<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    trusted: bool,
    signer: Named,
    signing_time: Option<Timestamp>,
    existed_by: Option<Timestamp>,
    time_stamps: Vec<ToldStamp>,
    algorithm: String,
    layout: &'static str,
    covered: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Named {
    subject: String,
    issuer: String,
    serial: String,
}

#[derive(Debug, Serialize)]
struct ToldStamp {
    over: &'static str,
    at: Timestamp,
    authority: Named,
}

pub(crate) async fn run(command: ExchangeCommand, config: Config) -> Result<Outcome> {
    match command {
        ExchangeCommand::Serve(command) => exchange_serve::run(command, config).await,
        ExchangeCommand::Verify(command) => verify(&command),
        ExchangeCommand::Check(command) => check(&command, config).await,
        ExchangeCommand::CheckAdapters(command) => exchange_adapters::check(&command),
        ExchangeCommand::Import(command) => import(&command, config).await,
        ExchangeCommand::Export => export(config).await,
    }
}

/// The registry of the city, its tables made where they are missing.
async fn registry(config: &Config) -> Result<Registry> {
    let ambient = Ambient::system();
    let db = open_store(config, &ambient).await?;
    haidang_store::migrate(&db, ROOMS).await?;
    Ok(Registry::open(db, ambient).await?)
}

async fn import(command: &Import, config: Config) -> Result<Outcome> {
    let shown = || command.file.display().to_string();
    let size = tokio::fs::metadata(&command.file).await.with_context(shown)?.len();
    anyhow::ensure!(size <= LARGEST_DIRECTORY, "{}: larger than {LARGEST_DIRECTORY} bytes", shown());
    let text = tokio::fs::read_to_string(&command.file).await.with_context(shown)?;
    let absent = if command.replace { Absent::Go } else { Absent::Stay };
    match registry(&config).await?.import(&text, absent, &Author::system(&command.reason)).await {
        Ok(done) => {
            let Imported { revision, written, removed } = done;
            say(format_args!("revision {revision}: {written} new or changed, {removed} taken out"))?;
            Ok(Outcome::Good)
        }
        Err(RegistryError::Refused(complaints)) => {
            for complaint in &complaints.0 {
                say(format_args!("{}: {complaint}", shown()))?;
            }
            Ok(Outcome::Wrong)
        }
        Err(error) => Err(error.into()),
    }
}

async fn export(config: Config) -> Result<Outcome> {
    say(registry(&config).await?.export().await?)?;
    Ok(Outcome::Good)
}

async fn check(command: &Check, config: Config) -> Result<Outcome> {
    let records = Records::open(config, &Ambient::system()).await?;
    let anchors = match &command.trust {
        Some(folder) => read_trust(folder)?,
        None => records.anchors()?,
    };
    let judging = Judging { anchors: &anchors, now: Ambient::system().now() };
    let checked = message_log::check(&records.db, &records.blobs, &records.sealer, judging).await?;
    if command.json {
        let broken = checked.broken.iter().map(
            |broken| serde_json::json!({ "seq": broken.seq, "record": broken.id, "wrong": broken.wrong.to_string() }),
        );
        say(serde_json::to_string_pretty(&serde_json::json!({
            "messages": checked.messages,
            "batches": checked.batches,
            "unstamped": checked.unstamped,
            "broken": broken.collect::<Vec<_>>(),
        }))?)?;
    } else {
        say(format_args!("messages: {}", checked.messages))?;
        say(format_args!("batches: {}, messages that wait for a time stamp: {}", checked.batches, checked.unstamped))?;
        for broken in &checked.broken {
            say(broken)?;
        }
        say(if checked.broken.is_empty() { "Nothing was changed." } else { "The log was changed." })?;
    }
    Ok(if checked.broken.is_empty() { Outcome::Good } else { Outcome::Wrong })
}

fn verify(command: &Verify) -> Result<Outcome> {
    let anchors = command.trust.as_deref().map(read_trust).transpose()?;
    let layout = match (command.standard, command.xroad_layout) {
        (true, _) => Some(Layout::Standard),
        (_, true) => Some(Layout::XRoad),
        _ => None,
    };
    let question = Question { anchors: anchors.as_ref(), layout, now: Ambient::system().now() };
    let mut told = Vec::with_capacity(command.files.len());
    for path in &command.files {
        let answer = asice::verify(&read_container(path)?, &question);
        let one = tell(path, answer);
        if !command.json {
            say(line(&one))?;
        }
        told.push(one);
    }
    if command.json {
        say(serde_json::to_string_pretty(&told)?)?;
    }
    Ok(if told.iter().all(|one| one.valid) { Outcome::Good } else { Outcome::Wrong })
}

/// The certificates of a folder. A file that holds none is an error: whoever put it there meant it to count.
fn read_trust(folder: &Path) -> Result<TrustAnchors> {
    let shown = || folder.display().to_string();
    let mut paths = Vec::new();
    for found in std::fs::read_dir(folder).with_context(shown)? {
        let path = found.with_context(shown)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    let mut certificates = Vec::new();
    for path in paths {
        let shown = || format!("{}: neither a certificate (PEM or DER) nor a list of them", path.display());
        let bytes = std::fs::read(&path).with_context(shown)?;
        match bytes.first() {
            Some(0x30) => certificates.push(Certificate::from_der(&bytes).with_context(shown)?),
            _ => {
                let found = Certificate::read_bundle(&bytes).with_context(shown)?;
                if found.is_empty() {
                    bail!("{}", shown());
                }
                certificates.extend(found);
            }
        }
    }
    if certificates.is_empty() {
        bail!("{}: no certificate in it", folder.display());
    }
    Ok(TrustAnchors::new(certificates))
}

/// A container, or one byte more than any may have, which is then refused as too long.
fn read_container(path: &Path) -> Result<Vec<u8>> {
    let shown = || path.display().to_string();
    let file = std::fs::File::open(path).with_context(shown)?;
    let mut bytes = Vec::new();
    file.take(MAX_CONTAINER as u64 + 1).read_to_end(&mut bytes).with_context(shown)?;
    Ok(bytes)
}

fn tell(path: &Path, answer: Result<Verdict, Fault>) -> Told {
    let file = path.display().to_string();
    match answer {
        Ok(verdict) => Told { file, valid: true, reason: None, detail: None, found: Some(found(&verdict)) },
        Err(fault) => {
            let reason: Reason = fault.reason;
            Told { file, valid: false, reason: Some(reason.code()), detail: Some(fault.text), found: None }
        }
    }
}

fn found(verdict: &Verdict) -> Found {
    let stamps = verdict.times.iter().map(|time| ToldStamp {
        over: time.kind.code(),
        at: time.at,
        authority: named(&time.authority),
    });
    Found {
        trusted: verdict.trusted,
        signer: named(&verdict.signer),
        signing_time: verdict.signing_time,
        existed_by: verdict.existed_by(),
        time_stamps: stamps.collect(),
        algorithm: verdict.algorithm.clone(),
        layout: match verdict.layout {
            Layout::Standard => "standard",
            Layout::XRoad => "xroad",
        },
        covered: verdict.covered.clone(),
    }
}

fn named(certificate: &Certificate) -> Named {
    Named { subject: certificate.subject(), issuer: certificate.issuer(), serial: certificate.serial_hex() }
}

/// `ok FILE trust=… …` or `fail FILE [code] …`, so that programs can read it as well.
fn line(told: &Told) -> String {
    let Some(found) = &told.found else {
        let (code, detail) = (told.reason.unwrap_or_default(), told.detail.as_deref().unwrap_or_default());
        return format!("fail {} [{code}] {}", told.file, detail.escape_debug());
    };
    let trust = if found.trusted { "yes" } else { "unchecked" };
    let existed = found.existed_by.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
    let stamps: Vec<&str> = found.time_stamps.iter().map(|stamp| stamp.over).collect();
    format!(
        "ok {} trust={trust} existed_by={existed} stamps={} algorithm={} layout={} covered={} signer={}",
        told.file,
        stamps.join(","),
        found.algorithm,
        found.layout,
        found.covered.join(","),
        found.signer.subject.escape_debug(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn asked(arguments: &[&str]) -> Result<Verify, clap::Error> {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            verify: Verify,
        }
        <Alone as clap::Parser>::try_parse_from([&["verify"], arguments].concat()).map(|alone| alone.verify)
    }

    #[test]
    fn one_layout_can_be_asked_for() {
        assert!(asked(&[]).is_err(), "no file");
        assert!(asked(&["a.asice", "--standard", "--xroad-layout"]).is_err());
        let both = asked(&["a.asice", "b.asice", "--trust", "roots", "--standard", "--json"]).unwrap();
        assert_eq!((both.files.len(), both.standard, both.xroad_layout, both.json), (2, true, false, true));
    }

    #[test]
    fn a_refused_container_is_told_with_its_code() {
        let fault = asice::verify(b"no archive", &Question { anchors: None, layout: None, now: Timestamp::UNIX_EPOCH });
        let told = tell(Path::new("a.asice"), fault);
        assert_eq!(line(&told), "fail a.asice [malformed] not a zip archive");
        assert!(serde_json::to_string(&told).unwrap().contains("\"reason\":\"malformed\""));
    }

    #[test]
    fn a_folder_that_vouches_for_nobody_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_trust(folder.path()).is_err(), "empty");
        std::fs::write(folder.path().join("root.pem"), b"not a certificate").unwrap();
        assert!(read_trust(folder.path()).is_err(), "not a certificate");
        assert!(read_trust(&folder.path().join("absent")).is_err());
    }
}
