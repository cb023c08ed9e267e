//! A register of another agency behind the exchange: right, slow, wrong and gone. A form gets what it says of this person
//! or nothing at all, in time, and every question is proved.

use crate::city::{MORNING, Persona, Place, Town};
use crate::national_simulators::Stage as National;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use haidang_contracts::once_only::{Known, Occasion, OnceOnly as _, Question};
use haidang_exchange::directory::DirectoryDraft;
use haidang_exchange::message_log::{Judging, MessageLog, check};
use haidang_exchange::proxy::{Exchange, Insider, Limits};
use haidang_identity::registers::Registers;
use haidang_kernel::ambient::Ambient;
use haidang_server::exchange::Records;
use haidang_server::exchange::facts::RegisterFile;
use haidang_server::exchange::registers::RegisterDesk;
use haidang_server::exchange::simulated;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const DIRECTORY: &str = r#"
instance = "VN-HP"
[[member]]
class = "GOV"
code = "H24"
name = "UBND thành phố"
[[member.subsystem]]
code = "MOTCUA"
connection = "inside"
[[member]]
class = "GOV"
code = "BCA"
name = "Bộ Công an"
[[member.subsystem]]
code = "DANCU"
[[member.subsystem.service]]
code = "cong-dan"
kind = "REST"
base_url = "http://ADDRESS"
timeouts = { connect_ms = 1000, first_byte_ms = 1000, total_ms = 1000 }
[[member.subsystem.service.endpoint]]
method = "POST"
path = "/tra-cuu"
personal_data = true
[[agreement]]
id = "TT-DANCU"
version = 1
state = "active"
consumer = "VN-HP/GOV/H24/MOTCUA"
service = "VN-HP/GOV/BCA/DANCU/cong-dan"
legal_basis = { document = "26/2023/QH15", article = "Điều 10" }
purpose_code = "GIAI-QUYET-TTHC"
purpose_text = "Giải quyết thủ tục hành chính"
procedures = ["1.001193"]
fields_allowed = ["$.soDinhDanh", "$.hoTen", "$.ngaySinh", "$.danToc"]
valid_from = "2026-01-01T00:00:00Z"
"#;

const REGISTERS: &str = r#"
consumer = "VN-HP/GOV/H24/MOTCUA"
[[register]]
id = "population"
service = "VN-HP/GOV/BCA/DANCU/cong-dan"
path = "/tra-cuu"
purpose = "GIAI-QUYET-TTHC"
timeout_ms = 1500
request = { soDinhDanh = "citizen_no", hoTen = "full_name" }
same = { "/soDinhDanh" = "citizen_no" }
[register.facts]
full_name = { at = "/hoTen", as = "name" }
birth_date = { at = "/ngaySinh", as = "date" }
ethnicity = "/danToc"
religion = "/tonGiao"
"#;

/// How the register behaves, and what it was asked.
#[derive(Clone, Default)]
struct Register {
    manner: Arc<Mutex<&'static str>>,
    asked: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
}

async fn answer(State(register): State<Register>, headers: HeaderMap, body: String) -> Response {
    let question: Value = serde_json::from_str(&body).unwrap();
    let number = question["soDinhDanh"].clone();
    register.asked.lock().unwrap().push((headers, question));
    let manner = *register.manner.lock().unwrap();
    let json = |value: Value| ([("content-type", "application/json")], value.to_string()).into_response();
    match manner {
        "slow" => std::future::pending().await,
        "nobody" => json(json!({})),
        "unknown" => StatusCode::NOT_FOUND.into_response(),
        "broken" => ([("content-type", "application/json")], "{\"soDinhDanh\":").into_response(),
        "page" => ([("content-type", "text/html")], "<h1>bảo trì</h1>").into_response(),
        "fails" => StatusCode::BAD_GATEWAY.into_response(),
        "other" => json(json!({ "soDinhDanh": "031190999999", "hoTen": "NGƯỜI KHÁC" })),
        "wrong" => json(json!({ "soDinhDanh": number, "hoTen": 7, "ngaySinh": "19951350", "danToc": null })),
        _ => json(json!({
            "soDinhDanh": number,
            "hoTen": "NGUYỄN THỊ VÍ DỤ",
            "ngaySinh": "19950502",
            "danToc": "01",
            "tonGiao": "00",
        })),
    }
}

