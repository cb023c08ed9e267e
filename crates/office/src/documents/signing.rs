//! Signatures on papers: initials, the officer's, the organ's. The keys are asked outside any transaction; a request is
//! on record before, its end after, and one file is asked for once at a time.

use super::drafting::moved_meanwhile;
use super::model::{Document, DocumentRecord};
use super::moving::{Move, refused};
use super::paper::{NewPaper, Paper};
use super::sql;
use super::table::{Action, Given, Step};
use crate::authority::Allowed;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::papers::{FileToSign, PaperPlace, RECORD_FIELD, SignatureRole, SigningOrder, SigningParty};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{Row, StoreError, Tx, args};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Name of the officer's signature field.
pub(super) const OFFICER: &str = "officer";
/// Name of the organ's signature field.
pub(super) const ORGAN: &str = "organ";
/// After so long a request that never ended is taken for interrupted, and the file may be asked for again.
pub(super) const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// Most documents in one batch.
const BATCH: usize = 50;

/// One document of a batch, pinned to what the leader saw.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Id of the document.
    pub document: String,
    /// Revision of the page on which it was seen.
    pub revision: i64,
    /// SHA-256 of the paper that was shown, hex.
    pub sha256: String,
}

/// A signature somebody asked for.
#[derive(Debug, Clone)]
pub struct AskedSignature {
    /// Id of the document.
    pub document: String,
    /// Its subject.
    pub subject: String,
    /// `initials`, `officer`, `organ`.
    pub role: String,
    /// The exact file.
    pub sha256: String,
    /// Requests of one act of will share it.
    pub batch: String,
    /// `asked`, `done`, `failed`.
    pub state: String,
    /// Why it failed.
    pub code: Option<String>,
    /// When.
    pub asked_at: Timestamp,
}

impl AskedSignature {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            document: row.text("document")?,
            subject: row.text("subject")?,
            role: row.text("role")?,
            sha256: row.text("sha256")?,
            batch: row.text("batch")?,
            state: row.text("state")?,
            code: row.opt_text("code")?,
            asked_at: row.timestamp("asked_at")?,
        })
    }
}

/// One request: which file, in which part, by whom.
pub(super) struct Request {
    pub(super) document: String,
    pub(super) role: &'static str,
    pub(super) sha256: String,
    pub(super) signer: String,
}

impl Request {
    /// Says that the request ended with a file.
    pub(super) async fn done(&self, tx: &mut Tx<'_>, signed: &str, at: Timestamp) -> Result<(), StoreError> {
        self.end(tx, "done", None, Some(signed), at).await
    }

    async fn end(
        &self,
        tx: &mut Tx<'_>,
        state: &str,
        code: Option<&str>,
        signed: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let key = [self.document.as_str(), self.role, self.sha256.as_str(), self.signer.as_str()];
        tx.execute(sql::END_SIGNING, args![key[0], key[1], key[2], key[3], state, code, signed, at]).await?;
        Ok(())
    }
}

/// Everything about one document that is about to be signed by its officer.
struct Prepared {
    document: Document,
    step: &'static Step,
    paper: Paper,
    allowed: Allowed,
    file: FileToSign,
}

/// The fields that must stand in the file before its first signature, because a tagged file takes no seen field after it:
/// number and date, empty until the number is taken (mode A), the record that will know them, and the places of both
/// signatures.
fn reserved(paper: &Paper) -> BTreeMap<String, PaperPlace> {
    if paper.prepared {
        return BTreeMap::new();
    }
    let place = |name: &str| paper.places.get(name).map(|place| (name.to_owned(), *place));
    let unseen = PaperPlace { page: 0, x: 0.0, y: 0.0, width: 0.0, height: 0.0 };
    let record = Some((RECORD_FIELD.to_owned(), unseen));
    ["number", "date", OFFICER, ORGAN].into_iter().filter_map(place).chain(record).collect()
}

