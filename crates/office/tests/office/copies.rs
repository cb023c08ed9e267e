//! Certified copies: what may be copied by whom in which form, numbers without a gap, the original untouched.

use crate::ROOMS;
use crate::city::{NO_SUCH_ID, Visitor, actor, api, api_change, served};
use crate::documents::{Bench, reader};
use crate::incoming::{SIGNED, registered};
use crate::people::{COMMUNE, person};
use haidang_kernel::problem::Problem;
use haidang_office::documents::copies::{AskCopy, Copy, CopyAct, CopyState};
use haidang_office::documents::{Action, KeepIssued, State};
use haidang_store::{Jobs, args};
use haidang_testkit::{TestDb, db_test};
use serde_json::json;

fn ask(kind: &str, source: &str) -> AskCopy {
    AskCopy {
        source_kind: kind.into(),
        source: source.into(),
        form: "full".into(),
        recipients: "Sở Mẫu\n Ông Nguyễn Văn Mẫu \n\n".into(),
        signer: person("chair").to_string(),
        ..AskCopy::default()
    }
}

impl Bench {
    async fn copy(&self, who: &str, ask: &AskCopy) -> Result<String, Problem> {
        let who = actor(who).await;
        self.room.ask_copy(&reader(&who), ask).await
    }

    async fn seen(&self, id: &str) -> Copy {
        let clerk = actor("clerk").await;
        self.room.open_copy(&reader(&clerk), id).await.unwrap().0
    }

    async fn sign_copy(&self, who: &str, id: &str) -> Result<(), Problem> {
        let (who, copy) = (actor(who).await, self.seen(id).await);
        self.room.sign_copy(&reader(&who), id, copy.revision, &copy.file_sha256, None).await
    }

    async fn seal_copy(&self, who: &str, id: &str) -> Result<(), Problem> {
        let (who, revision) = (actor(who).await, self.seen(id).await.revision);
        self.room.seal_copy(&reader(&who), id, revision, None).await
    }

