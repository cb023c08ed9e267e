//! What officials are told: each step tells whoever must act, once, with numbers and days and nothing personal.

use crate::ROOMS;
use crate::city::{Visitor, actor, api, api_change, served};
use crate::documents::{Bench, form, reader};
use crate::incoming::{SIGNED, registered};
use crate::people::person;
use haidang_office::documents::copies::AskCopy;
use haidang_office::documents::{Action, State};
use haidang_office::incoming::{Instruction, Receiver, Until};
use haidang_office::notices::{Notice, TellPeople};
use haidang_store::Jobs;
use haidang_testkit::{TestDb, db_test};
use serde_json::json;
use std::sync::Arc;

impl Bench {
    async fn tell(&self, db: &TestDb) {
        Jobs::new(db.db()).with(Arc::new(TellPeople(self.room.clone()))).run_due().await.unwrap();
    }

    /// Templates of what somebody was told, oldest first.
    async fn told(&self, who: &str) -> Vec<String> {
        let actor = actor(who).await;
        let list = self.room.notices(&reader(&actor)).await.unwrap();
        list.into_iter().rev().map(|one: Notice| one.template).collect()
    }
}

db_test! {
    rooms = ROOMS;

    async fn every_step_of_a_document_tells_whoever_must_act(db: TestDb) {
        let bench = Bench::new(&db).await;
        let drafter = actor("drafter").await;
        let id = bench.room.draft_document(&reader(&drafter), &form()).await.unwrap();
        bench.tell(&db).await;
        assert!(bench.desk.messages.lock().unwrap().is_empty(), "a draft concerns nobody else");
        let revision = bench.get(&id).await.revision;
        let reviewer = person("reviewer").to_string();
        bench.room.pass_document(&reader(&drafter), &id, revision, Action::Submit, "", Some(&reviewer)).await.unwrap();
        bench.tell(&db).await;
        assert_eq!((bench.told("reviewer").await, bench.told("deputy").await), (vec!["document_review".to_owned()], vec![]));
        bench.pass("reviewer", &id, Action::GiveBack, "Sửa căn cứ").await.unwrap();
        bench.tell(&db).await;
        assert_eq!(bench.told("drafter").await, ["document_returned"]);
        let other = bench.at(State::AwaitingSignature).await;
        bench.tell(&db).await;
        // Both reviews are over: nobody is asked for what is done, the leader is asked to sign.
        assert_eq!((bench.told("chair").await, bench.told("deputy").await), (vec!["document_to_sign".to_owned()], vec![]));
        bench.sign("chair", &[&other]).await.unwrap();
        bench.tell(&db).await;
        assert_eq!(bench.told("clerk").await, ["document_to_number"]);
        bench.number_and_seal(&other).await.unwrap();
        bench.issue(&other).await.unwrap();
        bench.tell(&db).await;
        bench.tell(&db).await;
        assert_eq!(bench.told("drafter").await, ["document_returned", "document_issued"]);
        assert_eq!(bench.told("chair").await, ["document_to_sign", "document_issued"]);
        assert_eq!(bench.told("clerk").await, ["document_to_number"], "who does a step is not told of it");
        let list = bench.room.notices(&reader(&drafter)).await.unwrap();
        assert_eq!((list[0].facts.clone(), list[0].address().unwrap()), (json!({ "number": "01/QĐ-UBND" }), format!("/can-bo/van-ban/{other}")));
    }

    async fn instructions_and_copies_tell_theirs(db: TestDb) {
        let bench = Bench::new(&db).await;
        let arrival = registered(&bench.room, "07", SIGNED).await;
        let (clerk, chair) = (actor("clerk").await, actor("chair").await);
        bench.room.submit_arrival(&reader(&clerk), &arrival, person("chair").as_str()).await.unwrap();
        bench.tell(&db).await;
        assert_eq!(bench.told("chair").await, ["arrival_submitted"]);
        let order = Instruction {
            lead: Some(Receiver::Person(person("drafter").to_string())),
            for_info: vec![Receiver::Role("clerk".into())],
            words: "Giao chủ trì tham mưu trả lời".into(),
            until: Some(Until::Days(3)),
            ..Instruction::default()
        };
        bench.room.instruct_arrival(&reader(&chair), &arrival, &order).await.unwrap();
        bench.tell(&db).await;
        assert_eq!((bench.told("drafter").await, bench.told("clerk").await), (vec!["arrival_routed".to_owned()], vec!["arrival_for_info".to_owned()]));
        let drafter = actor("drafter").await;
        let told = bench.room.notices(&reader(&drafter)).await.unwrap();
        assert_eq!(told[0].facts, json!({ "number": "1", "due": "06/03/2026" }));
        bench.room.begin_arrival(&reader(&drafter), &arrival).await.unwrap();
        bench.tell(&db).await;
        assert_eq!(bench.told("drafter").await, ["arrival_routed"], "an instruction is told once");

        let ask = AskCopy {
            source_kind: "arrival".into(),
            source: arrival,
            form: "full".into(),
            held: "original".into(),
            signer: person("chair").to_string(),
            ..AskCopy::default()
        };
        let copy = bench.room.ask_copy(&reader(&clerk), &ask).await.unwrap();
        bench.tell(&db).await;
        assert_eq!(bench.told("chair").await, ["arrival_submitted", "copy_to_sign"]);
        let sha256 = bench.room.open_copy(&reader(&clerk), &copy).await.unwrap().0.file_sha256;
        bench.room.sign_copy(&reader(&chair), &copy, 1, &sha256, None).await.unwrap();
        bench.tell(&db).await;
        assert_eq!(bench.told("clerk").await, ["arrival_for_info", "copy_to_number"]);
    }

    async fn the_list_is_the_readers_own_and_is_put_away(db: TestDb) {
        let bench = Bench::new(&db).await;
        bench.at(State::AwaitingSignature).await;
        bench.tell(&db).await;
        let mut chair = Visitor::signed_in(&db, &bench.room, "chair").await;
        let list = chair.open("/vi/can-bo/thong-bao").await;
        assert!(list.status == 200 && list.text.contains("Văn bản chờ ông/bà ký") && list.text.contains("Mới"), "{}", list.text);
        let served = served(&db, &bench.room);
        let own = api(&served, "GET", "/api/v1/office/notices", "chair").await.json();
        assert_eq!((&own["unseen"], &own["items"][0]["template"]), (&json!(1), &json!("document_to_sign")));
        let until = own["until"].as_i64().unwrap();
        // Somebody else sees nothing of it and puts nothing of it away.
        assert_eq!(api(&served, "GET", "/api/v1/office/notices", "deputy").await.json()["items"], json!([]));
        assert_eq!(api_change(&served, "/api/v1/office/notices/seen", "deputy", &json!({ "until": until })).await.status, 204);
        // What came after the list was shown stays.
        assert_eq!(api_change(&served, "/api/v1/office/notices/seen", "chair", &json!({ "until": until - 1 })).await.status, 204);
        assert_eq!(api(&served, "GET", "/api/v1/office/notices", "chair").await.json()["unseen"], json!(1));
        let away = chair.send("/vi/can-bo/thong-bao", &[("until", &until.to_string())]).await;
        assert_eq!((away.status, away.location.as_str()), (303, "/vi/can-bo/thong-bao"));
        let list = chair.open("/en/can-bo/thong-bao").await;
        assert!(list.text.contains("A document waits for your signature") && !list.text.contains("name=\"until\""), "{}", list.text);
        assert_eq!(api(&served, "GET", "/api/v1/office/notices", "").await.status, 401);
    }
}

#[test]
fn the_packs_know_every_message() {
    for city in ["haiphong", "mau"] {
        let file = format!("{}/../../packs/{city}/notices/messages.toml", env!("CARGO_MANIFEST_DIR"));
        let messages = std::fs::read_to_string(file).unwrap();
        for template in [
            "document_review",
            "document_to_sign",
            "document_returned",
            "document_to_number",
            "document_issued",
            "copy_to_sign",
            "copy_to_number",
            "copy_issued",
            "arrival_submitted",
            "arrival_routed",
            "arrival_for_info",
        ] {
            assert!(messages.contains(&format!("id = \"{template}\"")), "{city} {template}");
        }
    }
}
