//! A city with four clients, and relying parties with keys of their own.

pub use super::asking::{Ask, changed};
pub use super::browser::{Browser, End};
use async_trait::async_trait;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use haidang_contracts::ContractError;
use haidang_contracts::files::{FileScanner, ScanVerdict};
use haidang_contracts::identity::Agency;
use haidang_identity::consent::purposes::Purposes;
use haidang_identity::model::{AgencySeed, TokenSeed};
use haidang_identity::provider::{
    GrantWithdrawals, Lives, NewClient, Provider, ProviderSettings, ResourceServer, TokenFormat,
};
use haidang_identity::registers::Registers;
use haidang_identity::roles::Roles;
use haidang_identity::{IdentityRoom, NewAccount, Settings, bulk};
use haidang_store::{ActorRef, StoreError};
use haidang_testkit::{Rooms, TestDb};
use haidang_ui::{Bilingual, City};
use haidang_web::{App, Rates, Served, Site, encode};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

pub const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];
pub const ISSUER: &str = "http://localhost";
pub const REDIRECT: &str = "https://rp.example.test/cb";
pub const API: &str = "urn:haidang:api:test";
pub const API_OPAQUE: &str = "urn:haidang:api:test-opaque";
pub const PASSWORD: &str = "một mật khẩu đủ dài";

const POSITIONS: &str = r#"
    [[role]]
    id = "administrator"
    vi = "Quản trị hệ thống"
    en = "Administrator"
    capabilities = ["client.manage", "key.manage", "token.manage"]
    agencies = ["department"]
"#;

struct NoScanner;

#[async_trait]
impl FileScanner for NoScanner {
    async fn scan(&self, _: &Path) -> Result<ScanVerdict, ContractError> {
        Ok(ScanVerdict::Clean)
    }
}

/// A key pair of somebody else.
#[derive(Clone)]
pub struct Key {
    encoding: EncodingKey,
    pub jwk: Jwk,
    pub jkt: String,
}

pub fn key() -> Key {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let encoding = EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref());
    let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::ES256).unwrap();
    let jkt = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
    jwk.common.key_id = Some(jkt.clone());
    Key { encoding, jwk, jkt }
}

pub fn s256(text: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}

/// The claims of a token, unverified.
pub fn claims_of(token: &str) -> Value {
    part(token, 1)
}

pub fn part(token: &str, index: usize) -> Value {
    let text = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
}

/// The claims of a token that a key of this set has signed.
pub fn verified_by(set: &Value, token: &str) -> Value {
    let kid = part(token, 0)["kid"].clone();
    let found = set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).expect("the key is published");
    let jwk: Jwk = serde_json::from_value(found.clone()).unwrap();
    let algorithm = match part(token, 0)["alg"].as_str().unwrap() {
        "ES256" => Algorithm::ES256,
        "RS256" => Algorithm::RS256,
        "PS256" => Algorithm::PS256,
        other => panic!("{other}"),
    };
    let mut validation = Validation::new(algorithm);
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap().claims
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Status and code of a refusal, wherever it is said.
    pub fn refusal(&self) -> (u16, String) {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        (self.status, body["error"].as_str().unwrap_or_default().to_owned())
    }

    pub fn assert_refused(&self, status: u16, error: &str) {
        assert_eq!(self.refusal(), (status, error.to_owned()), "{}", self.text);
    }
}

/// A city with its provider and four clients.
#[derive(Clone)]
pub struct World {
    pub db: TestDb,
    pub served: Served,
    pub site: Arc<Site>,
    pub room: IdentityRoom,
    pub provider: Provider,
    pub web: Key,
    pub other: Key,
    pub dpop: Key,
    /// Secret of `svc`.
    pub secret: String,
    nonce: Arc<Mutex<Option<String>>>,
}

fn keyed(id: &str, key: &Key, more: &Value) -> Value {
    let mut client = json!({
        "client_id": id,
        "client_name": format!("Hệ thống {id}"),
        "token_endpoint_auth_method": "private_key_jwt",
        "redirect_uris": [REDIRECT],
        "post_logout_redirect_uris": ["https://rp.example.test/cb/out"],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "scope": "openid profile email phone address api:read",
        "jwks": { "keys": [key.jwk] },
    });
    for (name, value) in more.as_object().unwrap() {
        client[name] = value.clone();
    }
    client
}

impl World {
    pub async fn open(db: &TestDb) -> World {
        Self::opened(db, None).await
    }

    /// With a client for calls to others, when a test has somebody to be called.
    pub async fn opened(db: &TestDb, outbound: Option<haidang_web::client::Guarded>) -> World {
        Self::raised(db, outbound, true).await
    }

    /// The same records served by a process that has just started.
    pub async fn restarted(&self) -> World {
        Self::raised(&self.db, None, false).await
    }

