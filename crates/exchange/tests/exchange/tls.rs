//! TLS at both ends: who shows what at the door, and to whom the exchange tells anything.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use haidang_exchange::proxy::{Identity, Limits, Port, serve};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::certificates::{Issued, Order};
use super::support::*;

/// Long enough for every machine, and for nothing that is expected.
const LATE: Duration = Duration::from_secs(30);
/// Subsystem, registered certificates in TOML, style of errors.
type Registered<'a> = (&'a str, &'a str, &'a str);

/// The directory of the tests, with subsystems that may ask the echo service over TLS.
fn with_subsystems(text: &str, subsystems: &[Registered<'_>]) -> String {
    let mut registered = String::new();
    let mut agreements = String::new();
    for (code, credential, style) in subsystems {
        registered.push_str(&format!(
            "[[member.subsystem]]\ncode = \"{code}\"\nxroad_error_style = \"{style}\"\n{credential}\n"
        ));
        agreements.push_str(&format!(
            "[[agreement]]\nid = \"TLS-{code}\"\nversion = 1\nstate = \"active\"\nconsumer = \"VN-HP/GOV/0001/{code}\"\n\
             service = \"VN-HP/GOV/0002/B/echo\"\nlegal_basis = {{ document = \"194/2025/NĐ-CP\", article = \"Điều 16\" }}\n\
             purpose_code = \"KIEM-TRA\"\npurpose_text = \"Kiểm tra\"\nopaque = true\nvalid_from = \"2026-01-01T00:00:00Z\"\n"
        ));
    }
    let first = "[[member.subsystem]]\ncode = \"CERT\"\n";
    assert!(text.contains(first));
    format!("{}\n{agreements}", text.replace(first, &format!("{registered}{first}")))
}

fn certified(issued: &Issued) -> CertifiedKey {
    let key = PrivateKeyDer::try_from(issued.key.to_pkcs8().unwrap()).unwrap();
    let chain = vec![CertificateDer::from(issued.certificate.der().to_vec())];
    CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider()).unwrap()
}

fn identity(issued: &Issued) -> Identity {
    Identity::from_pem(issued.certificate.to_pem().as_bytes(), issued.key_pem().as_bytes()).unwrap()
}

fn roots(authority: &Issued) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.certificate.der())).unwrap();
    Arc::new(roots)
}

/// An exchange that listens plainly and over TLS.
struct Secure {
    plain: Door,
    address: SocketAddr,
    authority: Issued,
}

impl Secure {
    async fn open(text: &str, limits: Limits) -> Self {
        let authority = Order::authority("Authority").issue(None);
        let plain = Door::with(text, limits).await;
        plain.exchange.present(identity(&Order::new("exchange").host("127.0.0.1").issue(Some(&authority))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(plain.exchange.clone(), Port::Tls(listener), pending()));
        Self { plain, address, authority }
    }

    /// A connection after its handshake; none when the exchange broke it off.
    async fn connect(
        &self,
        shown: Option<CertifiedKey>,
        version: &'static SupportedProtocolVersion,
    ) -> Option<TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots(&self.authority));
        let mut config = match shown {
            None => config.with_no_client_auth(),
            Some(certified) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified))),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()
    }

    /// A GET of a subsystem of the member 0001; status 0 when there was no answer.
    async fn get(
        &self,
        subsystem: &str,
        shown: Option<CertifiedKey>,
        version: &'static SupportedProtocolVersion,
    ) -> Reply {
        let client = format!("VN-HP/GOV/0001{subsystem}");
        let bytes = request("GET", ECHO, &[("X-Road-Client", &client)], b"");
        match self.connect(shown, version).await {
            Some(stream) => exchange_bytes(stream, &bytes).await,
            None => Reply { status: 0, headers: Vec::new(), body: Vec::new() },
        }
    }
}

