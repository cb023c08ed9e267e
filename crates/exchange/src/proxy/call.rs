//! The walk of a call: read, judge, count, take the body, keep proof, ask the provider, cut the answer down, keep proof,
//! answer. A call to a provider at another exchange leaves it after its body was taken (`transport`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::keyed::hmac_sha256;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use super::body::{Collector, Outgoing, Playback};
use super::composing::{Composed, plain, shown, value};
use super::download::is_download;
use super::evidence::{Evidence, RequestRecord};
use super::limits::Limits;
use super::metadata::{list_clients, metadata};
use super::provider::{CallError, Provider};
use super::reading::{Arrived, Treatment};
use super::tls::Identity;
use super::usage::{self, Watch};
use crate::adapters::{Adapters, Host};
use crate::directory::{Directory, Service};
use crate::rules::address::Address;
use crate::rules::canonical::{request_bytes, request_hash};
use crate::rules::credential::Shown;
use crate::rules::decide::{Decision, Grant, decide, identify, represented_party};
use crate::rules::fault::{Fault, Leaf, Media};
use crate::rules::headers::{self, Line, RequestHead, grouped};
use crate::rules::identifier::{ClientId, ServiceId};
use crate::rules::quota::Meter;
use crate::rules::record::OperationalRecord;

/// Version of X-Road's message protocol for REST.
pub(crate) const PROTOCOL: &str = "1.0.4";

/// The figures of the process, as text.
type Figures = Box<dyn Fn() -> String + Send + Sync>;

/// The exchange of one city: its directory now, and what it counts.
pub struct Exchange {
    directory: ArcSwap<Directory>,
    identity: Arc<ArcSwapOption<Identity>>,
    adapters: Arc<Host>,
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
pub(crate) struct Trace {
    pub(crate) record: OperationalRecord,
    pub(crate) client: Option<ClientId>,
}

/// A request that was judged, read and recorded.
pub(crate) struct Asked {
    pub(crate) record: RequestRecord,
    pub(crate) lines: Vec<Line>,
}

/// A call on its way to a provider.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) method: &'c Method,
    pub(crate) address: &'c Address,
    pub(crate) asked: &'c Asked,
}

impl Asked {
    /// Notes what the request is.
    pub(crate) fn note(&self, record: &mut OperationalRecord) {
        record.message_id = Some(self.record.message_id.clone());
        record.request_size = self.record.bytes.len() as u64 + self.record.body.length();
        record.request_attachment_count = u8::from(self.record.body_digest.is_some());
        record.x_request_id.clone_from(&self.record.request_id);
    }
}

