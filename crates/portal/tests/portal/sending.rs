//! Order, lost answers, crashes.

use super::stage::{LIFE, PARALLEL, ROOMS, Stage};
use haidang_contracts::synchronisation::SyncTrack;
use haidang_portal::portal::NationalPortal;
use haidang_store::args;
use haidang_testkit::db_test;
use jiff::SignedDuration;

async fn live(stage: &Stage, ids: &[String]) {
    for (action, status) in LIFE {
        for id in ids {
            stage.stories.step(id, action, *status).await;
        }
    }
    stage.hear().await;
}

fn ids(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("case-{number:04}")).collect()
}

db_test! {
    rooms = ROOMS;

    /// Two workers on one database: each case goes message by message, cases side by side and not too many at once.
    async fn order_holds_under_concurrency(db: TestDb) {
        let stage = Stage::open(&db);
        let (ids, other) = (ids(30), stage.second_room());
        live(&stage, &ids).await;
        for _ in 0..2_000 {
            let (one, two) = tokio::join!(stage.room.round(16), other.round(16));
            if one.unwrap().lines + two.unwrap().lines == 0 {
                break;
            }
        }
        stage.check_all(&ids);
        let most = stage.portal.memory().most_in_flight;
        assert!(most > 1 && most <= 2 * PARALLEL, "{most} at once");
        // 2 to 5 goes by 4, so a life has one message more than events.
        let case_no = stage.stories.case_no(&ids[0]);
        assert_eq!(stage.portal.statuses(&case_no), [1, 2, 4, 5, 4, 4, 4, 9, 10]);
        assert!(stage.stories.notes.lock().unwrap().values().all(|track| *track == SyncTrack::Clean));
    }

    /// The portal acts and its answer is lost, again and again: it is asked, and nothing is told twice.
    async fn lost_answers_make_no_duplicates(db: TestDb) {
        for every in [1, 2, 3] {
            let stage = Stage::open(&db);
            let ids: Vec<String> = (1..=12).map(|number| format!("lost-{every}-{number}")).collect();
            stage.portal.memory().loses = every;
            live(&stage, &ids).await;
            stage.drain().await;
            stage.check_all(&ids);
            let memory = stage.portal.memory();
            let mut before = None;
            for one in memory.cases.values().flatten() {
                // Where a status changes, the look sees that it arrived; elsewhere the key tells the portal.
                let unseen = before == Some(one.status);
                assert!(one.arrivals == 1 || unseen, "every {every}: {one:?}");
                before = (one.status != 10).then_some(one.status);
            }
        }
    }

    /// The process dies after the portal acted and before it was written down. Whoever takes the line over asks first.
    async fn a_crash_between_sending_and_recording_tells_nothing_twice(db: TestDb) {
        let stage = Stage::open(&db);
        stage.stories.step("c", "submit", 1).await;
        stage.hear().await;
        let case_no = stage.stories.case_no("c");
        stage.portal.memory().hangs = Some(case_no.clone());
        let dying = stage.second_room();
        let task = tokio::spawn(async move { dying.round(1).await });
        stage.portal.hung.notified().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(stage.room.standing().await.unwrap().sending, 1);
        assert_eq!(stage.room.round(1).await.unwrap().lines, 0, "the line is still held by the dead one");
        stage.ambient.advance(SignedDuration::from_mins(16));
        let round = stage.room.round(1).await.unwrap();
        assert_eq!((round.calls, round.delivered), (1, 1), "a question, no second message");
        assert_eq!(stage.portal.memory().cases[&case_no][0].arrivals, 1);
    }

    /// The same fact may come from the outbox twice.
    async fn a_fact_taken_twice_is_told_once(db: TestDb) {
        let stage = Stage::open(&db);
        stage.stories.step("c", "submit", 1).await;
        stage.hear().await;
        let again = "UPDATE store_delivery SET state = 'waiting', next_at = $1, attempts = 0 WHERE consumer = 'portal.lines'";
        assert_eq!(stage.db.execute(again, args![stage.ambient.now()]).await.unwrap(), 1);
        stage.hear().await;
        assert_eq!(stage.room.standing().await.unwrap().waiting, 1);
    }

    /// A city that is connected later tells a case as it stands when it next moves; one whose number the portal knows
    /// already is changed there.
    async fn a_case_heard_of_late_is_told_as_it_stands(db: TestDb) {
        let stage = Stage::open(&db);
        for (action, status) in [("submit", 1), ("accept", 2)] {
            stage.stories.step_unheard("late", action, status);
            stage.stories.step_unheard("known", action, status);
        }
        let known = stage.stories.case_no("known");
        let row = format!(r#"{{"MaHoSo":"{known}","TrangThaiHoSo":"2"}}"#);
        let filed = haidang_portal::portal::Outgoing { kind: haidang_portal::model::Kind::Create, key: "portal:1".into(), row };
        stage.portal.send(&filed).await;
        stage.stories.step("late", "propose", 4).await;
        stage.stories.step("known", "propose", 4).await;
        stage.hear().await;
        stage.drain().await;
        assert_eq!(stage.portal.statuses(&stage.stories.case_no("late")), [4]);
        assert_eq!(stage.portal.statuses(&known), [2, 4]);
    }

    /// What was sent is not kept once the portal has it; its digest is.
    async fn nothing_personal_stays_in_the_queue(db: TestDb) {
        let stage = Stage::open(&db);
        live(&stage, &ids(2)).await;
        stage.drain().await;
        let kept = "SELECT count(*) AS n FROM portal_message WHERE body IS NOT NULL OR sha256 IS NULL";
        assert_eq!(stage.db.fetch_one(kept, args![]).await.unwrap().integer("n").unwrap(), 0);
    }
}
