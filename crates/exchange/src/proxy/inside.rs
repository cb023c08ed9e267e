//! Calls of information systems that are parts of the program itself. They come in as all others do and are judged,
//! counted, signed and kept like them; only the way there is no network.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
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
    /// The body of the answer.
    #[error("the answer did not arrive: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// The answer is larger than the caller takes.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// It took longer than the caller waits.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

/// An information system that is a part of this program. Cheap to clone.
#[derive(Clone)]
pub struct Insider {
    exchange: Arc<Exchange>,
    subsystem: SubsystemId,
}

impl Insider {
    /// The part of the program that is registered as this subsystem (`connection = "inside"`).
    pub fn new(exchange: Arc<Exchange>, subsystem: SubsystemId) -> Self {
        Self { exchange, subsystem }
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
        mut request: Request<Bytes>,
        most: usize,
        patience: Duration,
    ) -> Result<Response<Bytes>, InsideError> {
        let client = HeaderValue::from_str(&self.subsystem.to_string()).map_err(|_| InsideError::Name)?;
        request.headers_mut().insert(headers::CLIENT, client);
        request.headers_mut().insert(HOST, HeaderValue::from_static("exchange"));
        tokio::time::timeout(patience, self.converse(request.map(Full::new), most))
            .await
            .map_err(|_| InsideError::Timeout(patience))?
    }

    async fn converse(&self, request: Request<Full<Bytes>>, most: usize) -> Result<Response<Bytes>, InsideError> {
        let (ours, theirs) = tokio::io::duplex(ON_THE_WAY);
        let (exchange, shown) = (self.exchange.clone(), Arc::new(Shown::Inside(self.subsystem.clone())));
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
        let body = Limited::new(body, most).collect().await.map_err(|error| match error.is::<LengthLimitError>() {
            true => InsideError::TooLarge(most),
            false => InsideError::Body(error),
        });
        connection.abort();
        Ok(Response::from_parts(head, body?.to_bytes()))
    }
}
