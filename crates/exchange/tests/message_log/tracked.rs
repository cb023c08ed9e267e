//! The service of the national tracker, asked over its socket and judged by its published description.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_exchange::MIGRATIONS;
use haidang_exchange::usage::tracker::{DESCRIPTION, Mandates, Tracker};
use haidang_testkit::db_test;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::support::Log;
use super::told::{keep, number, usage};

/// The second person may read the log of the first, and nobody else another's; a third makes the city silent.
struct Family;

#[async_trait]
impl Mandates for Family {
    async fn mandate(&self, user: &str, subject: &str) -> Result<Option<String>, ContractError> {
        if user == number(3) {
            return Err(ContractError::Unavailable("no register".to_owned()));
        }
        Ok((user == number(2) && subject == number(1)).then(|| "mandate-1".to_owned()))
    }
}

async fn start(log: &Log) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tracker = Tracker::new(log.log.usage().clone(), Arc::new(Family));
    tokio::spawn(tracker.serve(listener, std::future::pending()));
    address
}

/// Sends a request and reads its answer.
async fn send(address: SocketAddr, line: &str, headers: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{line} HTTP/1.1\r\nHost: tracker\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap();
    assert!(answer.to_ascii_lowercase().contains("cache-control: no-store"), "{answer}");
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap())
}

const THROUGH: &str = "X-Road-Client: VN/GOV/0/TRACKER\r\n";

async fn ask(address: SocketAddr, user: usize, query: &str) -> (u16, Value) {
    let headers = format!("{THROUGH}X-Road-UserId: VN{}\r\n", number(user));
    send(address, &format!("GET /v2/findUsage?{query}"), &headers).await
}

/// Whether an answer of a path is one that the description promises.
fn judge(path: &str, status: u16, body: &Value) {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let responses = &description["paths"][path]["get"]["responses"];
    let mut response = &responses[status.to_string()];
    if let Some(place) = response["$ref"].as_str() {
        response = description.pointer(place.trim_start_matches('#')).unwrap();
    }
    let schema = &response["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{path} promises no {status}");
    let mut faults = Vec::new();
    compare(&description, schema, body, "$", &mut faults);
    assert!(faults.is_empty(), "{path} {status} {body}: {faults:?}");
}

