//! The tree over a batch, and the way from a leaf to its top.

use crate::DigestAlgorithm;
use crate::xml::algorithm::digest_uri;

/// A SHA-512 value.
pub type Sha512Value = [u8; 64];

/// The previous root of the first batch of all: every tree then has two leaves at least, and so a chain.
pub const BEFORE_THE_FIRST: Sha512Value = [0; 64];

/// SHA-512 of `bytes`.
pub fn sha512(bytes: &[u8]) -> Sha512Value {
    fixed(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, bytes).as_ref())
}

fn fixed(digest: &[u8]) -> Sha512Value {
    let mut value = [0; 64];
    // A SHA-512 value is as long as this: nothing is cut and nothing is left.
    value.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    value
}

/// The digest of a node: of its parts in their order, each a digest with the hash that made it.
pub(super) fn node(hash: DigestAlgorithm, parts: &[(DigestAlgorithm, &[u8])]) -> Vec<u8> {
    let inner: Vec<u8> = parts.iter().flat_map(|(made_by, digest)| single_digest(*made_by, digest)).collect();
    hash.digest(&field(0x30, &inner))
}

/// `SingleDigest`: the digest, the identifier of its hash, and no transforms.
pub(super) fn single_digest(hash: DigestAlgorithm, digest: &[u8]) -> Vec<u8> {
    let parts = [field(0x04, digest), field(0x0c, digest_uri(hash).as_bytes()), field(0x30, &[])];
    field(0x30, &parts.concat())
}

/// A DER value with a tag of one byte.
fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(value.len() + 10);
    written.push(tag);
    let length = value.len().to_be_bytes();
    match value.len() {
        short if short < 0x80 => written.extend(length.last()),
        long => {
            let used = length.len() - (long.leading_zeros() / 8) as usize;
            written.push(0x80 | u8::try_from(used).unwrap_or(0));
            written.extend(length.iter().skip(length.len() - used));
        }
    }
    written.extend_from_slice(value);
    written
}

fn join(left: &Sha512Value, right: &Sha512Value) -> Sha512Value {
    fold(&[*left, *right])
}

/// One value over several: a message with its attachments (message first), or a node over its two halves.
pub fn fold(parts: &[Sha512Value]) -> Sha512Value {
    let parts: Vec<(DigestAlgorithm, &[u8])> =
        parts.iter().map(|part| (DigestAlgorithm::Sha512, part.as_slice())).collect();
    fixed(&node(DigestAlgorithm::Sha512, &parts))
}

/// The tree over the digests of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// From the leaves to the top, which is alone on its level.
    levels: Vec<Vec<Sha512Value>>,
}

impl Tree {
    /// The tree over these leaves in their order; none over no leaves. One leaf is its own top.
    pub fn over(leaves: Vec<Sha512Value>) -> Option<Tree> {
        if leaves.is_empty() {
            return None;
        }
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let above = level.chunks(2).map(|pair| match pair {
                [left, right] => join(left, right),
                // Without a partner it moves up unchanged.
                alone => alone.first().copied().unwrap_or(BEFORE_THE_FIRST),
            });
            levels.push(above.collect());
        }
        Some(Tree { levels })
    }

    /// What is stamped.
    pub fn top(&self) -> Sha512Value {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or(BEFORE_THE_FIRST)
    }

    /// The way from a leaf, counted from 0, to the top; none when there is no such leaf.
    pub fn proof(&self, leaf: usize) -> Option<Proof> {
        self.levels.first()?.get(leaf)?;
        let mut place = leaf;
        let mut steps = Vec::new();
        for level in &self.levels {
            if let Some(sibling) = level.get(place ^ 1) {
                steps.push(Step { sibling: *sibling, sibling_first: place % 2 == 1 });
            }
            place /= 2;
        }
        steps.reverse();
        Some(Proof { steps })
    }
}

/// One node on the way: what stands beside the way, and on which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The other half of the node.
    pub sibling: Sha512Value,
    /// Whether the other half is the left one.
    pub sibling_first: bool,
}

/// The way from a leaf to the top of its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// From the top down to the leaf.
    pub steps: Vec<Step>,
}

impl Proof {
    /// Where the way leads from this leaf.
    pub fn top(&self, leaf: &Sha512Value) -> Sha512Value {
        let up = |below: Sha512Value, step: &Step| match step.sibling_first {
            true => join(&step.sibling, &below),
            false => join(&below, &step.sibling),
        };
        self.steps.iter().rev().fold(*leaf, up)
    }
}
