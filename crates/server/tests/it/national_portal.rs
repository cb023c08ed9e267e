//! A whole city told to the simulated national portal over HTTP: a life, every fault, an hour of outage, the pages.

use crate::city::{MORNING, Place, Town};
use crate::national_simulators::Stage;
use crate::permissions::{browse, caller};
use haidang_kernel::ambient::Ambient;
use haidang_portal::By;
use haidang_server::simulators::national::{CLIENT, SECRET};
use haidang_store::args;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A city and its portal by one clock.
struct Both {
    town: Town,
    portal: Stage,
}

impl Both {
    async fn open(place: &Place) -> Both {
        let ambient = Ambient::fixed(MORNING.parse().unwrap(), 7);
        let portal = Stage::with_clock(3, ambient.clone()).await;
        let mut config = place.config("haiphong", "city");
        let secret = config.store.folder.join("portal.secret");
        std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
        let given = &mut config.national_portal;
        given.address = format!("{}/dvcqg/", portal.origin);
        given.unit = "H24.S01".to_owned();
        given.user = CLIENT.to_owned();
        given.secret_file = secret;
        given.timeout_seconds = 1;
        given.lists = true;
        assert_eq!(config.check(), []);
        Both { town: Town::open_with(config, ambient).await, portal }
    }

    /// Does what is due and moves the clock, until nothing but people's decisions is left; how long it took.
    async fn drain(&self) -> SignedDuration {
        let began = self.town.ambient.now();
        for _ in 0..2_000 {
            self.town.city.run_due().await.unwrap();
            let standing = self.town.city.rooms.portal.standing().await.unwrap();
            let halted = "SELECT count(*) AS n FROM portal_line WHERE next_at IS NOT NULL";
            let going = self.town.rows(halted, args![]).await[0].integer("n").unwrap();
            if standing.sending + going == 0 {
                return self.town.ambient.now().duration_since(began);
            }
            self.town.ambient.advance(SignedDuration::from_secs(5));
        }
        panic!("it never drains");
    }

    /// The case as the portal holds it.
    async fn told(&self, case_no: &str) -> Value {
        self.portal.control("GET", &format!("/portal/cases/{case_no}"), Value::Null).await["case"].clone()
    }

    async fn statuses(&self, case_no: &str) -> Vec<i64> {
        let told = self.told(case_no).await;
        told["messages"].as_array().unwrap().iter().map(|one| one["status"].as_i64().unwrap()).collect()
    }

    /// How often messages came that had come before.
    async fn repetitions(&self, case_no: &str) -> u64 {
        let told = self.told(case_no).await;
        told["messages"].as_array().unwrap().iter().map(|one| one["arrivals"].as_u64().unwrap() - 1).sum()
    }
}

