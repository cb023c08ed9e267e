//! A city with a few accounts, and a browser for it.

use crate::town;
use axum::body::Body;
use axum::http::{Request, header};
use haidang_identity::{IdentityRoom, NewAccount, one_time};
use haidang_store::ActorRef;
use haidang_testkit::TestDb;
use haidang_web::{Served, encode};
use serde_json::Value;
use std::collections::BTreeMap;

pub const PASSWORD: &str = "con mèo trèo cây cau";
pub const NEW_PASSWORD: &str = "tám con vịt lội ao bèo";

const POSITIONS: &str = r#"
    [[role]]
    id = "administrator"
    vi = "Quản trị hệ thống"
    en = "Administrator"
    capabilities = ["token.manage", "user.manage"]
    agencies = ["department"]

    [[role]]
    id = "clerk"
    vi = "Văn thư"
    en = "Clerk"
    capabilities = ["case.issue"]
    agencies = ["department"]
"#;

/// A production city: codes work once and are never shown.
pub struct Town {
    pub db: TestDb,
    pub room: IdentityRoom,
    pub served: Served,
    secrets: BTreeMap<&'static str, one_time::Secret>,
}

impl Town {
    /// The room alone, without accounts.
    pub fn open_room(db: &TestDb) -> IdentityRoom {
        let room = town::room_with(db, POSITIONS);
        room.use_house_key([5; 32]).unwrap();
        room
    }

    pub async fn open(db: &TestDb) -> Town {
        let room = Town::open_room(db);
        town::departments(db, &["H24.S08"]).await;
        let mut secrets = BTreeMap::new();
        for (username, name, role) in [
            ("quan.tri", "Trần Văn Thử", "administrator"),
            ("van.thu", "Lê Thị Ví Dụ", "clerk"),
            ("tap.su", "Phạm Văn Mẫu", "clerk"),
        ] {
            let new = NewAccount {
                username: username.into(),
                password: PASSWORD.into(),
                full_name: name.into(),
                agency: "H24.S08".into(),
                role: role.into(),
            };
            let uri = room.add_account(&new, ActorRef::system()).await.unwrap();
            let text = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap();
            secrets.insert(username, data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap().try_into().unwrap());
        }
        let served = town::serve(db, &room);
        Town { db: db.clone(), room, served, secrets }
    }

    /// The code of an account's telephone at this moment.
    pub fn code(&self, username: &str) -> String {
        one_time::code_at(&self.secrets[username], self.db.ambient().now())
    }

    pub fn wait(&self, seconds: i64) {
        self.db.ambient().advance(jiff::SignedDuration::from_secs(seconds));
    }

    pub async fn count(&self, statement: &'static str) -> i64 {
        self.db.fetch_one(statement, vec![]).await.unwrap().integer("n").unwrap()
    }

    /// Somebody at a new browser who signed in with password and code.
    pub async fn official(&self, username: &str) -> Browser {
        let mut browser = Browser::new(self);
        self.wait(30);
        browser.password(username, PASSWORD).await;
        let code = self.code(username);
        let answer = browser.post("/vi/dang-nhap/xac-thuc", &[("code", &code)]).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/vi/can-bo/viec"));
        browser
    }
}

/// What came back.
pub struct Got {
    pub status: u16,
    pub location: String,
    pub text: String,
    pub headers: axum::http::HeaderMap,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The page without what differs from visitor to visitor.
    pub fn main(&self, name: &str) -> String {
        let main = self.text.split("<main").nth(1).unwrap().replace(name, "NAME");
        let token = main.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        main.replace(&token, "TOKEN")
    }
}

pub const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36";
pub const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Keeps cookies and the token of the last page with a form.
pub struct Browser {
    city: Served,
    pub cookies: BTreeMap<String, String>,
    csrf: String,
    pub agent: &'static str,
}

impl Browser {
    pub fn new(town: &Town) -> Browser {
        Browser { city: town.served.clone(), cookies: BTreeMap::new(), csrf: String::new(), agent: CHROME }
    }

    pub async fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Got {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, "http://localhost")
            .header(header::USER_AGENT, self.agent);
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let response = self.city.call(request.body(Body::from(body.unwrap_or_default())).unwrap()).await;
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let headers = response.headers().clone();
        let location =
            headers.get(header::LOCATION).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains('⟦'), "a text is missing: {text}");
        if let Some(rest) = text.split("name=\"csrf\" value=\"").nth(1) {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
        Got { status, location, text, headers }
    }

    pub async fn get(&mut self, path: &str) -> Got {
        self.send("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let csrf = self.csrf.clone();
        let mut pairs = vec![("csrf", csrf.as_str())];
        pairs.extend_from_slice(fields);
        let body = encode(pairs);
        self.send("POST", path, Some(body)).await
    }

    /// Account name and password; afterwards the token of the new session is known.
    pub async fn password(&mut self, username: &str, password: &str) -> Got {
        self.get("/vi/dang-nhap/can-bo").await;
        let answer = self.post("/vi/dang-nhap/can-bo", &[("username", username), ("password", password)]).await;
        if answer.status == 303 {
            self.get("/vi/dang-nhap/xac-thuc").await;
        }
        answer
    }

    pub fn session(&self) -> String {
        self.cookies["hd_sid"].clone()
    }
}
