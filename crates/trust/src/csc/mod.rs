//! A remote signing service after the Cloud Signature Consortium's API, version 1.0.4: keys that this room keeps for
//! officials sign hashes that their holder authorised, each hash as often as it was named, once, and soon (SCAL2).
//!
//! Whoever calls shows a token of the city, which opens the keys of its own person and no other, or a pass that an official
//! made for one key on their own page (`keys`).

mod asked;
mod credentials;
mod fault;
mod signatures;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use haidang_contracts::Actor;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity;
use haidang_kernel::problem::Problem;
use haidang_store::ActorRef;
use haidang_web::{Answer, Routes, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::holders::HolderKey;
use crate::room::TrustRoom;
use fault::Fault;

/// Largest question: 200 hashes of SHA-256 have 10 kB.
const BODY: usize = 64 * 1024;

/// Where remote signing is asked for. Cheap to clone.
#[derive(Clone)]
pub struct SigningDesk {
    room: TrustRoom,
    identity: Arc<dyn Identity>,
}

impl SigningDesk {
    /// Signs with the keys of this room for whom `identity` knows by their token.
    pub fn new(room: TrustRoom, identity: Arc<dyn Identity>) -> SigningDesk {
        SigningDesk { room, identity }
    }
}

/// The routes of the service. They are open doors of a standard that read their own token, so that a refusal comes in the
/// standard's words.
pub fn signing_routes(desk: SigningDesk) -> Routes<SigningDesk> {
    let post = |id, path| Row::post(id, path).public().body_limit(BODY);
    Routes::new("trust", desk)
        .protocol(post("csc_info", "/csc/v1/info").no_mutation("describes the service"), info)
        .protocol(post("csc_list", "/csc/v1/credentials/list").no_mutation("lists one's own keys"), list)
        .protocol(post("csc_credential", "/csc/v1/credentials/info").no_mutation("describes a key"), credential)
        .protocol(post("csc_authorize", "/csc/v1/credentials/authorize").audit("signing_key.authorised"), authorize)
        .protocol(post("csc_sign_hash", "/csc/v1/signatures/signHash").audit("signing_key.signed"), sign_hash)
        .protocol(post("csc_timestamp", "/csc/v1/signatures/timestamp").audit("timestamp.issued"), time_stamp)
}

/// Who calls.
struct Caller {
    person: String,
    actor: ActorRef,
    /// The one key that a pass opens; every own key for a token of the city.
    only: Option<String>,
}

impl Caller {
    fn opens(&self, key: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == key)
    }

    fn of(actor: &Actor) -> Caller {
        Caller { person: actor.person.to_string(), actor: ActorRef::of(actor, "csc"), only: None }
    }
}

impl SigningDesk {
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Fault> {
        let token = haidang_web::tokens::bearer(headers).ok_or(Fault::Token)?;
        match self.identity.actor_by_token(token).await.map_err(Fault::contract)? {
            Some(actor) => Ok(Caller::of(&actor)),
            None => self.caller_with_pass(token).await,
        }
    }

    /// Whoever comes with a pass that an official made for a key: as that official, while they hold a post at the agency
    /// of the key.
    async fn caller_with_pass(&self, pass: &str) -> Result<Caller, Fault> {
        let (credential, person) = self.room.opened_by(pass).await?.ok_or(Fault::Token)?;
        let person = PersonId::parse(&person).map_err(|_| Fault::Token)?;
        let actor = self.identity.actor(&person, None).await.map_err(Fault::contract)?.ok_or(Fault::Token)?;
        let key = self.room.present_key(&credential).await?.ok_or(Fault::Token)?;
        let there = |agency: &String| key.holder() == format!("officer/{agency}/{person}");
        let agency = actor.agencies().into_iter().find(there).ok_or(Fault::Token)?;
        let actor = ActorRef { agency: Some(agency), ..ActorRef::of(&actor, "csc") };
        Ok(Caller { person: person.to_string(), actor, only: Some(credential) })
    }

    /// A present key of the caller; every other one is as unknown as one that never was.
    async fn key(&self, caller: &Caller, id: &str) -> Result<HolderKey, Fault> {
        let found = self.room.present_key(id).await?;
        found.filter(|key| key.person.as_deref() == Some(&caller.person) && caller.opens(id)).ok_or(Fault::Credential)
    }
}

fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Fault> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(Fault::Request("the body must be application/json"));
    }
    serde_json::from_slice(body).map_err(|_| Fault::Request("a parameter is missing or of another kind"))
}

fn answered<T: Serialize>(answer: Result<T, Fault>) -> Answer {
    let answer: Result<Response, Problem> = match answer {
        Ok(content) => fault::body(StatusCode::OK, &content),
        Err(fault) => fault.response(),
    };
    let mut response = answer?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response.into_response())
}

async fn info(State(desk): State<SigningDesk>) -> Answer {
    let origin = &desk.room.0.settings.origin;
    answered(Ok(json!({
        "specs": "1.0.4.0",
        "name": desk.room.0.settings.city,
        "logo": format!("{origin}/favicon.ico"),
        "region": "VN",
        "lang": "vi-VN",
        "description": "Ký số từ xa bằng khóa do thành phố lưu giữ",
        "authType": ["external"],
        "methods": [
            "credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash",
            "signatures/timestamp",
        ],
    })))
}

async fn list(State(desk): State<SigningDesk>, headers: HeaderMap, body: Bytes) -> Answer {
    answered(credentials::list(&desk, &headers, &body).await)
}

async fn credential(State(desk): State<SigningDesk>, headers: HeaderMap, body: Bytes) -> Answer {
    answered(credentials::info(&desk, &headers, &body).await)
}

async fn authorize(State(desk): State<SigningDesk>, headers: HeaderMap, body: Bytes) -> Answer {
    answered(signatures::authorize(&desk, &headers, &body).await)
}

async fn sign_hash(State(desk): State<SigningDesk>, headers: HeaderMap, body: Bytes) -> Answer {
    answered(signatures::sign_hash(&desk, &headers, &body).await)
}

async fn time_stamp(State(desk): State<SigningDesk>, headers: HeaderMap, body: Bytes) -> Answer {
    answered(signatures::time_stamp(&desk, &headers, &body).await)
}
