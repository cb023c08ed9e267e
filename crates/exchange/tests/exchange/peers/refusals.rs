//! What one exchange must not take from another: messages that were changed, repeated, signed by somebody else or not meant
//! for it. Between both stands somebody who holds the TLS keys and so can say anything.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rustls::ClientConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::pair::{FAR, Pair, Side};
use crate::certificates::Issued;
use crate::support::{A, Reply};

const LONG: Duration = Duration::from_secs(60);
/// The end of a chunked message.
const END: &[u8] = b"\r\n0\r\n\r\n";

fn certified(issued: &Issued) -> CertifiedKey {
    let key = PrivateKeyDer::try_from(issued.key.to_pkcs8().unwrap()).unwrap();
    let chain = vec![CertificateDer::from(issued.certificate.der().to_vec())];
    CertifiedKey::from_der(chain, key, &rustls::crypto::aws_lc_rs::default_provider()).unwrap()
}

/// Whoever answers is taken; only these tests do so.
#[derive(Debug)]
struct Anybody;

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Ok(rustls::client::danger::HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Says these bytes to an exchange, showing this certificate, and gives back all it answers.
async fn say(side: &Side, shown: Option<&Issued>, bytes: &[u8]) -> Vec<u8> {
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody));
    let config = match shown {
        None => config.with_no_client_auth(),
        Some(issued) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified(issued)))),
    };
    let stream = TcpStream::connect(side.peers).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    timeout(LONG, whole(&mut stream)).await.expect("it answers")
}

/// A whole message: to the end of its chunks, or of the connection.
async fn whole(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(END) {
        match stream.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    bytes
}

/// One call of the consumer, whose exchange is made to believe that it speaks with the provider's. Gives back what the
/// exchange sent, and what the consumer got when this was answered.
async fn intercepted(pair: &Pair, headers: &[(&str, &str)], body: &[u8], answer: &[u8]) -> (Vec<u8>, Reply) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    let config = provider
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified(&pair.far.tls))));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    pair.change_near(&pair.line.address().to_string(), &listener.local_addr().unwrap().to_string());
    let (told, heard) = oneshot::channel();
    let answer = answer.to_vec();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        told.send(whole(&mut stream).await).unwrap();
        stream.write_all(&answer).await.unwrap();
        let _ = stream.shutdown().await;
    });
    let reply = timeout(LONG, pair.near.door.call("PUT", FAR, headers, body)).await.expect("it ends");
    (timeout(LONG, heard).await.unwrap().unwrap(), reply)
}

/// The message with one part changed into another of the same length.
fn changed(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let place = message.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is there");
    [&message[..place], to.as_bytes(), &message[place + to.len()..]].concat()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The exchange of the provider refuses what is said, with this leaf and a sentence about it, and notes it.
async fn refused(pair: &Pair, shown: Option<&Issued>, message: &[u8], leaf: &str, sentence: &str) {
    let asked = pair.provider.count();
    let answer = text(&say(&pair.far, shown, message).await);
    let told = format!("\"leaf\":\"{leaf}\"");
    let turned_away = answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 404");
    assert!(answer.contains(&told) != turned_away && answer.contains(sentence), "{leaf} {sentence}: {answer}");
    assert_eq!(pair.far.last_fault().rsplit('.').next(), Some(leaf), "{sentence}");
    assert_eq!(pair.provider.count(), asked, "nobody is asked");
    pair.far.whole().await;
}

const ID: (&str, &str) = ("X-Road-Id", "call-1");
const BODY: &[u8] = b"to be or not to be";

#[tokio::test]
async fn a_signed_request_counts_once_and_as_it_was_signed() {
    let pair = Pair::sqlite("").await;
    let (message, reply) = intercepted(&pair, &[A, ID], BODY, b"").await;
    assert_eq!(reply.said(), "500 server.clientproxy.io_error");
    let near = Some(&pair.near.tls);
    refused(&pair, near, &changed(&message, "to be or", "to pe or"), "missing_signature", "does not hold").await;
    refused(&pair, near, &changed(&message, "call-1", "call-2"), "missing_signature", "does not hold").await;
    let client = |to| changed(&message, "VN-HP/GOV/0001/A", to);
    refused(&pair, near, &client("VN-HP/GOV/0001/X"), "unknown_member", "not registered").await;
    // A system of the provider's own exchange, and one that another exchange speaks for.
    refused(&pair, near, &client("VN-HN/GOV/0002/B"), "ssl_authentication_failed", "may not speak").await;
    refused(&pair, near, &client("VN-HP/GOV/0001/E"), "ssl_authentication_failed", "may not speak").await;
    refused(&pair, Some(&pair.third), &message, "ssl_authentication_failed", "may not speak").await;
    let stranger = crate::certificates::Order::new("stranger").issue(None);
    refused(&pair, Some(&stranger), &message, "ssl_authentication_failed", "not registered").await;
    refused(&pair, None, &message, "ssl_authentication_failed", "Show the certificate").await;
    let elsewhere = changed(&message, "POST /peer/v1", "POST /peer/v9");
    refused(&pair, near, &elsewhere, "invalid_request", "Only messages").await;

    let answer = text(&say(&pair.far, near, &message).await);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("{\"length\":18}"), "{answer}");
    assert_eq!(pair.far.whole().await.messages, 2);
    refused(&pair, near, &message, "invalid_message", "has been here before").await;
}

