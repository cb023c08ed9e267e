//! A paper is read: looked at, page by page, each kept as soon as it is read, so that whoever goes on after a crash
//! begins where the last one stopped.

use super::extract::{self, PageWords};
use super::model::{PageText, Scan, State};
use super::rules::{Step, after};
use super::{READ_JOB, sql};
use crate::room::OfficeRoom;
use crate::search::{DocumentText, Part, Readers, index_document};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use haidang_contracts::ContractError;
use haidang_contracts::recognition::{ReadPage, Readiness};
use haidang_kernel::problem::Problem;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{ActorRef, AuditEntry, Stored, args};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::path::Path;

/// Pages read in one run of the job; what is left is the next run, so that no run outlives its lease.
const PAGES_A_RUN: usize = 40;
/// Pages of one scan read beside each other.
const BESIDE: usize = 2;
/// While nothing is installed that reads, it is looked for this often.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// Failures before a scan is given up.
const ATTEMPTS: i64 = 6;

/// Why reading stopped.
enum Stop {
    /// The file is the reason: trying again is useless.
    File(String),
    /// Something else is: it is tried again.
    Later(String),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Later(problem.detail)
    }
}

impl From<ContractError> for Stop {
    fn from(error: ContractError) -> Self {
        match error {
            ContractError::Refused { code, .. } => Self::File(code.to_owned()),
            other => Self::Later(other.to_string()),
        }
    }
}

impl OfficeRoom {
    /// One run of reading; answers whether pages are left.
    async fn read_scan(&self, id: &str) -> Result<bool, Stop> {
        let row = self.db.fetch_optional(sql::ONE, args![id]).await.map_err(Problem::from)?;
        let Some(mut scan) = row.as_ref().map(Scan::read).transpose().map_err(Problem::from)? else { return Ok(false) };
        let open = matches!(scan.state, State::Uploaded | State::Waiting | State::Reading);
        if !open || scan.withdrawn.is_some() {
            return Ok(false);
        }
        let engine = match self.scans.recogniser.readiness().await {
            Readiness::Ready(engine) => engine,
            Readiness::Missing(what) => {
                self.move_scan(&scan, Step::Wait, Some(&what), None).await?;
                let at = self.ambient.now().saturating_add(LOOK_AGAIN).map_err(|e| Stop::Later(e.to_string()))?;
                self.read_at(id, at).await?;
                return Ok(false);
            }
        };
        let file = self.blobs.path(&scan.sha256).map_err(Problem::from)?;
        if scan.pages.is_none() {
            let survey = self.scans.recogniser.survey(&file, &scan.media_type).await?;
            if survey.pages > self.scans.settings.most_pages {
                return Err(Stop::File("scan_too_many_pages".to_owned()));
            }
            scan.pages = Some(i64::from(survey.pages));
            let surveyed = args![id, i64::from(survey.pages), survey.dpi.map(i64::from)];
            self.db.execute(sql::SURVEYED, surveyed).await.map_err(Problem::from)?;
        }
        self.move_scan(&scan, Step::Begin, Some(&engine), None).await?;
        let known = self.scan_pages(&scan).await?;
        let known: BTreeSet<i64> = known.into_iter().map(|page| page.page).collect();
        let left: Vec<i64> = (1..=scan.pages.unwrap_or(0)).filter(|page| !known.contains(page)).collect();
        let now: Vec<i64> = left.iter().copied().take(PAGES_A_RUN).collect();
        let more = left.len() > now.len();
        let reading: Vec<BoxFuture<'_, Result<(), Stop>>> =
            now.into_iter().map(|page| self.read_one(&scan, &file, &engine, page).boxed()).collect();
        let mut reading = stream::iter(reading).buffer_unordered(BESIDE);
        while let Some(done) = reading.next().await {
            done?;
        }
        if more {
            return Ok(true);
        }
        self.finish_scan(&scan).await?;
        Ok(false)
    }

    async fn read_one(&self, scan: &Scan, file: &Path, engine: &str, page: i64) -> Result<(), Stop> {
        let number = u32::try_from(page).unwrap_or(u32::MAX);
        let read = {
            // Reading is the machine's heaviest work: only so much of it at a time, whoever asks.
            let permit = self.scans.permits.acquire().await;
            let _permit = permit.map_err(|_| Stop::Later("the house is closing".to_owned()))?;
            self.scans.recogniser.read_page(file, &scan.media_type, number).await?
        };
        let ReadPage { width, height, words, preview } = read;
        let confidence = words.iter().map(|word| i64::from(word.confidence)).sum::<i64>();
        let count = i64::try_from(words.len()).unwrap_or(i64::MAX);
        let text = PageText {
            version: 1,
            of: scan.sha256.clone(),
            page: number,
            width,
            height,
            engine: engine.to_owned(),
            words,
        };
        let bytes = serde_json::to_vec(&text).map_err(|error| Stop::Later(error.to_string()))?;
        let (text, preview) = (self.keep_side_car(&bytes).await?, self.keep_side_car(&preview).await?);
        let (text, preview): (&Stored, &Stored) = (&text, &preview);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.keep_blob(text).await?;
                    tx.keep_blob(preview).await?;
                    let now = tx.ambient().now();
                    let mean = confidence.checked_div(count).unwrap_or(0);
                    let (width, height) = (i64::from(width), i64::from(height));
                    let row = args![&scan.id, page, width, height, count, mean, &text.sha256, &preview.sha256, now];
                    tx.execute(sql::PUT_PAGE, row).await?;
                    tx.execute(sql::COUNT_READ, args![&scan.id]).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(())
    }

