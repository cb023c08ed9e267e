//! The walk of a document: who moves it, what it needs, what interrupts it, and that nothing is lost or done twice.

use crate::ROOMS;
use crate::city::{actor, room_with};
use crate::desk::Desk;
use crate::people::{COMMUNE, DEPARTMENT, person};
use async_trait::async_trait;
use haidang_contracts::actor::Actor;
use haidang_contracts::events::{DOCUMENT_DISPATCHED, DOCUMENT_WITHDRAWN, DocumentDispatched, DocumentWithdrawn};
use haidang_kernel::problem::Problem;
use haidang_office::documents::{Action, Chosen, Document, DraftForm, KeepIssued, State, Wanted};
use haidang_office::{OfficeRoom, Reader};
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{Dispatcher, Jobs, args};
use haidang_testkit::{TestDb, db_test};
use std::sync::{Arc, Mutex};

/// Somebody as a reader of the office.
pub fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

/// The draft most tests begin with: a decision of the commune, to the department, an organ elsewhere and a person.
pub fn form() -> DraftForm {
    DraftForm {
        course: "out".into(),
        kind: "quyet_dinh".into(),
        subject: "Về việc ban hành Quy chế làm việc".into(),
        recipients: "Sở Mẫu\n000.00.00.H41 Ủy ban nhân dân tỉnh Mẫu\nÔng Nguyễn Văn Mẫu".into(),
        bases: "Căn cứ Luật Tổ chức chính quyền địa phương;\nTheo đề nghị của Chánh Văn phòng.".into(),
        body: "Điều 1. Ban hành Quy chế\n1. Phạm vi\na) Văn phòng\nĐiều 2. Hiệu lực".into(),
        signer: person("chair").to_string(),
        ..DraftForm::default()
    }
}

/// The chair heads the commune, and the director the department.
pub async fn heads(db: &TestDb) {
    for (id, agency, who, collective) in
        [("m1", COMMUNE, "chair", Some("ỦY BAN NHÂN DÂN")), ("m2", DEPARTMENT, "other_leader", None)]
    {
        let values = args![id, agency, person(who).as_str(), collective, 0_i64];
        db.execute("INSERT INTO office_mandate (id, agency, person_id, form, post, collective, basis, valid_from, given_by, given_at) VALUES ($1, $2, $3, 'head', 'CHỦ TỊCH', $4, 'QĐ mẫu', '2020-01-01', 'x', $5)", values).await.unwrap();
    }
}

/// A room in which everybody is at their desk.
pub struct Bench {
    pub room: OfficeRoom,
    pub desk: Arc<Desk>,
}

impl Bench {
    pub async fn new(db: &TestDb) -> Self {
        let desk = Arc::new(Desk::default());
        let room = room_with(db, &desk).await;
        heads(db).await;
        Self { room, desk }
    }

    pub async fn get(&self, id: &str) -> Document {
        let chair = actor("chair").await;
        self.room.open_document(&reader(&chair), id).await.unwrap()
    }

    pub async fn pass(&self, who: &str, id: &str, action: Action, words: &str) -> Result<(), Problem> {
        let who = actor(who).await;
        let revision = self.get(id).await.revision;
        self.room.pass_document(&reader(&who), id, revision, action, words, None).await
    }

    pub async fn chosen(&self, id: &str) -> Chosen {
        let document = self.get(id).await;
        Chosen { document: id.into(), revision: document.revision, sha256: document.file_sha256.unwrap() }
    }

    pub async fn sign(&self, who: &str, ids: &[&str]) -> Result<(), Problem> {
        let who = actor(who).await;
        let mut chosen = Vec::new();
        for id in ids {
            chosen.push(self.chosen(id).await);
        }
        self.room.sign_documents(&reader(&who), &chosen, None).await
    }

    pub async fn number_and_seal(&self, id: &str) -> Result<(), Problem> {
        let clerk = actor("clerk").await;
        let revision = self.get(id).await.revision;
        self.room.number_and_seal(&reader(&clerk), id, revision, None).await
    }

    pub async fn issue(&self, id: &str) -> Result<(), Problem> {
        let clerk = actor("clerk").await;
        let revision = self.get(id).await.revision;
        self.room.issue_document(&reader(&clerk), id, revision).await
    }