impl Exchange {
    /// An exchange with this directory.
    pub fn new(directory: Directory, ambient: Ambient, limits: Limits, evidence: Arc<dyn Evidence>) -> Arc<Self> {
        let identity: Arc<ArcSwapOption<Identity>> = Arc::default();
        Arc::new(Self {
            directory: ArcSwap::from_pointee(directory),
            adapters: Host::new(identity.clone(), ambient.clone()),
            identity,
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
            .retain(|id, provider| directory.called(id).is_some_and(|service| provider.serves(service)));
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|id, _| directory.knows_agreement(id));
        drop(meters);
        self.directory.store(Arc::new(directory));
        self.tell_lacking_adapters();
    }

    /// Seconds for which calls to a service are refused because its provider failed; `None` while it is called.
    pub fn resting(&self, service: &ServiceId) -> Option<u64> {
        let providers = self.providers.read().unwrap_or_else(PoisonError::into_inner);
        providers.get(service)?.refuses(self.ambient.now())
    }

    /// Shows this certificate at every handshake from now on, to callers and to providers that ask for one.
    pub fn present(&self, identity: Identity) {
        self.identity.store(Some(Arc::new(identity)));
    }

    /// Asks through these adapters from now on; calls under way end as they began.
    pub fn adapt(&self, adapters: Adapters) {
        self.adapters.replace(adapters);
        self.tell_lacking_adapters();
    }

    /// A service whose adapter is not there is told now, not by the first caller.
    fn tell_lacking_adapters(&self) {
        for what in self.adapters.lacking(&self.directory()) {
            tracing::error!(what, "a service cannot be called");
        }
    }

    pub(super) fn identity(&self) -> Option<Arc<Identity>> {
        self.identity.load_full()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    pub(crate) fn evidence(&self) -> &dyn Evidence {
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
        let mut trace = self.trace("Client", &parts.method, now);
        let response = if parts.uri.path() == "/listClients" {
            list_clients(&directory, &parts)
        } else {
            self.walk(&directory, &parts, body, shown, now, &mut trace).await
        };
        let response = response.unwrap_or_else(|fault| self.refuse(&directory, &parts.headers, &fault, &mut trace));
        self.observe(trace, response.status());
        response
    }

    /// Tells the record of a call that is over.
    pub(crate) fn observe(&self, mut trace: Trace, status: StatusCode) {
        let now = self.ambient.now();
        trace.record.monitoring_data_ts = now.as_second();
        trace.record.response_out_ts = now.as_millisecond();
        trace.record.status_code = status.as_u16();
        super::figures::count(&trace.record);
        self.evidence.observe(trace.record);
    }

    /// The record of a call that begins.
    pub(crate) fn trace(&self, security_server_type: &'static str, method: &Method, now: Timestamp) -> Trace {
        Trace {
            record: OperationalRecord {
                security_server_type,
                request_in_ts: now.as_millisecond(),
                rest_method: method.as_str().chars().take(16).collect(),
                message_protocol_version: PROTOCOL,
                x_request_id: self.ambient.new_id::<Self>().as_str().to_owned(),
                ..OperationalRecord::default()
            },
            client: None,
        }
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
        if let Decision::Forward(peer) = &decision {
            self.line(peer, now)?;
            let asked = self.take(directory, parts, body, head, client, &address, None, now).await?;
            asked.note(&mut trace.record);
            return self.forward(directory, peer, asked.record, trace).await;
        }
        let provider = self.ready(directory, &decision, &head, now, trace)?;
        let grant = decision.grant();
        let asked = self.take(directory, parts, body, head, client, &address, grant, now).await?;
        asked.note(&mut trace.record);
        let record = &asked.record;
        self.evidence.request(record).await.map_err(|error| Fault::consumer_side(error.leaf(), error.to_string()))?;
        let call = Call { method: &parts.method, address: &address, asked: &asked };
        let arrived = self.obtain(directory, &decision, provider.as_deref(), call, now, trace).await?;
        let composed = Composed::new(record, arrived, self.ambient.now())?;
        let proof = self.evidence.response(record, &composed.record).await;
        proof.map_err(|error| Fault::provider_side(error.leaf(), error.to_string()))?;
        composed.note(&mut trace.record);
        Ok(composed.response())
    }

    /// What a call that passed judgement still needs: its provider, a place in its quota, a closed breaker. There is no
    /// provider for metadata.
    pub(crate) fn ready(
        &self,
        directory: &Directory,
        decision: &Decision,
        head: &RequestHead,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Option<Arc<Provider>>, Fault> {
        let represented =
            head.represented_party.as_deref().and_then(|text| represented_party(directory.instance(), text));
        if let Some(member) = represented.filter(|id| directory.member(id).is_some()) {
            trace.record.represented(&member);
        }
        let Some(grant) = decision.grant() else { return Ok(None) };
        let provider = self.provider(&grant.service)?;
        trace.record.service_version = grant.service.version.clone();
        trace.record.service_type = Some(grant.service.kind.word());
        trace.record.rest_path = Some(grant.template().to_owned());
        self.count(grant, head, now)?;
        match provider.refuses(now) {
            Some(seconds) => Err(open(seconds)),
            None => Ok(Some(provider)),
        }
    }

    /// The answer to a request that is kept: of the provider, or of the directory.
    pub(crate) async fn obtain(
        &self,
        directory: &Directory,
        decision: &Decision,
        provider: Option<&Provider>,
        call: Call<'_>,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Arrived, Fault> {
        match (decision, provider) {
            (Decision::Pass(grant), Some(provider)) => {
                let mut arrived = self.ask(grant, provider, call, trace).await?;
                arrived.usage = usage::of_call(directory, grant, call, &mut arrived, &self.limits).await;
                Ok(arrived)
            }
            (Decision::Metadata(provider), _) => {
                metadata(directory, provider, call.address, &call.asked.record.client, now)
            }
            (Decision::Pass(_) | Decision::Forward(_), _) => {
                Err(Fault::provider_side(Leaf::InternalError, "The provider is not known"))
            }
        }
    }

    pub(crate) fn provider(&self, service: &Service) -> Result<Arc<Provider>, Fault> {
        let known = self.providers.read().unwrap_or_else(PoisonError::into_inner).get(&service.id).cloned();
        if let Some(provider) = known.filter(|provider| provider.serves(service)) {
            return Ok(provider);
        }
        let mut providers = self.providers.write().unwrap_or_else(PoisonError::into_inner);
        match providers.get(&service.id).filter(|provider| provider.serves(service)) {
            // Another call was faster.
            Some(provider) => Ok(provider.clone()),
            None => {
                let provider = Arc::new(Provider::new(service, &self.identity, &self.adapters, &self.ambient)?);
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
        call: Call<'_>,
        trace: &mut Trace,
    ) -> Result<Arrived, Fault> {
        let service = &*grant.service;
        let request = outgoing(service, call)?;
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
            let watch = Watch::over(grant, call, &answer.response, &self.limits);
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
}

pub(crate) fn open(seconds: u64) -> Fault {
    Fault::provider_side(Leaf::BreakerOpen, "The provider failed too often and is left alone for a while")
        .retry_after(seconds)
}

/// The request as the provider gets it: the lines that were hashed, path and query byte for byte.
fn outgoing(service: &Service, call: Call<'_>) -> Result<Request<Outgoing>, Fault> {
    let Call { method, address, asked } = call;
    let mut target = service.address.base_path.clone();
    target.push_str(&address.path);
    if target.is_empty() {
        target.push('/');
    }
    if let Some(query) = &address.query {
        target.push('?');
        target.push_str(query);
    }
    let mut request = Request::new(Outgoing::Plain(asked.record.body.clone().into()));
    *request.method_mut() = method.clone();
    *request.uri_mut() =
        target.parse().map_err(|_| Fault::client(Leaf::BadRequest, "The path cannot be passed to the provider"))?;
    let headers = request.headers_mut();
    headers.append(HOST, value(&service.address.authority)?);
    for (name, value) in &asked.lines {
        headers.append(name.clone(), value.clone());
    }
    Ok(request)
}
