//! `haidang audit verify`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Subcommand;
use haidang_identity::consent::proof::{self, ConsentReport, verify_consents};
use haidang_store::transfer::verify_export_with;
use haidang_store::{Db, Evidence, Report};

use super::{Outcome, say};
use crate::city::open_store;
use crate::config::Config;

/// Prove that nothing was changed after the fact.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check every record, every link of the chain, every signed checkpoint and every receipt of consent.
    Verify {
        /// A backup file to check instead of the database; needs no city, no database and no network.
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
        /// Folder of checkpoints kept elsewhere, instead of `store.checkpoints`.
        #[arg(long, value_name = "FOLDER")]
        checkpoints: Option<PathBuf>,
        /// Public key (`.pub`) the checkpoints are signed with; default the city's own.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
}

fn evidence(folder: &Path, key: &Path) -> Result<Evidence> {
    Evidence::load(folder, key).with_context(|| format!("checkpoints in {}", folder.display()))
}

pub(crate) async fn run(command: AuditCommand, config: Config) -> Result<Outcome> {
    let AuditCommand::Verify { export, checkpoints, key, json } = command;
    let outside = checkpoints.is_some() || key.is_some();
    let folder = checkpoints.unwrap_or_else(|| config.checkpoints());
    let key = key.unwrap_or_else(|| config.keys().join("house/checkpoint.secret"));
    if let Some(file) = export {
        // Offline the city's own checkpoints are used when they are at hand; else those that travel in the file.
        let evidence = if outside { Some(evidence(&folder, &key)?) } else { evidence(&folder, &key).ok() };
        let identity = [("identity", haidang_identity::MIGRATIONS)];
        let receipts = async |db: &Db| verify_consents(db).await;
        let (report, consents) =
            verify_export_with(&file, evidence.as_ref(), &identity, &[proof::TABLE], receipts).await?;
        if json {
            say(as_json(&report.audit, &consents)?)?;
        } else {
            say(format_args!("{}: tables and files agree with their digests", file.display()))?;
            if evidence.is_none() {
                say("No checkpoints from outside the file: it agrees with itself, which proves less.")?;
            }
            tell(&report.audit)?;
            tell_consents(&consents)?;
        }
        return Ok(outcome(&report.audit, &consents));
    }
    let evidence = evidence(&folder, &key)?;
    let db = open_store(&config, &haidang_kernel::ambient::Ambient::system()).await?;
    let report = haidang_store::verify(&db, Some(&evidence)).await?;
    let consents = verify_consents(&db).await?;
    if json {
        say(as_json(&report, &consents)?)?;
    } else {
        tell(&report)?;
        tell_consents(&consents)?;
    }
    Ok(outcome(&report, &consents))
}

fn as_json(report: &Report, consents: &ConsentReport) -> Result<String> {
    let mut all = serde_json::to_value(report)?;
    all["consents"] = serde_json::to_value(consents)?;
    Ok(serde_json::to_string_pretty(&all)?)
}

fn tell_consents(report: &ConsentReport) -> Result<()> {
    say(format_args!("receipts of consent: {}, of {} people", report.receipts, report.people))?;
    for finding in &report.findings {
        say(format_args!("receipt {}: {}", finding.receipt, finding.what))?;
    }
    match report.problems {
        0 => say("No receipt was changed."),
        problems => say(format_args!("{problems} problems with receipts.")),
    }
}

fn outcome(report: &Report, consents: &ConsentReport) -> Outcome {
    if report.is_good() && consents.is_good() { Outcome::Good } else { Outcome::Wrong }
}

fn tell(report: &Report) -> Result<()> {
    say(format_args!("sealed records: {}", report.sealed))?;
    say(format_args!("waiting for the sealer: {}", report.unsealed))?;
    say(format_args!("checkpoints compared: {}, proved up to record {}", report.checkpoints, report.proved))?;
    say(format_args!("root: {}", report.root))?;
    for finding in &report.findings {
        let place = finding.seq.map(|seq| format!(" at {seq}")).unwrap_or_default();
        let record = finding.audit.as_deref().map(|id| format!(" record {id}")).unwrap_or_default();
        say(format_args!("{}{place}{record}: {}", finding.code, finding.detail))?;
    }
    match report.problems {
        0 => say("Nothing was changed."),
        problems => say(format_args!("{problems} problems.")),
    }
}
