//! The crate as a room sees it: a small table of routes, people who exist in memory, requests answered in process.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod document;
mod doors;
mod files;
mod frame;
mod repeats;
mod sessions;

use crate::session::{self, SignIn};
use crate::upload::PatternScanner;
use crate::{
    Answer, App, Form, FormFields, Json, Path, Query, Rates, Routes, Row, Served, Settings, Site, Upload, UploadLimits,
    Visitor, html, json, no_content, redirect, return_path,
};
use askama::Template;
use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use haidang_contracts::actor::PersonId;
use haidang_contracts::authorizer::{Authorizer, Question, Verdict};
use haidang_contracts::identity::{Identity, NewPerson, PersonRecord};
use haidang_contracts::{Actor, ActorKind, ContractError, Position};
use haidang_kernel::problem::Problem;
use haidang_testkit::TestDb;
use haidang_ui::{City, Page};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const ROOMS: haidang_testkit::Rooms = &[("web", crate::MIGRATIONS)];
pub(crate) const ORIGIN: &str = "http://city.example";

/// Every marked value a test sends; none may ever stand in a log.
pub(crate) const MARK: &str = "MARKED-VALUE-071095";

pub(crate) fn person(name: &str) -> PersonId {
    let number = match name {
        "resident" => 1,
        "official" => 2,
        "leader" => 3,
        "gone" => 4,
        _ => 9,
    };
    PersonId::parse(&format!("01900000-0000-7000-8000-00000000000{number}")).unwrap()
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
    async fn actor(&self, id: &PersonId, behalf: Option<&PersonId>) -> Result<Option<Actor>, ContractError> {
        let post = |capabilities: &[&str]| {
            vec![Position {
                agency: "H24.11824".into(),
                role: "clerk".into(),
                title: "Công chức một cửa".into(),
                capabilities: capabilities.iter().map(|c| (*c).to_owned()).collect(),
            }]
        };
        let (kind, positions) = match id {
            id if *id == person("resident") => (ActorKind::Resident, vec![]),
            id if *id == person("official") => (ActorKind::Official, post(&["case.receive"])),
            id if *id == person("leader") => (ActorKind::Official, post(&["case.sign"])),
            _ => return Ok(None),
        };
        Ok(Some(Actor {
            person: id.clone(),
            display_name: format!("Nguyễn {MARK}"),
            kind,
            on_behalf_of: behalf.cloned(),
            on_behalf_name: behalf.map(|_| "Công ty".to_owned()),
            mandates: Vec::new(),
            positions,
            assurance: 1,
            second_factor_at: None,
        }))
    }

    async fn actor_by_token(&self, token: &str) -> Result<Option<Actor>, ContractError> {
        match token {
            "token-resident" => self.actor(&person("resident"), None).await,
            "token-official" => self.actor(&person("official"), None).await,
            "broken" => Err(ContractError::Unavailable("the partner is away".into())),
            _ => Ok(None),
        }
    }

    async fn person(&self, _: &PersonId) -> Result<Option<PersonRecord>, ContractError> {
        Ok(None)
    }

    async fn person_by_number(&self, _: &str) -> Result<Option<PersonRecord>, ContractError> {
        Ok(None)
    }

    async fn find_or_create(&self, _: &NewPerson) -> Result<PersonRecord, ContractError> {
        Err(ContractError::NotFound("person"))
    }
}

#[derive(Template)]
#[template(
    source = "{% extends \"layout.html\" %}{% block main %}<h1>{{ page.title }}</h1><form method=\"post\">{{ page.csrf_field() }}{{ typed }}</form>{% endblock %}",
    ext = "html"
)]
struct TrialPage {
    page: Page,
    typed: String,
}

/// Counts what was really done.
#[derive(Default)]
pub(crate) struct Done(pub(crate) AtomicU32);

