//! Private keys of certificates: who signs does not know where the key lies.

use std::io::Read as _;
use std::path::Path;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};

use crate::{SignatureAlgorithm, SigningError, folder, pem};

/// Upper bound of a key file: RSA with 4096 bits needs 4 KiB as PEM.
const MAX_KEY_FILE: u64 = 64 * 1024;
const LABEL: &str = "PRIVATE KEY";

/// A private key that can sign, wherever it is kept.
pub trait PrivateKey: Send + Sync {
    /// How it signs.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs `message`, which is hashed with the hash of [`PrivateKey::algorithm`] first. May block on a device.
    ///
    /// # Errors
    /// [`SigningError`] when the key refuses or its device does not answer.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError>;

    /// The public half as DER `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
    fn public_key_info(&self) -> &[u8];
}

/// A key out of an unencrypted PKCS#8 file (RFC 5958). Its `Debug` shows the algorithm only.
pub struct FileKey {
    pair: Pair,
    algorithm: SignatureAlgorithm,
    public_key_info: Vec<u8>,
}

enum Pair {
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl FileKey {
    /// Reads a key from a file, PEM (`BEGIN PRIVATE KEY`) or DER.
    ///
    /// # Errors
    /// [`SigningError::OpenToOthers`] when others than the owner may read it (Unix), [`SigningError::Damaged`] when it
    /// holds no key this house signs with, [`SigningError::Io`] when it cannot be read.
    pub fn read(path: &Path) -> Result<FileKey, SigningError> {
        let io = |source| folder::io(path, source);
        let file = std::fs::File::open(path).map_err(io)?;
        // The open file is asked, not the path: what is checked is what is read.
        folder::refuse_open_to_others(path, &file.metadata().map_err(io)?)?;
        let mut bytes = Vec::new();
        file.take(MAX_KEY_FILE + 1).read_to_end(&mut bytes).map_err(io)?;
        let damaged = |reason| SigningError::Damaged { path: path.display().to_string(), reason };
        if bytes.len() as u64 > MAX_KEY_FILE {
            return Err(damaged("longer than a key file can be"));
        }
        FileKey::from_bytes(&bytes)
            .map_err(|_| damaged("not an unencrypted PKCS#8 key (P-256, or RSA with 2048, 3072 or 4096 bits)"))
    }

    /// Reads a key from PEM or DER bytes.
    ///
    /// # Errors
    /// [`SigningError::KeyRefused`] when they hold no key this house signs with.
    pub fn from_bytes(bytes: &[u8]) -> Result<FileKey, SigningError> {
        match pem::blocks(bytes, LABEL, 2) {
            Ok(blocks) => match blocks.as_slice() {
                [] => FileKey::from_pkcs8(bytes),
                [one] => FileKey::from_pkcs8(one),
                _ => Err(SigningError::KeyRefused("more than one key in it")),
            },
            Err(_) => Err(SigningError::KeyRefused("PEM is damaged")),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<FileKey, SigningError> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der) {
            return FileKey::of_ecdsa(pair);
        }
        let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| SigningError::KeyRefused("not PKCS#8, or another kind"))?;
        FileKey::of_rsa(pair)
    }

    /// Makes a new key from the secure random numbers of the machine. RSA takes up to seconds.
    ///
    /// # Errors
    /// [`SigningError::KeyRefused`] when the machine has no randomness to give.
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<FileKey, SigningError> {
        let failed = |_| SigningError::KeyRefused("no key could be made");
        let size = match algorithm {
            SignatureAlgorithm::EcdsaP256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(failed)?;
                return FileKey::of_ecdsa(pair);
            }
            SignatureAlgorithm::Rsa2048 => KeySize::Rsa2048,
            SignatureAlgorithm::Rsa3072 => KeySize::Rsa3072,
            SignatureAlgorithm::Rsa4096 => KeySize::Rsa4096,
        };
        FileKey::of_rsa(RsaKeyPair::generate(size).map_err(failed)?)
    }

    fn of_ecdsa(pair: EcdsaKeyPair) -> Result<FileKey, SigningError> {
        let info: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| SigningError::KeyRefused("public half"))?;
        let public_key_info = info.as_ref().to_vec();
        Ok(FileKey { pair: Pair::Ecdsa(Box::new(pair)), algorithm: SignatureAlgorithm::EcdsaP256, public_key_info })
    }

    fn of_rsa(pair: RsaKeyPair) -> Result<FileKey, SigningError> {
        let algorithm = match pair.public_modulus_len() {
            256 => SignatureAlgorithm::Rsa2048,
            384 => SignatureAlgorithm::Rsa3072,
            512 => SignatureAlgorithm::Rsa4096,
            _ => return Err(SigningError::KeyRefused("RSA of another size than 2048, 3072 or 4096 bits")),
        };
        let info: PublicKeyX509Der<'_> =
            pair.public_key().as_der().map_err(|_| SigningError::KeyRefused("public half"))?;
        let public_key_info = info.as_ref().to_vec();
        Ok(FileKey { pair: Pair::Rsa(Box::new(pair)), algorithm, public_key_info })
    }

    /// The key as unencrypted PKCS#8 DER, for sealing it (`Sealer`) or handing it over.
    ///
    /// # Errors
    /// [`SigningError::KeyRefused`] when the library cannot write it, which it can for every key it made or read.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, SigningError> {
        let failed = |_| SigningError::KeyRefused("cannot be written as PKCS#8");
        match &self.pair {
            Pair::Ecdsa(pair) => Ok(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
                Ok(der.as_ref().to_vec())
            }
        }
    }

    /// Signs a SHA-256 value (32 bytes) that somebody else made: what a remote key is asked for. Whoever lets this be
    /// called has decided that these very bytes may be signed.
    ///
    /// # Errors
    /// [`SigningError::KeyRefused`] for a value of another length.
    pub fn sign_digest(&self, digest: &[u8]) -> Result<Vec<u8>, SigningError> {
        let digest = Digest::import_less_safe(digest, &SHA256)
            .map_err(|_| SigningError::KeyRefused("the hash is no SHA-256 value"))?;
        let failed = |_| SigningError::KeyRefused("signing failed");
        match &self.pair {
            Pair::Ecdsa(pair) => Ok(pair.sign_digest(&digest).map_err(failed)?.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }

    /// Writes the key as PEM into a new file that only its owner may read (mode 0600). An existing file stays.
    ///
    /// # Errors
    /// [`SigningError::Io`] when the file exists or cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), SigningError> {
        let text = pem::text(LABEL, &self.to_pkcs8()?);
        folder::write_private(path, text.as_bytes()).map_err(|source| folder::io(path, source))
    }
}

impl PrivateKey for FileKey {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let random = SystemRandom::new();
        let failed = |_| SigningError::KeyRefused("signing failed");
        match &self.pair {
            Pair::Ecdsa(pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }

    fn public_key_info(&self) -> &[u8] {
        &self.public_key_info
    }
}
