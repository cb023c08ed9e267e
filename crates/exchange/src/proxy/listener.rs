//! Listening: bounded in connections, in the size of a head and in the time a caller may take to say what it wants.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::body::Outgoing;
use super::call::Exchange;
use super::limits::Limits;
use super::patience::Patient;
use super::tls;
use crate::rules::credential::Shown;

/// Where callers come in.
#[derive(Debug)]
pub enum Port {
    /// Plain HTTP, on a loopback address only: callers are known by nothing but their place on this machine.
    Plain(TcpListener),
    /// TLS, anywhere.
    Tls(TcpListener),
    /// TLS for other exchanges.
    Peers(TcpListener),
}

impl Port {
    fn listener(&self) -> &TcpListener {
        match self {
            Port::Plain(listener) | Port::Tls(listener) | Port::Peers(listener) => listener,
        }
    }
}

/// Why the door does not open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Of a plain port.
    #[error("{0} is not a loopback address; plain HTTP listens only on 127.0.0.1 or [::1], other addresses need TLS")]
    NotLoopback(SocketAddr),
    /// Of a TLS port.
    #[error("TLS on {0} needs a certificate and its key")]
    NoCertificate(SocketAddr),
    /// The socket.
    #[error("listening: {0}")]
    Io(#[from] io::Error),
}

/// How calls are read, from whomever they come.
pub(super) fn reader(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // A caller may close its half, and one that hangs up does not stop a call that is already recorded.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .half_close(true);
    builder
}

/// Serves at one port until `shutdown` ends, then lets what runs come to its end.
///
/// # Errors
/// [`StartError::NotLoopback`] or [`StartError::NoCertificate`], before anything is accepted.
pub async fn serve(exchange: Arc<Exchange>, port: Port, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
    let address = port.listener().local_addr()?;
    match &port {
        Port::Plain(_) if !address.ip().is_loopback() => return Err(StartError::NotLoopback(address)),
        Port::Tls(_) | Port::Peers(_) if exchange.identity().is_none() => {
            return Err(StartError::NoCertificate(address));
        }
        Port::Plain(_) | Port::Tls(_) | Port::Peers(_) => {}
    }
    let limits = exchange.limits();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let builder = reader(limits);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (slot, stream) = tokio::select! {
            () = &mut shutdown => break,
            next = next(port.listener(), &slots) => next?,
        };
        let visit = Visit { exchange: exchange.clone(), builder: builder.clone(), watcher: graceful.watcher() };
        let (over_tls, for_peers) = (!matches!(port, Port::Plain(_)), matches!(port, Port::Peers(_)));
        tokio::spawn(async move {
            if over_tls {
                if let Some((stream, shown)) = greet(&visit.exchange, stream).await {
                    visit.converse(stream, shown, for_peers).await;
                }
            } else {
                visit.converse(stream, Shown::Plain, for_peers).await;
            }
            drop(slot);
        });
    }
    drop(port);
    if tokio::time::timeout(limits.farewell, graceful.shutdown()).await.is_err() {
        tracing::warn!("calls were cut off at shutdown");
    }
    Ok(())
}

/// One connection and what is needed to answer it.
struct Visit {
    exchange: Arc<Exchange>,
    builder: http1::Builder,
    watcher: Watcher,
}

impl Visit {
    /// Answers what comes over a connection whose other end showed this.
    async fn converse(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        shown: Shown,
        for_peers: bool,
    ) {
        let patience = self.exchange.limits().answer_silence;
        let (exchange, shown) = (self.exchange, Arc::new(shown));
        let service = service_fn(move |request| {
            let (exchange, shown) = (exchange.clone(), shown.clone());
            async move {
                Ok::<_, Infallible>(match for_peers {
                    false => exchange.handle(request, &shown).await.map(Outgoing::Plain),
                    true => exchange.answer_peer(request, &shown).await,
                })
            }
        });
        let stream = TokioIo::new(Patient::new(stream, patience));
        // A caller that hangs up or dawdles is its own affair.
        if let Err(error) = self.watcher.watch(self.builder.serve_connection(stream, service)).await {
            tracing::debug!(error = %error, "connection ended");
        }
    }
}

/// The handshake, within its time, with the certificate that holds at this moment. A caller that speaks something else
/// or nothing is sent away; it holds its place no longer than that.
async fn greet(exchange: &Exchange, stream: TcpStream) -> Option<(TlsStream<TcpStream>, Shown)> {
    let acceptor = TlsAcceptor::from(exchange.identity()?.server());
    match tokio::time::timeout(exchange.limits().handshake_time, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let shown = tls::shown(stream.get_ref().1);
            Some((stream, shown))
        }
        Ok(Err(error)) => {
            tracing::debug!(error = %error, "no handshake");
            None
        }
        Err(_) => {
            tracing::debug!("a handshake took too long");
            None
        }
    }
}

/// The next connection once there is room for it.
async fn next(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<(OwnedSemaphorePermit, TcpStream)> {
    let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and whole: waiting to fill a packet only delays them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(error = %error, "a connection keeps its delay");
                }
                return Ok((slot, stream));
            }
            Err(error) => {
                // Out of file handles, or the caller left already: the listener itself is sound.
                tracing::warn!(error = %error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
