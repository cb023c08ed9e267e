//! The room over both databases: keeping once, offering, other people's documents, the log of who looked, pages.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod around;
mod city;
mod trust;

use city::{People, Visitor, page_of, person, room};
use haidang_contracts::actor::Actor;
use haidang_contracts::events::{DOCUMENT_KEPT, DocumentKept, RESULT_ISSUED, ResultIssued};
use haidang_contracts::identity::Identity as _;
use haidang_contracts::vault::{NewVaultItem, Vault as _, VaultItem};
use haidang_store::outbox::{Consumer as _, Event, Failure};
use haidang_store::{ActorRef, AuditEntry, Dispatcher, StoreError};
use haidang_testkit::{Rooms, TestDb, db_test};
use haidang_vault::{Reader, Shelf, VaultRoom};
use std::sync::Arc;

const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("vault", haidang_vault::MIGRATIONS)];

fn new_item(owner: &str, key: &str, code: &str, origin: &str, until: Option<&str>) -> NewVaultItem {
    NewVaultItem {
        owner: person(owner),
        key: key.into(),
        case_id: Some("01900000-0000-7000-8000-0000000000c1".into()),
        item: VaultItem {
            id: String::new(),
            code: code.into(),
            title: format!("Giấy {key}"),
            number: (origin == "result").then(|| "12/2026".into()),
            issuer: "Ủy ban nhân dân xã Mẫu".into(),
            issued_on: "2026-01-05".into(),
            valid_until: until.map(Into::into),
            origin: origin.into(),
            sha256: "a".repeat(64),
            media_type: "application/pdf".into(),
            size: 3,
            token: (origin == "result").then(|| "abcdefghijklmnopqrstuvwxyz".into()),
        },
    }
}

async fn actor(name: &str) -> Actor {
    People.actor(&person(name), None).await.unwrap().unwrap()
}

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

async fn count(db: &TestDb, statement: &'static str) -> i64 {
    db.fetch_one(statement, vec![]).await.unwrap().integer("count").unwrap()
}

/// A look of an official at the case of the resident.
async fn look(db: &TestDb, refused: bool) -> String {
    let by = ActorRef { kind: "official".into(), agency: Some("H24.11824".into()), ..ActorRef::default() };
    let mut entry = AuditEntry::read("case.read", by)
        .object("case", "c1")
        .because("118/2025/NĐ-CP", "giải quyết hồ sơ")
        .subject(city::NUMBER);
    if refused {
        entry = entry.refused();
    }
    db.record_read(entry).await.unwrap().to_string()
}

fn result(owner: &str) -> ResultIssued {
    ResultIssued {
        result_id: "k1".into(),
        case_id: "c1".into(),
        owner: owner.into(),
        code: "KQ.G15.000031".into(),
        title: "Giấy khai sinh".into(),
        number: "31/2026".into(),
        issuer: "Ủy ban nhân dân xã Mẫu".into(),
        issued_on: "2026-03-03".into(),
        valid_until: None,
        sha256: "b".repeat(64),
        media_type: "text/html".into(),
        size: 10,
        token: "abcdefghijklmnopqrstuvwxyz".into(),
    }
}

fn event(db: &TestDb, kind: &str, payload: &impl serde::Serialize) -> Event {
    Event {
        id: db.ambient().new_id(),
        at: db.ambient().now(),
        kind: kind.into(),
        key: "c1".into(),
        payload: serde_json::to_string(payload).unwrap(),
    }
}