#[tokio::test]
async fn an_old_request_is_refused_even_where_nobody_has_seen_it() {
    let pair = Pair::sqlite("").await;
    let (message, _) = intercepted(&pair, &[A, ID], BODY, b"").await;
    let near = Some(&pair.near.tls);
    pair.far.door.ambient.advance(SignedDuration::from_secs(301));
    refused(&pair, near, &message, "missing_signature", "compare the clocks").await;
    pair.far.door.ambient.advance(SignedDuration::from_secs(-301 - 61));
    refused(&pair, near, &message, "missing_signature", "compare the clocks").await;
    pair.far.door.ambient.advance(SignedDuration::from_secs(30));
    assert!(text(&say(&pair.far, near, &message).await).contains("{\"length\":18}"));
}

#[tokio::test]
async fn a_signature_counts_by_authorities_and_names_that_are_believed() {
    let pair = Pair::sqlite("").await;
    let believed = pair.far.notary.believed.lock().unwrap().clone();
    pair.far.notary.believed.lock().unwrap().pop();
    assert_eq!(pair.near.door.get(FAR).await.said(), "500 server.serverproxy.missing_signature");
    assert!(pair.near.door.get(FAR).await.text().contains("not believed"));
    *pair.far.notary.believed.lock().unwrap() = believed;
    pair.change_far("signing_names = [\"000.00.01.H24\"]", "");
    let reply = pair.near.door.get(FAR).await;
    assert!(reply.text().contains("does not name VN-HP/GOV/0001"), "{}", reply.text());
    assert_eq!(pair.far.last_fault(), "server.serverproxy.missing_signature");
    assert_eq!(pair.provider.count(), 0);
    pair.change_far("state", "state");
    assert_eq!(pair.near.door.get(FAR).await.status, 200);
    // The same the other way round: the answer is not delivered.
    let believed = pair.near.notary.believed.lock().unwrap().clone();
    pair.near.notary.believed.lock().unwrap().pop();
    let reply = pair.near.door.get(FAR).await;
    assert_eq!(reply.said(), "500 server.clientproxy.missing_signature");
    assert_eq!(pair.near.last_fault(), "server.clientproxy.missing_signature");
    *pair.near.notary.believed.lock().unwrap() = believed;
    assert_eq!((pair.near.whole().await.messages, pair.far.whole().await.messages), (6, 4));
}

#[tokio::test]
async fn an_answer_counts_as_it_was_signed_and_to_its_request_alone() {
    let pair = Pair::sqlite("").await;
    let (message, _) = intercepted(&pair, &[A, ID], BODY, b"").await;
    let answer = say(&pair.far, Some(&pair.near.tls), &message).await;
    let fault = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x04\0\0";
    for (answer, expected) in [
        (answer.clone(), "500 server.clientproxy.inconsistent_response"),
        (changed(&answer, "{\"length\":18}", "{\"length\":19}"), "500 server.clientproxy.missing_signature"),
        (changed(&answer, "200\r\nOK", "201\r\nOK"), "500 server.clientproxy.missing_signature"),
        (
            changed(&answer, "HTTP/1.1 200", "HTTP/1.1 403"),
            "500 server.clientproxy.service_failed.ssl_authentication_failed",
        ),
        (answer[..answer.len() - 20].to_vec(), "500 server.clientproxy.io_error"),
        (fault.to_vec(), "500 server.clientproxy.io_error"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde".to_vec(), "500 server.clientproxy.invalid_message"),
    ] {
        // Another call of the same caller, with the same id of its own.
        let (_, reply) = intercepted(&pair, &[A, ID], BODY, &answer).await;
        assert_eq!(reply.said(), expected);
        assert!(!reply.text().contains("length"), "nothing of it is delivered");
        assert_eq!(format!("500 {}", pair.near.last_fault()), expected);
    }
    // What was asked is kept each time; no answer is.
    assert_eq!(pair.near.whole().await.messages, 8);
    assert_eq!(pair.provider.count(), 1);
}

#[tokio::test]
async fn exchanges_that_do_not_know_each_other_say_nothing() {
    let pair = Pair::sqlite("").await;
    let stranger = crate::certificates::Order::new("stranger").issue(None);
    pair.near.door.exchange.present(super::pair::identity(&stranger));
    let refused = "500 server.clientproxy.service_failed.ssl_authentication_failed";
    assert_eq!(pair.near.door.get(FAR).await.said(), refused);
    assert_eq!(pair.far.last_fault(), "server.serverproxy.ssl_authentication_failed");
    pair.near.door.exchange.present(super::pair::identity(&pair.near.tls));
    assert_eq!(pair.near.door.get(FAR).await.status, 200);
    // Whoever answers in the place of the provider's exchange gets nothing of the request.
    let fresh = Pair::sqlite("").await;
    fresh.far.door.exchange.present(super::pair::identity(&stranger));
    assert_eq!(fresh.near.door.get(FAR).await.said(), refused);
    assert_eq!((fresh.far.last_fault(), fresh.provider.count()), (String::new(), 0));
    fresh.far.door.exchange.present(super::pair::identity(&fresh.far.tls));
    assert_eq!(fresh.near.door.get(FAR).await.status, 200);
}
