//! Tasks by the six: giving, acting, reminding, proposing, counting.

use crate::ROOMS;
use crate::city::{COMMUNE, DEPARTMENT, NO_SUCH_ID, Visitor, actor, full_name, person, room, room_with};
use crate::desk::Desk;
use crate::programs::{get, post, send_file};
use haidang_contracts::Actor;
use haidang_kernel::problem::Problem;
use haidang_office::tasks::TaskSettings;
use haidang_office::tasks::model::{Act, Action, NewTask, Source, State};
use haidang_office::{OfficeRoom, Reader};
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A task of the commune for the drafter, due on Tuesday 17 March 2026.
fn new_task(work: &str) -> NewTask {
    NewTask {
        key: None,
        agency: COMMUNE.into(),
        source: Source::Hand,
        source_id: None,
        source_title: String::new(),
        quote: None,
        owner: person("drafter"),
        co_owners: vec![person("colleague")],
        work: work.into(),
        start: Some(day("2026-03-03")),
        due: day("2026-03-17"),
        unit: COMMUNE.into(),
        leader: Some(person("deputy")),
        expected_product: "Báo cáo rà soát".into(),
    }
}

async fn give(room: &OfficeRoom, new: &NewTask) -> String {
    let chair = actor("chair").await;
    room.give_task(&reader(&chair), new).await.unwrap()
}

async fn act(room: &OfficeRoom, who: &str, task: &str, action: Action, act: Act) -> Result<State, Problem> {
    let actor = actor(who).await;
    room.act_on_task(&reader(&actor), task, action, &act).await
}

fn said(note: &str) -> Act {
    Act { note: note.into(), ..Act::default() }
}

fn code_of(answer: &Result<State, Problem>) -> String {
    match answer {
        Ok(state) => state.as_str().to_owned(),
        Err(problem) => problem
            .errors
            .first()
            .map_or_else(|| problem.code.to_owned(), |error| format!("{}.{}", error.field, error.code)),
    }
}

async fn audited(db: &TestDb, action: &'static str) -> usize {
    let rows =
        db.fetch_all("SELECT id FROM store_audit WHERE action = $1", haidang_store::args![action]).await.unwrap();
    rows.len()
}

