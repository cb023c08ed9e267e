//! The pages and endpoints of the room, asked as a browser and as a program would.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::files::{FileScanner, ScanVerdict};
use haidang_contracts::identity::{Agency, PersonKind, PersonRecord};
use haidang_identity::model::{AgencySeed, PersonSeed, RelationSeed};
use haidang_identity::registers::Registers;
use haidang_identity::roles::Roles;
use haidang_identity::rules::RelationKind;
use haidang_identity::{IdentityRoom, NewAccount, Settings, bulk};
use haidang_store::{ActorRef, StoreError};
use haidang_testkit::{Rooms, TestDb, db_test};
use haidang_ui::{Bilingual, City};
use haidang_web::session::{self, SignIn};
use haidang_web::{App, Rates, Served, Site, encode};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];

const POSITIONS: &str = r#"
    [[role]]
    id = "administrator"
    vi = "Quản trị hệ thống"
    en = "Administrator"
    capabilities = ["token.manage"]
    agencies = ["department"]
"#;

const PASSWORD: &str = "con mèo trèo cây cau";
const CITIZEN: &str = "031190000015";

struct NoScanner;

#[async_trait]
impl FileScanner for NoScanner {
    async fn scan(&self, _: &Path) -> Result<ScanVerdict, ContractError> {
        Ok(ScanVerdict::Clean)
    }
}

fn seed_person(db: &TestDb, name: &str, number: &str, birth: &str) -> PersonSeed {
    PersonSeed {
        person: PersonRecord {
            id: db.ambient().new_id(),
            kind: PersonKind::Person,
            full_name: name.into(),
            citizen_no: Some(number.into()),
            tax_no: None,
            birth_date: Some(birth.into()),
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: Some("0912345678".into()),
            email: None,
        },
        account_level: 2,
    }
}

/// A city with a parent of a small child, whose session may be opened without an upstream.
struct House {
    served: Served,
    site: Arc<Site>,
    parent: PersonId,
}

