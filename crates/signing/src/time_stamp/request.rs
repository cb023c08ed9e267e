//! What a time-stamping authority is asked (RFC 3161, 2.4.1).

use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Sequence};
use x509_cert::ext::Extensions;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::TimeStampError;
use crate::DigestAlgorithm;

/// Upper bound of a request; the usual one has 70 bytes.
pub const MAX_REQUEST: usize = 16 * 1024;
/// Upper bound of a nonce in bytes; clients send 8.
const MAX_NONCE: usize = 64;

/// The digest a time stamp is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// The hash.
    pub algorithm: DigestAlgorithm,
    /// Its value, as long as the hash says.
    pub digest: Vec<u8>,
}

impl Imprint {
    /// The SHA-256 of a content.
    pub fn of(content: &[u8]) -> Imprint {
        Imprint { algorithm: DigestAlgorithm::Sha256, digest: DigestAlgorithm::Sha256.digest(content) }
    }

    pub(super) fn encoded(&self) -> der::Result<MessageImprint> {
        Ok(MessageImprint {
            hash_algorithm: self.algorithm.identifier(),
            hashed_message: OctetString::new(self.digest.as_slice())?,
        })
    }

    pub(super) fn decoded(read: &MessageImprint) -> Result<Imprint, TimeStampError> {
        let refused = |_| TimeStampError::Algorithm(read.hash_algorithm.oid.to_string());
        let algorithm = DigestAlgorithm::from_oid(read.hash_algorithm.oid).map_err(refused)?;
        if read.hashed_message.as_bytes().len() != algorithm.length() {
            return Err(TimeStampError::Malformed("the digest is not as long as its hash makes it"));
        }
        Ok(Imprint { algorithm, digest: read.hashed_message.as_bytes().to_vec() })
    }
}

/// A request for a time stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    /// What is to be stamped.
    pub imprint: Imprint,
    /// Under which policy; none leaves it to the authority.
    pub policy: Option<ObjectIdentifier>,
    /// A number that ties the answer to this request, as the bytes of a DER INTEGER.
    pub nonce: Option<Vec<u8>>,
    /// Whether the answer should carry the authority's certificate.
    pub wants_certificate: bool,
    /// Whether the request has extensions; an authority that knows none must refuse (RFC 3161, 2.4.1).
    pub has_extensions: bool,
}

#[derive(Sequence)]
struct Wire {
    version: u8,
    message_imprint: MessageImprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(default = "Default::default")]
    wants_certificate: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// `MessageImprint` of RFC 3161.
#[derive(Sequence)]
pub(super) struct MessageImprint {
    pub(super) hash_algorithm: AlgorithmIdentifierOwned,
    pub(super) hashed_message: OctetString,
}

impl TimeStampRequest {
    /// A request as this house sends it: with nonce (16 random bytes) and for a token that carries its certificate.
    pub fn new(imprint: Imprint, random: [u8; 16], policy: Option<ObjectIdentifier>) -> TimeStampRequest {
        // A positive INTEGER of full length: the first bit off, the next one on.
        let mut nonce = random.to_vec();
        if let Some(first) = nonce.first_mut() {
            *first = (*first & 0x7f) | 0x40;
        }
        TimeStampRequest { imprint, policy, nonce: Some(nonce), wants_certificate: true, has_extensions: false }
    }

    /// The request as DER, `application/timestamp-query`.
    ///
    /// # Errors
    /// [`TimeStampError::Malformed`] when the nonce is no DER INTEGER.
    pub fn to_der(&self) -> Result<Vec<u8>, TimeStampError> {
        let wire = Wire {
            version: 1,
            message_imprint: self.imprint.encoded()?,
            policy: self.policy,
            nonce: self.nonce.as_deref().map(Int::new).transpose()?,
            wants_certificate: self.wants_certificate,
            extensions: None,
        };
        Ok(wire.to_der()?)
    }

    /// Reads a request, as an authority does.
    ///
    /// # Errors
    /// [`TimeStampError::Algorithm`] for a hash that is not accepted (answer `badAlg`), [`TimeStampError::Malformed`]
    /// for all else (answer `badDataFormat`).
    pub fn from_der(bytes: &[u8]) -> Result<TimeStampRequest, TimeStampError> {
        if bytes.len() > MAX_REQUEST {
            return Err(TimeStampError::Malformed("longer than a request can be"));
        }
        let wire = Wire::from_der(bytes)?;
        if wire.version != 1 {
            return Err(TimeStampError::Malformed("unknown version"));
        }
        let nonce = wire.nonce.map(|nonce| nonce.as_bytes().to_vec());
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > MAX_NONCE) {
            return Err(TimeStampError::Malformed("nonce is too long"));
        }
        Ok(TimeStampRequest {
            imprint: Imprint::decoded(&wire.message_imprint)?,
            policy: wire.policy,
            nonce,
            wants_certificate: wire.wants_certificate,
            has_extensions: wire.extensions.is_some(),
        })
    }
}
