//! A provider that plays what its path says, an exchange before it, and a caller that sends exactly what it is told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use haidang_exchange::directory::{Directory, DirectoryDraft};
use haidang_exchange::proxy::{Evidence, Exchange, Limits, OperationalLog, Port, serve};
use haidang_kernel::ambient::Ambient;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

pub const DIRECTORY: &str = include_str!("directory.toml");
pub const ECHO: &str = "/r1/VN-HP/GOV/0002/B/echo";
pub const PEOPLE: &str = "/r1/VN-HP/GOV/0002/B/people/cong-dan/1";
pub const A: (&str, &str) = ("X-Road-Client", "VN-HP/GOV/0001/A");
pub const PERSON: &[(&str, &str)] = &[
    A,
    ("X-Road-UserId", "VN031090000001"),
    ("X-Road-Issue", "H24.15-261121-0001"),
    ("X-HD-Purpose", "KHAI-SINH"),
    ("X-HD-Procedure", "1.001193"),
];

/// One request as a provider saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Seen {
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A provider and what reached it.
#[derive(Clone)]
pub struct Provider {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub connections: Arc<Mutex<usize>>,
    /// Tells that a call to `/hang` has arrived.
    pub hanging: Arc<Notify>,
}

impl Provider {
    pub async fn start() -> Self {
        Self::behind(None).await
    }