    async fn raised(db: &TestDb, outbound: Option<haidang_web::client::Guarded>, fresh: bool) -> World {
        let settings = Settings {
            simulated: true,
            province_code: "31".into(),
            roles: Roles::from_toml(POSITIONS).unwrap(),
            registers: Registers::built_in().unwrap(),
            cheap_passwords: true,
        };
        let room = IdentityRoom::new(db.db(), db.ambient().clone(), settings).unwrap();
        room.meet_cases(Arc::new(super::common::Procedures));
        room.settle_purposes(Purposes::from_toml(super::common::PURPOSES).unwrap());
        room.use_house_key([5; 32]).unwrap();
        if fresh {
            seed(db, &room).await;
        }
        haidang_ui::texts::register(haidang_identity::TEXTS).unwrap();
        let name = Bilingual::new("Thành phố Mẫu", "Sample City");
        let frame = City {
            name: name.clone(),
            portal: name.clone(),
            office: name.clone(),
            responsible: name,
            ..City::default()
        };
        let mut web = haidang_web::Settings::new(ISSUER, [7; 32]);
        web.rates = Rates::unlimited();
        let site =
            Site::new(db.db(), db.ambient().clone(), Arc::new(room.clone()), Arc::new(NoScanner), Arc::new(frame), web);
        let settings = ProviderSettings {
            issuer: ISSUER.into(),
            secret: [9; 32],
            key_days: 90,
            lives: Lives::default(),
            outbound,
        };
        let provider = Provider::open(room.clone(), settings).await.unwrap();
        site.ask_for_form_targets(Arc::new(provider.clone()));
        db.register(Arc::new(GrantWithdrawals(provider.clone())));
        let app = App::new(site.clone())
            .mount(haidang_identity::routes(room.clone()))
            .mount(haidang_identity::provider::routes(provider.clone()));
        let (web, other, dpop) = (key(), key(), key());
        let mut world = World {
            db: db.clone(),
            served: app.build().unwrap(),
            site,
            room,
            provider,
            web,
            other,
            dpop,
            secret: String::new(),
            nonce: Arc::default(),
        };
        if fresh {
            world.secret = world.register_all().await;
        }
        world
    }

