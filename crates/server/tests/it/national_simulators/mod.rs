//! The simulated national systems, asked over real HTTP: every operation as it should be and as it should not, every fault.
//!
//! They keep nothing in a database, so these tests have none; the one that seeds a city runs on both.

mod faults;
mod population;
mod portal;
mod process;
mod shapes;

use crate::city::{MORNING, pack_folder};
use haidang_kernel::ambient::Ambient;
use haidang_server::config::Environment;
use haidang_server::demo::Scale;
use haidang_server::simulators::national::{CLIENT, MARKER, NationalSimulator, SECRET, SOURCE, SOURCE_TEXT};
use haidang_services::procedure::pack::Pack;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::sync::OnceLock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The people of these tests: a demonstration city of this pack.
const RESIDENTS: usize = 60;

fn scale(seed: u64) -> Scale {
    Scale { residents: RESIDENTS, months: 0, as_of: "2026-03-03".parse().unwrap(), seed }
}

fn pack() -> Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| Pack::load(&pack_folder("haiphong")).unwrap()).clone()
}

/// A simulator that listens, and a caller with a token.
pub struct Stage {
    pub ambient: Ambient,
    pub origin: String,
    pub client: Client,
    pub token: String,
    _stop: oneshot::Sender<()>,
}

/// What came back.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub text: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}

impl Stage {
    pub async fn open() -> Stage {
        Stage::seeded(3).await
    }

    pub async fn seeded(seed: u64) -> Stage {
        Stage::with_clock(seed, Ambient::fixed(MORNING.parse().unwrap(), 7)).await
    }

    /// By the clock of somebody else.
    pub async fn with_clock(seed: u64, ambient: Ambient) -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let made = NationalSimulator::new(Environment::Test, address, ambient.clone(), pack(), &scale(seed));
        let simulator = made.unwrap();
        let origin = simulator.origin().to_owned();
        let (stop, heard) = oneshot::channel::<()>();
        let serving = simulator.serve(listener, async {
            let _ = heard.await;
        });
        tokio::spawn(serving.unwrap());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let mut stage = Stage { ambient, origin, client, token: String::new(), _stop: stop };
        stage.token = stage.new_token().await;
        stage
    }

    pub async fn new_token(&self) -> String {
        let asked = self.request("POST", "/token").basic_auth(CLIENT, Some(SECRET));
        let told = send(asked.body("grant_type=client_credentials")).await.unwrap();
        told.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.origin))
    }

    /// A call with the token.
    pub fn call(&self, method: &str, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Told {
        send(self.call("GET", path)).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Told {
        send(self.call("POST", path).json(&body)).await.unwrap()
    }

    /// The tester's endpoint; what it answers must be good.
    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let mut asked = self.request(method, &format!("/_control{path}"));
        if !body.is_null() {
            asked = asked.json(&body);
        }
        let told = send(asked).await.unwrap();
        assert!(told.status < 300, "{method} {path}: {told:?}");
        told.json()
    }

    /// Sets a rule; its id.
    pub async fn fault(&self, rule: Value) -> u64 {
        self.control("POST", "/faults", rule).await["id"].as_u64().unwrap()
    }

    /// Everybody the registers know.
    pub async fn people(&self) -> Vec<Value> {
        self.control("GET", "/people?limit=500", Value::Null).await["people"].as_array().unwrap().clone()
    }
}

/// Sends; whatever answers carries the marker and its source.
pub async fn send(asked: RequestBuilder) -> Result<Told, reqwest::Error> {
    let got = asked.send().await?;
    let header = |name: &str| got.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header(MARKER).as_deref(), Some("national"), "the marker is missing");
    assert_eq!(header(SOURCE).as_deref(), Some(SOURCE_TEXT), "the source is missing");
    let status = got.status().as_u16();
    Ok(Told { status, text: got.text().await? })
}

