//! Whole sign-ins at a system of the FAPI 2.0 profile, on a session that is there: pushed request, code, bound token. They
//! begin by the clock, whether or not those before have ended.

use anyhow::{Context as _, Result, ensure};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use data_encoding::BASE64URL_NOPAD;
use haidang_kernel::ambient::Ambient;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::figures::{Limit, figure, percentile, say};
use crate::load::{Call, Got, Line};
use crate::processes::{Folder, Running};

const A_SECOND: u32 = 50;
const SPAN: Duration = Duration::from_secs(20);
const CLIENT: &str = "web";
const REDIRECT: &str = "https://rp.example.test/cb";
const PAR: &str = "/oauth2/par";
const TOKEN: &str = "/oauth2/token";

struct Key {
    encoding: EncodingKey,
    jwk: Jwk,
}

impl Key {
    fn new() -> Result<Key> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| anyhow::anyhow!("no key"))?;
        let private = pair.to_pkcs8v1().map_err(|_| anyhow::anyhow!("no key"))?;
        let encoding = EncodingKey::from_ec_der(private.as_ref());
        let jwk = Jwk::from_encoding_key(&encoding, Algorithm::ES256)?;
        Ok(Key { encoding, jwk })
    }
}

/// The system that signs a person in, with what its browser holds.
struct Relying {
    address: SocketAddr,
    issuer: String,
    cookie: String,
    ambient: Ambient,
    client: Key,
    proof: Key,
    nonce: Mutex<String>,
    lines: Mutex<Vec<Line>>,
}

