//! Calls that officials try in the browser, with a provider behind the exchange that hears them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use haidang_exchange::RegistryRoom;
use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::proxy::{Exchange, Limits, OperationalLog};
use haidang_exchange::registry::Absent;
use haidang_store::args;
use haidang_testkit::{TestDb, db_test};
use tokio::net::TcpListener;

use crate::browser::{Browser, Got, person, room};
use crate::pages::check;
use crate::support::{CONSUMER, DIRECTORY, ROOMS, SERVICE, author, empty};

const TRIAL: &str = "/vi/can-bo/truc-tich-hop/goi-thu";
const AGREEMENT: &str = "/vi/can-bo/truc-tich-hop/goi-thu?ma=TT-1";

/// What the provider heard.
type Heard = Arc<Mutex<Vec<HeaderMap>>>;

async fn answer(State(heard): State<Heard>, headers: HeaderMap, body: String) -> Response {
    heard.lock().unwrap().push(headers);
    let name = if body.contains("dài") { "Đ".repeat(50_000) } else { "Phạm Thị Đào".to_owned() };
    let told = format!("{{\"hoTen\":\"{name}\",\"tonGiao\":\"Không\"}}");
    ([("content-type", "application/json")], told).into_response()
}

async fn provider() -> (SocketAddr, Heard) {
    let heard = Heard::default();
    let app = Router::new().route("/tra-cuu", post(answer)).with_state(heard.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (address, heard)
}

/// The directory of the tests over this provider, with its agreement in force.
fn directory(address: SocketAddr, environment: &str) -> String {
    DIRECTORY
        .replace("http://127.0.0.1:9", &format!("http://{address}"))
        .replace("state = \"draft\"", "state = \"active\"")
        .replace("environment = \"sandbox\"", &format!("environment = \"{environment}\""))
}

fn exchange(db: &TestDb, directory: &str) -> Arc<Exchange> {
    let directory = DirectoryDraft::from_toml(directory).unwrap().build().unwrap();
    Exchange::new(directory, db.ambient().clone(), Limits::default(), Arc::new(OperationalLog::new(10)))
}

/// The pages, over an exchange that runs in this process.
async fn stage(db: &TestDb, environment: &str) -> (RegistryRoom, Heard) {
    let (address, heard) = provider().await;
    let text = directory(address, environment);
    let registry = empty(db).await;
    registry.import(&text, Absent::Stay, &author()).await.unwrap();
    let room = room(db, &registry);
    room.attach(exchange(db, &text), None);
    (room, heard)
}

const TYPED: &[(&str, &str)] = &[
    ("ma", "TT-1"),
    ("phuong_thuc", "POST"),
    ("duong_dan", "/tra-cuu"),
    ("noi_dung", "{\"so\": \"031190000017\"}"),
    ("muc_dich", "KHAI-SINH"),
    ("thu_tuc", "1.001193"),
];

/// Sends the form with some answers changed.
async fn call(browser: &mut Browser, changed: &[(&str, &str)]) -> Got {
    browser.open(AGREEMENT).await;
    let stays = TYPED.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    let fields: Vec<(&str, &str)> = stays.chain(changed).copied().collect();
    browser.send(TRIAL, &fields).await
}

/// How often the provider was called.
fn calls(heard: &Heard) -> usize {
    heard.lock().unwrap().len()
}

/// How many tries the audit knows.
async fn tried(db: &TestDb) -> i64 {
    let count = "SELECT count(*) AS n FROM store_audit WHERE action = 'exchange.call_tried'";
    db.fetch_one(count, args![]).await.unwrap().integer("n").unwrap()
}

db_test! {
    rooms = ROOMS;

    async fn an_official_tries_a_call_of_their_own_system(db: TestDb) {
        let (room, heard) = stage(&db, "sandbox").await;
        let mut consumer = Browser::of(&db, &room, "consumer").await;
        check(&consumer.open(TRIAL).await, &["TT-1", "Một cửa mẫu", "Tra cứu mẫu", "dữ liệu giả định"], &["Dữ liệu thật"]);
        let form = consumer.open(AGREEMENT).await;
        check(&form, &["value=\"/tra-cuu\"", "value=\"KHAI-SINH\"", "value=\"1.001193\"", "POST /tra-cuu"], &["xac_nhan"]);
        let got = call(&mut consumer, &[]).await;
        check(&got, &["200 OK", "Phạm Thị Đào", "x-road-request-hash", "VN-HP-", "031190000017"], &["tonGiao"]);
        check(&consumer.open(&AGREEMENT.replace("/vi/", "/en/")).await, &["Send the call", "lang=\"vi\""], &["Gửi lời gọi"]);
        let heads = heard.lock().unwrap().clone();
        let [head] = heads.as_slice() else { panic!("called once, not {}", heads.len()) };
        let message = head["x-road-id"].to_str().unwrap().to_owned();
        let user = format!("VN{}", person("consumer"));
        for (name, value) in [
            ("x-road-client", CONSUMER),
            ("x-road-userid", user.as_str()),
            ("x-road-issue", message.as_str()),
            ("x-hd-purpose", "KHAI-SINH"),
            ("x-hd-procedure", "1.001193"),
        ] {
            assert_eq!(head[name], value, "{name}");
        }
        assert!(got.text.contains(&message), "{}", got.text);
        let kept = "SELECT object_id, detail FROM store_audit WHERE action = 'exchange.call_tried'";
        let kept = db.fetch_one(kept, args![]).await.unwrap();
        assert_eq!(kept.text("object_id").unwrap(), "TT-1");
        let detail: serde_json::Value = kept.json("detail").unwrap();
        assert_eq!((&detail["message"], &detail["service"]), (&message.into(), &SERVICE.into()));
        assert!(!detail.to_string().contains("031190000017"), "what was asked is not in the audit: {detail}");
    }

    async fn only_who_speaks_for_a_system_tries_its_calls(db: TestDb) {
        let (room, heard) = stage(&db, "sandbox").await;
        for (who, status) in [("consumer", 200), ("operator", 200), ("provider", 404), ("stranger", 404), ("clerk", 403)] {
            let mut browser = Browser::of(&db, &room, who).await;
            assert_eq!(browser.open(AGREEMENT).await.status, status, "{who}");
            assert_eq!(browser.send(TRIAL, TYPED).await.status, status, "{who}");
        }
        assert_eq!((calls(&heard), tried(&db).await), (2, 2));
        let mut provider = Browser::of(&db, &room, "provider").await;
        check(&provider.open(TRIAL).await, &["chưa có thỏa thuận nào"], &["TT-1"]);
        assert_eq!(Browser::new(&db, &room).open(TRIAL).await.status, 303, "nobody is signed in");
    }

    async fn a_refusal_of_the_exchange_is_explained(db: TestDb) {
        let (room, heard) = stage(&db, "sandbox").await;
        let mut consumer = Browser::of(&db, &room, "consumer").await;
        for (changed, code, words) in [
            (("muc_dich", "KHAI-TU"), "server.serverproxy.access_denied", "Không có thỏa thuận đang có hiệu lực"),
            (("muc_dich", ""), "client.purpose_missing", "Thiếu mục đích hoặc mã thủ tục"),
            (("duong_dan", "/khac"), "server.serverproxy.access_denied", "Kiểm tra trạng thái, điểm cuối"),
            (("duong_dan", "/a/../tra-cuu"), "client.bad_request", "Kiểm tra đường dẫn và tham số"),
        ] {
            let got = call(&mut consumer, &[changed]).await;
            check(&got, &[code, words], &["200 OK"]);
        }
        assert_eq!((calls(&heard), tried(&db).await), (0, 4), "what was refused was tried all the same");
    }

    async fn what_is_typed_wrong_is_not_sent(db: TestDb) {
        let (room, heard) = stage(&db, "sandbox").await;
        let mut consumer = Browser::of(&db, &room, "consumer").await;
        for (changed, words) in [
            (("duong_dan", "tra-cuu"), "Đường dẫn bắt đầu bằng dấu /"),
            (("noi_dung", "{so: 1}"), "Nội dung chưa đúng JSON"),
            (("phuong_thuc", "GET"), "không có nội dung"),
            (("muc_dich", "a\r\nb"), "không có ký tự xuống dòng"),
        ] {
            let got = call(&mut consumer, &[changed]).await;
            assert_eq!(got.status, 422, "{words}");
            assert!(got.text.contains(words), "{words}: {}", got.text);
        }
        assert_eq!((calls(&heard), tried(&db).await), (0, 0));
    }

    async fn an_answer_is_shown_no_further_than_an_official_reads(db: TestDb) {
        let (room, _) = stage(&db, "sandbox").await;
        let mut consumer = Browser::of(&db, &room, "consumer").await;
        let got = call(&mut consumer, &[("noi_dung", "\"dài\"")]).await;
        check(&got, &["200 OK", "Chỉ hiển thị 64 KB đầu tiên"], &["tonGiao"]);
        assert!(got.text.matches('Đ').count() < 40_000, "{}", got.text.len());
    }

    async fn real_data_is_asked_for_only_when_it_is_confirmed(db: TestDb) {
        let (room, heard) = stage(&db, "production").await;
        let mut operator = Browser::of(&db, &room, "operator").await;
        assert_eq!(call(&mut operator, &[]).await.status, 404, "the operator has no purpose of their own");
        let mut consumer = Browser::of(&db, &room, "consumer").await;
        check(&consumer.open(TRIAL).await, &["Dữ liệu thật"], &["dữ liệu giả định"]);
        check(&consumer.open(AGREEMENT).await, &["xac_nhan"], &["value=\"co\" checked"]);
        for (changed, words) in [
            (&[("ho_so", "H24-260303-0001")][..], "Hãy xác nhận trước khi gọi trên dữ liệu thật"),
            (&[("xac_nhan", "co")][..], "Hãy điền mục này"),
        ] {
            let got = call(&mut consumer, changed).await;
            assert_eq!(got.status, 422, "{words}");
            assert!(got.text.contains(words), "{words}: {}", got.text);
        }
        assert_eq!((calls(&heard), tried(&db).await), (0, 0));
        let got = call(&mut consumer, &[("ho_so", "H24-260303-0001"), ("xac_nhan", "co")]).await;
        check(&got, &["200 OK", "Phạm Thị Đào"], &["value=\"co\" checked"]);
        assert_eq!(heard.lock().unwrap().first().unwrap()["x-road-issue"], "H24-260303-0001");
    }

    async fn without_the_exchange_of_this_data_nothing_is_sent(db: TestDb) {
        let (address, heard) = provider().await;
        let registry = empty(&db).await;
        registry.import(&directory(address, "production"), Absent::Stay, &author()).await.unwrap();
        let room = room(&db, &registry);
        let mut consumer = Browser::of(&db, &room, "consumer").await;
        let confirmed: &[(&str, &str)] = &[("ho_so", "H24-260303-0001"), ("xac_nhan", "co")];
        let elsewhere = "Trục không chạy trong tiến trình này";
        check(&consumer.open(AGREEMENT).await, &[elsewhere], &["Gửi lời gọi"]);
        let got = call(&mut consumer, confirmed).await;
        assert!(got.status == 422 && got.text.contains(elsewhere), "{}", got.text);
        room.attach(exchange(&db, &directory(address, "sandbox")), None);
        let other = "môi trường dữ liệu khác";
        check(&consumer.open(AGREEMENT).await, &[other], &["Gửi lời gọi"]);
        let got = call(&mut consumer, confirmed).await;
        assert!(got.status == 422 && got.text.contains(other), "{}", got.text);
        assert_eq!((calls(&heard), tried(&db).await), (0, 0));
    }
}