#[derive(Deserialize)]
struct Words {
    q: Option<String>,
    page: Option<u32>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
struct Thing {
    /// What it is called.
    name: String,
    /// How many.
    #[serde(default)]
    count: u32,
}

#[derive(Deserialize, utoipa::IntoParams)]
struct Listing {
    /// Where the previous page ended.
    #[allow(dead_code)]
    cursor: Option<String>,
    /// 1 to 100.
    #[allow(dead_code)]
    limit: Option<u32>,
}

async fn show(visitor: Visitor, Query(words): Query<Words>) -> Answer {
    let typed = format!("{} {}", words.q.unwrap_or_default(), words.page.unwrap_or(1));
    html(TrialPage { page: visitor.page("Trang thử", ""), typed })
}

async fn show_one(visitor: Visitor, Path(number): Path<u32>) -> Answer {
    html(TrialPage { page: visitor.page(format!("Số {number}"), ""), typed: String::new() })
}

async fn name_it(
    visitor: Visitor,
    axum::extract::State(done): axum::extract::State<Arc<Done>>,
    form: Form<Named>,
) -> Answer {
    done.0.fetch_add(1, Ordering::SeqCst);
    match form.value.name.as_str() {
        "" => crate::html_invalid(TrialPage {
            page: visitor.page("Lỗi", ""),
            typed: form.fields.text("name").to_owned(),
        }),
        "forbidden" => Err(Problem::forbidden("not_yours", "not the owner").into()),
        "panic" => panic!("{MARK}"),
        "broken" => Err(Problem::internal("the disk is full").into()),
        _ => redirect(visitor.lang, "/trang"),
    }
}

async fn enter(visitor: Visitor, fields: FormFields) -> Answer {
    let who = fields.text("who");
    let sign_in = match who {
        "resident" | "gone" => SignIn::resident(2),
        _ => SignIn::official(fields.has("factor")),
    };
    session::sign_in(&visitor, &person(who), sign_in).await?;
    redirect(visitor.lang, &return_path(&visitor.site, fields.first("next")))
}

async fn leave(visitor: Visitor, _: FormFields) -> Answer {
    session::sign_out(&visitor).await?;
    redirect(visitor.lang, "/")
}

async fn prove(visitor: Visitor, _: FormFields) -> Answer {
    session::step_up(&visitor).await?;
    redirect(visitor.lang, "/")
}

async fn make(
    visitor: Visitor,
    axum::extract::State(done): axum::extract::State<Arc<Done>>,
    Json(thing): Json<Thing>,
) -> Answer {
    visitor.require_actor()?;
    let number = done.0.fetch_add(1, Ordering::SeqCst) + 1;
    match thing.name.as_str() {
        "invalid" => Err(Problem::invalid("thing_invalid", "no such thing").field("/name", "unknown_name").into()),
        "broken" => Err(Problem::internal("the disk is full").into()),
        _ => crate::created(&format!("/api/v1/things/{number}"), &Thing { name: thing.name, count: number }),
    }
}

async fn list() -> Answer {
    json(200, &Vec::<Thing>::new())
}

async fn take(upload: Upload) -> Answer {
    let files: Vec<_> =
        upload.files.iter().map(|f| (f.name.clone(), f.media_type(), f.size, f.sha256.clone())).collect();
    let refused: Vec<_> = upload.refused.iter().map(|f| (f.name.clone(), f.why.code())).collect();
    let exists = upload.files.iter().all(|f| f.path().exists());
    json(
        200,
        &serde_json::json!({ "files": files, "refused": refused, "exists": exists, "note": upload.fields.text("note") }),
    )
}

async fn slow() -> Answer {
    std::future::pending::<()>().await;
    Ok(no_content())
}

const SMALL: UploadLimits = UploadLimits {
    files: 3,
    file_bytes: 100_000,
    total_bytes: 400_000,
    kinds: &[crate::FileKind::Pdf, crate::FileKind::Png, crate::FileKind::Docx],
    timeout: std::time::Duration::from_secs(20),
};

pub(crate) fn routes(done: Arc<Done>) -> Routes<Arc<Done>> {
    Routes::new("trial", done)
        .page(Row::get("show_home", "/").public(), show)
        .page(Row::get("show_page", "/trang").public(), show)
        .page(Row::get("show_number", "/so/{number}").public().example("/so/{a_number}"), show_one)
        .page(Row::post("name_it", "/trang").public().audit("thing.named"), name_it)
        .page(Row::get("show_sign_in", "/dang-nhap").public(), show)
        .page(Row::post("enter", "/dang-nhap").public().audit("session.begun"), enter)
        .page(Row::get("show_factor", "/dang-nhap/xac-thuc").signed_in(), show)
        .page(Row::post("prove", "/dang-nhap/xac-thuc").signed_in().audit("session.proved"), prove)
        .page(Row::post("leave", "/dang-xuat").signed_in().audit("session.ended"), leave)
        .page(Row::get("show_own", "/cua-toi").signed_in(), show)
        .page(Row::post("change_own", "/cua-toi").signed_in().audit("own.changed"), leave)
        .page(Row::get("show_office", "/ban").official(), show)
        .page(Row::get("show_receipt", "/tiep-nhan").capability("case.receive"), show)
        .page(Row::get("show_sure", "/chac-chan").signed_in().min_assurance(3), show)
        .page(Row::get("show_signing", "/ky").capability("case.receive").fresh_factor(), show)
        .page(Row::post("upload_papers", "/giay").public().audit("papers.added").upload(SMALL), take)
        .page(Row::get("show_slow", "/cham").public().timeout(std::time::Duration::from_millis(20)), slow)
        .plain(Row::get("verify_token", "/kq/{token}").public(), show)
        .api(
            Row::post("make_thing", "/api/v1/things")
                .signed_in()
                .audit("thing.made")
                .body::<Thing>()
                .returns::<Thing>(201)
                .summary("Makes a thing")
                .body_limit(10_000),
            make,
        )
        .api(Row::get("list_things", "/api/v1/things").system().query::<Listing>().returns::<Vec<Thing>>(200), list)
        .api(Row::get("list_sure", "/api/v1/sure").signed_in().min_assurance(3).returns::<Vec<Thing>>(200), list)
        .api(Row::get("list_open", "/api/v1/open").public().returns::<Vec<Thing>>(200), list)
        .api(Row::post("upload_thing", "/api/v1/files").signed_in().audit("file.added").upload(SMALL), take)
}

/// A city over the database of a test.
pub(crate) struct Trial {
    pub(crate) served: Served,
    pub(crate) done: Arc<Done>,
}

pub(crate) fn trial(db: &TestDb) -> Trial {
    trial_with(db, |_| {})
}

pub(crate) fn trial_with(db: &TestDb, change: impl FnOnce(&mut Settings)) -> Trial {
    let mut settings = Settings::new(ORIGIN, [7; 32]);
    settings.rates = Rates::unlimited();
    change(&mut settings);
    let city = Arc::new(City::default());
    let site = Site::new(db.db(), db.ambient().clone(), Arc::new(People), Arc::new(PatternScanner), city, settings);
    let done = Arc::new(Done::default());
    let served = App::new(site).mount(routes(done.clone())).build().unwrap();
    Trial { served, done }
}

/// What came back, read whole.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }
}

