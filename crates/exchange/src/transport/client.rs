//! The side of the consumer: a request that was read and kept goes to the exchange of its provider with its signature; the
//! answer is delivered once its signature counts, it is the one to this request, and it is kept.

use std::sync::Arc;

use bytes::Bytes;
use haidang_signing::path::TrustAnchors;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use tokio::time::timeout;

use super::receive::{Message, ReceiveError, Received, receive};
use super::signature::{Question, Signed};
use super::wire::Framed;
use super::{MEDIA_TYPE, MOST_LINES, PATH};
use crate::directory::{Directory, Peer};
use crate::proxy::{
    BodyError, CallError, Composed, Exchange, Outgoing, Playback, Provider, RequestRecord, ResponseRecord, Trace,
};
use crate::rules::breaker::Permit;
use crate::rules::canonical::{self, digest};
use crate::rules::fault::{Fault, Leaf};
use crate::rules::headers::{self, Line};

impl Exchange {
    /// The connections to another exchange, unless it is left alone for a while.
    ///
    /// # Errors
    /// `breaker_open`
    pub(crate) fn line(&self, peer: &Peer, now: Timestamp) -> Result<Arc<Provider>, Fault> {
        let line = self.provider(&peer.line)?;
        match line.refuses(now) {
            Some(seconds) => Err(left_alone(seconds)),
            None => Ok(line),
        }
    }

    /// Sends a request to the exchange of its provider and delivers what comes back.
    pub(crate) async fn forward(
        &self,
        directory: &Directory,
        peer: &Peer,
        asked: RequestRecord,
        trace: &mut Trace,
    ) -> Result<Response<Playback>, Fault> {
        trace.record.service_type = Some(peer.line.kind.word());
        let line = self.line(peer, self.ambient().now())?;
        let kept = self.evidence().sign(&asked, None).await;
        let signed = kept.map_err(|error| Fault::consumer_side(error.leaf(), error.to_string()))?;
        trace.record.request_out_ts = Some(self.ambient().now().as_millisecond());
        let (received, began) = self.converse(peer, &line, &asked, &signed).await?;
        trace.record.response_in_ts = Some(began.as_millisecond());
        let message = match received {
            Received::Message(message) => *message,
            Received::Fault(fault) => return Err(fault),
        };
        let (composed, signed) = self.accept(directory, &asked, message, began)?;
        let kept = self.evidence().keep_signed(&asked, Some(&composed.record), &signed).await;
        kept.map_err(|error| Fault::consumer_side(error.leaf(), error.to_string()))?;
        composed.note(&mut trace.record);
        Ok(composed.response())
    }

    /// Sends one request and takes the answer to its end. What the other exchange tells is no failure of the line.
    async fn converse(
        &self,
        peer: &Peer,
        line: &Provider,
        asked: &RequestRecord,
        signed: &Signed,
    ) -> Result<(Received, Timestamp), Fault> {
        let request = outgoing(peer, asked, signed)?;
        let slot = line.slot(&peer.line).await.map_err(unreached)?;
        let permit = match line.permit(self.ambient().now()) {
            Permit::Refused { retry_after } => return Err(left_alone(retry_after)),
            permit => permit,
        };
        let asking = async {
            let mut answer = line.send(&peer.line, slot, request, self.ambient()).await.map_err(unreached)?;
            let began = self.ambient().now();
            if answer.response.status() != StatusCode::OK {
                return Err(not_known());
            }
            let received =
                receive(answer.response.body_mut(), self.limits()).await.map_err(|error| incomplete(&error))?;
            line.give_back(answer, self.ambient());
            Ok((received, began))
        };
        let outcome = match timeout(peer.line.timeouts.total, asking).await {
            Ok(outcome) => outcome,
            Err(_) => Err(unreached(CallError::Timeout)),
        };
        line.record(permit, outcome.is_ok(), self.ambient().now());
        outcome
    }

    /// Judges an answer: who signed it, and whether it is the one to this request.
    fn accept(
        &self,
        directory: &Directory,
        asked: &RequestRecord,
        message: Message,
        arrived: Timestamp,
    ) -> Result<(Composed, Signed), Fault> {
        let Message { bytes, body, body_digest, signed } = message;
        let member = directory
            .member(&asked.service.subsystem.member)
            .ok_or_else(|| Fault::consumer_side(Leaf::UnknownMember, "The providing member is not registered"))?;
        let anchors = TrustAnchors::new(self.evidence().anchors());
        let question = Question { message: digest(&bytes), body: body_digest, member, anchors: &anchors, arrived };
        let signed = signed.judge(&question).map_err(|why| {
            let sentence = format!("The answer of the provider's exchange bears no signature that counts: {why}");
            Fault::consumer_side(Leaf::MissingSignature, sentence)
        })?;
        let (status, lines) = read_response(&bytes)?;
        is_to(asked, &lines)?;
        let record =
            ResponseRecord { at: self.ambient().now(), bytes, body, body_digest, unfiltered_digest: None, usage: None };
        Ok((Composed { record, status, lines }, signed))
    }
}

