//! The room in the frame of a small city, and a browser in process.

use crate::desk::Desk;
pub use crate::people::{COMMUNE, DEPARTMENT, People, full_name, person};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use haidang_contracts::Actor;
use haidang_contracts::access::AccessLog;
use haidang_contracts::identity::Identity as _;
use haidang_office::{Inner, OfficeRoom};
use haidang_store::Blobs;
use haidang_testkit::TestDb;
use haidang_ui::City;
use haidang_web::session::{self, SignIn};
use haidang_web::upload::PatternScanner;
use haidang_web::{Answer, App, FormFields, Rates, Routes, Row, Served, Settings, Site, redirect};
use http_body_util::BodyExt as _;
use std::sync::Arc;

/// An id that nothing has.
pub const NO_SUCH_ID: &str = "01900000-0000-7000-8000-00000000ffff";
/// Origin of the city of the tests.
pub const ORIGIN: &str = "http://city.example";

/// Somebody as an actor.
pub async fn actor(name: &str) -> Actor {
    People.actor(&person(name), None).await.unwrap().unwrap()
}

/// The room over the database of a test.
pub async fn room(db: &TestDb) -> OfficeRoom {
    room_with(db, &Arc::new(Desk::default())).await
}

/// The room with a desk the test looks at.
pub async fn room_with(db: &TestDb, desk: &Arc<Desk>) -> OfficeRoom {
    room_settled(db, desk, |_| {}).await
}

/// The room with something that reads scans.
pub async fn room_that_reads(db: &TestDb, desk: &Arc<Desk>, scans: haidang_office::scans::ScanParts) -> OfficeRoom {
    room_settled(db, desk, |inner| inner.scans = scans).await
}

/// The same, with what the test settles otherwise.
pub async fn room_settled(db: &TestDb, desk: &Arc<Desk>, settle: impl FnOnce(&mut Inner)) -> OfficeRoom {
    let mut inner = Inner {
        db: db.db(),
        blobs: Blobs::open(db.folder().join("blobs")).await.unwrap(),
        ambient: db.ambient().clone(),
        identity: Arc::new(People),
        directory: Arc::new(People),
        authorizer: Arc::new(People),
        accesses: Arc::new(db.db()) as Arc<dyn AccessLog>,
        notifier: Arc::new(haidang_office::notices::NoticeBoard::new(db.db(), db.ambient().clone(), desk.clone())),
        typesetting: desk.clone(),
        signing: desk.clone(),
        archive: desk.clone(),
        scanner: Arc::new(PatternScanner),
        days: desk.clone(),
        scans: haidang_office::scans::ScanParts::default(),
        texts: haidang_office::search::Texts::in_folder(db.folder().join("texts")),
        registers: haidang_office::registers::RegisterSettings::default(),
        authority: haidang_office::authority::AuthoritySettings::default(),
        documents: crate::people::documents(),
        incoming: haidang_office::incoming::IncomingOffice::default(),
        origin: ORIGIN.to_owned(),
        meetings: haidang_office::meetings::MeetingSettings::default(),
        tasks: haidang_office::tasks::TaskSettings::default(),
        validations: haidang_office::validations::ValidationSettings::default(),
        results: desk.clone(),
    };
    settle(&mut inner);
    let room = OfficeRoom::new(inner);
    room.import_registers().await.unwrap();
    room
}

async fn enter(visitor: haidang_web::Visitor, form: FormFields) -> Answer {
    session::sign_in(&visitor, &person(form.text("who")), SignIn::official(true)).await?;
    redirect(visitor.lang, "/giay-to")
}

async fn show_door(visitor: haidang_web::Visitor) -> Answer {
    let field = format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", visitor.csrf());
    let mut answer = haidang_web::Response::new(Body::from(field));
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
    Ok(answer)
}

/// The room's routes in the frame of a city.
pub fn served(db: &TestDb, room: &OfficeRoom) -> Served {
    haidang_ui::texts::register(haidang_office::TEXTS).unwrap();
    let mut settings = Settings::new(ORIGIN, [7; 32]);
    settings.rates = Rates::unlimited();
    let scanner = Arc::new(PatternScanner);
    let city = Arc::new(City::default());
    let site = Site::new(db.db(), db.ambient().clone(), Arc::new(People), scanner, city, settings);
    let door = Routes::new("trial", ())
        .page(Row::get("show_door", "/dang-nhap").public(), show_door)
        .page(Row::post("enter", "/dang-nhap").public().audit("session.begun"), enter);
    App::new(site).mount(door).mount(haidang_office::routes(room.clone())).build().unwrap()
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

/// Sends a request of any form.
pub async fn send(served: &Served, request: Request) -> Got {
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
pub async fn page_of(db: &TestDb, room: &OfficeRoom, path: &str) -> Got {
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
    pub async fn signed_in(db: &TestDb, room: &OfficeRoom, who: &str) -> Self {
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

    /// Sends a form with files, as (field, name, media type, bytes).
    pub async fn send_files(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &str, &[u8])],
    ) -> Got {
        let fields: Vec<_> = fields.iter().copied().chain([("csrf", self.csrf.as_str())]).collect();
        let request = Request::post(path)
            .header(header::COOKIE, self.cookie())
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(multipart(&fields, files)))
            .unwrap();
        let got = send(&self.served, request).await;
        self.keep(&got);
        got
    }
}

/// What stands between the parts of a form with files.
const EDGE: &str = "edge-of-a-part";

/// The body of a form with files.
fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.bytes());
    }
    for (field, name, media_type, bytes) in files {
        let head = format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{EDGE}--\r\n").bytes());
    body
}

/// An upload to the API; the name of a person is their token.
pub async fn api_files(
    served: &Served,
    path: &str,
    token: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str, &str, &[u8])],
) -> Got {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
        .body(Body::from(multipart(fields, files)))
        .unwrap();
    send(served, request).await
}

/// A change through the API with a JSON body.
pub async fn api_change(served: &Served, path: &str, token: &str, body: &serde_json::Value) -> Got {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    send(served, request).await
}
