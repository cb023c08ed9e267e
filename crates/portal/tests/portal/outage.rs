//! One hour without the portal.

use super::stage::{LIFE, ROOMS, Stage};
use haidang_testkit::db_test;
use jiff::SignedDuration;

/// Cases that live through the hour.
const CASES: usize = 300;

db_test! {
    rooms = ROOMS;

    /// Three hundred cases are filed and move while nobody answers for an hour. Then the queue drains within ten minutes
    /// of simulated time, a call taking a second: every message once, in order, nothing lost.
    async fn an_hour_of_outage_drains_within_ten_minutes(db: TestDb) {
        let stage = Stage::open(&db);
        let ids: Vec<String> = (1..=CASES).map(|number| format!("case-{number:04}")).collect();
        for id in &ids {
            stage.stories.step(id, "submit", 1).await;
        }
        stage.hear().await;
        stage.drain().await;
        stage.portal.memory().down = true;
        let began = stage.ambient.now();
        let hour = began.checked_add(SignedDuration::from_hours(1)).unwrap();
        for (index, (action, status)) in LIFE.iter().enumerate().skip(1) {
            // Some get far within the hour, others only a step.
            for (_, id) in ids.iter().enumerate().filter(|(place, _)| index <= 1 + place % LIFE.len()) {
                stage.stories.step(id, action, *status).await;
            }
            stage.hear().await;
            let until = began.checked_add(SignedDuration::from_mins(8 * i64::try_from(index).unwrap())).unwrap();
            while stage.ambient.now() < until {
                stage.tick().await;
                stage.ambient.advance(SignedDuration::from_secs(20));
            }
        }
        stage.ambient.set(hour);
        let standing = stage.room.standing().await.unwrap();
        assert!(standing.waiting + standing.sending > 1_000, "{standing:?}");
        assert!(standing.oldest.unwrap() <= began.checked_add(SignedDuration::from_mins(1)).unwrap(), "{standing:?}");
        stage.portal.memory().down = false;
        let took = stage.drain().await;
        assert!(took <= SignedDuration::from_mins(10), "it took {took:#}");
        stage.check_all(&ids);
        {
            let memory = stage.portal.memory();
            assert_eq!(memory.cases.len(), CASES, "one MaHoSo a case");
            assert!(memory.cases.values().flatten().all(|one| one.arrivals == 1), "nothing came twice");
        }
        let standing = stage.room.standing().await.unwrap();
        assert_eq!((standing.refused, standing.oldest), (0, None));
    }
}