    async fn register_all(&self) -> String {
        for (audience, format) in [(API, TokenFormat::Jwt), (API_OPAQUE, TokenFormat::Opaque)] {
            let server = ResourceServer {
                audience: audience.into(),
                scopes: vec!["api:read".into()],
                format,
                access_seconds: 600,
                client: None,
            };
            self.provider.put_resource(&server, ActorRef::system()).await.unwrap();
        }
        self.add(keyed("web", &self.web, &json!({}))).await;
        self.add(keyed(
            "other",
            &self.other,
            &json!({ "redirect_uris": ["https://other.example.test/cb", REDIRECT], "sector": "other" }),
        ))
        .await;
        self.add(json!({
            "client_id": "public",
            "client_name": "Ứng dụng",
            "token_endpoint_auth_method": "none",
            "redirect_uris": [REDIRECT, "http://127.0.0.1/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile",
        }))
        .await;
        let service = json!({
            "client_id": "svc",
            "client_name": "Máy chủ",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["client_credentials"],
            "scope": "api:read",
        });
        self.add(service).await.unwrap()
    }

    /// Registers and approves; the secret when one was made.
    pub async fn add(&self, value: Value) -> Option<String> {
        self.let_in(NewClient::from_json(&value).unwrap().for_officials()).await
    }

    /// The same for a client whose people come through every door.
    pub async fn let_in(&self, new: NewClient) -> Option<String> {
        let made = self.provider.register(new, ActorRef::system()).await.unwrap();
        let year = self.db.ambient().now().checked_add(jiff::SignedDuration::from_hours(24 * 365)).unwrap();
        self.provider.approve(&made.id, Some(year), ActorRef::system()).await.unwrap();
        made.secret
    }

    /// A token of an account, as scripts of a demonstration city use it.
    pub async fn person_token(&self, username: &str) -> String {
        let find = "SELECT person FROM identity_credential WHERE username = $1";
        let row = self.db.fetch_all(find, haidang_store::args![username]).await.unwrap().remove(0);
        let token = TokenSeed {
            person: row.id("person").unwrap(),
            name: "thử".into(),
            token: format!("hd_{}", self.db.ambient().secret()),
            agency: None,
            capabilities: vec![],
        };
        self.db
            .transaction(|tx| {
                let token = token.clone();
                Box::pin(async move {
                    bulk::insert_tokens(tx, &[token]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await
            .unwrap();
        token.token
    }

    pub fn now(&self) -> i64 {
        self.db.ambient().now().as_second()
    }

    pub fn wait(&self, seconds: i64) {
        self.db.ambient().advance(jiff::SignedDuration::from_secs(seconds));
        // A nonce of before may be over.
        *self.nonce.lock().unwrap() = None;
    }

    pub async fn send(&self, request: Request<Body>) -> Got {
        let response = self.served.call(request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(!text.contains('⟦'), "a text is missing: {text}");
        if let Some(nonce) = headers.get("dpop-nonce") {
            *self.nonce.lock().unwrap() = Some(nonce.to_str().unwrap().to_owned());
        }
        Got { status, headers, text }
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Got {
        let mut request = Request::builder()
            .method("POST")
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(encode(fields.iter().copied()))).unwrap()).await
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        let mut request = Request::builder().uri(path).header(header::HOST, "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub fn key_of(&self, client: &str) -> &Key {
        if ["other", "middle", "stranger"].contains(&client) { &self.other } else { &self.web }
    }

    /// A client assertion, with some claims changed.
    pub fn assertion(&self, client: &str, key: &Key, changes: &Value) -> String {
        self.assertion_under(&self.key_of(client).jkt, client, key, changes)
    }

    /// The same, naming a key of this id.
    pub fn assertion_under(&self, kid: &str, client: &str, key: &Key, changes: &Value) -> String {
        let now = self.now();
        let jti = self.db.ambient().secret();
        let mut claims =
            json!({ "iss": client, "sub": client, "aud": ISSUER, "jti": jti, "iat": now, "exp": now + 60 });
        change(&mut claims, changes);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(kid.to_owned());
        jsonwebtoken::encode(&header, &claims, &key.encoding).unwrap()
    }

    /// The fields by which a client proves itself.
    pub fn proven(&self, client: &str) -> Vec<(String, String)> {
        if ["public", "kiosk"].contains(&client) {
            return vec![("client_id".into(), client.into())];
        }
        with_assertion(client, self.assertion(client, self.key_of(client), &json!({})))
    }

    /// A proof, with some claims changed (`null` removes one).
    pub fn proof(&self, key: &Key, method: &str, path: &str, token: Option<&str>, changes: &Value) -> String {
        let mut claims = json!({
            "jti": self.db.ambient().secret(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": self.now(),
        });
        if let Some(token) = token {
            claims["ath"] = s256(token).into();
        }
        if let Some(nonce) = self.nonce.lock().unwrap().as_ref() {
            claims["nonce"] = nonce.as_str().into();
        }
        change(&mut claims, changes);
        self.signed_proof(key, "dpop+jwt", &claims)
    }

    pub fn signed_proof(&self, key: &Key, typ: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        let mut jwk = key.jwk.clone();
        jwk.common = Default::default();
        header.jwk = Some(jwk);
        jsonwebtoken::encode(&header, claims, &key.encoding).unwrap()
    }

    /// Sends with a proof, again when a nonce was asked for.
    pub async fn post_with(&self, path: &str, fields: &[(String, String)], key: Option<&Key>, changes: &Value) -> Got {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let Some(key) = key else { return self.post(path, &fields, &[]).await };
        if self.nonce.lock().unwrap().is_none() {
            // Any proof teaches the nonce; the one of this request is made afterwards, so that nothing is used up.
            let proof = self.proof(key, "POST", "/oauth2/token", None, &json!({}));
            let mut ask = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
            ask.extend(self.proven("web"));
            let ask: Vec<(&str, &str)> = ask.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            self.post("/oauth2/token", &ask, &[("dpop", &proof)]).await.assert_refused(400, "use_dpop_nonce");
        }
        let proof = self.proof(key, "POST", path, None, changes);
        self.post(path, &fields, &[("dpop", &proof)]).await
    }

    pub async fn userinfo(&self, token: &str, key: &Key) -> Got {
        let proof = self.proof(key, "GET", "/oauth2/userinfo", Some(token), &json!({}));
        self.get("/oauth2/userinfo", &[("authorization", &format!("DPoP {token}")), ("dpop", &proof)]).await
    }

    /// The claims of a token that our published keys have signed.
    pub async fn verified(&self, token: &str) -> Value {
        verified_by(&self.get("/oauth2/jwks", &[]).await.json(), token)
    }

    pub fn browser(&self) -> Browser {
        Browser { world: self.clone(), cookies: BTreeMap::new(), user: "mot.yeu.to", origin: ISSUER }
    }
}

pub fn with_assertion(client: &str, assertion: String) -> Vec<(String, String)> {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    [("client_id", client), ("client_assertion_type", kind), ("client_assertion", &assertion)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

fn change(claims: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
}

async fn seed(db: &TestDb, room: &IdentityRoom) {
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
    db.transaction(|tx| {
        let department = department.clone();
        Box::pin(async move {
            bulk::put_agencies(tx, &[department]).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await
    .unwrap();
    for (username, name) in [("mot.yeu.to", "Trần Một Yếu"), ("hai.yeu.to", "Lê Hai Yếu")] {
        let account = NewAccount {
            username: username.into(),
            password: PASSWORD.into(),
            full_name: name.into(),
            agency: "H24.S08".into(),
            role: "administrator".into(),
        };
        room.add_account(&account, ActorRef::system()).await.unwrap();
    }
    room.remove_second_factor("mot.yeu.to", ActorRef::system()).await.unwrap();
}