struct Stage {
    town: Town,
    desk: RegisterDesk,
    register: Register,
    records: Records,
    log: MessageLog,
}

impl Stage {
    async fn open(place: &Place) -> Stage {
        let mut config = place.config("haiphong", "city");
        let town = Town::open_as(config.clone(), MORNING).await;
        config.store.database = haidang_server::config::Secret::new(place.database("exchange"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let directory = DIRECTORY.replace("ADDRESS", &listener.local_addr().unwrap().to_string());
        let register = Register::default();
        let app = Router::new().route("/tra-cuu", post(answer)).with_state(register.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let ambient: Ambient = town.ambient.clone();
        let records = Records::open(config, &ambient).await.unwrap();
        let log = records.log("VN-HP", place.folder()).await.unwrap();
        let directory = DirectoryDraft::from_toml(&directory).unwrap().build().unwrap();
        let limits = Limits { spool: place.folder().to_owned(), ..Limits::default() };
        let exchange = Exchange::new(directory, ambient.clone(), limits, Arc::new(log.clone()));
        let names = Registers::built_in().unwrap();
        let (consumer, registers) = toml::from_str::<RegisterFile>(REGISTERS).unwrap().judge(&names).unwrap();
        let desk = RegisterDesk {
            local: Arc::new(town.city.identity.clone()),
            identity: Arc::new(town.city.identity.clone()),
            caller: Insider::new(exchange, consumer),
            registers,
            names,
            ambient,
        };
        Stage { town, desk, register, records, log }
    }

    async fn known(&self, manner: &'static str, procedure: &str, sources: &[&str]) -> Vec<Known> {
        *self.register.manner.lock().unwrap() = manner;
        let owner = self.town.person("owner").person;
        let occasion =
            Occasion { procedure: procedure.to_owned(), issue: "to-khai-1".to_owned(), acting: owner.id.clone() };
        let questions: Vec<Question> =
            sources.iter().map(|source| Question { subject: owner.id.clone(), source: (*source).to_owned() }).collect();
        self.desk.known(&occasion, &questions).await.unwrap()
    }
}

const BIRTH: &str = "1.001193";
const ASKED: &[&str] = &["population.full_name", "population.birth_date", "population.ethnicity", "account.phone"];

fn values(known: &[Known]) -> Vec<(&str, &Value)> {
    let mut values: Vec<_> = known.iter().map(|known| (known.source.as_str(), &known.value)).collect();
    values.sort_by_key(|(source, _)| *source);
    values
}

on_both! {
    async fn a_register_answers_through_the_exchange(place: Place) {
        let stage = Stage::open(&place).await;
        let known = stage.known("good", BIRTH, ASKED).await;
        let phone = json!(stage.town.person("owner").person.phone);
        assert_eq!(
            values(&known),
            [
                ("account.phone", &phone),
                ("population.birth_date", &json!("1995-05-02")),
                ("population.ethnicity", &json!("01")),
                ("population.full_name", &json!("Nguyễn Thị Ví Dụ")),
            ]
        );
        let asked = stage.register.asked.lock().unwrap().clone();
        let [(headers, question)] = asked.as_slice() else { panic!("asked once for one person, not {}", asked.len()) };
        let number = stage.town.person("owner").person.citizen_no.unwrap();
        assert_eq!(*question, json!({ "soDinhDanh": number, "hoTen": "Nguyễn Thị Ví Dụ" }));
        for (name, value) in [
            ("x-road-client", "VN-HP/GOV/H24/MOTCUA"),
            ("x-road-issue", "to-khai-1"),
            ("x-hd-purpose", "GIAI-QUYET-TTHC"),
            ("x-hd-procedure", BIRTH),
            ("x-road-userid", &format!("VN{number}")),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        // What the agreement does not allow is not delivered, whatever the register says.
        assert!(stage.known("good", BIRTH, &["population.religion"]).await.is_empty());
        // Both questions and both answers are proved.
        stage.log.stamp().await.unwrap();
        let anchors = stage.records.anchors().unwrap();
        let judging = Judging { anchors: &anchors, now: stage.town.ambient.now() };
        let checked = check(&stage.records.db, &stage.records.blobs, &stage.records.sealer, judging).await.unwrap();
        assert_eq!((checked.messages, checked.unstamped, checked.broken), (4, 0, vec![]));
    }

    async fn a_register_that_is_slow_wrong_or_gone_leaves_the_question_to_the_form(place: Place) {
        let stage = Stage::open(&place).await;
        for manner in ["slow", "nobody", "unknown", "broken", "page", "fails", "other", "wrong"] {
            let known = stage.known(manner, BIRTH, ASKED).await;
            // The city's own registers answer all the same, and nothing is made up from them for the silent one.
            assert_eq!(known.iter().map(|known| known.source.as_str()).collect::<Vec<_>>(), ["account.phone"], "{manner}");
        }
    }

    async fn what_no_agreement_allows_is_not_asked(place: Place) {
        let stage = Stage::open(&place).await;
        let known = stage.known("good", "1.000894", ASKED).await;
        assert_eq!(known.len(), 1);
        assert_eq!(stage.register.asked.lock().unwrap().len(), 0);
    }
}

/// A city that runs the exchange itself, by what its pack says, with the simulated national systems behind it; and a
/// resident whom those know.
pub async fn hosted(place: &Place) -> (National, Town, Persona) {
    let national = National::open().await;
    let mut config = place.config("haiphong", "city");
    config.exchange.hosted = true;
    config.exchange.simulator = national.origin.clone();
    simulated::keep_token(&config.exchange_spool(), &national.token).unwrap();
    let town = Town::open_with(config, national.ambient.clone()).await;
    let people = national.people().await;
    let known = people.iter().find(|person| person["birth_date"].is_string()).unwrap();
    let text = |key: &str| known[key].as_str().unwrap().to_owned();
    let home = town.communes().first().unwrap().0.clone();
    let person = haidang_contracts::identity::PersonRecord {
        citizen_no: Some(text("citizen_no")),
        birth_date: Some(text("birth_date")),
        ..town.resident(&text("full_name"), &home)
    };
    let persona = town.settle("known", person, None).await;
    (national, town, persona)
}

/// What is known for the questions of a new form of this resident once these answers are given, by field.
async fn known_in(town: &Town, persona: &Persona, procedure: &str, answers: Value) -> Value {
    let start = json!({ "procedure": procedure, "channel": "online" });
    let started = town.ask(Some(persona), "POST", "/api/v1/drafts", Some(start)).await.expect(201, "start");
    let draft = format!("/api/v1/drafts/{}", started["id"].as_str().unwrap());
    if answers != json!({}) {
        let answers = json!({ "answers": answers });
        town.ask(Some(persona), "PATCH", &draft, Some(answers)).await.expect(200, "answer");
    }
    town.ask(Some(persona), "GET", &draft, None).await.expect(200, "look")["known"].clone()
}

/// Sources whose values a new form of this resident begins with.
async fn begun(town: &Town, persona: &Persona) -> Vec<(String, Value)> {
    let known = known_in(town, persona, "1.000656", json!({})).await;
    let mut known: Vec<(String, Value)> = known
        .as_object()
        .unwrap()
        .values()
        .map(|known| (known["source"].as_str().unwrap().to_owned(), known["value"].clone()))
        .filter(|(source, _)| source.starts_with("population.") || source == "account.citizen_no")
        .collect();
    known.sort_by(|one, other| one.0.cmp(&other.0));
    known.dedup();
    known
}

on_both! {
    async fn a_form_begins_with_what_the_population_register_says(place: Place) {
        let (national, town, persona) = hosted(&place).await;
        let number = json!(persona.person.citizen_no);
        let well = begun(&town, &persona).await;
        let sources: Vec<&str> = well.iter().map(|(source, _)| source.as_str()).collect();
        assert!(sources.contains(&"population.birth_date"), "{well:?}");
        assert_eq!(well[0], ("account.citizen_no".to_owned(), number.clone()));
        let date = well.iter().find(|(source, _)| source == "population.birth_date").unwrap();
        assert_eq!(date.1, json!(persona.person.birth_date));
        // The city itself asked, the question and the answer are kept, and the resident learns of the delivery.
        let exchange = town.city.exchange.as_ref().unwrap();
        exchange.log().stamp().await.unwrap();
        exchange.log().usage().drain().await.unwrap();
        let kept = town.city.db.fetch_one("SELECT COUNT(*) AS count FROM exchange_message", vec![]).await.unwrap();
        assert_eq!(kept.integer("count").unwrap(), 2);
        let shown = town.ask(Some(&persona), "GET", "/api/v1/vault/accesses", None).await.expect(200, "who looked");
        assert!(shown.to_string().contains("TT-DANCU-THU"), "{shown}");
        for fault in [
            json!({"system": "population", "fault": "hang"}),
            json!({"system": "population", "fault": "malformed"}),
            json!({"system": "population", "fault": "bad_gateway"}),
            json!({"system": "population", "fault": "reset"}),
        ] {
            national.fault(fault.clone()).await;
            let ill = begun(&town, &persona).await;
            assert_eq!(ill, [("account.citizen_no".to_owned(), number.clone())], "{fault}");
            national.control("DELETE", "/faults", Value::Null).await;
        }
    }
    /// A question that a register can answer only once another one is answered.
    async fn the_mother_is_known_once_she_says_that_she_is_the_mother(place: Place) {
        let (national, town, persona) = hosted(&place).await;
        let birth = |relation: &'static str| {
            let (town, persona) = (&town, &persona);
            async move {
                let known = known_in(town, persona, "1.001193", json!({ "applicant_relation": relation })).await;
                let of = |field: &str| known[field]["value"].clone();
                (of("mother_citizen_no"), of("father_citizen_no"))
            }
        };
        let number = json!(persona.person.citizen_no);
        assert_eq!(birth("mother").await, (number.clone(), Value::Null));
        assert_eq!(birth("father").await, (Value::Null, number.clone()));
        // She changes her mind in the same form.
        let start = json!({ "procedure": "1.001193", "channel": "online" });
        let started = town.ask(Some(&persona), "POST", "/api/v1/drafts", Some(start)).await.expect(201, "start");
        let draft = format!("/api/v1/drafts/{}", started["id"].as_str().unwrap());
        for answers in [
            json!({ "applicant_relation": "mother" }),
            json!({ "mother_citizen_no": number }),
            json!({ "applicant_relation": "father" }),
        ] {
            town.ask(Some(&persona), "PATCH", &draft, Some(json!({ "answers": answers }))).await.expect(200, "answer");
        }
        let seen = town.ask(Some(&persona), "GET", &draft, None).await.expect(200, "look");
        assert_eq!(seen["answers"], json!({ "applicant_relation": "father" }), "what was taken over is gone");
        assert_eq!(seen["known"]["father_citizen_no"]["value"], number);
        assert_eq!(seen["known"]["mother_citizen_no"], Value::Null);
        national.fault(json!({ "system": "population", "fault": "hang" })).await;
        assert_eq!(birth("mother").await, (Value::Null, Value::Null), "the form asks");
        town.prove().await;
    }
}
