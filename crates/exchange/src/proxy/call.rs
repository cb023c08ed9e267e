//! The walk of a call: read, judge, count, take the body, keep proof, ask the provider, cut the answer down, keep proof,
//! answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::keyed::hmac_sha256;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use jiff::Timestamp;

use super::body::{Collector, Playback, Stored};
use super::download::is_download;
use super::evidence::{Evidence, RequestRecord, ResponseRecord};
use super::limits::Limits;
use super::metadata::{list_clients, metadata};
use super::provider::{CallError, Provider};
use super::reading::{Arrived, Treatment};
use super::tls::Identity;
use super::usage::{self, Watch};
use crate::directory::{Directory, Service};
use crate::rules::address::Address;
use crate::rules::canonical::{request_bytes, request_hash, response_bytes};
use crate::rules::credential::Shown;
use crate::rules::decide::{Decision, Grant, decide, identify, represented_party};
use crate::rules::fault::{Fault, Leaf, Media};
use crate::rules::headers::{self, Line, RequestHead};
use crate::rules::identifier::{ClientId, ServiceId};
use crate::rules::quota::Meter;
use crate::rules::record::OperationalRecord;
use crate::usage::UsageRecord;

/// Version of X-Road's message protocol for REST.
const PROTOCOL: &str = "1.0.4";

/// The figures of the process, as text.
type Figures = Box<dyn Fn() -> String + Send + Sync>;

/// The exchange of one city: its directory now, and what it counts.
pub struct Exchange {
    directory: ArcSwap<Directory>,
    identity: Arc<ArcSwapOption<Identity>>,
    ambient: Ambient,
    limits: Limits,
    evidence: Arc<dyn Evidence>,
    providers: RwLock<HashMap<ServiceId, Arc<Provider>>>,
    meters: Mutex<HashMap<String, Meter>>,
    /// Tells the figures of the process at `/metrics`, on the plain port of this machine.
    figures: OnceLock<Figures>,
    /// Acting users are counted under digests with this key of the process.
    user_key: [u8; 32],
}

/// What is known of a call, for its record.
struct Trace {
    record: OperationalRecord,
    client: Option<ClientId>,
}

/// A request that was judged, read and recorded.
struct Asked {
    record: RequestRecord,
    lines: Vec<Line>,
}

impl Exchange {
    /// An exchange with this directory.
    pub fn new(directory: Directory, ambient: Ambient, limits: Limits, evidence: Arc<dyn Evidence>) -> Arc<Self> {
        Arc::new(Self {
            directory: ArcSwap::from_pointee(directory),
            identity: Arc::default(),
            user_key: ambient.bytes(),
            ambient,
            limits,
            evidence,
            providers: RwLock::default(),
            meters: Mutex::default(),
            figures: OnceLock::new(),
        })
    }

    /// Says who tells the figures of the process; without one there is no `/metrics`. The first word counts.
    pub fn tell_figures(&self, figures: impl Fn() -> String + Send + Sync + 'static) {
        let _ = self.figures.set(Box::new(figures));
    }

