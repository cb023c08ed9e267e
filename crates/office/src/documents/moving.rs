//! One step of a document: judged by the table, over signatures judged anew, written with history and audit at once.

use super::access;
use super::drafting::{missing, moved_meanwhile};
use super::model::{Document, DocumentRecord};
use super::sql;
use super::table::{Action, Facts, Given, Refused, State, Step, judge};
use crate::notices::{Told, tell};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::search::{Part, forget_document};
use haidang_contracts::papers::{JudgedAs, JudgedFile};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, Tx, args};
use jiff::Timestamp;
use serde_json::json;

/// The clause under which documents are signed and issued.
const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 8 đến Điều 18";
/// Longest reason, in characters.
const WORDS: usize = 2_000;

/// The problem of a step that the table refuses.
pub(super) fn refused(code: Refused) -> Problem {
    match code {
        "reason_required" => Problem::invalid(code, "say why").field("words", "required"),
        "other_document_required" => {
            Problem::invalid(code, "name a document of this organ that was issued").field("by_document", "unknown")
        }
        code => Problem::conflict(code, "the document does not allow this step now"),
    }
}

/// Refuses whoever does not act in the part of a step.
pub(super) fn part_of(step: &Step, document: &Document, reader: &Reader<'_>) -> Result<(), Problem> {
    if access::holds(step.part, document, reader.actor) {
        return Ok(());
    }
    Err(Problem::forbidden("not_your_part", "this step is for somebody else"))
}

/// A step about to be written.
pub(super) struct Move<'m> {
    reader: &'m Reader<'m>,
    document: &'m Document,
    step: &'static Step,
    words: String,
    sha256: Option<String>,
    delegation: Option<String>,
    id: String,
    at: Timestamp,
}

impl<'m> Move<'m> {
    pub(super) fn new(room: &OfficeRoom, reader: &'m Reader<'m>, document: &'m Document, step: &'static Step) -> Self {
        let id: Id<DocumentRecord> = room.ambient.new_id();
        Self {
            reader,
            document,
            step,
            words: String::new(),
            sha256: document.file_sha256.clone(),
            delegation: None,
            id: id.to_string(),
            at: room.ambient.now(),
        }
    }

    /// With a reason or remark.
    pub(super) fn words(mut self, words: &str) -> Self {
        self.words = text::nfc(words.trim());
        self
    }

    /// The file that the step made, or rests on.
    pub(super) fn file(mut self, sha256: &str) -> Self {
        self.sha256 = Some(sha256.to_owned());
        self
    }

    /// The delegation under which somebody signs.
    pub(super) fn delegation(mut self, delegation: Option<String>) -> Self {
        self.delegation = delegation;
        self
    }

    /// Writes state, history and audit; nothing when the document moved meanwhile.
    ///
    /// # Errors
    /// `document_moved`.
    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let (document, actor) = (self.document, self.reader.actor);
        let (from, to) = (document.state, self.step.to.unwrap_or(document.state));
        let key = document.id.as_str();
        let moved = tx.execute(sql::MOVE, args![key, from.as_str(), document.revision, to.as_str(), self.at]).await?;
        if moved == 0 {
            return Err(moved_meanwhile());
        }
        let post = actor.positions.iter().find(|post| post.agency == document.agency);
        let values = args![
            self.id.as_str(),
            key,
            document.revision,
            self.step.action.as_str(),
            from.as_str(),
            to.as_str(),
            self.words.as_str(),
            self.sha256.clone(),
            self.delegation.clone(),
            actor.person.as_str(),
            actor.display_name.as_str(),
            post.map(|post| post.title.as_str()).unwrap_or_default(),
            self.at
        ];
        tx.execute(sql::INSERT_EVENT, values).await?;
        let entry = AuditEntry::mutation(self.step.audit, self.reader.actor_ref(&document.agency))
            .object("office_document", key)
            .request(self.reader.request_id)
            .because(LEGAL_BASIS, "xử lý văn bản đi, văn bản nội bộ")
            .detail(json!({
                "from": from.as_str(),
                "to": to.as_str(),
                "sha256": self.sha256,
                "delegation": self.delegation,
            }));
        tx.audit(entry).await?;
        if from != to {
            let told = Told {
                object: "document".to_owned(),
                id: key.to_owned(),
                state: to.as_str().to_owned(),
                revision: document.revision + 1,
                by: actor.person.to_string(),
            };
            tell(tx, &told).await?;
        }
        Ok(())
    }
}

/// Which signatures of a file stand. A single disproven one spoils the file.
pub(super) fn standing(judged: &JudgedFile) -> Result<(bool, bool), Problem> {
    let disproven = |signature: &haidang_contracts::papers::JudgedSignature| {
        signature.integrity == JudgedAs::Invalid || signature.identity == JudgedAs::Invalid
    };
    if let Some(bad) = judged.signatures.iter().find(|signature| disproven(signature)) {
        let detail = format!("the signature {} of the file is not valid", bad.field);
        return Err(Problem::conflict("signature_invalid", detail));
    }
    let has = |field: &str| {
        judged.signatures.iter().any(|signature| signature.field == field && signature.integrity == JudgedAs::Valid)
    };
    Ok((has(super::signing::OFFICER), has(super::signing::ORGAN)))
}

impl OfficeRoom {
    /// What the table may know of the document now: every signature in its file is judged anew.
    ///
    /// # Errors
    /// `signature_invalid` when one is disproven, `file_changed` when the store holds other bytes.
    pub(super) async fn verified(&self, document: &Document) -> Result<Facts, Problem> {
        let mut facts = document.facts();
        if let Some(sha256) = &document.file_sha256 {
            let bytes = self.paper_bytes(sha256).await?;
            (facts.officer, facts.organ) = standing(&self.signing.judge(&bytes).await?)?;
        }
        Ok(facts)
    }

