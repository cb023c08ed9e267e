//! A load of constant rate (open loop): a request leaves when it is due, whether earlier ones were answered or not, and its
//! latency counts from that moment, so that a server that stalls cannot hide it by being asked less.
//!
//! `haidang-bench-rate RATE SECONDS URL [NAME:VALUE…]` asks a loopback address and prints one line:
//! `sent failed p50_us p99_us max_us`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{HeaderMap, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Longest time that an answer may take; a later one has failed.
const LONGEST: Duration = Duration::from_secs(10);

/// One place to ask, with connections that stay open between requests.
struct Target {
    address: SocketAddr,
    path: String,
    headers: HeaderMap,
    idle: Mutex<Vec<SendRequest<Empty<Bytes>>>>,
}

impl Target {
    fn new(url: &str, headers: &[String]) -> Result<Target> {
        let url: Uri = url.parse().with_context(|| url.to_owned())?;
        let authority = url.authority().context("the address has no host")?;
        let address: SocketAddr = authority.as_str().parse().context("write an IP address and a port")?;
        ensure!(address.ip().is_loopback(), "{address} is another machine");
        let mut known = HeaderMap::new();
        known.insert(HOST, HeaderValue::from_str(authority.as_str())?);
        for header in headers {
            let (name, value) = header.split_once(':').context("a header is NAME:VALUE")?;
            known.append(HeaderName::try_from(name.trim())?, HeaderValue::from_str(value.trim())?);
        }
        let path = url.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        Ok(Target { address, path, headers: known, idle: Mutex::default() })
    }

    /// A connection that waits, or a new one: an open loop never waits for one.
    async fn connection(&self) -> Result<SendRequest<Empty<Bytes>>> {
        while let Some(sender) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            if !sender.is_closed() {
                return Ok(sender);
            }
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn ask(&self) -> Result<()> {
        let mut sender = self.connection().await?;
        sender.ready().await?;
        let mut request = Request::get(self.path.as_str()).body(Empty::new())?;
        *request.headers_mut() = self.headers.clone();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        ensure!(status.is_success(), "{status}");
        Ok(())
    }
}

/// The latencies of all that were answered, and how many were not.
async fn load(target: Arc<Target>, rate: u32, seconds: u32) -> (Vec<Duration>, usize) {
    let pause = Duration::from_secs(1) / rate;
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for turn in 0..rate * seconds {
        let due = begun + pause * turn;
        tokio::time::sleep_until(due.into()).await;
        let target = target.clone();
        running.spawn(async move {
            let answered = tokio::time::timeout(LONGEST, target.ask()).await;
            matches!(answered, Ok(Ok(()))).then(|| due.elapsed())
        });
    }
    let mut latencies = Vec::new();
    let mut failed = 0;
    while let Some(done) = running.join_next().await {
        match done {
            Ok(Some(latency)) => latencies.push(latency),
            _ => failed += 1,
        }
    }
    latencies.sort_unstable();
    (latencies, failed)
}

/// The latency that this share of all, in per cent, did not exceed; in microseconds.
fn percentile(sorted: &[Duration], share: usize) -> u128 {
    let place = (sorted.len() * share).div_ceil(100).max(1) - 1;
    sorted.get(place).map_or(0, Duration::as_micros)
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [rate, seconds, url, headers @ ..] = words.as_slice() else {
        writeln!(std::io::stderr(), "haidang-bench-rate RATE SECONDS URL [NAME:VALUE…]")?;
        return Ok(ExitCode::from(2));
    };
    let (rate, seconds): (u32, u32) = (rate.parse().context("RATE")?, seconds.parse().context("SECONDS")?);
    ensure!((1..=10_000).contains(&rate) && (1..=600).contains(&seconds), "1 to 10000 a second for 1 to 600 seconds");
    let (latencies, failed) = load(Arc::new(Target::new(url, headers)?), rate, seconds).await;
    let (middle, tail) = (percentile(&latencies, 50), percentile(&latencies, 99));
    let most = latencies.last().map_or(0, Duration::as_micros);
    writeln!(std::io::stdout(), "{} {failed} {middle} {tail} {most}", latencies.len() + failed)?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
