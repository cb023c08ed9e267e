//! Checking signed data, up to but without trust in the certificate.

use ::cms::signed_data::SignerIdentifier;
use der::asn1::{ObjectIdentifier, OctetString};
use der::oid::db::rfc5911;
use der::{Decode as _, Encode as _};
use jiff::Timestamp;
use x509_cert::time::Time;

use super::SignedDataError;
use super::attributes::{names_certificate_v1, names_certificate_v2, single};
use super::read::SignedData;
use crate::{Certificate, algorithm, encoding};

/// Which attribute bound the certificate to the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningCertificateVersion {
    /// `signing-certificate` (RFC 2634), SHA-1 over the certificate: seen in older time stamps.
    V1,
    /// `signing-certificate-v2` (RFC 5035).
    V2,
}

/// A signature that fits its content and its certificate. Whether the certificate deserves trust is another question.
#[derive(Debug, Clone)]
pub struct VerifiedSigner {
    /// The signer's certificate.
    pub certificate: Certificate,
    /// Which attribute named it.
    pub signing_certificate: SigningCertificateVersion,
    /// Kinds of the signed attributes, as they stand.
    pub attributes: Vec<ObjectIdentifier>,
    /// The time the signer claims (CMS signing-time); a claim, not a proof.
    pub signing_time: Option<Timestamp>,
}

impl SignedData {
    /// Checks a detached signature against the digest of the content under [`SignedData::digest_algorithm`].
    ///
    /// # Errors
    /// [`SignedDataError`], naming the first thing that does not fit: content type, digest, certificate, signature.
    pub fn verify(&self, content_digest: &[u8]) -> Result<VerifiedSigner, SignedDataError> {
        let signed = &self.signer.signed;
        self.refuse_repeated_attributes()?;
        let kind = single(signed, rfc5911::ID_CONTENT_TYPE, "content type")?;
        let kind = kind.ok_or(SignedDataError::Attribute("content type"))?;
        if ObjectIdentifier::from_der(kind)? != self.content_type {
            return Err(SignedDataError::ContentType);
        }
        let digest = single(signed, rfc5911::ID_MESSAGE_DIGEST, "message digest")?;
        let digest = OctetString::from_der(digest.ok_or(SignedDataError::Attribute("message digest"))?)?;
        if digest.as_bytes() != content_digest || content_digest.len() != self.signer.digest.length() {
            return Err(SignedDataError::Content);
        }
        // A content that came along is the one that is checked, or somebody would read what nobody signed.
        if self.content.as_ref().is_some_and(|content| self.signer.digest.digest(content) != content_digest) {
            return Err(SignedDataError::Content);
        }
        let (certificate, signing_certificate) = self.signer_certificate()?;
        algorithm::verify(
            certificate.public_key(),
            &self.signer.algorithm,
            Some(self.signer.digest),
            &self.signer.signed_der,
            &self.signer.signature,
        )?;
        let signing_time = single(signed, rfc5911::ID_SIGNING_TIME, "signing time")?;
        let signing_time = signing_time.map(Time::from_der).transpose()?;
        Ok(VerifiedSigner {
            certificate: certificate.clone(),
            signing_certificate,
            attributes: signed.iter().map(|attribute| attribute.kind).collect(),
            signing_time: signing_time.and_then(|time| encoding::timestamp(time.to_unix_duration())),
        })
    }

    /// Checks a signature over the content it carries.
    ///
    /// # Errors
    /// [`SignedDataError::Content`] when it carries none, else as [`SignedData::verify`].
    pub fn verify_encapsulated(&self) -> Result<VerifiedSigner, SignedDataError> {
        let content = self.content.as_deref().ok_or(SignedDataError::Content)?;
        self.verify(&self.signer.digest.digest(content))
    }

    /// RFC 5652, 5.3: no kind of signed attribute stands twice.
    fn refuse_repeated_attributes(&self) -> Result<(), SignedDataError> {
        let mut kinds: Vec<_> = self.signer.signed.iter().map(|attribute| attribute.kind).collect();
        kinds.sort_unstable();
        let repeated = kinds.windows(2).any(|pair| pair[0] == pair[1]);
        if repeated { Err(SignedDataError::Attribute("one of them")) } else { Ok(()) }
    }

    /// The certificate the signer is identified by and has signed for. With several that bear its name and number,
    /// the one that was signed for: a look-alike beside it must not confuse anybody.
    fn signer_certificate(&self) -> Result<(&Certificate, SigningCertificateVersion), SignedDataError> {
        let signed = &self.signer.signed;
        let v1 = single(signed, rfc5911::ID_AA_SIGNING_CERTIFICATE, "signing certificate")?;
        let v2 = single(signed, rfc5911::ID_AA_SIGNING_CERTIFICATE_V_2, "signing certificate")?;
        let version = match (v1, v2) {
            (_, Some(_)) => SigningCertificateVersion::V2,
            (Some(_), None) => SigningCertificateVersion::V1,
            (None, None) => return Err(SignedDataError::Attribute("signing certificate")),
        };
        let mut answer = SignedDataError::SignerCertificate;
        for certificate in self.certificates.iter().filter(|certificate| self.identifies(certificate)) {
            let fits_v1 = v1.map(|value| names_certificate_v1(value, certificate)).transpose()?.unwrap_or(true);
            let fits_v2 = v2.map(|value| names_certificate_v2(value, certificate)).transpose()?.unwrap_or(true);
            if fits_v1 && fits_v2 {
                return Ok((certificate, version));
            }
            answer = SignedDataError::SigningCertificate;
        }
        Err(answer)
    }

    fn identifies(&self, certificate: &Certificate) -> bool {
        match &self.signer.id {
            SignerIdentifier::IssuerAndSerialNumber(id) => {
                id.serial_number.as_bytes() == certificate.serial()
                    && id.issuer.to_der().is_ok_and(|issuer| issuer == certificate.issuer_der())
            }
            SignerIdentifier::SubjectKeyIdentifier(id) => {
                certificate.subject_key_id().is_some_and(|own| own == id.0.as_bytes())
            }
        }
    }

    /// With certificates from elsewhere (a time stamp whose request asked for none, the store of a PDF) beside its own.
    #[must_use]
    pub fn with_certificates(mut self, more: &[Certificate]) -> SignedData {
        self.certificates.extend_from_slice(more);
        self
    }
}
