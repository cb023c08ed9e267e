//! Exchange with organs outside the city through two folders. The form of the messages is tested where edXML is known;
//! here they are JSON.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, actor, person, room_settled};
use crate::desk::Desk;
use crate::documents::{Bench, heads};
use crate::incoming::{SIGNED, reader};
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::events::{DOCUMENT_STATUS, DocumentStatus};
use haidang_contracts::interconnection::{
    ExchangeAct, ExchangeDocument, ExchangeFile, ExchangeMessage, ExchangeOrgan, ExchangeReference, ExchangeStatus,
    Messages, ReadMessage,
};
use haidang_office::OfficeRoom;
use haidang_office::documents::Action;
use haidang_office::incoming::rules::{Channel, State};
use haidang_office::incoming::{Exchanged, Folders, IncomingOffice, Registering, Tray, Wanted};
use haidang_store::Dispatcher;
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_testkit::{TestDb, db_test};
use jiff::civil::{DateTime, date};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// An organ outside, to which the document of the tests goes too.
const OUTSIDE: &str = "000.00.00.H41";
/// OrganId of the commune of the tests.
const OURS: &str = "000.00.24.H24";
/// OrganId of the department of the tests, to which the exchange leads too.
const NEIGHBOUR: &str = "000.00.25.H24";

/// Messages as JSON.
struct Plain;

#[async_trait]
impl Messages for Plain {
    async fn read(&self, bytes: Vec<u8>) -> Result<ReadMessage, ContractError> {
        let broken = |_| ContractError::Refused { code: "message_refused", detail: "no message".into() };
        let value: Value = serde_json::from_slice(&bytes).map_err(broken)?;
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let organ = |key: &str| ExchangeOrgan { organ_id: text(key), name: "Cơ quan ngoài thành phố".into() };
        let message = if value["code"].is_string() {
            ExchangeMessage::Status(ExchangeStatus {
                from: organ("from"),
                about: Some(ExchangeReference {
                    organ_id: OURS.into(),
                    code: "05/TB".into(),
                    issued_on: date(2026, 1, 5),
                    document_id: text("about"),
                }),
                code: text("code"),
                reason: text("reason"),
                at: value["at"].as_str().map_or(date(2026, 1, 6).at(9, 0, 0, 0), |at| at.parse().unwrap()),
            })
        } else {
            ExchangeMessage::Document(Box::new(document(&value)))
        };
        let signature = value["signature"].as_str().unwrap_or("absent").to_owned();
        let signer = (signature == "trusted").then(|| "Cơ quan ngoài thành phố".to_owned());
        Ok(ReadMessage { message, signature, signer, remarks: Vec::new() })
    }

    async fn write(&self, message: ExchangeMessage, agency: &str, _: DateTime) -> Result<Vec<u8>, ContractError> {
        let value = match &message {
            ExchangeMessage::Document(one) => json!({
                "from": one.from.organ_id, "to": one.to[0].organ_id, "id": one.document_id, "number": one.code_number,
                "act": format!("{:?}", one.act), "about": one.about, "reason": one.reason, "by": agency,
                "files": one.files.iter().map(|file| String::from_utf8_lossy(&file.bytes)).collect::<Vec<_>>(),
                "signature": "trusted",
            }),
            ExchangeMessage::Status(one) => json!({
                "from": one.from.organ_id, "about": one.about.as_ref().unwrap().document_id, "code": one.code,
                "reason": one.reason, "by": agency, "signature": "trusted", "at": one.at.to_string(),
            }),
        };
        Ok(serde_json::to_vec(&value).unwrap())
    }
}

