//! The adapters of the pack against the simulated national systems, asked as a consumer asks: through the exchange, under
//! an agreement. The registers are well, slow, wrong and down.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use crate::city::pack_folder;
use crate::national_simulators::Stage;
use haidang_exchange::adapters::Adapters;
use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::proxy::{Exchange, Limits, OperationalLog, Port, serve};
use haidang_server::simulators::national::{CLIENT, SECRET};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Agreements allow of each answer what the case needs, and what an error says of itself.
const DIRECTORY: &str = include_str!("exchange_adapters.toml");
/// Ministries of the directory, before the code of a service.
const BASE: &str = "/r1/VN-HP/GOV/BO/NATIONAL";

/// An exchange with the adapters of the pack.
struct Desk<'s> {
    stage: &'s Stage,
    address: SocketAddr,
    _secrets: tempfile::TempDir,
}

/// What a consumer got: status, error of the exchange, body.
type Got = (u16, String, Value);

fn secret(folder: &Path, name: &str, text: &str) {
    haidang_signing::private_file::write_new(&folder.join(name), text.as_bytes()).unwrap();
}

impl<'s> Desk<'s> {
    /// `milliseconds`: how long an adapter waits for its register.
    async fn open(stage: &'s Stage, milliseconds: u64) -> Desk<'s> {
        let folder = tempfile::tempdir().unwrap();
        secret(folder.path(), "secret", SECRET);
        secret(folder.path(), "token", &stage.token);
        let origin = &stage.origin;
        let mut connections = format!(
            "[dan-cu]\nbase_url = \"{origin}/dancu\"\ntimeout_ms = {milliseconds}\nuser = \"{CLIENT}\"\n\
             client = \"VN/GOV/H24/haidang\"\nsecret_file = \"secret\"\napi_key_file = \"secret\"\n"
        );
        for name in ["ho-tich", "doanh-nghiep", "danh-muc-dung-chung", "bao-hiem-xa-hoi"] {
            connections.push_str(&format!(
                "[{name}]\nbase_url = \"{origin}\"\ntimeout_ms = {milliseconds}\nsecret_file = \"token\"\n"
            ));
        }
        let file = folder.path().join("connections.toml");
        std::fs::write(&file, connections).unwrap();
        let adapters = Adapters::read(&pack_folder("haiphong").join("exchange/adapters"), Some(&file)).unwrap();
        let directory = DirectoryDraft::from_toml(DIRECTORY).unwrap().build().unwrap();
        for (service, name) in directory.adapters() {
            assert!(adapters.has(name), "{service} names {name}");
        }
        let log = Arc::new(OperationalLog::new(100));
        let exchange = Exchange::new(directory, stage.ambient.clone(), Limits::default(), log);
        exchange.adapt(adapters);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(exchange, Port::Plain(listener), std::future::pending()));
        Desk { stage, address, _secrets: folder }
    }

