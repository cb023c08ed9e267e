//! Numbers, their dates and their chain, on both databases.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, actor, room, room_with};
use crate::desk::Desk;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_office::registers::{self, Claim, Columns, Direction, Entry, Finding, Proof, Taken, Verdict};
use haidang_office::{OfficeRoom, Reader};
use haidang_store::args;
use haidang_testkit::db_test;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use std::sync::Arc;

/// Takes the next number of a group of kinds.
pub async fn take_on(room: &OfficeRoom, agency: &str, group: &str, on: Date) -> Result<Taken, Problem> {
    let (agency, group, ambient) = (agency.to_owned(), group.to_owned(), room.ambient.clone());
    let document: haidang_kernel::id::Id<()> = ambient.new_id();
    let document = document.to_string();
    room.db
        .transaction_in_line(move |tx| {
            let (agency, group, ambient, document) = (agency.clone(), group.clone(), ambient.clone(), document.clone());
            Box::pin(async move {
                let claim = Claim {
                    agency: &agency,
                    direction: Direction::Out,
                    group: &group,
                    document: &document,
                    on,
                    summary: columns(),
                };
                registers::take(tx, &ambient, &claim).await
            })
        })
        .await
}

db_test! {
    rooms = ROOMS;

    async fn numbers_follow_each_other_in_every_book(db: TestDb) {
        let room = room(&db).await;
        let today = room.ambient.today();
        for (agency, group, number) in [
            (COMMUNE, "admin", 1),
            (COMMUNE, "admin", 2),
            (COMMUNE, "legal", 1),
            (DEPARTMENT, "admin", 1),
            (COMMUNE, "admin", 3),
        ] {
            assert_eq!(take_on(&room, agency, group, today).await.unwrap().number, number, "{agency} {group}");
        }
        for (group, on, code) in [
            ("no-such", today, "register_unknown"),
            ("admin", today.tomorrow().unwrap(), "register_date_in_future"),
            ("admin", today.yesterday().unwrap(), "register_backdated"),
            ("admin", date(today.year() - 1, 12, 31), "register_frozen"),
        ] {
            assert_eq!(take_on(&room, COMMUNE, group, on).await.unwrap_err().code, code, "{group} {on}");
        }
        assert_eq!(take_on(&room, COMMUNE, "admin", today).await.unwrap().number, 4);
    }
}

/// Runs one step inside a transaction of its own.
macro_rules! step {
    ($room:expr, |$tx:ident, $ambient:ident| $body:expr) => {{
        let ambient = $room.ambient.clone();
        $room
            .db
            .transaction_in_line(move |$tx| {
                let $ambient = ambient.clone();
                Box::pin($body)
            })
            .await
    }};
}

fn entry() -> Entry {
    Entry { notation: "QĐ-UBND".into(), subject: "Về việc mẫu".into(), ..Entry::default() }
}

fn columns() -> Columns {
    Columns::of(&entry()).unwrap()
}

fn claim<'c>(document: &'c str, on: Date) -> Claim<'c> {
    let summary = columns();
    Claim { agency: COMMUNE, direction: Direction::Out, group: "admin", document, on, summary }
}

/// Holds a number for a document.
pub async fn hold_number(room: &OfficeRoom, document: &'static str) -> Taken {
    let (today, settings) = (room.ambient.today(), room.registers.clone());
    step!(room, |tx, ambient| {
        let (claim, settings) = (claim(document, today), settings.clone());
        async move { registers::hold(tx, &ambient, &settings, &claim).await }
    })
    .unwrap()
}

async fn issue(room: &OfficeRoom, taken: &Taken, document: &'static str) -> Result<Taken, Problem> {
    let entry = taken.entry.clone();
    step!(room, |tx, ambient| {
        let entry = entry.clone();
        async move { registers::issue(tx, &ambient, &entry, document, None).await }
    })
}

async fn verdict(room: &OfficeRoom, register: &str) -> Verdict {
    let inspector = actor("inspector").await;
    let reader = Reader { actor: &inspector, channel: "online", request_id: "r1" };
    room.verify_register(&reader, register).await.unwrap()
}

/// Findings as `word@place`.
fn found(verdict: &Verdict) -> Vec<String> {
    let place = |finding: &Finding| {
        let day = finding.day.map(|day| day.to_string());
        finding.position.or(finding.number).map(|number| number.to_string()).or(day).unwrap_or_default()
    };
    verdict.findings.iter().map(|finding| format!("{}@{}", finding.fault.as_str(), place(finding))).collect()
}

