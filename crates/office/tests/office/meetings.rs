//! Meetings: who may do what when, the roll-call, votes, minutes, conclusions, papers.

use crate::ROOMS;
use crate::city::{COMMUNE, NO_SUCH_ID, ORIGIN, Visitor, actor, full_name, person, room, room_with};
use crate::desk::Desk;
use crate::programs::{get, post, send_file};
use haidang_contracts::Actor;
use haidang_kernel::problem::Problem;
use haidang_office::meetings::MeetingSettings;
use haidang_office::meetings::model::{Act, Action, MeetingView, NewMeeting, State};
use haidang_office::meetings::rules::link_token;
use haidang_office::{OfficeRoom, Reader};
use haidang_store::args;
use haidang_testkit::{TestDb, db_test};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::sync::Arc;

/// Secret of the sites of these tests; see `city::served`.
const SECRET: [u8; 32] = [7; 32];

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "r1" }
}

fn new_meeting() -> NewMeeting {
    NewMeeting {
        agency: COMMUNE.into(),
        title: "Giao ban tháng 3".into(),
        place: "Phòng họp 1".into(),
        starts_at: "2026-03-03T14:00:00+07:00".parse().unwrap(),
        ends_at: "2026-03-03T16:00:00+07:00".parse().unwrap(),
        secretary: person("clerk"),
        quorum_percent: Some(60),
        items: vec!["Kinh tế".into(), "Xã hội".into()],
        delegates: ["drafter", "colleague", "deputy"].map(person).to_vec(),
        guests: vec!["Ông Khách Mời".into()],
    }
}

async fn call(room: &OfficeRoom) -> String {
    let chair = actor("chair").await;
    room.call_meeting(&reader(&chair), &new_meeting()).await.unwrap()
}

async fn act(room: &OfficeRoom, who: &str, id: &str, action: Action, act: Act) -> Result<Option<String>, Problem> {
    let actor = actor(who).await;
    room.act_in_meeting(&reader(&actor), id, action, &act).await
}

async fn view(room: &OfficeRoom, who: &str, id: &str) -> MeetingView {
    let actor = actor(who).await;
    room.open_meeting(&reader(&actor), id).await.unwrap()
}

async fn cast(room: &OfficeRoom, who: &str, id: &str, vote: &str, choice: i64) -> Result<(), Problem> {
    let actor = actor(who).await;
    room.cast_ballot(&reader(&actor), id, vote, choice).await
}

fn text(text: &str) -> Act {
    Act { text: text.into(), ..Act::default() }
}

fn code_of<T>(answer: &Result<T, Problem>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(problem) => problem
            .errors
            .first()
            .map_or_else(|| problem.code.to_owned(), |error| format!("{}.{}", error.field, error.code)),
    }
}

/// Opens the meeting and calls the roll for these.
async fn in_session(room: &OfficeRoom, id: &str, present: &[&str]) {
    act(room, "clerk", id, Action::Open, Act::default()).await.unwrap();
    let all = view(room, "clerk", id).await.delegates;
    let there = |name: &&str| {
        let found = all.iter().find(|one| one.person.as_deref() == Some(person(name).as_str()));
        found.unwrap().id.clone()
    };
    let people = present.iter().map(there).collect();
    act(room, "clerk", id, Action::RollCall, Act { people, ..Act::default() }).await.unwrap();
}

async fn count(db: &TestDb, statement: &'static str, of: &str) -> usize {
    db.fetch_all(statement, args![of]).await.unwrap().len()
}

const ACTED: &str = "SELECT id FROM store_audit WHERE action = $1";