#[tokio::test]
async fn only_what_is_registered_opens_the_door() {
    let provider = Provider::start().await;
    let (one, two, strange) =
        (Order::new("one").issue(None), Order::new("two").issue(None), Order::new("one").issue(None));
    let ended = Order::new("ended").valid("2025-01-01T00:00:00Z", "2026-11-23T04:59:59Z").issue(None);
    let early = Order::new("early").valid("2026-11-23T05:00:01Z", "2028-01-01T00:00:00Z").issue(None);
    let list = format!("certificates = [{}]", [&one, &two, &ended, &early].map(|issued| issued.toml()).join(", "));
    let subsystems = [
        ("NEW", list.as_str(), "v78"),
        ("OLD", list.as_str(), "v77"),
        ("NONE", "", "v78"),
        ("OPEN", "connection = \"https\"", "v78"),
    ];
    let secure = Secure::open(&with_subsystems(&at(provider.address), &subsystems), Limits::default()).await;
    let new = "500 server.clientproxy.ssl_authentication_failed";
    let old = "500 Server.ClientProxy.SslAuthenticationFailed";
    for version in [&TLS13, &TLS12] {
        for (subsystem, shown, expected, sentence) in [
            ("/NEW", Some(&one), "200 -", "{\"length\":0}"),
            ("/NEW", Some(&two), "200 -", ""),
            ("/OLD", Some(&one), "200 -", ""),
            ("/NEW", Some(&strange), new, "not one of those registered"),
            ("/OLD", Some(&strange), old, "not one of those registered"),
            ("/NEW", None, new, "No client certificate was shown"),
            ("/OLD", None, old, "No client certificate was shown"),
            ("/NEW", Some(&ended), new, "ended on 2026-11-23T04:59:59Z"),
            ("/OLD", Some(&ended), old, "ended on 2026-11-23T04:59:59Z"),
            ("/NEW", Some(&early), new, "valid only from 2026-11-23T05:00:01Z"),
            ("/NONE", Some(&one), new, "not one of those registered"),
            // Registered for this machine alone: not even from this machine over TLS.
            ("/A", Some(&one), new, "plain port"),
            ("/A", None, new, "plain port"),
            ("/OPEN", None, "200 -", ""),
            ("/OPEN", Some(&strange), "200 -", ""),
            ("/UNKNOWN", Some(&one), "500 server.clientproxy.unknown_member", "not registered"),
        ] {
            let reply = secure.get(subsystem, shown.map(certified), version).await;
            assert_eq!(reply.said(), expected, "{subsystem} {version:?} {}", reply.text());
            assert!(reply.text().contains(sentence), "{subsystem} {version:?} {}", reply.text());
        }
        // The certificate of another, without its key.
        let stolen = CertifiedKey::new(certified(&one).cert, certified(&strange).key);
        assert_eq!(secure.get("/NEW", Some(stolen), version).await.status, 0);
    }
    assert_eq!(provider.count(), 10);
    for (subsystem, sentence) in [("NEW", "call the TLS port with it"), ("OPEN", "call the TLS port")] {
        let client = format!("VN-HP/GOV/0001/{subsystem}");
        let reply = secure.plain.call("GET", ECHO, &[("X-Road-Client", &client)], b"").await;
        assert_eq!(reply.said(), new);
        assert!(reply.text().contains(sentence), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_member_without_a_subsystem_shows_what_one_of_its_subsystems_must() {
    let (one, strange) = (Order::new("one").issue(None), Order::new("strange").issue(None));
    let list = format!("certificates = [{}]", one.toml());
    let secure = Secure::open(&with_subsystems(DIRECTORY, &[("NEW", &list, "v78")]), Limits::default()).await;
    for (shown, expected) in [
        (Some(&one), "500 server.serverproxy.access_denied"),
        (Some(&strange), "500 server.clientproxy.ssl_authentication_failed"),
        (None, "500 server.clientproxy.ssl_authentication_failed"),
    ] {
        assert_eq!(secure.get("", shown.map(certified), &TLS13).await.said(), expected);
    }
}

#[tokio::test]
async fn who_stalls_in_the_handshake_holds_up_nobody() {
    let provider = Provider::start().await;
    let text = with_subsystems(&at(provider.address), &[("OPEN", "connection = \"https\"", "v78")]);
    let patient = Secure::open(&text, Limits { connections: 2, handshake_time: LATE * 10, ..Limits::default() }).await;
    let stalled = TcpStream::connect(patient.address).await.unwrap();
    for _ in 0..3 {
        assert_eq!(patient.get("/OPEN", None, &TLS13).await.status, 200, "others are served meanwhile");
    }
    let mut byte = [0];
    assert_eq!(stalled.try_read(&mut byte).unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "it is still there");

    let limits = Limits { connections: 1, handshake_time: Duration::from_millis(100), ..Limits::default() };
    let secure = Secure::open(&text, limits).await;
    for said in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let mut stalled = TcpStream::connect(secure.address).await.unwrap();
        stalled.write_all(said).await.unwrap();
        let mut rest = Vec::new();
        let dropped = timeout(LATE, stalled.read_to_end(&mut rest)).await;
        assert!(dropped.is_ok(), "the only place is free again");
        assert_eq!(secure.get("/OPEN", None, &TLS13).await.status, 200);
    }
}

#[tokio::test]
async fn other_bytes_at_the_port_of_tls_do_no_harm() {
    let provider = Provider::start().await;
    let text = with_subsystems(&at(provider.address), &[("OPEN", "connection = \"https\"", "v78")]);
    let secure = Secure::open(&text, Limits { connections: 1, ..Limits::default() }).await;
    let plain = request("GET", ECHO, &[("X-Road-Client", "VN-HP/GOV/0001/OPEN")], b"");
    let zeros = [0; 4096];
    let endless = [&b"\x16\x03\x01\xff\xff"[..], &[1; 70_000]].concat();
    for bytes in [plain.as_slice(), b"\r\n", b"SSH-2.0-x\r\n", b"\x80\x2e\x01\x00\x02", &zeros, &endless] {
        let stream = TcpStream::connect(secure.address).await.unwrap();
        let reply = timeout(LATE, exchange_bytes(stream, bytes)).await.unwrap();
        assert_eq!((reply.status, provider.count()), (0, 0));
    }
    assert_eq!(secure.get("/OPEN", None, &TLS13).await.status, 200);
}

/// How a provider speaks TLS; with an authority it demands a certificate of that.
fn acceptor(issued: &Issued, demanded: Option<&Issued>) -> TlsAcceptor {
    acceptor_of(issued, demanded, rustls::ALL_VERSIONS)
}

fn acceptor_of(
    issued: &Issued,
    demanded: Option<&Issued>,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsAcceptor {
    let cryptography = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(cryptography.clone()).with_protocol_versions(versions).unwrap();
    let config = match demanded {
        None => config.with_no_client_auth(),
        Some(authority) => config.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(roots(authority), cryptography).build().unwrap(),
        ),
    };
    let config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified(issued))));
    TlsAcceptor::from(Arc::new(config))
}