fn document(value: &Value) -> ExchangeDocument {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let organ = |key: &str| ExchangeOrgan { organ_id: text(key), name: "Cơ quan ngoài thành phố".into() };
    let texts = |value: &Value| match value {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    };
    let about: Vec<String> = texts(&value["about"]);
    let mut files: Vec<String> = texts(&value["files"]);
    if files.is_empty() {
        files.push(String::from_utf8(SIGNED.to_vec()).unwrap());
    }
    let named = |(number, text): (usize, String)| ExchangeFile {
        name: format!("{}-TB.pdf", number + 12),
        media_type: "application/pdf".into(),
        bytes: text.into_bytes(),
    };
    ExchangeDocument {
        from: organ("from"),
        to: vec![organ("to")],
        document_id: text("id"),
        code_number: "12".into(),
        code_notation: "TB-NG".into(),
        place: "Hà Nội".into(),
        issued_on: date(2026, 1, 5),
        kind_name: "Thông báo".into(),
        subject: "Về việc liên thông".into(),
        signer_form: String::new(),
        signer_post: "Cục trưởng".into(),
        signer_name: "Nguyễn Văn Mẫu".into(),
        due_on: None,
        urgency: 0,
        pages: None,
        act: match text("act").to_lowercase().as_str() {
            "recall" => ExchangeAct::Recall,
            "update" => ExchangeAct::Update,
            "replace" => ExchangeAct::Replace,
            _ => ExchangeAct::New,
        },
        reason: if about.is_empty() { String::new() } else { "Có sai sót".into() },
        about,
        files: files.into_iter().enumerate().map(named).collect(),
    }
}

struct Post {
    folders: Folders,
}

impl Post {
    async fn open(db: &TestDb) -> (OfficeRoom, Self) {
        let root = db.folder().join("post");
        let folders = Folders { outgoing: root.join("out"), incoming: root.join("in") };
        let incoming = IncomingOffice {
            messages: Some(Arc::new(Plain)),
            folders: Some(folders.clone()),
            ..IncomingOffice::default()
        };
        let room = room_settled(db, &Arc::new(Desk::default()), |inner| {
            inner.incoming = incoming;
            inner.documents.organs.retain(|organ| organ.agency != COMMUNE && organ.agency != DEPARTMENT);
            for (agency, organ_id) in [(COMMUNE, OURS), (DEPARTMENT, NEIGHBOUR)] {
                inner.documents.organs.push(haidang_office::documents::Organ {
                    agency: agency.into(),
                    organ_id: Some(organ_id.into()),
                    abbreviation: "UBND".into(),
                    letter_unit: None,
                    place: None,
                });
            }
        })
        .await;
        std::fs::create_dir_all(&folders.incoming).unwrap();
        (room, Self { folders })
    }

    /// Carries what was written to where it is read, as the exchange does for organs of the same city.
    fn carry(&self) {
        for name in Self::names(self.folders.outgoing.clone()) {
            let carried = self.folders.incoming.join(&name);
            std::fs::rename(self.folders.outgoing.join(&name), carried).unwrap();
        }
    }

    fn lay(&self, name: &str, message: &Value) {
        std::fs::write(self.folders.incoming.join(name), message.to_string()).unwrap();
    }

    fn names(folder: PathBuf) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap());
        let mut names: Vec<String> = entries
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn sent(&self) -> Vec<Value> {
        let mut found: Vec<(String, Value)> = Self::names(self.folders.outgoing.clone())
            .into_iter()
            .map(|name| {
                let bytes = std::fs::read(self.folders.outgoing.join(&name)).unwrap();
                (name, serde_json::from_slice(&bytes).unwrap())
            })
            .collect();
        found.sort_by_key(|(_, value)| value["code"].as_str().unwrap_or_default().to_owned());
        found.into_iter().map(|(_, value)| value).collect()
    }
}

fn new(id: &str) -> Value {
    json!({ "from": OUTSIDE, "to": OURS, "id": id })
}

async fn all(room: &OfficeRoom) -> Vec<haidang_office::incoming::model::Arrival> {
    let clerk = actor("clerk").await;
    room.arrivals(&reader(&clerk), &Wanted { tray: Tray::Unit, limit: 50, ..Wanted::default() }).await.unwrap()
}

#[derive(Default)]
struct Ear(Mutex<Vec<DocumentStatus>>);

#[async_trait]
impl Consumer for Ear {
    fn name(&self) -> &'static str {
        "test.ear"
    }

    fn wants(&self, kind: &str) -> bool {
        kind == DOCUMENT_STATUS
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        self.0.lock().unwrap().push(event.read()?);
        Ok(())
    }
}

