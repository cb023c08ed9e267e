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
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::call::Exchange;
use super::patience::Patient;

/// Why the door does not open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Callers are known by nothing but their place on this machine.
    #[error(
        "{0} is not a loopback address; without client certificates the exchange listens only on 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// The socket.
    #[error("listening: {0}")]
    Io(#[from] io::Error),
}

/// Serves until `shutdown` ends, then lets what runs come to its end.
///
/// # Errors
/// [`StartError::NotLoopback`], before anything is accepted.
pub async fn serve(
    exchange: Arc<Exchange>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    let limits = exchange.limits();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut builder = http1::Builder::new();
    // A caller may close its half, and one that hangs up does not stop a call that is already recorded.
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .half_close(true);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (slot, stream) = tokio::select! {
            () = &mut shutdown => break,
            next = next(&listener, &slots) => next?,
        };
        let exchange = exchange.clone();
        let service = service_fn(move |request| {
            let exchange = exchange.clone();
            async move { Ok::<_, Infallible>(exchange.handle(request).await) }
        });
        let patient = Patient::new(stream, limits.answer_silence);
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(patient), service));
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
        tracing::warn!("calls were cut off at shutdown");
    }
    Ok(())
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
