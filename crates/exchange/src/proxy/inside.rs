//! Calls of information systems that are parts of the program itself, and calls that officials try in the browser. They
//! come in as all others do and are judged, counted, signed and kept like them; only the way there is no network.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::handshake;
use hyper::header::{HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use super::call::Exchange;
use super::listener::reader;
use crate::rules::credential::Shown;
use crate::rules::headers;
use crate::rules::identifier::SubsystemId;

/// Bytes under way between a part of the program and the exchange.
const ON_THE_WAY: usize = 64 * 1024;

/// Why a part of the program got no answer. What the exchange or a provider refuses is an answer.
#[derive(Debug, thiserror::Error)]
pub enum InsideError {
    /// The id of the subsystem cannot stand in a header.
    #[error("the subsystem cannot be named in a request")]
    Name,
    /// The conversation broke off.
    #[error("the exchange broke off: {0}")]
    Broken(#[from] hyper::Error),
    /// The answer is larger than the caller takes.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// It took longer than the caller waits.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

/// An information system that calls from inside the program. Cheap to clone.
#[derive(Clone)]
pub struct Insider {
    exchange: Arc<Exchange>,
    subsystem: SubsystemId,
    shown: Shown,
}

/// The beginning of an answer.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// The answer, its body perhaps cut off.
    pub answer: Response<Bytes>,
    /// Whether the body is all of it.
    pub whole: bool,
}

impl Insider {
    /// The part of the program that is registered as this subsystem (`connection = "inside"`).
    pub fn new(exchange: Arc<Exchange>, subsystem: SubsystemId) -> Self {
        let shown = Shown::Inside(subsystem.clone());
        Self { exchange, subsystem, shown }
    }

    /// An official who tries a call of this subsystem, whatever it shows otherwise. Whoever makes one has judged that they
    /// speak for it.
    pub fn trying(exchange: Arc<Exchange>, subsystem: SubsystemId) -> Self {
        let shown = Shown::Trial(subsystem.clone());
        Self { exchange, subsystem, shown }
    }

    /// As whom it calls.
    pub fn subsystem(&self) -> &SubsystemId {
        &self.subsystem
    }

    /// Calls, and takes an answer of at most `most` bytes within `patience`. The client is set here.
    ///
    /// # Errors
    /// [`InsideError`]; a call that took too long may still reach the provider.
    pub async fn call(
        &self,
        request: Request<Bytes>,
        most: usize,
        patience: Duration,
    ) -> Result<Response<Bytes>, InsideError> {
        let Beginning { answer, whole } = self.begin(request, most, patience).await?;
        if whole { Ok(answer) } else { Err(InsideError::TooLarge(most)) }
    }

    /// Calls, and takes the first `most` bytes of the answer within `patience`. The client is set here.
    ///
    /// # Errors
    /// [`InsideError`], never for the size; a call that took too long may still reach the provider.
    pub async fn begin(
        &self,
        mut request: Request<Bytes>,
        most: usize,
        patience: Duration,
    ) -> Result<Beginning, InsideError> {
        let client = HeaderValue::from_str(&self.subsystem.to_string()).map_err(|_| InsideError::Name)?;
        request.headers_mut().insert(headers::CLIENT, client);
        request.headers_mut().insert(HOST, HeaderValue::from_static("exchange"));
        tokio::time::timeout(patience, self.converse(request.map(Full::new), most))
            .await
            .map_err(|_| InsideError::Timeout(patience))?
    }

    async fn converse(&self, request: Request<Full<Bytes>>, most: usize) -> Result<Beginning, InsideError> {
        let (ours, theirs) = tokio::io::duplex(ON_THE_WAY);
        let (exchange, shown) = (self.exchange.clone(), Arc::new(self.shown.clone()));
        let builder = reader(exchange.limits());
        tokio::spawn(async move {
            let answering = service_fn(move |request| {
                let (exchange, shown) = (exchange.clone(), shown.clone());
                async move { Ok::<_, Infallible>(exchange.handle(request, &shown).await) }
            });
            if let Err(error) = builder.serve_connection(TokioIo::new(theirs), answering).await {
                tracing::debug!(error = %error, "a part of the program left before its answer");
            }
        });
        let (mut sender, connection) = handshake(TokioIo::new(ours)).await?;
        let connection = tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let (head, body) = answer.into_parts();
        let taken = take(body, most).await;
        connection.abort();
        let (body, whole) = taken?;
        Ok(Beginning { answer: Response::from_parts(head, body), whole })
    }
}

/// The first bytes of a body, and whether they are all of it.
async fn take(mut body: Incoming, most: usize) -> Result<(Bytes, bool), hyper::Error> {
    let mut taken: Vec<u8> = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = most.saturating_sub(taken.len());
        if data.len() > room {
            taken.extend_from_slice(data.get(..room).unwrap_or_default());
            return Ok((taken.into(), false));
        }
        taken.extend_from_slice(&data);
    }
    Ok((taken.into(), true))
}
