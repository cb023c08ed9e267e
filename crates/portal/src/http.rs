//! The portal over HTTP, in the older manner of provinces: a session by signing in, then one body a call with the name of
//! the service in it.

use crate::manner::Manner;
use crate::model::Kind;
use crate::portal::{NationalPortal, Outgoing, PortalCase, RefusalKind, Sent, Unanswered};
use crate::rules;
use async_trait::async_trait;
use haidang_web::client::{Guarded, OutboundError};
use jiff::civil::Date;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Header by which a repetition is known; a portal that does not know it passes it over.
const KEY: &str = "idempotency-key";

/// Where the portal is and who we are there.
#[derive(Clone)]
pub struct Access {
    /// Address that gives a session.
    pub auth: String,
    /// Address of questions.
    pub share: String,
    /// Address of messages.
    pub integration: String,
    /// Code of our unit, `madonvi`.
    pub unit: String,
    /// Name of our account.
    pub user: String,
    /// Its secret.
    pub secret: String,
    /// Whether `TraCuuHoSo` also lists the cases of a day.
    pub lists: bool,
}

/// The portal over HTTP.
pub struct HttpPortal {
    client: Guarded,
    access: Access,
    manner: Arc<Manner>,
    /// The session of now; whoever renews it holds the lock, so that many lines sign in once.
    session: Mutex<Option<String>>,
}

/// A well-formed answer.
struct Reply {
    code: String,
    text: String,
    result: Vec<Value>,
}

