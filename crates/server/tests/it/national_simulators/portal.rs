//! The national portal: sessions, cases, progress, their order, and what a caller that repeats itself leaves behind.

use super::{Stage, Told, send};
use haidang_server::simulators::national::{CLIENT, SECRET};
use jiff::SignedDuration;
use serde_json::{Value, json};

const NUMBER: &str = "H24.11824-20260303-0000001";

async fn session(stage: &Stage) -> String {
    let told = stage.post("/dvcqg/auth", json!({ "username": CLIENT, "password": SECRET })).await.json();
    assert_eq!(told["error_code"], 0);
    told["session"].as_str().unwrap().to_owned()
}

fn case(status: i64) -> Value {
    json!({
        "MaHoSo": NUMBER, "MaTTHC": "1.001193", "TenTTHC": "Đăng ký khai sinh", "MaLinhVuc": "G15-TP07", "LoaiDoiTuong": "1",
        "NgayTiepNhan": "20260303090000", "NgayHenTra": "", "TrangThaiHoSo": status.to_string(), "DonViXuLy": "UBND phường",
        "TaiLieuNop": [], "DanhSachLePhi": [],
    })
}

fn case_with(member: &str, value: Value) -> Value {
    let mut case = case(1);
    case["MaHoSo"] = json!("H24.11824-20260303-0000009");
    case[member] = value;
    case
}

fn progress(status: i64, at: &str) -> Value {
    json!({
        "MaHoSo": NUMBER, "NguoiXuLy": "Cán bộ", "ChucDanh": "", "ThoiDiemXuLy": at, "PhongBanXuLy": "", "NoiDungXuLy": "Xử lý",
        "TrangThai": status, "NgayBatDau": "", "NgayKetThucTheoQuyDinh": "",
    })
}

/// A call of a service with data.
async fn call(stage: &Stage, session: &str, service: &str, updating: &str, data: Value, key: Option<&str>) -> Told {
    let body =
        json!({ "session": session, "madonvi": "H24.11824", "service": service, "isUpdating": updating, "data": data });
    let mut asked = stage.request("POST", "/dvcqg/integration").json(&body);
    if let Some(key) = key {
        asked = asked.header("idempotency-key", key);
    }
    send(asked).await.unwrap()
}

async fn kept(stage: &Stage) -> Value {
    stage.control("GET", &format!("/portal/cases/{NUMBER}"), Value::Null).await["case"].clone()
}

#[tokio::test]
async fn a_session_is_for_the_client_and_ends() {
    let stage = Stage::open().await;
    for body in
        [json!({}), json!({ "username": CLIENT, "password": "x" }), json!({ "username": "x", "password": SECRET })]
    {
        assert_eq!(stage.post("/dvcqg/auth", body).await.json()["error_code"], 1);
    }
    let session = session(&stage).await;
    let look = |session: &str, agency: &str, service: &str| json!({ "session": session, "madonvi": agency, "service": service, "maTTHC": "1.001193", "mahoso": NUMBER });
    for (body, code) in [
        (look(&session, "H24.11824", "TraCuuHoSo"), 0),
        (look("khong", "H24.11824", "TraCuuHoSo"), 2),
        (look(&session, "X99", "TraCuuHoSo"), 4),
        (look(&session, "H24.11824", "XoaHoSo"), 3),
        (look(&session, "H24.11824", "LayThuTuc"), 0),
        (look(&session, "H24.11824", "LayDanhSachTTHC"), 0),
        (look(&session, "H24.11824", "LayDanhMucCoQuan"), 0),
    ] {
        let told = stage.post("/dvcqg/share", body.clone()).await.json();
        assert_eq!(told["error_code"], code, "{body}: {told}");
    }
    let procedure = stage.post("/dvcqg/share", look(&session, "H24.11824", "LayThuTuc")).await.json();
    assert_eq!(procedure["result"][0]["MATTHC"], "1.001193", "{procedure}");
    let mut unknown = look(&session, "H24.11824", "LayThuTuc");
    unknown["maTTHC"] = json!("9.999999");
    assert_eq!(stage.post("/dvcqg/share", unknown).await.json()["result"], json!([]));
    stage.ambient.advance(SignedDuration::from_mins(30));
    let late = stage.post("/dvcqg/share", look(&session, "H24.11824", "TraCuuHoSo")).await.json();
    assert_eq!(late["error_code"], 2, "after half an hour");
}

#[tokio::test]
async fn cases_are_judged_before_they_are_taken() {
    let stage = Stage::open().await;
    let session = session(&stage).await;
    let long = "x".repeat(4_001);
    for (updating, data, code) in [
        ("False", json!([]), 4),
        ("Perhaps", json!([case(1)]), 4),
        ("False", json!([case_with("MaHoSo", json!("so-1"))]), 4),
        ("False", json!([case_with("MaTTHC", json!("9.999999"))]), 4),
        ("False", json!([case_with("TrangThaiHoSo", json!("11"))]), 4),
        ("False", json!([case_with("NgayTiepNhan", json!("2026-03-03"))]), 4),
        ("False", json!([case_with("NgayTiepNhan", json!("20260231090000"))]), 4),
        ("False", json!([case_with("DonViXuLy", json!(""))]), 4),
        ("False", json!([case_with("TaiLieuNop", json!("x"))]), 4),
        ("False", json!([case_with("LoaiDoiTuong", json!("7"))]), 4),
        ("False", json!([case_with("GhiChu", json!(long))]), 4),
        ("False", json!(vec![case(1); 201]), 4),
        ("False", json!([case(1), case(1)]), 4),
        ("True", json!([case(1)]), 7),
        // A good one beside a bad one is not taken either.
        ("False", json!([case(1), case_with("MaTTHC", json!(""))]), 4),
    ] {
        let told = call(&stage, &session, "DongBoHoSoMC", updating, data.clone(), None).await;
        assert_eq!(told.json()["error_code"], code, "{updating} {data}: {told:?}");
    }
    let told = call(&stage, &session, "CapNhatTienDoHoSoMC", "", json!([progress(2, "20260303100000")]), None).await;
    assert_eq!(told.json()["error_code"], 7, "no such case yet");
    assert_eq!(stage.control("GET", "/portal/cases", Value::Null).await["cases"], json!([]));
}

