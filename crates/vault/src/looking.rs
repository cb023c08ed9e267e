//! Who looked at the owner's data, and the owner's questions about it.

use crate::answering::Complaint;
use crate::room::{LEGAL_BASIS, Reader, VaultRoom};
use crate::{rules, sql};
use haidang_contracts::access::{AccessFilter, AccessRow};
use haidang_contracts::actor::PersonId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, StoreError, args};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Records looked through at a time.
const BATCH: i64 = 100;
/// Batches looked through for one page: own looks may be many between two of others.
const BATCHES: usize = 10;
/// Own looks shown with one page.
const OWN: usize = 50;
/// Records in one export.
const EXPORTED: usize = 10_000;

/// Marker of a question about an access.
pub(crate) enum QuestionRecord {}

/// A page of the access log.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    /// Looks of others, newest first.
    pub others: Vec<AccessRow>,
    /// Looks of the owner in the same stretch of time, newest first, the first fifty.
    pub own: Vec<AccessRow>,
    /// How many own looks there were in that stretch.
    pub own_count: usize,
    /// Audit id before which the next page begins.
    pub next: Option<String>,
}

/// A question as those who answer for the audit see it; the owner stays out of it.
#[derive(Debug, Clone)]
pub struct Question {
    /// Id of the question.
    pub id: String,
    /// Audit record it is about.
    pub audit_id: String,
    /// Agency of whoever looked.
    pub agency: Option<String>,
    /// What was done.
    pub action: String,
    /// When it was done.
    pub access_at: Timestamp,
    /// When it was asked about.
    pub asked_at: Timestamp,
}

impl VaultRoom {
    async fn batch(
        &self,
        number: &str,
        filter: &AccessFilter,
        before: Option<&str>,
        limit: i64,
    ) -> Result<Vec<AccessRow>, Problem> {
        self.inner().accesses.accesses_within(number, filter, before, limit).await.map_err(Problem::from)
    }

    async fn own_number(&self, reader: &Reader<'_>) -> Result<Option<String>, Problem> {
        self.personal_number(reader.actor.subject()).await
    }

    /// A page of who looked at the reader's data: at most `limit` looks of others, own ones beside them.
    ///
    /// Reading the log is itself recorded as the owner's own access.
    ///
    /// # Errors
    /// What the log says.
    pub async fn looks(&self, reader: &Reader<'_>, before: Option<&str>, limit: usize) -> Result<Looks, Problem> {
        self.looks_within(reader, &AccessFilter::default(), before, limit).await
    }

    /// The same, only what the filter lets through.
    ///
    /// # Errors
    /// What the log says.
    pub async fn looks_within(
        &self,
        reader: &Reader<'_>,
        filter: &AccessFilter,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Looks, Problem> {
        let Some(number) = self.own_number(reader).await? else { return Ok(Looks::default()) };
        let now = self.inner().ambient.now();
        let mut looks = Looks::default();
        let mut last = before.map(str::to_owned);
        'pages: for round in 1..=BATCHES {
            let rows = self.batch(&number, filter, last.as_deref(), BATCH).await?;
            let full = rows.len() as i64 == BATCH;
            for row in rows {
                if !row.own && rules::visible(&row, now) && looks.others.len() == limit {
                    looks.next.clone_from(&last);
                    break 'pages;
                }
                last = Some(row.audit_id.clone());
                if !rules::visible(&row, now) {
                    continue;
                }
                if !row.own {
                    looks.others.push(row);
                    continue;
                }
                looks.own_count += 1;
                if looks.own.len() < OWN {
                    looks.own.push(row);
                }
            }
            if !full {
                break;
            }
            if round == BATCHES {
                looks.next.clone_from(&last);
            }
        }
        self.record_own(reader, "vault.accesses_read", "accesses", "xem ai đã xem dữ liệu của mình").await?;
        Ok(looks)
    }

