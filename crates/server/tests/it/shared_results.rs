//! Results told to the register of another agency through the exchange: a birth stands in the civil status once, however
//! the register behaves, and people decide what it refuses.

use crate::city::{Place, Town};
use crate::national_simulators::Stage as National;
use crate::once_only::hosted;
use crate::permissions::{browse, caller};
use axum::body::Bytes;
use axum::http::Request;
use haidang_exchange::rules::identifier::SubsystemId;
use haidang_server::exchange::simulated;
use haidang_store::args;
use serde_json::{Value, json};
use std::time::Duration;

const PAGE: &str = "/vi/can-bo/dong-bo/ket-qua";

/// What the city knows of its telling: state and reason of the case.
async fn standing(town: &Town, case: &str) -> (String, Option<String>) {
    let rows = town.rows("SELECT state, reason FROM server_shared_result WHERE case_id = $1", args![case]).await;
    assert_eq!(rows.len(), 1, "once for one register");
    (rows[0].text("state").unwrap(), rows[0].opt_text("reason").unwrap())
}

/// What the register itself says of a case, asked through the exchange.
async fn registered(town: &Town, case_no: &str, commune: &str) -> Value {
    let consumer = SubsystemId::parse("VN-HP/GOV/H24.S15/MOTCUA").unwrap();
    let caller = town.city.exchange.as_ref().unwrap().insider(consumer);
    let question = json!({ "maDonVi": commune, "maHoSo": case_no });
    let request = Request::post("/r1/VN-HP/GOV/G15/HOTICH/ho-tich/trang-thai")
        .header("content-type", "application/json")
        .header("accept", "application/json")
        .header("x-road-userid", "VN031090000001")
        .header("x-road-issue", case_no)
        .header("x-hd-purpose", "TTHC-HOTICH")
        .header("x-hd-procedure", "1.001193")
        .body(Bytes::from(question.to_string()))
        .unwrap();
    let answer = caller.call(request, 64 * 1024, Duration::from_secs(10)).await.unwrap();
    serde_json::from_slice(answer.body()).unwrap()
}

/// Registers a birth up to its issued result. The gateway's tokens hold for an hour.
async fn issued(town: &Town, national: &National) -> (String, String) {
    simulated::keep_token(&town.city.config.exchange_spool(), &national.new_token().await).unwrap();
    let filed = town.file_birth().await;
    town.walk(&filed.id, &["accept", "propose", "sign", "issue"]).await;
    town.city.run_due().await.unwrap();
    (filed.id, filed.case_no)
}

/// Lets the pauses between attempts pass.
async fn wait_out(town: &Town) {
    for _ in 0..10 {
        town.later("PT1M");
        town.city.run_due().await.unwrap();
    }
}

async fn fault(national: &National, rule: Value) {
    let mut rule = rule;
    rule["system"] = json!("civil_status");
    rule["operation"] = json!("dangKyHoTich");
    national.fault(rule).await;
}

on_both! {
    async fn a_birth_stands_in_the_civil_status_once(place: Place) {
        let (national, town, _) = hosted(&place).await;
        let owner = town.person("owner");
        let commune = owner.person.commune_code.clone().unwrap();
        for (what, rule) in [
            ("well", None),
            ("502", Some(json!({ "fault": "bad_gateway", "times": 3 }))),
            ("a reset", Some(json!({ "fault": "reset", "times": 1 }))),
            ("a lost answer", Some(json!({ "fault": "lost_answer", "times": 2 }))),
            ("half an answer", Some(json!({ "fault": "malformed", "times": 1 }))),
        ] {
            if let Some(rule) = rule {
                fault(&national, rule).await;
            }
            let (case, case_no) = issued(&town, &national).await;
            wait_out(&town).await;
            assert_eq!(standing(&town, &case).await, ("told".to_owned(), None), "{what}");
            let said = registered(&town, &case_no, &commune).await;
            assert!(said["trangThai"].is_string(), "{what}: {said}");
            national.control("DELETE", "/faults", Value::Null).await;
        }
        let looks = town.city.db.accesses_of(&owner.person.citizen_no.clone().unwrap(), None, 100).await.unwrap();
        let shared = looks.iter().find(|look| look.action == "case.shared").unwrap();
        assert_eq!(shared.legal_basis.as_deref(), Some("60/2014/QH13; 87/2020/NĐ-CP"));
        town.prove().await;
    }

    async fn what_the_register_refuses_waits_for_people(place: Place) {
        let (national, town, _) = hosted(&place).await;
        fault(&national, json!({ "fault": "error", "code": "500", "times": 1 })).await;
        let (case, case_no) = issued(&town, &national).await;
        assert_eq!(standing(&town, &case).await, ("refused".to_owned(), Some("500".to_owned())));
        wait_out(&town).await;
        assert_eq!(standing(&town, &case).await.0, "refused", "nobody tries again by themselves");
        let supervisor = caller(&town, "supervisor", town.city_post("supervisor").await, Some("supervisor")).await;
        for (lang, words) in [("vi", "Bị từ chối"), ("en", "Refused")] {
            let page = browse(&town, &supervisor, "GET", &PAGE.replace("/vi", &format!("/{lang}")), "").await.text();
            assert!(page.contains(words) && page.contains(&case_no) && !page.contains('⟦'), "{page}");
        }
        let page = browse(&town, &supervisor, "GET", PAGE, "").await.text();
        let id = page.split("/ket-qua/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let csrf = format!("csrf={}", supervisor.csrf);
        let again = browse(&town, &supervisor, "POST", &format!("{PAGE}/{id}/gui-lai"), &csrf).await;
        assert_eq!((again.status, again.location.as_str()), (303, PAGE), "{}", again.text());
        town.city.run_due().await.unwrap();
        assert_eq!(standing(&town, &case).await, ("told".to_owned(), None));
        let late = browse(&town, &supervisor, "POST", &format!("{PAGE}/{id}/gui-lai"), &csrf).await;
        assert_eq!(late.status, 409, "{}", late.text());
        let page = browse(&town, &supervisor, "GET", PAGE, "").await.text();
        assert!(page.contains("Mọi kết quả đã gửi đến nơi nhận"), "{page}");
    }
}
