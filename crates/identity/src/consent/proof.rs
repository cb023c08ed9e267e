//! Whether the receipts of everybody are what was decided: each chain by itself, and all of them against the audit,
//! which holds the hash of every receipt and so shows also a chain that was cut off at its end or written anew.

use std::collections::BTreeMap;

use haidang_store::{Db, Snapshot, StoreError, args};
use serde::Serialize;
use serde_json::Value;

use super::receipt::{Receipt, Walk};
use super::sql;

/// The table of receipts, all that [`verify_consents`] needs besides the audit.
pub const TABLE: &str = "identity_consent";

/// Receipts read at a time.
const BATCH: i64 = 500;
/// Findings that are told one by one.
const KEPT: usize = 100;
/// Kind of object under which the audit speaks of receipts.
pub(crate) const OBJECT: &str = "consent";

/// A receipt that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentFinding {
    /// Id of the receipt.
    pub receipt: String,
    /// What is wrong with it.
    pub what: &'static str,
}

/// What the receipts say of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConsentReport {
    /// Receipts read.
    pub receipts: u64,
    /// People whose chains they form.
    pub people: u64,
    /// All findings counted.
    pub problems: u64,
    /// The first of them.
    pub findings: Vec<ConsentFinding>,
}

impl ConsentReport {
    /// Whether nothing was found.
    pub fn is_good(&self) -> bool {
        self.problems == 0
    }

    fn find(&mut self, receipt: &str, what: &'static str) {
        self.problems += 1;
        if self.findings.len() < KEPT {
            self.findings.push(ConsentFinding { receipt: receipt.to_owned(), what });
        }
    }
}

/// Walks the chain of every person, in constant memory and over one moment of the database.
///
/// # Errors
/// What the database says; what is wrong with the receipts is in the report instead.
pub async fn verify_consents(db: &Db) -> Result<ConsentReport, StoreError> {
    let mut snapshot = db.snapshot().await?;
    let mut report = ConsentReport::default();
    chains(&mut snapshot, &mut report).await?;
    against_audit(&mut snapshot, &mut report).await?;
    Ok(report)
}

async fn chains(snapshot: &mut Snapshot, report: &mut ConsentReport) -> Result<(), StoreError> {
    let mut walk = Walk::default();
    let mut last = (String::new(), 0_i64);
    loop {
        let rows = snapshot.fetch_all(sql::ALL_AFTER, args![&last.0, last.1, BATCH]).await?;
        for row in &rows {
            let (subject, seq) = (row.text("subject")?, row.integer("seq")?);
            if subject != last.0 {
                walk = Walk::default();
                report.people += 1;
            }
            report.receipts += 1;
            match Receipt::read(row) {
                Ok(receipt) => {
                    if let Err(broken) = walk.step(&receipt) {
                        report.find(&receipt.id, broken.what);
                    }
                }
                Err(_) => report.find(&row.text("id")?, "does not read"),
            }
            last = (subject, seq);
        }
        if (rows.len() as i64) < BATCH {
            return Ok(());
        }
    }
}

/// Receipts and records of the audit, both by the id of the receipt, side by side.
async fn against_audit(snapshot: &mut Snapshot, report: &mut ConsentReport) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let records = snapshot.details_about(OBJECT, &after, BATCH).await?;
        let full = records.len() as i64 == BATCH;
        // `~` comes after every id.
        let until = records.last().filter(|_| full).map_or_else(|| "~".to_owned(), |(last, _)| last.clone());
        let mut hashes: BTreeMap<String, String> = BTreeMap::new();
        for row in snapshot.fetch_all(sql::HASHES_BETWEEN, args![&after, &until]).await? {
            hashes.insert(row.text("id")?, row.text("hash")?);
        }
        for (receipt, detail) in &records {
            compare(receipt, detail, hashes.remove(receipt), report);
        }
        for receipt in hashes.keys() {
            report.find(receipt, "is on no record of the audit");
        }
        if !full {
            return Ok(());
        }
        after = until;
    }
}

fn compare(receipt: &str, told: &Value, hash: Option<String>, report: &mut ConsentReport) {
    match (hash, told.get("hash").and_then(Value::as_str)) {
        (None, _) => report.find(receipt, "is gone, though the audit holds it"),
        (Some(hash), Some(told)) if hash == told => {}
        (Some(_), _) => report.find(receipt, "has another hash than the audit holds"),
    }
}
