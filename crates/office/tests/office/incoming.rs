//! Documents that come: the walk from arrival to file, rights, duplicates, hostile files, what the sender hears.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, NO_SUCH_ID, Visitor, actor, person, room, room_with};
use crate::desk::Desk;
use haidang_contracts::Actor;
use haidang_contracts::events::{
    DOCUMENT_DISPATCHED, DOCUMENT_STATUS, DOCUMENT_WITHDRAWN, DocumentDispatched, DocumentStatus, DocumentWithdrawn,
};
use haidang_kernel::problem::Problem;
use haidang_office::incoming::model::Details;
use haidang_office::incoming::rules::{Answer, Channel, RoutingState, State};
use haidang_office::incoming::{
    Arrivals, Instruction, NewArrival, NewFile, Receiver, Registering, Tray, Until, Waits, Wanted, waits,
};
use haidang_office::{OfficeRoom, Reader};
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{Dispatcher, StoreError};
use haidang_testkit::{TestDb, db_test};
use jiff::civil::date;
use std::sync::{Arc, Mutex};

/// A signed document as the desk of the tests reads it.
pub const SIGNED: &[u8] = b"%PDF-1.7 sample\nsigned officer officer Nguyen Van Mau\nsigned organ organ So Mau\n";
/// The same, changed after it was signed.
const CHANGED: &[u8] = b"%PDF-1.7 sample\nsigned organ organ So Mau\nchanged afterwards\n";
/// A scan without any signature.
const SCAN: &[u8] = b"%PDF-1.7 scan\n";

pub fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r" }
}

pub fn details(number: &str) -> Details {
    Details {
        from_name: "Sở Mẫu".into(),
        code_number: number.into(),
        code_notation: "TB-SM".into(),
        issued_on: Some(date(2026, 1, 5)),
        kind: "Thông báo".into(),
        subject: format!("Về việc thử nghiệm số {number}"),
        signer: "Giám đốc, Nguyễn Văn Mẫu".into(),
        ..Details::default()
    }
}

pub async fn stored(room: &OfficeRoom, bytes: &'static [u8]) -> NewFile {
    let stored = room.blobs.put_bytes(bytes).await.unwrap();
    NewFile {
        sha256: stored.sha256,
        name: "van-ban.pdf".into(),
        media_type: "application/pdf".into(),
        size: i64::try_from(stored.size).unwrap(),
    }
}

async fn new(room: &OfficeRoom, agency: &str, number: &str, bytes: &'static [u8]) -> NewArrival {
    NewArrival {
        agency: agency.into(),
        channel: Channel::Upload,
        source_key: None,
        dispatch: None,
        document: None,
        from_organ: None,
        envelope: None,
        details: details(number),
        secrecy: 0,
        files: vec![stored(room, bytes).await],
    }
}

fn order(number: &str) -> Registering {
    Registering { revision: None, details: details(number), checked: false, different: false }
}

/// A document of the commune that came and was registered.
pub async fn registered(room: &OfficeRoom, number: &str, bytes: &'static [u8]) -> String {
    let clerk = actor("clerk").await;
    let id = room.receive(&reader(&clerk), &new(room, COMMUNE, number, bytes).await).await.unwrap().id;
    room.register_arrival(&reader(&clerk), &id, &order(number)).await.unwrap();
    id
}

fn to(name: &str) -> Receiver {
    Receiver::Person(person(name).to_string())
}

fn instruction(lead: Receiver) -> Instruction {
    Instruction {
        lead: Some(lead),
        words: "Giao chủ trì tham mưu trả lời".into(),
        until: Some(Until::Days(3)),
        ..Instruction::default()
    }
}

fn fields(problem: &Problem) -> Vec<(String, String)> {
    problem.errors.iter().map(|error| (error.field.clone(), error.code.to_string())).collect()
}

/// Hears what the sender is told.
#[derive(Default)]
struct Ear(Mutex<Vec<DocumentStatus>>);

#[async_trait::async_trait]
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

