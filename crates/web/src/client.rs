//! Calls to addresses that somebody else chose: webhooks, imports, feeds.
//!
//! No private range is reached unless its name is allowed, whatever a name resolves to at the moment of the call and
//! wherever a redirect leads; every call is bounded in time and size.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode, Url};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// What one call may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundLimits {
    /// Whole time of a call, redirects included.
    pub timeout: Duration,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Largest answer in bytes.
    pub answer_bytes: usize,
    /// Most redirects of a reading call; others are never followed.
    pub redirects: usize,
}

impl Default for OutboundLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            answer_bytes: 1024 * 1024,
            redirects: 3,
        }
    }
}

/// Why a call was not made or did not end. The texts carry no address: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// No `https` address (or `http` to an allowed name).
    #[error("the address is not one we call")]
    Address,
    /// The name stands for, or the address is, a private or special range.
    #[error("the address lies in a private range")]
    Private,
    /// The name does not resolve or nobody answers.
    #[error("the other side does not answer")]
    Unreachable,
    /// The other side took too long.
    #[error("the other side took too long")]
    Timeout,
    /// The answer is larger than the limit.
    #[error("the answer is too large")]
    TooLarge,
    /// More redirects than the limit.
    #[error("too many redirects")]
    Redirects,
    /// The client itself could not be made.
    #[error("the client could not be made")]
    Client,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct OutboundAnswer {
    /// Status.
    pub status: u16,
    /// Value of `Content-Type`.
    pub media_type: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// The guarded client. Cheap to clone.
#[derive(Clone)]
pub struct Guarded {
    client: Client,
    names: Arc<BTreeSet<String>>,
    limits: OutboundLimits,
}

impl Guarded {
    /// A client that may reach private ranges, and plain `http`, only under these host names.
    ///
    /// # Errors
    /// [`OutboundError::Client`] when the machine has no certificates to trust.
    pub fn new(names: impl IntoIterator<Item = String>, limits: OutboundLimits) -> Result<Self, OutboundError> {
        // Another part of the process may have installed it before; both are the same provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let names: Arc<BTreeSet<String>> = Arc::new(names.into_iter().map(|n| n.to_ascii_lowercase()).collect());
        let client = Client::builder()
            .user_agent("haidang")
            .no_proxy()
            .redirect(Policy::none())
            .timeout(limits.timeout)
            .connect_timeout(limits.connect_timeout)
            .dns_resolver(Arc::new(PublicOnly { names: names.clone() }))
            .build()
            .map_err(|_| OutboundError::Client)?;
        Ok(Self { client, names, limits })
    }

    /// Reads an address, following redirects within the limits; each step is checked anew.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn get(&self, url: &str) -> Result<OutboundAnswer, OutboundError> {
        self.bounded(async {
            let mut url = Url::parse(url).map_err(|_| OutboundError::Address)?;
            for _ in 0..=self.limits.redirects {
                let response = self.call(Method::GET, &url, HeaderMap::new(), Vec::new()).await?;
                let target = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
                match target.filter(|_| is_redirect(response.status())) {
                    Some(target) => url = url.join(target).map_err(|_| OutboundError::Address)?,
                    None => return self.read(response).await,
                }
            }
            Err(OutboundError::Redirects)
        })
        .await
    }

    /// Reads an address with headers of our own; a redirect is an answer like any other, for a credential that was
    /// given for one address is for no other.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn get_with(&self, url: &str, headers: HeaderMap) -> Result<OutboundAnswer, OutboundError> {
        self.bounded(async {
            let url = Url::parse(url).map_err(|_| OutboundError::Address)?;
            let response = self.call(Method::GET, &url, headers, Vec::new()).await?;
            self.read(response).await
        })
        .await
    }

    /// Sends a body; a redirect is an answer like any other, for what was signed for one address is for no other.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<OutboundAnswer, OutboundError> {
        self.bounded(async {
            let url = Url::parse(url).map_err(|_| OutboundError::Address)?;
            let response = self.call(Method::POST, &url, headers, body).await?;
            self.read(response).await
        })
        .await
    }

    /// Whether an address may be stored as the target of later calls; names are looked up only when they are called.
    ///
    /// # Errors
    /// [`OutboundError::Address`] or [`OutboundError::Private`].
    pub fn check(&self, url: &str) -> Result<(), OutboundError> {
        self.permitted(&Url::parse(url).map_err(|_| OutboundError::Address)?)
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, OutboundError>>) -> Result<T, OutboundError> {
        tokio::time::timeout(self.limits.timeout, work).await.unwrap_or(Err(OutboundError::Timeout))
    }

    fn permitted(&self, url: &Url) -> Result<(), OutboundError> {
        let host = url.host_str().ok_or(OutboundError::Address)?.to_ascii_lowercase();
        let allowed = self.names.contains(&host);
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && allowed);
        if !scheme || !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Address);
        }
        // A literal address never passes the resolver, so it is judged here.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if literal.is_ok_and(|ip| !is_public(ip)) && !allowed { Err(OutboundError::Private) } else { Ok(()) }
    }

    async fn call(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<reqwest::Response, OutboundError> {
        self.permitted(url)?;
        self.client.request(method, url.clone()).headers(headers).body(body).send().await.map_err(|error| fault(&error))
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<OutboundAnswer, OutboundError> {
        let status = response.status().as_u16();
        let media_type =
            response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + chunk.len() > self.limits.answer_bytes {
                return Err(OutboundError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(OutboundAnswer { status, media_type, body })
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// What lies behind a failed call.
fn fault(error: &reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        return OutboundError::Timeout;
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if cause.downcast_ref::<OutboundError>() == Some(&OutboundError::Private) {
            return OutboundError::Private;
        }
        source = cause.source();
    }
    OutboundError::Unreachable
}

/// Resolves names and leaves out every address that is not public; the connection is made to what was judged, so a
/// name cannot change its mind in between.
struct PublicOnly {
    names: Arc<BTreeSet<String>>,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.names.contains(&name.as_str().to_ascii_lowercase());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let kept: Vec<SocketAddr> = found.into_iter().filter(|a| allowed || is_public(a.ip())).collect();
            if kept.is_empty() {
                return Err(OutboundError::Private.into());
            }
            let addresses: Addrs = Box::new(kept.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address leads to this machine, however it is written; one that does not read leads nowhere.
pub fn on_this_machine(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Ok(IpAddr::V6(ip)) => {
            let inner = ip.to_ipv4_mapped();
            ip.is_loopback() || ip.is_unspecified() || inner.is_some_and(|ip| ip.is_loopback() || ip.is_unspecified())
        }
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Whether an address belongs to the open network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)      // this network, private, loopback, multicast and reserved
            | (100, 64..=127, _)              // shared by carriers
            | (169, 254, _)                   // link local, where clouds keep their secrets
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)                 // protocols, documentation
            | (192, 88, 99)
            | (198, 18 | 19, _)               // measurements
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let parts = ip.segments();
    let inner = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match parts {
        // Old and new ways to write a version 4 address inside.
        [0, 0, 0, 0, 0, 0, high, low] => high != 0 && inner(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        // Tunnels, documentation, discard, benchmarks.
        [0x64, 0xff9b, ..]
        | [0x100, ..]
        | [0x2001, 0x0..=0x1ff, ..]
        | [0x2001, 0xdb8, ..]
        | [0x3fff, ..]
        | [0x5f00, ..] => false,
        // Only what is handed out to the open network.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::{get, post};

    #[test]
    fn only_the_open_network_is_public() {
        let check = |text: &str, expected: bool| assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
        for open in ["8.8.8.8", "203.162.4.190", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            check(open, true);
        }
        for closed in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
            "2001::1",
        ] {
            check(closed, false);
        }
    }

    /// A machine of the inner network that must not be reached, and where it listens.
    async fn inside() -> u16 {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let to_literal = move || async move { Redirect::temporary(&format!("http://127.0.0.1:{port}/secret")) };
        let router = Router::new()
            .route("/secret", get(|| async { "secret" }).post(|| async { "taken" }))
            .route("/to-literal", get(to_literal).post(to_literal))
            .route("/to-file", get(|| async { Redirect::temporary("file:///etc/passwd") }))
            .route("/round", get(|| async { Redirect::temporary("/round") }))
            .route("/once", get(|| async { Redirect::permanent("/secret") }))
            .route("/large", get(|| async { vec![b'x'; 5_000] }))
            .route("/never", post(std::future::pending::<()>));
        tokio::spawn(async move { axum::serve(listener, router).await });
        port
    }

    fn limits() -> OutboundLimits {
        OutboundLimits { timeout: Duration::from_millis(1_500), answer_bytes: 1_000, ..OutboundLimits::default() }
    }

    #[tokio::test]
    async fn the_inner_network_is_out_of_reach_unless_named() {
        let port = inside().await;
        let stranger = Guarded::new([], limits()).unwrap();
        for (url, expected) in [
            (format!("https://127.0.0.1:{port}/secret"), OutboundError::Private),
            (format!("https://[::1]:{port}/secret"), OutboundError::Private),
            (format!("https://[::ffff:127.0.0.1]:{port}/secret"), OutboundError::Private),
            (format!("https://2130706433:{port}/secret"), OutboundError::Private),
            (format!("https://0x7f.1:{port}/secret"), OutboundError::Private),
            (format!("https://localhost:{port}/secret"), OutboundError::Private),
            (format!("http://localhost:{port}/secret"), OutboundError::Address),
            ("https://user:word@example.org/".to_owned(), OutboundError::Address),
            ("file:///etc/passwd".to_owned(), OutboundError::Address),
            ("gopher://example.org/".to_owned(), OutboundError::Address),
            ("nonsense".to_owned(), OutboundError::Address),
        ] {
            assert_eq!(stranger.get(&url).await.err(), Some(expected), "{url}");
        }
        let named = Guarded::new(["LocalHost".to_owned()], limits()).unwrap();
        let url = |path: &str| format!("http://localhost:{port}{path}");
        assert_eq!(named.get(&url("/secret")).await.unwrap().body, b"secret");
        assert_eq!(named.get(&url("/once")).await.unwrap().body, b"secret");
        assert_eq!(named.post(&url("/secret"), HeaderMap::new(), b"x".to_vec()).await.unwrap().body, b"taken");
        for (path, expected) in [
            ("/to-literal", OutboundError::Address),
            ("/to-file", OutboundError::Address),
            ("/round", OutboundError::Redirects),
            ("/large", OutboundError::TooLarge),
        ] {
            assert_eq!(named.get(&url(path)).await.err(), Some(expected), "{path}");
        }
        let moved = named.post(&url("/to-literal"), HeaderMap::new(), Vec::new()).await.unwrap();
        assert_eq!(moved.status, 307, "a signed call is never carried on");
        let moved = named.get_with(&url("/once"), HeaderMap::new()).await.unwrap();
        assert_eq!(moved.status, 308, "nor is a reading that carries a credential");
        let slow =
            Guarded::new(["localhost".to_owned()], OutboundLimits { timeout: Duration::from_millis(50), ..limits() })
                .unwrap();
        assert_eq!(slow.post(&url("/never"), HeaderMap::new(), Vec::new()).await.err(), Some(OutboundError::Timeout));
    }
}
