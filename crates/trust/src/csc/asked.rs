//! Questions as they come over the wire (CSC 1.0.4, 11), read strictly where it matters.

use data_encoding::BASE64;
use haidang_signing::{DigestAlgorithm, MAX_BATCH, SignatureAlgorithm};
use serde::Deserialize;

use super::fault::Fault;

/// `credentials/list`.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    #[serde(rename = "userID")]
    pub(super) user: Option<String>,
}

/// `credentials/info`.
#[derive(Debug, Deserialize)]
pub(super) struct Info {
    #[serde(rename = "credentialID")]
    pub(super) credential: String,
    /// `none`, `single` or `chain`.
    pub(super) certificates: Option<String>,
    #[serde(rename = "certInfo", default)]
    pub(super) names: bool,
    #[serde(rename = "authInfo", default)]
    pub(super) ways: bool,
}

/// `credentials/authorize`.
#[derive(Deserialize)]
pub(super) struct Authorize {
    #[serde(rename = "credentialID")]
    pub(super) credential: String,
    #[serde(rename = "numSignatures")]
    pub(super) count: usize,
    pub(super) hash: Option<Vec<String>>,
    #[serde(rename = "PIN")]
    pub(super) pin: Option<String>,
}

/// `signatures/signHash`.
#[derive(Deserialize)]
pub(super) struct SignHash {
    #[serde(rename = "credentialID")]
    pub(super) credential: String,
    #[serde(rename = "SAD")]
    pub(super) activation: String,
    pub(super) hash: Vec<String>,
    #[serde(rename = "hashAlgo")]
    pub(super) hash_algorithm: Option<String>,
    #[serde(rename = "signAlgo")]
    pub(super) algorithm: String,
}

/// `signatures/timestamp`.
#[derive(Debug, Deserialize)]
pub(super) struct TimeStamp {
    pub(super) hash: String,
    #[serde(rename = "hashAlgo")]
    pub(super) hash_algorithm: String,
    /// Hexadecimal.
    pub(super) nonce: Option<String>,
}

/// Hashes of SHA-256, from base64.
pub(super) fn hashes(given: &[String]) -> Result<Vec<Vec<u8>>, Fault> {
    if given.is_empty() || given.len() > MAX_BATCH {
        return Err(Fault::Request("Numsignatures is higher than allowed, or there is no hash"));
    }
    let read = |text: &String| BASE64.decode(text.as_bytes()).ok().filter(|hash| hash.len() == 32);
    given
        .iter()
        .map(read)
        .collect::<Option<_>>()
        .ok_or(Fault::Request("Invalid parameter hash: base64 of SHA-256 values is expected"))
}

/// Refuses every hash but SHA-256 and every way of signing but the key's own. A signature algorithm may be named with its
/// hash or without.
pub(super) fn check_algorithms(asked: &SignHash, key: SignatureAlgorithm) -> Result<(), Fault> {
    let own = key.identifier().oid.to_string();
    let bare = match key {
        SignatureAlgorithm::EcdsaP256 => "1.2.840.10045.2.1",
        _ => "1.2.840.113549.1.1.1",
    };
    let sha256 = DigestAlgorithm::Sha256.oid().to_string();
    let hash = asked.hash_algorithm.as_deref();
    if hash.is_some_and(|hash| hash != sha256) {
        return Err(Fault::Request("Invalid parameter hashAlgo"));
    }
    match asked.algorithm.as_str() {
        given if given == own => Ok(()),
        given if given == bare && hash.is_some() => Ok(()),
        _ => Err(Fault::Request("Invalid parameter signAlgo")),
    }
}
