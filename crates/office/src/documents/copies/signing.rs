//! The competent person's signature, the number, the organ's signature; or giving the copy up.
//!
//! The number is taken in the transaction that moves the copy; when sealing fails after it, the copy waits with its
//! number and sealing goes on.

use super::asking::LEGAL_BASIS;
use super::model::{Copy, CopyRecord};
use super::rules::{CopyAct, CopyState};
use super::sql;
use crate::documents::access::{CLERK, SIGN};
use crate::documents::issuing::{KEEP_ISSUED, Keep};
use crate::documents::model::code;
use crate::documents::moving::standing;
use crate::documents::numbering::printed_date;
use crate::documents::signing::{OFFICER, ORGAN, Request};
use crate::notices::{Told, tell};
use crate::reader::Reader;
use crate::registers::{Claim, Columns, Direction, Entry, moment, take};
use crate::room::OfficeRoom;
use haidang_contracts::papers::{FileToSign, PaperPlace, SignatureRole, SigningOrder, SigningParty};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, Stored, Tx, Value, args};
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

/// Fields that stand empty until the organ closes the copy.
const OPEN: [&str; 5] = ["number", "date", "copied_at", OFFICER, ORGAN];
/// Book in which copies of all forms are numbered together.
const BOOK: &str = "copies";
/// Longest reason, in characters.
const WORDS: usize = 2_000;

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::conflict(code, detail.to_owned())
}

/// A step about to be written.
struct Step {
    to: CopyState,
    copy: String,
    from: CopyState,
    revision: i64,
    file: String,
    event: Vec<Value>,
    told: Told,
    entry: AuditEntry,
    at: Timestamp,
}

impl Step {
    async fn write(&self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let key = self.copy.as_str();
        let values = args![key, self.from.as_str(), self.revision, self.to.as_str(), self.file.as_str(), self.at];
        if tx.execute(sql::MOVE, values).await? == 0 {
            return Err(moved());
        }
        tx.execute(sql::INSERT_EVENT, self.event.clone()).await?;
        tx.audit(self.entry.clone()).await?;
        tell(tx, &self.told).await?;
        Ok(())
    }
}

/// What people are told of a step.
pub(super) fn told(id: String, to: CopyState, revision: i64, reader: &Reader<'_>) -> Told {
    let (object, state) = ("copy".to_owned(), to.as_str().to_owned());
    Told { object, id, state, revision, by: reader.actor.person.to_string() }
}

fn moved() -> Problem {
    refused("copy_moved", "the copy changed since the page was opened; open it again")
}

impl OfficeRoom {
    /// The copy, when this reader may do this with it now: the part, the state and the revision fit.
    async fn ready_copy(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        act: CopyAct,
    ) -> Result<(Copy, CopyState), Problem> {
        let copy = self.copy_of(reader, id).await?;
        if copy.revision != revision {
            return Err(moved());
        }
        let to = act.leads(copy.state).ok_or_else(|| refused("copy_act_not_allowed", "the copy stands elsewhere"))?;
        let actor = reader.actor;
        let mine = match act {
            CopyAct::Sign => copy.signer == actor.person.as_str() && actor.can_in(SIGN, &copy.agency),
            CopyAct::Number | CopyAct::Seal => actor.can_in(CLERK, &copy.agency),
            CopyAct::Withdraw => copy.asked_by == actor.person.as_str() || actor.can_in(CLERK, &copy.agency),
        };
        if mine { Ok((copy, to)) } else { Err(Problem::forbidden("not_your_part", "this step is for somebody else")) }
    }

    /// What somebody may do next with a copy.
    pub fn copy_acts(&self, reader: &Reader<'_>, copy: &Copy) -> Vec<CopyAct> {
        let actor = reader.actor;
        let clerk = actor.can_in(CLERK, &copy.agency);
        let mine = |act: &CopyAct| match act {
            CopyAct::Sign => copy.signer == actor.person.as_str() && actor.can_in(SIGN, &copy.agency),
            CopyAct::Number | CopyAct::Seal => clerk,
            CopyAct::Withdraw => clerk || copy.asked_by == actor.person.as_str(),
        };
        CopyAct::ALL.into_iter().filter(|act| act.leads(copy.state).is_some() && mine(act)).collect()
    }