on_both! {
    /// A case from filing to the result in the owner's hands.
    async fn a_life_is_told_in_order(place: Place) {
        let both = Both::open(&place).await;
        let filed = both.town.file_birth().await;
        both.drain().await;
        assert_eq!(both.statuses(&filed.case_no).await, [1]);
        both.town.walk(&filed.id, &["accept", "supplement"]).await;
        let owner = both.town.person("owner");
        both.town.act(&owner, &filed.id, "answer_supplement", json!({})).await.expect(200, "answer");
        both.town.walk(&filed.id, &["propose", "sign", "issue", "hand_over"]).await;
        both.drain().await;
        let told = both.told(&filed.case_no).await;
        // 2 to 5 goes by 4; proposing, signing and issuing stay at 4.
        assert_eq!(both.statuses(&filed.case_no).await, [1, 2, 4, 5, 4, 4, 4, 4, 9, 10]);
        assert_eq!((told["out_of_order"].as_u64(), told["gaps"].as_u64()), (Some(0), Some(0)), "{told}");
        assert_eq!(both.repetitions(&filed.case_no).await, 0);
        let content = &told["content"];
        assert_eq!(content["DanhSachHoSoBoSung"][0]["TrangThaiBoSung"], "1", "{content}");
        let link = content["DanhSachGiayToKetQua"][0]["DuongDanTepTinKetQua"].as_str().unwrap();
        assert!(link.contains("/kq/"), "{link}");
        assert_eq!(content["KenhThucHien"], "2");
        let sync = both.town.case(&filed.id).await.sync_state;
        assert_eq!(sync, haidang_services::model::SyncState::Clean);
        // That the data left the city is on the owner's log.
        let number = owner.person.citizen_no.clone().unwrap();
        let looks = both.town.city.db.accesses_of(&number, None, 100).await.unwrap();
        assert!(looks.iter().any(|look| look.action == "case.reported"), "{looks:?}");
        both.town.prove().await;
    }

    /// Each fault once, in the middle of a case: the portal ends with every message once.
    async fn every_fault_is_survived(place: Place) {
        let both = Both::open(&place).await;
        let case = "DongBoHoSoMC";
        for (what, fault, refused, repetitions) in [
            ("502", json!({ "operation": case, "fault": "bad_gateway", "times": 2 }), false, 0),
            ("503", json!({ "operation": case, "fault": "status", "status": 503, "times": 1 }), false, 0),
            ("a time-out", json!({ "operation": case, "fault": "hang", "times": 1 }), false, 0),
            ("a reset", json!({ "operation": case, "fault": "reset", "times": 1 }), false, 0),
            ("a lost answer", json!({ "operation": case, "fault": "lost_answer", "times": 2 }), false, 0),
            ("half an answer", json!({ "operation": case, "fault": "malformed", "times": 1 }), false, 0),
            ("an answer cut off", json!({ "operation": case, "fault": "cut_off", "times": 1 }), false, 0),
            // The first call only learns that its session is over.
            ("the line repeats it", json!({ "operation": case, "fault": "duplicate", "skip": 1, "times": 1 }), false, 1),
            ("a session that is over", json!({ "operation": case, "fault": "error", "code": "2", "times": 1 }), false, 0),
            ("no session", json!({ "operation": "login", "fault": "error", "code": "9", "times": 1 }), false, 0),
            ("the portal fails", json!({ "operation": case, "fault": "error", "code": "9", "times": 1 }), false, 0),
            (
                "a lost answer, and none to the question",
                json!([
                    { "operation": case, "fault": "lost_answer", "times": 1 },
                    { "operation": "TraCuuHoSo", "fault": "bad_gateway", "times": 2 },
                ]),
                false,
                0,
            ),
            ("refused content", json!({ "operation": case, "fault": "error", "code": "4", "times": 1 }), true, 0),
            ("out of order", json!({ "operation": case, "fault": "error", "code": "5", "times": 1 }), true, 0),
        ] {
            let filed = both.town.file_birth().await;
            let rules = fault.as_array().cloned().unwrap_or_else(|| vec![fault.clone()]);
            for mut rule in rules {
                rule["system"] = json!("service_portal");
                both.portal.fault(rule).await;
            }
            // Half an hour later every session is over.
            both.town.later("PT31M");
            both.drain().await;
            both.town.walk(&filed.id, &["accept"]).await;
            both.drain().await;
            let room = &both.town.city.rooms.portal;
            let waiting = room.refused_messages("", 10).await.unwrap();
            assert_eq!(!waiting.is_empty(), refused, "{what}: {waiting:?}");
            if let Some(first) = waiting.first() {
                let supervisor = both.town.city_post("supervisor").await;
                let actor = both.town.actor(&supervisor).await;
                let by = By { actor: &actor, channel: "office", request: "r1" };
                room.send_again(by, &first.message.id).await.unwrap();
                both.drain().await;
            }
            assert_eq!(both.statuses(&filed.case_no).await, [1, 2], "{what}");
            assert_eq!(both.repetitions(&filed.case_no).await, repetitions, "{what}");
            let told = both.told(&filed.case_no).await;
            assert_eq!(told["out_of_order"], 0, "{what}: {told}");
            both.portal.control("DELETE", "/faults", Value::Null).await;
        }
    }

    /// The gateway answers 502 for an hour while cases are filed and decided.
    async fn an_hour_of_outage_is_made_up_for(place: Place) {
        let both = Both::open(&place).await;
        let before = both.town.file_birth().await;
        both.drain().await;
        let from = both.town.ambient.now();
        let until = from.checked_add(SignedDuration::from_hours(1)).unwrap();
        let rule = json!({ "system": "service_portal", "fault": "bad_gateway", "from": from, "until": until });
        both.portal.fault(rule).await;
        let mut all = vec![before];
        for _ in 0..4 {
            all.push(both.town.file_birth().await);
            both.town.city.run_due().await.unwrap();
            both.town.later("PT1M");
        }
        for filed in &all {
            both.town.walk(&filed.id, &["accept", "propose"]).await;
            both.town.city.run_due().await.unwrap();
        }
        let standing = both.town.city.rooms.portal.standing().await.unwrap();
        assert!(standing.waiting + standing.sending >= 14, "{standing:?}");
        both.town.at(until);
        let took = both.drain().await;
        assert!(took <= SignedDuration::from_mins(10), "{took:#}");
        for filed in &all {
            assert_eq!(both.statuses(&filed.case_no).await, [1, 2, 4], "{}", filed.case_no);
            assert_eq!(both.repetitions(&filed.case_no).await, 0, "{}", filed.case_no);
        }
    }

    /// What the supervisor sees and does, without scripts.
    async fn the_supervisor_decides_on_the_pages(place: Place) {
        let both = Both::open(&place).await;
        let town = &both.town;
        let supervisor = caller(town, "supervisor", town.city_post("supervisor").await, Some("supervisor")).await;
        let empty = browse(town, &supervisor, "GET", "/vi/can-bo/dong-bo", "").await;
        assert_eq!(empty.status, 200, "{}", empty.text());
        assert!(empty.text().contains("Không có thông điệp nào bị cổng từ chối"));
        let rule = json!({ "system": "service_portal", "operation": "DongBoHoSoMC", "fault": "error", "code": "4", "times": 1 });
        both.portal.fault(rule).await;
        let filed = both.town.file_birth().await;
        both.drain().await;
        for (lang, words) in [("vi", "Nội dung không phù hợp"), ("en", "The content does not fit")] {
            let page = browse(town, &supervisor, "GET", &format!("/{lang}/can-bo/dong-bo"), "").await.text();
            assert!(page.contains(words) && page.contains(&filed.case_no) && !page.contains('⟦'), "{page}");
            assert!(!page.contains("Nguyễn Thị Ví Dụ"), "the queue names nobody");
        }
        let message = town.city.rooms.portal.refused_messages("", 1).await.unwrap()[0].message.id.clone();
        let address = format!("/vi/can-bo/dong-bo/thong-diep/{message}");
        let page = browse(town, &supervisor, "GET", &address, "").await.text();
        assert!(page.contains("Gửi lại") && page.contains("Bỏ qua, ghi lý do") && !page.contains('⟦'), "{page}");
        let csrf = format!("csrf={}", supervisor.csrf);
        let unreasoned = browse(town, &supervisor, "POST", &format!("{address}/bo-qua"), &csrf).await;
        assert_eq!(unreasoned.status, 422);
        assert!(unreasoned.text().contains("Ghi lý do bỏ qua"));
        let again = browse(town, &supervisor, "POST", &format!("{address}/gui-lai"), &csrf).await;
        assert_eq!((again.status, again.location.as_str()), (303, "/vi/can-bo/dong-bo"), "{}", again.text());
        both.drain().await;
        assert_eq!(both.statuses(&filed.case_no).await, [1]);
        // The portal forgets everything; the comparison of the day finds the case missing there and tells it anew.
        both.portal.control("DELETE", "/kept", Value::Null).await;
        let wrong = browse(town, &supervisor, "POST", "/vi/can-bo/dong-bo/doi-chieu", &format!("{csrf}&ngay.day=31&ngay.month=2&ngay.year=2026")).await;
        assert_eq!(wrong.status, 422);
        let asked = browse(town, &supervisor, "POST", "/vi/can-bo/dong-bo/doi-chieu", &format!("{csrf}&ngay.day=3&ngay.month=3&ngay.year=2026")).await;
        assert_eq!(asked.status, 303, "{}", asked.text());
        both.drain().await;
        let page = browse(town, &supervisor, "GET", &asked.location, "").await.text();
        assert!(page.contains("Thành phố có, cổng không có") && page.contains(&filed.case_no), "{page}");
        let difference = page.split("name=\"difference\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let body = format!("{csrf}&difference={difference}");
        let told = browse(town, &supervisor, "POST", &format!("{}/dong-bo-lai", asked.location), &body).await;
        assert_eq!((told.status, &told.location), (303, &asked.location), "{}", told.text());
        both.drain().await;
        assert_eq!(both.statuses(&filed.case_no).await, [1]);
    }

    /// A city without a portal tells nobody, and its page says so.
    async fn a_city_without_a_portal_tells_nobody(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let owner = town.person("owner");
        town.file(&owner, "9.000101", |_| true).await;
        town.city.run_due().await.unwrap();
        let lines = town.rows("SELECT case_id FROM portal_line", args![]).await;
        assert!(lines.is_empty());
        let supervisor = caller(&town, "supervisor", town.city_post("supervisor").await, Some("supervisor")).await;
        let page = browse(&town, &supervisor, "GET", "/vi/can-bo/dong-bo", "").await;
        assert!(page.status == 200 && page.text().contains("chưa kết nối với cổng"), "{}", page.text());
    }
}