    /// A document issued to these receivers.
    pub async fn issued_to(&self, recipients: &str) -> String {
        self.walked(State::Issued, &DraftForm { recipients: recipients.to_owned(), ..form() }).await
    }

    /// A document at a state of the straight walk.
    pub async fn at(&self, state: State) -> String {
        self.walked(state, &form()).await
    }

    async fn walked(&self, state: State, form: &DraftForm) -> String {
        let drafter = actor("drafter").await;
        let id = self.room.draft_document(&reader(&drafter), form).await.unwrap();
        let walk = [State::UnitReview, State::OfficeCheck, State::AwaitingSignature, State::Signed, State::Sealed];
        for next in walk.into_iter().chain([State::Issued]).take_while(|next| *next <= state) {
            match next {
                State::UnitReview => self.pass("drafter", &id, Action::Submit, "").await.unwrap(),
                State::OfficeCheck => self.pass("reviewer", &id, Action::PassUnit, "").await.unwrap(),
                State::AwaitingSignature => self.pass("clerk", &id, Action::PassOffice, "").await.unwrap(),
                State::Signed => self.sign("chair", &[&id]).await.unwrap(),
                State::Sealed => self.number_and_seal(&id).await.unwrap(),
                _ => self.issue(&id).await.unwrap(),
            }
        }
        assert_eq!(self.get(&id).await.state, state);
        id
    }

    pub async fn file(&self, id: &str) -> String {
        let sha256 = self.get(id).await.file_sha256.unwrap();
        String::from_utf8(self.room.blobs.bytes(&sha256).await.unwrap()).unwrap()
    }
}

async fn count(db: &TestDb, statement: &'static str) -> i64 {
    db.fetch_one(statement, vec![]).await.unwrap().integer("count").unwrap()
}

fn code<T: std::fmt::Debug>(answer: Result<T, Problem>) -> String {
    answer.unwrap_err().code.to_string()
}

/// Remembers the events of documents.
#[derive(Default)]
struct Seen(Mutex<Vec<Event>>);

#[async_trait]
impl Consumer for Seen {
    fn name(&self) -> &'static str {
        "test.documents"
    }

    fn wants(&self, kind: &str) -> bool {
        [DOCUMENT_DISPATCHED, DOCUMENT_WITHDRAWN].contains(&kind)
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}