    fn copy_step(
        &self,
        reader: &Reader<'_>,
        copy: &Copy,
        act: CopyAct,
        to: CopyState,
        file: &str,
        words: &str,
    ) -> Step {
        let id: Id<CopyRecord> = self.ambient.new_id();
        let (actor, now) = (reader.actor, self.ambient.now());
        let post = actor.positions.iter().find(|post| post.agency == copy.agency);
        let event = args![
            &id,
            copy.id.as_str(),
            copy.revision,
            act.as_str(),
            words,
            file,
            actor.person.as_str(),
            actor.display_name.as_str(),
            post.map(|post| post.title.as_str()).unwrap_or_default(),
            now
        ];
        let entry = reader
            .change(act.audit(), "office_copy", &copy.id, &copy.agency)
            .because(LEGAL_BASIS, "sao văn bản")
            .detail(json!({ "from": copy.state.as_str(), "to": to.as_str(), "sha256": file }));
        Step {
            to,
            copy: copy.id.clone(),
            from: copy.state,
            revision: copy.revision,
            file: file.to_owned(),
            event,
            told: told(copy.id.clone(), to, copy.revision + 1, reader),
            entry,
            at: now,
        }
    }

    /// The person named by the copy signs it, pinned to the file that was shown.
    ///
    /// # Errors
    /// `copy_not_found`, `copy_moved`, `copy_act_not_allowed`, `not_your_part`, why the person may not sign,
    /// `paper_outdated` when the block changed since, and what the keys say.
    pub async fn sign_copy(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        sha256: &str,
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let (copy, to) = self.ready_copy(reader, id, revision, CopyAct::Sign).await?;
        if copy.file_sha256 != sha256 {
            return Err(moved());
        }
        let allowed = self.copy_authority(&copy).await?;
        if allowed.block_lines != copy.block {
            return Err(refused("paper_outdated", "the block of the signature changed: ask for the copy again"));
        }
        let prepare: BTreeMap<String, PaperPlace> =
            OPEN.iter().filter_map(|name| Some(((*name).to_owned(), *copy.places.get(*name)?))).collect();
        let file = FileToSign {
            bytes: self.paper_bytes(&copy.file_sha256).await?,
            place: copy.places.get(OFFICER).copied(),
            fill: BTreeMap::new(),
            prepare,
            field: OFFICER.to_owned(),
            reason: format!("Ký bản {}", copy.form.name().to_lowercase()),
        };
        let party = SigningParty::Officer {
            person: reader.actor.person.clone(),
            name: allowed.name.clone(),
            agency: copy.agency.clone(),
        };
        let order = SigningOrder { role: SignatureRole::Officer, party, files: vec![file], activation };
        let requests = [self.copy_request_for(&copy, "officer", reader.actor.person.as_str())];
        let (blob, bytes) = self.signed_copy(&requests, order).await?;
        let (officer, _) = standing(&self.signing.judge(&bytes).await?)?;
        if !officer {
            return Err(refused("officer_signature_missing", "the signature that was made does not stand"));
        }
        let step = self.copy_step(reader, &copy, CopyAct::Sign, to, &blob.sha256, "");
        let after = (sql::SIGNED, args![copy.id.as_str(), step.at, allowed.delegation]);
        self.keep_copy_step(&step, &blob, &requests, after, false).await
    }

    fn copy_request_for(&self, copy: &Copy, role: &'static str, signer: &str) -> Request {
        Request { document: copy.id.clone(), role, sha256: copy.file_sha256.clone(), signer: signer.to_owned() }
    }

    async fn signed_copy(&self, requests: &[Request], order: SigningOrder) -> Result<(Stored, Vec<u8>), Problem> {
        let mut files = self.signed_files(requests, order).await?;
        let bytes = files.pop().ok_or_else(|| Problem::internal("no file came back"))?;
        Ok((self.blobs.put_bytes(&bytes).await?, bytes))
    }