/// The directory with the echo service behind TLS at this host and what is written about it.
fn over_tls(provider: &Provider, host: &str, settings: &str) -> String {
    let old = format!("base_url = \"http://{}\"", provider.address);
    let new = format!("base_url = \"https://{host}:{}\"\n{settings}", provider.address.port());
    at(provider.address).replacen(&old, &new, 1)
}

const FAILED: &str = "500 server.serverproxy.service_failed.ssl_authentication_failed";

#[tokio::test]
async fn nothing_is_told_to_a_provider_that_does_not_prove_itself() {
    let authority = Order::authority("Authority").issue(None);
    let other_authority = Order::authority("Authority").issue(None);
    let own = Order::new("provider").issue(None);
    let strange = Order::new("provider").issue(None);
    let ended = Order::new("provider").valid("2025-01-01T00:00:00Z", "2026-11-23T04:59:59Z").issue(None);
    let here = Order::new("here").host("127.0.0.1").issue(Some(&authority));
    let named = Order::new("named").host("localhost").issue(Some(&authority));
    let elsewhere = Order::new("elsewhere").host("elsewhere.test").issue(Some(&authority));
    let past = Order::new("past").host("127.0.0.1").valid("2025-01-01T00:00:00Z", "2026-11-23T04:59:59Z");
    let past = past.issue(Some(&authority));
    let pin = |issued: &Issued| format!("tls = {{ certificates = [{}] }}", issued.toml());
    let by = |issued: &Issued| format!("tls = {{ authorities = [{}] }}", issued.toml());
    let both = format!("tls = {{ certificates = [{}], authorities = [{}] }}", strange.toml(), authority.toml());
    let two = format!("tls = {{ certificates = [{}, {}] }}", strange.toml(), own.toml());
    for (issued, host, settings, expected, sentence) in [
        (&own, "127.0.0.1", pin(&own), "200 -", ""),
        (&own, "127.0.0.1", two, "200 -", ""),
        (&elsewhere, "127.0.0.1", pin(&elsewhere), "200 -", ""),
        (&here, "127.0.0.1", by(&authority), "200 -", ""),
        (&named, "localhost", by(&authority), "200 -", ""),
        (&here, "127.0.0.1", both.clone(), "200 -", ""),
        (&strange, "127.0.0.1", "tls_verify = false".to_owned(), "200 -", ""),
        (&strange, "127.0.0.1", pin(&own), FAILED, "not one that the exchange knows"),
        (&own, "127.0.0.1", both, FAILED, "not one that the exchange knows"),
        (&here, "127.0.0.1", by(&other_authority), FAILED, "not one that the exchange knows"),
        (&elsewhere, "127.0.0.1", by(&authority), FAILED, "another host"),
        (&here, "localhost", by(&authority), FAILED, "another host"),
        (&ended, "127.0.0.1", pin(&ended), FAILED, "has ended"),
        (&past, "127.0.0.1", by(&authority), FAILED, "has ended"),
    ] {
        let provider = Provider::behind(Some(acceptor(issued, None))).await;
        let door = Door::open(&over_tls(&provider, host, &settings)).await;
        let reply = door.call("POST", ECHO, &[A], b"secret").await;
        assert_eq!(reply.said(), expected, "{host} {}", reply.text());
        assert!(reply.text().contains(sentence), "{}", reply.text());
        assert_eq!(provider.count(), usize::from(reply.status == 200), "nothing arrives without proof");
    }
    // One that speaks no TLS at all.
    let provider = Provider::start().await;
    let door = Door::open(&over_tls(&provider, "127.0.0.1", &pin(&own))).await;
    assert_eq!((door.get(ECHO).await.said().as_str(), provider.count()), (FAILED, 0));
}

