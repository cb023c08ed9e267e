//! Posts, delegations and the reasons of refusals, over both databases and over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/town.rs"]
mod town;

use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity as _;
use haidang_identity::{DelegationStep, IdentityRoom, NewAccount, NewDelegation, NewPost};
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, args};
use haidang_testkit::{Rooms, TestDb, db_test};
use haidang_web::session::{self, SignIn};
use haidang_web::{Served, Site};
use jiff::SignedDuration;
use jiff::civil::Date;

const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];

const POSITIONS: &str = r#"
    [[role]]
    id = "clerk"
    vi = "Văn thư"
    capabilities = ["case.issue"]
    agencies = ["department"]

    [[role]]
    id = "leader"
    vi = "Giám đốc"
    capabilities = ["case.sign"]
    agencies = ["department"]

    [[role]]
    id = "administrator"
    vi = "Quản trị hệ thống"
    capabilities = ["post.manage"]
    agencies = ["H24.S08"]
"#;

struct Trial {
    city: Served,
    room: IdentityRoom,
}

impl Trial {
    async fn open(db: &TestDb) -> Trial {
        let room = town::room_with(db, POSITIONS);
        town::departments(db, &["H24.S08", "H24.S09"]).await;
        let city = town::serve(db, &room);
        Trial { city, room }
    }

    fn site(&self) -> &Site {
        self.city.site()
    }

    async fn official(&self, username: &str, role: &str, agency: &str) -> PersonId {
        let account = NewAccount {
            username: username.into(),
            password: "con mèo trèo cây cau".into(),
            full_name: format!("Trần Văn {username}"),
            agency: agency.into(),
            role: role.into(),
        };
        self.room.add_account(&account, ActorRef::system()).await.unwrap();
        self.room.check_password(username, "con mèo trèo cây cau").await.unwrap()
    }

    async fn cookie(&self, person: &PersonId) -> String {
        session::open(self.site(), person, SignIn::official(true)).await.unwrap()
    }

    async fn sessions(&self, person: &PersonId) -> usize {
        session::list(self.site(), person).await.unwrap().len()
    }

    async fn can(&self, person: &PersonId, capability: &str) -> bool {
        self.room.actor(person, None).await.unwrap().is_some_and(|actor| actor.can(capability))
    }

