//! What a tester lets go wrong, seen from the caller's side; and what the simulator tells afterwards.

use super::{Stage, Told, send};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LIST: &str = "/apiHoTichTuPhap/danhMuc";

/// A good question to the civil status; of its answer "Kinh" is the first name.
async fn ask(stage: &Stage) -> Result<Told, reqwest::Error> {
    send(stage.call("POST", LIST).json(&json!({ "loaiDanhMuc": "3" }))).await
}

fn is_good(told: &Result<Told, reqwest::Error>) -> bool {
    told.as_ref().is_ok_and(|told| told.status == 200 && told.json()["value"][0]["ten"] == "Kinh")
}

/// How the last request ended.
async fn outcome(stage: &Stage) -> Value {
    stage.control("GET", "/requests", Value::Null).await["requests"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn each_fault_looks_as_it_says_and_ends_with_its_rule() {
    let stage = Stage::open().await;
    for (fault, more) in [
        ("bad_gateway", json!({})),
        ("status", json!({ "status": 503 })),
        ("status", json!({ "status": 429 })),
        ("reset", json!({})),
        ("lost_answer", json!({})),
        ("malformed", json!({})),
        ("cut_off", json!({})),
        ("duplicate", json!({})),
        ("error", json!({ "code": "101" })),
        ("wrong_data", json!({})),
    ] {
        let mut rule = json!({ "system": "civil_status", "fault": fault, "times": 1 });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        stage.fault(rule.clone()).await;
        let told = ask(&stage).await;
        match fault {
            "bad_gateway" => assert_eq!(told.as_ref().unwrap().status, 502),
            "status" => assert_eq!(u64::from(told.as_ref().unwrap().status), rule["status"].as_u64().unwrap()),
            "reset" | "lost_answer" | "cut_off" => assert!(told.is_err(), "{fault}: {told:?}"),
            "malformed" => {
                let told = told.as_ref().unwrap();
                assert!(told.status == 200 && told.text.starts_with("{\"status\":1") && told.json() == Value::Null);
            }
            "error" => assert_eq!(told.as_ref().unwrap().json()["errorCode"], "101"),
            // The list has no member that this fault changes, so another operation shows it below.
            _ => assert!(is_good(&told), "{fault}: {told:?}"),
        }
        let last = outcome(&stage).await;
        assert!(last["outcome"] == fault || last["repeated"] == true, "{last}");
        assert!(is_good(&ask(&stage).await), "after {fault} all is well");
        stage.control("DELETE", "/faults", Value::Null).await;
    }
    let act = async || {
        let told = stage.post("/apiHoTichTuPhap/traHoSo", json!({ "module": "KS", "maHoSo": 1 })).await;
        told.json()["value"][0].clone()
    };
    let before = act().await;
    stage.fault(json!({ "system": "civil_status", "operation": "traHoSo", "fault": "wrong_data" })).await;
    let wrong = act().await;
    assert!(
        wrong["id"] == before["id"] && wrong["hoTen"] != before["hoTen"] && wrong["ngayDangKy"] != before["ngayDangKy"]
    );
    assert!(is_good(&ask(&stage).await), "another operation is left alone");
}

#[tokio::test]
async fn every_error_of_the_catalogue_can_be_had() {
    let stage = Stage::open().await;
    let systems = stage.get("/").await.json()["systems"].as_array().unwrap().clone();
    let mut had = 0;
    for system in &systems {
        let id = system["id"].as_str().unwrap();
        for error in system["error"].as_array().unwrap() {
            let code = error["code"].as_str().unwrap();
            stage.fault(json!({ "system": id, "fault": "error", "code": code, "times": 1 })).await;
            let base = system["base"][0].as_str().unwrap();
            let told = stage.post(&format!("{base}/any"), json!({})).await;
            let shown = match id {
                "service_portal" => format!("\"error_code\":{code}"),
                "enterprises" => "\"Status\":\"0\"".to_owned(),
                "judicial_records" => format!("\"STATUS\":\"{code}\""),
                "population" => format!("<MaLoi>{code}</MaLoi>"),
                _ => format!("\"errorCode\":\"{code}\""),
            };
            assert!(told.text.contains(&shown), "{id} {code}: {}", told.text);
            had += 1;
        }
    }
    assert!(had > 25, "{had}");
}

#[tokio::test]
async fn a_population_register_can_be_slow_wrong_and_down() {
    let stage = Stage::open().await;
    let good = super::population::first(&stage).await.unwrap();
    stage.fault(json!({ "system": "population", "fault": "wrong_data", "times": 1 })).await;
    let wrong = super::population::first(&stage).await.unwrap();
    assert!(wrong.status == 200 && wrong.text != good.text && wrong.text.len() > 500, "{}", wrong.text);
    stage.fault(json!({ "system": "population", "fault": "malformed", "times": 1 })).await;
    let half = super::population::first(&stage).await.unwrap();
    assert!(half.status == 200 && half.text.len() < good.text.len() && !half.text.contains("</soapenv:Envelope>"));
    stage.fault(json!({ "system": "population", "fault": "latency", "milliseconds": 150 })).await;
    let begun = Instant::now();
    assert_eq!(super::population::first(&stage).await.unwrap().text, good.text);
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    stage.fault(json!({ "system": "population", "fault": "reset" })).await;
    assert!(super::population::first(&stage).await.is_err());
}

#[tokio::test]
async fn what_hangs_never_answers_and_ends_when_its_rule_goes() {
    let stage = Stage::open().await;
    let id = stage.fault(json!({ "system": "civil_status", "fault": "hang" })).await;
    let asked = stage.call("POST", LIST).json(&json!({ "loaiDanhMuc": "3" }));
    let late = send(asked.timeout(Duration::from_millis(200))).await;
    assert!(late.unwrap_err().is_timeout());
    assert_eq!(outcome(&stage).await["outcome"], "hang");
    let (told, _) = tokio::join!(ask(&stage), async {
        // The call is there before its rule goes.
        while stage.control("GET", "/requests", Value::Null).await["requests"].as_array().unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
        stage.control("DELETE", &format!("/faults/{id}"), Value::Null).await
    });
    assert!(told.is_err(), "it is reset");
    assert!(is_good(&ask(&stage).await));
}

#[tokio::test]
async fn an_outage_lasts_from_one_instant_to_another() {
    let stage = Stage::open().await;
    let start = stage.ambient.now() + SignedDuration::from_mins(10);
    let end = start + SignedDuration::from_hours(1);
    let rule = json!({ "system": "*", "fault": "bad_gateway", "from": start.to_string(), "until": end.to_string() });
    stage.fault(rule).await;
    let codes = async || {
        let told = ask(&stage).await.unwrap();
        (told.status, send(stage.request("POST", "/dvcqg/auth").json(&json!({}))).await.unwrap().status)
    };
    assert_eq!(codes().await, (200, 200), "before");
    for (minutes, expected) in [(9, (200, 200)), (1, (502, 502)), (44, (502, 502))] {
        stage.ambient.advance(SignedDuration::from_mins(minutes));
        assert_eq!(codes().await, expected, "after {minutes} more");
    }
    stage.ambient.set(end);
    assert_eq!(send(stage.request("POST", "/dvcqg/auth").json(&json!({}))).await.unwrap().status, 200, "at its end");
    let rules = stage.control("GET", "/faults", Value::Null).await;
    assert_eq!(rules["rules"][0]["struck"], 4, "{rules}");
}

#[tokio::test]
async fn a_duplicate_arrives_twice_and_a_lost_answer_was_acted_on() {
    let stage = Stage::open().await;
    let file = |number: &str| {
        let body = json!({ "maDonVi": "11824", "module": "KT", "maHoSo": number, "ngayTiepNhan": "03/03/2026", "data": "<a/>" });
        stage.call("POST", "/apiHoTichTuPhap/dangKyHoTich").json(&body)
    };
    let state = async |number: &str| {
        stage.post("/apiHoTichTuPhap/traTrangThaiHoSo", json!({ "maDonVi": "11824", "maHoSo": number })).await.json()
    };
    stage
        .fault(json!({ "system": "civil_status", "operation": "dangKyHoTich", "fault": "duplicate", "times": 1 }))
        .await;
    assert_eq!(send(file("D-1")).await.unwrap().json()["status"], 1);
    let asked = stage.control("GET", "/requests?system=civil_status", Value::Null).await;
    let repeated: Vec<bool> =
        asked["requests"].as_array().unwrap().iter().map(|one| one["repeated"].as_bool().unwrap()).collect();
    assert_eq!(repeated, [false, true]);
    stage
        .fault(json!({ "system": "civil_status", "operation": "dangKyHoTich", "fault": "lost_answer", "times": 1 }))
        .await;
    assert!(send(file("D-2")).await.is_err());
    assert_eq!(state("D-2").await["status"], 1, "it was taken");
    assert_eq!(send(file("D-2")).await.unwrap().json()["status"], 1, "and is not taken twice");
    stage.fault(json!({ "system": "civil_status", "operation": "dangKyHoTich", "fault": "reset", "times": 1 })).await;
    assert!(send(file("D-3")).await.is_err());
    assert_eq!(state("D-3").await["errorCode"], "201", "it was not taken");
}

#[tokio::test]
async fn what_was_asked_is_told_without_numbers_and_secrets() {
    let stage = Stage::open().await;
    super::population::first(&stage).await.unwrap();
    let number = stage.people().await[0]["citizen_no"].as_str().unwrap().to_owned();
    stage.post("/dvcqg/auth", json!({ "username": "x", "password": "bí mật" })).await;
    stage.get(&format!("/apiCSDLDKDN/chiTietDoanhNghiep?msdn=0200000000&khac={number}")).await;
    let told = stage.control("GET", "/requests", Value::Null).await;
    let requests = told["requests"].as_array().unwrap();
    let words: Vec<_> =
        requests.iter().map(|one| (one["system"].as_str().unwrap(), one["operation"].as_str().unwrap())).collect();
    let expected =
        [("population", "TraCuuThongTinCongDan"), ("service_portal", "login"), ("enterprises", "chiTietDoanhNghiep")];
    assert_eq!(words, expected);
    let text = told.to_string();
    assert!(!text.contains(&number) && !text.contains("bí mật") && !text.contains("0200000000"), "{text}");
    assert!(text.contains("<dan:SoDinhDanh>") && text.contains("020*******"), "{text}");
    let one = stage.control("GET", "/requests?system=service_portal&after=1", Value::Null).await;
    assert_eq!(one["requests"].as_array().unwrap().len(), 1);
    stage.control("DELETE", "/requests", Value::Null).await;
    assert_eq!(stage.control("GET", "/requests", Value::Null).await["requests"], json!([]));
}

#[tokio::test]
async fn the_testers_door_refuses_what_it_cannot_do() {
    let stage = Stage::open().await;
    let described = stage.control("GET", "", Value::Null).await;
    assert_eq!(described["faults"].as_array().unwrap().len(), 11);
    for (method, path, body, status) in [
        ("POST", "/faults", json!({ "system": "moon", "fault": "hang" }), 400),
        ("POST", "/faults", json!({ "system": "payment", "fault": "fire" }), 400),
        ("POST", "/faults", json!({ "system": "payment", "fault": "hang", "khac": 1 }), 400),
        ("POST", "/clock", json!({ "advance_seconds": -1 }), 400),
        ("POST", "/clock", json!({ "now": "morgen" }), 400),
        ("POST", "/civil_status/none", json!({ "status": 4 }), 404),
        ("POST", "/civil_status/none", json!({ "status": 9 }), 400),
        ("POST", "/judicial_records/none", json!({ "status": 5 }), 404),
        ("POST", "/payment/none", json!({ "status": "paid" }), 404),
        ("DELETE", "/faults/7", Value::Null, 404),
        ("GET", "/portal/cases/none", Value::Null, 404),
        ("PUT", "/faults", Value::Null, 404),
    ] {
        let asked = stage.request(method, &format!("/_control{path}"));
        let asked = if body.is_null() { asked } else { asked.json(&body) };
        assert_eq!(send(asked).await.unwrap().status, status, "{method} {path} {body}");
    }
    // A form of another page cannot set anything.
    let plain = stage.request("POST", "/_control/faults").body(json!({ "system": "*", "fault": "hang" }).to_string());
    assert_eq!(send(plain).await.unwrap().status, 400);
    let clock = stage.control("POST", "/clock", json!({ "advance_seconds": 60 })).await;
    assert_eq!(clock["now"], "2026-03-03T02:01:00Z");
    for turn in 0..100 {
        let rule = json!({ "system": "payment", "fault": "hang", "skip": 1_000 + turn });
        stage.fault(rule).await;
    }
    let more = stage.request("POST", "/_control/faults").json(&json!({ "system": "payment", "fault": "hang" }));
    assert_eq!(send(more).await.unwrap().status, 400, "a hundred rules are enough");
}

#[tokio::test]
async fn bodies_and_heads_are_bounded() {
    let stage = Stage::open().await;
    let large = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(send(stage.call("POST", LIST).body(large)).await.unwrap().status, 413);
    let deep = format!("{}1{}", "[".repeat(50), "]".repeat(50));
    let deep = stage.call("POST", LIST).header("content-type", "application/json").body(format!("{{\"a\":{deep}}}"));
    assert_eq!(send(deep).await.unwrap().json()["errorCode"], "500");
    let nothing = stage.call("POST", LIST).body("\u{0}");
    assert_eq!(send(nothing).await.unwrap().json()["errorCode"], "500");
    // A head that is too large is not read to its end, whoever answers.
    let head = stage.call("POST", LIST).header("x-long", "x".repeat(400_000)).send().await;
    assert!(head.map_or(true, |got| got.status().as_u16() == 431));
}
