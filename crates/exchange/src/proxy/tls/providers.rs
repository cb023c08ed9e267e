//! Providers: the certificate must be one that the directory names, or lead to an authority that it names and be for the
//! host that was called. Until that is so, nothing of a request leaves.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use haidang_kernel::ambient::Ambient;
use haidang_signing::Certificate;
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption, WebPkiServerVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Identity, VERSIONS, cryptography, protocols};
use crate::directory::{ProviderAddress, ProviderTls};

/// Why there is no TLS with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsFailure {
    #[error("the certificate of the provider is not one that the exchange knows; have it registered")]
    Unknown,
    #[error("the certificate of the provider is for another host than the one that is called")]
    Name,
    #[error("the certificate of the provider has ended or is not valid yet; it must be renewed")]
    Time,
    #[error(
        "the provider wants a certificate of the exchange that it knows; have that of the exchange registered there"
    )]
    RefusedUs,
    #[error("the provider does not speak TLS 1.2 or 1.3 as the exchange does")]
    Protocol,
}

impl TlsFailure {
    fn of(error: &Error) -> Self {
        use AlertDescription as Alert;
        use CertificateError as Wrong;
        match error {
            Error::InvalidCertificate(Wrong::NotValidForName | Wrong::NotValidForNameContext { .. }) => Self::Name,
            Error::InvalidCertificate(
                Wrong::Expired | Wrong::ExpiredContext { .. } | Wrong::NotValidYet | Wrong::NotValidYetContext { .. },
            ) => Self::Time,
            Error::InvalidCertificate(_) | Error::NoCertificatesPresented => Self::Unknown,
            Error::AlertReceived(
                Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::CertificateRequired,
            ) => Self::RefusedUs,
            _ => Self::Protocol,
        }
    }
}

/// The refusal of our certificate in an error that came later: in TLS 1.3 a provider judges it when our side of the
/// handshake is over.
pub(in crate::proxy) fn refusal_of_us(error: &(dyn StdError + 'static)) -> Option<TlsFailure> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(failure) = error.downcast_ref::<io::Error>().and_then(failure_in) {
            return (failure == TlsFailure::RefusedUs).then_some(failure);
        }
        next = error.source();
    }
    None
}

fn failure_in(error: &io::Error) -> Option<TlsFailure> {
    error.get_ref()?.downcast_ref::<Error>().map(TlsFailure::of)
}

/// Makes TLS of a connection to one provider.
pub(crate) struct Connector {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Connector {
    /// For a provider that is called over TLS; `presented` is what the exchange shows where it is asked.
    ///
    /// # Errors
    /// What rustls says of the host or the authorities; the directory has judged both.
    pub(crate) fn new(
        address: &ProviderAddress,
        tls: &ProviderTls,
        presented: Arc<ArcSwapOption<Identity>>,
        ambient: &Ambient,
    ) -> Result<Self, Error> {
        let name = ServerName::try_from(address.host.clone()).map_err(|error| Error::General(error.to_string()))?;
        let cryptography = cryptography();
        let algorithms = cryptography.signature_verification_algorithms;
        let believed = match tls {
            ProviderTls::Unverified => Believed::Anybody,
            ProviderTls::Verified { certificates, authorities } => {
                Believed::Listed { certificates: certificates.clone(), authorities: by_path(authorities)? }
            }
        };
        let clock = Clock(ambient.clone());
        let mut config = ClientConfig::builder_with_details(cryptography, Arc::new(clock))
            .with_protocol_versions(VERSIONS)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { believed, algorithms }))
            .with_client_cert_resolver(Arc::new(Presented(presented)));
        config.alpn_protocols = protocols();
        // A session that goes on would carry the verdict over a certificate past its end; connections are kept instead.
        config.resumption = Resumption::disabled();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    /// The handshake. `Ok(Err(_))` when the provider did not prove itself, `Err` when the connection broke.
    pub(crate) async fn connect(&self, stream: TcpStream) -> io::Result<Result<TlsStream<TcpStream>, TlsFailure>> {
        match self.connector.connect(self.name.clone(), stream).await {
            Ok(stream) => Ok(Ok(stream)),
            Err(error) => match failure_in(&error) {
                Some(failure) => Ok(Err(failure)),
                None => Err(error),
            },
        }
    }
}

fn by_path(authorities: &[Certificate]) -> Result<Option<Arc<WebPkiServerVerifier>>, Error> {
    if authorities.is_empty() {
        return Ok(None);
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        roots.add(CertificateDer::from(authority.der()))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), cryptography()).build();
    verifier.map(Some).map_err(|error| Error::General(error.to_string()))
}

enum Believed {
    Listed { certificates: Vec<Certificate>, authorities: Option<Arc<WebPkiServerVerifier>> },
    Anybody,
}

struct Verifier {
    believed: Believed,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Believed::Listed { certificates, authorities } = &self.believed else {
            return Ok(ServerCertVerified::assertion());
        };
        if let Some(pinned) = certificates.iter().find(|one| one.der() == end_entity.as_ref()) {
            // Who registered the very certificate has said whose it is: its names are not asked, its time is.
            return in_time(pinned, now).map(|()| ServerCertVerified::assertion());
        }
        match authorities {
            Some(by_path) => by_path.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn in_time(certificate: &Certificate, now: UnixTime) -> Result<(), Error> {
    let now = i64::try_from(now.as_secs()).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    match now {
        Some(now) if certificate.is_valid_at(now) => Ok(()),
        Some(now) if now < certificate.not_before() => Err(Error::InvalidCertificate(CertificateError::NotValidYet)),
        _ => Err(Error::InvalidCertificate(CertificateError::Expired)),
    }
}

/// What the exchange shows now: a renewed certificate holds from the next connection on.
#[derive(Debug)]
struct Presented(Arc<ArcSwapOption<Identity>>);

impl ResolvesClientCert for Presented {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.load().as_ref().map(|identity| identity.certified())
    }

    fn has_certs(&self) -> bool {
        self.0.load().is_some()
    }
}

/// The clock of the house for rustls.
struct Clock(Ambient);

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