db_test! {
    rooms = ROOMS;

    async fn a_message_is_taken_once_and_answered_step_by_step(db: TestDb) {
        let (room, post) = Post::open(&db).await;
        post.lay("a.edxml", &new("m1"));
        post.lay("b.edxml", &new("m1"));
        post.lay(".c.edxml", &new("m2"));
        let done = room.exchange_messages().await.unwrap();
        assert_eq!(done, Exchanged { written: 0, taken: 2, refused: 0, waiting: 0 });
        post.lay("a.edxml", &new("m1"));
        room.exchange_messages().await.unwrap();
        let found = all(&room).await;
        assert_eq!(found.len(), 1, "one document, however often its message comes");
        assert_eq!((found[0].channel, found[0].envelope.as_deref()), (Channel::Exchange, Some("absent")));
        assert_eq!(Post::names(post.folders.incoming.join("taken")), ["2-a.edxml", "a.edxml", "b.edxml"]);
        let (clerk, chair) = (actor("clerk").await, actor("chair").await);
        let order = Registering { revision: None, details: found[0].details.clone(), checked: false, different: false };
        room.register_arrival(&reader(&clerk), &found[0].id, &order).await.unwrap();
        room.submit_arrival(&reader(&clerk), &found[0].id, person("chair").as_str()).await.unwrap();
        room.finish_arrival(&reader(&chair), &found[0].id, "", "Để biết, lưu").await.unwrap();
        room.exchange_messages().await.unwrap();
        assert_eq!(room.exchange_messages().await.unwrap().written, 0, "nothing is written twice");
        let sent = post.sent();
        assert_eq!(sent.iter().map(|one| one["code"].as_str().unwrap()).collect::<Vec<_>>(), ["01", "03", "06"]);
        assert!(sent.iter().all(|one| one["about"] == "m1" && one["from"] == OURS), "{sent:?}");
    }

    async fn what_cannot_be_taken_is_put_aside(db: TestDb) {
        let (room, post) = Post::open(&db).await;
        post.lay("stranger.edxml", &json!({ "from": OUTSIDE, "to": "000.99.99.X99", "id": "m1" }));
        std::fs::write(post.folders.incoming.join("broken.xml"), "<!DOCTYPE x>").unwrap();
        std::fs::write(post.folders.incoming.join("note.txt"), "not a message").unwrap();
        // The pattern scanner knows this test file of virus scanners.
        let harmful = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat();
        post.lay("harmful.edxml", &json!({ "from": OUTSIDE, "to": OURS, "id": "m2", "files": [harmful] }));
        post.lay("status.edxml", &json!({ "from": OUTSIDE, "about": "nothing-we-sent", "code": "06" }));
        let done = room.exchange_messages().await.unwrap();
        assert_eq!(done, Exchanged { refused: 4, ..Exchanged::default() });
        assert!(all(&room).await.is_empty());
        let aside = Post::names(post.folders.incoming.join("refused"));
        assert_eq!(aside, ["broken.xml", "harmful.edxml", "status.edxml", "stranger.edxml"]);
    }

    async fn a_sender_outside_recalls_updates_and_replaces(db: TestDb) {
        let (room, post) = Post::open(&db).await;
        for id in ["m1", "m2", "m3"] {
            post.lay(&format!("{id}.edxml"), &new(id));
        }
        room.exchange_messages().await.unwrap();
        post.lay("r1.edxml", &json!({ "from": OUTSIDE, "to": OURS, "id": "n1", "act": "recall", "about": "m1" }));
        post.lay("r2.edxml", &json!({ "from": OUTSIDE, "to": OURS, "id": "n2", "act": "update", "about": "m2" }));
        post.lay("r3.edxml", &json!({ "from": OUTSIDE, "to": OURS, "id": "n3", "act": "replace", "about": "m3" }));
        // Nobody takes back what somebody else sent.
        post.lay("r4.edxml", &json!({ "from": "000.00.00.T02", "to": OURS, "id": "n4", "act": "recall", "about": "m2" }));
        room.exchange_messages().await.unwrap();
        let found = all(&room).await;
        let state = |id: &str| {
            let one = found.iter().find(|one| one.document.as_deref() == Some(id)).unwrap();
            (one.state, one.notice.as_ref().map(|notice| notice.kind.clone()))
        };
        assert_eq!(state("m1"), (State::Withdrawn, Some("recall".into())));
        assert_eq!(state("m2"), (State::Arrived, Some("corrigendum".into())));
        assert_eq!(state("m3"), (State::Withdrawn, Some("replace".into())));
        assert_eq!(state("n3"), (State::Arrived, None), "what replaces is a document of its own");
        assert_eq!(found.len(), 4);
        room.exchange_messages().await.unwrap();
        let agreed: Vec<Value> = post.sent().into_iter().filter(|one| one["code"] == "15").collect();
        assert_eq!(agreed.len(), 3, "{agreed:?}");
    }

    async fn without_folders_nothing_is_exchanged(db: TestDb) {
        let room = crate::city::room(&db).await;
        assert_eq!(room.exchange_messages().await.unwrap(), Exchanged::default());
    }

    /// A document of ours to an organ outside: laid out once, its status comes back as an event, its recall follows.
    async fn our_document_goes_out_is_answered_and_taken_back(db: TestDb) {
        let (room, post) = Post::open(&db).await;
        let ear = Arc::new(Ear::default());
        db.db().register(ear.clone());
        heads(&db).await;
        let bench = Bench { room: room.clone(), desk: Arc::new(Desk::default()) };
        let id = bench.at(haidang_office::documents::State::Issued).await;
        assert_eq!(room.exchange_messages().await.unwrap().written, 1);
        assert_eq!(room.exchange_messages().await.unwrap().written, 0);
        let sent = post.sent();
        assert_eq!((sent[0]["id"].as_str(), sent[0]["act"].as_str(), sent[0]["to"].as_str()), (Some(id.as_str()), Some("New"), Some(OUTSIDE)));
        for name in ["s1.edxml", "s2.edxml"] {
            post.lay(name, &json!({ "from": OUTSIDE, "about": id, "code": "03" }));
            room.exchange_messages().await.unwrap();
        }
        Dispatcher::new(db.db()).run_due().await.unwrap();
        assert_eq!(ear.0.lock().unwrap().iter().map(|one| one.status.clone()).collect::<Vec<_>>(), ["03"]);
        let (clerk, revision) = (actor("chair").await, bench.get(&id).await.revision);
        room.withdraw_document(&reader(&clerk), &id, revision, Action::Recall, "Ban hành nhầm", None).await.unwrap();
        assert_eq!(room.exchange_messages().await.unwrap().written, 1);
        assert_eq!(room.exchange_messages().await.unwrap().written, 0);
        let recall = post.sent().into_iter().find(|one| one["act"] == "Recall").unwrap();
        assert_eq!(recall["about"][0], id.as_str());
        assert_ne!(recall["reason"], "");
    }

    /// What changes something that is here is taken only when its signature holds; a new document is shown to the clerk.
    async fn a_message_with_a_wrong_signature_changes_nothing(db: TestDb) {
        let (room, post) = Post::open(&db).await;
        let mut wrong = new("m1");
        wrong["signature"] = "invalid".into();
        post.lay("a.edxml", &wrong);
        post.lay("b.edxml", &new("m2"));
        assert_eq!(room.exchange_messages().await.unwrap().taken, 2);
        for (name, act, signature) in [("c", "recall", "untrusted"), ("d", "update", "invalid"), ("e", "replace", "invalid")] {
            let value = json!({ "from": OUTSIDE, "to": OURS, "id": name, "act": act, "about": "m2", "signature": signature });
            post.lay(&format!("{name}.edxml"), &value);
        }
        assert_eq!(room.exchange_messages().await.unwrap().refused, 3);
        let found = all(&room).await;
        assert_eq!(found.len(), 2);
        for one in found {
            let expected = if one.document.as_deref() == Some("m1") { "invalid" } else { "absent" };
            assert_eq!((one.envelope.as_deref(), one.state, one.notice), (Some(expected), State::Arrived, None));
        }
    }

    /// Two organisations of one pack, each message carried from one to the other: the document, its corrigendum, its
    /// replacement, a recall, and every status back, shown on the sent document.
    async fn two_organisations_tell_each_other_everything(db: TestDb) {
        let (room, post) = Post::open(&db).await;
        db.db().register(Arc::new(haidang_office::documents::DispatchAnswers(room.clone())));
        heads(&db).await;
        let bench = Bench { room: room.clone(), desk: Arc::new(Desk::default()) };
        let recipients = format!("{NEIGHBOUR} Sở Mẫu");
        let (first, second) = (bench.issued_to(&recipients).await, bench.issued_to(&recipients).await);
        let third = bench.issued_to("Ông Nguyễn Văn Mẫu").await;
        // Statuses cross with later messages, so everything is carried until nothing moves.
        let settle = || async {
            for _ in 0..4 {
                room.exchange_messages().await.unwrap();
                post.carry();
                let done = room.exchange_messages().await.unwrap();
                assert_eq!(done.refused, 0);
                db.ambient().advance(jiff::SignedDuration::from_mins(1));
                Dispatcher::new(db.db()).run_due().await.unwrap();
            }
        };
        settle().await;
        let there = |id: String| {
            let room = room.clone();
            async move {
                let clerk = actor("other_clerk").await;
                let wanted = Wanted { tray: Tray::Unit, limit: 50, ..Wanted::default() };
                let found = room.arrivals(&reader(&clerk), &wanted).await.unwrap();
                found.into_iter().find(|one| one.document.as_deref() == Some(id.as_str())).unwrap()
            }
        };
        let came = there(first.clone()).await;
        assert_eq!((came.envelope.as_deref(), came.envelope_signer.is_some()), (Some("trusted"), true));
        let said = |id: String| {
            let bench = &bench;
            async move {
                let document = bench.get(&id).await;
                let told = bench.room.told(&document).await.unwrap();
                told.iter().map(|one| one.code.clone().unwrap_or_else(|| one.kind.clone())).collect::<Vec<_>>()
            }
        };
        assert_eq!(said(first.clone()).await, ["document", "01"]);

        // A corrigendum goes to the receivers of the original as an update, with its file beside.
        let (clerk, chair) = (actor("clerk").await, actor("chair").await);
        let change = |id: String, action, by: Option<String>| {
            let (room, bench, who) = (&room, &bench, if action == Action::Recall { &chair } else { &clerk });
            async move {
                let revision = bench.get(&id).await.revision;
                room.withdraw_document(&reader(who), &id, revision, action, "Sai lỗi chính tả", by.as_deref()).await.unwrap();
            }
        };
        change(first.clone(), Action::Correct, Some(third.clone())).await;
        settle().await;
        let came = there(first.clone()).await;
        assert_eq!((came.state, came.notice.unwrap().kind.as_str()), (State::Arrived, "corrigendum"));
        let other_clerk = actor("other_clerk").await;
        let view = room.open_arrival(&reader(&other_clerk), &came.id).await.unwrap();
        assert_eq!(view.files.len(), 2, "the corrigendum lies beside the document");
        assert_eq!(said(first.clone()).await, ["document", "01", "update", "15"]);

        // A replacement goes as one: the receiver sees what stands in its place, without asking for it.
        change(first.clone(), Action::Replace, Some(third.clone())).await;
        settle().await;
        let came = there(first.clone()).await;
        assert_eq!((came.state, came.notice.unwrap().document), (State::Withdrawn, Some(third.clone())));
        assert_eq!(there(third.clone()).await.state, State::Arrived);
        let told = said(first.clone()).await;
        assert_eq!(&told[..5], ["document", "01", "update", "15", "replace"], "{told:?}");
        assert!(told[5..].contains(&"15".to_owned()) && told[5..].contains(&"01".to_owned()), "{told:?}");

        change(second.clone(), Action::Recall, None).await;
        settle().await;
        assert_eq!(there(second.clone()).await.state, State::Withdrawn);
        let told = said(second.clone()).await;
        assert_eq!(&told[..3], ["document", "01", "recall"], "{told:?}");
        assert!(told.len() > 3, "{told:?}");
    }
}