db_test! {
    rooms = ROOMS;

    async fn a_held_number_is_issued_given_back_or_voided(db: TestDb) {
        let room = room(&db).await;
        let (one, two, three) = (hold_number(&room, "d1").await, hold_number(&room, "d2").await, hold_number(&room, "d3").await);
        assert_eq!([one.number, two.number, three.number], [1, 2, 3]);
        assert_eq!(issue(&room, &one, "d2").await.unwrap_err().code, "number_not_held");
        issue(&room, &one, "d1").await.unwrap();
        assert_eq!(issue(&room, &one, "d1").await.unwrap_err().code, "number_not_held");
        let entry = two.entry.clone();
        step!(room, |tx, ambient| {
            let entry = entry.clone();
            async move { registers::release(tx, &ambient, &entry, "Ký không thành").await }
        }).unwrap();
        // The lowest free number is taken first, also by whoever takes one for good.
        assert_eq!(take_on(&room, COMMUNE, "admin", room.ambient.today()).await.unwrap().number, 2);
        room.ambient.advance(SignedDuration::from_mins(31));
        assert_eq!(issue(&room, &three, "d3").await.unwrap_err().code, "number_not_held");
        let round = room.tick_registers().await;
        assert_eq!((round.released, round.voided, round.failed), (1, 0, 0));
        let again = hold_number(&room, "d4").await;
        assert_eq!(again.number, 3);
        room.ambient.advance(SignedDuration::from_hours(24));
        let round = room.tick_registers().await;
        assert_eq!((round.released + round.voided, round.roots, round.stamped, round.failed), (2, 1, 1, 0));
        let next = take_on(&room, COMMUNE, "admin", room.ambient.today()).await.unwrap();
        assert_eq!(next.number, 4);
        let verdict = verdict(&room, &one.register).await;
        assert!(verdict.sound, "{verdict:?}");
        assert_eq!((verdict.counts.issued, verdict.counts.voided, verdict.counts.highest), (3, 1, 4));
        assert_eq!((verdict.roots_agreed, verdict.roots_stamped, verdict.days_open), (1, 1, 1));
    }

    async fn a_year_ends(db: TestDb) {
        let room = room(&db).await;
        let last = date(room.ambient.today().year(), 12, 31);
        room.ambient.set(time::at(last.at(16, 0, 0, 0)));
        let taken = take_on(&room, COMMUNE, "admin", last).await.unwrap();
        hold_number(&room, "d2").await;
        room.ambient.set(time::at(last.tomorrow().unwrap().at(0, 30, 0, 0)));
        let round = room.tick_registers().await;
        // First the held number goes back, in the same round its day closes, then its year.
        assert_eq!((round.voided, round.frozen, round.roots, round.failed), (1, 1, 1, 0));
        assert_eq!(take_on(&room, COMMUNE, "admin", last).await.unwrap_err().code, "register_frozen");
        let first = take_on(&room, COMMUNE, "admin", last.tomorrow().unwrap()).await.unwrap();
        assert_eq!(first.number, 1);
        assert_ne!(first.register, taken.register);
        // What is known only later is still filled in; what was registered is not changed any more.
        let summary = entry();
        for (summary, expected) in [
            (Entry { sent_on: Some(last), receipt: "đã nhận".into(), ..summary.clone() }, None),
            (Entry { subject: "Khác".into(), ..summary }, Some("register_frozen")),
        ] {
            let entry = taken.entry.clone();
            let answer = step!(room, |tx, ambient| {
                let (entry, summary) = (entry.clone(), summary.clone());
                async move { registers::amend(tx, &ambient, &entry, &summary).await }
            });
            assert_eq!(answer.err().map(|problem| problem.code), expected);
        }
        assert!(verdict(&room, &taken.register).await.sound);
    }

    async fn tampering_is_found_and_located(db: TestDb) {
        let room = room(&db).await;
        let mut taken = Vec::new();
        for _ in 0..5 {
            taken.push(take_on(&room, COMMUNE, "admin", room.ambient.today()).await.unwrap());
        }
        room.ambient.advance(SignedDuration::from_hours(24));
        room.tick_registers().await;
        let day = room.ambient.today().yesterday().unwrap();
        let register = taken[0].register.clone();
        assert!(verdict(&room, &register).await.sound);
        let other = "0".repeat(64);
        for (name, tamper, mend, expected) in [
            ("a line says something else",
                "UPDATE office_register_entry SET document_id = document_id || 'x' WHERE number = 2",
                "UPDATE office_register_entry SET document_id = substr(document_id, 1, 36) WHERE number = 2",
                vec!["line_changed@2".to_owned()]),
            ("its number moved behind the others",
                "UPDATE office_register_entry SET number = 9 WHERE number = 5",
                "UPDATE office_register_entry SET number = 5 WHERE number = 9",
                vec!["line_missing@5".to_owned(), "line_added@9".to_owned()]),
            ("its date moved",
                "UPDATE office_register_entry SET entered_on = '2020-01-01' WHERE number = 3",
                "UPDATE office_register_entry SET entered_on = (SELECT MAX(entered_on) FROM office_register_entry) WHERE number = 3",
                vec!["line_changed@3".to_owned(), "order_broken@3".to_owned()]),
            ("an event says something else",
                "UPDATE office_register_event SET event = replace(event, '\"number\":3', '\"number\":7') WHERE position = 3",
                "UPDATE office_register_event SET event = replace(event, '\"number\":7', '\"number\":3') WHERE position = 3",
                vec!["event_changed@3".to_owned(), "line_missing@7".to_owned(), "line_added@3".to_owned(), format!("root_differs@{day}")]),
            ("an event was cut out",
                "UPDATE office_register_event SET register_id = 'z' WHERE position = 3",
                "UPDATE office_register_event SET register_id = (SELECT id FROM office_register) WHERE position = 3",
                vec!["event_missing@3".to_owned(), "line_added@3".to_owned(), format!("root_differs@{day}")]),
            ("the last event was cut off",
                "UPDATE office_register_event SET register_id = 'z' WHERE position = 5",
                "UPDATE office_register_event SET register_id = (SELECT id FROM office_register) WHERE position = 5",
                vec!["head_differs@5".to_owned(), "line_added@5".to_owned()]),
            ("two events changed places",
                "UPDATE office_register_event SET position = 13 - position WHERE position IN (3, 4)",
                "UPDATE office_register_event SET position = 13 - position WHERE position IN (9, 10)",
                vec!["event_missing@3".to_owned(), "event_missing@4".to_owned(), "event_missing@6".to_owned(), "event_missing@7".to_owned(),
                    "event_missing@8".to_owned(), "event_changed@10".to_owned(), "head_differs@5".to_owned(), format!("root_differs@{day}")]),
            ("the head was moved",
                "UPDATE office_register SET events = 4",
                "UPDATE office_register SET events = 5",
                vec!["head_differs@4".to_owned()]),
            ("the root was exchanged",
                "UPDATE office_register_root SET leaves = leaves, root = 'x' || root",
                "UPDATE office_register_root SET root = substr(root, 2)",
                vec![format!("root_differs@{day}")]),
        ] {
            assert!(db.db().execute(tamper, vec![]).await.unwrap() > 0, "{name}");
            let found = found(&verdict(&room, &register).await);
            assert_eq!(found, expected, "{name}");
            db.db().execute(mend, vec![]).await.unwrap();
            let mended = verdict(&room, &register).await;
            assert!(mended.sound, "{name}: {mended:?} {other}");
        }
    }

    async fn a_proof_stands_by_itself(db: TestDb) {
        let room = room(&db).await;
        let taken = take_on(&room, COMMUNE, "admin", room.ambient.today()).await.unwrap();
        take_on(&room, DEPARTMENT, "admin", room.ambient.today()).await.unwrap();
        let clerk = actor("clerk").await;
        let reader = Reader { actor: &clerk, channel: "api", request_id: "r1" };
        assert_eq!(room.prove_entry(&reader, &taken.entry).await.unwrap_err().code, "root_missing");
        room.ambient.advance(SignedDuration::from_hours(24));
        room.tick_registers().await;
        let proof = room.prove_entry(&reader, &taken.entry).await.unwrap();
        assert!(proof.holds());
        // What is stamped is the digest of the 32 bytes of the root; the desk of the tests stamps by repeating it.
        let imprint = haidang_kernel::chain::Hash::of(&proof.root.0);
        let token = data_encoding::BASE64.decode(proof.tst.as_deref().unwrap().as_bytes()).unwrap();
        assert_eq!(token[..32], imprint.0);
        assert!(proof.renewals.is_empty());
        let text = serde_json::to_string(&proof).unwrap();
        let read: Proof = serde_json::from_str(&text).unwrap();
        assert!(read.holds());
        assert!(!Proof { entry: read.entry.replace("issued", "voided"), ..read }.holds());
        let stranger = actor("other_clerk").await;
        let reader = Reader { actor: &stranger, channel: "api", request_id: "r1" };
        assert_eq!(room.prove_entry(&reader, &taken.entry).await.unwrap_err().code, "entry_not_found");
    }
}

