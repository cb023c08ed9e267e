//! What people learn of answers about them: exactly once each, whatever stops in between.

use std::collections::BTreeMap;

use bytes::Bytes;
use haidang_exchange::MIGRATIONS;
use haidang_exchange::proxy::Stored;
use haidang_exchange::usage::{Period, UsageRecord};
use haidang_store::args;
use haidang_testkit::{TestDb, db_test};
use jiff::{SignedDuration, Timestamp};

use super::support::{Log, bytes_of, request};

pub fn number(serial: usize) -> String {
    format!("031090{serial:06}")
}

/// An answer about these people.
pub fn usage(at: Timestamp, people: impl IntoIterator<Item = usize>) -> UsageRecord {
    let subjects: Vec<String> = people.into_iter().map(number).collect();
    UsageRecord {
        at,
        purpose: "Đăng ký khai sinh".to_owned(),
        legal_basis: "194/2025/NĐ-CP Điều 16".to_owned(),
        case: Some("H24.15-261121-0001".to_owned()),
        procedure: Some("1.001193".to_owned()),
        receiver_code: "0001".to_owned(),
        receiver_name: "Sở Tư pháp".to_owned(),
        receiver_system: "Một cửa".to_owned(),
        service: "VN-HP/GOV/0002/B/people".to_owned(),
        agreement: "HD-2".to_owned(),
        agreement_version: 3,
        fields: vec!["$.hoTen".to_owned()],
        field_names: vec!["Họ và tên".to_owned()],
        whole: false,
        delivered: true,
        hidden: None,
        bulk: false,
        sole: subjects.len() == 1,
        subjects,
    }
}

/// Keeps a call whose answer is about somebody.
pub async fn keep(log: &Log, id: &str, usage: UsageRecord) {
    let answer = Stored::from(Bytes::from_static(b"{\"hoTen\":\"A\"}"));
    log.keep_about(&request(id, Stored::Empty), answer, Some(usage)).await.unwrap();
}

const ALWAYS: Period = Period { from: Timestamp::MIN, until: Timestamp::MAX };

async fn counted(db: &TestDb, statement: &'static str) -> i64 {
    db.fetch_one(statement, args![]).await.unwrap().integer("n").unwrap()
}

const OPEN: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM exchange_usage_open";
const TOLD: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM exchange_usage";
const ENTRIES: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_audit WHERE action = 'exchange.delivered'";