    /// `body` is `Null` for a GET.
    async fn ask(&self, path: &str, body: Value) -> Got {
        let url = format!("http://{}{BASE}/{path}", self.address);
        let client = &self.stage.client;
        let request = if body.is_null() { client.get(url) } else { client.post(url).json(&body) };
        let request = request
            .header("X-Road-Client", "VN-HP/GOV/SO/MOTCUA")
            .header("X-Road-UserId", "VN031090000001")
            .header("X-Road-Issue", "H24.15-260303-0001")
            .header("X-HD-Purpose", "KHAI-SINH")
            .header("X-HD-Procedure", "1.001193");
        let got = request.send().await.unwrap();
        let error = got.headers().get("x-road-error").map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = got.status().as_u16();
        (status, error, serde_json::from_str(&got.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// Asks the population register about the first resident.
    async fn first(&self, person: &Value) -> Got {
        let body = json!({
            "maCanBo": "can.bo", "soDinhDanh": person["citizen_no"], "hoVaTen": person["full_name"],
            "ngaySinh": person["birth_date"],
        });
        self.ask("dan-cu/tra-cuu", body).await
    }
}

#[tokio::test]
async fn registers_are_asked_in_their_own_language() {
    let stage = Stage::open().await;
    let desk = Desk::open(&stage, 20_000).await;
    let person = stage.people().await.remove(0);
    let name = person["full_name"].as_str().unwrap().to_uppercase();
    let (status, error, told) = desk.first(&person).await;
    assert_eq!((status, error.as_str()), (200, ""), "{told}");
    // The agreement allows these three, of all that the register says.
    assert_eq!(
        told,
        json!({"congDan": {"soDinhDanh": person["citizen_no"], "ten": name, "ngaySinh": person["birth_date"]}})
    );
    let nobody = json!({"citizen_no": person["citizen_no"], "full_name": "Không Phải Ai", "birth_date": "1990-01-01"});
    assert_eq!(desk.first(&nobody).await, (200, String::new(), json!({})));
    let business = stage.control("GET", "/enterprises", Value::Null).await["enterprises"][0].clone();
    let tax = business["tax_no"].as_str().unwrap();
    let error = |status: u16, code: &str, of: &str| (status, String::new(), json!({"error": code, "field": of}));
    let refused =
        |status: u16, code: &str| (status, String::new(), json!({"error": "provider_refused", "provider_code": code}));
    for (path, body, expected) in [
        ("ho-tich/danh-muc/dan-toc", Value::Null, None),
        ("ho-tich/tra-cuu", json!({"loaiViec": "khai-sinh", "id": 1}), None),
        ("ho-tich/tra-cuu", json!({"loaiViec": "khai-sinh", "id": 999_999}), Some(refused(404, "201"))),
        ("ho-tich/tra-cuu", json!({"loaiViec": "x", "id": 1}), Some(error(400, "bad_value", "loaiViec"))),
        (&format!("doanh-nghiep/doanh-nghiep/{tax}"), Value::Null, None),
        ("doanh-nghiep/ho-so/987654321", Value::Null, Some(refused(404, "Không tìm thấy hồ sơ"))),
        ("danh-muc-dung-chung/danh-muc/madantoc", Value::Null, None),
        ("bao-hiem-xa-hoi/theo-ma-so", json!({"maSo": person["insurance_no"]}), None),
    ] {
        let got = desk.ask(path, body).await;
        match expected {
            Some(expected) => assert_eq!(got, expected, "{path}"),
            None => assert_eq!((got.0, got.1.as_str()), (200, ""), "{path}: {}", got.2),
        }
        let shown = got.2.pointer(match path.split('/').next().unwrap() {
            "ho-tich" if path.contains("danh-muc") => "/dong/0/ten",
            "ho-tich" => "/suKien/0/hoTen",
            "doanh-nghiep" => "/thongTin/maSoThue",
            "danh-muc-dung-chung" => "/dong/0/Ma",
            _ => "/hoTen",
        });
        assert!(got.0 != 200 || shown.is_some_and(Value::is_string), "{path}: {}", got.2);
    }
}

/// What goes wrong at the register, and what the consumer reads; nothing of the person is in it.
#[tokio::test]
async fn a_register_that_is_wrong_is_an_error_without_data() {
    let stage = Stage::open().await;
    let person = stage.people().await.remove(0);
    for (fault, more, expected) in [
        ("malformed", json!({}), (502, json!({"error": "answer_malformed"}))),
        ("cut_off", json!({}), (502, json!({"error": "provider_unreachable"}))),
        ("reset", json!({}), (502, json!({"error": "provider_unreachable"}))),
        ("bad_gateway", json!({}), (502, json!({"error": "provider_failed", "provider_code": "502"}))),
        ("status", json!({"status": 429}), (502, json!({"error": "provider_failed", "provider_code": "429"}))),
        (
            "error",
            json!({"code": "SAI_DU_LIEU"}),
            (422, json!({"error": "provider_refused", "provider_code": "SAI_DU_LIEU"})),
        ),
        (
            "error",
            json!({"code": "SAI_XAC_THUC"}),
            (502, json!({"error": "provider_refused", "provider_code": "SAI_XAC_THUC"})),
        ),
    ] {
        // Each fault meets a breaker that knows nothing of the others.
        let desk = Desk::open(&stage, 20_000).await;
        let mut rule = json!({"system": "population", "fault": fault, "times": 1});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        stage.fault(rule).await;
        let (status, error, told) = desk.first(&person).await;
        assert_eq!((status, error.as_str(), told), (expected.0, "", expected.1), "{fault}");
        let (status, _, told) = desk.first(&person).await;
        assert_eq!((status, &told["congDan"]["soDinhDanh"]), (200, &person["citizen_no"]), "after {fault}");
        stage.control("DELETE", "/faults", Value::Null).await;
    }
}

#[tokio::test]
async fn a_register_that_is_slow_or_down_holds_nobody_up() {
    let stage = Stage::open().await;
    let person = stage.people().await.remove(0);
    let patient = Desk::open(&stage, 20_000).await;
    stage.fault(json!({"system": "population", "fault": "latency", "milliseconds": 100})).await;
    assert_eq!(patient.first(&person).await.0, 200, "slow is not wrong");
    stage.control("DELETE", "/faults", Value::Null).await;
    let hurried = Desk::open(&stage, 300).await;
    stage.fault(json!({"system": "population", "fault": "hang"})).await;
    let late = (504, String::new(), json!({"error": "provider_late"}));
    for _ in 0..5 {
        assert_eq!(hurried.first(&person).await, late);
    }
    // Five in a row: the register is left alone, and the consumer learns so at once.
    let (status, error, _) = hurried.first(&person).await;
    assert_eq!((status, error.as_str()), (500, "server.serverproxy.breaker_open"));
    stage.control("DELETE", "/faults", Value::Null).await;
    stage.ambient.advance(jiff::SignedDuration::from_secs(31));
    assert_eq!(patient.first(&person).await.0, 200);
    // Another register is not touched by it.
    assert_eq!(patient.ask("ho-tich/danh-muc/dan-toc", Value::Null).await.0, 200);
}