    /// All words of a scan, page by page.
    pub(crate) async fn scan_texts(&self, scan: &Scan) -> Result<Vec<PageText>, Problem> {
        let mut texts = Vec::new();
        for page in self.scan_pages(scan).await? {
            texts.push(self.page_text(&page.text_sha256).await?);
        }
        Ok(texts)
    }

    async fn finish_scan(&self, scan: &Scan) -> Result<(), Stop> {
        let texts = self.scan_texts(scan).await?;
        let words = texts.iter().take(1).map(|text| PageWords {
            page: text.page,
            width: text.width,
            height: text.height,
            words: &text.words,
        });
        let proposals = extract::proposals(&words.collect::<Vec<_>>(), &self.scans.settings.kinds);
        let body = texts.iter().map(PageText::text).collect::<Vec<_>>().join("\n\n");
        let value = |field: &str| {
            proposals.iter().find(|proposal| proposal.field == field).map_or("", |proposal| proposal.value.as_str())
        };
        let title = if value("subject").is_empty() { scan.name.as_str() } else { value("subject") };
        let found = DocumentText {
            part: Part::Scans,
            document: &scan.id,
            agency: &scan.agency,
            readers: Readers { unit: true, people: &[] },
            title,
            number: value("number"),
            organ: value("organ"),
            kind: value("kind"),
            issued_on: value("date").parse().ok(),
            body: &body,
        };
        let Some(next) = after(State::Reading, Step::Finish) else { return Ok(()) };
        let json = serde_json::to_value(&proposals).map_err(|error| Stop::Later(error.to_string()))?;
        let (found, json) = (&found, &json);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    let row = args![&scan.id, next.as_str(), json, now];
                    if tx.execute(sql::FINISH, row).await? > 0 {
                        index_document(tx, found).await?;
                        let entry =
                            AuditEntry::mutation("scan.recognised", ActorRef::system()).object("scan", &scan.id);
                        tx.audit(entry).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(())
    }

    /// Moves a scan when the step is possible where it stands.
    async fn move_scan(
        &self,
        scan: &Scan,
        step: Step,
        engine: Option<&str>,
        failure: Option<&str>,
    ) -> Result<(), Problem> {
        let Some(next) = after(scan.state, step) else { return Ok(()) };
        if next == scan.state && engine == scan.engine.as_deref() {
            return Ok(());
        }
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let row = args![&scan.id, scan.state.as_str(), next.as_str(), engine, failure];
                    if tx.execute(sql::MOVE, row).await? > 0 && next == State::Failed {
                        let entry = AuditEntry::mutation("scan.failed", ActorRef::system())
                            .object("scan", &scan.id)
                            .detail(serde_json::json!({ "code": failure }));
                        tx.audit(entry).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    async fn give_up(&self, id: &str, code: &str) -> Result<(), Problem> {
        let row = self.db.fetch_optional(sql::ONE, args![id]).await?;
        match row.as_ref().map(Scan::read).transpose()? {
            Some(scan) => self.move_scan(&scan, Step::Fail, scan.engine.as_deref(), Some(code)).await,
            None => Ok(()),
        }
    }

    async fn read_at(&self, id: &str, at: jiff::Timestamp) -> Result<(), Problem> {
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.enqueue(READ_JOB, id, &(), at).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}

/// The job that reads scans.
pub struct ReadScans(pub OfficeRoom);

#[async_trait]
impl Handler for ReadScans {
    fn kind(&self) -> &'static str {
        READ_JOB
    }

    fn attempts(&self) -> i64 {
        ATTEMPTS
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_mins(45)
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        let later = |problem: Problem| Failure::Later(problem.detail);
        match self.0.read_scan(&job.key).await {
            Ok(false) => Ok(()),
            Ok(true) => self.0.read_at(&job.key, self.0.ambient.now()).await.map_err(later),
            Err(Stop::File(code)) => self.0.give_up(&job.key, &code).await.map_err(later),
            Err(Stop::Later(reason)) if job.attempt < ATTEMPTS => Err(Failure::Later(reason)),
            Err(Stop::Later(reason)) => {
                tracing::warn!(scan = %job.key, reason, "a scan is given up");
                self.0.give_up(&job.key, "scan_reader_failed").await.map_err(later)
            }
        }
    }
}
