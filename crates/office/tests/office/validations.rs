//! Reports of validation: who keeps them, who reads them, what they say, when they are destroyed.

use crate::ROOMS;
use crate::city::{NO_SUCH_ID, Visitor, actor, api, api_change, served};
use crate::documents::{Bench, reader};
use haidang_contracts::documents::ResultPaper;
use haidang_office::documents::State;
use haidang_office::incoming::model::Details;
use haidang_office::incoming::rules::Channel;
use haidang_office::incoming::{NewArrival, NewFile};
use haidang_office::validations::Asked;
use haidang_store::args;
use haidang_testkit::{TestDb, db_test};
use serde_json::json;

async fn count(db: &TestDb) -> i64 {
    let row = db.fetch_one("SELECT COUNT(*) AS count FROM office_validation", vec![]).await.unwrap();
    row.integer("count").unwrap()
}

/// A signed PDF that an official of the commune takes in.
async fn arrived(bench: &Bench, text: &str) -> String {
    let bytes = format!("%PDF-1.7 {text}\nsigned officer officer Lê Thị Ngoài\n");
    let stored = bench.room.blobs.put_bytes(bytes.as_bytes()).await.unwrap();
    let file = NewFile {
        sha256: stored.sha256,
        name: "van-ban.pdf".into(),
        media_type: "application/pdf".into(),
        size: i64::try_from(stored.size).unwrap(),
    };
    let new = NewArrival {
        agency: crate::people::COMMUNE.into(),
        channel: Channel::Upload,
        source_key: None,
        dispatch: None,
        document: None,
        from_organ: None,
        envelope_signer: None,
        envelope: None,
        details: Details { from_name: "Sở Ngoài".into(), subject: "Về việc mẫu".into(), ..Details::default() },
        secrecy: 0,
        files: vec![file],
    };
    let clerk = actor("clerk").await;
    bench.room.receive(&reader(&clerk), &new).await.unwrap().id
}