/// What is wrong with a value by the words of OpenAPI that the description uses.
fn compare(description: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    if let Some(other) = schema["$ref"].as_str() {
        let schema = description.pointer(other.trim_start_matches('#')).expect("the description is whole");
        return compare(description, schema, value, place, faults);
    }
    let fits = match schema["type"].as_str().expect("every schema has a type") {
        "object" => value.is_object(),
        "array" => value.as_array().is_some_and(|items| items.len() as u64 <= schema["maxItems"].as_u64().unwrap()),
        "integer" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "string" => value.is_string(),
        other => panic!("{place}: nobody compares {other}"),
    };
    let allowed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let is_time =
        schema["format"] != "date-time" || value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok());
    if !fits || !allowed || !is_time {
        faults.push(format!("{place}: {value} is not {schema}"));
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        if value.get(required.as_str().unwrap()).is_none() {
            faults.push(format!("{place}: {required} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => compare(description, schema, member, &format!("{place}.{name}"), faults),
            None => faults.push(format!("{place}: nobody promised {name}")),
        }
    }
    for item in value.as_array().into_iter().flatten() {
        compare(description, &schema["items"], item, &format!("{place}[]"), faults);
    }
}

db_test! {
    rooms = &[("exchange", MIGRATIONS)];

    async fn the_newest_come_first_in_pages_with_their_number(db: TestDb) {
        let log = Log::open(&db).await;
        let began = log.ambient.now();
        for call in 0..5 {
            keep(&log, &format!("call-{call}"), usage(began + SignedDuration::from_mins(call), [1])).await;
        }
        keep(&log, "call-9", usage(began, [2])).await;
        log.log.usage().drain().await.unwrap();
        let address = start(&log).await;
        let minute = |count: i64| (began + SignedDuration::from_mins(count)).to_string();
        let period = |from: i64, until: i64| format!("&periodStart={}&periodEnd={}", minute(from), minute(until));
        for (query, total, minutes) in [
            (String::new(), 5, vec![4, 3, 2, 1, 0]),
            ("&offset=1&limit=2".to_owned(), 5, vec![3, 2]),
            ("&offset=4".to_owned(), 5, vec![0]),
            ("&offset=5".to_owned(), 5, vec![]),
            ("&limit=0".to_owned(), 5, vec![]),
            ("&limit=100000".to_owned(), 5, vec![4, 3, 2, 1, 0]),
            (period(1, 3), 3, vec![3, 2, 1]),
            (period(1, 3) + "&offset=1&limit=1", 3, vec![2]),
            (period(5, 6), 0, vec![]),
        ] {
            let (status, body) = ask(address, 1, &format!("userCode=VN{}{query}", number(1))).await;
            judge("/v2/findUsage", status, &body);
            let times: Vec<&str> = body["usages"].as_array().unwrap().iter().map(|one| one["logtime"].as_str().unwrap()).collect();
            let expected: Vec<String> = minutes.into_iter().map(minute).collect();
            assert_eq!((status, body["totalUsages"].as_i64(), times), (200, Some(total), expected.iter().map(String::as_str).collect()), "{query}");
        }
        let (_, body) = ask(address, 1, &format!("userCode={}&limit=1", number(1))).await;
        let expected = json!([{
            "logtime": minute(4), "action": "Đăng ký khai sinh", "receiverCode": "0001", "receiverName": "Sở Tư pháp",
            "receiverSystem": "Một cửa",
        }]);
        assert_eq!(body["usages"], expected);
        // Reading one's log is on it, as one's own.
        let rows = db.accesses_of(&number(1), None, 100).await.unwrap();
        let looks = rows.iter().filter(|row| row.action == "usage.read").collect::<Vec<_>>();
        assert_eq!((looks.len(), looks.iter().all(|row| row.own && row.mandate.is_none())), (10, true));
    }

    async fn nobody_reads_the_log_of_another_without_a_mandate(db: TestDb) {
        let log = Log::open(&db).await;
        keep(&log, "call-1", usage(log.ambient.now(), [1])).await;
        log.log.usage().drain().await.unwrap();
        let address = start(&log).await;
        for (user, subject, status) in [(1, 1, 200), (2, 1, 200), (1, 2, 403), (4, 1, 403), (2, 4, 403), (3, 1, 500)] {
            let (got, body) = ask(address, user, &format!("userCode=VN{}", number(subject))).await;
            judge("/v2/findUsage", got, &body);
            assert_eq!(got, status, "{user} about {subject}: {body}");
            assert!(status == 200 || !body.to_string().contains("031090"), "{body}");
        }
        let rows = db.accesses_of(&number(1), None, 100).await.unwrap();
        let mandates: Vec<_> = rows.iter().filter(|row| row.action == "usage.read").map(|row| row.mandate.as_deref()).collect();
        assert_eq!(mandates, [Some("mandate-1"), None]);
    }

    async fn what_is_asked_wrongly_is_told(db: TestDb) {
        let log = Log::open(&db).await;
        let address = start(&log).await;
        let user = format!("{THROUGH}X-Road-UserId: VN{}\r\n", number(1));
        let unsent = format!("X-Road-UserId: VN{}\r\n", number(1));
        for (line, headers, status, word) in [
            ("GET /v2/findUsage", user.as_str(), 400, "userCode"),
            ("GET /v2/findUsage?userCode=1", &user, 400, "userCode"),
            ("GET /v2/findUsage?userCode=VN031090000001&limit=-1", &user, 400, "limit"),
            ("GET /v2/findUsage?userCode=VN031090000001", THROUGH, 400, "X-Road-UserId"),
            ("GET /v2/findUsage?userCode=VN031090000001", &unsent, 400, "X-Road-Client"),
            ("GET /v2/heartbeat", "", 400, "X-Road-Client"),
            ("GET /v2/usagePeriod", "", 400, "X-Road-Client"),
        ] {
            let (got, body) = send(address, line, headers).await;
            judge(line.split([' ', '?']).nth(1).unwrap(), got, &body);
            assert_eq!(got, status, "{line}: {body}");
            assert!(body["message"].as_str().unwrap().contains(word), "{line}: {body}");
        }
        assert_eq!(send(address, "POST /v2/findUsage", &user).await.0, 405);
        assert_eq!(send(address, "GET /findUsage", &user).await.0, 404);
    }

    async fn the_heart_stops_when_people_wait_too_long_to_be_told(db: TestDb) {
        let log = Log::open(&db).await;
        let address = start(&log).await;
        let get = async |path: &str| {
            let (status, body) = send(address, &format!("GET {path}"), THROUGH).await;
            judge(path, status, &body);
            body
        };
        let first = log.ambient.now();
        assert_eq!(get("/v2/usagePeriod").await, json!({ "periodStart": first }));
        keep(&log, "call-1", usage(first, [1])).await;
        assert_eq!(get("/v2/heartbeat").await, json!({ "status": "OK" }));
        // The messages of these tests are of a later day than their clock.
        log.ambient.advance(SignedDuration::from_hours(24 * 300));
        assert_eq!(get("/v2/heartbeat").await["status"], "FAIL");
        log.log.usage().drain().await.unwrap();
        assert_eq!(get("/v2/heartbeat").await, json!({ "status": "OK" }));
        assert_eq!(get("/v2/usagePeriod").await, json!({ "periodStart": first }));
    }
}

#[tokio::test]
async fn the_description_is_of_what_is_there() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let mut paths: Vec<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/v2/findUsage", "/v2/heartbeat", "/v2/usagePeriod"]);
    let parameters: Vec<(&str, bool)> = description["paths"]["/v2/findUsage"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["required"] == true))
        .collect();
    let expected = [
        ("X-Road-UserId", true),
        ("userCode", true),
        ("periodStart", false),
        ("periodEnd", false),
        ("offset", false),
        ("limit", false),
    ];
    assert_eq!(parameters, expected);
}