/// The list names all systems, for programs and for people in two languages.
#[tokio::test]
async fn the_list_names_all_twenty_three() {
    let stage = Stage::open().await;
    let list = stage.get("/").await.json();
    let systems = list["systems"].as_array().unwrap();
    let numbers: Vec<u64> = systems.iter().map(|system| system["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=23).collect::<Vec<_>>());
    assert_eq!(list["source"], SOURCE_TEXT);
    for (lang, title) in [("vi", "Các hệ thống quốc gia mô phỏng"), ("en", "Simulated national systems")] {
        let page = send(stage.request("GET", &format!("/?lang={lang}")).header("accept", "text/html")).await.unwrap();
        assert!(
            page.text.contains(&format!("<h1>{title}</h1>")) && page.text.contains(&format!("<html lang=\"{lang}\">"))
        );
        assert_eq!(page.text.matches("<section").count(), 23);
        assert!(!page.text.contains('⟦') && !page.text.contains("<script") && !page.text.contains(" style="));
        for system in systems {
            let (id, name) = (system["id"].as_str().unwrap(), system["name"][lang].as_str().unwrap());
            let name = name.replace('\'', "&#39;");
            assert!(page.text.contains(&format!("id=\"{id}\"")) && page.text.contains(&name), "{id} {name}");
        }
    }
    assert_eq!(send(stage.request("POST", "/")).await.unwrap().status, 405);
    assert_eq!(stage.get("/nowhere").await.status, 404);
}

/// Same seed, same people and businesses with numbers of the legal structure; another seed, others.
#[tokio::test]
async fn the_same_seed_gives_the_same_people() {
    let (one, two, other) = (Stage::seeded(3).await, Stage::seeded(3).await, Stage::seeded(4).await);
    let people = one.people().await;
    assert!(people.len() > RESIDENTS);
    assert_eq!(people, two.people().await);
    assert_ne!(people, other.people().await);
    let businesses = one.control("GET", "/enterprises", Value::Null).await;
    assert_eq!(businesses, two.control("GET", "/enterprises", Value::Null).await);
    for person in &people {
        let number = haidang_kernel::number::CitizenNo::parse(person["citizen_no"].as_str().unwrap()).unwrap();
        let born = person["birth_date"].as_str().unwrap().parse().unwrap();
        assert_eq!(number.agrees(Some(born), None), Ok(()), "{person}");
    }
    let mut numbers: Vec<&str> = people.iter().map(|person| person["insurance_no"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), people.len(), "insurance numbers are nobody else's");
    for business in businesses["enterprises"].as_array().unwrap() {
        assert!(haidang_kernel::number::TaxNo::parse(business["tax_no"].as_str().unwrap()).is_ok(), "{business}");
    }
}

/// Tokens: who gets one, and how long it holds.
#[tokio::test]
async fn a_token_is_for_the_client_and_for_an_hour() {
    let stage = Stage::open().await;
    for (secret, body, status) in [
        (SECRET, "grant_type=client_credentials", 200),
        (SECRET, "grant_type=password", 400),
        ("wrong", "grant_type=client_credentials", 401),
    ] {
        let asked = stage.request("POST", "/token").basic_auth(CLIENT, Some(secret)).body(body);
        assert_eq!(send(asked).await.unwrap().status, status, "{body}");
    }
    for path in ["/dmdc/1.0/AllCategory", "/apiCSDLDKDN/chiTietDoanhNghiep"] {
        assert_eq!(send(stage.request("GET", path)).await.unwrap().status, 401, "{path} without a token");
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    stage.ambient.advance(jiff::SignedDuration::from_secs(3_601));
    assert_eq!(stage.get("/dmdc/1.0/AllCategory").await.status, 401, "after its end");
    let registered = stage.post("/apiHoTichTuPhap/danhMuc", json!({ "loaiDanhMuc": "1" })).await;
    assert_eq!(registered.json()["errorCode"], "100", "{registered:?}");
}
