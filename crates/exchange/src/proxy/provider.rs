//! Calls to one provider: its own connections, its own number of calls at a time, its own breaker. A provider that is
//! dead or slow uses up what is its own and nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use haidang_kernel::ambient::Ambient;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::body::Outgoing;
use super::tls::{Connector, Identity, TlsFailure, refusal_of_us};
use crate::adapters::Host;
use crate::directory::{ProviderAddress, Service};
use crate::rules::breaker::{Breaker, BreakerRules, Permit};
use crate::rules::fault::{Fault, Leaf};

/// A connection that was idle longer is not used again: most servers have closed it by then.
const IDLE: SignedDuration = SignedDuration::from_secs(15);
/// Bytes of a response head.
const HEAD_BYTES: usize = 64 * 1024;

type Sender = SendRequest<Outgoing>;

struct IdleSender {
    sender: Sender,
    since: Timestamp,
}

/// What is shared by all calls to a service.
pub(crate) struct Provider {
    address: ProviderAddress,
    tls: Option<Connector>,
    adapters: Arc<Host>,
    concurrency: usize,
    rules: BreakerRules,
    slots: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<IdleSender>>>,
    breaker: Mutex<Breaker>,
}

/// Why a provider gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("too many calls to this service are under way")]
    Busy,
    #[error("the name of the provider has no address")]
    UnknownHost,
    #[error("the adapter of the service is not there; it must be written and read without complaint")]
    NoAdapter,
    #[error("the provider accepts no connection")]
    Connect,
    #[error("the provider did not answer in time")]
    Timeout,
    #[error("the provider broke off")]
    Broken,
    #[error(transparent)]
    Tls(#[from] TlsFailure),
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        let said = sentence(&error.to_string());
        match error {
            CallError::Busy | CallError::Connect | CallError::Timeout => Fault::provider_side(Leaf::NetworkError, said),
            CallError::UnknownHost | CallError::NoAdapter => Fault::provider_side(Leaf::UnknownHost, said),
            CallError::Broken => Fault::provider_side(Leaf::IoError, said),
            CallError::Tls(_) => Fault::provider_side(Leaf::ServiceFailed, said).because(Leaf::SslAuthenticationFailed),
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// An answer that has begun, with the connection it comes over.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    sender: Sender,
    /// Frees the place of this call when it is over.
    _slot: OwnedSemaphorePermit,
}

impl Provider {
    /// `presented` is what the exchange shows to a provider that asks for a certificate.
    ///
    /// # Errors
    /// `internal_error` when there can be no TLS with a provider of this address.
    pub(crate) fn new(
        service: &Service,
        presented: &Arc<ArcSwapOption<Identity>>,
        adapters: &Arc<Host>,
        ambient: &Ambient,
    ) -> Result<Self, Fault> {
        let address = &service.address;
        let tls = address.tls.as_ref().map(|tls| Connector::new(address, tls, presented.clone(), ambient));
        let tls = tls.transpose().map_err(|error| {
            tracing::error!(service = %service.id, error = %error, "TLS with a provider cannot be prepared");
            Fault::provider_side(Leaf::InternalError, "TLS with the provider cannot be prepared")
        })?;
        Ok(Self {
            address: address.clone(),
            tls,
            adapters: adapters.clone(),
            concurrency: service.concurrency,
            rules: service.breaker,
            slots: Arc::new(Semaphore::new(service.concurrency)),
            idle: Arc::default(),
            breaker: Mutex::new(Breaker::new(service.breaker)),
        })
    }

    /// Whether this is still the provider that the directory means.
    pub(crate) fn serves(&self, service: &Service) -> bool {
        self.address == service.address && self.concurrency == service.concurrency && self.rules == service.breaker
    }

    /// Seconds for which calls are refused.
    pub(crate) fn refuses(&self, now: Timestamp) -> Option<u64> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).refuses(now)
    }

    pub(crate) fn permit(&self, now: Timestamp) -> Permit {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).permit(now)
    }

    pub(crate) fn record(&self, permit: Permit, good: bool, now: Timestamp) {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).record(permit, good, now);
    }

    /// A place among the calls at a time; waiting for one takes no longer than waiting for a connection.
    pub(crate) async fn slot(&self, service: &Service) -> Result<OwnedSemaphorePermit, CallError> {
        match timeout(service.timeouts.connect, self.slots.clone().acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(CallError::Busy),
        }
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// A request goes a second time only when the connection gave it back unsent, which happens when the provider closed
    /// an idle one: then nothing of it has reached anybody, whatever its method. After the first byte nothing is tried
    /// again, not even what is idempotent: the consumer knows better whether it should be.
    pub(crate) async fn send(
        &self,
        service: &Service,
        slot: OwnedSemaphorePermit,
        mut request: Request<Outgoing>,
        ambient: &Ambient,
    ) -> Result<Answer, CallError> {
        loop {
            let (mut sender, fresh) = match self.take_idle(ambient.now()) {
                Some(sender) => (sender, false),
                None => (self.connect(service).await?, true),
            };
            match timeout(service.timeouts.first_byte, sender.try_send_request(request)).await {
                Ok(Ok(response)) => return Ok(Answer { response, sender, _slot: slot }),
                Ok(Err(mut error)) => match error.take_message() {
                    Some(unsent) if !fresh => request = unsent,
                    _ => return Err(refusal_of_us(error.error()).map_or(CallError::Broken, CallError::Tls)),
                },
                Err(_) => return Err(CallError::Timeout),
            }
        }
    }

    fn take_idle(&self, now: Timestamp) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| !kept.sender.is_closed() && now.duration_since(kept.since) < IDLE);
        let place = idle.iter().rposition(|kept| kept.sender.is_ready())?;
        Some(idle.swap_remove(place).sender)
    }

    /// A new connection, proved where it is over TLS; all of it within the time to connect.
    async fn connect(&self, service: &Service) -> Result<Sender, CallError> {
        let connecting = async {
            if let Some(name) = &self.address.adapter {
                return converse(self.adapters.connect(name).ok_or(CallError::NoAdapter)?).await;
            }
            let stream = self.reach().await?;
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(error = %error, "a connection keeps its delay");
            }
            match &self.tls {
                None => converse(stream).await,
                Some(tls) => converse(tls.connect(stream).await.map_err(|_| CallError::Connect)??).await,
            }
        };
        timeout(service.timeouts.connect, connecting).await.map_err(|_| CallError::Timeout)?
    }

    async fn reach(&self) -> Result<TcpStream, CallError> {
        let addresses = tokio::net::lookup_host((self.address.host.as_str(), self.address.port))
            .await
            .map_err(|_| CallError::UnknownHost)?;
        let mut last = CallError::UnknownHost;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(_) => last = CallError::Connect,
            }
        }
        Err(last)
    }

    /// Keeps the connection of an answer that was read to its end.
    pub(crate) fn give_back(&self, mut answer: Answer, ambient: &Ambient) {
        let keep = |idle: &Mutex<Vec<IdleSender>>, sender, since| {
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(IdleSender { sender, since });
        };
        let now = ambient.now();
        if answer.sender.is_ready() {
            keep(&self.idle, answer.sender, now);
        } else if !answer.sender.is_closed() {
            // The task of the connection has yet to notice that the body has ended.
            let idle = self.idle.clone();
            tokio::spawn(async move {
                if answer.sender.ready().await.is_ok() {
                    keep(&idle, answer.sender, now);
                }
            });
        }
    }
}

async fn converse(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Sender, CallError> {
    let (sender, connection) = Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| CallError::Connect)?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = %error, "the connection to a provider ended");
        }
    });
    Ok(sender)
}
