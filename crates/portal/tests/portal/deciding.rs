//! Messages that the portal refuses, and what people decide.

use super::stage::{ROOMS, Stage, supervisor};
use haidang_contracts::synchronisation::SyncTrack;
use haidang_portal::By;
use haidang_testkit::db_test;

async fn two_cases(stage: &Stage) {
    for id in ["a", "b"] {
        for (action, status) in [("submit", 1), ("accept", 2), ("propose", 4)] {
            stage.stories.step(id, action, status).await;
        }
    }
    stage.hear().await;
    let dislikes = (stage.stories.case_no("a"), 2);
    stage.portal.memory().dislikes.insert(dislikes);
    stage.drain_refused().await;
}

impl Stage {
    /// Sends until what is left waits for people.
    async fn drain_refused(&self) {
        for _ in 0..100 {
            if self.room.round(8).await.unwrap().lines == 0 {
                return;
            }
        }
        panic!("it never rests");
    }
}

db_test! {
    rooms = ROOMS;

    async fn a_refused_message_blocks_its_own_case_alone(db: TestDb) {
        let stage = Stage::open(&db);
        two_cases(&stage).await;
        assert_eq!(stage.portal.statuses(&stage.stories.case_no("a")), [1]);
        assert_eq!(stage.portal.statuses(&stage.stories.case_no("b")), [1, 2, 4]);
        let standing = stage.room.standing().await.unwrap();
        assert_eq!((standing.refused, standing.waiting, standing.delivered), (1, 1, 4));
        let refused = stage.room.refused_messages("", 10).await.unwrap();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].message.reason.as_deref(), Some("Dữ liệu không hợp lệ"));
        assert_eq!(refused[0].message.reason_code.as_deref(), Some("content"));
        assert_eq!(stage.stories.notes.lock().unwrap()["a"], SyncTrack::Failed);
        assert_eq!(stage.stories.notes.lock().unwrap()["b"], SyncTrack::Clean);
    }

    async fn people_send_again_or_leave_out(db: TestDb) {
        let stage = Stage::open(&db);
        two_cases(&stage).await;
        let actor = supervisor();
        let by = By { actor: &actor, channel: "office", request: "r1" };
        let id = stage.room.refused_messages("", 10).await.unwrap()[0].message.id.clone();
        for (note, code) in [("", "note_invalid"), (" ", "note_invalid"), (&*"x".repeat(501), "note_invalid")] {
            assert_eq!(stage.room.leave_out(by, &id, note).await.unwrap_err().code, code);
        }
        // Sent again unchanged it is refused again.
        stage.room.send_again(by, &id).await.unwrap();
        assert_eq!(stage.room.send_again(by, &id).await.unwrap_err().code, "portal_message_not_refused");
        stage.drain_refused().await;
        assert_eq!(stage.room.standing().await.unwrap().refused, 1);
        // Repaired there, it goes, and what waited behind it too.
        stage.portal.memory().dislikes.clear();
        stage.room.send_again(by, &id).await.unwrap();
        stage.drain_refused().await;
        assert_eq!(stage.portal.statuses(&stage.stories.case_no("a")), [1, 2, 4]);
        assert_eq!(stage.room.standing().await.unwrap().refused, 0);
        assert_eq!(stage.stories.notes.lock().unwrap()["a"], SyncTrack::Clean);
        assert_eq!(stage.room.leave_out(by, &id, "đã đúng").await.unwrap_err().code, "portal_message_not_refused");
        assert_eq!(stage.room.send_again(by, "none").await.unwrap_err().code, "portal_message_not_found");
    }

    async fn what_is_left_out_lets_the_next_one_go(db: TestDb) {
        let stage = Stage::open(&db);
        for (action, status) in
            [("submit", 1), ("accept", 2), ("propose", 4), ("supplement", 5), ("answer_supplement", 4)]
        {
            stage.stories.step("a", action, status).await;
        }
        stage.hear().await;
        let case_no = stage.stories.case_no("a");
        stage.portal.memory().dislikes.insert((case_no.clone(), 5));
        stage.drain_refused().await;
        let actor = supervisor();
        let by = By { actor: &actor, channel: "office", request: "r1" };
        let waits = stage.room.refused_messages("", 10).await.unwrap();
        assert_eq!(waits.iter().map(|one| one.message.status).collect::<Vec<_>>(), [5]);
        stage.room.leave_out(by, &waits[0].message.id, "cổng đã có").await.unwrap();
        stage.drain_refused().await;
        let standing = stage.room.standing().await.unwrap();
        assert_eq!((standing.waiting, standing.sending, standing.refused, standing.skipped), (0, 0, 0, 1));
        assert_eq!(stage.portal.statuses(&case_no), [1, 2, 4, 4]);
    }
}
