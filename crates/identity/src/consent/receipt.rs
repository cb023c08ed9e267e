//! A receipt and the chain it stands in.

use haidang_contracts::consent::Decision;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::chain::{Hash, record_hash};
use haidang_store::{Row, StoreError, Value, args};
use jiff::Timestamp;
use serde_json::json;

/// One decision of one person about one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Id.
    pub id: String,
    /// Opaque id of the person whose data it is about.
    pub subject: String,
    /// Place in that person's chain, from 1.
    pub seq: i64,
    /// Code of the purpose.
    pub purpose: String,
    /// Who decides on the use.
    pub controller: Bilingual,
    /// Who works with the data for the controller.
    pub processor: Option<Bilingual>,
    /// Kinds of data.
    pub data: Vec<Bilingual>,
    /// The clause.
    pub legal_basis: String,
    /// Version of the text that was shown.
    pub text_version: String,
    /// Hash of the text that was shown.
    pub text_hash: String,
    /// What was decided.
    pub decision: Decision,
    /// When.
    pub at: Timestamp,
    /// Door of entry.
    pub channel: String,
    /// Assurance of the sign-in, 1 to 4.
    pub assurance: u8,
    /// When a consent ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Opaque id of the human who decided.
    pub decided_by: String,
    /// Mandate under which they decided for another.
    pub mandate: Option<String>,
    /// What it was given with.
    pub about: Option<String>,
    /// Hash of the receipt before it; zeros for the first.
    pub prev_hash: Hash,
    /// Hash of this receipt, which covers the one before.
    pub hash: Hash,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("receipt {seq} of the chain: {what}")]
pub struct Broken {
    /// Place of the first receipt that does not fit.
    pub seq: i64,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Receipt {
    /// The hash over everything the receipt says.
    pub fn compute(&self) -> Hash {
        let marked = |value: Option<&str>| value.map_or_else(String::new, |text| format!("={text}"));
        let expires = self.expires_at.map(|at| at.as_microsecond().to_string());
        record_hash(&[
            ("id", &self.id),
            ("subject", &self.subject),
            ("seq", &self.seq.to_string()),
            ("purpose", &self.purpose),
            ("controller", &said(&self.controller)),
            ("processor", &said(&self.processor)),
            ("data", &said(&self.data)),
            ("legal_basis", &self.legal_basis),
            ("text_version", &self.text_version),
            ("text_hash", &self.text_hash),
            ("decision", self.decision.as_str()),
            ("at", &self.at.as_microsecond().to_string()),
            ("channel", &self.channel),
            ("assurance", &self.assurance.to_string()),
            ("expires_at", &marked(expires.as_deref())),
            ("decided_by", &self.decided_by),
            ("mandate", &marked(self.mandate.as_deref())),
            ("about", &marked(self.about.as_deref())),
            ("prev_hash", &self.prev_hash.to_string()),
        ])
    }

    /// The receipt with its hash.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.compute();
        self
    }

    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let corrupt = |column: &str| StoreError::Corrupt(format!("identity_consent.{column}"));
        let hash = |column: &str| Hash::parse(&row.text(column)?).map_err(|_| corrupt(column));
        Ok(Self {
            id: row.text("id")?,
            subject: row.text("subject")?,
            seq: row.integer("seq")?,
            purpose: row.text("purpose")?,
            controller: row.json("controller")?,
            processor: row.opt_json("processor")?,
            data: row.json("data_categories")?,
            legal_basis: row.text("legal_basis")?,
            text_version: row.text("text_version")?,
            text_hash: row.text("text_hash")?,
            decision: Decision::parse(&row.text("decision")?).ok_or_else(|| corrupt("decision"))?,
            at: row.timestamp("at")?,
            channel: row.text("channel")?,
            assurance: u8::try_from(row.integer("assurance")?).unwrap_or(0),
            expires_at: row.opt_timestamp("expires_at")?,
            decided_by: row.text("decided_by")?,
            mandate: row.opt_text("mandate")?,
            about: row.opt_text("about")?,
            prev_hash: hash("prev_hash")?,
            hash: hash("hash")?,
        })
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        args![
            &self.id,
            &self.subject,
            self.seq,
            &self.purpose,
            json!(self.controller),
            self.processor.as_ref().map(|one| json!(one).to_string()),
            json!(self.data),
            &self.legal_basis,
            &self.text_version,
            &self.text_hash,
            self.decision.as_str(),
            self.at,
            &self.channel,
            i64::from(self.assurance),
            self.expires_at,
            &self.decided_by,
            &self.mandate,
            &self.about,
            self.prev_hash.to_string(),
            self.hash.to_string(),
        ]
    }
}

