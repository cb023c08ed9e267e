//! What an authority signs: certificates, CRLs and OCSP responses. What stands in them is decided by the caller.

use der::asn1::BitString;
use der::{Decode as _, Encode as _};
use x509_cert::TbsCertificate;
use x509_cert::crl::TbsCertList;
use x509_ocsp::{BasicOcspResponse, OcspResponse, ResponseData};

use crate::{Certificate, PrivateKey, SigningError};

const UNWRITABLE: SigningError = SigningError::Malformed("content cannot be written as DER");

/// Signs a certificate; its `signature` field is set to the algorithm of the key.
///
/// # Errors
/// [`SigningError::Malformed`] when the content has no DER form, else what the key answers.
pub fn sign_certificate(mut content: TbsCertificate, key: &dyn PrivateKey) -> Result<Certificate, SigningError> {
    content.signature = key.algorithm().identifier();
    let certificate = x509_cert::Certificate {
        signature_algorithm: key.algorithm().identifier(),
        signature: signature(&content.to_der().map_err(|_| UNWRITABLE)?, key)?,
        tbs_certificate: content,
    };
    Certificate::from_der(&certificate.to_der().map_err(|_| UNWRITABLE)?)
}

/// Signs a list of revoked certificates and returns its DER; its `signature` field is set to the algorithm of the key.
///
/// # Errors
/// As [`sign_certificate`].
pub fn sign_revocation_list(mut content: TbsCertList, key: &dyn PrivateKey) -> Result<Vec<u8>, SigningError> {
    content.signature = key.algorithm().identifier();
    let list = x509_cert::crl::CertificateList {
        signature_algorithm: key.algorithm().identifier(),
        signature: signature(&content.to_der().map_err(|_| UNWRITABLE)?, key)?,
        tbs_cert_list: content,
    };
    list.to_der().map_err(|_| UNWRITABLE)
}

/// Signs a successful OCSP response and returns its DER; `certificates` are those of a delegated responder.
///
/// # Errors
/// As [`sign_certificate`].
pub fn sign_ocsp_response(
    content: ResponseData,
    key: &dyn PrivateKey,
    certificates: &[Certificate],
) -> Result<Vec<u8>, SigningError> {
    let certificates: Result<Vec<_>, _> =
        certificates.iter().map(|one| x509_cert::Certificate::from_der(one.der())).collect();
    let certificates = certificates.map_err(|_| UNWRITABLE)?;
    let basic = BasicOcspResponse {
        signature_algorithm: key.algorithm().identifier(),
        signature: signature(&content.to_der().map_err(|_| UNWRITABLE)?, key)?,
        tbs_response_data: content,
        certs: (!certificates.is_empty()).then_some(certificates),
    };
    OcspResponse::successful(basic).and_then(|response| response.to_der()).map_err(|_| UNWRITABLE)
}

fn signature(message: &[u8], key: &dyn PrivateKey) -> Result<BitString, SigningError> {
    BitString::from_bytes(&key.sign(message)?).map_err(|_| UNWRITABLE)
}