    /// A provider that speaks TLS, where it is told how.
    pub async fn behind(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            connections: Arc::default(),
            hanging: Arc::default(),
        };
        let playing = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *playing.connections.lock().unwrap() += 1;
                let (playing, tls) = (playing.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => playing.converse(stream).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                playing.converse(stream).await;
                            }
                        }
                    }
                });
            }
        });
        provider
    }

    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(move |request| {
            let playing = self.clone();
            async move { Ok::<_, Infallible>(playing.play(request).await) }
        });
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }

    async fn play(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let seen =
            Seen { method: parts.method.to_string(), target: parts.uri.to_string(), headers: headers.collect(), body };
        let (length, said) = (seen.body.len(), seen.body.clone());
        self.seen.lock().unwrap().push(seen);
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        let answer = |status: u16, lines: &[(&'static str, &'static str)], body: Bytes| {
            let mut response = Response::new(Full::new(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in lines {
                response.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            response
        };
        let json = [("content-type", "application/json")];
        if let Some((_, status)) = path.split_once("/status/") {
            return answer(
                status.parse().unwrap(),
                &[("content-type", "application/problem+json"), ("x-provider", "own")],
                "{\"provider\":\"says no\"}".into(),
            );
        }
        match path {
            "/redirect" => answer(302, &[("location", "/elsewhere")], Bytes::new()),
            "/forge" => answer(
                200,
                &[
                    ("content-type", "application/json"),
                    ("date", "Thu, 01 Jan 2015 00:00:00 GMT"),
                    ("x-road-id", "forged"),
                    ("x-road-client", "F/O/R/GED"),
                    ("x-road-service", "F/O/R/GED/S"),
                    ("x-road-request-id", "forged"),
                    ("x-road-request-hash", "Zm9yZ2Vk"),
                    ("x-road-error", "forged"),
                    ("keep-alive", "timeout=77"),
                    ("server", "Secret/9"),
                    ("cache-control", "no-store"),
                ],
                "{}".into(),
            ),
            "/large" => {
                answer(200, &[("content-type", "application/octet-stream")], vec![b'x'; query.parse().unwrap()].into())
            }
            "/text" | "/base/cong-dan/text" => answer(200, &[("content-type", "text/plain")], "secret".into()),
            "/base/cong-dan/gzip" => {
                answer(200, &[("content-type", "application/json"), ("content-encoding", "gzip")], "secret".into())
            }
            "/base/cong-dan/broken" => answer(200, &json, "{\"hoTen\":\"A\",\"x\":".into()),
            "/base/cong-dan/gone" => answer(404, &[("content-type", "text/html")], "<h1>secret</h1>".into()),
            "/base/cong-dan/echo" => answer(200, &json, said),
            "/base/cong-dan/1" => answer(
                200,
                &[("content-type", "application/json"), ("etag", "\"whole\"")],
                "{ \"hoTen\" : \"Phạm Thị Đào\", \"soDinhDanh\": \"031090000001\", \"cha\": {\"hoTen\":\"B\"} }".into(),
            ),
            "/base/cong-dan/xml" => answer(
                200,
                &[("content-type", "application/soap+xml; charset=utf-8"), ("etag", "\"whole\"")],
                "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"u\"><s:Body><hoTen>Phạm Thị Đào</hoTen>\
                 <soDinhDanh>031090000001</soDinhDanh></s:Body></s:Envelope>"
                    .into(),
            ),
            "/base/cong-dan/entity" => answer(
                200,
                &[("content-type", "text/xml")],
                "<!DOCTYPE Envelope [<!ENTITY e \"secret\">]><Envelope><Body><hoTen>&e;</hoTen></Body></Envelope>"
                    .into(),
            ),
            "/base/cong-dan/half" => {
                answer(200, &[("content-type", "text/xml")], "<Envelope><Body><hoTen>secret</hoTen>".into())
            }
            "/base/cong-dan/latin" => answer(
                200,
                &[("content-type", "text/xml; charset=iso-8859-1")],
                "<Envelope><Body><hoTen>secret</hoTen></Body></Envelope>".into(),
            ),
            "/base/cong-dan/other" => answer(200, &[("content-type", "text/xml")], "<x>secret</x>".into()),
            "/base/cong-dan/missing" => answer(404, &[("content-type", "text/xml")], "<x>secret</x>".into()),
            "/hang" => {
                self.hanging.notify_one();
                std::future::pending::<()>().await;
                answer(200, &[], Bytes::new())
            }
            _ => answer(200, &json, format!("{{\"length\":{length}}}").into()),
        }
    }

    pub fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().expect("a call arrived")
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// An exchange that listens.
pub struct Door {
    pub address: SocketAddr,
    pub exchange: Arc<Exchange>,
    pub log: Arc<OperationalLog>,
    pub ambient: Ambient,
}

pub fn directory(text: &str) -> Directory {
    DirectoryDraft::from_toml(text).unwrap().build().unwrap()
}

/// The directory of the tests with its provider elsewhere.
pub fn at(provider: SocketAddr) -> String {
    DIRECTORY.replace("127.0.0.1:18090", &provider.to_string())
}

/// The echo service at one provider with these settings, everything else at another.
pub fn split(echo: SocketAddr, rest: SocketAddr, settings: &str) -> String {
    let text = at(rest).replacen(&format!("base_url = \"http://{rest}\""), &format!("base_url = \"http://{echo}\""), 1);
    text.replacen(
        "[[member.subsystem.service.endpoint]]",
        &format!("{settings}\n[[member.subsystem.service.endpoint]]"),
        1,
    )
}

impl Door {
    pub async fn open(text: &str) -> Self {
        Self::with(text, Limits::default()).await
    }

    pub async fn with(text: &str, limits: Limits) -> Self {
        let log = Arc::new(OperationalLog::new(100));
        let mut door = Self::over(text, limits, log.clone()).await;
        door.log = log;
        door
    }

    pub async fn over(text: &str, limits: Limits, evidence: Arc<dyn Evidence>) -> Self {
        // Noon in the city.
        let ambient = Ambient::fixed("2026-11-23T05:00:00Z".parse().unwrap(), 7);
        let exchange = Exchange::new(directory(text), ambient.clone(), limits, evidence);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(exchange.clone(), Port::Plain(listener), std::future::pending()));
        Self { address, exchange, log: Arc::new(OperationalLog::new(1)), ambient }
    }

    /// The same door, reached by another address.
    pub fn through(&self, address: SocketAddr) -> Self {
        Self { address, exchange: self.exchange.clone(), log: self.log.clone(), ambient: self.ambient.clone() }
    }

    pub async fn call(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        self.raw(&request(method, target, headers, body)).await
    }

    pub async fn get(&self, target: &str) -> Reply {
        self.call("GET", target, &[A], b"").await
    }

    /// Sends these bytes and reads until the door closes.
    pub async fn raw(&self, bytes: &[u8]) -> Reply {
        exchange_bytes(TcpStream::connect(self.address).await.unwrap(), bytes).await
    }
}

/// A request after which the door closes.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: consumer.invalid\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() || method == "POST" {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends these bytes and reads until the other end closes.
pub async fn exchange_bytes(stream: impl AsyncRead + AsyncWrite + Send + 'static, bytes: &[u8]) -> Reply {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let bytes = bytes.to_vec();
    // What is refused early is not read to its end.
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        let _ = writer.flush().await;
        writer
    });
    let mut answer = Vec::new();
    let _ = reader.read_to_end(&mut answer).await;
    drop(writing);
    Reply::read(&answer)
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4);
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|word| word.parse().ok()).unwrap_or(0);
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        Self { status, headers: headers.collect(), body: bytes[end..].to_vec() }
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str()).collect()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// `status code`, the code of the exchange's own error or `-`.
    pub fn said(&self) -> String {
        format!("{} {}", self.status, self.all("x-road-error").first().unwrap_or(&"-"))
    }
}