    /// The bytes of a paper, compared with their address.
    pub(super) async fn paper_bytes(&self, sha256: &str) -> Result<Vec<u8>, Problem> {
        self.blobs.verify(sha256).await.map_err(|error| match error {
            haidang_store::StoreError::Corrupt(_) => {
                Problem::conflict("file_changed", "the stored file is not the one that was signed")
            }
            other => other.into(),
        })?;
        Ok(self.blobs.bytes(sha256).await?)
    }

    /// The document and the row of the table for an action of this reader.
    pub(super) async fn ready(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        action: Action,
        given: Given,
    ) -> Result<(Document, &'static Step), Problem> {
        let document = self.document(reader, id).await?;
        let started = super::table::find(document.state, action).ok_or_else(|| refused("transition_not_allowed"));
        // Whoever pressed twice, or a page opened long ago: the document is further on.
        if revision != document.revision {
            return Err(moved_meanwhile());
        }
        part_of(started?, &document, reader)?;
        let facts = self.verified(&document).await?;
        let step = judge(facts, action, given).map_err(refused)?;
        Ok((document, step))
    }

    /// A step that brings about nothing but its state: review, return, take back, give up.
    ///
    /// # Errors
    /// `transition_not_allowed`, `document_moved`, `not_your_part`, `reason_required`, `signature_invalid`,
    /// `reviewer_unknown`.
    pub async fn pass_document(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        action: Action,
        words: &str,
        reviewer: Option<&str>,
    ) -> Result<(), Problem> {
        let plain = [Action::Discard, Action::TakeBack, Action::PassUnit, Action::PassOffice, Action::GiveBack];
        if !plain.contains(&action) && action != Action::Submit {
            return Err(refused("transition_not_allowed"));
        }
        if words.chars().count() > WORDS {
            return Err(Problem::invalid("words_too_long", "at most 2000 characters").field("words", "too_long"));
        }
        let given = Given { reason: !words.trim().is_empty(), by_document: false };
        let (document, step) = self.ready(reader, id, revision, action, given).await?;
        if action == Action::Submit {
            return self.submit(reader, &document, step, words, reviewer).await;
        }
        let moved = Move::new(self, reader, &document, step).words(words);
        let moved = &moved;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    moved.write(tx).await?;
                    // A draft that was given up is found no more; its record stays.
                    if action == Action::Discard { forget_document(tx, Part::Documents, id).await } else { Ok(()) }
                })
            })
            .await
    }

    /// To the unit's review: the paper is typeset now, so that reviewers and the leader see one and the same file.
    async fn submit(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        step: &'static Step,
        words: &str,
        reviewer: Option<&str>,
    ) -> Result<(), Problem> {
        if let Some(asked) = reviewer {
            let staff = self.directory.staff(&document.agency).await?;
            let fits = staff.iter().any(|member| {
                member.person.as_str() == asked
                    && asked != document.drafter
                    && member.capabilities.contains(access::REVIEW)
            });
            if !fits {
                let problem = Problem::invalid("reviewer_unknown", "that person does not review for this organ");
                return Err(problem.field("reviewer", "unknown"));
            }
        }
        let paper = self.typeset_document(reader, document).await?;
        let content = self.content(document, document.version).await?;
        let asked = Document { reviewer: reviewer.map(str::to_owned), ..document.clone() };
        let found = self.findable(&asked, &content).await?;
        let moved = Move::new(self, reader, document, step).words(words).file(&paper.sha256);
        let key = document.id.as_str();
        let (moved, paper, found) = (&moved, &paper, &found);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    moved.write(tx).await?;
                    paper.write(tx).await?;
                    tx.execute(sql::SET_FILE, args![key, paper.sha256.as_str()]).await?;
                    tx.execute(sql::SET_REVIEWER, args![key, reviewer.map(str::to_owned)]).await?;
                    found.write(tx).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// Typesets the paper anew, when the block of its signer changed since it was sent to review. Whoever may sign,
    /// check or review it now may ask; initials on the earlier paper stay in its history.
    ///
    /// # Errors
    /// `transition_not_allowed` once it is signed, `document_moved`, `not_your_part`.
    pub async fn renew_paper(&self, reader: &Reader<'_>, id: &str, revision: i64) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        if !matches!(document.state, State::UnitReview | State::OfficeCheck | State::AwaitingSignature) {
            return Err(refused("transition_not_allowed"));
        }
        if document.revision != revision {
            return Err(moved_meanwhile());
        }
        let part = access::waits_for(document.state).ok_or_else(missing)?;
        if !access::holds(part, &document, reader.actor) {
            return Err(Problem::forbidden("not_your_part", "this step is for somebody else"));
        }
        let paper = self.typeset_document(reader, &document).await?;
        let entry = AuditEntry::mutation("document.typeset", reader.actor_ref(&document.agency))
            .object("office_document", id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "dàn trang lại văn bản")
            .detail(json!({ "sha256": paper.sha256, "before": document.file_sha256 }));
        let now = self.ambient.now();
        let state = document.state.as_str();
        let (paper, entry) = (&paper, &entry);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    if tx.execute(sql::MOVE, args![id, state, revision, state, now]).await? == 0 {
                        return Err(moved_meanwhile());
                    }
                    paper.write(tx).await?;
                    tx.execute(sql::SET_FILE, args![id, paper.sha256.as_str()]).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }
}
