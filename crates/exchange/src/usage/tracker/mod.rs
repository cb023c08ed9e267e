//! The service by which the national tracker asks what was delivered about a person: `findUsage`, `usagePeriod` and
//! `heartbeat`, with the addresses and shapes of Estonia's Data Tracker (dumonitor 2.1). It is a provider behind the
//! exchange and believes the headers that the exchange sends, so it listens on a loopback address alone.

mod question;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use haidang_contracts::ContractError;
use haidang_store::{ActorRef, AuditEntry, StoreError};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{Usage, UsageLog};
use crate::proxy::StartError;
use question::Question;

/// The description of the service, for the directory of an exchange and for whoever calls it.
pub const DESCRIPTION: &str = include_str!("../../../openapi/find-usage.json");

/// Connections at a time; the exchange before it bounds them as well.
const CONNECTIONS: usize = 256;
/// Bytes of a head.
const HEAD_BYTES: usize = 64 * 1024;
/// Time to say what is wanted.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// Time for what runs to end.
const FAREWELL: Duration = Duration::from_secs(10);
/// For how long an answer may wait to be told before the heart beats no more.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(10);
/// The right to know who received one's data.
const LEGAL_BASIS: &str = "91/2025/QH15 Điều 4";

/// Who may ask about whom, besides everybody about themselves.
#[async_trait]
pub trait Mandates: Send + Sync {
    /// The mandate under which one person may see everything of another, both by their personal numbers; none when the
    /// city knows of no such mandate now.
    ///
    /// # Errors
    /// When it cannot be known now; nothing is shown then.
    async fn mandate(&self, user: &str, subject: &str) -> Result<Option<String>, ContractError>;
}

/// The service.
pub struct Tracker {
    log: UsageLog,
    mandates: Arc<dyn Mandates>,
}

/// A refusal: its status and what to do.
type Refusal = (StatusCode, String);

fn bad(message: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, message.into())
}

/// A fault of the house, whose reason stays in the log.
fn failed(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(error = %error, "the citizens' log could not be read");
    (StatusCode::INTERNAL_SERVER_ERROR, "The log cannot be read now; try again later".to_owned())
}

impl Tracker {
    /// The service over what was told.
    pub fn new(log: UsageLog, mandates: Arc<dyn Mandates>) -> Arc<Self> {
        Arc::new(Self { log, mandates })
    }

    /// Serves until `shutdown` ends, then lets what runs come to its end.
    ///
    /// # Errors
    /// [`StartError::NotLoopback`], before anything is accepted.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), StartError> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        let (graceful, slots) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS)));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_buf_size(HEAD_BYTES);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let Ok(slot) = slots.clone().acquire_owned().await else { break };
            let stream = tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(error = %error, "a connection was not accepted");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            let tracker = self.clone();
            let service = service_fn(move |request| {
                let tracker = tracker.clone();
                async move { Ok::<_, Infallible>(tracker.answer(&request).await) }
            });
            let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(error = %error, "connection ended");
                }
                drop(slot);
            });
        }
        drop(listener);
        if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
            tracing::warn!("calls of the tracker were cut off at shutdown");
        }
        Ok(())
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let head = Head {
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query(),
            headers: request.headers(),
        };
        let (status, body) = match self.judge(&head).await {
            Ok(body) => (StatusCode::OK, body),
            Err((status, message)) => (status, json!({ "message": message })),
        };
        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET"));
        }
        response
    }

    async fn judge(&self, head: &Head<'_>) -> Result<Value, Refusal> {
        if !matches!(head.path, "/v2/findUsage" | "/v2/usagePeriod" | "/v2/heartbeat") {
            return Err((StatusCode::NOT_FOUND, "Ask for /v2/findUsage, /v2/usagePeriod or /v2/heartbeat".to_owned()));
        }
        if head.method != Method::GET {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "Ask with GET".to_owned()));
        }
        if head.headers.get("x-road-client").is_none() {
            return Err(bad("Ask through the data exchange: X-Road-Client is missing"));
        }
        match head.path {
            "/v2/heartbeat" => Ok(self.heartbeat().await),
            "/v2/usagePeriod" => {
                let began = self.log.began().await.map_err(|error| failed(&error))?;
                Ok(json!({ "periodStart": began.unwrap_or_else(|| self.log.ambient.now()) }))
            }
            _ => self.find(&Question::read(head.headers, head.query)?, head.headers).await,
        }
    }

    async fn find(&self, question: &Question, headers: &HeaderMap) -> Result<Value, Refusal> {
        let mut mandate = None;
        if question.user != question.subject {
            let known = self.mandates.mandate(question.user.as_str(), question.subject.as_str()).await;
            mandate = known.map_err(|error| failed(&error))?;
            if mandate.is_none() {
                let message = "X-Road-UserId may not read the log of userCode: the city knows of no mandate";
                return Err((StatusCode::FORBIDDEN, message.to_owned()));
            }
        }
        let subject = question.subject.as_str();
        // Reading the log is itself on the log, before anything leaves.
        self.log.db.record_read(look(subject, mandate, headers)).await.map_err(|error| failed(&error))?;
        let found = self.log.find(subject, &question.period, question.offset, question.limit).await;
        let (total, usages) = found.map_err(|error: StoreError| failed(&error))?;
        Ok(json!({ "totalUsages": total, "usages": usages.iter().map(usage).collect::<Vec<_>>() }))
    }

    async fn heartbeat(&self) -> Value {
        let now: Timestamp = self.log.ambient.now();
        match self.log.waits_since().await {
            Ok(Some(since)) if now.duration_since(since) > LONGEST_WAIT => {
                json!({ "status": "FAIL", "message": format!("Deliveries since {since} are not on the log yet") })
            }
            Ok(_) => json!({ "status": "OK" }),
            Err(error) => json!({ "status": "FAIL", "message": failed(&error).1 }),
        }
    }
}

/// What a question consists of.
struct Head<'r> {
    method: &'r Method,
    path: &'r str,
    query: Option<&'r str>,
    headers: &'r HeaderMap,
}

fn usage(usage: &Usage) -> Value {
    json!({
        "logtime": usage.at,
        "action": usage.action,
        "receiverCode": usage.receiver_code,
        "receiverName": usage.receiver_name,
        "receiverSystem": usage.receiver_system,
    })
}

/// The entry about this look.
fn look(subject: &str, mandate: Option<String>, headers: &HeaderMap) -> AuditEntry {
    let actor = ActorRef { kind: "resident".to_owned(), channel: "api".to_owned(), mandate, ..ActorRef::default() };
    let request = headers.get("x-road-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request: String = request.chars().take(64).collect();
    AuditEntry::read("usage.read", actor)
        .object("audit_record", "usage")
        .request(&request)
        .because(LEGAL_BASIS, "xem dữ liệu của mình đã được gửi cho ai")
        .subject(subject)
        .own()
}
