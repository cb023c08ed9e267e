//! A caller over HTTP/1.1 with kept connections, the same for both sides.

use anyhow::{Context as _, Result, ensure};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

use crate::figures::percentile;

/// Callers at a time.
pub(crate) const CONNECTIONS: usize = 16;

/// One kept connection.
pub(crate) struct Line {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {}", self.status, self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request that is sent many times.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// A form; none is a GET.
    pub(crate) form: Option<Bytes>,
}

impl Call {
    pub(crate) fn get(path: &str) -> Call {
        Call { path: path.to_owned(), headers: Vec::new(), form: None }
    }

    pub(crate) fn post(path: &str, fields: &[(&str, &str)]) -> Call {
        let form = haidang_web::encode(fields.iter().copied());
        Call { path: path.to_owned(), headers: Vec::new(), form: Some(Bytes::from(form)) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Call {
        self.headers.push((name, value.into()));
        self
    }
}

impl Line {
    pub(crate) async fn open(address: SocketAddr) -> Result<Line> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Line { sender, host: format!("localhost:{}", address.port()) })
    }

    pub(crate) async fn send(&mut self, call: &Call) -> Result<Got> {
        let method = if call.form.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(&call.path).header(header::HOST, &self.host);
        if call.form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(call.form.clone().unwrap_or_default()))?;
        self.sender.ready().await?;
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Got { status: parts.status, headers: parts.headers, body })
    }
}

/// What a span of calling gave.
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) p99: f64,
}

/// Calls over and over on kept connections from one thread. Every answer must be 200.
pub(crate) fn rate(address: SocketAddr, call: &Call, span: Duration) -> Result<Rate> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..CONNECTIONS {
            let call = call.clone();
            callers.spawn(async move {
                let (mut line, mut times) = (Line::open(address).await?, Vec::new());
                while began.elapsed() < span {
                    let at = Instant::now();
                    let got = line.send(&call).await?;
                    ensure!(got.status == StatusCode::OK, "{} answered {}: {}", call.path, got.status, got.text());
                    times.push(at.elapsed());
                }
                Ok::<_, anyhow::Error>(times)
            });
        }
        let mut times = Vec::new();
        while let Some(done) = callers.join_next().await {
            times.extend(done??);
        }
        let per_second = times.len() as f64 / began.elapsed().as_secs_f64();
        Ok(Rate { per_second, p99: percentile(&mut times, 0.99) })
    })
}