db_test! {
    rooms = ROOMS;

    async fn the_same_key_is_kept_once(db: TestDb) {
        let room = room(&db).await;
        let first = room.deposit(&new_item("resident", "k", "G1", "digitised", None)).await.unwrap();
        let again = room.deposit(&new_item("resident", "k", "G1", "digitised", None)).await.unwrap();
        let other = room.deposit(&new_item("resident", "k2", "G1", "digitised", None)).await.unwrap();
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert_eq!(count(&db, "SELECT COUNT(*) AS count FROM vault_item").await, 2);
        assert_eq!(count(&db, "SELECT COUNT(*) AS count FROM store_audit WHERE action = 'vault.kept'").await, 2);
    }

    async fn offers_know_owner_code_and_validity(db: TestDb) {
        let room = room(&db).await;
        for (owner, key, code, until) in [
            ("resident", "good", "G1", None),
            ("resident", "last-day", "G1", Some("2026-03-03")),
            ("resident", "over", "G1", Some("2026-03-02")),
            ("resident", "other-code", "G2", None),
            ("stranger", "not-mine", "G1", None),
        ] {
            room.deposit(&new_item(owner, key, code, "digitised", until)).await.unwrap();
        }
        let check = async |owner: &str, codes: &[&str], expected: &[&str]| {
            let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
            let mut titles: Vec<_> =
                room.offers(&person(owner), &codes).await.unwrap().into_iter().map(|item| item.title).collect();
            titles.sort();
            let expected: Vec<_> = expected.iter().map(|key| format!("Giấy {key}")).collect();
            assert_eq!(titles, expected, "{owner} {codes:?}");
        };
        check("resident", &["G1"], &["good", "last-day"]).await;
        check("resident", &["*"], &["good", "last-day", "other-code"]).await;
        check("resident", &[], &[]).await;
        check("stranger", &["G1"], &["not-mine"]).await;
    }

    async fn shelves_and_pages_leave_nothing_out(db: TestDb) {
        let room = room(&db).await;
        for number in 0..5 {
            db.ambient().advance(jiff::SignedDuration::from_secs(number % 2));
            room.deposit(&new_item("resident", &format!("r{number}"), "G1", "result", None)).await.unwrap();
        }
        room.deposit(&new_item("resident", "old", "G1", "digitised", Some("2020-01-01"))).await.unwrap();
        room.deposit(&new_item("resident", "mine", "G1", "uploaded", None)).await.unwrap();
        let owner = person("resident");
        let counts = room.counts(&owner).await.unwrap();
        assert_eq!((counts.every, counts.valid, counts.uploaded), (7, 5, 1));
        let me = actor("resident").await;
        for shelf in Shelf::ALL {
            let (mut seen, mut after) = (Vec::new(), None::<String>);
            loop {
                let (rows, next) = room.list_own(&reader(&me), shelf, after.as_deref(), 2).await.unwrap();
                seen.extend(rows.into_iter().map(|row| row.item.id));
                let Some(next) = next else { break };
                after = Some(next);
            }
            let all = i64::try_from(seen.len()).unwrap();
            seen.sort();
            seen.dedup();
            assert_eq!((all, seen.len()), (counts.of(shelf), usize::try_from(all).unwrap()), "{shelf:?}");
        }
    }

    async fn somebody_elses_document_does_not_exist(db: TestDb) {
        let room = room(&db).await;
        let id = room.deposit(&new_item("resident", "k", "G1", "digitised", None)).await.unwrap();
        let (me, other) = (actor("resident").await, actor("stranger").await);
        assert_eq!(room.open_own(&reader(&me), &id).await.unwrap().item.id, id);
        for wrong in [room.open_own(&reader(&other), &id).await, room.download_own(&reader(&other), &id).await] {
            assert_eq!(wrong.unwrap_err().code, "item_not_found");
        }
        let reused = room.reuse(&other, &person("stranger"), &id, "khai sinh", "draft").await;
        assert!(reused.is_err(), "not even for a case of one's own");
    }

    async fn every_look_stands_on_the_owners_log(db: TestDb) {
        let room = room(&db).await;
        let id = room.deposit(&new_item("resident", "k", "G1", "digitised", None)).await.unwrap();
        let me = actor("resident").await;
        room.open_own(&reader(&me), &id).await.unwrap();
        room.download_own(&reader(&me), &id).await.unwrap();
        let official = actor("official").await;
        room.reuse(&official, &person("resident"), &id, "đăng ký khai sinh", "c1").await.unwrap();
        let rows = db.accesses_of(city::NUMBER, None, 10).await.unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.own, row.object_id == id)).collect();
        assert_eq!(seen, [("vault.reused", false, true), ("vault.downloaded", true, true), ("vault.read", true, true)]);
        assert_eq!(rows[0].purpose.as_deref(), Some("đăng ký khai sinh"));
        assert_eq!(rows[0].agency.as_deref(), Some("H24.11824"));
        assert!(db.accesses_of(city::OTHER_NUMBER, None, 10).await.unwrap().is_empty());
    }

    async fn the_log_is_read_to_its_end_past_many_own_looks(db: TestDb) {
        let room = room(&db).await;
        let id = room.deposit(&new_item("resident", "k", "G1", "digitised", None)).await.unwrap();
        let me = actor("resident").await;
        let mut expected = Vec::new();
        for round in 0..5 {
            expected.push(look(&db, round == 3).await);
            for _ in 0..40 {
                room.open_own(&reader(&me), &id).await.unwrap();
            }
        }
        expected.reverse();
        let (mut seen, mut before, mut own) = (Vec::new(), None::<String>, 0);
        for _ in 0..10 {
            let looks = room.looks(&reader(&me), before.as_deref(), 2).await.unwrap();
            assert!(looks.others.len() <= 2 && looks.own.len() <= 50);
            own += looks.own.iter().filter(|row| row.action == "vault.read").count();
            seen.extend(looks.others.into_iter().map(|row| row.audit_id));
            before = looks.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
        assert!(own >= 100, "own looks stand beside them: {own}");
        assert!(before.is_none(), "the log ends");
    }

    async fn a_question_about_an_access_is_kept_once(db: TestDb) {
        let room = room(&db).await;
        let id = room.deposit(&new_item("resident", "k", "G1", "digitised", None)).await.unwrap();
        let (me, other) = (actor("resident").await, actor("stranger").await);
        let audit = look(&db, false).await;
        assert!(room.ask(&reader(&me), &audit).await.unwrap());
        assert!(!room.ask(&reader(&me), &audit).await.unwrap(), "asking again is the same question");
        let questions = room.questions("", 10).await.unwrap();
        assert_eq!(questions.len(), 1);
        assert_eq!((questions[0].audit_id.as_str(), questions[0].agency.as_deref()), (audit.as_str(), Some("H24.11824")));
        room.open_own(&reader(&me), &id).await.unwrap();
        let own = db.accesses_of(city::NUMBER, None, 1).await.unwrap().remove(0).audit_id;
        for (who, id) in [(&me, own.as_str()), (&other, audit.as_str()), (&me, "nonsense"), (&me, city::NO_SUCH_ID)] {
            assert_eq!(room.ask(&reader(who), id).await.unwrap_err().code, "access_not_found");
        }
        let asked = "SELECT COUNT(*) AS count FROM store_audit WHERE action = 'vault.access_questioned'";
        assert_eq!(count(&db, asked).await, 1);
    }

    async fn an_event_taken_twice_is_kept_once(db: TestDb) {
        let room = room(&db).await;
        let issued = event(&db, RESULT_ISSUED, &result(person("resident").as_str()));
        room.take(&issued).await.unwrap();
        room.take(&issued).await.unwrap();
        let kept = DocumentKept {
            document_id: "d1".into(),
            case_id: "c1".into(),
            owner: person("resident").to_string(),
            code: "G1".into(),
            title: "Giấy chứng sinh".into(),
            origin: "digitised".into(),
            issuer: "Ủy ban nhân dân xã Mẫu".into(),
            kept_on: "2026-03-03".into(),
            sha256: "c".repeat(64),
            media_type: "application/pdf".into(),
            size: 3,
        };
        let kept = event(&db, DOCUMENT_KEPT, &kept);
        room.take(&kept).await.unwrap();
        room.take(&kept).await.unwrap();
        let rows = room.items(&person("resident"), None, 10).await.unwrap();
        let mut seen: Vec<_> = rows.iter().map(|row| (row.item.title.as_str(), row.item.origin.as_str())).collect();
        seen.sort_unstable();
        assert_eq!(seen, [("Giấy chứng sinh", "digitised"), ("Giấy khai sinh", "result")]);
        let wrong = room.take(&event(&db, RESULT_ISSUED, &result("not-an-id"))).await;
        assert!(matches!(wrong, Err(Failure::Never(_))), "an event nobody can read is put aside");
    }

    async fn the_outbox_brings_a_result_into_the_vault(db: TestDb) {
        let room: VaultRoom = room(&db).await;
        db.register(Arc::new(room.clone()));
        let issued = result(person("resident").as_str());
        db.transaction(|tx| {
            let issued = issued.clone();
            Box::pin(async move {
                tx.emit(RESULT_ISSUED, "c1", &issued).await?;
                tx.emit("case.moved", "c1", &serde_json::json!({})).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
        Dispatcher::new(db.db()).run_due().await.unwrap();
        let rows = room.items(&person("resident"), None, 10).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].item.number.as_deref(), Some("31/2026"));
    }

    async fn the_owners_pages_show_everything_and_nobody_elses(db: TestDb) {
        let room = room(&db).await;
        let stored = room.inner().blobs.put_bytes(b"<h1>x</h1>").await.unwrap();
        let mut new = new_item("resident", "khai sinh", "G1", "result", None);
        new.item.sha256 = stored.sha256;
        let id = room.deposit(&new).await.unwrap();
        let audit = look(&db, true).await;
        let mut me = Visitor::signed_in(&db, &room, "resident").await;
        let empty = Visitor::signed_in(&db, &room, "stranger").await.open("/en/giay-to").await;
        assert!(empty.text.contains("No documents yet") && !empty.text.contains("khai sinh"), "{}", empty.text);
        for lang in ["vi", "en"] {
            let list = me.open(&format!("/{lang}/giay-to")).await;
            assert_eq!(list.status, 200);
            for part in ["Giấy khai sinh", "12/2026", "Ủy ban nhân dân xã Mẫu", &new.item.sha256[..12], &id] {
                assert!(list.text.contains(part), "{lang} {part}: {}", list.text);
            }
            let item = me.open(&format!("/{lang}/giay-to/{id}")).await;
            for part in [new.item.sha256.as_str(), "/kq/abcdefghijklmnopqrstuvwxyz", "hd-qr", "/tep"] {
                assert!(item.text.contains(part), "{lang} {part}: {}", item.text);
            }
            let log = me.open(&format!("/{lang}/ai-da-xem")).await;
            for part in ["giải quyết hồ sơ", "118/2025/NĐ-CP", audit.as_str(), "<details"] {
                assert!(log.text.contains(part), "{lang} {part}: {}", log.text);
            }
            for page in [list, item, log] {
                assert!(!page.text.contains('⟦') && !page.text.contains("vault-"), "{lang}: {}", page.text);
            }
        }
        let log = me.open("/vi/ai-da-xem").await;
        assert!(log.text.contains("Bị từ chối") && log.text.contains("UBND xã Mẫu"), "{}", log.text);
        assert!(me.open("/en/ai-da-xem").await.text.contains("Mẫu Commune"));
        let sent = me.send(&format!("/vi/ai-da-xem/{audit}/hoi"), &[]).await;
        assert_eq!((sent.status, sent.location.as_str()), (303, format!("/vi/ai-da-xem?hoi={audit}").as_str()));
        let log = me.open(&sent.location).await;
        assert!(log.text.contains("Chúng tôi đã ghi câu hỏi") && log.text.contains("Ông/bà đã hỏi"), "{}", log.text);
        let mut other = Visitor::signed_in(&db, &room, "stranger").await;
        for path in [format!("/vi/giay-to/{id}"), format!("/vi/giay-to/{id}/tep")] {
            assert_eq!(other.open(&path).await.status, 404, "{path}");
        }
        assert_eq!(other.send(&format!("/vi/ai-da-xem/{audit}/hoi"), &[]).await.status, 404);
        assert_eq!(page_of(&db, &room, "/vi/giay-to").await.status, 303, "nobody is signed in");
    }

    async fn a_file_is_saved_never_shown_and_recorded(db: TestDb) {
        let room = room(&db).await;
        let content: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let stored = room.inner().blobs.put_bytes(&content).await.unwrap();
        let mut new = new_item("resident", "khai sinh", "G1", "result", None);
        new.item.media_type = "text/html; charset=utf-8".into();
        new.item.sha256 = stored.sha256;
        let id = room.deposit(&new).await.unwrap();
        let mut me = Visitor::signed_in(&db, &room, "resident").await;
        let got = me.open(&format!("/vi/giay-to/{id}/tep")).await;
        assert_eq!((got.status, got.body == content), (200, true), "{} bytes", got.body.len());
        assert!(got.header("content-disposition").starts_with("attachment;"));
        assert!(got.header("content-security-policy").starts_with("sandbox"));
        let actions: Vec<_> =
            db.accesses_of(city::NUMBER, None, 1).await.unwrap().into_iter().map(|row| row.action).collect();
        assert_eq!(actions, ["vault.downloaded"]);
        let lost = room.deposit(&new_item("resident", "lost", "G1", "digitised", None)).await.unwrap();
        assert_eq!(me.open(&format!("/vi/giay-to/{lost}/tep")).await.status, 410);
    }

    async fn the_saved_log_runs_no_formula(db: TestDb) {
        let room = room(&db).await;
        let by = ActorRef { kind: "official".into(), agency: Some("H24.11824".into()), ..ActorRef::default() };
        let entry = AuditEntry::read("case.read", by).object("case", "c1").because("luật", "=1+1\",x").subject(city::NUMBER);
        db.record_read(entry).await.unwrap();
        let got = Visitor::signed_in(&db, &room, "resident").await.open("/vi/ai-da-xem/tai-ve").await;
        assert_eq!(got.header("content-type"), "text/csv; charset=utf-8");
        assert!(got.header("content-disposition").contains("ai-da-xem.csv"));
        let lines: Vec<_> = got.text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines.len(), 2, "{}", got.text);
        assert!(lines[1].contains(r#","'=1+1"",x","luật","","","","","Đã xem","#), "{}", lines[1]);
    }

    async fn the_api_answers_the_owner_alone(db: TestDb) {
        let room = room(&db).await;
        let id = room.deposit(&new_item("resident", "k", "G1", "result", None)).await.unwrap();
        let audit = look(&db, false).await;
        let served = city::served(&db, &room);
        let check = async |method: &str, path: &str, token: &str, expected: u16| {
            let got = city::api(&served, method, path, token).await;
            assert_eq!(got.status, expected, "{method} {path} {token}: {}", got.text);
            got
        };
        let list = check("GET", "/api/v1/vault/items", "resident", 200).await.json();
        assert_eq!((&list["items"][0]["id"], &list["items"][0]["status"]), (&id.as_str().into(), &"valid".into()));
        check("GET", "/api/v1/vault/items?shelf=nonsense", "resident", 422).await;
        let mine = format!("/api/v1/vault/items/{id}");
        assert_eq!(check("GET", &mine, "resident", 200).await.json()["sha256"], "a".repeat(64));
        assert_eq!(check("GET", "/api/v1/vault/items", "stranger", 200).await.json()["items"], serde_json::json!([]));
        check("GET", &mine, "stranger", 404).await;
        check("GET", &format!("{mine}/file"), "stranger", 404).await;
        check("GET", &mine, "official", 403).await;
        check("GET", &mine, "", 401).await;
        let log = check("GET", "/api/v1/vault/accesses", "resident", 200).await.json();
        assert_eq!((&log["items"][0]["id"], &log["items"][0]["purpose"]), (&audit.as_str().into(), &"giải quyết hồ sơ".into()));
        assert_eq!(log["own_count"], 2, "the list and the document: {log}");
        let ask = format!("/api/v1/vault/accesses/{audit}/questions");
        check("POST", &ask, "stranger", 404).await;
        check("POST", &ask, "resident", 201).await;
        check("POST", &ask, "resident", 200).await;
        check("GET", "/api/v1/vault/access-questions", "resident", 403).await;
        let questions = check("GET", "/api/v1/vault/access-questions", "official", 200).await.json();
        assert_eq!(questions["items"][0]["access"], audit.as_str());
        assert!(!questions.to_string().contains(person("resident").as_str()), "who asks is not told");
    }
}

#[test]
fn texts_are_complete_and_used() {
    let root = env!("CARGO_MANIFEST_DIR");
    let sources = [format!("{root}/src"), format!("{root}/templates")];
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let (vi, en) = (include_str!("../../locales/vi/vault.ftl"), include_str!("../../locales/en/vault.ftl"));
    let faults = haidang_ui::texts::check_keys(vi, en, "vault-", &sources);
    assert!(faults.is_empty(), "{faults:#?}");
}
