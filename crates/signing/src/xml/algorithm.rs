//! Identifiers of algorithms (RFC 9231), and ECDSA values, which XML writes as two numbers side by side.

use der::asn1::{Any, UintRef};
use der::oid::db::rfc5912 as oid;
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::XmlSignatureError;
use crate::{DigestAlgorithm, SignatureAlgorithm, SigningError};

pub(crate) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#sha384";
const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// What an identifier of a signature means.
pub(crate) struct Meaning {
    pub(crate) identifier: AlgorithmIdentifierOwned,
    pub(crate) digest: DigestAlgorithm,
    pub(crate) elliptic: bool,
}

/// The hash with this identifier.
pub(crate) fn digest(uri: &str) -> Result<DigestAlgorithm, XmlSignatureError> {
    match uri {
        SHA256 => Ok(DigestAlgorithm::Sha256),
        SHA384 => Ok(DigestAlgorithm::Sha384),
        SHA512 => Ok(DigestAlgorithm::Sha512),
        other => Err(refused(other)),
    }
}

/// The identifier of a hash.
pub(crate) fn digest_uri(algorithm: DigestAlgorithm) -> &'static str {
    match algorithm {
        DigestAlgorithm::Sha256 => SHA256,
        DigestAlgorithm::Sha384 => SHA384,
        DigestAlgorithm::Sha512 => SHA512,
    }
}

/// The signature algorithm with this identifier: RSA (PKCS#1 v1.5) and ECDSA with SHA-2.
pub(crate) fn signature(uri: &str) -> Result<Meaning, XmlSignatureError> {
    let (oid, digest, elliptic) = match uri {
        RSA_SHA256 => (oid::SHA_256_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha256, false),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => {
            (oid::SHA_384_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha384, false)
        }
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => {
            (oid::SHA_512_WITH_RSA_ENCRYPTION, DigestAlgorithm::Sha512, false)
        }
        ECDSA_SHA256 => (oid::ECDSA_WITH_SHA_256, DigestAlgorithm::Sha256, true),
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => {
            (oid::ECDSA_WITH_SHA_384, DigestAlgorithm::Sha384, true)
        }
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => {
            (oid::ECDSA_WITH_SHA_512, DigestAlgorithm::Sha512, true)
        }
        other => return Err(refused(other)),
    };
    let parameters = if elliptic { None } else { Some(Any::null()) };
    Ok(Meaning { identifier: AlgorithmIdentifierOwned { oid, parameters }, digest, elliptic })
}

/// The identifier under which a key of this house signs.
pub(crate) fn uri_of(algorithm: SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::EcdsaP256 => ECDSA_SHA256,
        _ => RSA_SHA256,
    }
}

fn refused(uri: &str) -> XmlSignatureError {
    let named: String = uri.chars().take(100).collect();
    let lower = named.to_ascii_lowercase();
    let weak = ["sha1", "md5", "ripemd160"].iter().any(|old| lower.contains(old));
    if weak { XmlSignatureError::Weak(named) } else { XmlSignatureError::Algorithm(named) }
}

/// `ECDSA-Sig-Value` (RFC 3279, 2.2.3).
#[derive(Sequence)]
struct EcdsaValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// From the two numbers of XML (RFC 9231, 2.3.6) to DER. Each is as long as the order of the key's curve, no other way.
pub(crate) fn ecdsa_to_der(key: &SubjectPublicKeyInfoOwned, value: &[u8]) -> Result<Vec<u8>, XmlSignatureError> {
    // An uncompressed point is one byte and two coordinates.
    let length = key.subject_public_key.raw_bytes().len().saturating_sub(1);
    if value.len() != length || !length.is_multiple_of(2) {
        return Err(XmlSignatureError::Value);
    }
    let (r, s) = value.split_at(length / 2);
    let pair = UintRef::new(r).and_then(|r| Ok(EcdsaValue { r, s: UintRef::new(s)? }));
    pair.and_then(|pair| pair.to_der()).map_err(|_| XmlSignatureError::Value)
}

/// From DER to the two numbers of XML, each `length` bytes.
pub(crate) fn ecdsa_from_der(der: &[u8], length: usize) -> Result<Vec<u8>, XmlSignatureError> {
    let malformed = || SigningError::Malformed("ECDSA value");
    let pair = EcdsaValue::from_der(der).map_err(|_| malformed())?;
    let mut value = Vec::with_capacity(2 * length);
    for number in [pair.r, pair.s] {
        let bytes = number.as_bytes();
        let blank = length.checked_sub(bytes.len()).ok_or_else(malformed)?;
        value.resize(value.len() + blank, 0);
        value.extend_from_slice(bytes);
    }
    Ok(value)
}
