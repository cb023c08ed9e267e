//! `authorization_details` of type `vn.haidang.vault.read` (RFC 9396): which documents, for what, for which case.
//!
//! Strict: a member nobody knows, a kind of document no procedure knows, a purpose the pack does not name is refused as a
//! whole, because a person is shown this before they approve and must have seen all of it.

use crate::room::IdentityRoom;
use haidang_contracts::ContractError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The type this module reads.
pub const VAULT_READ: &str = "vn.haidang.vault.read";
/// The one place where it counts.
pub const LOCATION: &str = "urn:haidang:vault";
/// Error code of RFC 9396 for everything that is refused here.
pub const INVALID: &str = "invalid_authorization_details";
/// Details in one request, and kinds in one detail.
const MOST: usize = 20;

/// What is done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Sees what there is: title, issuer, dates.
    View,
    /// Takes the file.
    Extract,
}

/// One right to read, as asked for and as granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultRead {
    /// Always [`VAULT_READ`].
    #[serde(rename = "type")]
    pub kind: String,
    /// Always [`LOCATION`] alone.
    #[serde(default = "vault")]
    pub locations: Vec<String>,
    /// What is done, at least one.
    pub actions: Vec<Action>,
    /// Codes of kinds of documents, at least one.
    pub datatypes: Vec<String>,
    /// Code of the purpose.
    pub purpose: String,
    /// Id of the case.
    pub case_id: String,
}

fn vault() -> Vec<String> {
    vec![LOCATION.to_owned()]
}

/// Why `authorization_details` are refused; every reason is told as [`INVALID`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a JSON array of objects of the known form.
    #[error("malformed: {0}")]
    Malformed(String),
    /// A type this server does not offer.
    #[error("unknown type {0}")]
    Type(String),
    /// A place other than the vault.
    #[error("unknown location")]
    Location,
    /// Nothing asked for, or too much, or the same twice.
    #[error("{0}: none, too many or repeated")]
    Count(&'static str),
    /// A kind of document that no procedure of the city knows.
    #[error("unknown kind of document {0}")]
    Kind(String),
    /// A purpose that the pack does not name.
    #[error("unknown purpose {0}")]
    Purpose(String),
    /// A case id that is none.
    #[error("the case is no id")]
    Case,
    /// The room that knows kinds does not answer; nothing is granted meanwhile.
    #[error("unavailable")]
    Unavailable,
}

impl Refusal {
    /// The error code of the protocol.
    pub fn error(&self) -> &'static str {
        if *self == Refusal::Unavailable { "temporarily_unavailable" } else { INVALID }
    }
}