    async fn get(&self, cookie: &str, path: &str) -> (u16, String) {
        let request = Request::get(path).header(header::HOST, "localhost").header(header::COOKIE, cookie);
        self.answered(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form from the page at `from`, with the proof that page holds.
    async fn post(&self, cookie: &str, from: &str, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let page = self.get(cookie, from).await.1;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        let mut pairs = vec![("csrf", token)];
        pairs.extend_from_slice(fields);
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, cookie)
            .header(header::ORIGIN, "http://localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.answered(request.body(Body::from(haidang_web::encode(pairs))).unwrap()).await
    }

    async fn answered(&self, request: Request<Body>) -> (u16, String) {
        let response = self.city.call(request).await;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains('⟦'), "a text is missing: {text}");
        (status, text)
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn codes(problem: &Problem) -> Vec<(&str, &str)> {
    problem.errors.iter().map(|error| (&*error.field, &*error.code)).collect()
}

db_test! {
    rooms = ROOMS;

    async fn posts_are_given_within_the_rules_of_the_pack(db: TestDb) {
        let trial = Trial::open(&db).await;
        trial.official("a.b.c", "clerk", "H24.S09").await;
        let today = db.ambient().today();
        let give = |new: NewPost| {
            let room = trial.room.clone();
            async move { room.give_post(&new, ActorRef::system(), "").await }
        };
        let new = |username: &str, agency: &str, role: &str| NewPost {
            username: username.into(), agency: agency.into(), role: role.into(), ..NewPost::default()
        };
        for (post, expected) in [
            (new("nobody", "H24.S08", "clerk"), ("username", "unknown")),
            (new("", "H24.S08", "clerk"), ("username", "required")),
            (new("a.b.c", "H24.X", "clerk"), ("agency", "unknown")),
            (new("a.b.c", "H24.S08", "king"), ("role", "unknown")),
            (new("a.b.c", "H24.S09", "administrator"), ("role", "not_held_here")),
            (NewPost { valid_to: Some(today.yesterday().unwrap()), ..new("a.b.c", "H24.S08", "clerk") }, ("valid_to", "before_from")),
        ] {
            assert_eq!(codes(&give(post).await.unwrap_err()), [expected]);
        }
        give(new("A.B.C", "H24.S08", "leader")).await.unwrap();
        let posts = trial.room.posts_in("H24.S08", 10).await.unwrap();
        assert_eq!((posts.len(), posts[0].role.as_str(), posts[0].valid_from), (1, "leader", today));
    }

    async fn t46_a_post_ended_by_hand_ends_the_right_and_every_session_at_once(db: TestDb) {
        let trial = Trial::open(&db).await;
        let clerk = trial.official("a.b.c", "clerk", "H24.S08").await;
        trial.cookie(&clerk).await;
        assert!(trial.can(&clerk, "case.issue").await);
        let post = trial.room.posts_of(&clerk).await.unwrap().remove(0);
        let missing = trial.room.end_post(trial.site(), "x", None, ActorRef::system(), "").await;
        assert_eq!(missing.unwrap_err().code, "post_not_found");
        trial.room.end_post(trial.site(), &post.id, Some(day("2099-01-01")), ActorRef::system(), "").await.unwrap();
        assert_eq!((trial.can(&clerk, "case.issue").await, trial.sessions(&clerk).await), (true, 1), "not yet");
        trial.room.end_post(trial.site(), &post.id, None, ActorRef::system(), "").await.unwrap();
        assert_eq!((trial.can(&clerk, "case.issue").await, trial.sessions(&clerk).await), (false, 0));
        let events = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_event WHERE kind = 'session.ended'";
        assert_eq!(db.db().fetch_one(events, args![]).await.unwrap().integer("n").unwrap(), 1);
    }

    async fn t46_a_post_that_runs_out_by_its_date_ends_sessions_by_the_round(db: TestDb) {
        let trial = Trial::open(&db).await;
        let clerk = trial.official("a.b.c", "clerk", "H24.S08").await;
        let other = trial.official("d.e.f", "clerk", "H24.S08").await;
        let post = trial.room.posts_of(&clerk).await.unwrap().remove(0);
        let today = db.ambient().today();
        trial.room.end_post(trial.site(), &post.id, Some(today), ActorRef::system(), "").await.unwrap();
        db.ambient().advance(SignedDuration::from_hours(24));
        trial.cookie(&clerk).await;
        trial.cookie(&other).await;
        assert!(!trial.can(&clerk, "case.issue").await, "the right is gone without anybody's doing");
        assert_eq!(trial.room.notice_ended_posts(trial.site()).await.unwrap(), 1);
        assert_eq!((trial.sessions(&clerk).await, trial.sessions(&other).await), (0, 1));
        assert_eq!(trial.room.notice_ended_posts(trial.site()).await.unwrap(), 0, "once is enough");
    }

    async fn a_delegation_holds_once_accepted_and_ends_with_the_post(db: TestDb) {
        let trial = Trial::open(&db).await;
        let leader = trial.official("lanh.dao", "leader", "H24.S08").await;
        let deputy = trial.official("cap.pho", "clerk", "H24.S08").await;
        trial.official("noi.khac", "clerk", "H24.S09").await;
        let today = db.ambient().today();
        let post = trial.room.posts_of(&leader).await.unwrap().remove(0).id;
        let new = |username: &str| NewDelegation {
            post: post.clone(), username: username.into(), valid_from: Some(today),
            valid_to: Some(today.tomorrow().unwrap()), reason: "Đi họp".into(),
        };
        let by = ActorRef::system;
        for (wrong, expected) in [
            (new("noi.khac"), ("username", "not_of_this_agency")),
            (new("lanh.dao"), ("username", "unknown")),
            (NewDelegation { post: "x".into(), ..new("cap.pho") }, ("post", "required")),
            (NewDelegation { valid_to: None, ..new("cap.pho") }, ("valid_to", "required")),
            (NewDelegation { reason: " ".into(), ..new("cap.pho") }, ("reason", "required")),
        ] {
            let refused = trial.room.propose_delegation(&leader, &wrong, by(), "").await.unwrap_err();
            assert_eq!(codes(&refused), [expected]);
        }
        let id = trial.room.propose_delegation(&leader, &new("cap.pho"), by(), "").await.unwrap();
        assert!(!trial.can(&deputy, "case.sign").await, "nobody is made to take over");
        let step = |person: &PersonId, step: DelegationStep| {
            let (room, site, person, id) = (trial.room.clone(), trial.site(), person.clone(), id.clone());
            async move { room.step_delegation(site, &person, &id, step, by(), "").await.map_err(|problem| problem.code) }
        };
        assert_eq!(step(&leader, DelegationStep::Accept).await, Err("delegation_answered"));
        step(&deputy, DelegationStep::Accept).await.unwrap();
        assert_eq!(step(&deputy, DelegationStep::Decline).await, Err("delegation_answered"));
        let actor = trial.room.actor(&deputy, None).await.unwrap().unwrap();
        let titles: Vec<&str> = actor.positions.iter().map(|post| post.title.as_str()).collect();
        assert_eq!(titles, ["Văn thư", "TUQ. Giám đốc"], "one's own post first; what is signed says by whose power");
        assert!(actor.can_in("case.sign", "H24.S08"));
        let third = trial.official("nguoi.ba", "clerk", "H24.S08").await;
        let onward = NewDelegation { username: "nguoi.ba".into(), ..new("cap.pho") };
        assert!(trial.room.propose_delegation(&deputy, &onward, by(), "").await.is_err(), "nothing is handed on");
        assert!(!trial.can(&third, "case.sign").await);
        trial.cookie(&deputy).await;
        trial.room.end_post(trial.site(), &post, None, by(), "").await.unwrap();
        assert_eq!((trial.can(&deputy, "case.sign").await, trial.sessions(&deputy).await), (false, 0));
    }

    async fn a_revoked_or_past_delegation_ends_the_duty_and_the_sessions(db: TestDb) {
        let trial = Trial::open(&db).await;
        let leader = trial.official("lanh.dao", "leader", "H24.S08").await;
        let deputy = trial.official("cap.pho", "clerk", "H24.S08").await;
        let today = db.ambient().today();
        let post = trial.room.posts_of(&leader).await.unwrap().remove(0).id;
        let new = NewDelegation {
            post, username: "cap.pho".into(), valid_from: Some(today), valid_to: Some(today), reason: "Đi họp".into(),
        };
        for revoked in [true, false] {
            let id = trial.room.propose_delegation(&leader, &new, ActorRef::system(), "").await.unwrap();
            let accept = trial.room.step_delegation(trial.site(), &deputy, &id, DelegationStep::Accept, ActorRef::system(), "");
            accept.await.unwrap();
            trial.cookie(&deputy).await;
            assert!(trial.can(&deputy, "case.sign").await);
            if revoked {
                let revoke = trial.room.step_delegation(trial.site(), &leader, &id, DelegationStep::Revoke, ActorRef::system(), "");
                revoke.await.unwrap();
            } else {
                db.ambient().advance(SignedDuration::from_hours(24));
                trial.cookie(&deputy).await;
                assert!(!trial.can(&deputy, "case.sign").await);
                assert_eq!(trial.room.notice_ended_delegations(trial.site()).await.unwrap(), 1);
                assert_eq!(trial.room.notice_ended_delegations(trial.site()).await.unwrap(), 0);
            }
            assert_eq!((trial.can(&deputy, "case.sign").await, trial.sessions(&deputy).await), (false, 0), "{revoked}");
            assert!(trial.can(&deputy, "case.issue").await, "one's own post stays");
        }
    }

    async fn a_refusal_says_which_rule_and_stands_in_the_audit_with_it(db: TestDb) {
        let trial = Trial::open(&db).await;
        let clerk = trial.official("a.b.c", "clerk", "H24.S08").await;
        let cookie = trial.cookie(&clerk).await;
        let (status, page) = trial.get(&cookie, "/vi/quan-tri/vi-tri").await;
        assert_eq!(status, 403);
        assert!(page.contains("Cán bộ, công chức đang giữ vị trí công tác mà vai trò của vị trí đó có quyền này."), "{page}");
        assert!(page.contains("/vi/can-bo/quyen?action=post.manage"));
        let entry = "SELECT detail FROM store_audit WHERE action = 'access.refused'";
        let detail = db.db().fetch_one(entry, args![]).await.unwrap().text("detail").unwrap();
        let hash = trial.room.policies().hash().to_string();
        assert!(detail.contains("post.manage") && detail.contains(&hash), "{detail}");
        let (status, page) = trial.get(&cookie, "/vi/can-bo/quyen?action=post.manage").await;
        assert_eq!(status, 200);
        assert!(page.contains("Giao và thôi giao vị trí công tác") && page.contains("post-gives-capability") && page.contains(&hash));
        let (status, json) = trial.get(&cookie, "/api/v1/me/rights").await;
        let rights: serde_json::Value = serde_json::from_str(&json).unwrap();
        let right = |name: &str| rights["items"].as_array().unwrap().iter().find(|one| one["action"] == name).unwrap().clone();
        assert_eq!((status, &right("case.issue")["allowed"], &right("case.sign")["allowed"]), (200, &true.into(), &false.into()));
        assert_eq!(right("case.issue")["policies"][0]["id"], "post-gives-capability");
    }

    async fn an_administrator_gives_ends_and_asks_on_pages_without_scripts(db: TestDb) {
        let trial = Trial::open(&db).await;
        let admin = trial.official("quan.tri", "administrator", "H24.S08").await;
        let clerk = trial.official("a.b.c", "clerk", "H24.S09").await;
        let cookie = trial.cookie(&admin).await;
        let tree = trial.get(&cookie, "/vi/quan-tri/vi-tri").await;
        assert!(tree.0 == 200 && tree.1.contains("Sở Mẫu H24.S09"));
        assert_eq!(trial.get(&cookie, "/en/quan-tri/vi-tri/H24.X").await.0, 404);
        let at = "/vi/quan-tri/vi-tri/H24.S08";
        let wrong = trial.post(&cookie, at, at, &[("username", "ai.do"), ("role", "leader"), ("valid_to.day", "31"), ("valid_to.month", "2"), ("valid_to.year", "2026")]).await;
        assert!(wrong.0 == 422 && wrong.1.contains("ngày, tháng, năm có thật"));
        let wrong = trial.post(&cookie, at, at, &[("username", "ai.do"), ("role", "leader")]).await;
        assert!(wrong.0 == 422 && wrong.1.contains("Không có tài khoản nào mang tên này"));
        assert_eq!(trial.post(&cookie, at, at, &[("username", "a.b.c"), ("role", "leader")]).await.0, 303);
        assert!(trial.can(&clerk, "case.sign").await);
        let asked = |action: &'static str, thing: &'static str, agency: &'static str| {
            let fields = [("username", "a.b.c"), ("action", action), ("thing", thing), ("agency", agency), ("acr", "2")];
            let (trial, cookie) = (&trial, &cookie);
            async move { trial.post(cookie, "/vi/quan-tri/thu-quyen", "/vi/quan-tri/thu-quyen", &fields).await }
        };
        let answer = asked("case.sign", "route", "").await;
        assert!(answer.0 == 200 && answer.1.contains("<strong>Được</strong>"), "{}", answer.1);
        let answer = asked("view", "case", "H24.S08").await;
        assert!(answer.0 == 200 && answer.1.contains("<strong>Không được</strong>") && answer.1.contains("case-unit"));
        let post = trial.room.posts_in("H24.S08", 10).await.unwrap().into_iter().find(|post| post.person == clerk).unwrap();
        assert_eq!(trial.post(&cookie, at, &format!("{at}/{}/thoi", post.id), &[]).await.0, 303);
        assert!(!trial.can(&clerk, "case.sign").await);
        assert_eq!(trial.get(&cookie, "/en/quan-tri/thu-quyen").await.0, 200);
        assert_eq!(trial.get(&cookie, "/en/can-bo/uy-quyen").await.0, 200);
    }
}