db_test! {
    rooms = ROOMS;

    async fn what_an_official_checks_is_kept_and_read_by_those_who_may(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let document = bench.get(&id).await;
        let drafter = actor("drafter").await;
        let made = bench.room.validate(&reader(&drafter), &Asked::Document(id.clone())).await.unwrap();
        let found = bench.room.open_validation(&reader(&drafter), &made[0]).await.unwrap();
        assert_eq!((found.sha256.as_str(), found.title.as_str()), (document.file_sha256.as_deref().unwrap(), "01/QĐ-UBND"));
        assert_eq!(found.answers(), ["valid", "valid", "unknown"]);
        assert_eq!(found.judged_by, drafter.person.as_str());
        assert!(found.token.is_some(), "time stamped");
        assert_eq!(found.keep_until.to_string(), "2036-03-03");
        // The same by the code that is printed on the paper, as an official of another agency.
        let other = actor("other_drafter").await;
        let theirs = bench.room.validate(&reader(&other), &Asked::Code(document.token.clone())).await.unwrap();
        let missing = bench.room.open_validation(&reader(&drafter), &theirs[0]).await;
        assert_eq!(missing.unwrap_err().code, "validation_not_found", "each agency reads its own");
        let inspector = actor("inspector").await;
        assert!(bench.room.open_validation(&reader(&inspector), &theirs[0]).await.is_ok());
        assert_eq!(bench.room.validations(&reader(&drafter), None, None, 9).await.unwrap().len(), 1);
        assert_eq!(bench.room.validations(&reader(&inspector), Some(&found.sha256), None, 9).await.unwrap().len(), 2);
        // Drafts, unknown codes and documents of others are nothing to judge.
        let draft = bench.at(State::Draft).await;
        let refused = async |asked: Asked| bench.room.validate(&reader(&drafter), &asked).await.unwrap_err().code.to_owned();
        assert_eq!(refused(Asked::Document(draft)).await, "file_missing");
        assert_eq!(refused(Asked::Document(NO_SUCH_ID.into())).await, "document_not_found");
        assert_eq!(refused(Asked::Code("khongco12".into())).await, "file_missing");
        assert_eq!(refused(Asked::Arrival(NO_SUCH_ID.into())).await, "arrival_not_found");
        let resident = actor("resident").await;
        let anonymous = bench.room.validate(&reader(&resident), &Asked::Code(document.token)).await;
        assert_eq!(anonymous.unwrap_err().code, "not_allowed", "whoever has no post leaves nothing");
        assert_eq!(count(&db).await, 2);
    }

    async fn results_and_arrivals_are_judged_too(db: TestDb) {
        let bench = Bench::new(&db).await;
        let bytes = b"%PDF-1.7\nsigned organ organ UBND\nchanged afterwards\n";
        let stored = bench.room.blobs.put_bytes(bytes).await.unwrap();
        let paper = ResultPaper { title: "Giấy khai sinh số 1/2026".into(), sha256: stored.sha256 };
        bench.desk.results.lock().unwrap().insert("ketqua123".into(), paper);
        let clerk = actor("clerk").await;
        let made = bench.room.validate(&reader(&clerk), &Asked::Code(" ketqua123 ".into())).await.unwrap();
        let found = bench.room.open_validation(&reader(&clerk), &made[0]).await.unwrap();
        assert_eq!(found.answers()[0], "invalid");
        assert_eq!((found.about.as_str(), found.object.as_str()), ("result", ""));
        // Receiving a signed file leaves a report of itself; checking it again leaves another.
        let arrival = arrived(&bench, "one").await;
        assert_eq!(count(&db).await, 2);
        let again = bench.room.validate(&reader(&clerk), &Asked::Arrival(arrival.clone())).await.unwrap();
        let again = bench.room.open_validation(&reader(&clerk), &again[0]).await.unwrap();
        let all = bench.room.validations(&reader(&clerk), Some(&again.sha256), None, 9).await.unwrap();
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|one| one.object == arrival && one.about.as_str() == "arrival"));
    }

    async fn reports_are_destroyed_after_their_term_but_not_under_a_hold(db: TestDb) {
        let bench = Bench::new(&db).await;
        let clerk = actor("clerk").await;
        let (one, held) = (arrived(&bench, "one").await, arrived(&bench, "two").await);
        assert_eq!(count(&db).await, 2);
        let file = "INSERT INTO office_case_file (id, agency, year, notation, title, title_key, retention, rights, description, keeper, keeper_name, state, revision, opened_on, legal_hold, created_at) VALUES ('f', 'A', 2026, '01', 'x', 'x', 'x', '', '', 'x', 'x', 'open', 1, '2026-01-01', 'Tòa án', 0)";
        db.execute(file, vec![]).await.unwrap();
        let laid = "INSERT INTO office_case_file_document (id, case_file, document, source, ordinal, entry, added_by, added_at) VALUES ('d', 'f', $1, 'in', 1, '{}', 'x', 0)";
        db.execute(laid, args![held.as_str()]).await.unwrap();
        assert_eq!(bench.room.forget_validations().await.unwrap(), 0, "their term runs");
        db.execute("UPDATE office_validation SET keep_until = '2026-03-02'", vec![]).await.unwrap();
        assert_eq!(bench.room.forget_validations().await.unwrap(), 1);
        let left = bench.room.validations(&reader(&clerk), None, None, 9).await.unwrap();
        assert_eq!(left.iter().map(|one| one.object.as_str()).collect::<Vec<_>>(), [held.as_str()]);
        assert_ne!(one, held);
        assert_eq!(bench.room.forget_validations().await.unwrap(), 0, "the court holds it");
    }

    async fn pages_and_endpoints(db: TestDb) {
        let bench = Bench::new(&db).await;
        let id = bench.at(State::Issued).await;
        let mut browser = Visitor::signed_in(&db, &bench.room, "drafter").await;
        let shown = browser.open(&format!("/vi/can-bo/van-ban/{id}")).await;
        assert!(shown.text.contains("Kiểm tra chữ ký và lưu báo cáo"), "{}", shown.text);
        let sent = browser.send("/vi/can-bo/bao-cao-kiem-tra", &[("document", &id)]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        let report = browser.open(&sent.location).await;
        assert_eq!(report.status, 200);
        for part in ["BÁO CÁO KIỂM TRA CHỮ KÝ SỐ", "01/QĐ-UBND", "Tính toàn vẹn", "có dấu thời gian"] {
            assert!(report.text.contains(part), "{part}: {}", report.text);
        }
        let list = browser.open("/en/can-bo/bao-cao-kiem-tra").await;
        assert!(list.text.contains("Reports of validation") && list.text.contains("01/QĐ-UBND"), "{}", list.text);
        let wrong = browser.send("/vi/can-bo/bao-cao-kiem-tra", &[("code", "khongco12")]).await;
        assert!(wrong.status == 422 && wrong.text.contains("Không có tệp đã ký"), "{}", wrong.text);
        let served = served(&db, &bench.room);
        let made = api_change(&served, "/api/v1/office/validations", "drafter", &json!({ "document": id })).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let got = api(&served, "GET", made.header("location"), "drafter").await;
        assert_eq!((got.json()["integrity"].as_str(), got.json()["tst"].is_string()), (Some("valid"), true), "{}", got.text);
        let both = json!({ "document": id, "code": "x" });
        assert_eq!(api_change(&served, "/api/v1/office/validations", "drafter", &both).await.status, 422);
        assert_eq!(api(&served, "GET", made.header("location"), "other_drafter").await.status, 404);
        let list = api(&served, "GET", "/api/v1/office/validations", "drafter").await;
        assert_eq!(list.json()["items"].as_array().unwrap().len(), 2, "{}", list.text);
    }
}
