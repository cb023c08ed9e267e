//! Listening: bounded in connections and in the time a caller may take to say what it wants.
//!
//! `axum::serve` waits for ever for the end of a request's headers, so a few hundred slow callers would hold a city.

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// What listening may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at a time; more wait in the queue of the system.
    pub(crate) connections: usize,
    /// Time for the headers of a request, also the longest idle time of a connection.
    pub(crate) headers: Duration,
    /// Time for running requests to end after the order to stop.
    pub(crate) farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 10_000, headers: Duration::from_secs(20), farewell: Duration::from_secs(30) }
    }
}

/// Largest head of a request in bytes: line and headers.
const HEAD_BYTES: usize = 64 * 1024;

/// Serves until `shutdown` ends, then lets what runs come to its end.
pub(crate) async fn run(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    limits: Limits,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.headers).max_buf_size(HEAD_BYTES);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (slot, stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            next = next(&listener, &slots) => next?,
        };
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A caller that hangs up or dawdles is its own affair.
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "connection ended");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.farewell, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were cut off at shutdown");
    }
    Ok(())
}

type Accepted = (tokio::sync::OwnedSemaphorePermit, TcpStream, SocketAddr);

/// The next connection once there is room for it.
async fn next(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<Accepted> {
    let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and whole: waiting to fill a packet only delays them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(error = %error, "a connection keeps its delay");
                }
                return Ok((slot, stream, peer));
            }
            Err(error) => {
                // Out of file handles, or the caller left already: the listener itself is sound.
                tracing::warn!(error = %error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::{Notify, oneshot};

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: tokio::task::JoinHandle<io::Result<()>>,
        started: Arc<Notify>,
        finish: Arc<Notify>,
    }

    async fn running(limits: Limits) -> Running {
        let (started, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (s, f) = (started.clone(), finish.clone());
        let long = move || async move {
            s.notify_one();
            f.notified().await;
            "finished"
        };
        let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
        let router = Router::new().route("/long", get(long)).route("/who", get(who));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let ended = tokio::spawn(run(router, listener, shutdown, limits));
        Running { address, stop, ended, started, finish }
    }

    async fn read(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    #[tokio::test]
    async fn a_request_under_way_is_finished_and_nothing_new_begins() {
        let city = running(Limits::default()).await;
        let mut slow = TcpStream::connect(city.address).await.unwrap();
        slow.write_all(b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        city.started.notified().await;
        city.stop.send(()).unwrap();
        // The listener is gone before the running request is: a new caller finds nobody.
        while TcpStream::connect(city.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!city.ended.is_finished());
        city.finish.notify_one();
        assert!(read(&mut slow).await.ends_with("finished"));
        city.ended.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_caller_who_never_finishes_asking_is_sent_away() {
        let city = running(Limits { headers: Duration::from_millis(50), ..Limits::default() }).await;
        let mut slow = TcpStream::connect(city.address).await.unwrap();
        slow.write_all(b"GET /who HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
        let answer = read(&mut slow).await;
        assert!(!answer.contains("200"), "{answer}");
        let mut quick = TcpStream::connect(city.address).await.unwrap();
        quick.write_all(b"GET /who HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(read(&mut quick).await.ends_with("127.0.0.1"));
        let mut huge = TcpStream::connect(city.address).await.unwrap();
        let head = format!("GET /who HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(2 * HEAD_BYTES));
        let _ = huge.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = huge.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    }

    #[tokio::test]
    async fn no_more_connections_than_the_limit_are_served() {
        let city = running(Limits { connections: 1, ..Limits::default() }).await;
        let mut first = TcpStream::connect(city.address).await.unwrap();
        first.write_all(b"GET /long HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        city.started.notified().await;
        let mut second = TcpStream::connect(city.address).await.unwrap();
        second.write_all(b"GET /who HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let early = tokio::time::timeout(Duration::from_millis(50), second.read_u8()).await;
        assert!(early.is_err(), "it waits for its turn");
        city.finish.notify_one();
        assert!(read(&mut first).await.ends_with("finished"));
        assert!(read(&mut second).await.ends_with("127.0.0.1"));
    }
}