fn outgoing(peer: &Peer, asked: &RequestRecord, signed: &Signed) -> Result<Request<Outgoing>, Fault> {
    let framed = Framed::message(&asked.bytes, asked.body.clone(), &signed.write())
        .map_err(|_| Fault::client(Leaf::BadRequest, "The head of the request is too long for another exchange"))?;
    let mut request = Request::new(Outgoing::Framed(Box::new(framed)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = hyper::Uri::from_static(PATH);
    let host = HeaderValue::from_str(&peer.line.address.authority);
    let host = host.map_err(|_| Fault::consumer_side(Leaf::InternalError, "The address of the exchange is no host"))?;
    request.headers_mut().append(HOST, host);
    request.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(request)
}

fn left_alone(seconds: u64) -> Fault {
    Fault::consumer_side(
        Leaf::BreakerOpen,
        "The exchange of the provider failed too often and is left alone for a while",
    )
    .retry_after(seconds)
}

fn not_known() -> Fault {
    Fault::consumer_side(
        Leaf::ServiceFailed,
        "The exchange of the provider does not take messages of this one; have the certificate of this exchange \
         registered there",
    )
    .because(Leaf::SslAuthenticationFailed)
}

/// Why no answer began.
fn unreached(error: CallError) -> Fault {
    match error {
        CallError::Busy => {
            Fault::consumer_side(Leaf::NetworkError, "Too many calls to the exchange of the provider are under way")
        }
        CallError::UnknownHost => {
            Fault::consumer_side(Leaf::UnknownHost, "The name of the provider's exchange has no address")
        }
        CallError::Connect => {
            Fault::consumer_side(Leaf::NetworkError, "The exchange of the provider accepts no connection")
        }
        CallError::Timeout => Fault::consumer_side(
            Leaf::NetworkError,
            "The exchange of the provider did not answer in time; whether the call was carried out is not known",
        ),
        CallError::Broken => broken(),
        // A peer has an address: the directory takes nothing else.
        CallError::NoAdapter => {
            Fault::consumer_side(Leaf::InternalError, "The exchange of the provider has no address")
        }
        CallError::Tls(_) => Fault::consumer_side(
            Leaf::ServiceFailed,
            "The exchange of the provider and this one do not know each other's certificates",
        )
        .because(Leaf::SslAuthenticationFailed),
    }
}

fn broken() -> Fault {
    Fault::consumer_side(
        Leaf::IoError,
        "The exchange of the provider broke off; whether the call was carried out is not known",
    )
}

/// Why an answer did not come whole.
fn incomplete(error: &ReceiveError) -> Fault {
    match error {
        ReceiveError::Broken => broken(),
        ReceiveError::Silent => unreached(CallError::Timeout),
        ReceiveError::Wire(super::wire::WireError::Cut) => broken(),
        ReceiveError::Wire(_) => {
            Fault::consumer_side(Leaf::InvalidMessage, format!("The answer of the provider's exchange: {error}"))
        }
        ReceiveError::Signature(_) => {
            Fault::consumer_side(Leaf::MissingSignature, format!("The answer of the provider's exchange: {error}"))
        }
        ReceiveError::Body(BodyError::TooLarge(most)) => {
            Fault::consumer_side(Leaf::ServiceFailed, format!("The answer is longer than {most} bytes"))
        }
        ReceiveError::Body(BodyError::Spool(_)) => {
            tracing::error!(error = %error, "an answer could not be spooled");
            Fault::consumer_side(Leaf::InternalError, "The answer could not be kept")
        }
    }
}

/// Status and headers of an answer; only such as this exchange would have let out itself.
fn read_response(bytes: &Bytes) -> Result<(StatusCode, Vec<Line>), Fault> {
    let invalid = || Fault::consumer_side(Leaf::InvalidMessage, "The head of the answer has another form than agreed");
    let (status, reason, lines) = canonical::read(bytes).ok_or_else(invalid)?;
    let status = StatusCode::from_bytes(status.as_bytes()).map_err(|_| invalid())?;
    if lines.len() > MOST_LINES || status.is_informational() || status.canonical_reason().unwrap_or_default() != reason
    {
        return Err(invalid());
    }
    let mut map = HeaderMap::new();
    let ours = |name| {
        [headers::MESSAGE_ID, headers::CLIENT, headers::SERVICE, headers::REQUEST_ID, headers::REQUEST_HASH]
            .contains(name)
    };
    let passed: Vec<Line> = lines.iter().filter(|(name, _)| !ours(name)).cloned().collect();
    for (name, value) in &passed {
        map.try_append(name.clone(), value.clone()).map_err(|_| invalid())?;
    }
    if headers::read_response(&map, false) != passed {
        return Err(invalid());
    }
    Ok((status, lines))
}

/// Whether an answer is the one to this request (handbook 3.3).
fn is_to(asked: &RequestRecord, lines: &[Line]) -> Result<(), Fault> {
    for (name, wanted) in [
        (headers::MESSAGE_ID, &asked.message_id),
        (headers::CLIENT, &asked.client.to_string()),
        (headers::SERVICE, &asked.service.to_string()),
        (headers::REQUEST_ID, &asked.request_id),
        (headers::REQUEST_HASH, &asked.hash),
    ] {
        let mut said = lines.iter().filter(|(said, _)| *said == name).map(|(_, value)| value.as_bytes());
        if said.next() != Some(wanted.as_bytes()) || said.next().is_some() {
            let sentence = format!("The answer of the provider's exchange is not to this request: {name} differs");
            return Err(Fault::consumer_side(Leaf::InconsistentResponse, sentence));
        }
    }
    Ok(())
}
