//! Listening, bounded in connections, sizes and time; and letting calls fail as rules say, down to the connection.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::faults::{Fate, Kind, Strike, error_of};
use super::messages::{Answer, Asked, BODY};
use super::{MARKER, NationalSimulator, SOURCE, SOURCE_TEXT, System, control, pages, tokens};

/// Connections at a time; more wait in the queue of the system.
const CONNECTIONS: usize = 512;
/// Bytes of the head of a request.
const HEAD: usize = 32 * 1024;
/// Time for the head, then for the body of a request.
const ARRIVAL: Duration = Duration::from_secs(20);
/// How long a call that is never answered is held at most.
const HELD: Duration = Duration::from_secs(600);

/// The connection ends here.
#[derive(Debug, thiserror::Error)]
#[error("the simulator ends this connection on purpose")]
pub(super) struct Ended;

type Sent = Response<UnsyncBoxBody<Bytes, Ended>>;
type Answering = Pin<Box<dyn Future<Output = Result<Sent, Ended>> + Send>>;

/// Serves until `shutdown` ends.
pub(super) async fn run(
    simulator: Arc<NationalSimulator>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { break };
        let stream = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match stream {
            Ok((stream, _)) => {
                let simulator = simulator.clone();
                connections.spawn(async move {
                    connection(simulator, stream).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(error = %error, "the simulator did not take a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    connections.shutdown().await;
}

async fn connection(simulator: Arc<NationalSimulator>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let resets = reset.clone();
    let service = service_fn(move |request: Request<Incoming>| -> Answering {
        Box::pin(respond(simulator.clone(), resets.clone(), request))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(ARRIVAL).max_buf_size(HEAD);
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let ended = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    if let Err(error) = ended {
        tracing::debug!(error = %error, "a connection of the simulator ended");
    }
    let mut stream = connection.into_parts().io.into_inner();
    if reset.load(Ordering::Relaxed) {
        // Closed with nothing lingering, the system sends a reset instead of an end.
        let _ = stream.set_zero_linger();
        return;
    }
    let _ = stream.shutdown().await;
}

/// Reads a request; too large or too slow ones have their answer at once.
async fn arrived(request: Request<Incoming>) -> Result<Asked, Answer> {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let form = haidang_web::decode_form(query.as_bytes()).map_err(|_| Answer::gateway(StatusCode::BAD_REQUEST))?;
    let reading = tokio::time::timeout(ARRIVAL, Limited::new(body, BODY).collect());
    let body = match reading.await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(Answer::gateway(StatusCode::PAYLOAD_TOO_LARGE));
        }
        Ok(Err(_)) => return Err(Answer::gateway(StatusCode::BAD_REQUEST)),
        Err(_) => return Err(Answer::gateway(StatusCode::REQUEST_TIMEOUT)),
    };
    let query = form.pairs().to_vec();
    Ok(Asked { method: parts.method, path: parts.uri.path().to_owned(), query, headers: parts.headers, body })
}

async fn respond(
    simulator: Arc<NationalSimulator>,
    reset: Arc<AtomicBool>,
    request: Request<Incoming>,
) -> Result<Sent, Ended> {
    let asked = match arrived(request).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(whole(&answer)),
    };
    if asked.path == "/" {
        return Ok(whole(&pages::catalogue(&simulator, &asked)));
    }
    if asked.path == "/_control" || asked.path.starts_with("/_control/") {
        return Ok(whole(&control::answer(&simulator, &asked)));
    }
    if asked.path == "/token" {
        return Ok(whole(&tokens::issue(&simulator, &asked)));
    }
    let Some(system) = simulator.system_at(&asked.path) else {
        return Ok(whole(&Answer::gateway(StatusCode::NOT_FOUND)));
    };
    let operation = system.operation(&asked);
    let (sequence, fate) = {
        let now = simulator.ambient.now();
        let mut state = simulator.state();
        let sequence = state.requests.arrived(now, system.id(), &operation, &asked);
        (sequence, state.faults.decide(system.id(), &operation, now))
    };
    let Fate { delay, strike } = fate;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let Some(strike) = strike else {
        let answer = system.answer(&simulator, &asked);
        let outcome = if delay.is_zero() { "answered" } else { Kind::Latency.word() };
        simulator.state().requests.ended(sequence, Some(answer.status.as_u16()), outcome, None);
        return Ok(whole(&answer));
    };
    struck(&simulator, &reset, system, &asked, sequence, &strike).await
}

/// Lets a call fail as its rule says.
async fn struck(
    simulator: &NationalSimulator,
    reset: &AtomicBool,
    system: System,
    asked: &Asked,
    sequence: u64,
    strike: &Strike,
) -> Result<Sent, Ended> {
    let note = |status: Option<u16>| {
        simulator.state().requests.ended(sequence, status, strike.kind.word(), Some(strike.rule));
    };
    let answer = match strike.kind {
        Kind::Hang => {
            note(None);
            hang(simulator, strike.rule).await;
            reset.store(true, Ordering::Relaxed);
            return Err(Ended);
        }
        Kind::Reset | Kind::LostAnswer => {
            if strike.kind == Kind::LostAnswer {
                system.answer(simulator, asked);
            }
            note(None);
            reset.store(true, Ordering::Relaxed);
            return Err(Ended);
        }
        Kind::BadGateway | Kind::Status => {
            Answer::gateway(StatusCode::from_u16(strike.status).unwrap_or(StatusCode::BAD_GATEWAY))
        }
        Kind::Error => {
            let found = simulator.row(system).and_then(|row| error_of(row, &strike.code));
            found.map_or_else(
                || Answer::gateway(StatusCode::INTERNAL_SERVER_ERROR),
                |error| system.refuse(simulator, asked, error),
            )
        }
        Kind::Duplicate => {
            system.answer(simulator, asked);
            simulator.state().requests.again(sequence);
            system.answer(simulator, asked)
        }
        Kind::WrongData => {
            let mut answer = system.answer(simulator, asked);
            answer.falsify(simulator.row(system).map_or(&[][..], |row| row.wrong.as_slice()));
            answer
        }
        Kind::Malformed | Kind::CutOff | Kind::Latency => system.answer(simulator, asked),
    };
    note(Some(answer.status.as_u16()));
    Ok(match strike.kind {
        Kind::Malformed => half(&answer),
        Kind::CutOff => cut_off(&answer),
        _ => whole(&answer),
    })
}

/// Holds a call until its rule is taken away, the caller leaves or the longest time is over.
async fn hang(simulator: &NationalSimulator, rule: u64) {
    let until_changed = async {
        loop {
            let changed = simulator.changed.notified();
            if !simulator.state().faults.stands(rule) {
                break;
            }
            changed.await;
        }
    };
    let _ = tokio::time::timeout(HELD, until_changed).await;
}

fn head(answer: &Answer, kind: &'static str, body: UnsyncBoxBody<Bytes, Ended>) -> Sent {
    let mut sent = Response::new(body);
    *sent.status_mut() = answer.status;
    let headers = sent.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    headers.insert(HeaderName::from_static(MARKER), HeaderValue::from_static("national"));
    headers.insert(HeaderName::from_static(SOURCE), HeaderValue::from_static(SOURCE_TEXT));
    sent
}

fn full(bytes: Bytes) -> UnsyncBoxBody<Bytes, Ended> {
    Full::new(bytes).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn whole(answer: &Answer) -> Sent {
    let (kind, text) = answer.text();
    head(answer, kind, full(Bytes::from(text)))
}

/// The first half of the bytes, at a border of characters or not: a client must not rely on it.
fn half(answer: &Answer) -> Sent {
    let (kind, text) = answer.text();
    let bytes = Bytes::from(text);
    head(answer, kind, full(bytes.slice(..bytes.len() / 2)))
}

/// Announces all and sends half of it, then ends the connection.
fn cut_off(answer: &Answer) -> Sent {
    let (kind, text) = answer.text();
    let bytes = Bytes::from(text);
    let length = HeaderValue::from(bytes.len());
    let first = bytes.slice(..bytes.len() / 2);
    let frames = stream::unfold(Some(first), |left| async move {
        match left {
            Some(first) if !first.is_empty() => Some((Ok(Frame::data(first)), Some(Bytes::new()))),
            Some(_) => {
                // What was written leaves before the connection ends.
                tokio::task::yield_now().await;
                Some((Err(Ended), None))
            }
            None => None,
        }
    });
    let mut sent = head(answer, kind, StreamBody::new(frames).boxed_unsync());
    sent.headers_mut().insert(header::CONTENT_LENGTH, length);
    sent
}