/// A walk along a person's chain, oldest first.
#[derive(Debug)]
pub(crate) struct Walk {
    place: i64,
    before: Hash,
}

impl Default for Walk {
    fn default() -> Self {
        Self { place: 1, before: Hash::GENESIS }
    }
}

impl Walk {
    /// Whether the next receipt fits. The walk goes on behind one that does not, so that each break is told once.
    pub(crate) fn step(&mut self, receipt: &Receipt) -> Result<(), Broken> {
        let (place, before) = (self.place, self.before);
        (self.place, self.before) = (receipt.seq.saturating_add(1), receipt.hash);
        let broken = |what| Err(Broken { seq: place, what });
        if receipt.seq != place {
            return broken("is missing or out of order");
        }
        if receipt.prev_hash != before {
            return broken("does not follow the one before");
        }
        if receipt.compute() != receipt.hash {
            return broken("was changed");
        }
        Ok(())
    }
}

/// Walks a person's chain, oldest first.
///
/// # Errors
/// The first receipt that was changed, removed or moved.
pub fn verify(chain: &[Receipt]) -> Result<(), Broken> {
    let mut walk = Walk::default();
    chain.iter().try_for_each(|receipt| walk.step(receipt))
}

/// A value in the one way in which the hash covers it.
fn said<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// A chain of decisions about two purposes.
    pub(crate) fn chain(decisions: &[(bool, u8)]) -> Vec<Receipt> {
        let mut chain: Vec<Receipt> = Vec::new();
        for (seq, (other, decision)) in (1_i64..).zip(decisions) {
            let receipt = Receipt {
                id: format!("r{seq}"),
                subject: "s".into(),
                seq,
                purpose: if *other { "other" } else { "one" }.into(),
                controller: Bilingual::new("Thành phố", "City"),
                processor: None,
                data: vec![Bilingual::new("Giấy tờ", "Documents")],
                legal_basis: "91/2025/QH15 Điều 9".into(),
                text_version: "1".into(),
                text_hash: "t".into(),
                decision: [Decision::Granted, Decision::Refused, Decision::Withdrawn][usize::from(*decision % 3)],
                at: Timestamp::from_second(1_770_000_000 + seq).unwrap(),
                channel: "online".into(),
                assurance: 2,
                expires_at: None,
                decided_by: "s".into(),
                mandate: None,
                about: None,
                prev_hash: chain.last().map_or(Hash::GENESIS, |last| last.hash),
                hash: Hash::GENESIS,
            };
            chain.push(receipt.sealed());
        }
        chain
    }

    proptest! {
        /// Whatever is edited, removed from within or exchanged shows, and at that place or before it.
        #[test]
        fn a_chain_proves_itself(
            decisions in proptest::collection::vec((any::<bool>(), 0..3_u8), 2..20),
            place in any::<prop::sample::Index>(),
            kind in 0..5_u8,
        ) {
            let good = chain(&decisions);
            prop_assert_eq!(verify(&good), Ok(()));
            let place = place.index(good.len());
            let mut bad = good.clone();
            match kind {
                0 => bad[place].decision = if bad[place].decision == Decision::Granted { Decision::Refused } else { Decision::Granted },
                1 => bad[place].mandate = Some(String::new()),
                2 => { bad.remove(place.min(good.len() - 2)); }
                3 => { let other = (place + 1) % good.len(); bad.swap(place, other); }
                // A changed receipt with a hash made anew breaks the one after it, or is the last.
                _ => { bad[place].text_version = "2".into(); let again = bad[place].clone().sealed(); bad[place] = again; }
            }
            if kind == 4 && place == good.len() - 1 {
                prop_assert_ne!(bad[place].hash, good[place].hash, "the audit holds the hash of the last one");
            } else {
                prop_assert!(verify(&bad).is_err());
            }
        }
    }
}
