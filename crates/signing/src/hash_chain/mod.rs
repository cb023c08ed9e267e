//! Hash chains: one time stamp for many messages, and the proof that one of them was under it.
//!
//! The digests of a batch are the leaves of a binary tree; its top is what a time-stamping authority sees. A message
//! keeps the way from its leaf to the top, in the two files X-Road writes: `HashChainResult` (where the chain begins, and
//! the top) and `HashChain` (the steps). [`Tree`] and [`Proof`] make them, [`evaluate`] follows them back.
//!
//! A node is the hash of the DER `SEQUENCE OF SEQUENCE { OCTET STRING digest, UTF8String method, SEQUENCE {} }`. Leaves
//! and nodes are paired from the left, level by level; what has no partner moves up unchanged.
//!
//! A chain proves nothing by itself: somebody must have signed or stamped the bytes of its result file.

mod evaluate;
mod parse;
mod tree;
mod write;

pub(crate) use evaluate::is_attachment;
pub use evaluate::{Files, evaluate};
pub(crate) use parse::Address;
pub use tree::{BEFORE_THE_FIRST, Proof, Sha512Value, Step, Tree, fold, sha512};
pub use write::{Leaf, write_chain, write_result};

use crate::xml::XmlError;

/// Namespace of hash chains.
pub const HASH_CHAIN_NAMESPACE: &str = "http://cyber.ee/hashchain";

/// Why a chain leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashChainError {
    /// A file of the chain is not XML.
    #[error("{file}: {fault}")]
    Xml {
        /// Which one.
        file: String,
        /// What is wrong with it.
        fault: XmlError,
    },
    /// A file of the chain is not in the form of hash chains, or names a hash that is not accepted.
    #[error("{file}: {fault}")]
    Form {
        /// Which one.
        file: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A file of the chain is not there.
    #[error("{0} is absent")]
    Absent(String),
    /// The steps lead to another value than the result states.
    #[error("the chain leads to another value than its result states")]
    Top,
    /// A file is not what the chain says it is.
    #[error("{0} is not what the chain says")]
    Input(String),
    /// A step that does not exist.
    #[error("there is no step {0}")]
    NoStep(String),
    /// A step that leads to itself, or too many steps on top of each other.
    #[error("the chain is circular or too deep")]
    Circular,
    /// A file that must be under the chain is not.
    #[error("the chain does not reach {0}")]
    Unused(String),
}