async fn emit<T: serde::Serialize + Sync>(db: &TestDb, kind: &'static str, key: &str, payload: &T) {
    db.db()
        .transaction(|tx| Box::pin(async move { tx.emit(kind, key, payload).await.map(drop) }))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
}

async fn dispatched(room: &OfficeRoom, dispatch: &str, bytes: &'static [u8]) -> DocumentDispatched {
    let file = stored(room, bytes).await;
    DocumentDispatched {
        dispatch: dispatch.into(),
        document: format!("doc-{dispatch}"),
        from_agency: DEPARTMENT.into(),
        from_name: "Sở Mẫu".into(),
        to_agency: COMMUNE.into(),
        code_number: 5,
        code_notation: "TB-SM".into(),
        issued_on: "2026-01-05".into(),
        kind: "thong_bao".into(),
        subject: "Về việc thử nghiệm".into(),
        sha256: file.sha256,
        size: file.size,
        signer: "Nguyễn Văn Mẫu".into(),
        urgency: 1,
        due_date: Some("2026-02-05".into()),
    }
}

#[test]
fn texts_are_whole() {
    let faults = haidang_ui::texts::check_keys(
        include_str!("../../locales/vi/office_incoming.ftl"),
        include_str!("../../locales/en/office_incoming.ftl"),
        "incoming-",
        &[concat!(env!("CARGO_MANIFEST_DIR"), "/src/incoming"), concat!(env!("CARGO_MANIFEST_DIR"), "/templates")],
    );
    assert!(faults.is_empty(), "{faults:#?}");
}

