//! Proves that no audit record was changed, removed or inserted: every record is hashed again, every link and every
//! signed checkpoint is compared.

use crate::audit::StoredRecord;
use crate::checkpoint::{Checkpoint, Evidence};
use crate::db::{Db, Snapshot};
use crate::sealer::{Head, hash};
use crate::{Row, StoreError, args, sql};
use haidang_kernel::chain::{self, Frontier, Hash};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Records looked at together.
const PAGE: i64 = 1000;
/// Findings kept in the report; all are counted.
const KEPT: usize = 20;

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `record_missing`, `record_changed`, `link_broken`, `gap`, `unsealed_changed`, `stray_records`,
    /// `head_mismatch`, `tail_missing`, `checkpoint_unsigned`, `checkpoint_mismatch` or `checkpoint_unreadable`.
    pub code: &'static str,
    /// Position in the chain, when there is one.
    pub seq: Option<u64>,
    /// Id of the audit record, when there is one.
    pub audit: Option<String>,
    /// The numbers behind it.
    pub detail: String,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records in the chain.
    pub sealed: u64,
    /// Records that wait for the sealer.
    pub unsealed: u64,
    /// Checkpoints compared.
    pub checkpoints: u64,
    /// Size at the newest checkpoint that was compared.
    pub proved: u64,
    /// Root of the Merkle tree over all sealed records.
    pub root: String,
    /// All findings counted.
    pub problems: u64,
    /// The first findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing was found.
    pub fn is_good(&self) -> bool {
        self.problems == 0
    }

    fn find(&mut self, code: &'static str, seq: Option<u64>, audit: Option<String>, detail: String) {
        self.problems += 1;
        if self.findings.len() < KEPT {
            self.findings.push(Finding { code, seq, audit, detail });
        }
    }
}

/// Verifies the whole chain of a database in constant memory, against checkpoints when they are given.
///
/// Without checkpoints a chain that was rewritten from some record to its end cannot be told from a true one.
///
/// # Errors
/// What the database says; what is wrong with the records is in the report instead.
pub async fn verify(db: &Db, evidence: Option<&Evidence>) -> Result<Report, StoreError> {
    let mut snapshot = db.snapshot().await?;
    let mut report = Report::default();
    let pending = evidence.map_or_else(Vec::new, |evidence| signed(evidence, &mut report));
    let mut walk = Walk { link: Hash::GENESIS, frontier: Frontier::new(), whole: true, pending: pending.into() };
    loop {
        let from = report.sealed;
        let rows = snapshot.fetch_all(sql::CHAINED_RECORDS, args![number(from), PAGE]).await?;
        let Some(last) = rows.last() else { break };
        let to = last.integer("seq")?;
        let subjects = subjects(&mut snapshot, number(from), to).await?;
        for row in &rows {
            walk.step(row, &subjects, &mut report)?;
        }
        tokio::task::yield_now().await;
    }
    walk.end(&mut snapshot, &mut report).await?;
    unsealed(&mut snapshot, &mut report).await?;
    Ok(report)
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The checkpoints with a good signature, smallest first.
fn signed(evidence: &Evidence, report: &mut Report) -> Vec<Checkpoint> {
    if evidence.unreadable > 0 {
        report.find("checkpoint_unreadable", None, None, format!("{} lines", evidence.unreadable));
    }
    let mut good = Vec::new();
    for checkpoint in &evidence.checkpoints {
        if checkpoint.is_signed_by(&evidence.key) {
            good.push(checkpoint.clone());
        } else {
            report.find("checkpoint_unsigned", Some(checkpoint.size), None, format!("size {}", checkpoint.size));
        }
    }
    good
}

async fn subjects(
    snapshot: &mut Snapshot,
    from: i64,
    to: i64,
) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in snapshot.fetch_all(sql::CHAINED_SUBJECTS, args![from, to]).await? {
        all.entry(row.text("audit")?).or_default().insert(row.text("subject")?);
    }
    Ok(all)
}

struct Walk {
    link: Hash,
    frontier: Frontier,
    /// Whether all records up to here were there; without them no root can be computed.
    whole: bool,
    pending: std::collections::VecDeque<Checkpoint>,
}