db_test! {
    rooms = &[("exchange", MIGRATIONS)];

    async fn each_of_a_hundred_people_finds_one_entry(db: TestDb) {
        let log = Log::open(&db).await;
        let at = log.ambient.now();
        keep(&log, "call-1", usage(at, 0..100)).await;
        assert_eq!((counted(&db, OPEN).await, counted(&db, ENTRIES).await), (1, 0));
        assert_eq!(log.log.usage().drain().await.unwrap(), 1);
        assert_eq!((counted(&db, OPEN).await, counted(&db, ENTRIES).await, counted(&db, TOLD).await), (0, 100, 100));
        for serial in [0, 42, 99] {
            let rows = db.accesses_of(&number(serial), None, 10).await.unwrap();
            let [row] = rows.as_slice() else { panic!("{} entries", rows.len()) };
            let delivery = row.delivery.as_ref().unwrap();
            assert_eq!((row.at, row.agency.as_deref(), row.actor_kind.as_str()), (at, Some("0001"), "system"));
            assert_eq!(row.purpose.as_deref(), Some("Đăng ký khai sinh"));
            assert_eq!(row.legal_basis.as_deref(), Some("194/2025/NĐ-CP Điều 16"));
            assert_eq!(row.case_id.as_deref(), Some("H24.15-261121-0001"));
            assert_eq!((row.own, row.refused, row.delayed.is_none()), (false, false, true));
            assert_eq!((delivery.fields.clone(), delivery.sole), (vec!["$.hoTen".to_owned()], false));
            assert_eq!(delivery.field_names, ["Họ và tên"]);
            assert_eq!((delivery.message.as_str(), delivery.digest.len()), (row.object_id.as_str(), 128));
            let (total, found) = log.log.usage().find(&number(serial), &ALWAYS, 0, 10).await.unwrap();
            assert_eq!((total, found.len(), found[0].at), (1, 1, at));
        }
        assert!(db.accesses_of(&number(100), None, 10).await.unwrap().is_empty());
        assert_eq!(log.log.usage().drain().await.unwrap(), 0, "told once");
    }

    async fn whoever_is_waiting_to_be_told_stays_sealed(db: TestDb) {
        let log = Log::open(&db).await;
        keep(&log, "call-1", usage(log.ambient.now(), [7])).await;
        let sealed = db.fetch_one("SELECT sealed FROM exchange_usage_open", args![]).await.unwrap().bytes("sealed");
        let sealed = sealed.unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"031090" || window == b"H24.15"));
        log.log.usage().drain().await.unwrap();
        let rows = db.fetch_all("SELECT detail FROM store_audit", args![]).await.unwrap();
        assert!(rows.iter().all(|row| !row.text("detail").unwrap().contains(&number(7))));
    }

    async fn a_round_that_is_cut_off_loses_nobody_and_tells_nobody_twice(db: TestDb) {
        let log = Log::open(&db).await;
        for call in 0..40 {
            keep(&log, &format!("call-{call}"), usage(log.ambient.now(), [call, call + 1, 500])).await;
        }
        // Killed as soon as some of it is done.
        let killed = log.log.usage().clone();
        let round = tokio::spawn(async move { killed.drain().await });
        let began = std::time::Instant::now();
        while counted(&db, TOLD).await == 0 && !round.is_finished() {
            assert!(began.elapsed().as_secs() < 60, "the round never began");
        }
        round.abort();
        let _ = round.await;
        // Another process, and two rounds at once.
        let other = Log::reopen(&db, log.notary.clone()).await;
        let (one, two) = tokio::join!(log.log.usage().drain(), other.log.usage().drain());
        one.unwrap();
        two.unwrap();
        log.log.usage().drain().await.unwrap();
        assert_eq!((counted(&db, OPEN).await, counted(&db, TOLD).await, counted(&db, ENTRIES).await), (0, 120, 120));
        let mut messages = BTreeMap::new();
        for row in db.accesses_of(&number(500), None, 100).await.unwrap() {
            *messages.entry(row.object_id).or_insert(0) += 1;
        }
        assert_eq!((messages.len(), messages.values().max()), (40, Some(&1)), "one entry for each message");
        for (serial, expected) in [(0, 1), (1, 2), (39, 2), (40, 1)] {
            assert_eq!(db.accesses_of(&number(serial), None, 100).await.unwrap().len(), expected, "{serial}");
        }
    }

    async fn a_message_that_cannot_be_told_keeps_no_other_from_it(db: TestDb) {
        let log = Log::open(&db).await;
        let broken = "INSERT INTO exchange_usage_open (message, at, sealed) VALUES ($1, $2, $3)";
        db.execute(broken, args!["00000000-0000-7000-8000-000000000000", 0_i64, b"nothing".to_vec()]).await.unwrap();
        keep(&log, "call-1", usage(log.ambient.now(), [1])).await;
        assert_eq!(log.log.usage().drain().await.unwrap(), 1);
        assert_eq!((counted(&db, OPEN).await, counted(&db, TOLD).await), (1, 1));
        assert_eq!(log.log.usage().waits_since().await.unwrap(), Some(Timestamp::UNIX_EPOCH));
    }

    async fn the_round_hears_of_what_arrives_and_ends_when_told(db: TestDb) {
        let log = Log::open(&db).await;
        let (stopper, stop) = haidang_store::stopper();
        let running = log.log.clone();
        let round = tokio::spawn(async move { running.usage().run(stop).await });
        keep(&log, "call-1", usage(log.ambient.now(), [1])).await;
        let began = std::time::Instant::now();
        while counted(&db, TOLD).await == 0 {
            assert!(began.elapsed().as_secs() < 60, "nobody was told");
            tokio::task::yield_now().await;
        }
        stopper.stop();
        round.await.unwrap();
    }

    async fn many_people_are_one_entry_and_a_notice(db: TestDb) {
        let log = Log::open(&db).await;
        let at = log.ambient.now();
        for call in 0..3 {
            let moment = at + SignedDuration::from_secs(call);
            keep(&log, &format!("call-{call}"), UsageRecord { bulk: true, ..usage(moment, []) }).await;
        }
        keep(&log, "call-9", usage(at, [1])).await;
        log.log.usage().drain().await.unwrap();
        assert_eq!((counted(&db, ENTRIES).await, counted(&db, TOLD).await), (4, 4));
        let first = log.log.usage().bulk(None, 2).await.unwrap();
        let rest = log.log.usage().bulk(Some(&first[1].place), 2).await.unwrap();
        let times: Vec<_> = first.iter().chain(&rest).map(|one| one.delivery.at.duration_since(at).as_secs()).collect();
        assert_eq!(times, [2, 1, 0]);
        assert_eq!((rest[0].purpose.as_str(), rest[0].delivery.receiver_name.as_str()), ("Đăng ký khai sinh", "Sở Tư pháp"));
        assert!(log.log.usage().bulk(Some("nonsense"), 9).await.unwrap().len() == 3, "an unknown place is the beginning");
    }

    async fn what_is_held_back_shows_from_its_day_on(db: TestDb) {
        let log = Log::open(&db).await;
        let at = log.ambient.now();
        let until = at + SignedDuration::from_hours(48);
        let hidden = Some((until, "Luật X Điều 1".to_owned()));
        keep(&log, "call-1", UsageRecord { hidden: hidden.clone(), ..usage(at, [1]) }).await;
        keep(&log, "call-2", UsageRecord { hidden, bulk: true, ..usage(at, []) }).await;
        log.log.usage().drain().await.unwrap();
        let row = db.accesses_of(&number(1), None, 10).await.unwrap().remove(0);
        let delayed = row.delayed.unwrap();
        assert_eq!((delayed.visible_from, delayed.legal_basis.as_str()), (until, "Luật X Điều 1"));
        for shown in [0, 1] {
            let (total, found) = log.log.usage().find(&number(1), &ALWAYS, 0, 10).await.unwrap();
            assert_eq!((total, found.len()), (shown, usize::try_from(shown).unwrap()));
            let proof = log.log.usage().provable(&number(1), &row.audit_id).await.unwrap();
            assert_eq!((proof.is_some(), log.log.usage().bulk(None, 9).await.unwrap().len()), (shown == 1, usize::try_from(shown).unwrap()));
            log.ambient.advance(SignedDuration::from_hours(48));
        }
    }

    async fn nothing_delivered_is_an_entry_but_no_use(db: TestDb) {
        let log = Log::open(&db).await;
        keep(&log, "call-1", UsageRecord { delivered: false, ..usage(log.ambient.now(), [1]) }).await;
        log.log.usage().drain().await.unwrap();
        let row = db.accesses_of(&number(1), None, 10).await.unwrap().remove(0);
        let delivery = row.delivery.unwrap();
        assert_eq!((row.refused, delivery.fields.len() + delivery.field_names.len(), delivery.sole), (true, 0, false));
        assert_eq!(log.log.usage().find(&number(1), &ALWAYS, 0, 10).await.unwrap().0, 0);
    }

    async fn only_the_one_whom_an_answer_is_about_alone_gets_it(db: TestDb) {
        let log = Log::open(&db).await;
        keep(&log, "call-1", usage(log.ambient.now(), [1])).await;
        // The caller used the same id again, about others.
        keep(&log, "call-1", usage(log.ambient.now(), [1, 2])).await;
        log.log.usage().drain().await.unwrap();
        let rows = db.accesses_of(&number(1), None, 10).await.unwrap();
        let by = |sole: bool| rows.iter().find(|row| row.delivery.as_ref().unwrap().sole == sole).unwrap();
        let (both, alone) = (by(false), by(true));
        let provable = async |who: usize, audit: &str| log.log.usage().provable(&number(who), audit).await.unwrap();
        assert_eq!(provable(1, &both.audit_id).await, None);
        assert_eq!(provable(2, &alone.audit_id).await, None);
        assert_eq!(provable(1, "nothing").await, None);
        let record = provable(1, &alone.audit_id).await.unwrap();
        let made = log.log.container(&record).await.unwrap();
        let verdict = log.notary.judge(&bytes_of(&made.content)).unwrap();
        assert_eq!((verdict.trusted, verdict.covered.len()), (true, 2));
        assert!(made.name.starts_with("call-1-response-"), "{}", made.name);
    }
}
