//! Callers: the handshake proves that they hold the key of what they show, and nothing more. Which subsystem a certificate
//! is registered for is judged with every call, where `X-Road-Client` says who it should be.

use haidang_signing::Certificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConnection, SignatureScheme};

use crate::rules::credential::{ClientCertificate, Shown};

/// Asks for a certificate without demanding one, since some subsystems have none, and lets rustls check the signature
/// of the handshake. No path is built: registered certificates are usually self-signed.
#[derive(Debug)]
pub(super) struct Possession(pub(super) WebPkiSupportedAlgorithms);

impl ClientCertVerifier for Possession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match Certificate::from_der(end_entity) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(_) => Err(Error::InvalidCertificate(CertificateError::BadEncoding)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// What the other end of a finished handshake showed.
pub(in crate::proxy) fn shown(connection: &ServerConnection) -> Shown {
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    let leaf = leaf.and_then(|der| Certificate::from_der(der).ok());
    Shown::Tls(leaf.as_ref().map(ClientCertificate::from))
}