/// No well-formed answer.
enum Trouble {
    /// Surely nothing was done.
    NotSent(&'static str),
    /// The portal refused the form of the request.
    Form,
    /// Nobody knows.
    Unknown(&'static str),
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn reply(body: &[u8]) -> Option<Reply> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let code = plain(value.get("error_code")?);
    let result = match value.get("result") {
        Some(Value::Array(rows)) => rows.clone(),
        Some(Value::Object(row)) => vec![Value::Object(row.clone())],
        _ => Vec::new(),
    };
    let text = value.get("message").map(plain).unwrap_or_default();
    (!code.is_empty()).then_some(Reply { code, text, result })
}

/// A case out of an answer; one without a number or with a status outside the table is no case.
fn portal_case(row: &Value) -> Option<PortalCase> {
    let case_no = plain(row.get("MaHoSo")?);
    let status: i64 = plain(row.get("TrangThaiHoSo")?).parse().ok()?;
    (!case_no.is_empty() && (1..=10).contains(&status)).then_some(PortalCase { case_no, status })
}

impl HttpPortal {
    /// A portal behind the guarded client.
    pub fn new(client: Guarded, access: Access, manner: Arc<Manner>) -> Self {
        Self { client, access, manner, session: Mutex::new(None) }
    }

    async fn post(&self, address: &str, body: &Value, key: Option<&str>) -> Result<Vec<u8>, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = key.and_then(|key| HeaderValue::from_str(key).ok()) {
            headers.insert(HeaderName::from_static(KEY), key);
        }
        match self.client.post(address, headers, body.to_string().into_bytes()).await {
            Ok(answer) => match answer.status {
                200..=299 => Ok(answer.body),
                400 | 413 | 422 => Err(Trouble::Form),
                401 | 403 => Err(Trouble::NotSent("the portal does not let us in")),
                404 | 405 => Err(Trouble::NotSent("the portal is not at this address")),
                429 => Err(Trouble::NotSent("the portal asks for fewer messages")),
                _ => Err(Trouble::Unknown("the gateway of the portal failed")),
            },
            Err(OutboundError::Address | OutboundError::Private | OutboundError::Client) => {
                Err(Trouble::NotSent("the address of the portal is not one we call"))
            }
            Err(OutboundError::Timeout) => Err(Trouble::Unknown("the portal took too long")),
            Err(_) => Err(Trouble::Unknown("the portal did not answer")),
        }
    }

    /// The session of now, after signing in when there is none or it is `old`.
    async fn session(&self, old: Option<&str>) -> Result<String, Trouble> {
        let mut held = self.session.lock().await;
        if let Some(session) = held.as_deref().filter(|session| Some(*session) != old) {
            return Ok(session.to_owned());
        }
        let body = json!({ "username": self.access.user, "password": self.access.secret });
        // Signing in changes nothing at the portal, so whatever goes wrong here, nothing was sent.
        let refused = |_| Trouble::NotSent("signing in at the portal failed");
        let answer = self.post(&self.access.auth, &body, None).await.map_err(refused)?;
        let value: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let code = value.get("error_code").map(plain).unwrap_or_default();
        let session = value.get("session").map(plain).unwrap_or_default();
        if code != "0" || session.is_empty() {
            return Err(Trouble::NotSent("the portal refuses our account"));
        }
        *held = Some(session.clone());
        Ok(session)
    }

    /// One call. A session that is over is renewed once: the portal did nothing under the old one.
    async fn call(
        &self,
        address: &str,
        service: &str,
        fields: Map<String, Value>,
        key: Option<&str>,
    ) -> Result<Reply, Trouble> {
        let mut old: Option<String> = None;
        for _ in 0..2 {
            let session = self.session(old.as_deref()).await?;
            let mut body = fields.clone();
            body.insert("session".to_owned(), json!(session));
            body.insert("madonvi".to_owned(), json!(self.access.unit));
            body.insert("service".to_owned(), json!(service));
            let answer = self.post(address, &Value::Object(body), key).await?;
            let reply = reply(&answer).ok_or(Trouble::Unknown("the answer of the portal cannot be read"))?;
            if !self.manner.answer.session.contains(&reply.code) {
                return Ok(reply);
            }
            old = Some(session);
        }
        Err(Trouble::NotSent("the portal refuses a new session"))
    }

    fn judged(&self, reply: &Reply) -> Sent {
        let answers = &self.manner.answer;
        let refused = |kind| Sent::Refused { kind, text: rules::reason(&format!("{} ({})", reply.text, reply.code)) };
        match &reply.code {
            code if code == "0" => Sent::Taken,
            code if answers.exists.contains(code) => Sent::Exists,
            code if answers.missing.contains(code) => refused(RefusalKind::Missing),
            code if answers.order.contains(code) => refused(RefusalKind::Order),
            code if answers.busy.contains(code) => Sent::NotSent("the portal says that it failed"),
            _ => refused(RefusalKind::Content),
        }
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[async_trait]
impl NationalPortal for HttpPortal {
    async fn send(&self, message: &Outgoing) -> Sent {
        let Ok(row) = serde_json::from_str::<Value>(&message.row) else {
            return Sent::Refused { kind: RefusalKind::Content, text: "the stored row does not read".to_owned() };
        };
        let (service, fields) = match message.kind {
            Kind::Create => ("DongBoHoSoMC", fields(json!({ "isUpdating": "False", "data": [row] }))),
            Kind::Update => ("DongBoHoSoMC", fields(json!({ "isUpdating": "True", "data": [row] }))),
            Kind::Progress => ("CapNhatTienDoHoSoMC", fields(json!({ "data": [row] }))),
        };
        match self.call(&self.access.integration, service, fields, Some(&message.key)).await {
            Ok(reply) => self.judged(&reply),
            Err(Trouble::NotSent(why)) => Sent::NotSent(why),
            Err(Trouble::Unknown(why)) => Sent::Unknown(why),
            Err(Trouble::Form) => Sent::Refused {
                kind: RefusalKind::Content,
                text: "the portal refuses the form of the request".to_owned(),
            },
        }
    }

    async fn look_up(&self, case_no: &str) -> Result<Option<PortalCase>, Unanswered> {
        let asked = fields(json!({ "mahoso": case_no }));
        let reply = self.call(&self.access.share, "TraCuuHoSo", asked, None).await.map_err(unanswered)?;
        if self.manner.answer.missing.contains(&reply.code) {
            return Ok(None);
        }
        let found = reply.result.iter().find(|row| row.get("MaHoSo").map(plain).as_deref() == Some(case_no));
        match (reply.code.as_str(), found) {
            ("0", None) if reply.result.is_empty() => Ok(None),
            ("0", Some(row)) => portal_case(row).map(Some).ok_or(Unanswered("the case at the portal cannot be read")),
            ("0", None) => Err(Unanswered("the portal answered with another case")),
            _ => Err(Unanswered("the portal refused the question")),
        }
    }

    async fn cases_of_day(&self, day: Date, page: i64) -> Result<Option<Vec<PortalCase>>, Unanswered> {
        if !self.access.lists {
            return Ok(None);
        }
        let day = day.strftime("%Y%m%d").to_string();
        let asked = fields(json!({ "tungay": day, "denngay": day, "trang": page }));
        let reply = self.call(&self.access.share, "TraCuuHoSo", asked, None).await.map_err(unanswered)?;
        if reply.code != "0" {
            return Err(Unanswered("the portal refused the list"));
        }
        let read = || Unanswered("a case of the portal's list cannot be read");
        reply.result.iter().map(|row| portal_case(row).ok_or_else(read)).collect::<Result<_, _>>().map(Some)
    }
}

fn unanswered(trouble: Trouble) -> Unanswered {
    match trouble {
        Trouble::NotSent(why) | Trouble::Unknown(why) => Unanswered(why),
        Trouble::Form => Unanswered("the portal refuses the form of the question"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_read_in_the_shapes_that_are_seen() {
        for (body, code, rows) in [
            (r#"{"error_code":0,"message":"","result":[]}"#, Some("0"), 0),
            (r#"{"error_code":"4","message":"x"}"#, Some("4"), 0),
            (r#"{"error_code":0,"result":{"MaHoSo":"a"}}"#, Some("0"), 1),
            (r#"{"result":[]}"#, None, 0),
            (r#"{"error_code":null}"#, None, 0),
            ("<html>", None, 0),
        ] {
            let read = reply(body.as_bytes());
            assert_eq!(read.as_ref().map(|reply| reply.code.as_str()), code, "{body}");
            assert_eq!(read.map_or(0, |reply| reply.result.len()), rows, "{body}");
        }
    }

    #[test]
    fn a_case_has_a_number_and_a_status() {
        for (row, status) in [
            (json!({ "MaHoSo": "a", "TrangThaiHoSo": "4" }), Some(4)),
            (json!({ "MaHoSo": "a", "TrangThaiHoSo": 10 }), Some(10)),
            (json!({ "MaHoSo": "a", "TrangThaiHoSo": "11" }), None),
            (json!({ "MaHoSo": "", "TrangThaiHoSo": "1" }), None),
            (json!({ "TrangThaiHoSo": "1" }), None),
        ] {
            assert_eq!(portal_case(&row).map(|case| case.status), status, "{row}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_fail(body in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(reply) = reply(&body) {
                prop_assert!(!reply.code.is_empty());
            }
        }
    }
}
