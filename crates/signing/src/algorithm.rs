//! The algorithms official documents may rest on, and the check of a signature under a public key.
//!
//! SHA-1, MD5, RSA below 2048 bits and every curve but P-256 and P-384 are not in these tables and so refused.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm};
use der::asn1::{Any, ObjectIdentifier};
use der::oid::db::rfc5912 as oid;
use der::{Decode as _, Encode as _};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::SigningError;

/// A hash function that signatures and time stamps may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256: what this house uses itself.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    /// The algorithm with this object identifier.
    ///
    /// # Errors
    /// [`SigningError::WeakAlgorithm`] for every other one, SHA-1 and MD5 among them.
    pub fn from_oid(wanted: ObjectIdentifier) -> Result<DigestAlgorithm, SigningError> {
        let all = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512];
        let found = all.into_iter().find(|one| one.oid() == wanted);
        found.ok_or_else(|| SigningError::WeakAlgorithm(wanted.to_string()))
    }

    /// Its object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            DigestAlgorithm::Sha256 => oid::ID_SHA_256,
            DigestAlgorithm::Sha384 => oid::ID_SHA_384,
            DigestAlgorithm::Sha512 => oid::ID_SHA_512,
        }
    }

    /// The identifier without parameters, as RFC 5754 wants it written.
    pub fn identifier(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned { oid: self.oid(), parameters: None }
    }

    /// Length of a digest in bytes.
    pub fn length(self) -> usize {
        self.backend().output_len()
    }

    /// The digest of `bytes`. For files use [`Hasher`].
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        digest::digest(self.backend(), bytes).as_ref().to_vec()
    }

    fn backend(self) -> &'static digest::Algorithm {
        match self {
            DigestAlgorithm::Sha256 => &digest::SHA256,
            DigestAlgorithm::Sha384 => &digest::SHA384,
            DigestAlgorithm::Sha512 => &digest::SHA512,
        }
    }
}

/// A digest over parts that follow each other, in constant memory.
pub struct Hasher(digest::Context);

impl Hasher {
    /// Nothing hashed yet.
    pub fn new(algorithm: DigestAlgorithm) -> Hasher {
        Hasher(digest::Context::new(algorithm.backend()))
    }

    /// Takes the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The digest of all parts.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

/// How a private key of this house signs. RSA is PKCS#1 v1.5 (what national smart cards and verifiers share).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 with SHA-256; the signature is the DER `ECDSA-Sig-Value`.
    EcdsaP256,
    /// RSA, 2048 bits, with SHA-256.
    Rsa2048,
    /// RSA, 3072 bits, with SHA-256.
    Rsa3072,
    /// RSA, 4096 bits, with SHA-256.
    Rsa4096,
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [SignatureAlgorithm; 4] = [
        SignatureAlgorithm::EcdsaP256,
        SignatureAlgorithm::Rsa2048,
        SignatureAlgorithm::Rsa3072,
        SignatureAlgorithm::Rsa4096,
    ];

    /// The identifier beside a signature, in certificates, CRLs and signed data alike.
    pub fn identifier(self) -> AlgorithmIdentifierOwned {
        match self {
            // RFC 5758, 3.2: no parameters.
            SignatureAlgorithm::EcdsaP256 => {
                AlgorithmIdentifierOwned { oid: oid::ECDSA_WITH_SHA_256, parameters: None }
            }
            // RFC 4055, 5: the parameters are NULL.
            _ => AlgorithmIdentifierOwned { oid: oid::SHA_256_WITH_RSA_ENCRYPTION, parameters: Some(Any::null()) },
        }
    }

    /// What a key with this public half signs with.
    ///
    /// # Errors
    /// [`SigningError::WeakAlgorithm`] for a key this house does not sign with.
    pub fn of_public_key(info: &SubjectPublicKeyInfoOwned) -> Result<SignatureAlgorithm, SigningError> {
        let refused = || SigningError::WeakAlgorithm(info.algorithm.oid.to_string());
        if info.algorithm.oid == oid::ID_EC_PUBLIC_KEY {
            return if curve(info) == Some(oid::SECP_256_R_1) {
                Ok(SignatureAlgorithm::EcdsaP256)
            } else {
                Err(refused())
            };
        }
        if info.algorithm.oid != oid::RSA_ENCRYPTION {
            return Err(refused());
        }
        let key = info.subject_public_key.as_bytes().ok_or_else(refused)?;
        let key = pkcs1::RsaPublicKey::from_der(key).map_err(|_| refused())?;
        match key.modulus.as_bytes().len() {
            256 => Ok(SignatureAlgorithm::Rsa2048),
            384 => Ok(SignatureAlgorithm::Rsa3072),
            512 => Ok(SignatureAlgorithm::Rsa4096),
            _ => Err(refused()),
        }
    }
}

fn curve(info: &SubjectPublicKeyInfoOwned) -> Option<ObjectIdentifier> {
    info.algorithm.parameters.as_ref()?.decode_as().ok()
}