    async fn issued_copy(&self, ask: &AskCopy) -> String {
        let id = self.copy("clerk", ask).await.unwrap();
        self.sign_copy("chair", &id).await.unwrap();
        self.seal_copy("clerk", &id).await.unwrap();
        id
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, Problem>) -> String {
    answer.unwrap_err().code.to_string()
}

fn wrong(answer: Result<String, Problem>) -> Vec<(String, String)> {
    answer.unwrap_err().errors.iter().map(|one| (one.field.clone(), one.code.to_string())).collect()
}

async fn count(db: &TestDb, statement: &'static str) -> i64 {
    db.fetch_one(statement, vec![]).await.unwrap().integer("count").unwrap()
}

db_test! {
    rooms = ROOMS;

    async fn an_issued_document_is_copied_signed_numbered_and_sealed(db: TestDb) {
        let bench = Bench::new(&db).await;
        let document = bench.at(State::Issued).await;
        let before = bench.get(&document).await;
        let id = bench.issued_copy(&ask("document", &document)).await;
        let copy = bench.seen(&id).await;
        assert_eq!((copy.state, copy.code().as_deref()), (CopyState::Issued, Some("01/SY-UBND")));
        assert_eq!(copy.recipients, ["Sở Mẫu", "Ông Nguyễn Văn Mẫu"]);
        let file = String::from_utf8(bench.room.blobs.bytes(&copy.file_sha256).await.unwrap()).unwrap();
        for part in ["copies/certified", "signed officer officer", "filled number=01", "filled date=ngày 03 tháng 3 năm 2026", "filled copied_at=2026-03-03T", "+07:00", "signed organ organ", "TM. ỦY BAN NHÂN DÂN"] {
            assert!(file.contains(part), "{part} in {file}");
        }
        assert!(file.find("signed officer").unwrap() < file.find("filled number").unwrap());
        // The original travels inside as it is, and its own record and file are what they were.
        let request = bench.desk.papers.lock().unwrap().last().unwrap().clone();
        let sha256 = before.file_sha256.clone().unwrap();
        assert_eq!(request.attachments[0].bytes, bench.room.blobs.bytes(&sha256).await.unwrap());
        assert_eq!((request.data["original"]["sha256"].as_str(), request.data["original"]["code"].as_str()), (Some(sha256.as_str()), Some("01/QĐ-UBND")));
        let after = bench.get(&document).await;
        assert_eq!((after.revision, &after.file_sha256), (before.revision, &before.file_sha256));
        assert_eq!(bench.room.copy_by_token(&copy.token).await.unwrap().map(|found| found.id), Some(id.clone()));
        assert_eq!(bench.room.copy_by_file(&copy.file_sha256).await.unwrap().map(|found| found.id), Some(id.clone()));
        Jobs::new(db.db()).with(std::sync::Arc::new(KeepIssued(bench.room.clone()))).run_due().await.unwrap();
        assert!(bench.desk.kept.lock().unwrap().contains(&copy.file_sha256));
        let audits = count(&db, "SELECT COUNT(*) AS count FROM store_audit WHERE kind = 'mutation' AND object_kind = 'office_copy'").await;
        assert_eq!(audits, 4, "asked, signed, numbered, issued");
    }

    async fn all_forms_share_one_series_without_a_gap(db: TestDb) {
        let bench = Bench::new(&db).await;
        let document = bench.at(State::Issued).await;
        let first = bench.issued_copy(&ask("document", &document)).await;
        let given_up = bench.copy("clerk", &ask("document", &document)).await.unwrap();
        bench.sign_copy("chair", &given_up).await.unwrap();
        let clerk = actor("clerk").await;
        let revision = bench.seen(&given_up).await.revision;
        assert_eq!(code(bench.room.withdraw_copy(&reader(&clerk), &given_up, revision, " ").await), "reason_required");
        bench.room.withdraw_copy(&reader(&clerk), &given_up, revision, "Lập nhầm").await.unwrap();
        assert_eq!(code(bench.seal_copy("clerk", &given_up).await), "copy_act_not_allowed");
        let onward = AskCopy { form: "onward".into(), ..ask("copy", &first) };
        let onward = bench.issued_copy(&onward).await;
        let extract = AskCopy { form: "extract".into(), pages: "1".into(), ..ask("document", &document) };
        let extract = bench.issued_copy(&extract).await;
        let codes = [bench.seen(&first).await.code(), bench.seen(&onward).await.code(), bench.seen(&extract).await.code()];
        assert_eq!(codes.map(Option::unwrap), ["01/SY-UBND", "02/SL-UBND", "03/TrS-UBND"]);
        let book = args![COMMUNE];
        let row = db.fetch_one("SELECT name, next_number FROM office_register WHERE agency = $1 AND kind_group = 'copies'", book).await.unwrap();
        assert_eq!((row.text("name").unwrap().as_str(), row.integer("next_number").unwrap()), ("out-2026-copies", 4));
    }

    async fn a_failure_between_number_and_seal_keeps_the_number(db: TestDb) {
        let bench = Bench::new(&db).await;
        let document = bench.at(State::Issued).await;
        let id = bench.copy("drafter", &ask("document", &document)).await.unwrap();
        assert_eq!(code(bench.seal_copy("clerk", &id).await), "copy_act_not_allowed", "nobody signed it yet");
        bench.sign_copy("chair", &id).await.unwrap();
        *bench.desk.refuse_signing.lock().unwrap() = Some("certificate_expired");
        assert_eq!(code(bench.seal_copy("clerk", &id).await), "certificate_expired");
        let copy = bench.seen(&id).await;
        assert_eq!((copy.state, copy.code_number), (CopyState::Numbered, Some(1)));
        *bench.desk.refuse_signing.lock().unwrap() = None;
        bench.seal_copy("clerk", &id).await.unwrap();
        let copy = bench.seen(&id).await;
        assert_eq!((copy.state, copy.code_number), (CopyState::Issued, Some(1)));
        assert_eq!(code(bench.seal_copy("clerk", &id).await), "copy_act_not_allowed");
    }

    async fn the_form_and_the_signer_are_judged(db: TestDb) {
        let bench = Bench::new(&db).await;
        let document = bench.at(State::Issued).await;
        let check = async |ask: AskCopy, expected: &[(&str, &str)]| {
            let found = wrong(bench.copy("clerk", &ask).await);
            let found: Vec<_> = found.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
            assert_eq!(found, expected, "{ask:?}");
        };
        let base = ask("document", &document);
        check(AskCopy { form: "onward".into(), ..base.clone() }, &[("form", "copy_form_needs_copy")]).await;
        check(AskCopy { form: "extract".into(), ..base.clone() }, &[("pages", "required")]).await;
        check(AskCopy { form: "extract".into(), pages: "2".into(), ..base.clone() }, &[("pages", "beyond")]).await;
        check(AskCopy { form: String::new(), signer: String::new(), ..base.clone() }, &[("form", "required"), ("signer", "required")]).await;
        check(AskCopy { source_kind: "rumour".into(), ..base.clone() }, &[("source", "unknown")]).await;
        let deputy = AskCopy { signer: person("deputy").to_string(), ..base.clone() };
        assert_eq!(code(bench.copy("clerk", &deputy).await), "no_delegation");
        assert_eq!(code(bench.copy("other_clerk", &base).await), "document_not_found");
        let id = bench.copy("clerk", &base).await.unwrap();
        assert_eq!(code(bench.sign_copy("clerk", &id).await), "not_your_part");
        assert_eq!(code(bench.sign_copy("deputy", &id).await), "not_your_part");
        let chair = actor("chair").await;
        assert_eq!(code(bench.room.sign_copy(&reader(&chair), &id, 1, "another file", None).await), "copy_moved");
        let stranger = actor("other_leader").await;
        assert_eq!(code(bench.room.open_copy(&reader(&stranger), &id).await), "copy_not_found");
        let acts = bench.room.copy_acts(&reader(&chair), &bench.seen(&id).await);
        assert_eq!(acts, [CopyAct::Sign]);
        bench.sign_copy("chair", &id).await.unwrap();
        assert_eq!(code(bench.seal_copy("chair", &id).await), "not_your_part");
    }

    async fn only_what_stands_is_copied(db: TestDb) {
        let bench = Bench::new(&db).await;
        let draft = bench.at(State::Signed).await;
        assert_eq!(code(bench.copy("clerk", &ask("document", &draft)).await), "copy_source_not_ready");
        let recalled = bench.at(State::Issued).await;
        let (chair, revision) = (actor("chair").await, bench.get(&recalled).await.revision);
        bench.room.withdraw_document(&reader(&chair), &recalled, revision, Action::Recall, "Ban hành nhầm", None).await.unwrap();
        assert_eq!(code(bench.copy("clerk", &ask("document", &recalled)).await), "copy_source_not_ready");
        assert_eq!(code(bench.copy("clerk", &ask("scan", NO_SUCH_ID)).await), "scan_not_found");
        let arrival = registered(&bench.room, "07", SIGNED).await;
        assert_eq!(wrong(bench.copy("clerk", &ask("arrival", &arrival)).await), [("held".to_owned(), "required".to_owned())]);
        let held = |word: &str, form: &str| AskCopy { held: word.into(), form: form.into(), ..ask("arrival", &arrival) };
        assert_eq!(wrong(bench.copy("clerk", &held("copy", "full")).await), [("form".to_owned(), "copy_form_needs_original".to_owned())]);
        let onward = bench.issued_copy(&held("copy", "onward")).await;
        let full = bench.issued_copy(&held("original", "full")).await;
        let codes = [bench.seen(&onward).await.code(), bench.seen(&full).await.code()];
        assert_eq!(codes.map(Option::unwrap), ["01/SL-UBND", "02/SY-UBND"]);
    }

    async fn a_clerk_copies_without_scripts_and_a_program_too(db: TestDb) {
        let bench = Bench::new(&db).await;
        let document = bench.at(State::Issued).await;
        let mut clerk = Visitor::signed_in(&db, &bench.room, "clerk").await;
        assert!(clerk.open("/vi/can-bo/ban-sao").await.text.contains("Chưa có bản sao nào."));
        let shown = clerk.open(&format!("/vi/can-bo/van-ban/{document}")).await;
        let address = format!("/vi/can-bo/ban-sao/moi?loai=document&#38;ma={document}");
        assert!(shown.text.contains(&address), "{}", shown.text);
        let empty = clerk.open(&address.replace("&#38;", "&")).await;
        assert!(empty.status == 200 && empty.text.contains("Trích sao"), "{}", empty.text);
        let chair = person("chair").to_string();
        let fields = |pages: &'static str| [("source_kind", "document".to_owned()), ("source", document.clone()), ("form", "extract".to_owned()), ("pages", pages.to_owned()), ("recipients", "Sở <b>Mẫu</b>".to_owned()), ("signer", chair.clone())];
        let send = |pages| fields(pages).map(|(name, value)| (name, value.leak() as &str));
        let refused = clerk.send("/vi/can-bo/ban-sao/moi", &send("9")).await;
        assert!(refused.status == 422 && refused.text.contains("Văn bản không có nhiều trang như vậy"), "{}", refused.text);
        assert!(refused.text.contains("Sở &#60;b&#62;Mẫu") || refused.text.contains("Sở &lt;b&gt;Mẫu"), "{}", refused.text);
        let made = clerk.send("/vi/can-bo/ban-sao/moi", &send("1")).await;
        assert_eq!(made.status, 303, "{}", made.text);
        let id = made.location.rsplit('/').next().unwrap().to_owned();
        let one = clerk.open(&format!("/vi/can-bo/ban-sao/{id}")).await;
        assert!(one.text.contains("Chờ Nguyễn Văn Mẫu 04 ký.") && one.text.contains("Hủy bản sao") && !one.text.contains("Ký bản sao"), "{}", one.text);
        let mut chair = Visitor::signed_in(&db, &bench.room, "chair").await;
        let sha256 = bench.seen(&id).await.file_sha256;
        let signed = chair.send(&format!("/vi/can-bo/ban-sao/{id}/ky"), &[("revision", "1"), ("sha256", &sha256)]).await;
        assert_eq!(signed.status, 303, "{}", signed.text);
        let late = clerk.send(&format!("/vi/can-bo/ban-sao/{id}/cap-so"), &[("revision", "1")]).await;
        assert!(late.status == 422 && late.text.contains("Bản sao đã thay đổi"), "{}", late.text);
        let sealed = clerk.send(&format!("/vi/can-bo/ban-sao/{id}/cap-so"), &[("revision", "2")]).await;
        assert_eq!(sealed.status, 303, "{}", sealed.text);
        let file = clerk.open(&format!("/vi/can-bo/ban-sao/{id}/tep")).await;
        assert!(file.body.starts_with(b"%PDF") && file.header("content-disposition").contains("01-TrS-UBND.pdf"));
        let english = clerk.open("/en/can-bo/ban-sao").await;
        assert!(english.text.contains("01/TrS-UBND") && english.text.contains("Extract"), "{}", english.text);
        let served = served(&db, &bench.room);
        let listed = api(&served, "GET", "/api/v1/office/copies?state=issued", "clerk").await;
        assert_eq!(listed.json()["items"][0]["code"], "01/TrS-UBND");
        let asked = api_change(&served, "/api/v1/office/copies", "clerk", &json!(ask("document", &document))).await;
        assert_eq!(asked.status, 201, "{}", asked.text);
        let id = asked.json()["id"].as_str().unwrap().to_owned();
        let detail = api(&served, "GET", &format!("/api/v1/office/copies/{id}"), "clerk").await.json();
        assert_eq!((&detail["copy"]["state"], &detail["next"]), (&json!("asked"), &json!(["withdraw"])));
        assert_eq!(api(&served, "GET", &format!("/api/v1/office/copies/{id}"), "other_clerk").await.status, 404);
        let gone = api_change(&served, &format!("/api/v1/office/copies/{id}/withdrawal"), "clerk", &json!({ "revision": 1, "words": "Lập nhầm" })).await;
        assert_eq!(gone.json()["copy"]["state"], "withdrawn");
    }
}