/// One of four writers: takes, holds, issues and gives back by what the seed says; one transaction of ten is rolled
/// back after it took its number.
async fn write_at_random(room: OfficeRoom, writer: u64, seed: u64, acts: u32) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(writer).wrapping_mul(0xD134_2543_DE82_EF95);
    for act in 0..acts {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let dice = state >> 33;
        let document = format!("d-{writer}-{act}");
        let (today, settings) = (room.ambient.today(), room.registers.clone());
        let first = document.clone();
        let (fails, holds, issues) = (dice.is_multiple_of(10), dice.is_multiple_of(3), dice % 5 > 1);
        let taken = step!(room, |tx, ambient| {
            let (document, settings) = (first.clone(), settings.clone());
            async move {
                let claim = claim(&document, today);
                let taken = if holds {
                    registers::hold(tx, &ambient, &settings, &claim).await?
                } else {
                    registers::take(tx, &ambient, &claim).await?
                };
                if fails { Err(Problem::conflict("rolled_back", "as the test wants")) } else { Ok(taken) }
            }
        });
        let taken = match taken {
            Ok(taken) if holds => taken,
            Ok(_) => continue,
            Err(problem) => {
                assert!(fails && problem.code == "rolled_back", "{problem}");
                continue;
            }
        };
        step!(room, |tx, ambient| {
            let (entry, document) = (taken.entry.clone(), document.clone());
            async move {
                if issues {
                    registers::issue(tx, &ambient, &entry, &document, None).await.map(|_| ())
                } else {
                    registers::release(tx, &ambient, &entry, "Ký không thành").await
                }
            }
        })
        .unwrap();
    }
}

