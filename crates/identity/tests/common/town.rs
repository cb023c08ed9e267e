//! What every town of these tests has: departments, a frame for its pages, and its routes as one server.
#![allow(dead_code)]

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::ContractError;
use haidang_contracts::files::{FileScanner, ScanVerdict};
use haidang_contracts::identity::Agency;
use haidang_identity::model::AgencySeed;
use haidang_identity::registers::Registers;
use haidang_identity::roles::Roles;
use haidang_identity::{IdentityRoom, Settings, bulk};
use haidang_store::StoreError;
use haidang_testkit::TestDb;
use haidang_ui::{Bilingual, City};
use haidang_web::{App, Rates, Served, Site};
use std::path::Path;
use std::sync::Arc;

struct NoScanner;

#[async_trait]
impl FileScanner for NoScanner {
    async fn scan(&self, _: &Path) -> Result<ScanVerdict, ContractError> {
        Ok(ScanVerdict::Clean)
    }
}

/// A room of a production city with these roles.
pub fn room_with(db: &TestDb, positions: &str) -> IdentityRoom {
    let settings = Settings {
        simulated: false,
        province_code: "31".into(),
        roles: Roles::from_toml(positions).unwrap(),
        registers: Registers::built_in().unwrap(),
        cheap_passwords: true,
    };
    IdentityRoom::new(db.db(), db.ambient().clone(), settings).unwrap()
}

/// Puts departments into the tree.
pub async fn departments(db: &TestDb, codes: &[&str]) {
    let seed = |code: &&str| AgencySeed {
        agency: Agency {
            code: (*code).into(),
            kind: "department".into(),
            name_vi: format!("Sở Mẫu {code}"),
            name_en: format!("Sample Department {code}"),
            parent: None,
            commune_code: None,
            valid_from: None,
            valid_to: None,
            successor: None,
        },
        evidence: None,
    };
    let all: Vec<AgencySeed> = codes.iter().map(seed).collect();
    db.transaction(|tx| {
        let all = all.clone();
        Box::pin(async move {
            bulk::put_agencies(tx, &all).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await
    .unwrap();
}

/// What every request to the room needs.
pub fn site(db: &TestDb, room: &IdentityRoom) -> Arc<Site> {
    haidang_ui::texts::register(haidang_identity::TEXTS).unwrap();
    let name = Bilingual::new("Thành phố Mẫu", "Sample City");
    let frame =
        City { name: name.clone(), portal: name.clone(), office: name.clone(), responsible: name, ..City::default() };
    let mut web = haidang_web::Settings::new("http://localhost", [7; 32]);
    web.rates = Rates::unlimited();
    let people = Arc::new(room.clone());
    Site::new(db.db(), db.ambient().clone(), people, Arc::new(NoScanner), Arc::new(frame), web)
}

/// The room's pages and endpoints.
pub fn serve(db: &TestDb, room: &IdentityRoom) -> Served {
    App::new(site(db, room)).mount(haidang_identity::routes(room.clone())).build().unwrap()
}

/// What came back.
pub struct Got {
    pub status: u16,
    pub text: String,
    pub headers: axum::http::HeaderMap,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends what a browser of ours with this session would send; a form when there is a body.
pub async fn send(city: &Served, cookie: &str, method: &str, path: &str, body: Option<String>) -> Got {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, "http://localhost")
        .header(header::COOKIE, cookie);
    if let Some(body) = &body {
        let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let response = city.call(request.body(Body::from(body.unwrap_or_default())).unwrap()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(!text.contains('⟦'), "a text is missing: {text}");
    Got { status, text, headers }
}