fn distinct<T: Ord>(what: &'static str, values: &[T]) -> Result<(), Refusal> {
    let set: BTreeSet<&T> = values.iter().collect();
    if values.is_empty() || values.len() > MOST || set.len() != values.len() {
        Err(Refusal::Count(what))
    } else {
        Ok(())
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Reads the form of `authorization_details`: types, members, counts; not yet whether kinds and purposes exist.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Vec<VaultRead>, Refusal> {
    let values: Vec<serde_json::Value> =
        serde_json::from_str(text).map_err(|error| Refusal::Malformed(short(&error.to_string())))?;
    if values.is_empty() || values.len() > MOST {
        return Err(Refusal::Count("authorization_details"));
    }
    values.into_iter().map(one).collect()
}

fn one(value: serde_json::Value) -> Result<VaultRead, Refusal> {
    match value.get("type").and_then(|kind| kind.as_str()) {
        Some(VAULT_READ) => {}
        Some(other) => return Err(Refusal::Type(short(other))),
        None => return Err(Refusal::Malformed("a detail names its type".to_owned())),
    }
    let read: VaultRead =
        serde_json::from_value(value).map_err(|error| Refusal::Malformed(short(&error.to_string())))?;
    if read.locations != [LOCATION] {
        return Err(Refusal::Location);
    }
    distinct("actions", &read.actions)?;
    distinct("datatypes", &read.datatypes)?;
    haidang_contracts::actor::CaseId::parse(&read.case_id).map_err(|_| Refusal::Case)?;
    Ok(read)
}

/// Whether kinds and purposes exist.
///
/// # Errors
/// The first one that does not.
pub fn check(
    reads: &[VaultRead],
    knows_kind: impl Fn(&str) -> bool,
    knows_purpose: impl Fn(&str) -> bool,
) -> Result<(), Refusal> {
    for read in reads {
        if let Some(unknown) = read.datatypes.iter().find(|kind| !knows_kind(kind)) {
            return Err(Refusal::Kind(short(unknown)));
        }
        if !knows_purpose(&read.purpose) {
            return Err(Refusal::Purpose(short(&read.purpose)));
        }
    }
    Ok(())
}

impl IdentityRoom {
    /// Reads and checks `authorization_details` against the procedures and purposes of the city; the provider calls it
    /// at the pushed request and shows the person what it answers.
    ///
    /// # Errors
    /// As [`parse`] and [`check`].
    pub async fn authorization_details(&self, text: &str) -> Result<Vec<VaultRead>, Refusal> {
        let reads = parse(text)?;
        let mut known = BTreeSet::new();
        for kind in reads.iter().flat_map(|read| &read.datatypes) {
            let knows: Result<bool, ContractError> = self.around().knows_document_kind(kind).await;
            if knows.map_err(|_| Refusal::Unavailable)? {
                known.insert(kind.clone());
            }
        }
        check(&reads, |kind| known.contains(kind), |purpose| self.around().purposes().get(purpose).is_some())?;
        Ok(reads)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn good() -> Value {
        json!({
            "type": VAULT_READ, "locations": [LOCATION], "actions": ["view", "extract"], "datatypes": ["KQ.G15.000031"],
            "purpose": "vault_reuse", "case_id": "01900000-0000-7000-8000-00000000ffff",
        })
    }

    fn judged(value: &Value) -> Result<Vec<VaultRead>, Refusal> {
        let reads = parse(&json!([value]).to_string())?;
        check(&reads, |kind| kind == "KQ.G15.000031", |purpose| purpose == "vault_reuse")?;
        Ok(reads)
    }

    #[test]
    fn what_is_right_is_read_whole() {
        let reads = judged(&good()).unwrap();
        assert_eq!(reads[0].actions, [Action::View, Action::Extract]);
        assert_eq!(serde_json::to_value(&reads[0]).unwrap(), good(), "granted as asked");
        let mut without = good();
        without.as_object_mut().unwrap().remove("locations");
        assert_eq!(judged(&without).unwrap()[0].locations, [LOCATION]);
    }

    #[test]
    fn everything_else_is_invalid_authorization_details() {
        for (member, value) in [
            ("type", json!("vn.haidang.vault.write")),
            ("type", json!(7)),
            ("locations", json!(["urn:haidang:vault", "urn:other"])),
            ("locations", json!([])),
            ("actions", json!([])),
            ("actions", json!(["view", "view"])),
            ("actions", json!(["delete"])),
            ("datatypes", json!([])),
            ("datatypes", json!(["*"])),
            ("datatypes", json!(["KQ.G15.000031", "KQ.UNKNOWN"])),
            ("datatypes", json!("KQ.G15.000031")),
            ("purpose", json!("curiosity")),
            ("purpose", json!(null)),
            ("case_id", json!("1")),
            ("case_id", json!(null)),
            ("subject", json!("somebody")),
            ("privileges", json!(["admin"])),
        ] {
            let mut bad = good();
            bad[member] = value.clone();
            let refusal = judged(&bad).expect_err(&format!("{member} {value}"));
            assert_eq!(refusal.error(), INVALID, "{member} {value}");
        }
        for member in ["type", "actions", "datatypes", "purpose", "case_id"] {
            let mut bad = good();
            bad.as_object_mut().unwrap().remove(member);
            assert!(judged(&bad).is_err(), "without {member}");
        }
        for text in ["", "{}", "[]", "null", "[1]", "[[]]", "[{}]"] {
            assert_eq!(parse(text).unwrap_err().error(), INVALID, "{text}");
        }
        let many: Vec<Value> = (0..21).map(|_| good()).collect();
        assert_eq!(parse(&json!(many).to_string()), Err(Refusal::Count("authorization_details")));
    }

    proptest! {
        /// Any further member, whatever its name, is refused.
        #[test]
        fn no_member_is_overlooked(name in "[a-z_]{1,12}", value in any::<i64>()) {
            let mut detail = good();
            prop_assume!(detail.get(&name).is_none());
            detail[&name] = json!(value);
            prop_assert_eq!(judged(&detail).unwrap_err().error(), INVALID);
        }

        /// No text makes the reader fall over.
        #[test]
        fn any_text_has_an_answer(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
