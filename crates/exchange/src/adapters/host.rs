//! Where adapters live: behind a stream inside the process, over which the exchange speaks HTTP as to any provider. No
//! socket leads here, so nobody on the machine reaches a register without an agreement.

use std::convert::Infallible;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use haidang_kernel::ambient::Ambient;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::DuplexStream;

use super::answer::Node;
use super::authentication::Credentials;
use super::connection::Connection;
use super::fault::AdapterFault;
use super::path::query;
use super::request::Input;
use super::{Adapter, Adapters, Call, Manner, Task, client, database};
use crate::directory::Directory;
use crate::proxy::Identity;

/// Bytes that are on their way inside the process.
const PIPE: usize = 64 * 1024;
/// Bytes of a request to an adapter: a question and its fields, never a file.
const REQUEST: usize = 1024 * 1024;

/// The adapters that are in force, and what they need to call.
pub(crate) struct Host {
    adapters: ArcSwap<Adapters>,
    presented: Arc<ArcSwapOption<Identity>>,
    ambient: Ambient,
}

impl Host {
    /// Without adapters; `presented` is what is shown to providers that ask for a certificate.
    pub(crate) fn new(presented: Arc<ArcSwapOption<Identity>>, ambient: Ambient) -> Arc<Self> {
        Arc::new(Self { adapters: ArcSwap::default(), presented, ambient })
    }

    /// Takes other adapters from the next call on; calls under way end as they began.
    pub(crate) fn replace(&self, adapters: Adapters) {
        self.adapters.store(Arc::new(adapters));
    }

    /// What a directory names and is not in force here, each in a sentence.
    pub(crate) fn lacking(&self, directory: &Directory) -> Vec<String> {
        self.adapters.load().lacking(directory)
    }

    /// A stream to an adapter; `None` where there is none of this name.
    pub(crate) fn connect(self: &Arc<Self>, name: &str) -> Option<DuplexStream> {
        self.adapters.load().get(name)?;
        let (near, far) = tokio::io::duplex(PIPE);
        let (host, name) = (self.clone(), name.to_owned());
        let service = service_fn(move |request| {
            let (host, name) = (host.clone(), name.clone());
            async move { Ok::<_, Infallible>(host.serve(&name, request).await) }
        });
        tokio::spawn(async move {
            // The exchange hangs up when its own patience ends: the call to the provider ends with it.
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(far), service).await {
                tracing::debug!(error = %error, "a connection to an adapter ended");
            }
        });
        Some(near)
    }

    async fn serve(&self, name: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let adapter = self.adapters.load().get(name);
        let told = match &adapter {
            Some(adapter) => self.answer(adapter, request).await,
            None => Err(AdapterFault::unready()),
        };
        let (status, body) = match told {
            Ok(members) => (200, Value::Object(members)),
            Err(fault) => {
                tracing::warn!(
                    adapter = name,
                    code = fault.code,
                    status = fault.status,
                    field = fault.field,
                    provider_code = fault.provider_code,
                    "an adapter gave no data"
                );
                (fault.status, fault.to_json())
            }
        };
        let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    async fn answer(
        &self,
        adapter: &Adapter,
        request: Request<Incoming>,
    ) -> Result<serde_json::Map<String, Value>, AdapterFault> {
        let (parts, body) = request.into_parts();
        let (operation, path) = adapter.operation(&parts.method, parts.uri.path())?;
        let query = query(parts.uri.query().unwrap_or_default())
            .ok_or_else(|| AdapterFault::request("bad_value", "query", "is not UTF-8"))?;
        let body = read(&parts.method, body).await?;
        let input = Input { path, query, headers: parts.headers, body };
        let connection = adapter.connection.as_ref().ok_or_else(AdapterFault::unready)?;
        let credentials = match connection {
            Connection::Http(http) => http.credentials().await?,
            Connection::Database(_) | Connection::Folder(_) => Credentials::default(),
        };
        match (connection, adapter.ask(operation, &input, &credentials, self.ambient.now())?) {
            (Connection::Http(http), Call::Http(outgoing)) => {
                let received = client::send(http, outgoing, &self.presented, &self.ambient).await?;
                adapter.tell(operation, &received)
            }
            (Connection::Database(place), Call::Statement(parameters)) => {
                let Task::Sql(task) = &operation.task else { return Err(AdapterFault::unready()) };
                let rows = database::ask(place.database().await?, task, &operation.elements, &parameters).await?;
                operation.tell(Node::Json(&database::answer(task, rows)?))
            }
            (Connection::Folder(_), Call::Rows(values)) => {
                let Manner::File(form, current) = &adapter.manner else { return Err(AdapterFault::unready()) };
                operation.tell(Node::Json(&current.ask(form, &values)?))
            }
            _ => Err(AdapterFault::unready()),
        }
    }
}

/// The body of a request as a JSON object; `Null` where there is none.
async fn read(method: &Method, body: Incoming) -> Result<Value, AdapterFault> {
    let collected = Limited::new(body, REQUEST).collect().await;
    let bytes = match collected {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(AdapterFault::body(&format!("is longer than {REQUEST} bytes")));
        }
        Err(_) => return Err(AdapterFault::body("broke off")),
    };
    object(method, &bytes)
}

/// A body as a JSON object.
pub(super) fn object(method: &Method, bytes: &[u8]) -> Result<Value, AdapterFault> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    if *method == Method::GET {
        return Err(AdapterFault::body("is not read with GET"));
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| AdapterFault::body("is not JSON in UTF-8"))?;
    if value.is_object() { Ok(value) } else { Err(AdapterFault::body("is not a JSON object")) }
}