pub(crate) fn measure() -> Result<usize> {
    let folder = Folder::new("flows")?;
    let (client, proof) = (Key::new()?, Key::new()?);
    let mut public = serde_json::to_value(&client.jwk)?;
    public["kid"] = client.jwk.thumbprint(ThumbprintHash::SHA256)?.into();
    let clients = folder.file(
        "clients.json",
        &json!([{
            "client_id": CLIENT, "client_name": CLIENT, "token_endpoint_auth_method": "private_key_jwt",
            "redirect_uris": [REDIRECT], "grant_types": ["authorization_code"], "scope": "openid profile",
            "jwks": { "keys": [public] },
        }]),
    )?;
    let server = Running::ours(&folder.path().join("city"), "file", &clients, None)?;
    let relying = Arc::new(Relying {
        address: server.address()?,
        issuer: server.text("issuer")?.to_owned(),
        cookie: server.text("cookie")?.to_owned(),
        ambient: Ambient::system(),
        client,
        proof,
        nonce: Mutex::default(),
        lines: Mutex::default(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut times = runtime.block_on(async {
        relying.learn().await?;
        relying.agree().await?;
        run(&relying).await
    })?;
    say(format_args!(
        "\n{} flows of pushed request, code and bound token at {A_SECOND}/s, durable log: median {:.1} ms",
        times.len(),
        percentile(&mut times, 0.5)
    ))?;
    figure("code + PAR + DPoP flow, server time p99", percentile(&mut times, 0.99), Limit::Most(50.0), "ms")
}

async fn run(relying: &Arc<Relying>) -> Result<Vec<Duration>> {
    let mut clock = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
    // Late is late: what could not begin in time begins at once, and waits at the server like everybody else.
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut flows = tokio::task::JoinSet::new();
    let began = Instant::now();
    while began.elapsed() < SPAN {
        clock.tick().await;
        let relying = relying.clone();
        flows.spawn(async move { relying.flow().await });
    }
    let mut times = Vec::new();
    while let Some(done) = flows.join_next().await {
        times.push(done??);
    }
    Ok(times)
}

impl Relying {
    fn signed(&self, key: &Key, header: Header, mut claims: Value) -> Result<String> {
        let now = self.ambient.now().as_second();
        claims["jti"] = self.ambient.secret().into();
        claims["iat"] = now.into();
        claims["exp"] = (now + 60).into();
        Ok(jsonwebtoken::encode(&header, &claims, &key.encoding)?)
    }

    fn assertion(&self) -> Result<String> {
        let claims = json!({ "iss": CLIENT, "sub": CLIENT, "aud": self.issuer });
        self.signed(&self.client, Header::new(Algorithm::ES256), claims)
    }

    fn proven(&self, path: &str) -> Result<String> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("dpop+jwt".to_owned());
        let mut jwk = self.proof.jwk.clone();
        jwk.common = Default::default();
        header.jwk = Some(jwk);
        let nonce = self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let claims = json!({ "htm": "POST", "htu": format!("{}{path}", self.issuer), "nonce": nonce });
        self.signed(&self.proof, header, claims)
    }

    /// A request of the system itself, with its assertion and its proof.
    fn call(&self, path: &str, fields: &[(&str, &str)]) -> Result<Call> {
        let assertion = self.assertion()?;
        let mut fields = fields.to_vec();
        fields.push(("client_id", CLIENT));
        fields.push(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        fields.push(("client_assertion", &assertion));
        Ok(Call::post(path, &fields).with("dpop", self.proven(path)?))
    }

    /// Sends on a free connection and answers how long the server took.
    async fn send(&self, call: &Call) -> Result<(Got, Duration)> {
        let free = self.lines.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut line = match free {
            Some(line) => line,
            None => Line::open(self.address).await?,
        };
        let at = Instant::now();
        let got = line.send(call).await?;
        let took = at.elapsed();
        if !got.header("dpop-nonce").is_empty() {
            got.header("dpop-nonce").clone_into(&mut self.nonce.lock().unwrap_or_else(PoisonError::into_inner));
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok((got, took))
    }

    /// The first proof teaches the nonce.
    async fn learn(&self) -> Result<()> {
        let (got, _) = self.send(&self.call(TOKEN, &[("grant_type", "authorization_code"), ("code", "none")])?).await?;
        ensure!(got.json()?["error"] == "use_dpop_nonce", "{}", got.text());
        Ok(())
    }

    /// Pushes a request; the address to which the browser is sent, and how long it took.
    async fn push(&self, challenge: &str) -> Result<(Call, Duration)> {
        let (state, nonce) = (self.ambient.token(), self.ambient.token());
        let fields = [
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", "openid profile"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        let (got, took) = self.send(&self.call(PAR, &fields)?).await?;
        let pushed = got.json()?;
        let name = pushed["request_uri"].as_str().with_context(|| got.text())?;
        let query = haidang_web::encode([("client_id", CLIENT), ("request_uri", name)]);
        let call = Call::get(&format!("/oauth2/authorize?{query}"));
        Ok((call.with("cookie", self.cookie.clone()), took))
    }

    /// The person agrees once, on the page.
    async fn agree(&self) -> Result<()> {
        let (authorize, _) = self.push("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").await?;
        let (sent, _) = self.send(&authorize).await?;
        // A waiting request belongs to the browser that began it, which a cookie of its own says.
        let own = sent.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let cookies = format!("{}; {own}", self.cookie);
        let page = Call::get(sent.header("location")).with("cookie", cookies.clone());
        let (page, _) = self.send(&page).await?;
        let text = page.text();
        let main = text.split("<main").nth(1).unwrap_or_default();
        let after = |text: &str, mark: &str| {
            text.split(mark).nth(1).and_then(|rest| rest.split('"').next()).map(|value| value.replace("&#38;", "&"))
        };
        let action = after(main, "<form action=\"").with_context(|| format!("no page to agree on: {}", page.status))?;
        let proof = after(main, "name=\"csrf\" value=\"").context("the form has no proof")?;
        let agree = Call::post(&action, &[("csrf", &proof), ("dong_y", "1")]);
        let agree = agree.with("cookie", cookies).with("sec-fetch-site", "same-origin");
        let (done, _) = self.send(&agree).await?;
        ensure!(done.header("location").contains("code="), "agreeing led to {}", done.header("location"));
        Ok(())
    }

    async fn flow(&self) -> Result<Duration> {
        let verifier = self.ambient.secret();
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
        let (authorize, pushing) = self.push(&challenge).await?;
        let (sent, answering) = self.send(&authorize).await?;
        let query = sent.header("location").split("code=").nth(1).and_then(|rest| rest.split('&').next());
        let code = query.with_context(|| format!("no code: {} {}", sent.status, sent.header("location")))?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier.as_str()),
        ];
        let (got, redeeming) = self.send(&self.call(TOKEN, &fields)?).await?;
        ensure!(got.json()?["id_token"].is_string(), "{}", got.text());
        Ok(pushing + answering + redeeming)
    }
}
