//! Papers come in, are listed and looked at. The bytes are kept as they came and are never written again.

use super::model::{PageRow, PageText, Scan, State};
use super::{READ_JOB, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, Filter, StoreError, Stored, args};
use std::collections::BTreeMap;
use std::path::Path;
use tokio::fs::File;

/// Marker of a scan.
pub(crate) enum ScanRow {}

/// What allows handing in and confirming scans.
pub const UPLOAD: &str = "scan.upload";
/// Scans on a page of the list.
pub const PAGE: i64 = 30;

/// A file that passed every check at the door.
#[derive(Debug, Clone)]
pub struct NewScan<'f> {
    /// Where its bytes are.
    pub path: &'f Path,
    /// Name its sender gave.
    pub name: &'f str,
    /// Media type of its bytes.
    pub media_type: &'f str,
    /// Size in bytes.
    pub size: u64,
}

/// What came of handing a file in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Id of the scan.
    pub id: String,
    /// Whether it is new here; the same file again is not.
    pub new: bool,
}

/// Which scans.
#[derive(Debug, Clone, Default)]
pub struct ListScans {
    /// Only these.
    pub state: Option<State>,
    /// Before this scan of the list.
    pub before: Option<String>,
}

pub(super) fn missing() -> Problem {
    Problem::not_found("scan_not_found", "no such scan")
}

/// The agency in which this reader works with scans.
///
/// # Errors
/// `not_allowed` without such a post.
pub fn agency_of(reader: &Reader<'_>) -> Result<String, Problem> {
    let agency = reader.actor.agencies_with(UPLOAD).into_iter().next();
    agency.ok_or_else(|| Problem::forbidden("not_allowed", "no post hands in scans"))
}

