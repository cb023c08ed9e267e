//! The side of the provider: a message of another exchange is taken whole, its signature judged against the member it
//! names, and only then the call is judged as any other: agreement, purpose, quota, breaker.

use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use haidang_signing::path::TrustAnchors;

use super::receive::{Message, ReceiveError, Received, receive};
use super::signature::{AHEAD, OLDEST, Question, Signed};
use super::wire::Framed;
use super::{MEDIA_TYPE, MOST_LINES, PATH};
use crate::directory::{Directory, Peer};
use crate::proxy::{Asked, BodyError, Call, Composed, EvidenceError, Exchange, Outgoing, RequestRecord, Stored, Trace};
use crate::rules::address::Address;
use crate::rules::canonical::{self, digest, request_hash};
use crate::rules::credential::{Shown, in_time};
use crate::rules::decide::{Decision, decide, identify};
use crate::rules::fault::{Fault, Leaf, Side, Style};
use crate::rules::headers::{self, Line, RequestHead};
use crate::rules::identifier::ClientId;

impl Exchange {
    /// Answers one message of another exchange that showed this.
    pub(crate) async fn answer_peer(&self, request: Request<Incoming>, shown: &Shown) -> Response<Outgoing> {
        let (now, directory) = (self.ambient().now(), self.directory());
        let (parts, body) = request.into_parts();
        let mut trace = self.trace("Producer", &parts.method, now);
        let response = match known(&directory, &parts, shown, now) {
            Ok(peer) => {
                let answer = self.serve_peer(&directory, peer, body, now, &mut trace).await;
                framed(answer.unwrap_or_else(|fault| Framed::fault(&refuse(fault, &peer.id, &mut trace))))
            }
            Err((status, leaf, sentence)) => {
                refuse(Fault::provider_side(leaf, sentence), "not known", &mut trace);
                turned_away(status, sentence)
            }
        };
        self.observe(trace, response.status());
        response
    }

    async fn serve_peer(
        &self,
        directory: &Directory,
        peer: &Peer,
        mut body: Incoming,
        arrived: Timestamp,
        trace: &mut Trace,
    ) -> Result<Framed, Fault> {
        let limits = self.limits();
        let received = match timeout(limits.body_time, receive(&mut body, limits)).await {
            Ok(received) => received.map_err(|error| incomplete(&error))?,
            Err(_) => return Err(incomplete(&ReceiveError::Silent)),
        };
        let Received::Message(message) = received else { return Err(invalid("it is a fault")) };
        let told = Told::read(&message.bytes, limits.target_bytes)?;
        trace.record.rest_method = told.method.to_string();
        trace.client = told.head.client.as_deref().and_then(ClientId::parse);
        let client = identify(directory, &told.head, &Shown::Peer(peer.id.clone()), arrived)?;
        trace.record.client(&client);
        trace.record.service(&told.address.service);
        let signed = self.judge_signature(directory, &client, &message, arrived)?;
        self.only_once(peer, &told.request_id, arrived).await?;

        let now = self.ambient().now();
        let decision = decide(directory, told.method.as_str(), &told.address, &told.head, &client, now)?;
        if matches!(decision, Decision::Forward(_)) {
            return Err(Fault::provider_side(Leaf::UnknownService, "The provider is not at this exchange either"));
        }
        let provider = self.ready(directory, &decision, &told.head, now, trace)?;
        let (address, method) = (told.address.clone(), told.method.clone());
        let asked = told.asked(*message, client, &decision, now);
        asked.note(&mut trace.record);
        let kept = self.evidence().keep_signed(&asked.record, None, &signed).await;
        kept.map_err(not_kept)?;
        let call = Call { method: &method, address: &address, asked: &asked };
        let arrived = self.obtain(directory, &decision, provider.as_deref(), call, now, trace).await?;
        let composed = Composed::new(&asked.record, arrived, self.ambient().now())?;
        let signed = self.evidence().sign(&asked.record, Some(&composed.record)).await.map_err(not_kept)?;
        composed.note(&mut trace.record);
        let record = composed.record;
        Framed::message(&record.bytes, record.body, &signed.write())
            .map_err(|_| Fault::provider_side(Leaf::ServiceFailed, "The head of the answer is too long"))
    }

    fn judge_signature(
        &self,
        directory: &Directory,
        client: &ClientId,
        message: &Message,
        arrived: Timestamp,
    ) -> Result<Signed, Fault> {
        let member = directory
            .member(client.member())
            .ok_or_else(|| Fault::provider_side(Leaf::UnknownMember, "The calling member is not registered"))?;
        let anchors = TrustAnchors::new(self.evidence().anchors());
        let question =
            Question { message: digest(&message.bytes), body: message.body_digest, member, anchors: &anchors, arrived };
        message.signed.clone().judge(&question).map_err(|why| {
            let sentence = format!("The request bears no signature that counts: {why}");
            Fault::provider_side(Leaf::MissingSignature, sentence)
        })
    }

    /// A signed request counts once. It is remembered for as long as its signature could still be young enough when it
    /// began to arrive again.
    async fn only_once(&self, peer: &Peer, request_id: &str, arrived: Timestamp) -> Result<(), Fault> {
        let body_time = SignedDuration::try_from(self.limits().body_time).unwrap_or(SignedDuration::MAX);
        let remembered = (OLDEST + AHEAD).saturating_add(body_time);
        let until = arrived.saturating_add(remembered).unwrap_or(Timestamp::MAX);
        match self.evidence().is_new(&peer.id, request_id, until).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(invalid("the same request has been here before")),
            Err(error) => Err(not_kept(error)),
        }
    }
}