    /// The directory that calls are judged by.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// Judges calls by another directory from now on; calls under way end as they began. What was counted for agreements
    /// and learnt about providers stays, as far as they are still there.
    pub fn replace(&self, directory: Directory) {
        self.providers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id, provider| directory.service(id).is_some_and(|service| provider.serves(service)));
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|id, _| directory.knows_agreement(id));
        drop(meters);
        self.directory.store(Arc::new(directory));
    }

    /// Shows this certificate at every handshake from now on, to callers and to providers that ask for one.
    pub fn present(&self, identity: Identity) {
        self.identity.store(Some(Arc::new(identity)));
    }

    pub(super) fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.load_full()
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn evidence(&self) -> &dyn Evidence {
        self.evidence.as_ref()
    }

    /// Answers one request of a caller that showed this.
    pub(super) async fn handle(&self, request: Request<Incoming>, shown: &Shown) -> Response<Playback> {
        let directory = self.directory.load_full();
        let (parts, body) = request.into_parts();
        if parts.uri.path() == "/metrics"
            && let Some(figures) = self.figures.get()
            && *shown == Shown::Plain
        {
            return plain(StatusCode::OK, "text/plain; version=0.0.4", figures());
        }
        if is_download(parts.uri.path()) {
            return self.download(&directory, &parts, shown, self.ambient.now()).await;
        }
        let now = self.ambient.now();
        let mut trace = Trace {
            record: OperationalRecord {
                security_server_type: "Client",
                request_in_ts: now.as_millisecond(),
                rest_method: parts.method.as_str().chars().take(16).collect(),
                message_protocol_version: PROTOCOL,
                x_request_id: self.ambient.new_id::<Self>().as_str().to_owned(),
                ..OperationalRecord::default()
            },
            client: None,
        };
        let response = if parts.uri.path() == "/listClients" {
            list_clients(&directory, &parts)
        } else {
            self.walk(&directory, &parts, body, shown, now, &mut trace).await
        };
        let response = response.unwrap_or_else(|fault| self.refuse(&directory, &parts.headers, &fault, &mut trace));
        let now = self.ambient.now();
        trace.record.monitoring_data_ts = now.as_second();
        trace.record.response_out_ts = now.as_millisecond();
        trace.record.status_code = response.status().as_u16();
        super::figures::count(&trace.record);
        self.evidence.observe(trace.record);
        response
    }

    fn refuse(
        &self,
        directory: &Directory,
        headers: &HeaderMap,
        fault: &Fault,
        trace: &mut Trace,
    ) -> Response<Playback> {
        let code = fault.code(directory.style(trace.client.as_ref()));
        let detail = self.ambient.new_id::<Fault>();
        tracing::info!(code, detail = detail.as_str(), request = trace.record.x_request_id, "a call was refused");
        let media = Media::accepted(headers::accept(headers));
        let mut response =
            plain(fault.status(), media.content_type(), media.body(&code, &fault.message, detail.as_str()));
        if let Ok(code) = HeaderValue::from_str(&code) {
            response.headers_mut().append(headers::ERROR, code);
        }
        if fault.leaf == Leaf::BadRequest {
            // Whoever wrote this may frame messages differently than we do: nothing that follows is read.
            response.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(seconds) = fault.retry_after {
            response.headers_mut().append(RETRY_AFTER, HeaderValue::from(seconds));
        }
        trace.record.fault(code, &fault.message);
        response
    }

    async fn walk(
        &self,
        directory: &Directory,
        parts: &Parts,
        body: Incoming,
        shown: &Shown,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Response<Playback>, Fault> {
        let head = headers::read_request(&parts.headers);
        // The caller's style of errors holds for all of them, also those found before it is known to be the caller.
        trace.client = head.as_ref().ok().and_then(|head| head.client.as_deref()).and_then(ClientId::parse);
        let target = match (parts.uri.authority(), parts.uri.path_and_query()) {
            (None, Some(target)) => target.as_str(),
            _ => return Err(Fault::client(Leaf::BadRequest, "The request target must be a path")),
        };
        let address = Address::parse(target, self.limits.target_bytes)?;
        let head = head?;
        let client = identify(directory, &head, shown, now)?;
        trace.record.client(&client);
        trace.record.service(&address.service);
        let decision = decide(directory, parts.method.as_str(), &address, &head, &client, now)?;
        let represented =
            head.represented_party.as_deref().and_then(|text| represented_party(directory.instance(), text));
        if let Some(member) = represented.filter(|id| directory.member(id).is_some()) {
            trace.record.represented(&member);
        }
        let grant = match &decision {
            Decision::Metadata(_) => None,
            Decision::Pass(grant) => Some(grant),
        };
        let provider = grant.map(|grant| self.provider(&grant.service)).transpose()?;
        if let (Some(grant), Some(provider)) = (grant, &provider) {
            trace.record.service_version = grant.service.version.clone();
            trace.record.service_type = Some(grant.service.kind.word());
            trace.record.rest_path = Some(grant.template().to_owned());
            self.count(grant, &head, now)?;
            if let Some(seconds) = provider.refuses(now) {
                return Err(open(seconds));
            }
        }
        let asked = self.take(directory, parts, body, head, client, &address, grant, now).await?;
        let record = &asked.record;
        trace.record.message_id = Some(record.message_id.clone());
        trace.record.request_size = record.bytes.len() as u64 + record.body.length();
        trace.record.request_attachment_count = u8::from(record.body_digest.is_some());
        trace.record.x_request_id.clone_from(&record.request_id);
        self.evidence.request(record).await.map_err(|error| Fault::consumer_side(error.leaf(), error.to_string()))?;
        let mut arrived = match (&decision, &provider) {
            (Decision::Pass(grant), Some(provider)) => {
                self.ask(grant, provider, parts, &address, &asked, trace).await?
            }
            (Decision::Metadata(provider), _) => metadata(directory, provider, &address, &record.client, now)?,
            (Decision::Pass(_), None) => {
                return Err(Fault::provider_side(Leaf::InternalError, "The provider is not known"));
            }
        };
        let usage = match grant {
            Some(grant) => {
                usage::of_call(directory, grant, parts, &address, &asked.record, &mut arrived, &self.limits).await
            }
            None => None,
        };
        self.deliver(&asked.record, arrived, usage, trace).await
    }

    fn provider(&self, service: &Service) -> Result<Arc<Provider>, Fault> {
        let known = self.providers.read().unwrap_or_else(PoisonError::into_inner).get(&service.id).cloned();
        if let Some(provider) = known.filter(|provider| provider.serves(service)) {
            return Ok(provider);
        }
        let mut providers = self.providers.write().unwrap_or_else(PoisonError::into_inner);
        match providers.get(&service.id).filter(|provider| provider.serves(service)) {
            // Another call was faster.
            Some(provider) => Ok(provider.clone()),
            None => {
                let provider = Arc::new(Provider::new(service, &self.identity, &self.ambient)?);
                providers.insert(service.id.clone(), provider.clone());
                Ok(provider)
            }
        }
    }

    fn count(&self, grant: &Grant, head: &RequestHead, now: Timestamp) -> Result<(), Fault> {
        let agreement = &grant.agreement;
        let user = head.user_id.as_ref().map(|user| {
            let mut digest = [0; 16];
            digest.iter_mut().zip(hmac_sha256(&self.user_key, user.as_bytes())).for_each(|(to, from)| *to = from);
            digest
        });
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = match meters.get_mut(&agreement.id) {
            Some(meter) => meter,
            None => meters.entry(agreement.id.clone()).or_default(),
        };
        meter.take(&agreement.quota, user, now).map_err(|exceeded| {
            Fault::client(Leaf::QuotaExceeded, format!("The quota of the agreement is used up: {}", exceeded.limit))
                .retry_after(exceeded.retry_after)
        })
    }

    /// Takes the body to its end and makes the message that is hashed, recorded and sent.
    #[expect(clippy::too_many_arguments, reason = "everything that is known of a call becomes its record here")]
    async fn take(
        &self,
        directory: &Directory,
        parts: &Parts,
        body: Incoming,
        head: RequestHead,
        client: ClientId,
        address: &Address,
        grant: Option<&Grant>,
        now: Timestamp,
    ) -> Result<Asked, Fault> {
        let limits = &self.limits;
        let mut collector =
            Collector::new(&limits.spool, limits.memory_bytes, limits.body_bytes, body.size_hint().exact());
        super::reading::request(body, &mut collector, limits).await?;
        let (body, body_digest) = collector.finish().await.map_err(super::reading::kept)?;
        let request_id = self.ambient.new_id::<Self>().as_str().to_owned();
        let mut lines = head.lines;
        lines.push((headers::REQUEST_ID, value(&request_id)?));
        let message_id = match head.message_id {
            Some(id) => id,
            None => {
                let id = format!("{}-{}", directory.instance(), self.ambient.new_id::<Self>().as_str());
                lines.push((headers::MESSAGE_ID, value(&id)?));
                id
            }
        };
        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        // A header map groups repeats behind the first of their name: hashed is what will be sent.
        let lines = grouped(lines);
        let bytes = Bytes::from(request_bytes(parts.method.as_str(), target, shown(&lines)));
        let hash = request_hash(&bytes, body_digest.as_ref());
        let record = RequestRecord {
            at: now,
            message_id,
            request_id,
            client,
            service: address.service.clone(),
            agreement: grant.map(|grant| (grant.agreement.id.clone(), grant.agreement.version)),
            user_id: head.user_id,
            issue: head.issue,
            purpose: head.purpose,
            procedure: head.procedure,
            bytes,
            body,
            body_digest,
            hash,
        };
        Ok(Asked { record, lines })
    }

    /// Asks the provider and takes its answer to its end.
    async fn ask(
        &self,
        grant: &Grant,
        provider: &Provider,
        parts: &Parts,
        address: &Address,
        asked: &Asked,
        trace: &mut Trace,
    ) -> Result<Arrived, Fault> {
        let service = &*grant.service;
        let request = outgoing(service, parts, address, asked)?;
        let slot = provider.slot(service).await?;
        let permit = match provider.permit(self.ambient.now()) {
            crate::rules::breaker::Permit::Refused { retry_after } => return Err(open(retry_after)),
            permit => permit,
        };
        trace.record.request_out_ts = Some(self.ambient.now().as_millisecond());
        let asking = async {
            let mut answer = provider.send(service, slot, request, &self.ambient).await?;
            let began = self.ambient.now();
            let treatment = Treatment::of(&grant.agreement.delivery, &answer.response, &self.limits)?;
            let watch = Watch::over(grant, parts, address, &answer.response, &self.limits);
            let arrived = super::reading::response(&mut answer.response, treatment, watch, &self.limits).await;
            if arrived.is_ok() {
                provider.give_back(answer, &self.ambient);
            }
            arrived.map(|arrived| (arrived, began))
        };
        let outcome = match tokio::time::timeout(service.timeouts.total, asking).await {
            Ok(outcome) => outcome,
            Err(_) => Err(CallError::Timeout.into()),
        };
        let good = match &outcome {
            Ok((arrived, _)) => !matches!(arrived.status.as_u16(), 502..=504),
            // What we refuse to deliver is no failure of the connection.
            Err(fault) => {
                !matches!(fault.leaf, Leaf::NetworkError | Leaf::IoError | Leaf::UnknownHost)
                    && fault.cause != Some(Leaf::SslAuthenticationFailed)
            }
        };
        provider.record(permit, good, self.ambient.now());
        let (arrived, began) = outcome?;
        trace.record.response_in_ts = Some(began.as_millisecond());
        Ok(arrived)
    }

    /// Writes the head of the answer, keeps proof, and answers.
    async fn deliver(
        &self,
        asked: &RequestRecord,
        arrived: Arrived,
        usage: Option<UsageRecord>,
        trace: &mut Trace,
    ) -> Result<Response<Playback>, Fault> {
        let now = self.ambient.now();
        let mut lines = headers::read_response(&arrived.headers, arrived.unfiltered_digest.is_some());
        if !lines.iter().any(|(name, _)| name == DATE) {
            let mut date = String::with_capacity(32);
            if jiff::fmt::rfc2822::DateTimePrinter::new().print_timestamp_rfc9110(&now, &mut date).is_ok() {
                lines.push((DATE, value(&date)?));
            }
        }
        lines.push((headers::MESSAGE_ID, value(&asked.message_id)?));
        lines.push((headers::CLIENT, value(&asked.client.to_string())?));
        lines.push((headers::SERVICE, value(&asked.service.to_string())?));
        lines.push((headers::REQUEST_ID, value(&asked.request_id)?));
        lines.push((headers::REQUEST_HASH, value(&asked.hash)?));
        let lines = grouped(lines);
        let reason = arrived.status.canonical_reason().unwrap_or_default();
        let record = ResponseRecord {
            at: now,
            bytes: Bytes::from(response_bytes(arrived.status.as_u16(), reason, shown(&lines))),
            body: arrived.body,
            body_digest: arrived.body_digest,
            unfiltered_digest: arrived.unfiltered_digest,
            usage: usage.map(|usage| Box::new(UsageRecord { at: now, ..usage })),
        };
        let proof = self.evidence.response(asked, &record).await;
        proof.map_err(|error| Fault::provider_side(error.leaf(), error.to_string()))?;
        trace.record.response_size = Some(record.bytes.len() as u64 + record.body.length());
        trace.record.response_attachment_count = Some(u8::from(record.body_digest.is_some()));
        trace.record.succeeded = arrived.status.as_u16() < 400;
        let mut response = Response::new(Playback::from(record.body));
        *response.status_mut() = arrived.status;
        for (name, value) in lines {
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}

fn open(seconds: u64) -> Fault {
    Fault::provider_side(Leaf::BreakerOpen, "The provider failed too often and is left alone for a while")
        .retry_after(seconds)
}

fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Fault::client(Leaf::BadRequest, "An identifier of the message cannot stand in a header"))
}

/// Repeats behind the first of their name, in the order in which a header map writes them.
fn grouped(lines: Vec<Line>) -> Vec<Line> {
    let mut order: HashMap<HeaderName, usize> = HashMap::with_capacity(lines.len());
    let mut placed: Vec<(usize, Line)> = Vec::with_capacity(lines.len());
    for (place, line) in lines.into_iter().enumerate() {
        let first = *order.entry(line.0.clone()).or_insert(place);
        placed.push((first, line));
    }
    placed.sort_by_key(|(first, _)| *first);
    placed.into_iter().map(|(_, line)| line).collect()
}

fn shown(lines: &[Line]) -> impl Iterator<Item = (&str, &[u8])> {
    lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
}

/// The request as the provider gets it: the lines that were hashed, path and query byte for byte.
fn outgoing(service: &Service, parts: &Parts, address: &Address, asked: &Asked) -> Result<Request<Playback>, Fault> {
    let mut target = service.address.base_path.clone();
    target.push_str(&address.path);
    if target.is_empty() {
        target.push('/');
    }
    if let Some(query) = &address.query {
        target.push('?');
        target.push_str(query);
    }
    let mut request = Request::new(Playback::from(asked.record.body.clone()));
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() =
        target.parse().map_err(|_| Fault::client(Leaf::BadRequest, "The path cannot be passed to the provider"))?;
    let headers = request.headers_mut();
    headers.append(HOST, value(&service.address.authority)?);
    for (name, value) in &asked.lines {
        headers.append(name.clone(), value.clone());
    }
    Ok(request)
}

pub(super) fn plain(status: StatusCode, content_type: &'static str, body: String) -> Response<Playback> {
    let mut response = Response::new(Playback::from(Stored::from(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