db_test! {
    rooms = ROOMS;

    async fn a_document_walks_from_draft_to_its_receivers(db: TestDb) {
        let seen = Arc::new(Seen::default());
        db.register(seen.clone());
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let document = bench.get(&id).await;
        assert_eq!(document.code().as_deref(), Some("01/QĐ-UBND"));
        assert_eq!(document.issued_on.unwrap().to_string(), "2026-03-03");
        let file = bench.file(&id).await;
        for part in ["signed officer officer", "filled number=01", "filled date=ngày 03 tháng 3 năm 2026", "filled appendix_vi={", "\"CodeNumber\":\"01\"", "\"IssuedDate\":\"03/03/2026\"", "signed organ organ", "TM. ỦY BAN NHÂN DÂN"] {
            assert!(file.contains(part), "{part} in {file}");
        }
        assert!(file.find("signed officer").unwrap() < file.find("signed organ").unwrap());
        let checked = bench.room.issued_by_token(&document.token).await.unwrap().map(|found| found.id);
        assert_eq!(checked.as_deref(), Some(id.as_str()));
        let draft = bench.at(State::Signed).await;
        let token = bench.get(&draft).await.token;
        assert!(bench.room.issued_by_token(&token).await.unwrap().is_none(), "nobody checks what was not issued");
        let record = document.record.clone().unwrap();
        assert_eq!((record["CodeNumber"].as_str(), record["IssuedDate"].as_str()), (Some("01"), Some("03/03/2026")));
        let channels: Vec<_> = bench.room.dispatches(&document).await.unwrap().into_iter().map(|one| (one.channel, one.state)).collect();
        let expected = [("city", "sent"), ("edxml", "waiting"), ("paper", "waiting")];
        assert_eq!(channels, expected.map(|(channel, state)| (channel.to_owned(), state.to_owned())));
        Dispatcher::new(db.db()).run_due().await.unwrap();
        let events = seen.0.lock().unwrap().clone();
        let event: DocumentDispatched = events[0].read().unwrap();
        assert_eq!((events.len(), event.to_agency.as_str(), event.code_number), (1, DEPARTMENT, 1));
        assert_eq!(Some(event.sha256), document.file_sha256);
        Jobs::new(db.db()).with(Arc::new(KeepIssued(bench.room.clone()))).run_due().await.unwrap();
        assert_eq!(*bench.desk.kept.lock().unwrap(), [document.file_sha256.unwrap()]);
    }

    async fn every_step_leaves_history_and_audit(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let document = bench.get(&id).await;
        let history = bench.room.history(&document).await.unwrap();
        let steps: Vec<_> = history.iter().rev().map(|one| one.action.as_str()).collect();
        assert_eq!(steps, ["submit", "pass_unit", "pass_office", "sign", "number", "seal", "issue"]);
        for pair in history.windows(2) {
            assert_eq!(pair[1].to, pair[0].from, "each step begins where the last ended");
        }
        let audits = count(&db, "SELECT COUNT(*) AS count FROM store_audit WHERE kind = 'mutation' AND object_kind = 'office_document' AND action <> 'document.drafted'").await;
        assert_eq!(audits, i64::try_from(history.len()).unwrap());
        let papers = count(&db, "SELECT COUNT(*) AS count FROM office_document_paper").await;
        assert_eq!(papers, 3, "typeset, signed and sealed stay side by side");
    }

    async fn nobody_passes_what_is_not_theirs(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::UnitReview).await;
        for (who, action, expected) in [
            ("drafter", Action::PassUnit, "not_your_part"),
            ("colleague", Action::PassUnit, "not_your_part"),
            ("clerk", Action::PassUnit, "not_your_part"),
            ("other_leader", Action::PassUnit, "document_not_found"),
            ("reviewer", Action::PassOffice, "transition_not_allowed"),
            ("reviewer", Action::GiveBack, "reason_required"),
            ("colleague", Action::TakeBack, "not_your_part"),
        ] {
            assert_eq!(code(bench.pass(who, &id, action, "").await), expected, "{who} {action:?}");
        }
        let id = bench.at(State::AwaitingSignature).await;
        assert_eq!(code(bench.sign("deputy", &[&id]).await), "not_your_part");
        assert_eq!(code(bench.number_and_seal(&id).await), "transition_not_allowed");
        assert_eq!(code(bench.issue(&id).await), "transition_not_allowed");
    }

    async fn a_document_of_another_organ_does_not_exist(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        for who in ["other_clerk", "other_leader", "inspector", "resident"] {
            let who = actor(who).await;
            assert_eq!(code(bench.room.open_document(&reader(&who), &id).await), "document_not_found");
            assert_eq!(code(bench.room.read_paper(&reader(&who), &id).await), "document_not_found");
            assert!(bench.room.list_documents(&reader(&who), &Wanted::default(), 10).await.unwrap().0.is_empty());
        }
        let before = count(&db, "SELECT COUNT(*) AS count FROM store_audit WHERE kind = 'read'").await;
        let colleague = actor("colleague").await;
        bench.room.read_paper(&reader(&colleague), &id).await.unwrap();
        let after = count(&db, "SELECT COUNT(*) AS count FROM store_audit WHERE kind = 'read'").await;
        assert_eq!(after, before + 1, "a look is recorded");
    }

    async fn a_returned_document_is_revised_and_keeps_its_versions(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::AwaitingSignature).await;
        bench.pass("chair", &id, Action::GiveBack, "Bổ sung căn cứ").await.unwrap();
        let returned = bench.get(&id).await;
        assert_eq!(returned.state, State::Returned);
        let drafter = actor("drafter").await;
        let again = DraftForm { body: "Điều 1. Ban hành Quy chế sửa đổi".into(), note: "theo ý kiến".into(), ..form() };
        bench.room.revise_document(&reader(&drafter), &id, returned.revision, &again).await.unwrap();
        let revised = bench.get(&id).await;
        assert_eq!((revised.state, revised.version, revised.file_sha256.clone()), (State::Draft, 2, None));
        let bodies = [1, 2].map(|number| (number, bench.room.content(&revised, number)));
        for (number, content) in bodies {
            assert_eq!(content.await.unwrap().body.contains("sửa đổi"), number == 2);
        }
        let late = bench.room.revise_document(&reader(&drafter), &id, returned.revision, &again).await;
        assert_eq!(code(late), "document_moved", "a page opened before cannot overwrite");
        assert_eq!(bench.room.versions(&revised).await.unwrap().len(), 2);
    }

    async fn secrets_and_unfinished_drafts_stay_outside(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        for (wrong, expected) in [
            (DraftForm { secrecy: 1, ..form() }, "secret_refused"),
            (DraftForm { secrecy: -1, ..form() }, "secret_refused"),
            (DraftForm { subject: " ".into(), ..form() }, "draft_invalid"),
            (DraftForm { kind: "sắc lệnh".into(), ..form() }, "draft_invalid"),
            (DraftForm { signer: person("colleague").to_string(), ..form() }, "draft_invalid"),
            (DraftForm { agency: DEPARTMENT.into(), ..form() }, "not_allowed"),
        ] {
            assert_eq!(code(bench.room.draft_document(&reader(&drafter), &wrong).await), expected);
        }
        assert_eq!(count(&db, "SELECT COUNT(*) AS count FROM office_document").await, 0);
        let forced = db.execute("INSERT INTO office_document (id, agency, direction, state, revision, version, kind, subject, subject_key, urgency, secrecy, drafter, drafter_name, signer, signer_name, token, created_at, changed_at) VALUES ('x', 'a', 'out', 'draft', 1, 1, 'k', 's', 's', 0, 1, 'd', 'd', 's', 's', 't', 0, 0)", vec![]).await;
        assert!(forced.is_err(), "the table itself holds no secret");
    }

    async fn one_act_of_will_signs_a_batch_or_nothing(db: TestDb) {
        let bench = Bench::new(&db).await;
        let first = bench.at(State::AwaitingSignature).await;
        let second = bench.at(State::AwaitingSignature).await;
        let early = bench.at(State::OfficeCheck).await;
        assert_eq!(code(bench.sign("chair", &[&first, &early]).await), "transition_not_allowed");
        assert_eq!(code(bench.sign("chair", &[&first, &first]).await), "batch_invalid");
        assert_eq!(bench.get(&first).await.state, State::AwaitingSignature, "nothing was signed");
        // What was shown is what is signed: another file under the same document is refused.
        let chair = actor("chair").await;
        let other = Chosen { sha256: "0".repeat(64), ..bench.chosen(&first).await };
        assert_eq!(code(bench.room.sign_documents(&reader(&chair), &[other], None).await), "document_moved");
        bench.sign("chair", &[&first, &second]).await.unwrap();
        let log = bench.room.signature_log(&reader(&chair)).await.unwrap();
        assert_eq!(log.len(), 2);
        assert!(log.iter().all(|one| one.state == "done" && one.batch == log[0].batch));
    }

    async fn keys_that_fail_leave_everything_as_it_was(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::AwaitingSignature).await;
        *bench.desk.refuse_signing.lock().unwrap() = Some("signature_not_authorised");
        assert_eq!(code(bench.sign("chair", &[&id]).await), "signature_not_authorised");
        assert_eq!(bench.get(&id).await.state, State::AwaitingSignature);
        *bench.desk.refuse_signing.lock().unwrap() = None;
        bench.sign("chair", &[&id]).await.unwrap();
        // The number is taken, the seal fails: the document waits with its number and never takes a second one.
        *bench.desk.refuse_signing.lock().unwrap() = Some("certificate_expired");
        for _ in 0..3 {
            assert_eq!(code(bench.number_and_seal(&id).await), "certificate_expired");
            let document = bench.get(&id).await;
            assert_eq!((document.state, document.code_number), (State::Numbered, Some(1)));
        }
        *bench.desk.refuse_signing.lock().unwrap() = None;
        bench.number_and_seal(&id).await.unwrap();
        assert_eq!(bench.get(&id).await.state, State::Sealed);
        assert_eq!(count(&db, "SELECT COUNT(*) AS count FROM office_register_entry").await, 1);
        assert_eq!(bench.file(&id).await.matches("filled number=01").count(), 1);
    }

    async fn an_interrupted_signature_lapses_and_is_asked_again(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::AwaitingSignature).await;
        let chosen = bench.chosen(&id).await;
        // The machine stopped after the request was written and before its answer was.
        let now = db.ambient().now();
        let values = args!["s1", id.as_str(), chosen.sha256.as_str(), person("chair").as_str(), now];
        db.execute("INSERT INTO office_document_signing (id, document, role, sha256, signer, batch, state, asked_at) VALUES ($1, $2, 'officer', $3, $4, 'b', 'asked', $5)", values).await.unwrap();
        assert_eq!(code(bench.sign("chair", &[&id]).await), "signing_in_progress");
        db.ambient().advance(jiff::SignedDuration::from_mins(6));
        bench.sign("chair", &[&id]).await.unwrap();
        assert_eq!(bench.get(&id).await.state, State::Signed);
    }

    async fn two_clerks_at_once_take_one_number(db: TestDb) {
        let bench = Bench::new(&db).await;
        let ids = [bench.at(State::Signed).await, bench.at(State::Signed).await];
        let clerk = actor("clerk").await;
        for id in &ids {
            let revision = bench.get(id).await.revision;
            let reader = reader(&clerk);
            let both = futures_util::future::join_all((0..4).map(|_| bench.room.number_document(&reader, id, revision))).await;
            assert_eq!(both.iter().filter(|answer| answer.is_ok()).count(), 1, "{both:?}");
            for lost in both.into_iter().filter_map(Result::err) {
                assert_eq!(lost.code, "document_moved");
            }
        }
        let numbers: Vec<_> = [bench.get(&ids[0]).await.code_number, bench.get(&ids[1]).await.code_number].into();
        assert_eq!(numbers, [Some(1), Some(2)]);
        assert_eq!(count(&db, "SELECT COUNT(*) AS count FROM office_register_entry").await, 2);
    }

    async fn two_clerks_seal_once(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Signed).await;
        let clerk = actor("clerk").await;
        let reader = reader(&clerk);
        let revision = bench.get(&id).await.revision;
        bench.room.number_document(&reader, &id, revision).await.unwrap();
        let both = futures_util::future::join_all((0..3).map(|_| bench.room.seal_document(&reader, &id, revision + 1, None))).await;
        assert_eq!(both.iter().filter(|answer| answer.is_ok()).count(), 1, "{both:?}");
        assert_eq!(bench.file(&id).await.matches("signed organ").count(), 1);
    }

    async fn a_changed_file_goes_no_further(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Signed).await;
        let sha256 = bench.get(&id).await.file_sha256.unwrap();
        // Somebody reached the store itself.
        let path = walk(bench.room.blobs.root(), &sha256);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(b"changed afterwards");
        let mut rights = std::fs::metadata(&path).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false)] // a file of this test alone
        rights.set_readonly(false);
        std::fs::set_permissions(&path, rights).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(code(bench.number_and_seal(&id).await), "file_changed");
        // Or put another file in its place, which says of itself that it was changed.
        let other = bench.room.blobs.put_bytes(&bytes).await.unwrap();
        db.execute("UPDATE office_document SET file_sha256 = $1", args![other.sha256.as_str()]).await.unwrap();
        assert_eq!(code(bench.number_and_seal(&id).await), "signature_invalid");
        assert_eq!(bench.get(&id).await.code_number, None);
    }

    async fn initials_stay_on_the_paper_that_is_signed(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::UnitReview).await;
        let reviewer = actor("reviewer").await;
        let revision = bench.get(&id).await.revision;
        bench.room.initial_document(&reader(&reviewer), &id, revision, None).await.unwrap();
        assert_eq!(bench.get(&id).await.state, State::UnitReview);
        bench.pass("reviewer", &id, Action::PassUnit, "").await.unwrap();
        bench.pass("clerk", &id, Action::PassOffice, "").await.unwrap();
        bench.sign("chair", &[&id]).await.unwrap();
        let file = bench.file(&id).await;
        assert!(file.find("signed initials initials1").unwrap() < file.find("signed officer").unwrap());
    }

    async fn the_block_is_that_of_the_moment_of_signing(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::AwaitingSignature).await;
        db.execute("UPDATE office_mandate SET form = 'Q' WHERE agency = $1", args![COMMUNE]).await.unwrap();
        assert_eq!(code(bench.sign("chair", &[&id]).await), "paper_outdated");
        let chair = actor("chair").await;
        let revision = bench.get(&id).await.revision;
        bench.room.renew_paper(&reader(&chair), &id, revision).await.unwrap();
        bench.sign("chair", &[&id]).await.unwrap();
        assert!(bench.file(&id).await.contains("Q. CHỦ TỊCH"));
        let id = bench.at(State::AwaitingSignature).await;
        db.execute("DELETE FROM office_mandate", vec![]).await.unwrap();
        assert_eq!(code(bench.sign("chair", &[&id]).await), "no_mandate");
    }

    async fn issued_documents_are_recalled_replaced_and_corrected(db: TestDb) {
        let seen = Arc::new(Seen::default());
        db.register(seen.clone());
        let bench = Bench::new(&db).await;
        let (old, new, later) = (bench.at(State::Issued).await, bench.at(State::Issued).await, bench.at(State::Issued).await);
        let (clerk, chair) = (actor("clerk").await, actor("chair").await);
        let revision = bench.get(&old).await.revision;
        let replace = async |by: &str, reason: &str| {
            bench.room.withdraw_document(&reader(&clerk), &old, revision, Action::Replace, reason, Some(by)).await
        };
        assert_eq!(code(replace("", "sai nội dung").await), "other_document_required");
        assert_eq!(code(replace(&old, "sai nội dung").await), "other_document_required");
        assert_eq!(code(replace("99/QĐ-UBND", "sai nội dung").await), "other_document_required");
        assert_eq!(code(replace(&new, " ").await), "reason_required");
        replace("02/QĐ-UBND", "sai nội dung").await.unwrap();
        let replaced = bench.get(&old).await;
        assert_eq!((replaced.state, replaced.by_document.as_deref()), (State::Replaced, Some(new.as_str())));
        let revision = bench.get(&later).await.revision;
        bench.room.withdraw_document(&reader(&clerk), &later, revision, Action::Correct, "sai thể thức", Some(&new)).await.unwrap();
        let by_clerk = bench.room.withdraw_document(&reader(&clerk), &later, revision + 1, Action::Recall, "sai", None).await;
        assert_eq!(code(by_clerk), "not_your_part");
        bench.room.withdraw_document(&reader(&chair), &later, revision + 1, Action::Recall, "sai", None).await.unwrap();
        let states: Vec<_> = bench.room.dispatches(&bench.get(&later).await).await.unwrap().into_iter().map(|one| one.state).collect();
        assert!(states.iter().all(|state| state == "withdrawn"), "{states:?}");
        Dispatcher::new(db.db()).run_due().await.unwrap();
        let kinds: Vec<String> = seen.0.lock().unwrap().iter().filter(|event| event.kind == DOCUMENT_WITHDRAWN).map(|event| event.read::<DocumentWithdrawn>().unwrap().kind).collect();
        assert_eq!(kinds.len(), 3);
        for kind in ["replace", "corrigendum", "recall"] {
            assert!(kinds.iter().any(|known| known == kind), "{kind}");
        }
    }

    async fn internal_documents_walk_without_dispatch(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        let inside = DraftForm { course: "internal".into(), kind: "thong_bao".into(), recipients: String::new(), ..form() };
        let id = bench.room.draft_document(&reader(&drafter), &inside).await.unwrap();
        bench.pass("drafter", &id, Action::Submit, "").await.unwrap();
        bench.pass("reviewer", &id, Action::PassUnit, "").await.unwrap();
        bench.pass("clerk", &id, Action::PassOffice, "").await.unwrap();
        bench.sign("chair", &[&id]).await.unwrap();
        bench.number_and_seal(&id).await.unwrap();
        bench.issue(&id).await.unwrap();
        let document = bench.get(&id).await;
        assert_eq!((document.state, document.code().as_deref()), (State::Issued, Some("01/TB-UBND")));
        assert!(bench.room.dispatches(&document).await.unwrap().is_empty());
    }

    async fn lists_show_what_waits_for_whom(db: TestDb) {
        let bench = Bench::new(&db).await;
        let states = [State::Draft, State::UnitReview, State::OfficeCheck, State::AwaitingSignature, State::Signed];
        let mut ids = Vec::new();
        for state in states {
            db.ambient().advance(jiff::SignedDuration::from_secs(1));
            ids.push(bench.at(state).await);
        }
        for (who, expected) in [
            ("drafter", vec![0]),
            ("colleague", vec![]),
            ("reviewer", vec![1, 2]),
            ("clerk", vec![2, 4]),
            ("chair", vec![1, 2, 3]),
            ("deputy", vec![1, 2]),
        ] {
            let who_is = actor(who).await;
            let wanted = Wanted { view: Some("me".into()), ..Wanted::default() };
            let (found, _) = bench.room.list_documents(&reader(&who_is), &wanted, 50).await.unwrap();
            let mut places: Vec<usize> = found.iter().map(|one| ids.iter().position(|id| *id == one.id).unwrap()).collect();
            places.sort_unstable();
            assert_eq!(places, expected, "{who}");
            assert_eq!(bench.room.count_awaiting(&reader(&who_is)).await.unwrap(), i64::try_from(expected.len()).unwrap());
        }
        let drafter = actor("drafter").await;
        let (mut seen, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let wanted = Wanted { cursor: cursor.clone(), ..Wanted::default() };
            let (found, next) = bench.room.list_documents(&reader(&drafter), &wanted, 2).await.unwrap();
            seen.extend(found.into_iter().map(|one| one.id));
            let Some(next) = next else { break };
            cursor = Some(next);
        }
        seen.sort();
        ids.sort();
        assert_eq!(seen, ids, "pages leave nothing out");
        let by_words = Wanted { q: Some("ve viec ban hanh".into()), state: Some("signed".into()), ..Wanted::default() };
        assert_eq!(bench.room.list_documents(&reader(&drafter), &by_words, 10).await.unwrap().0.len(), 1);
    }

    async fn what_is_found_follows_the_document(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Sealed).await;
        let row = db.fetch_one("SELECT number, unit_reads, readers, body FROM office_text WHERE part = 'documents' AND document_id = $1", args![id.as_str()]).await.unwrap();
        assert_eq!(row.text("number").unwrap(), "01/QĐ-UBND");
        assert!(row.text("body").unwrap().contains("Điều 2. Hiệu lực") && row.boolean("unit_reads").unwrap());
        assert!(row.text("readers").unwrap().contains(person("drafter").as_str()));
        let given_up = bench.at(State::Draft).await;
        bench.pass("drafter", &given_up, Action::Discard, "").await.unwrap();
        let gone = db.fetch_one("SELECT removed FROM office_text WHERE document_id = $1", args![given_up.as_str()]).await.unwrap();
        assert!(gone.boolean("removed").unwrap(), "a draft that was given up is found no more");
    }

    async fn remarks_stand_beside_their_version(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::UnitReview).await;
        let reviewer = actor("reviewer").await;
        bench.room.comment(&reader(&reviewer), &id, 1, "Xem lại Điều 2").await.unwrap();
        assert_eq!(code(bench.room.comment(&reader(&reviewer), &id, 2, "x").await), "version_not_found");
        assert_eq!(code(bench.room.comment(&reader(&reviewer), &id, 1, " ").await), "comment_invalid");
        let remarks = bench.room.comments(&bench.get(&id).await).await.unwrap();
        assert_eq!((remarks.len(), remarks[0].words.as_str()), (1, "Xem lại Điều 2"));
    }
}

fn walk(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let whole: String = path
                .components()
                .rev()
                .take(3)
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .collect();
            if path.is_dir() {
                open.push(path);
            } else if path.ends_with(name) || whole.ends_with(name) {
                return path;
            }
        }
    }
    panic!("no file {name}");
}
