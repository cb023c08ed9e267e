//! A small city around the room: people in memory, one agency, a browser in process.

use crate::around::Around;
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use haidang_contracts::access::AccessLog;
use haidang_contracts::actor::PersonId;
use haidang_contracts::authorizer::{Authorizer, Question, Verdict};
use haidang_contracts::identity::{Agency, Directory, Identity, NewPerson, PersonKind, PersonRecord, StaffMember};
use haidang_contracts::{Actor, ActorKind, ContractError, Position};
use haidang_store::Blobs;
use haidang_testkit::TestDb;
use haidang_ui::City;
use haidang_vault::{Inner, VaultRoom};
use haidang_web::session::{self, SignIn};
use haidang_web::upload::PatternScanner;
use haidang_web::{Answer, App, FormFields, Rates, Routes, Row, Served, Settings, Site, redirect};
use http_body_util::BodyExt as _;
use std::sync::Arc;

/// Number of the resident.
pub const NUMBER: &str = "031190000001";
/// Number of the stranger.
pub const OTHER_NUMBER: &str = "031190000002";
/// An id that nothing has.
pub const NO_SUCH_ID: &str = "01900000-0000-7000-8000-00000000ffff";
const ORIGIN: &str = "http://city.example";

/// Opaque id of a person of the tests.
pub fn person(name: &str) -> PersonId {
    let number =
        ["resident", "stranger", "official", "chair", "lone"].iter().position(|known| *known == name).unwrap() + 1;
    PersonId::parse(&format!("01900000-0000-7000-8000-00000000000{number}")).unwrap()
}

/// The people of the tests.
pub struct People;

#[async_trait]
impl Authorizer for People {
    async fn authorize(&self, question: &Question<'_>) -> Result<Verdict, ContractError> {
        Ok(haidang_testkit::by_capability(question))
    }
}

#[async_trait]
impl Identity for People {
    async fn actor(&self, id: &PersonId, behalf: Option<&PersonId>) -> Result<Option<Actor>, ContractError> {
        let official = *id == person("official");
        let post = || Position {
            agency: "H24.11824".into(),
            role: "auditor".into(),
            title: "Công chức".into(),
            capabilities: ["audit.read".to_owned()].into(),
        };
        Ok(Some(Actor {
            person: id.clone(),
            display_name: "Nguyễn Thị Mẫu 01".into(),
            kind: if official { ActorKind::Official } else { ActorKind::Resident },
            on_behalf_of: behalf.cloned(),
            on_behalf_name: None,
            mandates: Vec::new(),
            positions: if official { vec![post()] } else { vec![] },
            assurance: 2,
            second_factor_at: None,
        }))
    }

    async fn actor_by_token(&self, token: &str) -> Result<Option<Actor>, ContractError> {
        self.actor(&person(token), None).await
    }

    async fn person(&self, id: &PersonId) -> Result<Option<PersonRecord>, ContractError> {
        Ok(Some(PersonRecord {
            id: id.clone(),
            kind: PersonKind::Person,
            full_name: "Nguyễn Thị Mẫu 01".into(),
            citizen_no: Some(if *id == person("resident") { NUMBER } else { OTHER_NUMBER }.into()),
            tax_no: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: None,
        }))
    }

    async fn person_by_number(&self, number: &str) -> Result<Option<PersonRecord>, ContractError> {
        if number == NUMBER { self.person(&person("resident")).await } else { Ok(None) }
    }

    async fn find_or_create(&self, _: &NewPerson) -> Result<PersonRecord, ContractError> {
        Err(ContractError::NotFound("person"))
    }
}

#[async_trait]
impl Directory for People {
    /// Two agencies have one person each who answers complaints.
    async fn is_held(&self, capability: &str, agency: &str, besides: Option<&PersonId>) -> Result<bool, ContractError> {
        let there = match agency {
            "H24.99999" => person("chair"),
            "H24.88888" => person("lone"),
            _ => return Ok(false),
        };
        Ok(capability == "access.answer" && besides != Some(&there))
    }

    async fn agency(&self, code: &str) -> Result<Option<Agency>, ContractError> {
        Ok((code == "H24.11824").then(|| Agency {
            code: code.into(),
            kind: "commune".into(),
            name_vi: "UBND xã Mẫu".into(),
            name_en: "People's Committee of Mẫu Commune".into(),
            parent: None,
            commune_code: Some("11824".into()),
            valid_from: None,
            valid_to: None,
            successor: None,
        }))
    }

    async fn agencies(&self) -> Result<Vec<Agency>, ContractError> {
        Ok(Vec::new())
    }

    async fn agency_of_commune(&self, _: &str) -> Result<Option<Agency>, ContractError> {
        Ok(None)
    }