#[tokio::test]
async fn a_case_keeps_its_order_and_counts_repetitions() {
    let stage = Stage::open().await;
    let session = session(&stage).await;
    let sync = async |updating: &str, case: Value| {
        call(&stage, &session, "DongBoHoSoMC", updating, json!([case]), None).await.json()["error_code"].clone()
    };
    let go = async |status: i64, at: &str| {
        let data = json!([progress(status, at)]);
        call(&stage, &session, "CapNhatTienDoHoSoMC", "", data, None).await.json()["error_code"].clone()
    };
    assert_eq!(sync("False", case(1)).await, 0);
    assert_eq!(sync("False", case(1)).await, 0, "the same again");
    assert_eq!(sync("False", case_of("TenTTHC", "Khác")).await, 6, "another content as new");
    assert_eq!(go(4, "20260303100000").await, 5, "intake first");
    assert_eq!(go(2, "20260303100000").await, 0);
    assert_eq!(go(2, "20260303100000").await, 0, "the same again");
    assert_eq!(go(4, "20260303095900").await, 5, "back in time");
    assert_eq!(go(4, "20260303110000").await, 0);
    assert_eq!(sync("True", case(9)).await, 0);
    assert_eq!(go(10, "20260304080000").await, 0);
    assert_eq!(go(4, "20260304090000").await, 5, "the end");
    let case = kept(&stage).await;
    let messages: Vec<(i64, u64, u64)> = case["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["status"].as_i64().unwrap(), m["case_sequence"].as_u64().unwrap(), m["arrivals"].as_u64().unwrap()))
        .collect();
    assert_eq!(messages, [(1, 1, 2), (2, 2, 2), (4, 3, 1), (9, 4, 1), (10, 5, 1)]);
    assert_eq!((case["out_of_order"].as_u64(), case["gaps"].as_u64()), (Some(3), Some(0)));
    let body = json!({ "session": session, "madonvi": "H24.11824", "service": "TraCuuHoSo", "mahoso": NUMBER });
    let told = stage.post("/dvcqg/integration", body).await.json();
    assert_eq!(told["result"][0]["TrangThaiHoSo"], "10", "{told}");
    for (first, last, page, count) in
        [("20260303", "20260303", 1, 1), ("20260303", "20260303", 2, 0), ("20260301", "20260302", 1, 0)]
    {
        let body = json!({
            "session": session, "madonvi": "H24.11824", "service": "TraCuuHoSo", "tungay": first, "denngay": last,
            "trang": page,
        });
        let told = stage.post("/dvcqg/share", body).await.json();
        assert_eq!(told["result"].as_array().map(Vec::len), Some(count), "{first} {last} {page}: {told}");
    }
}

fn case_of(member: &str, value: &str) -> Value {
    let mut case = case(1);
    case[member] = json!(value);
    case
}

#[tokio::test]
async fn numbers_of_the_caller_show_gaps_and_repetitions() {
    let stage = Stage::open().await;
    let session = session(&stage).await;
    for (what, service, data, key, code) in [
        ("first", "DongBoHoSoMC", case(1), "a:1", 0),
        ("again", "DongBoHoSoMC", case(1), "a:1", 0),
        ("another under its key", "DongBoHoSoMC", case_of("TenTTHC", "Khác"), "a:1", 8),
        ("second", "CapNhatTienDoHoSoMC", progress(2, "20260303100000"), "a:2", 0),
        ("first again, late", "DongBoHoSoMC", case(1), "a:1", 0),
        ("fifth", "CapNhatTienDoHoSoMC", progress(4, "20260303110000"), "a:5", 0),
        ("fourth, late", "CapNhatTienDoHoSoMC", progress(4, "20260303120000"), "a:4", 5),
        ("no number", "CapNhatTienDoHoSoMC", progress(4, "20260303130000"), "a", 4),
    ] {
        let told = call(&stage, &session, service, "False", json!([data]), Some(key)).await;
        assert_eq!(told.json()["error_code"], code, "{what}: {told:?}");
    }
    let case = kept(&stage).await;
    let arrivals: Vec<_> =
        case["messages"].as_array().unwrap().iter().map(|m| m["arrivals"].as_u64().unwrap()).collect();
    assert_eq!(arrivals, [3, 1, 1]);
    assert_eq!((case["gaps"].as_u64(), case["out_of_order"].as_u64()), (Some(2), Some(1)));
    stage.control("DELETE", "/kept", Value::Null).await;
    assert_eq!(stage.control("GET", "/portal/cases", Value::Null).await["cases"], json!([]), "forgotten");
}
