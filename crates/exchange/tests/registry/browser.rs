//! The pages in the frame of a small city, and a browser in process without scripts.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use haidang_contracts::actor::PersonId;
use haidang_contracts::authorizer::{Authorizer, Question, Verdict};
use haidang_contracts::calendar::WorkingDays;
use haidang_contracts::identity::{Identity, NewPerson, PersonKind, PersonRecord};
use haidang_contracts::{Actor, ActorKind, ContractError, Position};
use haidang_exchange::registry::Registry;
use haidang_exchange::{RegistryRoom, RoomParts};
use haidang_kernel::calendar::WorkingCalendar;
use haidang_testkit::TestDb;
use haidang_ui::City;
use haidang_web::session::{self, SignIn};
use haidang_web::upload::PatternScanner;
use haidang_web::{Answer, App, FormFields, Rates, Response, Routes, Row, Served, Settings, Site, Visitor, redirect};
use http_body_util::BodyExt as _;

const ORIGIN: &str = "http://city.example";

/// (name, agency, capabilities)
const PEOPLE: &[(&str, &str, &[&str])] = &[
    ("operator", "H24.S08", &["exchange.manage"]),
    ("consumer", "H24.S01", &["exchange.own"]),
    ("provider", "H24.S02", &["exchange.own"]),
    ("stranger", "H24.S09", &["exchange.own"]),
    ("clerk", "H24.S02", &["document.clerk"]),
];

/// Opaque id of a person of the tests.
pub fn person(name: &str) -> PersonId {
    let number = PEOPLE.iter().position(|known| known.0 == name).unwrap() + 1;
    PersonId::parse(&format!("01900000-0000-7000-8000-0000000000{number:02}")).unwrap()
}

struct People;

#[async_trait]
impl Authorizer for People {
    async fn authorize(&self, question: &Question<'_>) -> Result<Verdict, ContractError> {
        Ok(haidang_testkit::by_capability(question))
    }
}

#[async_trait]
impl Identity for People {
    async fn actor(&self, id: &PersonId, _: Option<&PersonId>) -> Result<Option<Actor>, ContractError> {
        let Some((name, agency, capabilities)) = PEOPLE.iter().find(|known| person(known.0) == *id) else {
            return Ok(None);
        };
        let post = Position {
            agency: (*agency).into(),
            role: (*name).into(),
            title: "Chuyên viên".into(),
            capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
        };
        Ok(Some(Actor {
            person: id.clone(),
            display_name: format!("Cán bộ {name}"),
            kind: ActorKind::Official,
            on_behalf_of: None,
            on_behalf_name: None,
            mandates: Vec::new(),
            positions: vec![post],
            assurance: 3,
            second_factor_at: None,
        }))
    }

    async fn actor_by_token(&self, _: &str) -> Result<Option<Actor>, ContractError> {
        Ok(None)
    }

    async fn person(&self, id: &PersonId) -> Result<Option<PersonRecord>, ContractError> {
        let actor = self.actor(id, None).await?;
        Ok(actor.map(|actor| PersonRecord {
            id: id.clone(),
            kind: PersonKind::Person,
            full_name: actor.display_name,
            citizen_no: None,
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

    async fn person_by_number(&self, _: &str) -> Result<Option<PersonRecord>, ContractError> {
        Ok(None)
    }

    async fn find_or_create(&self, _: &NewPerson) -> Result<PersonRecord, ContractError> {
        Err(ContractError::NotFound("person"))
    }
}

struct Days(Arc<WorkingCalendar>);

impl WorkingDays for Days {
    fn calendar(&self) -> Arc<WorkingCalendar> {
        self.0.clone()
    }
}

/// The pages over a registry.
pub fn room(db: &TestDb, registry: &Registry) -> RegistryRoom {
    let year = include_str!("../../../../packs/haiphong/calendars/2026.toml");
    RegistryRoom::new(RoomParts {
        registry: registry.clone(),
        db: db.db(),
        ambient: db.ambient().clone(),
        days: Arc::new(Days(Arc::new(WorkingCalendar::from_toml(&[year]).unwrap()))),
        identity: Arc::new(People),
    })
}

async fn enter(visitor: Visitor, form: FormFields) -> Answer {
    session::sign_in(&visitor, &person(form.text("who")), SignIn::official(true)).await?;
    redirect(visitor.lang, "/giay-to")
}

async fn show_door(visitor: Visitor) -> Answer {
    let field = format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", visitor.csrf());
    let mut answer = Response::new(Body::from(field));
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
    Ok(answer)
}

fn served(db: &TestDb, room: &RegistryRoom) -> Served {
    haidang_ui::texts::register(haidang_exchange::TEXTS).unwrap();
    let mut settings = Settings::new(ORIGIN, [7; 32]);
    settings.rates = Rates::unlimited();
    let (scanner, city) = (Arc::new(PatternScanner), Arc::new(City::default()));
    let site = Site::new(db.db(), db.ambient().clone(), Arc::new(People), scanner, city, settings);
    let door = Routes::new("trial", ())
        .page(Row::get("show_door", "/dang-nhap").public(), show_door)
        .page(Row::post("enter", "/dang-nhap").public().audit("session.begun"), enter);
    App::new(site).mount(door).mount(haidang_exchange::routes(room.clone())).build().unwrap()
}

/// What came back, read whole.
pub struct Got {
    pub status: u16,
    pub location: String,
    pub text: String,
    cookies: Vec<String>,
}

/// A browser without scripts.
pub struct Browser {
    served: Served,
    cookies: Vec<(String, String)>,
    csrf: String,
}

impl Browser {
    /// Nobody signed in.
    pub fn new(db: &TestDb, room: &RegistryRoom) -> Self {
        Self { served: served(db, room), cookies: Vec::new(), csrf: String::new() }
    }

    /// Somebody signed in.
    pub async fn of(db: &TestDb, room: &RegistryRoom, who: &str) -> Self {
        let mut browser = Self::new(db, room);
        browser.open("/vi/dang-nhap").await;
        let got = browser.send("/vi/dang-nhap", &[("who", who)]).await;
        assert_eq!(got.status, 303, "{}", got.text);
        // The token against forged forms belongs to the session, which has just begun.
        browser.open("/vi/dang-nhap").await;
        browser
    }

    async fn ask(&mut self, request: Request) -> Got {
        let (parts, body) = self.served.call(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let header = |value: &header::HeaderValue| value.to_str().unwrap().to_owned();
        let got = Got {
            status: parts.status.as_u16(),
            location: parts.headers.get("location").map(header).unwrap_or_default(),
            text: String::from_utf8_lossy(&body).into_owned(),
            cookies: parts.headers.get_all(header::SET_COOKIE).iter().map(header).collect(),
        };
        for cookie in &got.cookies {
            let (key, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != key);
            self.cookies.push((key.to_owned(), value.to_owned()));
        }
        if let Some((_, rest)) = got.text.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
        got
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Got {
        let request = Request::get(path).header(header::COOKIE, self.cookie()).body(Body::empty()).unwrap();
        self.ask(request).await
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
        self.ask(request).await
    }
}
