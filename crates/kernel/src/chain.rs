//! Proof that records were not changed: canonical record hashes, a hash chain over them, and Merkle
//! trees (RFC 9162 hashing) with inclusion proofs. One format serves audit, registers and exchange.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A SHA-256 digest; shown as 64 lowercase hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The text is not 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest of 64 hex digits")]
pub struct HashError;

impl Hash {
    /// The link before the first record of a chain: all zero bytes.
    pub const GENESIS: Hash = Hash([0; 32]);

    /// The digest of plain bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hex digits.
    ///
    /// # Errors
    /// [`HashError`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| HashError)?;
        bytes.try_into().map(Self).map_err(|_| HashError)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The hash of one record, over its fields in the given order.
///
/// Every name and value is preceded by its length, so that no two different lists of fields give
/// the same bytes.
pub fn record_hash(fields: &[(&str, &str)]) -> Hash {
    let mut digest = Sha256::new();
    digest.update(b"haidang record 1\n");
    digest.update((fields.len() as u64).to_be_bytes());
    for (name, value) in fields {
        for part in [name, value] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
    }
    Hash(digest.finalize().into())
}

/// The next link of a chain: the previous link (or [`Hash::GENESIS`]) bound to a record's hash.
pub fn link(previous: &Hash, record: &Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update(b"haidang link 1\n");
    digest.update(previous.0);
    digest.update(record.0);
    Hash(digest.finalize().into())
}

fn leaf(value: &Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update([0u8]);
    digest.update(value.0);
    Hash(digest.finalize().into())
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut digest = Sha256::new();
    digest.update([1u8]);
    digest.update(left.0);
    digest.update(right.0);
    Hash(digest.finalize().into())
}

/// The size of the left half of a tree of `size` ≥ 2 leaves: the largest power of two below it.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [only] => leaf(only),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root_of(left), &root_of(right))
        }
    }
}

/// The root of the Merkle tree over the values, in order; of none, the digest of nothing.
pub fn merkle_root(values: &[Hash]) -> Hash {
    root_of(values)
}

/// The hashes that lead from the value at `index` to the root; `None` when there is no such value.
pub fn inclusion_proof(values: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= values.len() {
        return None;
    }
    let (mut rest, mut at, mut path) = (values, index, Vec::new());
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if at < left.len() {
            path.push(root_of(right));
            rest = left;
        } else {
            path.push(root_of(left));
            at -= left.len();
            rest = right;
        }
    }
    path.reverse();
    Some(path)
}

/// Whether the proof leads from this value at `index` of `size` values to the root.
pub fn verify_inclusion(value: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf(value));
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, &hash);
            while at.is_multiple_of(2) && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            hash = node(&hash, sibling);
        }
        at /= 2;
        last /= 2;
    }
    last == 0 && hash == *root
}

/// A Merkle tree that only grows: keeps the roots of its complete subtrees, so adding a value and
/// asking for the root take time in proportion to the logarithm of its size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of values added.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: &Hash) {
        let mut hash = leaf(value);
        let mut carry = self.size;
        while carry % 2 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
            carry /= 2;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root over all values added, equal to [`merkle_root`] of the same values.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return merkle_root(&[]) };
        peaks.fold(*smallest, |right, left| node(left, &right))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn values(count: u64) -> Vec<Hash> {
        (0..count).map(|number| Hash::of(&number.to_be_bytes())).collect()
    }

    #[test]
    fn fields_cannot_flow_into_each_other() {
        let one = record_hash(&[("a", "bc"), ("d", "")]);
        for other in [
            record_hash(&[("ab", "c"), ("d", "")]),
            record_hash(&[("a", "bcd"), ("", "")]),
            record_hash(&[("a", "bc")]),
            record_hash(&[("d", ""), ("a", "bc")]),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one, record_hash(&[("a", "bc"), ("d", "")]));
    }

    #[test]
    fn the_stored_format_never_changes() {
        let record = record_hash(&[("id", "1"), ("action", "case.accepted")]);
        assert_eq!(record.to_string(), GOLDEN_RECORD);
        assert_eq!(link(&Hash::GENESIS, &record).to_string(), GOLDEN_LINK);
        assert_eq!(merkle_root(&values(5)).to_string(), GOLDEN_ROOT);
        assert_eq!(merkle_root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    const GOLDEN_RECORD: &str = "e430fb930dc62f8086d4926b3af7c1b0d46f61dd5f970795e9de4577672ebf1d";
    const GOLDEN_LINK: &str = "aff65a2928076b89b856b6efffe0c2eccc402947e552b20274de340a8c88d06d";
    const GOLDEN_ROOT: &str = "aa33f608b3c7398a5230804ae5bf2cbe372e3e517eab55ef21d7e8a1318b00d9";

    #[test]
    fn every_value_of_every_tree_is_proved_and_nothing_else() {
        for size in 1..=33u64 {
            let values = values(size);
            let root = merkle_root(&values);
            let mut frontier = Frontier::new();
            for value in &values {
                frontier.push(value);
            }
            assert_eq!((frontier.root(), frontier.size()), (root, size));
            for index in 0..size {
                let value = &values[usize::try_from(index).unwrap()];
                let proof = inclusion_proof(&values, usize::try_from(index).unwrap()).unwrap();
                assert!(verify_inclusion(value, index, size, &proof, &root), "{index} of {size}");
                assert!(!verify_inclusion(&Hash::of(b"other"), index, size, &proof, &root));
                assert!(!verify_inclusion(value, index, size, &proof, &Hash::GENESIS));
                assert!(!verify_inclusion(value, size, size, &proof, &root));
                if size > 1 {
                    assert!(!verify_inclusion(value, (index + 1) % size, size, &proof, &root));
                    assert!(!verify_inclusion(value, index, size, &proof[1..], &root));
                }
            }
            assert_eq!(inclusion_proof(&values, values.len()), None);
        }
    }

    #[test]
    fn digests_are_read_as_they_are_written() {
        let hash = Hash::of(b"x");
        assert_eq!(Hash::parse(&hash.to_string()), Ok(hash));
        assert_eq!(Hash::parse("abc"), Err(HashError));
        assert_eq!(Hash::parse(&"g".repeat(64)), Err(HashError));
        assert_eq!(Hash::parse(&"0".repeat(66)), Err(HashError));
    }
}
