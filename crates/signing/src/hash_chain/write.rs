//! The two files of a chain.

use data_encoding::BASE64;

use super::tree::{Proof, Sha512Value};
use super::{HASH_CHAIN_NAMESPACE, HashChainError};
use crate::DigestAlgorithm;
use crate::xml::SIGNATURE_NAMESPACE;
use crate::xml::algorithm::digest_uri;

/// What a chain ends in.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'l> {
    /// Address of what was hashed.
    pub address: &'l str,
    /// Its digest.
    pub digest: Sha512Value,
}

/// The chain file (`HashChain`): one step for every node on the way, the first at the top.
///
/// # Errors
/// [`HashChainError::Form`] for a way without a step, which is no chain: a batch holds the root before it as well.
pub fn write_chain(proof: &Proof, leaf: &Leaf<'_>) -> Result<String, HashChainError> {
    if proof.steps.is_empty() {
        return Err(HashChainError::Form { file: leaf.address.to_owned(), fault: "a way without a step is no chain" });
    }
    let mut steps = String::new();
    for (number, step) in proof.steps.iter().enumerate() {
        let sibling = format!("<hc:HashValue>{}</hc:HashValue>", value(&step.sibling));
        let way = if number + 1 == proof.steps.len() {
            format!("<hc:DataRef URI=\"{}\">{}</hc:DataRef>", leaf.address, value(&leaf.digest))
        } else {
            format!("<hc:StepRef URI=\"#STEP{}\"></hc:StepRef>", number + 1)
        };
        let (left, right) = if step.sibling_first { (sibling, way) } else { (way, sibling) };
        steps.push_str(&format!("<hc:HashStep id=\"STEP{number}\">{left}{right}</hc:HashStep>"));
    }
    Ok(format!(
        "<hc:HashChain xmlns:hc=\"{HASH_CHAIN_NAMESPACE}\" xmlns:ds=\"{SIGNATURE_NAMESPACE}\">\
         <hc:DefaultDigestMethod Algorithm=\"{}\"></hc:DefaultDigestMethod>{steps}</hc:HashChain>",
        digest_uri(DigestAlgorithm::Sha512)
    ))
}

/// The result file (`HashChainResult`), whose bytes are what is stamped. It is the same for all messages of a batch.
/// `chain` is the address of the chain file, with a leading `/` where X-Road reads it.
pub fn write_result(chain: &str, top: &Sha512Value) -> String {
    format!(
        "<hc:HashChainResult xmlns:hc=\"{HASH_CHAIN_NAMESPACE}\" xmlns:ds=\"{SIGNATURE_NAMESPACE}\" \
         URI=\"{chain}#STEP0\"><ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod>{}</hc:HashChainResult>",
        digest_uri(DigestAlgorithm::Sha512),
        value(top),
    )
}

fn value(digest: &Sha512Value) -> String {
    format!("<ds:DigestValue>{}</ds:DigestValue>", BASE64.encode(digest))
}
