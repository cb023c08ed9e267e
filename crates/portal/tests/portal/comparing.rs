//! Comparing a day, and telling the portal anew.

use super::stage::{ROOMS, Stage, supervisor};
use haidang_portal::model::{ComparisonState, DifferenceKind, Kind};
use haidang_portal::portal::{NationalPortal, Outgoing};
use haidang_portal::{By, Comparisons};
use haidang_store::{ActorRef, Jobs};
use haidang_testkit::db_test;
use jiff::SignedDuration;
use std::sync::Arc;

async fn tell(stage: &Stage, kind: Kind, case_no: &str, status: i64) {
    let row = format!(r#"{{"MaHoSo":"{case_no}","TrangThaiHoSo":"{status}"}}"#);
    stage.portal.send(&Outgoing { kind, key: format!("other:{case_no}:{status}"), row }).await;
}

/// Case 1 is known as it is, 2 nowhere, 3 with an older status, 4 at its end there; a fifth only there.
async fn differing(stage: &Stage) {
    for id in ["1", "2", "3", "4"] {
        for (action, status) in [("submit", 1), ("accept", 2), ("propose", 4)] {
            stage.stories.step_unheard(id, action, status);
        }
    }
    for (id, status) in [("1", 4), ("3", 1), ("4", 10)] {
        tell(stage, Kind::Create, &stage.stories.case_no(id), status).await;
    }
    let stranger = stage.stories.case_no("1").replace("0000001", "0000099");
    tell(stage, Kind::Create, &stranger, 2).await;
}

async fn compare(stage: &Stage) -> String {
    let day = stage.ambient.today();
    let id = stage.room.ask_comparison(day, ActorRef::system(), None, "").await.unwrap();
    Jobs::new(stage.db.clone()).with(Arc::new(Comparisons(stage.room.clone()))).run_due().await.unwrap();
    id
}

async fn found(stage: &Stage, id: &str) -> Vec<(DifferenceKind, Option<i64>, Option<i64>)> {
    let mut found: Vec<_> = stage
        .room
        .differences(id, "", 100)
        .await
        .unwrap()
        .into_iter()
        .map(|one| (one.kind, one.ours, one.theirs))
        .collect();
    found.sort();
    found
}

db_test! {
    rooms = ROOMS;

    async fn differences_are_found_and_told_anew(db: TestDb) {
        let stage = Stage::open(&db);
        stage.portal.memory().lists = true;
        differing(&stage).await;
        let id = compare(&stage).await;
        let run = stage.room.comparison(&id).await.unwrap();
        assert_eq!((run.state, run.checked, run.listed), (ComparisonState::Done, 4, true));
        assert_eq!(
            found(&stage, &id).await,
            [
                (DifferenceKind::MissingThere, Some(4), None),
                (DifferenceKind::MissingHere, None, Some(2)),
                (DifferenceKind::OtherStatus, Some(4), Some(1)),
                (DifferenceKind::OtherStatus, Some(4), Some(10)),
            ]
        );
        let actor = supervisor();
        let by = By { actor: &actor, channel: "office", request: "r1" };
        for one in stage.room.differences(&id, "", 100).await.unwrap() {
            let expected = match (one.kind, one.theirs) {
                (DifferenceKind::MissingHere, _) => Some("case_not_here"),
                (_, Some(10)) => Some("no_way"),
                _ => None,
            };
            let answer = stage.room.tell_again(by, &id, &one.id).await;
            assert_eq!(answer.err().map(|problem| problem.code), expected, "{one:?}");
        }
        assert_eq!(stage.room.tell_again(by, &id, "none").await.unwrap_err().code, "portal_difference_not_found");
        stage.drain().await;
        assert_eq!(stage.portal.statuses(&stage.stories.case_no("2")), [4]);
        assert_eq!(stage.portal.statuses(&stage.stories.case_no("3")), [1, 2, 4]);
        let again = compare(&stage).await;
        assert_eq!(
            found(&stage, &again).await,
            [(DifferenceKind::MissingHere, None, Some(2)), (DifferenceKind::OtherStatus, Some(4), Some(10))]
        );
    }

    /// What is on the way is no difference, and without a list nobody looks for strangers.
    async fn what_waits_is_no_difference(db: TestDb) {
        let stage = Stage::open(&db);
        stage.stories.step("1", "submit", 1).await;
        stage.hear().await;
        let id = compare(&stage).await;
        assert_eq!(found(&stage, &id).await, []);
        assert!(!stage.room.comparison(&id).await.unwrap().listed);
    }

    /// A portal that does not answer stops the run where it stands; it goes on later and finds each difference once.
    async fn an_interrupted_comparison_goes_on(db: TestDb) {
        let stage = Stage::open(&db);
        differing(&stage).await;
        stage.portal.memory().down = true;
        let id = compare(&stage).await;
        assert_eq!(stage.room.comparison(&id).await.unwrap().state, ComparisonState::Running);
        stage.portal.memory().down = false;
        stage.ambient.advance(SignedDuration::from_mins(2));
        let jobs = Jobs::new(stage.db.clone()).with(Arc::new(Comparisons(stage.room.clone())));
        jobs.run_due().await.unwrap();
        assert_eq!(stage.room.comparison(&id).await.unwrap().state, ComparisonState::Done);
        assert_eq!(found(&stage, &id).await.len(), 3);
    }
}
