//! The call of an adapter to its provider: one connection a call, proved where it is over TLS, bounded in time and size.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use haidang_kernel::ambient::Ambient;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::Builder;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::HttpConnection;
use super::fault::AdapterFault;
use super::{Outgoing, Received};
use crate::proxy::{Connector, Identity};

/// Bytes of the head of an answer.
const HEAD: usize = 64 * 1024;
/// Bytes of an answer: it is held whole, because a field may stand anywhere in it.
const ANSWER: usize = 8 * 1024 * 1024;

/// Sends a call and takes its answer to the end.
///
/// # Errors
/// The provider was not reached, broke off, was late or said too much.
pub(super) async fn send(
    connection: &HttpConnection,
    outgoing: Outgoing,
    presented: &Arc<ArcSwapOption<Identity>>,
    ambient: &Ambient,
) -> Result<Received, AdapterFault> {
    let request = request(connection, outgoing)?;
    let asking = async {
        let stream = reach(connection).await?;
        match &connection.address.tls {
            None => converse(stream, request).await,
            Some(tls) => {
                let connector = Connector::new(&connection.address, tls, presented.clone(), ambient);
                let connector = connector.map_err(|error| {
                    tracing::error!(error = %error, "TLS with the provider of an adapter cannot be prepared");
                    AdapterFault::unready()
                })?;
                let connected = connector.connect(stream).await;
                let connected = connected.map_err(|_| AdapterFault::unreachable("the connection broke off"))?;
                let stream = connected.map_err(|failure| AdapterFault::unreachable(&failure.to_string()))?;
                converse(stream, request).await
            }
        }
    };
    timeout(connection.timeout, asking).await.map_err(|_| AdapterFault::late())?
}

/// The request as it goes over the wire, below the path of the connection.
fn request(connection: &HttpConnection, outgoing: Outgoing) -> Result<Request<Full<Bytes>>, AdapterFault> {
    let target = format!("{}{}", connection.address.base_path, outgoing.target);
    let target = if target.starts_with('/') { target } else { format!("/{target}") };
    let mut request = Request::new(Full::new(outgoing.body));
    *request.method_mut() = outgoing.method;
    *request.uri_mut() = target.parse().map_err(|_| AdapterFault::unready())?;
    let host = HeaderValue::from_str(&connection.address.authority).map_err(|_| AdapterFault::unready())?;
    request.headers_mut().append(HOST, host);
    for (name, value) in outgoing.headers {
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

async fn reach(connection: &HttpConnection) -> Result<TcpStream, AdapterFault> {
    let address = &connection.address;
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
    let found = found.map_err(|_| AdapterFault::unreachable("its name has no address"))?;
    for address in found {
        if let Ok(stream) = TcpStream::connect(address).await {
            // A call is one small message: waiting to fill a packet only delays it.
            let _ = stream.set_nodelay(true);
            return Ok(stream);
        }
    }
    Err(AdapterFault::unreachable("it accepts no connection"))
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Received, AdapterFault> {
    let broken = |_| AdapterFault::unreachable("the connection broke off");
    let (mut sender, connection) =
        Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let driving = tokio::spawn(connection);
    let answering = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        receive(response).await
    };
    let received = answering.await;
    driving.abort();
    received
}

async fn receive(response: Response<hyper::body::Incoming>) -> Result<Received, AdapterFault> {
    let status = response.status().as_u16();
    match Limited::new(response.into_body(), ANSWER).collect().await {
        Ok(body) => Ok(Received { status, body: body.to_bytes() }),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(AdapterFault::answer(None, &format!("is longer than {ANSWER} bytes")))
        }
        Err(_) => Err(AdapterFault::unreachable("the connection broke off")),
    }
}