    /// Writes a signed file with its step; a failure leaves the request ended, so that it may be tried again at once.
    async fn keep_copy_step(
        &self,
        step: &Step,
        blob: &Stored,
        requests: &[Request],
        (statement, values): (&'static str, Vec<Value>),
        last: bool,
    ) -> Result<(), Problem> {
        let keep = Keep { sha256: blob.sha256.clone() };
        let (keep, values) = (&keep, &values);
        let kept = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    step.write(tx).await?;
                    tx.execute(statement, values.clone()).await?;
                    tx.keep_blob(blob).await?;
                    for request in requests {
                        request.done(tx, &blob.sha256, step.at).await?;
                    }
                    if last {
                        tx.enqueue(KEEP_ISSUED, &step.copy, keep, step.at).await?;
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await;
        if let Err(problem) = &kept {
            self.failed_signatures(requests, problem).await?;
        }
        kept
    }

    /// Takes the number when there is none yet, and closes the copy. Called again after an interruption it goes on with
    /// the same number.
    ///
    /// # Errors
    /// As [`OfficeRoom::sign_copy`]; what the register says.
    pub async fn seal_copy(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let copy = self.copy_of(reader, id).await?;
        let revision = if copy.state == CopyState::Numbered {
            revision
        } else {
            self.number_copy(reader, id, revision).await?;
            revision + 1
        };
        self.close_copy(reader, id, revision, activation).await
    }

    async fn number_copy(&self, reader: &Reader<'_>, id: &str, revision: i64) -> Result<(), Problem> {
        let (copy, to) = self.ready_copy(reader, id, revision, CopyAct::Number).await?;
        let (officer, _) = standing(&self.signing.judge(&self.paper_bytes(&copy.file_sha256).await?).await?)?;
        if !officer {
            return Err(refused("officer_signature_missing", "the file carries no valid signature of the person"));
        }
        let organ = self.organ(&copy.agency).await?;
        let notation = format!("{}-{}", copy.form.code(), self.documents.abbreviation(&organ));
        let original = &copy.original;
        let summary = Entry {
            notation: notation.clone(),
            kind: copy.form.name().to_owned(),
            subject: original.subject.clone(),
            signer: copy.signer_name.clone(),
            receivers: copy.recipients.join("; "),
            kept_by: "Văn thư".to_owned(),
            copies: i64::try_from(copy.recipients.len()).ok().filter(|count| *count > 0),
            author: original.organ.clone(),
            original_number: original.code.clone(),
            original_date: original.date,
            ..Entry::default()
        };
        let on = self.ambient.today();
        let claim = Claim {
            agency: &copy.agency,
            direction: Direction::Out,
            group: BOOK,
            document: id,
            on,
            summary: Columns::of(&summary)?,
        };
        let step = self.copy_step(reader, &copy, CopyAct::Number, to, &copy.file_sha256, "");
        let (step, claim, notation, ambient) = (&step, &claim, notation.as_str(), &self.ambient);
        self.db
            .transaction_in_line(|tx| {
                Box::pin(async move {
                    // The copy first: whoever comes second leaves before the register is touched.
                    step.write(tx).await?;
                    let taken = take(tx, ambient, claim).await?;
                    let values = args![id, taken.register.as_str(), taken.number, notation, claim.on];
                    if tx.execute(sql::NUMBERED, values).await? == 0 {
                        return Err(moved());
                    }
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    async fn close_copy(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let (copy, to) = self.ready_copy(reader, id, revision, CopyAct::Seal).await?;
        let (Some(number), Some(date), Some(notation)) =
            (copy.code_number, copy.copied_on, copy.code_notation.as_deref())
        else {
            return Err(refused("number_missing", "the copy has no number yet"));
        };
        let organ = self.organ(&copy.agency).await?;
        let fill = BTreeMap::from([
            ("number".to_owned(), format!("{number:02}")),
            ("date".to_owned(), printed_date(date)),
            ("copied_at".to_owned(), moment(self.ambient.now())),
        ]);
        let file = FileToSign {
            bytes: self.paper_bytes(&copy.file_sha256).await?,
            place: copy.places.get(ORGAN).copied(),
            fill,
            prepare: BTreeMap::new(),
            field: ORGAN.to_owned(),
            reason: format!("{} số {}", copy.form.name(), code(number, notation)),
        };
        let order = SigningOrder {
            role: SignatureRole::Organ,
            party: SigningParty::Organ { agency: copy.agency.clone(), name: organ.name_vi },
            files: vec![file],
            activation,
        };
        let requests = [self.copy_request_for(&copy, "organ", &copy.agency)];
        let (blob, bytes) = self.signed_copy(&requests, order).await?;
        if standing(&self.signing.judge(&bytes).await?)? != (true, true) {
            return Err(refused("organ_signature_missing", "the signatures of the copy do not both stand"));
        }
        let step = self.copy_step(reader, &copy, CopyAct::Seal, to, &blob.sha256, "");
        let after = (sql::CLOSED, args![copy.id.as_str(), step.at]);
        self.keep_copy_step(&step, &blob, &requests, after, true).await
    }

    /// Gives a copy up that has no number yet.
    ///
    /// # Errors
    /// `copy_not_found`, `copy_moved`, `copy_act_not_allowed`, `not_your_part`, `reason_required`.
    pub async fn withdraw_copy(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        words: &str,
    ) -> Result<(), Problem> {
        let (copy, to) = self.ready_copy(reader, id, revision, CopyAct::Withdraw).await?;
        let words = text::nfc(words.trim());
        let problem = Problem::invalid("reason_required", "say why in 1 to 2000 characters");
        match words.chars().count() {
            0 => return Err(problem.field("words", "required")),
            length if length > WORDS => return Err(problem.field("words", "too_long")),
            _ => {}
        }
        let step = self.copy_step(reader, &copy, CopyAct::Withdraw, to, &copy.file_sha256, &words);
        let step = &step;
        self.db.transaction(|tx| Box::pin(async move { step.write(tx).await })).await
    }
}