#[tokio::test]
async fn a_provider_without_proof_counts_for_the_breaker_and_is_told_in_both_styles() {
    let (own, strange) = (Order::new("provider").issue(None), Order::new("provider").issue(None));
    let provider = Provider::behind(Some(acceptor(&strange, None))).await;
    let text = over_tls(&provider, "127.0.0.1", &format!("tls = {{ certificates = [{}] }}", own.toml()));
    let old = Door::open(&format!("xroad_error_style = \"v77\"\n{text}")).await;
    let said = old.get(ECHO).await.said();
    assert_eq!(said, "500 Server.ServerProxy.ServiceFailed.SslAuthenticationFailed");
    let door = Door::open(&text).await;
    for _ in 0..5 {
        assert_eq!(door.get(ECHO).await.said(), FAILED);
    }
    assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.breaker_open");
    // The certificate that it has is registered: another provider, and connections are kept.
    door.exchange.replace(directory(&text.replace(&own.toml(), &strange.toml())));
    let before = *provider.connections.lock().unwrap();
    for _ in 0..20 {
        assert_eq!(door.get(ECHO).await.status, 200);
    }
    assert!(*provider.connections.lock().unwrap() <= before + 3);
    // And taken away again: kept connections are not used any more.
    door.exchange.replace(directory(&text));
    assert_eq!((door.get(ECHO).await.said().as_str(), provider.count()), (FAILED, 20));
}