db_test! {
    rooms = ROOMS;

    async fn a_task_is_given_once_and_its_owner_is_told(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let new = NewTask { key: Some("meeting/1".into()), ..new_task("Rà soát hộ nghèo") };
        let id = give(&room, &new).await;
        assert_eq!(give(&room, &new).await, id);
        let second = give(&room, &new_task("Việc khác")).await;
        let drafter = actor("drafter").await;
        let view = room.open_task(&reader(&drafter), &id).await.unwrap();
        assert_eq!((view.task.code.as_str(), view.task.score), ("H24.11824.NV2026-0001", 6));
        let other = room.open_task(&reader(&drafter), &second).await.unwrap();
        assert_eq!(other.task.code, "H24.11824.NV2026-0002");
        assert_eq!(audited(&db, "task.given").await, 2);
        assert_eq!(audited(&db, "task.read").await, 2);
        let told = desk.messages.lock().unwrap().clone();
        assert_eq!(told, vec![(person("drafter"), "task_given".to_owned()); 2]);
    }

    async fn who_may_give_and_what_must_be_clear(db: TestDb) {
        let room = room(&db).await;
        for (who, new, expected) in [
            ("drafter", new_task("Việc"), "not_allowed"),
            ("other_leader", new_task("Việc"), "not_allowed"),
            ("chair", new_task("  "), "work.required"),
            ("chair", NewTask { due: day("2026-03-02"), start: None, ..new_task("Việc") }, "due.past"),
            ("chair", NewTask { owner: person("other_drafter"), ..new_task("Việc") }, "owner.not_in_unit"),
            ("chair", NewTask { co_owners: vec![person("drafter")], ..new_task("Việc") }, "co_owners.is_owner"),
            ("chair", NewTask { co_owners: vec![person("resident")], ..new_task("Việc") }, "co_owners.no_official"),
        ] {
            let giver = actor(who).await;
            let problem = room.give_task(&reader(&giver), &new).await.unwrap_err();
            let said = problem.errors.first().map_or_else(
                || problem.code.to_owned(),
                |error| format!("{}.{}", error.field, error.code),
            );
            assert_eq!(said, expected, "{who} {}", new.work);
        }
        assert_eq!(audited(&db, "task.given").await, 0);
        let chair = actor("chair").await;
        let abroad = NewTask {
            unit: DEPARTMENT.into(), owner: person("other_drafter"), co_owners: vec![], ..new_task("Việc của sở")
        };
        room.give_task(&reader(&chair), &abroad).await.unwrap();
    }

    async fn the_life_of_a_task(db: TestDb) {
        let room = room(&db).await;
        let id = give(&room, &new_task("Rà soát hộ nghèo")).await;
        let percent = |percent| Act { percent: Some(percent), ..said("đã làm một phần") };
        for (who, action, how, expected) in [
            ("colleague", Action::Accept, Act::default(), "task_not_yours"),
            ("drafter", Action::Submit, Act::default(), "task_state"),
            ("drafter", Action::Accept, Act { revision: Some(9), ..Act::default() }, "task_moved"),
            ("drafter", Action::Accept, Act { revision: Some(1), ..Act::default() }, "accepted"),
            ("drafter", Action::Report, Act::default(), "note.required"),
            ("drafter", Action::Report, percent(130), "percent.out_of_range"),
            ("colleague", Action::Report, percent(40), "in_progress"),
            ("drafter", Action::Submit, said("xong"), "awaiting_approval"),
            ("drafter", Action::Approve, Act { confirmed: true, ..Act::default() }, "task_not_yours"),
            ("chair", Action::SendBack, Act::default(), "note.required"),
            ("chair", Action::SendBack, said("thiếu số liệu"), "in_progress"),
            ("drafter", Action::Submit, said("đã bổ sung"), "awaiting_approval"),
            ("chair", Action::Approve, Act::default(), "confirmed.proof_missing"),
            ("deputy", Action::Approve, Act { confirmed: true, ..Act::default() }, "done"),
            ("chair", Action::Reassign, Act { owner: Some(person("clerk")), ..Act::default() }, "task_state"),
        ] {
            let answer = act(&room, who, &id, action, how).await;
            assert_eq!(code_of(&answer), expected, "{who} {action:?}");
        }
        let chair = actor("chair").await;
        let view = room.open_task(&reader(&chair), &id).await.unwrap();
        assert_eq!(view.task.confirmed_by.as_deref(), Some(person("deputy").as_str()));
        assert_eq!((view.task.percent, view.task.score, view.events.len()), (100, 6, 7));
        assert_eq!(audited(&db, "task.acted").await, 6);
    }

    async fn a_finished_task_is_laid_into_a_work_file(db: TestDb) {
        let room = room(&db).await;
        let id = give(&room, &new_task("Rà soát hộ nghèo")).await;
        let file = crate::work_files::kept_by_drafter(&room, "12.VP").await;
        let drafter = actor("drafter").await;
        assert_eq!(room.lay_into_file(&reader(&drafter), &file, &id).await.unwrap_err().code, "task_open");
        act(&room, "drafter", &id, Action::Accept, Act::default()).await.unwrap();
        act(&room, "drafter", &id, Action::Submit, said("xong")).await.unwrap();
        act(&room, "deputy", &id, Action::Approve, Act { confirmed: true, ..Act::default() }).await.unwrap();
        let mut visitor = crate::city::Visitor::signed_in(&db, &room, "drafter").await;
        let path = format!("/vi/can-bo/nhiem-vu/{id}");
        let page = visitor.open(&path).await;
        assert!(page.text.contains(&format!("value=\"{file}\"")), "{}", page.text);
        let got = visitor.send(&format!("{path}/ho-so"), &[("work_file", &file)]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        let again = room.file_task(&reader(&drafter), &id, "12.VP").await.unwrap_err();
        assert_eq!(again.code, "already_filed");
        let (_, laid) = room.open_to_read(&reader(&drafter), &file).await.unwrap();
        assert_eq!((laid[0].source.as_str(), laid[0].entry.code_number.as_str()), ("task", "H24.11824.NV2026-0001"));
        let record: serde_json::Value = serde_json::from_slice(&room.blobs.bytes(&laid[0].entry.sha256).await.unwrap()).unwrap();
        assert_eq!((record["work"].as_str(), record["history"].as_array().unwrap().len()), (Some("Rà soát hộ nghèo"), 4));
        let page = visitor.open(&format!("/vi/can-bo/ho-so-cong-viec/{file}")).await;
        assert!(page.text.contains(&path), "{}", page.text);
        room.take_out_of_file(&reader(&drafter), &file, &id).await.unwrap();
        assert!(room.open_to_read(&reader(&drafter), &file).await.unwrap().1.is_empty());
    }

    async fn a_document_or_a_file_proves_the_result(db: TestDb) {
        let room = room(&db).await;
        for by_file in [true, false] {
            let id = give(&room, &new_task("Rà soát")).await;
            act(&room, "drafter", &id, Action::Accept, Act::default()).await.unwrap();
            let mut submit = said("xong");
            if by_file {
                let path = format!("/api/v1/office/tasks/{id}/files");
                let pdf = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
                let fields = [("role", "product")];
                let refused = send_file(&db, &room, &path, "drafter", &fields, ("a.pdf", b"no pdf")).await;
                assert_eq!(refused.status, 422, "{}", refused.text());
                let watcher = send_file(&db, &room, &path, "other_drafter", &fields, ("a.pdf", pdf)).await;
                assert_eq!(watcher.status, 404);
                let added = send_file(&db, &room, &path, "drafter", &fields, ("a.pdf", pdf)).await;
                assert_eq!(added.status, 201, "{}", added.text());
                let file = added.json()["files"][0]["id"].as_str().unwrap().to_owned();
                let got = get(&db, &room, &format!("{path}/{file}"), "chair").await;
                assert_eq!((got.status, got.bytes.as_slice()), (200, pdf.as_slice()));
                assert_eq!(get(&db, &room, &format!("{path}/{file}"), "other_leader").await.status, 404);
            } else {
                submit.evidence_document = "12/BC-UBND".into();
            }
            act(&room, "drafter", &id, Action::Submit, submit).await.unwrap();
            assert_eq!(code_of(&act(&room, "chair", &id, Action::Approve, Act::default()).await), "done");
        }
        assert_eq!(audited(&db, "task.file_added").await, 1);
    }

    async fn more_time_only_with_a_reason_and_a_yes(db: TestDb) {
        let room = room(&db).await;
        let id = give(&room, &new_task("Rà soát")).await;
        act(&room, "drafter", &id, Action::Accept, Act::default()).await.unwrap();
        let ask = |due: &str, cause: &str| Act { due: Some(day(due)), cause: cause.into(), ..Act::default() };
        for (who, action, how, expected) in [
            ("drafter", Action::AskExtension, ask("2026-03-24", ""), "cause.required"),
            ("drafter", Action::AskExtension, ask("2026-03-17", "mưa bão"), "due.not_later"),
            ("drafter", Action::AskExtension, ask("2026-03-24", "mưa bão"), "extension_requested"),
            ("drafter", Action::GrantExtension, Act::default(), "task_not_yours"),
            ("chair", Action::RefuseExtension, Act::default(), "note.required"),
            ("chair", Action::RefuseExtension, said("vẫn kịp"), "accepted"),
            ("drafter", Action::AskExtension, ask("2026-03-26", "mưa bão kéo dài"), "extension_requested"),
            ("chair", Action::GrantExtension, Act { due: Some(day("2026-03-25")), ..Act::default() }, "accepted"),
        ] {
            let answer = act(&room, who, &id, action, how).await;
            assert_eq!(code_of(&answer), expected, "{who} {action:?}");
        }
        let chair = actor("chair").await;
        let view = room.open_task(&reader(&chair), &id).await.unwrap();
        let task = &view.task;
        assert_eq!((task.first_due_on, task.due_on), (day("2026-03-17"), day("2026-03-25")));
        assert_eq!(task.cause.as_deref(), Some("mưa bão kéo dài"));
        let moved: Vec<_> = view.events.iter().filter_map(|event| event.due_before.zip(event.due_after)).collect();
        assert_eq!(moved, [(day("2026-03-17"), day("2026-03-25"))]);
    }

    async fn late_work_names_its_cause_and_questions_are_answered(db: TestDb) {
        let room = room(&db).await;
        let id = give(&room, &new_task("Rà soát")).await;
        for (who, action, how, expected) in [
            ("chair", Action::AskExplanation, said("sao chưa nhận?"), "explanation_requested"),
            ("drafter", Action::Accept, Act::default(), "task_state"),
            ("drafter", Action::Explain, Act::default(), "note.required"),
            ("drafter", Action::Explain, said("đi công tác"), "assigned"),
            ("drafter", Action::HandBack, said("không thuộc việc của tôi"), "returned"),
            ("chair", Action::Reassign, Act { owner: Some(person("colleague")), ..Act::default() }, "owner.is_co_owner"),
            ("chair", Action::Reassign, Act { owner: Some(person("other_clerk")), ..Act::default() }, "owner.not_in_unit"),
            ("chair", Action::Reassign, Act { owner: Some(person("clerk")), ..Act::default() }, "assigned"),
            ("clerk", Action::Accept, Act::default(), "accepted"),
        ] {
            let answer = act(&room, who, &id, action, how).await;
            assert_eq!(code_of(&answer), expected, "{who} {action:?}");
        }
        // A former owner has no business with it any more.
        let drafter = actor("drafter").await;
        assert_eq!(room.open_task(&reader(&drafter), &id).await.unwrap_err().code, "task_not_found");
        db.ambient().advance(SignedDuration::from_hours(24 * 30));
        let clerk = actor("clerk").await;
        let late = room.open_task(&reader(&clerk), &id).await.unwrap();
        assert!(room.task_days_left(&late.task) < 0);
        assert_eq!(code_of(&act(&room, "clerk", &id, Action::Submit, said("xong")).await), "cause.required");
        let how = Act { cause: "thiếu người".into(), ..said("xong") };
        act(&room, "clerk", &id, Action::Submit, how).await.unwrap();
        let confirmed = Act { confirmed: true, ..Act::default() };
        assert_eq!(code_of(&act(&room, "chair", &id, Action::Approve, confirmed).await), "done");
    }

    async fn tasks_of_others_do_not_exist(db: TestDb) {
        let room = room(&db).await;
        let id = give(&room, &new_task("Rà soát")).await;
        for (who, status) in
            [("drafter", 200), ("colleague", 200), ("chair", 200), ("deputy", 200), ("clerk", 404), ("other_leader", 404)]
        {
            assert_eq!(get(&db, &room, &format!("/api/v1/office/tasks/{id}"), who).await.status, status, "{who}");
        }
        let missing = get(&db, &room, &format!("/api/v1/office/tasks/{NO_SUCH_ID}"), "chair").await;
        assert_eq!(missing.status, 404);
        assert_eq!(get(&db, &room, "/api/v1/office/tasks?folder=unit", "drafter").await.status, 403);
        let acted = post(&db, &room, &format!("/api/v1/office/tasks/{id}/actions/accept"), "clerk", &json!({})).await;
        assert_eq!(acted.status, 404);
    }

    async fn every_declared_reminder_fires_once(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let id = give(&room, &new_task("Rà soát")).await;
        desk.messages.lock().unwrap().clear();
        let mut fired: Vec<(String, String, String)> = Vec::new();
        for _ in 0..40 {
            let now = db.ambient().now();
            let today = db.ambient().today().to_string();
            let before = desk.messages.lock().unwrap().len();
            let sent = room.tasks_round(now).await.unwrap();
            // A second round of the same day adds nothing.
            assert_eq!(room.tasks_round(now).await.unwrap(), 0, "{today}");
            let messages = desk.messages.lock().unwrap();
            assert_eq!(messages.len() - before, sent);
            for (to, template) in &messages[before..] {
                let name = ["drafter", "colleague", "chair", "deputy"].into_iter().find(|name| person(name) == *to);
                fired.push((today.clone(), template.clone(), name.unwrap().to_owned()));
            }
            drop(messages);
            db.ambient().advance(SignedDuration::from_hours(24));
        }
        let on = |template: &str, who: &str| -> Vec<&str> {
            let wanted = fired.iter().filter(|(_, sent, to)| sent == template && to == who);
            wanted.map(|(day, ..)| day.as_str()).collect()
        };
        // Due on Tuesday 17 March: three working days before is Thursday 12, one is Monday 16.
        assert_eq!(on("task_not_accepted", "chair"), ["2026-03-05"]);
        assert_eq!(on("task_due_soon", "drafter"), ["2026-03-12", "2026-03-16"]);
        assert_eq!(on("task_due_soon", "colleague"), ["2026-03-12", "2026-03-16"]);
        assert_eq!(on("task_due_today", "drafter"), ["2026-03-17"]);
        assert_eq!(on("task_late_superior", "deputy"), ["2026-03-20"]);
        let late = on("task_late", "drafter");
        assert_eq!(&late[..4], ["2026-03-18", "2026-03-19", "2026-03-20", "2026-03-23"]);
        assert!(!late.contains(&"2026-03-21") && !late.contains(&"2026-03-22"));
        let rows = db.fetch_all("SELECT rule FROM office_task_reminder", vec![]).await.unwrap();
        let rules: BTreeSet<String> = rows.iter().map(|row| row.text("rule").unwrap()).collect();
        let declared: BTreeSet<String> = TaskSettings::default().reminders.into_iter().map(|rule| rule.id).collect();
        assert_eq!(rules, declared);
        // What is handed in presses nobody any more, and what is done is silent.
        act(&room, "drafter", &id, Action::Accept, Act::default()).await.unwrap();
        act(&room, "drafter", &id, Action::Submit, Act { cause: "chậm".into(), ..said("xong") }).await.unwrap();
        assert_eq!(room.tasks_round(db.ambient().now()).await.unwrap(), 0);
    }

    async fn a_new_last_day_begins_the_reminders_anew(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let id = give(&room, &new_task("Rà soát")).await;
        act(&room, "drafter", &id, Action::Accept, Act::default()).await.unwrap();
        let at = |day: &str| format!("{day}T09:00:00+07:00").parse().unwrap();
        db.ambient().set(at("2026-03-17"));
        assert_eq!(room.tasks_round(db.ambient().now()).await.unwrap(), 2);
        let how = Act { due: Some(day("2026-03-24")), cause: "mưa bão".into(), ..Act::default() };
        act(&room, "drafter", &id, Action::AskExtension, how).await.unwrap();
        act(&room, "chair", &id, Action::GrantExtension, Act::default()).await.unwrap();
        assert_eq!(room.tasks_round(db.ambient().now()).await.unwrap(), 0);
        db.ambient().set(at("2026-03-24"));
        assert_eq!(room.tasks_round(db.ambient().now()).await.unwrap(), 2);
    }

    async fn two_who_act_at_once_do_not_both_win(db: TestDb) {
        let room = room(&db).await;
        let id = give(&room, &new_task("Rà soát")).await;
        let one = act(&room, "drafter", &id, Action::Accept, Act { revision: Some(1), ..Act::default() });
        let other = act(&room, "drafter", &id, Action::HandBack, Act { revision: Some(1), ..said("không phải tôi") });
        let (one, other) = tokio::join!(one, other);
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert_eq!(audited(&db, "task.acted").await, 1);
    }

    async fn numbers_have_no_gap_when_many_give(db: TestDb) {
        let room = room(&db).await;
        let tasks: Vec<NewTask> = (0..8).map(|number| new_task(&format!("Việc {number}"))).collect();
        let all = futures_util::future::join_all(tasks.iter().map(|new| give(&room, new))).await;
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 8);
        let rows = db.fetch_all("SELECT code FROM office_task ORDER BY code", vec![]).await.unwrap();
        let codes: Vec<String> = rows.iter().map(|row| row.text("code").unwrap()).collect();
        let wanted: Vec<String> = (1..=8).map(|number| format!("H24.11824.NV2026-{number:04}")).collect();
        assert_eq!(codes, wanted);
    }

    async fn how_agencies_stand(db: TestDb) {
        let room = room(&db).await;
        let done = give(&room, &new_task("Xong")).await;
        act(&room, "drafter", &done, Action::Accept, Act::default()).await.unwrap();
        let how = Act { evidence_document: "1/BC-UBND".into(), ..Act::default() };
        act(&room, "drafter", &done, Action::Submit, how).await.unwrap();
        give(&room, &NewTask { leader: None, ..new_task("Trễ") }).await;
        db.ambient().advance(SignedDuration::from_hours(24 * 20));
        // Handed in on time and approved after the last day: in time.
        act(&room, "chair", &done, Action::Approve, Act::default()).await.unwrap();
        let path = "/api/v1/office/task-statistics?from=2026-01-01&to=2026-12-31";
        let got = get(&db, &room, path, "chair").await;
        let expected = json!({ "items": [{
            "unit": COMMUNE, "given": 2, "done_in_time": 1, "done_late": 0, "open": 1, "overdue": 1, "score": 11,
        }] });
        assert_eq!(got.json(), expected);
        assert_eq!(get(&db, &room, path, "drafter").await.status, 403);
        assert_eq!(get(&db, &room, path, "other_leader").await.json(), json!({ "items": [] }));
        let backwards = "/api/v1/office/task-statistics?from=2026-12-31&to=2026-01-01";
        assert_eq!(get(&db, &room, backwards, "chair").await.status, 422);
        let mut chair = Visitor::signed_in(&db, &room, "chair").await;
        let page = chair.open("/vi/can-bo/nhiem-vu/thong-ke").await;
        assert!(page.text.contains("Giao 2, xong 1, quá hạn 1."), "{}", page.text);
        let wrong = chair.open("/vi/can-bo/nhiem-vu/thong-ke?from.day=31&from.month=2&from.year=2026").await;
        assert_eq!(wrong.status, 422);
        let csv = chair.open("/vi/can-bo/nhiem-vu/thong-ke/tai-ve?tu=2026-01-01&den=2026-12-31").await;
        assert!(csv.text.contains("\"Ủy ban nhân dân xã Mẫu\",2,1,0,1,1,\"5,5\"\r\n"), "{}", csv.text);
    }

    async fn a_task_from_form_to_end_without_scripts(db: TestDb) {
        let room = room(&db).await;
        let mut chair = Visitor::signed_in(&db, &room, "chair").await;
        let mut drafter = Visitor::signed_in(&db, &room, "drafter").await;
        assert!(chair.open("/vi/can-bo/nhiem-vu").await.text.contains("Không có nhiệm vụ nào ở đây"));
        assert_eq!(drafter.open("/vi/can-bo/nhiem-vu/moi").await.status, 403);
        chair.open("/vi/can-bo/nhiem-vu/moi").await;
        let owner = person("drafter");
        let typed = [
            ("work", "Rà soát <b>hộ nghèo</b>"), ("unit", COMMUNE), ("owner", owner.as_str()),
            ("due.day", "31"), ("due.month", "2"), ("due.year", "2026"), ("expected_product", "Báo cáo"),
        ];
        let wrong = chair.send("/vi/can-bo/nhiem-vu/moi", &typed).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("Hãy nhập một ngày có thật") && wrong.text.contains("href=\"#due\""));
        assert!(wrong.text.contains("Rà soát &lt;b&gt;hộ nghèo") || wrong.text.contains("Rà soát &#60;b&#62;hộ nghèo"));
        let elsewhere: Vec<_> = typed.iter().copied().filter(|(name, _)| *name != "unit")
            .chain([("unit", DEPARTMENT), ("step", "unit")]).collect();
        let other = chair.send("/vi/can-bo/nhiem-vu/moi", &elsewhere).await;
        assert_eq!(other.status, 200);
        assert!(other.text.contains(&full_name("other_drafter")) && other.text.contains("hộ nghèo"));
        let right: Vec<_> = typed.iter().copied().map(|(name, value)| match name {
            "due.day" => (name, "17"), "due.month" => (name, "3"), _ => (name, value),
        }).collect();
        let given = chair.send("/vi/can-bo/nhiem-vu/moi", &right).await;
        assert_eq!(given.status, 303, "{}", given.text);
        let path = given.location.clone();
        let page = drafter.open(&path).await;
        assert!(page.text.contains("Nhận việc") && page.text.contains("Đã rõ 4 trên 6 điều"), "{}", page.text);
        assert!(page.text.contains(&format!("{} phải nhận việc trước", full_name("drafter"))));
        for (leads, action, fields, status) in [
            (false, "nhan-viec", vec![], 303),
            (false, "bao-cao", vec![("percent", "50"), ("note", "")], 422),
            (false, "bao-cao", vec![("percent", "50"), ("note", "Xong 5 thôn")], 303),
            (false, "nop-ket-qua", vec![("evidence_document", "12/BC-UBND")], 303),
            (false, "nop-ket-qua", vec![], 409),
            (true, "duyet", vec![], 303),
        ] {
            let visitor = if leads { &mut chair } else { &mut drafter };
            let address = format!("{path}/lam/{action}");
            let form = visitor.open(&address).await;
            assert!([200, 303].contains(&form.status), "{action} {}", form.text);
            visitor.open(&path).await;
            let got = visitor.send(&address, &fields).await;
            assert_eq!(got.status, status, "{action}: {}", got.text);
        }
        let english = drafter.open(&path.replace("/vi/", "/en/")).await;
        assert!(english.text.contains("Done on") && english.text.contains("12/BC-UBND"), "{}", english.text);
        let done = chair.open("/vi/can-bo/nhiem-vu?muc=toi-giao&loc=done").await;
        assert!(done.text.contains("NV2026-0001"));
        assert!(!drafter.open("/vi/can-bo/nhiem-vu?loc=red").await.text.contains("NV2026-0001"));
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        assert_eq!(clerk.open(&path).await.status, 404);
        assert_eq!(clerk.open(&format!("{path}/lam/duyet")).await.status, 404);
    }

    async fn a_directive_proposes_and_a_person_confirms(db: TestDb) {
        let room = room(&db).await;
        let mut chair = Visitor::signed_in(&db, &room, "chair").await;
        let address = "/vi/can-bo/nhiem-vu/de-xuat";
        chair.open(address).await;
        assert_eq!(chair.send(address, &[("text", " ")]).await.status, 422);
        let text = "Giao Sở Mẫu chủ trì, phối hợp với Ủy ban nhân dân xã Mẫu rà soát quy hoạch, hoàn thành trước ngày 18/3/2026.";
        let found = chair.send(address, &[("title", "05/CT-UBND"), ("text", text)]).await;
        assert!(found.text.contains("Đề xuất 1") && found.text.contains("rà soát quy hoạch"), "{}", found.text);
        let none = chair.send(address, &[("text", "Trời hôm nay đẹp.")]).await;
        assert!(none.text.contains("Không tìm thấy câu giao việc nào"));
        let filled = chair.send("/vi/can-bo/nhiem-vu/de-xuat/dung", &[
            ("lead", "Sở Mẫu"), ("work", "rà soát quy hoạch"), ("due", "2026-03-17"), ("quote", text), ("source_title", "05/CT-UBND"),
        ]).await;
        assert_eq!(filled.status, 200);
        // The agency that the text names is chosen, with its people.
        assert!(filled.text.contains(&full_name("other_drafter")), "{}", filled.text);
        assert!(filled.text.contains("value=\"17\"") && filled.text.contains("05/CT-UBND"));
        assert_eq!(audited(&db, "task.given").await, 0);
        // A document of the office does as well; its reading is recorded.
        let drafter = actor("drafter").await;
        let form = haidang_office::documents::DraftForm {
            agency: COMMUNE.into(), course: "out".into(), kind: "thong_bao".into(), subject: "Rà soát quy hoạch".into(),
            recipients: "Sở Mẫu".into(), body: text.into(), signer: person("chair").as_str().into(), ..Default::default()
        };
        let document = room.draft_document(&reader(&drafter), &form).await.unwrap();
        let named = chair.open(&format!("{address}?van-ban={document}")).await;
        assert!(named.text.contains("Rà soát quy hoạch"), "{}", named.text);
        let found = chair.send(address, &[("document", &document), ("text", "")]).await;
        assert!(found.text.contains("Đề xuất 1") && found.text.contains(&format!("name=\"source_id\" value=\"{document}\"")));
        assert_eq!(audited(&db, "document.read").await, 1);
        assert_eq!(chair.send(address, &[("document", NO_SUCH_ID), ("text", "")]).await.status, 404);
        let read = post(&db, &room, "/api/v1/office/task-proposals", "chair", &json!({ "text": text })).await;
        assert_eq!(read.json()["items"][0]["lead"], "Sở Mẫu");
        assert_eq!(read.json()["items"][0]["due"], "2026-03-17");
    }

    async fn tasks_for_programs(db: TestDb) {
        let room = room(&db).await;
        let body = json!({
            "owner": person("drafter").as_str(), "work": "Rà soát", "due": "2026-03-17", "key": "k1",
            "expected_product": "Báo cáo", "start": "2026-03-03",
        });
        let given = post(&db, &room, "/api/v1/office/tasks", "chair", &body).await;
        assert_eq!(given.status, 201, "{}", given.text());
        let id = given.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(post(&db, &room, "/api/v1/office/tasks", "chair", &body).await.json()["id"], id);
        assert_eq!(post(&db, &room, "/api/v1/office/tasks", "drafter", &body).await.status, 403);
        let list = get(&db, &room, "/api/v1/office/tasks?colour=green", "drafter").await.json();
        assert_eq!((list["items"][0]["state"].as_str(), list["items"][0]["days_left"].as_i64()), (Some("assigned"), Some(10)));
        assert_eq!(get(&db, &room, "/api/v1/office/tasks?state=asleep", "drafter").await.status, 422);
        let path = format!("/api/v1/office/tasks/{id}");
        let accepted = post(&db, &room, &format!("{path}/actions/accept"), "drafter", &json!({ "revision": 1 })).await;
        assert_eq!(accepted.json()["state"], "accepted");
        assert_eq!(post(&db, &room, &format!("{path}/actions/dance"), "drafter", &json!({})).await.status, 404);
        let again = post(&db, &room, &format!("{path}/actions/accept"), "drafter", &json!({})).await;
        assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("task_state")), "{}", again.text());
        let detail = get(&db, &room, &path, "drafter").await.json();
        assert_eq!(detail["actions"], json!(["report", "submit", "ask_extension"]));
        assert_eq!(detail["history"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn the_packs_say_it_all() {
    for city in ["haiphong", "mau"] {
        let folder = format!("{}/../../packs/{city}", env!("CARGO_MANIFEST_DIR"));
        let settings = std::fs::read_to_string(format!("{folder}/office/tasks.toml")).unwrap();
        let settings = TaskSettings::from_toml(&settings).unwrap();
        assert_eq!(settings.labels.len(), 6, "{city}");
        let messages = std::fs::read_to_string(format!("{folder}/notices/messages.toml")).unwrap();
        let own = ["task_given", "task_waits_for_you"].map(str::to_owned);
        for message in settings.reminders.iter().map(|rule| rule.message.clone()).chain(own) {
            assert!(messages.contains(&format!("id = \"{message}\"")), "{city} {message}");
        }
    }
}