db_test! {
    rooms = ROOMS;

    async fn four_writers_leave_no_gap(db: TestDb) {
        let room = room(&db).await;
        let mut register = String::new();
        for seed in 1..=5_u64 {
            let writers = (0..4).map(|writer| tokio::spawn(write_at_random(room.clone(), writer, seed, 15)));
            for writer in futures_util::future::join_all(writers.collect::<Vec<_>>()).await {
                writer.unwrap();
            }
            let taken = take_on(&room, COMMUNE, "admin", room.ambient.today()).await.unwrap();
            register = taken.register;
            let verdict = verdict(&room, &register).await;
            assert!(verdict.sound, "seed {seed}: {verdict:?}");
            assert_eq!(verdict.counts.held, 0);
        }
        // Days pass: what nobody used is void, and the count still holds with nothing held or free.
        room.ambient.advance(SignedDuration::from_hours(24));
        assert_eq!(room.tick_registers().await.failed, 0);
        let verdict = verdict(&room, &register).await;
        assert!(verdict.sound, "{verdict:?}");
        let counts = verdict.counts;
        assert_eq!((counts.held, counts.free), (0, 0));
        assert_eq!(counts.issued, counts.highest - counts.lowest + 1 - counts.voided);
        assert!(counts.issued > 100, "{counts:?}");
    }

    async fn stamps_are_renewed_in_time_and_a_broken_chain_is_seen(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let end = |days: i64| Some(room.ambient.now() + SignedDuration::from_hours(24 * days));
        *desk.stamp_until.lock().unwrap() = end(200);
        let taken = take_on(&room, COMMUNE, "admin", room.ambient.today()).await.unwrap();
        room.ambient.advance(SignedDuration::from_hours(24));
        assert_eq!(room.tick_registers().await.renewed, 0);
        // 110 days later it is due; the authority has a later certificate.
        room.ambient.advance(SignedDuration::from_hours(24 * 110));
        *desk.stamp_until.lock().unwrap() = end(60);
        assert_eq!(room.tick_registers().await.renewed, 0, "a stamp that ends no later would prove nothing more");
        *desk.stamp_until.lock().unwrap() = end(400);
        room.ambient.advance(SignedDuration::from_hours(24 * 50));
        let round = room.tick_registers().await;
        assert_eq!((round.renewed, round.failed), (1, 0));
        assert_eq!(room.tick_registers().await.renewed, 0);
        let clerk = actor("clerk").await;
        let reader = Reader { actor: &clerk, channel: "api", request_id: "r1" };
        let proof = room.prove_entry(&reader, &taken.entry).await.unwrap();
        let decoded = |token: &str| data_encoding::BASE64.decode(token.as_bytes()).unwrap();
        let first = decoded(proof.tst.as_deref().unwrap());
        assert_eq!(decoded(&proof.renewals[0])[..32], haidang_kernel::chain::Hash::of(&first).0, "over the token before");
        let verdict = verdict(&room, &taken.register).await;
        assert!(verdict.sound && verdict.roots_renewed == 1, "{verdict:?}");
        db.execute("UPDATE office_register_root_stamp SET token = $1", args![vec![0_u8; 40]]).await.unwrap();
        let broken = self::verdict(&room, &taken.register).await;
        assert_eq!(found(&broken), [format!("stamp_broken@{}", proof.day)]);
    }
}
