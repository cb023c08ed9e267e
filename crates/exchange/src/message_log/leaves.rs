//! What one time stamp is over: the tree of a batch. Its first leaf is the top of the batch before. Its second is the
//! SHA-512 of a text: the chain up to the last message, and so every fact of every record before it, and what was said of
//! the certificates. Then come the signatures of the messages.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use haidang_kernel::chain::Hash as Link;
use haidang_signing::hash_chain::{Sha512Value, Tree};
use haidang_store::{Db, StoreError, args};

use super::model::{Batch, digest_of, hex, link_of};
use super::sql;
use crate::rules::canonical::digest;

/// Leaves before that of the first message.
const BEFORE_MESSAGES: i64 = 2;

/// What authorities said of certificates (OCSP responses, DER), by the name of the certificate.
pub(super) type Said = BTreeMap<String, Vec<u8>>;

/// Messages that follow one another in the chain, to be stamped or stamped together.
pub(super) struct Together {
    /// The chain after the last of them.
    link: Link,
    signatures: Vec<Sha512Value>,
    /// The certificates that signed, each with the first message that it signed.
    pub(super) certificates: BTreeMap<String, i64>,
}

impl Together {
    /// The messages from one place of the chain to another; none where there is none.
    pub(super) async fn read(db: &Db, first_seq: i64, last_seq: i64) -> Result<Option<Self>, StoreError> {
        let rows = db.fetch_all(sql::LEAVES, args![first_seq, last_seq]).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let mut found = Self { link: link_of(last)?, signatures: Vec::new(), certificates: BTreeMap::new() };
        for row in &rows {
            found.signatures.push(digest_of(row, "leaf")?);
            found.certificates.entry(row.text("certificate")?).or_insert(row.integer("seq")?);
        }
        Ok(Some(found))
    }

    /// How many there are.
    pub(super) fn messages(&self) -> i64 {
        i64::try_from(self.signatures.len()).unwrap_or(i64::MAX)
    }

    /// The tree over them.
    pub(super) fn tree(&self, previous: Sha512Value, said: &Said) -> Option<Tree> {
        let mut facts = format!("chain {}\n", self.link);
        for (certificate, answer) in said {
            // Writing to a text does not fail.
            let _ = writeln!(facts, "status {certificate} {}", hex(&digest(answer)));
        }
        let before = [previous, digest(facts.as_bytes())];
        Tree::over(before.into_iter().chain(self.signatures.iter().copied()).collect())
    }
}

impl Batch {
    /// The place of a message among the leaves; none when it is not in this batch.
    pub(super) fn leaf(&self, seq: i64) -> Option<usize> {
        let inside = (self.first_seq..=self.last_seq).contains(&seq);
        inside.then(|| usize::try_from(seq - self.first_seq + BEFORE_MESSAGES).ok()).flatten()
    }

    /// Its messages with their tree, and what was said of their certificates; none when that is not what was stamped.
    pub(super) async fn read_tree(&self, db: &Db) -> Result<Option<(Together, Tree, Said)>, StoreError> {
        let mut said = Said::new();
        for row in &db.fetch_all(sql::STATUSES, args![self.number]).await? {
            said.insert(row.text("certificate")?, row.bytes("answer")?);
        }
        let Some(together) = Together::read(db, self.first_seq, self.last_seq).await? else { return Ok(None) };
        let tree = together.tree(self.previous, &said).filter(|tree| tree.top() == self.top);
        Ok(tree.map(|tree| (together, tree, said)))
    }
}
