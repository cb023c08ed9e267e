//! The certificate of the exchange, shown to callers and to providers that ask for one.

use std::fmt;
use std::sync::Arc;

use haidang_signing::{Certificate, SigningError};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::callers::Possession;
use super::{VERSIONS, cryptography, protocols};

/// Why a certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A certificate of the chain.
    #[error("the certificate: {0}")]
    Certificate(#[from] SigningError),
    /// There is none.
    #[error("there is no certificate in PEM (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// The key.
    #[error("there is no private key in PEM (-----BEGIN PRIVATE KEY-----) that can be read without a password")]
    NoKey,
    /// They do not belong together, or are of a kind that TLS does not use.
    #[error("the certificate and the key cannot be used together: {0}")]
    Unusable(#[from] rustls::Error),
}

/// A certificate with the chain above it and its key, ready for both ends of TLS.
#[derive(Clone)]
pub struct Identity {
    leaf: Certificate,
    certified: Arc<CertifiedKey>,
    server: Arc<ServerConfig>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("leaf", &self.leaf).finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads a chain, the certificate of the exchange first, and the key of that, both PEM.
    ///
    /// # Errors
    /// [`IdentityError`]; nothing of the key is in it.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain = Certificate::read_bundle(chain)?;
        let leaf = chain.first().cloned().ok_or(IdentityError::NoCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::NoKey)?;
        let cryptography = cryptography();
        let chain = chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
        let certified = CertifiedKey::from_der(chain, key, &cryptography)?;
        let possession = Possession(cryptography.signature_verification_algorithms);
        let mut server = ServerConfig::builder_with_provider(cryptography)
            .with_protocol_versions(VERSIONS)?
            .with_client_cert_verifier(Arc::new(possession))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone())));
        server.alpn_protocols = protocols();
        Ok(Self { leaf, certified: Arc::new(certified), server: Arc::new(server) })
    }

    /// The certificate of the exchange.
    pub fn certificate(&self) -> &Certificate {
        &self.leaf
    }

    pub(in crate::proxy) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        self.certified.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_certificates::Order;

    fn check(chain: &str, key: &str, expected: &str) {
        let said = Identity::from_pem(chain.as_bytes(), key.as_bytes()).err().map(|error| error.to_string());
        assert!(said.as_deref().unwrap_or_default().contains(expected), "{said:?}");
        assert_eq!(said.is_none(), expected.is_empty(), "{said:?}");
    }

    #[test]
    fn a_certificate_and_its_own_key_are_taken_and_nothing_else() {
        let authority = Order::authority("Authority").issue(None);
        let (one, two) = (Order::new("one").issue(Some(&authority)), Order::new("two").issue(Some(&authority)));
        let (pem, key) = (one.certificate.to_pem(), one.key_pem());
        let chain = format!("{pem}{}", authority.certificate.to_pem());
        for (chain, key, expected) in [
            (pem.as_str(), key.as_str(), ""),
            (&chain, &key, ""),
            (&format!("{chain}{key}"), &format!("{chain}{key}"), ""),
            (&pem, &two.key_pem(), "cannot be used together"),
            (&format!("{}{pem}", authority.certificate.to_pem()), &key, "cannot be used together"),
            ("", &key, "no certificate in PEM"),
            (&key, &key, "no certificate in PEM"),
            (&pem, "", "no private key in PEM"),
            (&pem, &pem, "no private key in PEM"),
            (&pem.replacen("MII", "MIJ", 1), &key, "the certificate"),
            (&pem, &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"), "no private key in PEM"),
        ] {
            check(chain, key, expected);
        }
        let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(identity.certificate(), &one.certificate);
        assert!(!format!("{identity:?}").contains("KEY"), "no key in logs");
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_files_is_read_or_refused(
            chain in "(-----(BEGIN|END) (CERTIFICATE|PRIVATE KEY|EC PRIVATE KEY)-----\\n?|[A-Za-z0-9+/=\\n]{0,40}|.){0,6}",
            key in "(-----(BEGIN|END) (CERTIFICATE|PRIVATE KEY|EC PRIVATE KEY)-----\\n?|[A-Za-z0-9+/=\\n]{0,40}|.){0,6}",
        ) {
            prop_assert!(Identity::from_pem(chain.as_bytes(), key.as_bytes()).is_err());
        }
    }
}