/// The exchange behind a connection, and whether it asks what is answered here.
fn known<'d>(
    directory: &'d Directory,
    parts: &Parts,
    shown: &Shown,
    now: Timestamp,
) -> Result<&'d Peer, (StatusCode, Leaf, &'static str)> {
    let unproved = |sentence| (StatusCode::FORBIDDEN, Leaf::SslAuthenticationFailed, sentence);
    let Shown::Tls(Some(certificate)) = shown else { return Err(unproved("Show the certificate of your exchange")) };
    let peer = directory.peer_by_certificate(&certificate.fingerprint);
    let peer = peer.ok_or_else(|| unproved("The certificate of your exchange is not registered here"))?;
    in_time(certificate, now)
        .map_err(|_| unproved("The certificate of your exchange has ended or is not valid yet"))?;
    if parts.method != Method::POST || parts.uri.path() != PATH {
        let sentence = "Only messages between exchanges are taken here";
        return Err((StatusCode::NOT_FOUND, Leaf::InvalidRequest, sentence));
    }
    Ok(peer)
}

/// Notes a refusal. What was found here is the provider's side for everybody, also where a rule is shared with the door.
fn refuse(mut fault: Fault, peer: &str, trace: &mut Trace) -> Fault {
    if fault.side == Side::ConsumerSide {
        fault.side = Side::ProviderSide;
    }
    let code = fault.code(Style::V78);
    tracing::info!(
        code,
        peer,
        request = trace.record.x_request_id,
        why = fault.message,
        "a message of a peer was refused"
    );
    trace.record.fault(code, &fault.message);
    fault
}

fn framed(framed: Framed) -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::Framed(Box::new(framed)));
    response.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

fn turned_away(status: StatusCode, sentence: &'static str) -> Response<Outgoing> {
    let mut response =
        Response::new(Outgoing::Plain(Stored::from(bytes::Bytes::from_static(sentence.as_bytes())).into()));
    *response.status_mut() = status;
    response.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static("text/plain;charset=utf-8"));
    // What it sends is not read.
    response.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_kept(error: EvidenceError) -> Fault {
    Fault::provider_side(error.leaf(), error.to_string())
}

fn invalid(why: &str) -> Fault {
    Fault::provider_side(Leaf::InvalidMessage, format!("The message of the consumer's exchange is refused: {why}"))
}

fn incomplete(error: &ReceiveError) -> Fault {
    match error {
        ReceiveError::Signature(why) => {
            Fault::provider_side(Leaf::MissingSignature, format!("The request bears no signature that counts: {why}"))
        }
        ReceiveError::Body(BodyError::TooLarge(_)) => {
            Fault::client(Leaf::BadRequest, format!("The request is refused: {error}"))
        }
        ReceiveError::Body(BodyError::Spool(_)) => {
            tracing::error!(error = %error, "a request could not be spooled");
            Fault::provider_side(Leaf::InternalError, "The body of the request could not be kept")
        }
        ReceiveError::Silent | ReceiveError::Broken | ReceiveError::Wire(_) => invalid(&error.to_string()),
    }
}

/// What the head of a message says, read by the same rules as a request at the door.
struct Told {
    method: Method,
    address: Address,
    head: RequestHead,
    message_id: String,
    request_id: String,
    lines: Vec<Line>,
}

impl Told {
    fn read(bytes: &[u8], longest_target: usize) -> Result<Self, Fault> {
        let form = || invalid("its head has another form than agreed");
        let (method, target, lines) = canonical::read(bytes).ok_or_else(form)?;
        if lines.len() > MOST_LINES {
            return Err(form());
        }
        let mut map = HeaderMap::new();
        for (name, value) in &lines {
            map.append(name.clone(), value.clone());
        }
        let head = headers::read_request(&map)?;
        // What the door would not let pass must not come this way either.
        let others = lines.iter().filter(|(name, _)| *name != headers::REQUEST_ID);
        let mut request_ids = lines.iter().filter(|(name, _)| *name == headers::REQUEST_ID);
        let request_id = request_ids.next().and_then(|(_, value)| value.to_str().ok()).filter(|id| !id.is_empty());
        let (Some(request_id), None, true, Some(message_id)) =
            (request_id, request_ids.next(), others.eq(head.lines.iter()), head.message_id.clone())
        else {
            return Err(form());
        };
        let request_id = request_id.to_owned();
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| form())?;
        let address = Address::parse(&target, longest_target)?;
        Ok(Self { method, address, head, message_id, request_id, lines })
    }

    /// The request as it is kept and passed on: the very bytes that were signed.
    fn asked(self, message: Message, client: ClientId, decision: &Decision, now: Timestamp) -> Asked {
        let Message { bytes, body, body_digest, .. } = message;
        let head = self.head;
        let record = RequestRecord {
            at: now,
            message_id: self.message_id,
            request_id: self.request_id,
            client,
            service: self.address.service,
            agreement: decision.grant().map(|grant| (grant.agreement.id.clone(), grant.agreement.version)),
            user_id: head.user_id,
            issue: head.issue,
            purpose: head.purpose,
            procedure: head.procedure,
            hash: request_hash(&bytes, body_digest.as_ref()),
            bytes,
            body,
            body_digest,
        };
        Asked { record, lines: self.lines }
    }
}