/// A browser: keeps cookies, knows the token of the last form.
#[derive(Default, Clone)]
pub(crate) struct Browser {
    cookies: Vec<(String, String)>,
    pub(crate) csrf: String,
}

impl Trial {
    pub(crate) async fn send(&self, request: Request) -> Got {
        let (parts, body) = self.served.call(request).await.into_parts();
        Got { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes().to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn api(&self, method: &str, path: &str, token: &str, body: &str) -> Got {
        let mut request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

impl Browser {
    pub(crate) fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    fn keep(&mut self, got: &Got) {
        for value in got.headers.get_all(header::SET_COOKIE) {
            let (key, value) = value.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(k, _)| k != key);
            self.cookies.push((key.to_owned(), value.to_owned()));
        }
        let text = got.text();
        if let Some((_, rest)) = text.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
    }

    pub(crate) async fn open(&mut self, trial: &Trial, path: &str) -> Got {
        let request = Request::get(path).header(header::COOKIE, self.cookie_header());
        let got = trial.send(request.body(Body::empty()).unwrap()).await;
        self.keep(&got);
        got
    }

    /// Sends a form with the token of the last page seen.
    pub(crate) async fn send(&mut self, trial: &Trial, path: &str, fields: &[(&str, &str)]) -> Got {
        let body = crate::encode(fields.iter().copied().chain([("csrf", self.csrf.as_str())]));
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie_header())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN);
        let got = trial.send(request.body(Body::from(body)).unwrap()).await;
        self.keep(&got);
        got
    }

    /// A browser in which somebody signed in; officials with their second factor.
    pub(crate) async fn signed_in(trial: &Trial, who: &str) -> Self {
        let mut browser = Self::default();
        browser.open(trial, "/vi/dang-nhap").await;
        let got = browser.send(trial, "/vi/dang-nhap", &[("who", who), ("factor", "1")]).await;
        assert_eq!(got.status, 303, "{}", got.text());
        browser.open(trial, "/vi/trang").await;
        browser
    }
}