impl OfficeRoom {
    /// Puts requests on record.
    ///
    /// # Errors
    /// `signing_in_progress` when one of the files is being signed by the same party now.
    pub(super) async fn ask_signatures(&self, requests: &[Request]) -> Result<(), Problem> {
        let batch: Id<DocumentRecord> = self.ambient.new_id();
        let now = self.ambient.now();
        let lapsed = now.saturating_sub(LEASE).unwrap_or(now);
        let rows: Vec<_> = requests
            .iter()
            .map(|one| {
                let id: Id<DocumentRecord> = self.ambient.new_id();
                let (document, sha256, signer) = (one.document.as_str(), one.sha256.as_str(), one.signer.as_str());
                args![&id, document, one.role, sha256, signer, &batch, now, lapsed]
            })
            .collect();
        let rows = &rows;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    for values in rows {
                        if tx.execute(sql::ASK_SIGNING, values.clone()).await? == 0 {
                            let detail = "this file is being signed now; look again in a few minutes";
                            return Err(Problem::conflict("signing_in_progress", detail));
                        }
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Says that requests failed, so that they may be tried again at once.
    pub(super) async fn failed_signatures(&self, requests: &[Request], problem: &Problem) -> Result<(), Problem> {
        let (now, code) = (self.ambient.now(), &problem.code);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    for one in requests {
                        one.end(tx, "failed", Some(code), None, now).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// Asks the keys, and leaves every request ended: with files, or as failed.
    pub(super) async fn signed_files(
        &self,
        requests: &[Request],
        order: SigningOrder,
    ) -> Result<Vec<Vec<u8>>, Problem> {
        self.ask_signatures(requests).await?;
        let answer = self.signing.sign(order).await.map_err(Problem::from).and_then(|files| {
            let complete = files.len() == requests.len();
            if complete { Ok(files) } else { Err(Problem::internal("fewer files came back than were to be signed")) }
        });
        if let Err(problem) = &answer {
            self.failed_signatures(requests, problem).await?;
        }
        answer
    }

    fn officer(&self, reader: &Reader<'_>, agency: &str, name: &str) -> SigningParty {
        let person: PersonId = reader.actor.person.clone();
        SigningParty::Officer { person, name: name.to_owned(), agency: agency.to_owned() }
    }

    async fn prepare(&self, reader: &Reader<'_>, chosen: &Chosen) -> Result<Prepared, Problem> {
        let (document, step) =
            self.ready(reader, &chosen.document, chosen.revision, Action::Sign, Given::default()).await?;
        let paper = self.paper(&document).await?;
        if paper.sha256 != chosen.sha256 {
            return Err(moved_meanwhile());
        }
        let allowed = self.signer_may_sign(&document).await??;
        // What is printed above the signature must be what authority says at the moment of signing.
        if paper.version != document.version || paper.block != allowed.block_lines {
            let detail = "the block of the signature changed since the paper was typeset: typeset it again";
            return Err(Problem::conflict("paper_outdated", detail));
        }
        let file = FileToSign {
            bytes: self.paper_bytes(&paper.sha256).await?,
            place: paper.places.get(OFFICER).copied(),
            fill: BTreeMap::new(),
            prepare: reserved(&paper),
            field: OFFICER.to_owned(),
            reason: "Ký ban hành văn bản".to_owned(),
        };
        Ok(Prepared { document, step, paper, allowed, file })
    }

    /// Signs the chosen documents with one act of will: all of them or none. Each is pinned to the file that was shown.
    ///
    /// # Errors
    /// The first reason that forbids one of them, with the number of the document as its field; `batch_invalid`;
    /// `signing_in_progress`; what the keys say.
    pub async fn sign_documents(
        &self,
        reader: &Reader<'_>,
        chosen: &[Chosen],
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let distinct: BTreeSet<&str> = chosen.iter().map(|one| one.document.as_str()).collect();
        if chosen.is_empty() || chosen.len() > BATCH || distinct.len() != chosen.len() {
            let detail = format!("choose 1 to {BATCH} different documents");
            return Err(Problem::invalid("batch_invalid", detail).field("chosen", "required"));
        }
        let mut batch: Vec<Prepared> = Vec::with_capacity(chosen.len());
        for (index, one) in chosen.iter().enumerate() {
            let named = |mut problem: Problem| {
                let fault = haidang_kernel::problem::FieldError::new(format!("chosen.{index}"), problem.code);
                problem.errors.push(fault);
                problem
            };
            batch.push(self.prepare(reader, one).await.map_err(named)?);
        }
        let agency = batch.first().map(|one| one.document.agency.clone()).unwrap_or_default();
        if batch.iter().any(|one| one.document.agency != agency) {
            return Err(Problem::invalid("batch_invalid", "one batch is for one organ").field("chosen", "mixed"));
        }
        let name = batch.first().map(|one| one.allowed.name.clone()).unwrap_or_default();
        let order = SigningOrder {
            role: SignatureRole::Officer,
            party: self.officer(reader, &agency, &name),
            files: batch.iter().map(|one| one.file.clone()).collect(),
            activation,
        };
        let requests: Vec<Request> = batch.iter().map(|one| request(reader, one, "officer")).collect();
        let files = self.signed_files(&requests, order).await?;
        let kept = self.keep_signed(reader, &batch, &requests, &files).await;
        if let Err(problem) = &kept {
            self.failed_signatures(&requests, problem).await?;
        }
        kept
    }

    async fn keep_signed(
        &self,
        reader: &Reader<'_>,
        batch: &[Prepared],
        requests: &[Request],
        files: &[Vec<u8>],
    ) -> Result<(), Problem> {
        let mut work: Vec<(Move<'_>, NewPaper, &Prepared, &Request)> = Vec::with_capacity(batch.len());
        for ((one, request), bytes) in batch.iter().zip(requests).zip(files) {
            let paper = Paper { step: "officer".to_owned(), prepared: true, ..one.paper.clone() };
            let paper = self.new_paper(reader, &one.document, &paper, bytes).await?;
            let moved = Move::new(self, reader, &one.document, one.step)
                .file(&paper.sha256)
                .delegation(one.allowed.delegation.clone());
            work.push((moved, paper, one, request));
        }
        let (work, now) = (&work, self.ambient.now());
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    for (moved, paper, one, request) in work {
                        moved.write(tx).await?;
                        paper.write(tx).await?;
                        let key = one.document.id.as_str();
                        let delegation = one.allowed.delegation.clone();
                        tx.execute(sql::SET_SIGNED, args![key, paper.sha256.as_str(), now, delegation]).await?;
                        request.done(tx, &paper.sha256, now).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Ký nháy: the reviewer's initials on the paper, which stays where it stands.
    ///
    /// # Errors
    /// `transition_not_allowed`, `not_your_part`, `document_moved`, and what the keys say.
    pub async fn initial_document(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let (document, step) = self.ready(reader, id, revision, Action::Initial, Given::default()).await?;
        let paper = self.paper(&document).await?;
        let bytes = self.paper_bytes(&paper.sha256).await?;
        let judged = self.signing.judge(&bytes).await?;
        let before = judged.signatures.iter().filter(|one| one.field.starts_with("initials")).count();
        let file = FileToSign {
            bytes,
            // The paper has one place for initials; a further reviewer signs without a picture.
            place: paper.places.get("initials").copied().filter(|_| before == 0),
            fill: BTreeMap::new(),
            prepare: reserved(&paper),
            field: format!("initials{}", before + 1),
            reason: "Ký nháy".to_owned(),
        };
        let order = SigningOrder {
            role: SignatureRole::Initials,
            party: self.officer(reader, &document.agency, &reader.actor.display_name),
            files: vec![file],
            activation,
        };
        let request = Request {
            document: document.id.clone(),
            role: "initials",
            sha256: paper.sha256.clone(),
            signer: reader.actor.person.to_string(),
        };
        let requests = [request];
        let files = self.signed_files(&requests, order).await?;
        let bytes = files.first().ok_or_else(|| refused("paper_missing"))?;
        let paper = Paper { step: "initials".to_owned(), prepared: true, ..paper };
        let kept = self.keep_closed(reader, &document, step, &paper, bytes, &requests).await;
        if let Err(problem) = &kept {
            self.failed_signatures(&requests, problem).await?;
        }
        kept
    }

    /// Keeps one signed file with its step: initials, or the organ's signature.
    pub(super) async fn keep_closed(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        step: &'static Step,
        paper: &Paper,
        bytes: &[u8],
        requests: &[Request],
    ) -> Result<(), Problem> {
        let paper = self.new_paper(reader, document, paper, bytes).await?;
        let moved = Move::new(self, reader, document, step).file(&paper.sha256);
        let (key, now) = (document.id.as_str(), self.ambient.now());
        let (moved, paper) = (&moved, &paper);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    moved.write(tx).await?;
                    paper.write(tx).await?;
                    tx.execute(sql::SET_FILE, args![key, paper.sha256.as_str()]).await?;
                    for request in requests {
                        request.done(tx, &paper.sha256, now).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// What the reader signed or tried to sign, newest first: the log of exact files.
    ///
    /// # Errors
    /// What the database says.
    pub async fn signature_log(&self, reader: &Reader<'_>) -> Result<Vec<AskedSignature>, StoreError> {
        let rows = self.db.fetch_all(sql::SIGNINGS, args![reader.actor.person.as_str()]).await?;
        rows.iter().map(AskedSignature::read).collect()
    }
}

fn request(reader: &Reader<'_>, one: &Prepared, role: &'static str) -> Request {
    Request {
        document: one.document.id.clone(),
        role,
        sha256: one.paper.sha256.clone(),
        signer: reader.actor.person.to_string(),
    }
}