    /// The log of the reader for saving, newest first, at most ten thousand records; recorded as an own access.
    ///
    /// # Errors
    /// What the log says.
    pub async fn export_looks(&self, reader: &Reader<'_>, filter: &AccessFilter) -> Result<Vec<AccessRow>, Problem> {
        let Some(number) = self.own_number(reader).await? else { return Ok(Vec::new()) };
        let mut all: Vec<AccessRow> = Vec::new();
        while all.len() < EXPORTED {
            let before = all.last().map(|row| row.audit_id.clone());
            let rows = self.batch(&number, filter, before.as_deref(), BATCH * 10).await?;
            let full = rows.len() as i64 == BATCH * 10;
            all.extend(rows);
            if !full {
                break;
            }
        }
        all.truncate(EXPORTED);
        let now = self.inner().ambient.now();
        all.retain(|row| rules::visible(row, now));
        self.record_own(reader, "vault.accesses_exported", "accesses", "tải nhật ký truy cập của mình").await?;
        Ok(all)
    }

    /// Agencies that appear in the newest thousand records of the reader's log, by code.
    ///
    /// # Errors
    /// What the log says.
    pub async fn agencies_that_looked(&self, reader: &Reader<'_>) -> Result<Vec<String>, Problem> {
        let Some(number) = self.own_number(reader).await? else { return Ok(Vec::new()) };
        let rows = self.batch(&number, &AccessFilter::default(), None, BATCH * 10).await?;
        let now = self.inner().ambient.now();
        let seen = rows.into_iter().filter(|row| !row.own && rules::visible(row, now)).filter_map(|row| row.agency);
        Ok(seen.collect::<std::collections::BTreeSet<String>>().into_iter().collect())
    }

    /// Complaints of the owner about accesses, by audit id; `rows` stand newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn asked(&self, owner: &PersonId, rows: &[AccessRow]) -> Result<BTreeMap<String, Complaint>, StoreError> {
        let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else { return Ok(BTreeMap::new()) };
        let values = args![owner.as_str(), oldest.audit_id.as_str(), newest.audit_id.as_str()];
        let found = self.inner().db.fetch_all(sql::COMPLAINTS_OF_OWNER, values).await?;
        found.iter().map(|row| Complaint::read(row).map(|one| (one.audit_id.clone(), one))).collect()
    }

    /// The owner asks why somebody looked. Asking twice about one access is one question; `true` when it is new.
    ///
    /// # Errors
    /// `access_not_found` when no access of somebody else to the owner's data has this id.
    pub async fn ask(&self, reader: &Reader<'_>, audit_id: &str) -> Result<bool, Problem> {
        let missing = || Problem::not_found("access_not_found", "no such access to one's own data");
        let audit: Id<haidang_store::AuditRecord> = Id::parse(audit_id).map_err(|_| missing())?;
        let number = self.own_number(reader).await?.ok_or_else(missing)?;
        // The log gives what lies before a point; the point just behind the record makes it the first.
        let behind = format!("{}0", audit.as_str());
        let found = self.batch(&number, &AccessFilter::default(), Some(&behind), 1).await?;
        let now = self.inner().ambient.now();
        let right = |row: &AccessRow| row.audit_id == audit.as_str() && !row.own && rules::visible(row, now);
        let access = found.into_iter().find(right).ok_or_else(missing)?;
        let id: Id<QuestionRecord> = self.inner().ambient.new_id();
        let owner = reader.actor.subject();
        let values = args![
            id.as_str(),
            audit.as_str(),
            owner.as_str(),
            reader.actor.person.as_str(),
            access.agency.clone(),
            access.action.as_str(),
            access.at,
            self.inner().ambient.now()
        ];
        let entry = AuditEntry::mutation("vault.access_questioned", reader.actor_ref())
            .object("audit_record", audit.as_str())
            .request(reader.request_id)
            .because(LEGAL_BASIS, "hỏi lại một lần truy cập dữ liệu của mình")
            .subjects([number])
            .own()
            .detail(json!({ "question": id.as_str(), "agency": access.agency, "action": access.action }));
        let new = self
            .inner()
            .db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::INSERT_QUESTION, values).await? == 0 {
                        return Ok(false);
                    }
                    tx.audit(entry).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await?;
        Ok(new)
    }

    /// Questions of everybody for those who answer for the audit, oldest first, after an id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn questions(&self, after: &str, limit: i64) -> Result<Vec<Question>, StoreError> {
        let rows = self.inner().db.fetch_all(sql::QUESTIONS, args![after, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(Question {
                    id: row.text("id")?,
                    audit_id: row.text("audit_id")?,
                    agency: row.opt_text("agency")?,
                    action: row.text("action")?,
                    access_at: row.timestamp("access_at")?,
                    asked_at: row.timestamp("asked_at")?,
                })
            })
            .collect()
    }
}