db_test! {
    rooms = ROOMS;

    async fn a_meeting_is_for_its_people(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let id = call(&room).await;
        let mut told: Vec<_> = desk.messages.lock().unwrap().clone();
        told.sort();
        let mut wanted: Vec<_> =
            ["drafter", "colleague", "deputy", "clerk"].map(|name| (person(name), "meeting_invited".to_owned())).to_vec();
        wanted.sort();
        assert_eq!(told, wanted);
        let path = format!("/api/v1/office/meetings/{id}");
        for (who, status) in
            [("chair", 200), ("clerk", 200), ("drafter", 200), ("reviewer", 404), ("other_leader", 404), ("inspector", 404)]
        {
            assert_eq!(get(&db, &room, &path, who).await.status, status, "{who}");
        }
        assert_eq!(get(&db, &room, &format!("/api/v1/office/meetings/{NO_SUCH_ID}"), "chair").await.status, 404);
        assert_eq!(count(&db, ACTED, "meeting.read").await, 3);
        let shown = view(&room, "clerk", &id).await;
        let voters = shown.delegates.iter().filter(|one| one.votes).count();
        assert_eq!((shown.delegates.len(), voters, shown.items.len()), (6, 4, 2));
        let drafter = actor("drafter").await;
        let refused = room.call_meeting(&reader(&drafter), &new_meeting()).await;
        assert_eq!(code_of(&refused), "not_allowed");
        let chair = actor("chair").await;
        for (new, expected) in [
            (NewMeeting { title: " ".into(), ..new_meeting() }, "title.required"),
            (NewMeeting { ends_at: new_meeting().starts_at, ..new_meeting() }, "ends.before_start"),
            (NewMeeting { delegates: vec![], ..new_meeting() }, "delegates.required"),
            (NewMeeting { delegates: vec![person("resident")], ..new_meeting() }, "delegates.no_official"),
            (NewMeeting { secretary: person("other_clerk"), ..new_meeting() }, "secretary.not_in_unit"),
            (NewMeeting { quorum_percent: Some(0), ..new_meeting() }, "quorum.out_of_range"),
        ] {
            assert_eq!(code_of(&room.call_meeting(&reader(&chair), &new).await), expected);
        }
    }

    async fn the_course_of_a_meeting(db: TestDb) {
        let desk = Arc::new(Desk::default());
        let room = room_with(&db, &desk).await;
        let id = call(&room).await;
        let conclude = |owner: &str, due: Option<&str>| Act {
            people: if owner.is_empty() { vec![] } else { vec![person(owner).as_str().to_owned()] },
            due: due.map(|day| day.parse().unwrap()),
            ..text("Rà soát hộ nghèo")
        };
        let invite = |name: &str| Act { people: vec![person(name).as_str().to_owned()], ..Act::default() };
        for (who, action, how, expected) in [
            ("drafter", Action::Comment, text("Nên bổ sung số liệu"), "ok"),
            ("drafter", Action::Comment, text(" "), "text.required"),
            ("drafter", Action::AddItem, text("Việc khác"), "meeting_not_yours"),
            ("clerk", Action::AddItem, text("Việc khác"), "ok"),
            ("clerk", Action::Invite, invite("other_drafter"), "ok"),
            ("clerk", Action::Invite, invite("resident"), "delegates.no_official"),
            ("clerk", Action::InviteGuests, Act { lines: vec!["Bà Khách".into()], ..Act::default() }, "ok"),
            ("drafter", Action::Join, Act::default(), "meeting_state"),
            ("clerk", Action::AskVote, text("Đồng ý?"), "meeting_state"),
            ("drafter", Action::Open, Act::default(), "meeting_not_yours"),
            ("clerk", Action::Open, Act::default(), "ok"),
            ("chair", Action::Open, Act::default(), "meeting_state"),
            ("drafter", Action::Comment, text("Muộn rồi"), "meeting_state"),
            ("drafter", Action::Speak, text("Về hộ nghèo"), "ok"),
            ("clerk", Action::AskVote, text("Đồng ý?"), "quorum_missing"),
            ("clerk", Action::Conclude, conclude("reviewer", Some("2026-03-20")), "owner.no_delegate"),
            ("clerk", Action::Conclude, conclude("drafter", None), "due.required"),
            ("clerk", Action::Conclude, conclude("drafter", Some("2026-03-01")), "due.past"),
            ("clerk", Action::Conclude, conclude("drafter", Some("2026-03-20")), "ok"),
            ("clerk", Action::Conclude, conclude("", None), "ok"),
            ("chair", Action::Approve, Act::default(), "meeting_state"),
            ("clerk", Action::Close, Act::default(), "ok"),
            ("chair", Action::Approve, Act::default(), "minutes_empty"),
            ("clerk", Action::Note, text("Đồng chí A báo cáo.\nCác đại biểu trao đổi."), "ok"),
            ("clerk", Action::Approve, Act::default(), "meeting_not_yours"),
            ("chair", Action::Approve, Act::default(), "ok"),
            ("clerk", Action::Note, text("sửa sau"), "meeting_state"),
            ("clerk", Action::Conclude, conclude("", None), "meeting_state"),
        ] {
            let answer = act(&room, who, &id, action, how).await;
            assert_eq!(code_of(&answer), expected, "{who} {action:?}");
        }
        let shown = view(&room, "chair", &id).await;
        assert_eq!(shown.meeting.state, State::Approved);
        let paper = desk.papers.lock().unwrap().last().unwrap().clone();
        assert_eq!(paper.template, "meetings/minutes");
        assert_eq!(paper.data["notes"][1], "Các đại biểu trao đổi.");
        assert_eq!(paper.data["conclusions"][0]["owner"], full_name("drafter"));
        let file = get(&db, &room, &format!("/api/v1/office/meetings/{id}/minutes"), "drafter").await;
        assert_eq!(file.status, 200);
        assert!(file.text().starts_with("%PDF"));
        assert_eq!(get(&db, &room, &format!("/api/v1/office/meetings/{id}/minutes"), "reviewer").await.status, 404);
    }

    async fn a_conclusion_becomes_one_task(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        act(&room, "clerk", &id, Action::Open, Act::default()).await.unwrap();
        let due = Some("2026-03-20".parse().unwrap());
        let said = |name: &str| Act { people: vec![person(name).as_str().to_owned()], due, ..text("Rà soát hộ nghèo") };
        act(&room, "clerk", &id, Action::Conclude, said("drafter")).await.unwrap();
        act(&room, "clerk", &id, Action::Conclude, text("Ghi nhận")).await.unwrap();
        let conclusions = view(&room, "clerk", &id).await.conclusions;
        let of = |place: usize| Act { target: conclusions[place].id.clone(), ..Act::default() };
        assert_eq!(code_of(&act(&room, "clerk", &id, Action::GiveTask, of(1)).await), "target.unclear");
        assert_eq!(code_of(&act(&room, "drafter", &id, Action::GiveTask, of(0)).await), "meeting_not_yours");
        let first = act(&room, "clerk", &id, Action::GiveTask, of(0)).await.unwrap().unwrap();
        let again = act(&room, "chair", &id, Action::GiveTask, of(0)).await.unwrap().unwrap();
        assert_eq!(first, again);
        let drafter = actor("drafter").await;
        let task = room.open_task(&reader(&drafter), &first).await.unwrap().task;
        assert_eq!((task.source.as_str(), task.source_id.as_deref()), ("meeting", Some(id.as_str())));
        assert_eq!(task.leader.as_deref(), Some(person("chair").as_str()));
        assert_eq!(view(&room, "clerk", &id).await.conclusions[0].task.as_deref(), Some(first.as_str()));
    }

    async fn the_notice_of_conclusions_is_a_draft(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        act(&room, "clerk", &id, Action::Open, Act::default()).await.unwrap();
        act(&room, "clerk", &id, Action::Close, Act::default()).await.unwrap();
        assert_eq!(code_of(&act(&room, "chair", &id, Action::DraftNotice, Act::default()).await), "conclusions_missing");
        act(&room, "clerk", &id, Action::Conclude, text("Thống nhất kế hoạch")).await.unwrap();
        let made = act(&room, "chair", &id, Action::DraftNotice, Act::default()).await;
        let document = made.unwrap().unwrap();
        assert_eq!(view(&room, "clerk", &id).await.meeting.notice.as_deref(), Some(document.as_str()));
        let again = act(&room, "chair", &id, Action::DraftNotice, Act::default()).await;
        assert_eq!(again.unwrap().unwrap(), document);
    }

    async fn joining_by_code_by_link_and_by_the_secretary(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        in_session(&room, &id, &["deputy"]).await;
        let chair = actor("chair").await;
        let (token, code) = room.meeting_link(&reader(&chair), &id, &SECRET).await.unwrap();
        let colleague = actor("colleague").await;
        assert_eq!(code_of(&room.meeting_link(&reader(&colleague), &id, &SECRET).await), "meeting_not_yours");
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for (given, expected) in [(wrong, "code.wrong"), (code.as_str(), "ok"), (code.as_str(), "ok")] {
            let how = Act { code: given.into(), ..Act::default() };
            assert_eq!(code_of(&act(&room, "colleague", &id, Action::Join, how).await), expected);
        }
        let drafter = actor("drafter").await;
        let outsider = actor("reviewer").await;
        let forged = format!("{}0", &token[..token.len() - 1]);
        let other = link_token(b"another secret", &id, "door", db.ambient().now());
        for (who, token, expected) in [
            (&drafter, forged.as_str(), if forged == token { "ok" } else { "meeting_not_found" }),
            (&drafter, other.as_str(), "meeting_not_found"),
            (&drafter, "nothing", "meeting_not_found"),
            (&outsider, token.as_str(), "meeting_not_found"),
            (&drafter, token.as_str(), "ok"),
            (&drafter, token.as_str(), "ok"),
        ] {
            assert_eq!(code_of(&room.join_meeting(&reader(who), token, &SECRET).await), expected, "{token}");
        }
        let how: BTreeMap<String, Option<String>> = view(&room, "chair", &id).await.delegates.into_iter()
            .filter_map(|one| Some((one.person?, one.present_by))).collect();
        for (name, by) in
            [("deputy", Some("secretary")), ("colleague", Some("code")), ("drafter", Some("qr")), ("clerk", None)]
        {
            assert_eq!(how[person(name).as_str()].as_deref(), by, "{name}");
        }
        // Renewed, the former link and code are worth nothing; later, the new one is too old.
        act(&room, "chair", &id, Action::RenewLink, Act::default()).await.unwrap();
        let clerk = actor("clerk").await;
        assert_eq!(code_of(&room.join_meeting(&reader(&clerk), &token, &SECRET).await), "meeting_not_found");
        let (token, _) = room.meeting_link(&reader(&chair), &id, &SECRET).await.unwrap();
        db.ambient().advance(SignedDuration::from_mins(31));
        assert_eq!(code_of(&room.join_meeting(&reader(&clerk), &token, &SECRET).await), "meeting_link_expired");
        assert_eq!(code_of(&room.join_meeting(&reader(&outsider), &token, &SECRET).await), "meeting_not_found");
    }

    async fn ballots_count_once_however_many_come_at_once(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        in_session(&room, &id, &["chair", "drafter", "colleague", "deputy", "clerk"]).await;
        for secret in [true, false] {
            let ask = Act { flag: secret, ..text("Đồng ý?") };
            let vote = act(&room, "chair", &id, Action::AskVote, ask).await.unwrap().unwrap();
            let voters = ["chair", "drafter", "colleague", "deputy"];
            let all = voters.iter().flat_map(|who| (0..3).map(|choice| cast(&room, who, &id, &vote, choice)));
            let answers: Vec<String> =
                futures_util::future::join_all(all).await.iter().map(code_of).collect();
            assert_eq!(answers.iter().filter(|code| *code == "ok").count(), 4, "{answers:?}");
            assert!(answers.iter().all(|code| code == "ok" || code == "ballot_used"), "{answers:?}");
            let running = view(&room, "chair", &id).await.votes.into_iter().find(|one| one.id == vote).unwrap();
            assert!(running.used == 4 && running.choices.iter().all(|(_, count)| count.is_none()));
            assert_eq!(code_of(&act(&room, "chair", &id, Action::Close, Act::default()).await), "vote_open");
            let close = Act { target: vote.clone(), ..Act::default() };
            act(&room, "clerk", &id, Action::CloseVote, close.clone()).await.unwrap();
            assert_eq!(code_of(&act(&room, "clerk", &id, Action::CloseVote, close).await), "meeting_state");
            let closed = view(&room, "chair", &id).await.votes.into_iter().find(|one| one.id == vote).unwrap();
            assert_eq!(closed.choices.iter().filter_map(|(_, count)| *count).sum::<i64>(), 4);
            assert_eq!(closed.ballots.len(), if secret { 0 } else { 4 });
        }
    }

    async fn a_session_is_not_closed_under_a_vote(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        in_session(&room, &id, &["chair", "drafter", "deputy"]).await;
        let ask = act(&room, "chair", &id, Action::AskVote, text("Đồng ý?"));
        let close = act(&room, "clerk", &id, Action::Close, Act::default());
        let (ask, close) = tokio::join!(ask, close);
        assert!(ask.is_ok() != close.is_ok(), "{ask:?} {close:?}");
        let shown = view(&room, "chair", &id).await;
        assert_eq!(shown.meeting.state == State::Closed, shown.votes.is_empty());
    }

    async fn who_votes_and_until_when(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        in_session(&room, &id, &["chair", "drafter", "deputy", "clerk"]).await;
        assert_eq!(code_of(&act(&room, "chair", &id, Action::AskVote, text(" ")).await), "text.required");
        let one = Act { lines: vec!["Một".into()], ..text("Chọn?") };
        assert_eq!(code_of(&act(&room, "chair", &id, Action::AskVote, one).await), "lines.two_choices");
        let vote = act(&room, "chair", &id, Action::AskVote, text("Đồng ý?")).await.unwrap().unwrap();
        for (who, choice, expected) in [
            ("reviewer", 0, "meeting_not_found"), // not invited
            ("clerk", 0, "ballot_not_yours"),     // present, without a vote
            ("colleague", 0, "ballot_not_yours"), // with a vote, not present
            ("drafter", 3, "choice.required"),
            ("drafter", -1, "choice.required"),
            ("drafter", 2, "ok"),
            ("drafter", 0, "ballot_used"),
        ] {
            assert_eq!(code_of(&cast(&room, who, &id, &vote, choice).await), expected, "{who} {choice}");
        }
        assert_eq!(code_of(&cast(&room, "drafter", &id, NO_SUCH_ID, 0).await), "vote_not_found");
        act(&room, "clerk", &id, Action::CloseVote, Act { target: vote.clone(), ..Act::default() }).await.unwrap();
        assert_eq!(code_of(&cast(&room, "deputy", &id, &vote, 0).await), "vote_closed");
        let closed = view(&room, "chair", &id).await.votes.remove(0);
        let counts: Vec<i64> = closed.choices.iter().filter_map(|(_, count)| *count).collect();
        assert_eq!((counts, closed.eligible), (vec![0, 0, 1], 3));
    }

    async fn the_result_of_a_secret_vote_with_few_ballots_is_kept_back(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        in_session(&room, &id, &["chair", "drafter", "colleague", "deputy"]).await;
        for (secret, voters, withheld) in [(true, 1, true), (true, 2, true), (true, 3, false), (true, 0, true), (false, 1, false)] {
            let ask = Act { flag: secret, ..text("Tín nhiệm?") };
            let vote = act(&room, "chair", &id, Action::AskVote, ask).await.unwrap().unwrap();
            for who in ["chair", "drafter", "colleague"].iter().take(voters) {
                cast(&room, who, &id, &vote, 0).await.unwrap();
            }
            act(&room, "clerk", &id, Action::CloseVote, Act { target: vote.clone(), ..Act::default() }).await.unwrap();
            let closed = view(&room, "chair", &id).await.votes.into_iter().find(|one| one.id == vote).unwrap();
            let counted = closed.choices.iter().any(|(_, count)| count.is_some());
            assert_eq!((closed.withheld, counted), (withheld, !withheld), "{secret} {voters}");
            let mut browser = Visitor::signed_in(&db, &room, "chair").await;
            let page = browser.open(&format!("/vi/can-bo/cuoc-hop/{id}/bieu-quyet/{vote}")).await;
            assert_eq!(page.text.contains("Không công bố kết quả"), withheld, "{}", page.text);
        }
    }

    async fn a_secret_ballot_leaves_no_trace(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        in_session(&room, &id, &["chair", "drafter", "colleague", "deputy"]).await;
        let vote = act(&room, "chair", &id, Action::AskVote, Act { flag: true, ..text("Tín nhiệm?") }).await.unwrap().unwrap();
        // Everything written for two voters who choose differently, but for what belongs to the person and the moment.
        let mut traces = Vec::new();
        for (who, choice) in [("drafter", 0), ("colleague", 2)] {
            let before = snapshot(&db).await;
            db.ambient().advance(SignedDuration::from_secs(60));
            cast(&room, who, &id, &vote, choice).await.unwrap();
            let after = snapshot(&db).await;
            let new: Vec<String> = after.iter().filter(|row| !before.contains(row)).cloned().collect();
            let words = new.join("\n").replace(person(who).as_str(), "PERSON");
            traces.push((new.len(), words));
        }
        for (index, (_, words)) in traces.iter().enumerate() {
            // The used ballot names the vote and the person, the audit that somebody voted: no choice in either.
            assert!(words.contains("ballot_used") && words.contains("meeting.voted"), "{words}");
            let named: Vec<&str> = words.lines().filter(|line| line.contains("PERSON")).collect();
            assert!(named.iter().all(|line| !line.starts_with("choice") && !line.contains("open_ballot")), "{named:?}");
            assert!(!words.contains("\"choice\""), "{index} {words}");
        }
        let without_choice = |words: &str| -> Vec<String> {
            words.lines().filter(|line| !line.starts_with("choice")).map(str::to_owned).collect()
        };
        assert_eq!(without_choice(&traces[0].1), without_choice(&traces[1].1));
        assert_eq!(db.fetch_all("SELECT vote_id FROM office_meeting_open_ballot", vec![]).await.unwrap().len(), 0);
        // The counters have no column but the vote, the choice and the number; the used ballots none but vote and person.
        let used = db.fetch_all("SELECT * FROM office_meeting_ballot_used ORDER BY person_id", vec![]).await.unwrap();
        assert_eq!(used.len(), 2);
        assert!(used.iter().all(|row| row.opt_integer("position").is_err() && row.opt_integer("at").is_err()));
    }

    async fn papers_travel_in_one_archive(db: TestDb) {
        let room = room(&db).await;
        let id = call(&room).await;
        let item = view(&room, "clerk", &id).await.items[0].id.clone();
        let path = format!("/api/v1/office/meetings/{id}/papers");
        let pdf = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
        assert_eq!(send_file(&db, &room, &path, "drafter", &[], ("a.pdf", pdf)).await.status, 403);
        assert_eq!(send_file(&db, &room, &path, "reviewer", &[], ("a.pdf", pdf)).await.status, 404);
        assert_eq!(send_file(&db, &room, &path, "clerk", &[], ("a.pdf", b"<html>")).await.status, 422);
        let fields = [("item", item.as_str())];
        let added = send_file(&db, &room, &path, "clerk", &fields, ("Báo cáo <1>.pdf", pdf)).await;
        assert_eq!(added.status, 201, "{}", added.text());
        send_file(&db, &room, &path, "clerk", &[], ("../chung.pdf", pdf)).await;
        let paper = added.json()["papers"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(get(&db, &room, &format!("{path}/{paper}"), "drafter").await.bytes, pdf);
        assert_eq!(get(&db, &room, &format!("{path}/{paper}"), "reviewer").await.status, 404);
        let zip = get(&db, &room, &format!("{path}.zip"), "drafter").await;
        let mut archive = zip::ZipArchive::new(Cursor::new(zip.bytes)).unwrap();
        let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["index.html", "01-Báo cáo _1_.pdf", "02-chung.pdf"]);
        let mut index = String::new();
        archive.by_name("index.html").unwrap().read_to_string(&mut index).unwrap();
        assert!(index.contains("href=\"01-Báo cáo _1_.pdf\"") && index.contains("Báo cáo &lt;1&gt;.pdf"), "{index}");
        assert!(!index.contains("http") && !index.contains("<script"));
        let mut read = Vec::new();
        archive.by_name("02-chung.pdf").unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, pdf);
        assert_eq!(count(&db, ACTED, "meeting.papers_taken").await, 1);
    }

    async fn a_meeting_on_pages_without_scripts(db: TestDb) {
        let room = room(&db).await;
        let mut chair = Visitor::signed_in(&db, &room, "chair").await;
        let mut clerk = Visitor::signed_in(&db, &room, "clerk").await;
        let mut drafter = Visitor::signed_in(&db, &room, "drafter").await;
        assert!(chair.open("/vi/can-bo/cuoc-hop").await.text.contains("Không có cuộc họp nào trong tháng này"));
        assert_eq!(drafter.open("/vi/can-bo/cuoc-hop/moi").await.status, 403);
        let form = chair.open("/vi/can-bo/cuoc-hop/moi").await;
        assert!(form.text.contains("value=\"67\"") && form.text.contains(&full_name("drafter")));
        let people = ["clerk", "drafter", "deputy"].map(person);
        let typed = [
            ("title", "Giao ban"), ("place", "Phòng 1"), ("day.day", "3"), ("day.month", "3"), ("day.year", "2026"),
            ("starts", "8h30"), ("ends", "8:00"), ("secretary", people[0].as_str()), ("quorum", "60"),
            ("items", "Kinh tế\nXã hội"), ("delegates", people[1].as_str()), ("delegates", people[2].as_str()),
        ];
        let wrong = chair.send("/vi/can-bo/cuoc-hop/moi", &typed).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("Giờ kết thúc phải sau giờ bắt đầu") && wrong.text.contains("Giao ban"));
        let right = typed.map(|(name, value)| if name == "ends" { (name, "10:00") } else { (name, value) });
        let called = chair.send("/vi/can-bo/cuoc-hop/moi", &right).await;
        assert_eq!(called.status, 303, "{}", called.text);
        let path = called.location.clone();
        assert!(drafter.open("/vi/can-bo/cuoc-hop?thang=2026-03").await.text.contains("Giao ban"));
        assert!(!drafter.open("/vi/can-bo/cuoc-hop?thang=2026-04").await.text.contains("Giao ban"));
        let before = drafter.open(&path).await;
        assert!(before.text.contains("chuẩn bị tài liệu") && before.text.contains("Góp ý"), "{}", before.text);
        let step = |word: &str| format!("{path}/lam/{word}");
        assert_eq!(drafter.open(&step("gop-y")).await.status, 200);
        assert_eq!(drafter.send(&step("gop-y"), &[("text", "Bổ sung <b>số liệu</b>")]).await.status, 303);
        let invite = clerk.open(&step("moi-dai-bieu")).await;
        assert!(invite.text.contains(&full_name("colleague")) && !invite.text.contains(&full_name("drafter")));
        let department = clerk.send(&step("moi-dai-bieu"), &[("step", "agency"), ("agency", "H24.S01")]).await;
        assert!(department.text.contains(&full_name("other_drafter")), "{}", department.text);
        clerk.open(&path).await;
        assert_eq!(clerk.send(&step("mo"), &[]).await.status, 303);
        let shown = clerk.open(&format!("{path}/ma-tham-du")).await;
        assert!(shown.text.contains("class=\"hd-qr\"") && shown.text.contains(&format!("{ORIGIN}/vi/can-bo/cuoc-hop/vao/")));
        assert_eq!(drafter.open(&format!("{path}/ma-tham-du")).await.status, 403);
        let link = shown.text.split(&format!("{ORIGIN}/vi/can-bo/cuoc-hop/vao/")).nth(1).unwrap();
        let link = format!("/vi/can-bo/cuoc-hop/vao/{}", link.split('<').next().unwrap());
        assert!(drafter.open(&link).await.text.contains("Tôi có mặt"));
        assert_eq!(drafter.send(&link, &[]).await.location, path);
        assert!(drafter.open(&link).await.text.contains("đã được ghi có mặt"));
        let mut reviewer = Visitor::signed_in(&db, &room, "reviewer").await;
        assert_eq!(reviewer.open(&link).await.status, 404);
        assert_eq!(reviewer.open(&path).await.status, 404);
        let forged = drafter.open(&format!("{}x", &link[..link.len() - 1])).await;
        assert_eq!(forged.status, 404);
        let few = clerk.send(&step("hoi-y-kien"), &[("text", "Đồng ý?"), ("flag", "yes")]).await;
        assert_eq!(few.status, 409);
        assert!(few.text.contains("Chưa đủ đại biểu có mặt") && few.text.contains("Đồng ý?"));
        let roll = clerk.open(&step("diem-danh")).await;
        let ids: Vec<&str> = roll.text.split("name=\"people\"").skip(1)
            .map(|piece| piece.split("value=\"").nth(1).unwrap().split('"').next().unwrap()).collect();
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("people", *id)).collect();
        assert_eq!(clerk.send(&step("diem-danh"), &fields).await.status, 303);
        let asked = clerk.send(&step("hoi-y-kien"), &[("text", "Đồng ý?"), ("flag", "yes")]).await;
        assert_eq!(asked.status, 303, "{}", asked.text);
        let vote = asked.location.clone();
        let ballot = drafter.open(&vote).await;
        assert!(ballot.text.contains("không lưu ai chọn gì") && ballot.text.contains("Tán thành"));
        assert_eq!(drafter.send(&vote, &[]).await.status, 422);
        assert_eq!(drafter.send(&vote, &[("choice", "0")]).await.status, 303);
        assert_eq!(drafter.send(&vote, &[("choice", "1")]).await.status, 409);
        let panel = clerk.open(&vote).await;
        assert!(panel.text.contains("1 trên 3 phiếu") && panel.text.contains("Kết thúc biểu quyết"), "{}", panel.text);
        let target = vote.rsplit('/').next().unwrap().to_owned();
        assert_eq!(clerk.send(&step("dong-bieu-quyet"), &[("target", &target)]).await.status, 303);
        assert!(drafter.open(&vote).await.text.contains("Kết quả"));
        clerk.open(&step("ket-luan")).await;
        let said = [("text", "Rà soát"), ("people", people[1].as_str()), ("due.day", "20"), ("due.month", "3"), ("due.year", "2026")];
        assert_eq!(clerk.send(&step("ket-luan"), &said).await.status, 303);
        let after = clerk.open(&path).await;
        let conclusion = after.text.split("name=\"target\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let given = clerk.send(&step("giao-viec"), &[("target", &conclusion)]).await;
        assert!(given.location.starts_with("/vi/can-bo/nhiem-vu/"), "{} {}", given.status, given.text);
        assert!(drafter.open(&given.location).await.text.contains("Giao ban"));
        assert_eq!(clerk.send(&step("dien-bien"), &[("text", "Các đại biểu trao đổi.")]).await.status, 303);
        assert_eq!(clerk.send(&step("dong"), &[]).await.status, 303);
        chair.open(&path).await;
        assert_eq!(chair.send(&step("duyet-bien-ban"), &[]).await.status, 303);
        let done = drafter.open(&path.replace("/vi/", "/en/")).await;
        assert!(done.text.contains("Minutes approved") && done.text.contains("Open the task"), "{}", done.text);
        assert!(drafter.open(&format!("{path}/bien-ban")).await.text.starts_with("%PDF"));
    }

    async fn meetings_for_programs(db: TestDb) {
        let room = room(&db).await;
        let body = json!({
            "title": "Giao ban", "place": "Phòng 1", "starts_at": "2026-03-03T14:00:00+07:00",
            "ends_at": "2026-03-03T16:00:00+07:00", "secretary": person("clerk").as_str(),
            "delegates": [person("drafter").as_str()],
        });
        let called = post(&db, &room, "/api/v1/office/meetings", "chair", &body).await;
        assert_eq!(called.status, 201, "{}", called.text());
        assert_eq!(post(&db, &room, "/api/v1/office/meetings", "drafter", &body).await.status, 403);
        let path = format!("/api/v1/office/meetings/{}", called.json()["id"].as_str().unwrap());
        let list = get(&db, &room, "/api/v1/office/meetings?from=2026-03-01&to=2026-03-03", "drafter").await;
        assert_eq!(list.json()["items"][0]["title"], "Giao ban");
        let act = |action: &str| format!("{path}/actions/{action}");
        assert_eq!(post(&db, &room, &act("dance"), "chair", &json!({})).await.status, 404);
        assert_eq!(post(&db, &room, &act("open"), "chair", &json!({})).await.status, 200);
        let detail = get(&db, &room, &path, "chair").await.json();
        let people: Vec<&str> = detail["delegates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        post(&db, &room, &act("roll_call"), "chair", &json!({ "people": people })).await;
        let asked = post(&db, &room, &act("ask_vote"), "chair", &json!({ "text": "Đồng ý?", "flag": true })).await;
        let vote = asked.json()["made"].as_str().unwrap().to_owned();
        let ballots = format!("{path}/votes/{vote}/ballots");
        assert_eq!(post(&db, &room, &ballots, "drafter", &json!({ "choice": 1 })).await.status, 204);
        let again = post(&db, &room, &ballots, "drafter", &json!({ "choice": 1 })).await;
        assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("ballot_used")), "{}", again.text());
        let running = get(&db, &room, &path, "chair").await.json();
        assert_eq!(running["votes"][0]["used"], 1);
        assert!(running["votes"][0]["choices"][1]["count"].is_null());
    }
}

