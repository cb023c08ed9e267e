//! The record of a day that proves itself: a tree over the day's entries (RFC 6962, section 2.1), its root under a time
//! stamp, and the path from one entry to the root as a file that anyone can check.

use haidang_kernel::chain::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// How the hashes of a proof are made.
pub const ALGORITHM: &str = "sha256-rfc6962";

/// The leaf of an entry: SHA-256 of a zero byte and the entry.
pub fn leaf(entry: &[u8]) -> Hash {
    hashed(0, &[entry])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    hashed(1, &[&left.0, &right.0])
}

fn hashed(mark: u8, parts: &[&[u8]]) -> Hash {
    let mut digest = Sha256::new();
    digest.update([mark]);
    for part in parts {
        digest.update(part);
    }
    Hash(digest.finalize().into())
}

/// The left half of a tree of at least two leaves: the largest power of two below their number.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let split = 1_usize << (leaves.len().max(2) - 1).ilog2();
    leaves.split_at(split.min(leaves.len()))
}

/// The root over leaves in order; of none, the digest of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [only] => *only,
        _ => {
            let (left, right) = halves(leaves);
            node(&root(left), &root(right))
        }
    }
}

/// On which side a sibling stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The sibling comes first.
    Left,
    /// The sibling comes second.
    Right,
}

/// One step of the way to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// On which side the hash stands.
    pub side: Side,
    /// 64 hex digits.
    #[schema(value_type = String)]
    pub hash: Hash,
}

/// The way from the leaf at `index` to the root; `None` when there is no such leaf.
pub fn path(leaves: &[Hash], index: usize) -> Option<Vec<Step>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut rest, mut at, mut steps) = (leaves, index, Vec::new());
    while rest.len() > 1 {
        let (left, right) = halves(rest);
        if at < left.len() {
            steps.push(Step { side: Side::Right, hash: root(right) });
            rest = left;
        } else {
            steps.push(Step { side: Side::Left, hash: root(left) });
            at -= left.len();
            rest = right;
        }
    }
    steps.reverse();
    Some(steps)
}

/// The root that a leaf and its path lead to.
pub fn climb(leaf: &Hash, path: &[Step]) -> Hash {
    path.iter().fold(*leaf, |hash, step| match step.side {
        Side::Left => node(&step.hash, &hash),
        Side::Right => node(&hash, &step.hash),
    })
}

/// A proof that an entry stood in the books on a day, as a file. Its token is the time stamp over SHA-256 of the 32
/// bytes of the root: `openssl ts -verify -token_in -in root.tst -data root.bin -CAfile ca.pem`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proof {
    /// Version of this form.
    pub v: u8,
    /// How the hashes are made.
    pub alg: String,
    /// Id of the document.
    pub document: String,
    /// The entry itself, in the form of RFC 8785: what the leaf is made of.
    pub entry: String,
    /// Leaf of the entry.
    #[schema(value_type = String)]
    pub leaf: Hash,
    /// From the leaf to the root.
    pub path: Vec<Step>,
    /// Root of the day.
    #[schema(value_type = String)]
    pub root: Hash,
    /// The day.
    #[schema(value_type = String, format = "date")]
    pub day: jiff::civil::Date,
    /// Time stamp of the root: a token of RFC 3161, DER in Base64; absent while no authority answered.
    pub tst: Option<String>,
    /// Stamps that followed it, oldest first, each over SHA-256 of the token before (DER): they prove that one beyond the
    /// end of its certificate. `openssl ts -verify -token_in -in next.tst -data previous.tst -CAfile ca.pem`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewals: Vec<String>,
}

impl Proof {
    /// Whether entry, leaf, path and root belong together. The stamp is judged where signatures are.
    pub fn holds(&self) -> bool {
        self.v == 1
            && self.alg == ALGORITHM
            && leaf(self.entry.as_bytes()) == self.leaf
            && climb(&self.leaf, &self.path) == self.root
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_the_one_that_everybody_computes() {
        let leaves: Vec<Hash> = [b"a", b"b", b"c"].iter().map(|entry| leaf(*entry)).collect();
        assert_eq!(leaves[0].to_string(), "022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c");
        assert_eq!(root(&leaves).to_string(), "36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1");
        assert_eq!(root(&[]), Hash::of(&[]));
    }

    #[test]
    fn every_leaf_of_every_tree_leads_to_its_root_and_no_other_does() {
        for size in 1..=33_usize {
            let leaves: Vec<Hash> = (0..size).map(|number| leaf(&number.to_be_bytes())).collect();
            let root = root(&leaves);
            for (index, one) in leaves.iter().enumerate() {
                let path = path(&leaves, index).unwrap();
                assert_eq!(climb(one, &path), root, "{index} of {size}");
                assert_ne!(climb(&leaf(b"other"), &path), root);
                if size > 1 {
                    assert_ne!(climb(one, &path[1..]), root);
                }
            }
            assert_eq!(path(&leaves, size), None);
        }
    }
}