impl Walk {
    fn step(
        &mut self,
        row: &Row,
        subjects: &BTreeMap<String, BTreeSet<String>>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let seq = u64::try_from(row.integer("seq")?).unwrap_or(0);
        let audit = row.text("chained")?;
        if seq != report.sealed + 1 {
            report.find("gap", Some(seq), Some(audit.clone()), format!("after {}", report.sealed));
            self.whole = false;
        }
        report.sealed = seq;
        let link = hash(row, "link")?;
        if row.opt_text("id")?.is_none() {
            report.find("record_missing", Some(seq), Some(audit), "in the chain but not in the log".to_owned());
            self.whole = false;
            self.link = link;
            return Ok(());
        }
        let none = BTreeSet::new();
        let record = StoredRecord::from_row(row)?;
        let digest = record.hash(subjects.get(&record.id).unwrap_or(&none));
        if digest != hash(row, "hash")? {
            report.find("record_changed", Some(seq), Some(audit.clone()), "its content has another hash".to_owned());
        }
        if link != chain::link(&self.link, &digest) {
            report.find(
                "link_broken",
                Some(seq),
                Some(audit),
                "does not follow from the record and the link before".to_owned(),
            );
        }
        self.link = link;
        self.frontier.push(&digest);
        while let Some(checkpoint) = self.pending.pop_front_if(|checkpoint| checkpoint.size <= seq) {
            self.compare(&checkpoint, seq, report);
        }
        Ok(())
    }

    fn compare(&self, checkpoint: &Checkpoint, seq: u64, report: &mut Report) {
        report.checkpoints += 1;
        if checkpoint.size == 0 {
            return;
        }
        if self.whole
            && checkpoint.size == seq
            && checkpoint.root == self.frontier.root()
            && checkpoint.link == self.link
        {
            report.proved = checkpoint.size;
        } else {
            report.find("checkpoint_mismatch", Some(checkpoint.size), None, format!("signed at {}", checkpoint.at));
        }
    }

    async fn end(mut self, snapshot: &mut Snapshot, report: &mut Report) -> Result<(), StoreError> {
        report.root = self.frontier.root().to_string();
        if let Some(checkpoint) = self.pending.pop_back().filter(|checkpoint| checkpoint.size > report.sealed) {
            let detail = format!("signed {} records, {} are there", checkpoint.size, report.sealed);
            report.find("tail_missing", Some(checkpoint.size), None, detail);
        }
        let head = snapshot.fetch_optional(sql::HEAD, args![]).await?.map(|row| Head::from_row(&row)).transpose()?;
        let agrees = match &head {
            None => report.sealed == 0,
            Some(head) => head.size == report.sealed && (head.link == self.link || head.size == 0),
        };
        if !agrees {
            let size = head.map_or(0, |head| head.size);
            report.find("head_mismatch", None, None, format!("head says {size}, chain has {}", report.sealed));
        }
        Ok(())
    }
}

/// Hashes the records that wait for the sealer, and counts those that are neither chained nor waiting.
async fn unsealed(snapshot: &mut Snapshot, report: &mut Report) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let rows = snapshot.fetch_all(sql::UNSEALED_RECORDS, args![&after, PAGE]).await?;
        let Some(last) = rows.last() else { break };
        after = last.text("chained")?;
        for row in &rows {
            report.unsealed += 1;
            let audit = row.text("chained")?;
            if row.opt_text("id")?.is_none() {
                report.find(
                    "record_missing",
                    None,
                    Some(audit),
                    "waits for the sealer but is not in the log".to_owned(),
                );
                continue;
            }
            let subjects = snapshot.fetch_all(sql::SUBJECTS_OF, args![&audit]).await?;
            let subjects: BTreeSet<String> =
                subjects.iter().map(|row| row.text("subject")).collect::<Result<_, _>>()?;
            let digest = StoredRecord::from_row(row)?.hash(&subjects);
            if digest != hash(row, "hash")? || digest != hash(row, "open_hash")? {
                report.find("unsealed_changed", None, Some(audit), "its content has another hash".to_owned());
            }
        }
    }
    let strays = snapshot.fetch_one(sql::STRAY_RECORDS, args![]).await?.integer("n")?;
    if strays > 0 {
        report.find("stray_records", None, None, format!("{strays} records are neither chained nor waiting"));
    }
    Ok(())
}
