//! What is kept can be proved to those who took part, and to nobody else.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use haidang_exchange::MIGRATIONS;
use haidang_exchange::message_log::Stamped;
use haidang_exchange::proxy::{ContainerError, Evidence as _, EvidenceError, Stored, Wanted, Which};
use haidang_exchange::rules::identifier::ClientId;
use haidang_testkit::db_test;
use jiff::SignedDuration;

use super::authority::entries;
use super::support::{Log, bytes_of, five_calls, request, spooled, wanted};

fn stamped(number: i64, messages: i64) -> Option<Stamped> {
    Some(Stamped { number, messages })
}

db_test! {
    rooms = &[("exchange", MIGRATIONS)];

    async fn every_message_becomes_a_container_that_outsiders_accept(db: TestDb) {
        let log = Log::open(&db).await;
        five_calls(&log).await;
        assert_eq!(log.log.stamp().await.unwrap(), stamped(1, 10));
        for (number, which, covered) in [
            (1, Which::Request, &["message.xml"][..]),
            (1, Which::Response, &["message.xml", "attachment1"]),
            (3, Which::Request, &["message.xml", "attachment1"]),
            (5, Which::Response, &["message.xml", "attachment1"]),
        ] {
            let made = log.asic(&wanted(&format!("call-{number}"), which)).await;
            assert_eq!(made.media_type, "application/vnd.etsi.asic-e+zip");
            let word = if which == Which::Request { "request" } else { "response" };
            assert!(made.name.starts_with(&format!("call-{number}-{word}-")) && made.name.ends_with(".asice"));
            let verdict = log.notary.judge(&bytes_of(&made.content)).unwrap();
            assert_eq!((verdict.trusted, verdict.times.len()), (true, 2), "{number} {which:?}");
            assert_eq!(verdict.covered, covered);
        }
        let both = log.asic(&Wanted { unique: false, ..wanted("call-3", Which::Both) }).await;
        assert_eq!((both.media_type, entries(&bytes_of(&both.content)).len()), ("application/zip", 2));
        let large = log.asic(&wanted("call-3", Which::Request)).await;
        let parts = entries(&bytes_of(&large.content));
        let body = parts.iter().find(|(name, _)| name == "attachment1").unwrap();
        assert_eq!(body.1, vec![b'x'; 300_000]);
        let verification = log.log.verification().await.unwrap();
        assert_eq!(entries(&bytes_of(&verification.content)).len(), 1);
    }

    async fn what_is_not_stamped_yet_is_stamped_when_somebody_asks(db: TestDb) {
        let log = Log::open(&db).await;
        five_calls(&log).await;
        log.notary.silent.store(true, Ordering::SeqCst);
        let asked = wanted("call-2", Which::Request);
        assert_eq!(log.log.containers(&asked).await.unwrap_err(), ContainerError::Failed);
        let forced = log.asic(&Wanted { force: true, ..asked.clone() }).await;
        assert!(log.notary.judge(&bytes_of(&forced.content)).is_err(), "no proven time");
        log.notary.silent.store(false, Ordering::SeqCst);
        let made = log.asic(&asked).await;
        assert!(log.notary.judge(&bytes_of(&made.content)).unwrap().trusted);
        assert_eq!(log.log.stamp().await.unwrap(), None, "all ten were stamped together");
    }

    async fn only_who_took_part_gets_evidence(db: TestDb) {
        let log = Log::open(&db).await;
        five_calls(&log).await;
        let asked = |asker: &str| Wanted {
            asker: ClientId::parse(asker).unwrap(),
            ..wanted("call-2", Which::Request)
        };
        for (asker, given) in [
            ("VN-HP/GOV/0001/A", true),
            ("VN-HP/GOV/0002/B", true),
            ("VN-HP/GOV/0001/C", false),
            ("VN-HP/GOV/0002/A", false),
            ("VN-HP/GOV/0001", false),
        ] {
            let answer = log.log.containers(&asked(asker)).await;
            assert_eq!(answer.err(), (!given).then_some(ContainerError::NotFound), "{asker}");
        }
        let all = Wanted { unique: true, ..wanted("call-2", Which::Both) };
        assert_eq!(log.log.containers(&all).await.unwrap_err(), ContainerError::NotUnique);
        let other = log.log.containers(&wanted("call-9", Which::Request)).await;
        assert_eq!(other.unwrap_err(), ContainerError::NotFound);
    }

    async fn what_messages_say_is_sealed(db: TestDb) {
        let log = Log::open(&db).await;
        let secret = b"031090000001".repeat(20_000);
        log.keep(&request("one", spooled(&secret)), Stored::from(Bytes::from_static(b"031090000001"))).await.unwrap();
        let rows = db.fetch_all("SELECT head, body FROM exchange_message", vec![]).await.unwrap();
        let mut stored: Vec<Vec<u8>> = Vec::new();
        for row in &rows {
            stored.push(row.bytes("head").unwrap());
            stored.extend(row.opt_bytes("body").unwrap());
        }
        let file = db.fetch_one("SELECT body_file FROM exchange_message WHERE body_file IS NOT NULL", vec![]).await;
        stored.push(log.blobs.bytes(&file.unwrap().text("body_file").unwrap()).await.unwrap());
        assert_eq!(stored.len(), 4);
        for bytes in stored {
            assert!(!bytes.windows(9).any(|window| window == b"031090000" || window == b"X-Road-Id"));
        }
    }

    async fn a_crowd_makes_one_chain_without_gap(db: TestDb) {
        let log = Log::open(&db).await;
        // A second process on the same records.
        let other = Log::reopen(&db, log.notary.clone()).await;
        let crowd: Vec<_> = (0..120)
            .map(|number| {
                let log = if number % 2 == 0 { log.log.clone() } else { other.log.clone() };
                tokio::spawn(async move { log.request(&request(&format!("call-{number}"), Stored::Empty)).await })
            })
            .collect();
        for task in crowd {
            task.await.unwrap().unwrap();
        }
        for round in [&log, &other, &log] {
            round.log.stamp().await.unwrap();
        }
        let checked = log.check(&db).await;
        assert_eq!((checked.messages, checked.batches, checked.unstamped), (120, 1, 0));
        assert_eq!(checked.broken, vec![]);
        log.log.close().await;
        assert_eq!(log.log.request(&request("late", Stored::Empty)).await.unwrap_err(), EvidenceError::Logging);
    }

    async fn batches_follow_each_other(db: TestDb) {
        let log = Log::open(&db).await;
        for round in 1..=3 {
            log.log.request(&request(&format!("call-{round}"), Stored::Empty)).await.unwrap();
            assert_eq!(log.log.stamp().await.unwrap(), stamped(round, 1));
        }
        assert_eq!(log.log.stamp().await.unwrap(), None);
        log.log.request(&request("call-4", Stored::Empty)).await.unwrap();
        let checked = log.check(&db).await;
        assert_eq!((checked.messages, checked.batches, checked.unstamped), (4, 3, 1));
        assert_eq!(checked.broken, vec![]);
        let made = log.asic(&wanted("call-2", Which::Request)).await;
        assert!(log.notary.judge(&bytes_of(&made.content)).unwrap().trusted);
    }

    async fn messages_are_refused_when_stamping_fails_for_too_long(db: TestDb) {
        let log = Log::open(&db).await;
        let keep = async |log: &Log, id: &str| log.log.request(&request(id, Stored::Empty)).await;
        keep(&log, "one").await.unwrap();
        log.notary.silent.store(true, Ordering::SeqCst);
        assert!(log.log.stamp().await.is_err());
        let began = log.ambient.now();
        let limit = SignedDuration::from_secs(14_400);
        assert_eq!(log.log.stamping_state().refuses_from, Some(began + limit));
        log.ambient.advance(limit - SignedDuration::from_secs(1));
        assert!(log.log.stamp().await.is_err());
        keep(&log, "two").await.unwrap();
        log.ambient.advance(SignedDuration::from_secs(1));
        assert_eq!(keep(&log, "three").await.unwrap_err(), EvidenceError::Timestamping);
        // A restart forgets no failure.
        let again = Log::reopen(&db, log.notary.clone()).await;
        assert_eq!(keep(&again, "four").await.unwrap_err(), EvidenceError::Timestamping);
        log.notary.silent.store(false, Ordering::SeqCst);
        assert_eq!(again.log.stamp().await.unwrap(), stamped(1, 2));
        keep(&again, "five").await.unwrap();
        assert_eq!(again.log.stamping_state().failing_since, None);
    }

    async fn a_member_without_a_key_says_nothing(db: TestDb) {
        let log = Log::open(&db).await;
        let mut call = request("one", Stored::Empty);
        call.client = ClientId::parse("VN-HP/GOV/none/A").unwrap();
        assert_eq!(log.log.request(&call).await.unwrap_err(), EvidenceError::Logging);
        assert_eq!(log.check(&db).await.messages, 0);
    }
}