db_test! {
    rooms = ROOMS;

    /// The whole walk, with who must act at every step.
    async fn a_document_walks_from_arrival_to_its_file(db: TestDb) {
        let room = room(&db).await;
        let (clerk, chair, drafter) = (actor("clerk").await, actor("chair").await, actor("drafter").await);
        let received = room.receive(&reader(&clerk), &new(&room, COMMUNE, "05", SIGNED).await).await.unwrap();
        let id = received.id.as_str();
        assert!(received.new);
        let view = room.open_arrival(&reader(&clerk), id).await.unwrap();
        assert_eq!(view.arrival.state, State::Arrived);
        assert_eq!((view.arrival.integrity, view.arrival.identity), (Answer::Valid, Answer::Valid));
        assert_eq!(view.arrival.stamped, Answer::Unknown, "no stamp proves the time");
        assert!(matches!(waits(&view.arrival), Waits::Clerk(Some(_))));

        let number = room.register_arrival(&reader(&clerk), id, &order("05")).await.unwrap();
        assert_eq!(number.number, 1);
        room.submit_arrival(&reader(&clerk), id, person("chair").as_str()).await.unwrap();
        let mine = room.arrivals(&reader(&chair), &Wanted::default()).await.unwrap();
        assert_eq!(mine.len(), 1);
        assert!(matches!(waits(&mine[0]), Waits::Leader(_, Some(_))));

        room.instruct_arrival(&reader(&chair), id, &instruction(to("drafter"))).await.unwrap();
        assert!(room.arrivals(&reader(&chair), &Wanted::default()).await.unwrap().is_empty(), "no longer the leader's");
        let mine = room.arrivals(&reader(&drafter), &Wanted::default()).await.unwrap();
        assert!(matches!(waits(&mine[0]), Waits::Lead(_, Some(_))));
        assert!(room.open_arrival(&reader(&chair), id).await.unwrap().routings[0].read_at.is_none());
        room.open_arrival(&reader(&drafter), id).await.unwrap();
        assert!(room.open_arrival(&reader(&chair), id).await.unwrap().routings[0].read_at.is_some(), "the receipt");

        room.begin_arrival(&reader(&drafter), id).await.unwrap();
        room.finish_arrival(&reader(&drafter), id, "12/UBND-VP", "").await.unwrap();
        room.file_arrival(&reader(&drafter), id, "12-VP, Trả lời sở ngành").await.unwrap();
        let view = room.open_arrival(&reader(&clerk), id).await.unwrap();
        assert_eq!(view.arrival.state, State::Filed);
        assert_eq!(waits(&view.arrival), Waits::Nobody);
        let acts: Vec<&str> = view.steps.iter().map(|step| step.act.as_str()).collect();
        assert_eq!(acts, ["arrive", "register", "submit", "instruct", "begin", "finish", "file"]);
        assert!(view.routings.iter().all(|one| one.state == RoutingState::Ended));
    }

    async fn numbers_have_no_gap_when_clerks_register_at_once(db: TestDb) {
        let room = room(&db).await;
        let clerk = actor("clerk").await;
        let mut ids = Vec::new();
        for number in 1..=12 {
            let mut one = new(&room, COMMUNE, &number.to_string(), SIGNED).await;
            one.files = vec![];
            one.files.push(NewFile { sha256: room.blobs.put_bytes(format!("%PDF {number}\nsigned organ organ So Mau\n").as_bytes()).await.unwrap().sha256, ..stored(&room, SIGNED).await });
            ids.push((number.to_string(), room.receive(&reader(&clerk), &one).await.unwrap().id));
        }
        let orders: Vec<Registering> = ids.iter().map(|(number, _)| order(number)).collect();
        let all = ids.iter().zip(&orders).map(|((_, id), order)| {
            let (room, clerk) = (room.clone(), clerk.clone());
            async move { room.register_arrival(&reader(&clerk), id, order).await.unwrap().number }
        });
        let mut numbers = futures_util::future::join_all(all).await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=12).collect::<Vec<i64>>());
        // Pressing twice gives one number.
        let again = room.register_arrival(&reader(&clerk), &ids[0].1, &order("1")).await.unwrap_err();
        assert_eq!(again.code, "arrival_state");
    }

    async fn what_is_not_authentic_goes_back(db: TestDb) {
        let room = room(&db).await;
        let clerk = actor("clerk").await;
        let id = room.receive(&reader(&clerk), &new(&room, COMMUNE, "05", CHANGED).await).await.unwrap().id;
        let refused = room.register_arrival(&reader(&clerk), &id, &order("05")).await.unwrap_err();
        assert_eq!(refused.code, "arrival_must_be_returned");
        let refused = room.return_arrival(&reader(&clerk), &id, " ").await.unwrap_err();
        assert_eq!(fields(&refused), [("reason".to_owned(), "required".to_owned())]);
        room.return_arrival(&reader(&clerk), &id, "Văn bản đã bị sửa sau khi ký").await.unwrap();
        assert_eq!(room.open_arrival(&reader(&clerk), &id).await.unwrap().arrival.state, State::Rejected);
        // Sent again whole, it is a new arrival.
        let again = room.receive(&reader(&clerk), &new(&room, COMMUNE, "05", SIGNED).await).await.unwrap();
        assert!(again.new && again.id != id);
        // A paper without signature needs the clerk's word that it was checked.
        let id = room.receive(&reader(&clerk), &new(&room, COMMUNE, "06", SCAN).await).await.unwrap().id;
        let asked = room.register_arrival(&reader(&clerk), &id, &order("06")).await.unwrap_err();
        assert_eq!(fields(&asked), [("checked".to_owned(), "required".to_owned())]);
        let checked = Registering { checked: true, ..order("06") };
        room.register_arrival(&reader(&clerk), &id, &checked).await.unwrap();
    }

    async fn duplicates_are_known(db: TestDb) {
        let room = room(&db).await;
        let clerk = actor("clerk").await;
        let first = registered(&room, "05", SIGNED).await;
        let same_file = room.receive(&reader(&clerk), &new(&room, COMMUNE, "05", SIGNED).await).await.unwrap();
        assert_eq!((same_file.id.as_str(), same_file.new), (first.as_str(), false), "the same file is the same arrival");
        let scan = room.receive(&reader(&clerk), &new(&room, COMMUNE, "5", SCAN).await).await.unwrap().id;
        let view = room.open_arrival(&reader(&clerk), &scan).await.unwrap();
        assert_eq!(view.same.iter().map(|one| (one.id.as_str(), one.number)).collect::<Vec<_>>(), [(first.as_str(), Some(1))]);
        let checked = Registering { checked: true, ..order("5") };
        let refused = room.register_arrival(&reader(&clerk), &scan, &checked).await.unwrap_err();
        assert_eq!(fields(&refused), [("different".to_owned(), "duplicate".to_owned())]);
        let number = room.register_arrival(&reader(&clerk), &scan, &Registering { different: true, ..checked }).await;
        assert_eq!(number.unwrap().number, 2, "the refused attempt left no gap");
    }

    async fn other_organs_see_nothing(db: TestDb) {
        let room = room(&db).await;
        let id = registered(&room, "05", SIGNED).await;
        for name in ["other_clerk", "other_leader", "other_drafter", "inspector"] {
            let who = actor(name).await;
            let me = reader(&who);
            assert_eq!(room.open_arrival(&me, &id).await.unwrap_err().code, "arrival_not_found", "{name}");
            assert_eq!(room.arrival_file(&me, &id, 0).await.unwrap_err().code, "arrival_not_found", "{name}");
            assert_eq!(room.submit_arrival(&me, &id, "x").await.unwrap_err().code, "arrival_not_found", "{name}");
            assert_eq!(room.instruct_arrival(&me, &id, &instruction(to("drafter"))).await.unwrap_err().code, "arrival_not_found");
            for tray in [Tray::Mine, Tray::Unit, Tray::Clerk] {
                let wanted = Wanted { tray, limit: 10, ..Wanted::default() };
                assert!(room.arrivals(&me, &wanted).await.unwrap().is_empty(), "{name} {tray:?}");
            }
            assert!(room.tracking_book(&me, COMMUNE, (date(2026, 1, 1), date(2030, 1, 1))).await.is_err(), "{name}");
        }
        let (drafter, clerk) = (actor("drafter").await, actor("clerk").await);
        for (what, outcome) in [
            ("register", room.register_arrival(&reader(&drafter), &id, &order("05")).await.map(drop)),
            ("return", room.return_arrival(&reader(&drafter), &id, "không đúng").await),
            ("instruct", room.instruct_arrival(&reader(&clerk), &id, &instruction(to("drafter"))).await),
        ] {
            assert_eq!(outcome.unwrap_err().code, "not_allowed", "{what}");
        }
        let foreign = room.receive(&reader(&clerk), &new(&room, DEPARTMENT, "07", SIGNED).await).await.unwrap_err();
        assert_eq!(foreign.code, "arrival_not_found");
        assert_eq!(room.open_arrival(&reader(&clerk), NO_SUCH_ID).await.unwrap_err().code, "arrival_not_found");
    }

    async fn secrets_are_refused_at_the_door(db: TestDb) {
        let room = room(&db).await;
        let clerk = actor("clerk").await;
        let mut secret = new(&room, COMMUNE, "05", SIGNED).await;
        for level in 1..=3 {
            secret.secrecy = level;
            assert_eq!(room.receive(&reader(&clerk), &secret).await.unwrap_err().code, "secret_refused");
        }
        let mut visitor = Visitor::signed_in(&db, &room, "clerk").await;
        visitor.open("/vi/can-bo/van-ban-den/tiep-nhan").await;
        let fresh: &[u8] = b"%PDF-1.7 a secret of the tests\n";
        let got = visitor
            .send_files("/vi/can-bo/van-ban-den/tiep-nhan", &[("secrecy", "2")], &[("file", "a.pdf", "application/pdf", fresh)])
            .await;
        assert_eq!(got.status, 422);
        assert!(got.text.contains("bảo vệ bí mật nhà nước"), "{}", got.text);
        let files = std::fs::read_dir(room.blobs.root()).unwrap().flat_map(|entry| std::fs::read_dir(entry.unwrap().path()).unwrap());
        let kept = files.filter(|file| std::fs::read(file.as_ref().unwrap().path()).unwrap() == fresh).count();
        assert_eq!(kept, 0, "not a byte of it stays");
    }

    async fn work_is_given_back_given_anew_and_shared(db: TestDb) {
        let room = room(&db).await;
        let (clerk, chair) = (actor("clerk").await, actor("chair").await);
        let (drafter, colleague, reviewer) = (actor("drafter").await, actor("colleague").await, actor("reviewer").await);
        let id = registered(&room, "05", SIGNED).await;
        room.submit_arrival(&reader(&clerk), &id, person("chair").as_str()).await.unwrap();
        let first = Instruction {
            support: vec![to("reviewer")],
            for_info: vec![to("reviewer"), to("deputy")],
            ..instruction(Receiver::Role("commune_specialist".into()))
        };
        room.instruct_arrival(&reader(&chair), &id, &first).await.unwrap();
        let view = room.open_arrival(&reader(&chair), &id).await.unwrap();
        assert_eq!(view.routings.len(), 3, "whoever co-operates is not told a second time");
        // Given to a post: whoever holds it sees it, the first who begins takes it over.
        for who in [&drafter, &colleague] {
            assert_eq!(room.arrivals(&reader(who), &Wanted::default()).await.unwrap().len(), 1);
        }
        room.begin_arrival(&reader(&colleague), &id).await.unwrap();
        assert!(room.arrivals(&reader(&drafter), &Wanted::default()).await.unwrap().is_empty());
        assert_eq!(room.finish_arrival(&reader(&drafter), &id, "", "xong việc").await.unwrap_err().code, "not_allowed");
        // A co-operating receiver answers their own instruction and no other.
        let lead = view.routings.iter().find(|one| one.part.as_str() == "lead").unwrap().id.clone();
        let support = view.routings.iter().find(|one| one.part.as_str() == "support").unwrap().id.clone();
        let refused = room.answer_routing(&reader(&reviewer), &id, &lead, true, "không thuộc").await.unwrap_err();
        assert_eq!(refused.code, "arrival_not_found");
        room.answer_routing(&reader(&reviewer), &id, &support, false, "Đã có ý kiến phối hợp").await.unwrap();
        let twice = room.answer_routing(&reader(&reviewer), &id, &support, false, "Lần hai").await.unwrap_err();
        assert_eq!(twice.code, "routing_state");
        // Whoever leads hands back: the leader has it again and gives it to somebody else.
        room.answer_routing(&reader(&colleague), &id, &lead, true, "Không thuộc lĩnh vực phụ trách").await.unwrap();
        let back = room.arrivals(&reader(&chair), &Wanted::default()).await.unwrap();
        assert_eq!(back.iter().map(|one| one.state).collect::<Vec<_>>(), [State::Submitted]);
        room.instruct_arrival(&reader(&chair), &id, &instruction(to("reviewer"))).await.unwrap();
        // The lead may give it on, for their post assigns work; the old lead is replaced.
        room.instruct_arrival(&reader(&reviewer), &id, &instruction(to("drafter"))).await.unwrap();
        let view = room.open_arrival(&reader(&chair), &id).await.unwrap();
        let states: Vec<RoutingState> =
            view.routings.iter().filter(|one| one.part.as_str() == "lead").map(|one| one.state).collect();
        assert_eq!(states, [RoutingState::HandedBack, RoutingState::Replaced, RoutingState::Open]);
        assert_eq!(view.arrival.leader.as_deref(), Some(person("chair").as_str()), "it comes back to the leader");
        room.finish_arrival(&reader(&chair), &id, "", "Đã trả lời trực tiếp").await.unwrap();
    }

    async fn instructions_are_judged(db: TestDb) {
        let room = room(&db).await;
        let (clerk, chair) = (actor("clerk").await, actor("chair").await);
        let id = registered(&room, "05", SIGNED).await;
        room.submit_arrival(&reader(&clerk), &id, person("chair").as_str()).await.unwrap();
        let good = instruction(to("drafter"));
        let check = async |order: Instruction, expected: &[(&str, &str)]| {
            let problem = room.instruct_arrival(&reader(&chair), &id, &order).await.unwrap_err();
            let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!(fields(&problem), expected, "{order:?}");
        };
        check(Instruction { lead: None, ..good.clone() }, &[("lead", "required")]).await;
        check(instruction(to("other_drafter")), &[("lead", "unknown")]).await;
        check(Instruction { support: vec![Receiver::Role("king".into())], ..good.clone() }, &[("support", "unknown")]).await;
        check(Instruction { words: " ".into(), ..good.clone() }, &[("words", "required")]).await;
        check(Instruction { until: None, ..good.clone() }, &[("due", "required")]).await;
        check(Instruction { until: Some(Until::Days(-1)), ..good.clone() }, &[("due", "invalid")]).await;
        check(Instruction { until: Some(Until::Day(date(2020, 1, 1))), ..good.clone() }, &[("due", "past")]).await;
        let stale = Instruction { revision: Some(1), ..good.clone() };
        assert_eq!(room.instruct_arrival(&reader(&chair), &id, &stale).await.unwrap_err().code, "arrival_changed");
        room.instruct_arrival(&reader(&chair), &id, &good).await.unwrap();
        let added = Instruction { lead: None, until: None, for_info: vec![to("deputy")], ..good };
        room.instruct_arrival(&reader(&chair), &id, &added).await.unwrap();
    }

    /// A dispatch of the city arrives once, however often it is told; the sender hears every step once, in order.
    async fn the_sender_in_the_city_hears_every_step(db: TestDb) {
        let room = room(&db).await;
        let ear = Arc::new(Ear::default());
        db.db().register(Arc::new(Arrivals(room.clone())));
        db.db().register(ear.clone());
        let sent = dispatched(&room, "d1", SIGNED).await;
        emit(&db, DOCUMENT_DISPATCHED, "doc-d1", &sent).await;
        emit(&db, DOCUMENT_DISPATCHED, "doc-d1", &sent).await;
        let dispatcher = Dispatcher::new(db.db());
        dispatcher.run_due().await.unwrap();
        let (clerk, chair, drafter) = (actor("clerk").await, actor("chair").await, actor("drafter").await);
        let all = room.arrivals(&reader(&clerk), &Wanted { tray: Tray::Unit, limit: 10, ..Wanted::default() }).await.unwrap();
        assert_eq!(all.len(), 1, "the same dispatch twice is one document");
        let arrival = &all[0];
        assert_eq!((arrival.details.code(), arrival.details.kind.as_str()), ("05/TB-SM".to_owned(), "Thông báo"));
        assert_eq!(arrival.details.answer_by, Some(date(2026, 2, 5)));
        let id = arrival.id.as_str();
        // One press: what is known of it is enough.
        let press = Registering { revision: Some(1), details: arrival.details.clone(), checked: false, different: false };
        room.register_arrival(&reader(&clerk), id, &press).await.unwrap();
        room.submit_arrival(&reader(&clerk), id, person("chair").as_str()).await.unwrap();
        room.instruct_arrival(&reader(&chair), id, &instruction(to("drafter"))).await.unwrap();
        room.begin_arrival(&reader(&drafter), id).await.unwrap();
        let lead = room.open_arrival(&reader(&drafter), id).await.unwrap().routings[0].id.clone();
        room.answer_routing(&reader(&drafter), id, &lead, true, "Không thuộc lĩnh vực").await.unwrap();
        room.instruct_arrival(&reader(&chair), id, &instruction(to("colleague"))).await.unwrap();
        room.finish_arrival(&reader(&chair), id, "", "Đã xử lý xong").await.unwrap();
        dispatcher.run_due().await.unwrap();
        let heard: Vec<String> = ear.0.lock().unwrap().iter().map(|one| one.status.clone()).collect();
        assert_eq!(heard, ["01", "03", "04", "05", "06"]);
        assert!(ear.0.lock().unwrap().iter().all(|one| one.dispatch == "d1"));
    }

    async fn what_the_sender_takes_back_is_cancelled_and_leaves_its_trace(db: TestDb) {
        let room = room(&db).await;
        let ear = Arc::new(Ear::default());
        db.db().register(Arc::new(Arrivals(room.clone())));
        db.db().register(ear.clone());
        let (clerk, chair, drafter) = (actor("clerk").await, actor("chair").await, actor("drafter").await);
        let sent = dispatched(&room, "d1", SIGNED).await;
        emit(&db, DOCUMENT_DISPATCHED, "doc-d1", &sent).await;
        let dispatcher = Dispatcher::new(db.db());
        dispatcher.run_due().await.unwrap();
        let id = room.arrivals(&reader(&clerk), &Wanted::default()).await.unwrap()[0].id.clone();
        let press = Registering { details: details("05"), ..order("05") };
        room.register_arrival(&reader(&clerk), &id, &press).await.unwrap();
        room.submit_arrival(&reader(&clerk), &id, person("chair").as_str()).await.unwrap();
        room.instruct_arrival(&reader(&chair), &id, &instruction(to("drafter"))).await.unwrap();
        let told = |kind: &str| DocumentWithdrawn {
            dispatch: "d1".into(),
            document: "doc-d1".into(),
            kind: kind.into(),
            reason: "Ban hành nhầm".into(),
            by_document: None,
        };
        emit(&db, DOCUMENT_WITHDRAWN, "doc-d1", &told("corrigendum")).await;
        dispatcher.run_due().await.unwrap();
        assert_eq!(room.open_arrival(&reader(&clerk), &id).await.unwrap().arrival.state, State::Assigned);
        emit(&db, DOCUMENT_WITHDRAWN, "doc-d1", &told("recall")).await;
        emit(&db, DOCUMENT_WITHDRAWN, "doc-d1", &told("recall")).await;
        dispatcher.run_due().await.unwrap();
        let view = room.open_arrival(&reader(&clerk), &id).await.unwrap();
        assert_eq!(view.arrival.state, State::Withdrawn);
        assert_eq!(view.arrival.arrival_number, Some(1), "the number stays, the trace stays");
        assert_eq!(view.steps.iter().filter(|step| step.act == "notice").count(), 2, "a notice told twice is one");
        assert!(room.arrivals(&reader(&drafter), &Wanted::default()).await.unwrap().is_empty());
        assert_eq!(room.begin_arrival(&reader(&drafter), &id).await.unwrap_err().code, "arrival_state");
        assert_eq!(ear.0.lock().unwrap().last().unwrap().status, "15");
    }

    async fn a_delivery_without_its_file_is_put_aside(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        db.db().register(Arc::new(Arrivals(room.clone())));
        let mut sent = dispatched(&room, "d1", SCAN).await;
        sent.sha256 = "0".repeat(64);
        emit(&db, DOCUMENT_DISPATCHED, "doc-d1", &sent).await;
        Dispatcher::new(db.db()).run_due().await.unwrap();
        let clerk = actor("clerk").await;
        let all = room.arrivals(&reader(&clerk), &Wanted::default()).await.unwrap();
        assert!(all.is_empty(), "a file that is not in the store is not made up");
    }

    /// A registered document is found by its words and its number, by its own organ alone.
    async fn a_registered_document_is_found(db: TestDb) {
        let room = room(&db).await;
        let id = registered(&room, "05", SIGNED).await;
        let jobs = haidang_store::Jobs::new(db.db());
        jobs.with(Arc::new(haidang_office::search::FollowTexts(room.clone()))).run_due().await.unwrap();
        for (who, words, expected) in [
            ("drafter", "thu nghiem", Some(id.as_str())),
            ("chair", "05/TB-SM", Some(id.as_str())),
            ("other_drafter", "thử nghiệm", None),
            ("drafter", "không có chữ này", None),
        ] {
            let actor = actor(who).await;
            let find = haidang_office::search::Find { words: words.into(), page: 1, ..Default::default() };
            let found = room.find_documents(&reader(&actor), &find).await.unwrap().documents;
            assert_eq!(found.first().map(|one| one.document.as_str()), expected, "{who} {words}");
        }
    }
}