impl OfficeRoom {
    /// Keeps a file as it came and lets it be read. The same file again is the scan it already is.
    ///
    /// # Errors
    /// `secret_refused` for anything with a mark of secrecy: state secrets never enter this system.
    pub async fn upload_scan(&self, reader: &Reader<'_>, new: &NewScan<'_>, secret: bool) -> Result<Taken, Problem> {
        let agency = agency_of(reader)?;
        if secret {
            let refused = Problem::invalid("secret_refused", "papers with state secrets are not taken by this system");
            return Err(refused.field("secrecy", "secret_refused"));
        }
        let file = File::open(new.path).await.map_err(StoreError::from)?;
        let stored = self.blobs.put(file, new.size).await?;
        let id: Id<ScanRow> = self.ambient.new_id();
        let (id, agency, stored, reader, new) = (&id, &agency, &stored, &reader, &new);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    let size = i64::try_from(stored.size).unwrap_or(i64::MAX);
                    let (who, name) = (reader.actor.person.as_str(), &reader.actor.display_name);
                    let row = args![id, agency, new.name, new.media_type, &stored.sha256, size, who, name, now];
                    if tx.execute(sql::INSERT, row).await? == 0 {
                        let known = tx.fetch_one(sql::OF_FILE, args![agency, &stored.sha256]).await?;
                        return Ok(Taken { id: known.text("id")?, new: false });
                    }
                    tx.keep_blob(stored).await?;
                    tx.enqueue(READ_JOB, id.as_str(), &(), now).await?;
                    let entry = AuditEntry::mutation("scan.uploaded", reader.actor_ref(agency))
                        .object("scan", id.as_str())
                        .request(reader.request_id)
                        .detail(serde_json::json!({ "sha256": stored.sha256, "size": size }));
                    tx.audit(entry).await?;
                    Ok::<_, Problem>(Taken { id: id.as_str().to_owned(), new: true })
                })
            })
            .await
    }

    /// Scans of the reader's agency, newest first, with the point where the next page begins.
    ///
    /// # Errors
    /// What the database says.
    pub async fn scans(&self, reader: &Reader<'_>, asked: &ListScans) -> Result<(Vec<Scan>, Option<String>), Problem> {
        let agency = agency_of(reader)?;
        let mut filter = Filter::select(sql::LIST)
            .and("agency = ? AND withdrawn_at IS NULL", args![&agency])
            .and_some("state = ?", asked.state.map(State::as_str));
        if let Some(before) = &asked.before {
            let row = self.db.fetch_optional(sql::ONE, args![before]).await?;
            let before = row.as_ref().map(Scan::read).transpose()?.filter(|scan| scan.agency == agency);
            let before = before.ok_or_else(missing)?;
            filter = filter.and("(uploaded_at, id) < (?, ?)", args![before.uploaded_at, &before.id]);
        }
        let (statement, args) = filter.then("ORDER BY uploaded_at DESC, id DESC LIMIT ?", args![PAGE + 1]).build();
        let rows = self.db.fetch_all(statement, args).await?;
        let mut scans: Vec<Scan> = rows.iter().map(Scan::read).collect::<Result<_, _>>()?;
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = scans.len() > most;
        scans.truncate(most);
        let next = more.then(|| scans.last().map(|scan| scan.id.clone())).flatten();
        Ok((scans, next))
    }

    /// How many scans of the reader's agency stand where.
    ///
    /// # Errors
    /// What the database says.
    pub async fn scan_counts(&self, reader: &Reader<'_>) -> Result<BTreeMap<State, i64>, Problem> {
        let agency = agency_of(reader)?;
        let mut counts = BTreeMap::new();
        for row in self.db.fetch_all(sql::COUNTS, args![&agency]).await? {
            if let Some(state) = State::parse(&row.text("state")?) {
                counts.insert(state, row.integer("n")?);
            }
        }
        Ok(counts)
    }

    /// One scan of the reader's agencies: who hands in scans, or reads the documents of the unit. Opening it is an
    /// access and is recorded before this answers.
    ///
    /// # Errors
    /// `scan_not_found`, also for the scan of another agency.
    pub async fn open_scan(&self, reader: &Reader<'_>, id: &str) -> Result<Scan, Problem> {
        let scan = self.scan_of(reader, id).await?;
        let entry = AuditEntry::read("scan.read", reader.actor_ref(&scan.agency))
            .object("scan", id)
            .request(reader.request_id)
            .because("30/2020/NĐ-CP Điều 21", "xem văn bản quét");
        self.db.record_read(entry).await?;
        Ok(scan)
    }

    pub(crate) async fn scan_of(&self, reader: &Reader<'_>, id: &str) -> Result<Scan, Problem> {
        let row = self.db.fetch_optional(sql::ONE, args![id]).await?;
        let scan = row.as_ref().map(Scan::read).transpose()?.ok_or_else(missing)?;
        let may = [UPLOAD, "document.read_unit"].iter().any(|word| reader.actor.can_in(word, &scan.agency));
        if may { Ok(scan) } else { Err(missing()) }
    }

    /// The pages of a scan that are read.
    ///
    /// # Errors
    /// What the database says.
    pub async fn scan_pages(&self, scan: &Scan) -> Result<Vec<PageRow>, Problem> {
        let rows = self.db.fetch_all(sql::PAGES, args![&scan.id]).await?;
        Ok(rows.iter().map(PageRow::read).collect::<Result<_, _>>()?)
    }

    /// One page that is read.
    ///
    /// # Errors
    /// `scan_not_found` when it is not read, or there is no such page.
    pub async fn scan_page(&self, scan: &Scan, page: i64) -> Result<(PageRow, PageText), Problem> {
        let row = self.db.fetch_optional(sql::PAGE, args![&scan.id, page]).await?;
        let row = row.as_ref().map(PageRow::read).transpose()?.ok_or_else(missing)?;
        let text = self.page_text(&row.text_sha256).await?;
        Ok((row, text))
    }

    pub(super) async fn page_text(&self, sha256: &str) -> Result<PageText, Problem> {
        let bytes = self.blobs.bytes(sha256).await?;
        serde_json::from_slice(&bytes).map_err(|_| Problem::internal("the text beside a scan cannot be read"))
    }

    pub(super) async fn keep_side_car(&self, bytes: &[u8]) -> Result<Stored, Problem> {
        Ok(self.blobs.put_bytes(bytes).await?)
    }
}