#[tokio::test]
async fn the_exchange_shows_its_certificate_to_providers_that_ask() {
    let (authority, own) = (Order::authority("Authority").issue(None), Order::new("provider").issue(None));
    let settings = format!("tls = {{ certificates = [{}] }}", own.toml());
    for version in [&TLS13, &TLS12] {
        let provider = Provider::behind(Some(acceptor_of(&own, Some(&authority), &[version]))).await;
        let door = Door::open(&over_tls(&provider, "127.0.0.1", &settings)).await;
        for shown in [None, Some(Order::new("exchange").issue(None))] {
            if let Some(unknown) = &shown {
                door.exchange.present(identity(unknown));
            }
            let reply = door.get(ECHO).await;
            // In TLS 1.3 the verdict comes after our side of the handshake, and may be lost when the provider hangs up.
            let lost = *version == TLS13 && reply.said() == "500 server.serverproxy.io_error";
            assert!(lost || reply.said() == FAILED, "{version:?} {}", reply.said());
            assert!(lost || reply.text().contains("wants a certificate of the exchange"), "{}", reply.text());
            assert_eq!(provider.count(), 0);
        }
        door.exchange.present(identity(&Order::new("exchange").issue(Some(&authority))));
        assert_eq!((door.get(ECHO).await.status, provider.count()), (200, 1));
    }
}

#[tokio::test]
async fn certificates_change_while_connections_stay() {
    let provider = Provider::start().await;
    let (old, new) = (Order::new("a").issue(None), Order::new("a").issue(None));
    let registered = |issued: &[&Issued]| {
        let list = issued.iter().map(|one| one.toml()).collect::<Vec<_>>().join(", ");
        with_subsystems(&at(provider.address), &[("A1", &format!("certificates = [{list}]"), "v78")])
    };
    let secure = Secure::open(&registered(&[&old]), Limits::default()).await;
    let stream = secure.connect(Some(certified(&old)), &TLS13).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let refused = "server.clientproxy.ssl_authentication_failed";
    for (now_registered, by_old, by_new) in
        [(vec![&old], 200, 500), (vec![&old, &new], 200, 200), (vec![&new], 500, 200), (vec![&old], 200, 500)]
    {
        secure.plain.exchange.replace(directory(&registered(&now_registered)));
        let call = hyper::Request::get(ECHO).header("Host", "h").header("X-Road-Client", "VN-HP/GOV/0001/A1");
        sender.ready().await.unwrap();
        let kept = sender.send_request(call.body(Empty::<bytes::Bytes>::new()).unwrap()).await.unwrap();
        let code = kept.headers().get("x-road-error").map(|code| code.to_str().unwrap().to_owned());
        assert_eq!((kept.status().as_u16(), code.as_deref()), (by_old, (by_old == 500).then_some(refused)));
        kept.into_body().collect().await.unwrap();
        assert_eq!(secure.get("/A1", Some(certified(&new)), &TLS13).await.status, by_new);
    }
}

#[tokio::test]
async fn a_renewed_certificate_of_the_exchange_is_shown_at_the_next_handshake() {
    let secure = Secure::open(DIRECTORY, Limits::default()).await;
    for name in ["second", "third"] {
        let renewed = Order::new(name).host("127.0.0.1").issue(Some(&secure.authority));
        secure.plain.exchange.present(identity(&renewed));
        let stream = secure.connect(None, &TLS13).await.unwrap();
        let (_, connection) = stream.get_ref();
        assert_eq!(connection.peer_certificates().unwrap()[0].as_ref(), renewed.certificate.der());
        assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
}