/// Checks `signature` over `message` under a public key.
///
/// `digest` is the hash the signer claims beside the signature (in signed data); a signature algorithm that names
/// another one is refused. Without one (in certificates) the signature algorithm must name its hash itself.
///
/// # Errors
/// [`SigningError::WeakAlgorithm`] for an algorithm, curve or key that is not accepted, [`SigningError::Mismatch`] when
/// the signature is not the key's over this message.
pub fn verify(
    public_key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<DigestAlgorithm>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SigningError> {
    let refused = || SigningError::WeakAlgorithm(algorithm.oid.to_string());
    let named = named_digest(algorithm)?;
    let hash = match (named, digest) {
        (Some(named), Some(claimed)) if named != claimed => return Err(refused()),
        (Some(hash), _) | (None, Some(hash)) => hash,
        (None, None) => return Err(refused()),
    };
    let way = backend(public_key, algorithm.oid, hash).ok_or_else(refused)?;
    let key = public_key.subject_public_key.as_bytes().ok_or_else(refused)?;
    UnparsedPublicKey::new(way, key).verify(message, signature).map_err(|_| SigningError::Mismatch)
}

/// The hash a signature algorithm names; none for plain `rsaEncryption`, which leaves it to the signer's claim.
fn named_digest(algorithm: &AlgorithmIdentifierOwned) -> Result<Option<DigestAlgorithm>, SigningError> {
    Ok(Some(match algorithm.oid {
        oid::ECDSA_WITH_SHA_256 | oid::SHA_256_WITH_RSA_ENCRYPTION => DigestAlgorithm::Sha256,
        oid::ECDSA_WITH_SHA_384 | oid::SHA_384_WITH_RSA_ENCRYPTION => DigestAlgorithm::Sha384,
        oid::ECDSA_WITH_SHA_512 | oid::SHA_512_WITH_RSA_ENCRYPTION => DigestAlgorithm::Sha512,
        oid::RSA_ENCRYPTION => return Ok(None),
        oid::ID_RSASSA_PSS => return pss_digest(algorithm).map(Some),
        other => return Err(SigningError::WeakAlgorithm(other.to_string())),
    }))
}

/// RFC 4055, 3.1: one hash for the message and the mask, and a salt as long as it; other combinations are not used by
/// anybody and refused. The default of the parameters is SHA-1, which is refused too.
fn pss_digest(algorithm: &AlgorithmIdentifierOwned) -> Result<DigestAlgorithm, SigningError> {
    let refused = || SigningError::WeakAlgorithm(algorithm.oid.to_string());
    let parameters = algorithm.parameters.as_ref().ok_or_else(refused)?.to_der().map_err(|_| refused())?;
    let parameters = pkcs1::RsaPssParams::from_der(&parameters).map_err(|_| refused())?;
    let digest = DigestAlgorithm::from_oid(parameters.hash.oid)?;
    let mask = parameters.mask_gen.parameters.map(|inner| inner.oid);
    let usual = parameters.mask_gen.oid == oid::ID_MGF_1
        && mask == Some(digest.oid())
        && usize::from(parameters.salt_len) == digest.length();
    if usual { Ok(digest) } else { Err(refused()) }
}

fn backend(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: ObjectIdentifier,
    hash: DigestAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    match (key.algorithm.oid, algorithm) {
        (oid::ID_EC_PUBLIC_KEY, oid::ECDSA_WITH_SHA_256 | oid::ECDSA_WITH_SHA_384 | oid::ECDSA_WITH_SHA_512) => {
            Some(match (curve(key)?, hash) {
                (oid::SECP_256_R_1, Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
                (oid::SECP_256_R_1, Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
                (oid::SECP_256_R_1, Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
                (oid::SECP_384_R_1, Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
                (oid::SECP_384_R_1, Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
                (oid::SECP_384_R_1, Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
                _ => return None,
            })
        }
        (oid::RSA_ENCRYPTION | oid::ID_RSASSA_PSS, oid::ID_RSASSA_PSS) => Some(match hash {
            Sha256 => &lc::RSA_PSS_2048_8192_SHA256,
            Sha384 => &lc::RSA_PSS_2048_8192_SHA384,
            Sha512 => &lc::RSA_PSS_2048_8192_SHA512,
        }),
        (
            oid::RSA_ENCRYPTION,
            oid::RSA_ENCRYPTION
            | oid::SHA_256_WITH_RSA_ENCRYPTION
            | oid::SHA_384_WITH_RSA_ENCRYPTION
            | oid::SHA_512_WITH_RSA_ENCRYPTION,
        ) => Some(match hash {
            Sha256 => &lc::RSA_PKCS1_2048_8192_SHA256,
            Sha384 => &lc::RSA_PKCS1_2048_8192_SHA384,
            Sha512 => &lc::RSA_PKCS1_2048_8192_SHA512,
        }),
        _ => None,
    }
}