/// Every row that a ballot could leave behind, as text.
async fn snapshot(db: &TestDb) -> Vec<String> {
    let mut rows = Vec::new();
    let all = db.fetch_all("SELECT vote_id, position, chosen FROM office_meeting_choice", vec![]).await.unwrap();
    for row in all {
        let (vote, place, count) = (row.text("vote_id"), row.integer("position"), row.integer("chosen"));
        rows.push(format!("choice {} {} {}", vote.unwrap(), place.unwrap(), count.unwrap()));
    }
    for row in db.fetch_all("SELECT vote_id, person_id FROM office_meeting_ballot_used", vec![]).await.unwrap() {
        rows.push(format!("ballot_used {} {}", row.text("vote_id").unwrap(), row.text("person_id").unwrap()));
    }
    let all =
        db.fetch_all("SELECT vote_id, person_id, position FROM office_meeting_open_ballot", vec![]).await.unwrap();
    for row in all {
        rows.push(format!("open_ballot {} {}", row.text("person_id").unwrap(), row.integer("position").unwrap()));
    }
    let audit = "SELECT action, person, object_kind, object_id, detail FROM store_audit WHERE action = 'meeting.voted'";
    for row in db.fetch_all(audit, vec![]).await.unwrap() {
        let text = |name: &str| row.opt_text(name).unwrap().unwrap_or_default();
        rows.push(format!(
            "audit {} {} {} {} {}",
            text("action"),
            text("person"),
            text("object_kind"),
            text("object_id"),
            text("detail")
        ));
    }
    rows.sort();
    rows
}

#[test]
fn the_packs_of_meetings_say_it_all() {
    for city in ["haiphong", "mau"] {
        let folder = format!("{}/../../packs/{city}", env!("CARGO_MANIFEST_DIR"));
        let settings = std::fs::read_to_string(format!("{folder}/office/meetings.toml")).unwrap();
        let settings = MeetingSettings::from_toml(&settings).unwrap();
        assert_eq!(settings.choices.len(), 3, "{city}");
        let messages = std::fs::read_to_string(format!("{folder}/notices/messages.toml")).unwrap();
        assert!(messages.contains("id = \"meeting_invited\""), "{city}");
        assert!(std::fs::exists(format!("{folder}/documents/meetings/minutes.typ")).unwrap(), "{city}");
        let kinds = std::fs::read_to_string(format!("{folder}/office/kinds.toml")).unwrap();
        assert!(kinds.contains(&format!("id = \"{}\"", settings.notice_kind)), "{city}");
    }
    for (text, word) in
        [("quorum_percent = 0", "quorum_percent"), ("choices = [\"một\"]", "choices"), ("x = 1", "unknown")]
    {
        assert!(MeetingSettings::from_toml(text).unwrap_err().to_string().contains(word), "{text}");
    }
}