    async fn staff(&self, _: &str) -> Result<Vec<StaffMember>, ContractError> {
        Ok(Vec::new())
    }

    async fn holders(&self, _: &str, _: &str) -> Result<Vec<(PersonId, String)>, ContractError> {
        Ok(Vec::new())
    }
}

/// The room over the database of a test.
pub async fn room(db: &TestDb) -> VaultRoom {
    room_with(db, &Arc::new(Around::default())).await
}

/// The room with what the test decides around it.
pub async fn room_with(db: &TestDb, around: &Arc<Around>) -> VaultRoom {
    VaultRoom::new(Inner {
        db: db.db(),
        blobs: Blobs::open(db.folder().join("blobs")).await.unwrap(),
        ambient: db.ambient().clone(),
        identity: Arc::new(People),
        authorizer: Arc::new(People),
        directory: Arc::new(People),
        accesses: Arc::new(db.db()) as Arc<dyn AccessLog>,
        consents: around.clone(),
        cases: around.clone(),
        notifier: around.clone(),
        archive: around.clone(),
        deliveries: None,
    })
}

async fn enter(visitor: haidang_web::Visitor, form: FormFields) -> Answer {
    session::sign_in(&visitor, &person(form.text("who")), SignIn::resident(2)).await?;
    redirect(visitor.lang, "/giay-to")
}

async fn show_door(visitor: haidang_web::Visitor) -> Answer {
    let field = format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", visitor.csrf());
    let mut answer = haidang_web::Response::new(Body::from(field));
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
    Ok(answer)
}

/// The room's routes in the frame of a city.
pub fn served(db: &TestDb, room: &VaultRoom) -> Served {
    haidang_ui::texts::register(haidang_vault::TEXTS).unwrap();
    let mut settings = Settings::new(ORIGIN, [7; 32]);
    settings.rates = Rates::unlimited();
    let scanner = Arc::new(PatternScanner);
    let city = Arc::new(City::default());
    let site = Site::new(db.db(), db.ambient().clone(), Arc::new(People), scanner, city, settings);
    let door = Routes::new("trial", ())
        .page(Row::get("show_door", "/dang-nhap").public(), show_door)
        .page(Row::post("enter", "/dang-nhap").public().audit("session.begun"), enter);
    App::new(site).mount(door).mount(haidang_vault::routes(room.clone())).build().unwrap()
}

/// What came back, read whole.
pub struct Got {
    /// Status.
    pub status: u16,
    /// Where it leads.
    pub location: String,
    headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
    /// Body as text.
    pub text: String,
}

impl Got {
    /// Value of a header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

async fn send(served: &Served, request: Request) -> Got {
    let (parts, body) = served.call(request).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let text = String::from_utf8_lossy(&body).into_owned();
    let location = parts.headers.get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
    Got { status: parts.status.as_u16(), location, headers: parts.headers, body, text }
}

/// An answer of the API; the name of a person is their token.
pub async fn api(served: &Served, method: &str, path: &str, token: &str) -> Got {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    send(served, request.body(Body::empty()).unwrap()).await
}

/// A page for somebody who is not signed in.
pub async fn page_of(db: &TestDb, room: &VaultRoom, path: &str) -> Got {
    send(&served(db, room), Request::get(path).body(Body::empty()).unwrap()).await
}

/// A browser without scripts in which somebody signed in.
pub struct Visitor {
    served: Served,
    cookies: Vec<(String, String)>,
    csrf: String,
}

impl Visitor {
    /// Signs in.
    pub async fn signed_in(db: &TestDb, room: &VaultRoom, who: &str) -> Self {
        let mut visitor = Self { served: served(db, room), cookies: Vec::new(), csrf: String::new() };
        visitor.open("/vi/dang-nhap").await;
        let got = visitor.send("/vi/dang-nhap", &[("who", who)]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        // The token against forged forms belongs to the session, which has just begun.
        visitor.open("/vi/dang-nhap").await;
        visitor
    }

    fn keep(&mut self, got: &Got) {
        for value in got.headers.get_all(header::SET_COOKIE) {
            let (key, value) = value.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != key);
            self.cookies.push((key.to_owned(), value.to_owned()));
        }
        if let Some((_, rest)) = got.text.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Got {
        let request = Request::get(path).header(header::COOKIE, self.cookie()).body(Body::empty()).unwrap();
        let got = send(&self.served, request).await;
        self.keep(&got);
        got
    }

    /// Sends a form with the token of the last page seen.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let body = haidang_web::encode(fields.iter().copied().chain([("csrf", self.csrf.as_str())]));
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(body))
            .unwrap();
        let got = send(&self.served, request).await;
        self.keep(&got);
        got
    }
}