async fn city(db: &TestDb, simulated: bool) -> House {
    let settings = Settings {
        simulated,
        province_code: "31".into(),
        roles: Roles::from_toml(POSITIONS).unwrap(),
        registers: Registers::built_in().unwrap(),
        cheap_passwords: true,
    };
    let room = IdentityRoom::new(db.db(), db.ambient().clone(), settings).unwrap();
    let department = AgencySeed {
        agency: Agency {
            code: "H24.S08".into(),
            kind: "department".into(),
            name_vi: "Sở Mẫu".into(),
            name_en: "Sample Department".into(),
            parent: None,
            commune_code: None,
            valid_from: None,
            valid_to: None,
            successor: None,
        },
        evidence: None,
    };
    let parent = seed_person(db, "Lê Thị Ví Dụ", CITIZEN, "1990-05-01");
    let parent_id = parent.person.id.clone();
    let child = seed_person(db, "Lê Ví Dụ Con", "031220000018", "2020-03-04");
    let relation =
        RelationSeed { person: parent.person.id.clone(), other: child.person.id.clone(), kind: RelationKind::Child };
    db.transaction(|tx| {
        let (department, parent, child, relation) =
            (department.clone(), parent.clone(), child.clone(), relation.clone());
        Box::pin(async move {
            bulk::put_agencies(tx, &[department]).await?;
            bulk::insert_persons(tx, &[parent, child]).await?;
            bulk::insert_relations(tx, &[relation]).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await
    .unwrap();
    let account = NewAccount {
        username: "quan.tri".into(),
        password: PASSWORD.into(),
        full_name: "Trần Văn Thử".into(),
        agency: "H24.S08".into(),
        role: "administrator".into(),
    };
    room.add_account(&account, ActorRef::system()).await.unwrap();
    haidang_ui::texts::register(haidang_identity::TEXTS).unwrap();
    let name = Bilingual::new("Thành phố Mẫu", "Sample City");
    let frame =
        City { name: name.clone(), portal: name.clone(), office: name.clone(), responsible: name, ..City::default() };
    let mut web = haidang_web::Settings::new("http://localhost", [7; 32]);
    web.rates = Rates::unlimited();
    web.demo = simulated;
    let site =
        Site::new(db.db(), db.ambient().clone(), Arc::new(room.clone()), Arc::new(NoScanner), Arc::new(frame), web);
    let served = App::new(site.clone()).mount(haidang_identity::routes(room)).build().unwrap();
    House { served, site, parent: parent_id }
}

/// What came back.
struct Got {
    status: u16,
    location: String,
    text: String,
}

/// A browser without scripts: keeps cookies, fills forms of the page it is on.
struct Browser {
    city: Served,
    cookies: BTreeMap<String, String>,
    page: String,
}

impl Browser {
    fn new(city: &House) -> Browser {
        Browser { city: city.served.clone(), cookies: BTreeMap::new(), page: String::new() }
    }

    async fn send(&mut self, request: Request<Body>) -> Got {
        let response = self.city.call(request).await;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = response.headers().get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains('⟦'), "a text is missing: {text}");
        self.page = text.clone();
        Got { status, location: location.unwrap_or_default(), text }
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies.join("; ")) }
    }

    async fn get(&mut self, path: &str) -> Got {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// Sends a form with the token of the page that is open.
    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let token =
            self.page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        let mut pairs = vec![("csrf", token)];
        pairs.extend_from_slice(fields);
        let body = encode(pairs);
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, "http://localhost")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// A browser in which the parent is signed in, as an upstream would have done.
    async fn of_parent(city: &House) -> Browser {
        let sign_in = SignIn::resident(2);
        let cookie = session::open(&city.site, &city.parent, sign_in).await.unwrap_or_else(|_| panic!("no session"));
        let mut browser = Browser::new(city);
        let (name, value) = cookie.split_once('=').unwrap();
        browser.cookies.insert(name.to_owned(), value.to_owned());
        browser
    }

    /// Password, then the code that a demonstration city shows.
    async fn sign_in_official(&mut self) -> Got {
        self.get("/vi/dang-nhap/can-bo").await;
        let fields = [("username", "quan.tri"), ("password", PASSWORD), ("next", "/quan-tri/ma-truy-cap")];
        let answer = self.post("/vi/dang-nhap/can-bo", &fields).await;
        assert_eq!((answer.status, answer.location.split('?').next().unwrap()), (303, "/vi/dang-nhap/xac-thuc"));
        let page = self.get(&answer.location).await;
        let code = page.text.split("class=\"hd-figures\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        self.post("/vi/dang-nhap/xac-thuc", &[("code", &code), ("next", "/quan-tri/ma-truy-cap")]).await
    }
}

/// No page leads to an upstream, and none takes anybody back.
async fn no_doors(city: &House) {
    let mut browser = Browser::new(city);
    for path in ["/vi/dang-nhap/vneid", "/federation/vneid/callback", "/vi/lien-ket-dang-nhap"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let page = browser.get("/vi/dang-nhap").await;
    assert!(page.status == 200 && page.text.contains("chưa kết nối với hệ thống định danh quốc gia"));
}

db_test! {
    rooms = ROOMS;

    async fn a_resident_sees_the_account_and_leaves(db: TestDb) {
        let city = city(&db, true).await;
        let mut stranger = Browser::new(&city);
        for path in ["/vi/dang-nhap", "/en/dang-nhap", "/vi/dang-nhap/can-bo"] {
            assert_eq!(stranger.get(path).await.status, 200, "{path}");
        }
        let mut browser = Browser::of_parent(&city).await;
        let account = browser.get("/vi/tai-khoan").await;
        assert!(account.text.contains("Lê Thị Ví Dụ") && !account.text.contains(CITIZEN), "the number is masked");
        assert_eq!(browser.get("/en/tai-khoan").await.status, 200);
        assert_eq!(browser.post("/vi/dang-xuat", &[]).await.status, 303);
        assert_eq!(browser.get("/vi/tai-khoan").await.status, 303, "the session is over");
    }

    async fn a_demonstration_without_upstream_has_no_doors_to_one(db: TestDb) {
        no_doors(&city(&db, true).await).await;
    }

    async fn a_real_city_without_upstream_has_no_doors_to_one(db: TestDb) {
        no_doors(&city(&db, false).await).await;
    }

    async fn a_form_without_its_token_changes_nothing(db: TestDb) {
        let mut browser = Browser::of_parent(&city(&db, true).await).await;
        browser.get("/vi/tai-khoan").await;
        browser.page.clear();
        assert_eq!(browser.post("/vi/dang-xuat", &[]).await.status, 403);
        assert_eq!(browser.get("/vi/tai-khoan").await.status, 200, "still signed in");
    }

    async fn an_official_needs_both_factors(db: TestDb) {
        let city = city(&db, true).await;
        let mut browser = Browser::new(&city);
        browser.get("/vi/dang-nhap/can-bo").await;
        browser.post("/vi/dang-nhap/can-bo", &[("username", "quan.tri"), ("password", PASSWORD)]).await;
        let halfway = browser.get("/vi/quan-tri/ma-truy-cap").await;
        assert_ne!(halfway.status, 200, "a password alone bears no post");
        browser.get("/vi/dang-nhap/xac-thuc").await;
        let wrong = browser.post("/vi/dang-nhap/xac-thuc", &[("code", "000000")]).await;
        assert_eq!(wrong.status, 422);
        let answer = browser.sign_in_official().await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/vi/quan-tri/ma-truy-cap"));
        assert_eq!(browser.get("/vi/quan-tri/ma-truy-cap").await.status, 200);
        assert_eq!(browser.get("/en/tai-khoan").await.status, 200);
    }

    async fn wrong_password_and_unknown_account_read_alike(db: TestDb) {
        let city = city(&db, true).await;
        let mut answers = Vec::new();
        for username in ["quan.tri", "nobody.x"] {
            let mut browser = Browser::new(&city);
            browser.get("/vi/dang-nhap/can-bo").await;
            let answer = browser.post("/vi/dang-nhap/can-bo", &[("username", username), ("password", "sai mật khẩu rồi")]).await;
            assert!(!answer.text.contains("sai mật khẩu rồi"), "a password is never sent back");
            let main = answer.text.split("<main").nth(1).unwrap().replace(username, "NAME");
            let token = main.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            answers.push((answer.status, main.replace(&token, "TOKEN")));
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0].0, 422);
    }

    async fn a_parent_acts_for_a_child_and_stops(db: TestDb) {
        let mut browser = Browser::of_parent(&city(&db, true).await).await;
        let page = browser.get("/vi/lam-thay").await;
        let child = page.text.split("name=\"person\" type=\"radio\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(browser.post("/vi/lam-thay", &[]).await.status, 422);
        assert_eq!(browser.post("/vi/lam-thay", &[("person", &child)]).await.status, 303);
        assert!(browser.get("/vi/tai-khoan").await.text.contains("hd-strip--behalf"));
        assert_eq!(browser.post("/vi/lam-thay/ket-thuc", &[]).await.status, 303);
        assert!(!browser.get("/vi/tai-khoan").await.text.contains("hd-strip--behalf"));
        let stranger = db.ambient().new_id::<()>();
        browser.get("/vi/lam-thay").await;
        assert_eq!(browser.post("/vi/lam-thay", &[("person", stranger.as_str())]).await.status, 404);
    }

    async fn a_token_is_shown_once_and_works_until_revoked(db: TestDb) {
        let city = city(&db, true).await;
        let mut browser = Browser::new(&city);
        browser.sign_in_official().await;
        browser.get("/vi/quan-tri/ma-truy-cap").await;
        let refused = browser.post("/vi/quan-tri/ma-truy-cap", &[("name", ""), ("agency", "H24.X")]).await;
        assert_eq!(refused.status, 422);
        for message in ["Hãy nhập tên hệ thống", "Không có cơ quan nào mang mã này", "Hãy chọn ít nhất một quyền"] {
            assert!(refused.text.contains(message), "{message}");
        }
        let fields = [("name", "Cổng thử"), ("agency", "H24.S08"), ("capabilities", "token.manage")];
        let made = browser.post("/vi/quan-tri/ma-truy-cap", &fields).await;
        assert_eq!(made.status, 200);
        let token = made.text.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let page = browser.get("/vi/quan-tri/ma-truy-cap").await;
        assert!(page.text.contains("Cổng thử") && !page.text.contains(&token), "never shown again");
        let mut program = Browser::new(&city);
        let bearer = |program: &Browser, path: &str| {
            program.request("GET", path).header(header::AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).unwrap()
        };
        let request = bearer(&program, "/api/v1/me");
        let me = program.send(request).await;
        assert!(me.status == 200 && me.text.contains("\"kind\":\"system\""), "{}", me.text);
        let request = bearer(&program, "/api/v1/tokens");
        let list = program.send(request).await;
        let id = list.text.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(browser.post(&format!("/vi/quan-tri/ma-truy-cap/{id}/thu-hoi"), &[]).await.status, 303);
        let request = bearer(&program, "/api/v1/me");
        assert_eq!(program.send(request).await.status, 401);
    }

    async fn agencies_are_public_and_paged(db: TestDb) {
        let mut program = Browser::new(&city(&db, false).await);
        let list = program.get("/api/v1/agencies?kind=department&limit=1").await;
        assert!(list.status == 200 && list.text.contains("H24.S08") && list.text.contains("\"next\":null"), "{}", list.text);
        assert_eq!(program.get("/api/v1/agencies/H24.S08").await.status, 200);
        assert_eq!(program.get("/api/v1/agencies/H24.X").await.status, 404);
        assert_eq!(program.get("/api/v1/me").await.status, 401);
    }
}
