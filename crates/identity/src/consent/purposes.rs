//! Purposes of the pack: `purposes.toml`. What is asked is data that lawyers can read; a changed text takes a new version.

use haidang_contracts::consent::{Basis, Purpose};
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::chain::{Hash, record_hash};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why a `purposes.toml` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PurposeError {
    /// The file is not TOML of the expected form.
    #[error("purposes.toml: {0}")]
    Form(String),
    /// Two purposes share a code.
    #[error("purposes.toml: purpose {0} is defined twice")]
    Repeated(String),
    /// A purpose says too little or contradicts itself.
    #[error("purposes.toml: purpose {code}: {what}")]
    Incomplete {
        /// The purpose.
        code: String,
        /// What is missing.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    purpose: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    title: Bilingual,
    text: Bilingual,
    #[serde(default)]
    refusal: Bilingual,
    controller: Bilingual,
    processor: Option<Bilingual>,
    data: Vec<Bilingual>,
    basis: Basis,
    legal_basis: String,
    version: String,
    valid_days: Option<i64>,
    delay_days: Option<i64>,
    delay_basis: Option<String>,
}

fn fault(entry: &Entry) -> Option<&'static str> {
    let translated = |text: &Bilingual| !text.vi.is_empty() && text.en.as_deref().is_some_and(|en| !en.is_empty());
    if entry.code.is_empty() || !entry.code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        Some("a code has lower-case letters, digits and _ alone")
    } else if ![&entry.title, &entry.text, &entry.controller].into_iter().chain(&entry.data).all(translated) {
        Some("texts are in both languages")
    } else if entry.data.is_empty() {
        Some("names no data")
    } else if entry.legal_basis.is_empty() || entry.version.is_empty() {
        Some("needs a legal basis and a version")
    } else if entry.basis == Basis::Consent && !translated(&entry.refusal) {
        // Law 91/2025/QH15 Điều 9: voluntary means that people know what a no costs them.
        Some("consent says what happens when somebody does not agree")
    } else if entry.delay_days.is_some() != entry.delay_basis.is_some() {
        Some("a delay needs its days and its clause")
    } else if entry.delay_days.is_some_and(|days| !(1..=3650).contains(&days)) {
        Some("a delay has an end")
    } else if entry.delay_days.is_some() && entry.basis == Basis::Consent {
        Some("nobody consents to a secret")
    } else if entry.valid_days.is_some_and(|days| days < 1) {
        Some("a consent holds for a day at least")
    } else {
        None
    }
}

/// The purposes of a city, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Purposes {
    all: Vec<Purpose>,
    by_code: BTreeMap<String, usize>,
}

impl Purposes {
    /// Reads a `purposes.toml`.
    ///
    /// # Errors
    /// Says which purpose is wrong and why.
    pub fn from_toml(text: &str) -> Result<Purposes, PurposeError> {
        let file: File = toml::from_str(text).map_err(|error| PurposeError::Form(error.to_string()))?;
        let mut purposes = Purposes::default();
        for entry in file.purpose {
            if let Some(what) = fault(&entry) {
                return Err(PurposeError::Incomplete { code: entry.code, what });
            }
            if purposes.by_code.insert(entry.code.clone(), purposes.all.len()).is_some() {
                return Err(PurposeError::Repeated(entry.code));
            }
            purposes.all.push(Purpose {
                code: entry.code,
                title: entry.title,
                text: entry.text,
                refusal: entry.refusal,
                controller: entry.controller,
                processor: entry.processor,
                data: entry.data,
                basis: entry.basis,
                legal_basis: entry.legal_basis,
                version: entry.version,
                valid_days: entry.valid_days,
                delay_days: entry.delay_days,
                delay_basis: entry.delay_basis,
            });
        }
        Ok(purposes)
    }

    /// One purpose.
    pub fn get(&self, code: &str) -> Option<&Purpose> {
        self.by_code.get(code).and_then(|index| self.all.get(*index))
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> &[Purpose] {
        &self.all
    }
}

/// The hash of everything that somebody is shown before deciding, so that a receipt proves what was read.
pub fn text_hash(purpose: &Purpose) -> Hash {
    let json = serde_json::to_string(purpose).unwrap_or_default();
    record_hash(&[("purpose", &purpose.code), ("version", &purpose.version), ("shown", &json)])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GOOD: &str = r#"
        [[purpose]]
        code = "vault_reuse"
        title = { vi = "Dùng lại giấy tờ", en = "Reuse" }
        text = { vi = "Dùng lại", en = "Reused" }
        refusal = { vi = "Tải lên", en = "Upload" }
        controller = { vi = "Thành phố", en = "City" }
        data = [{ vi = "Giấy tờ", en = "Documents" }]
        basis = "consent"
        legal_basis = "91/2025/QH15 Điều 9"
        version = "1"
    "#;

    #[test]
    fn a_purpose_says_everything_or_stops_the_start() {
        let purposes = Purposes::from_toml(GOOD).unwrap();
        assert_eq!(purposes.get("vault_reuse").unwrap().basis, Basis::Consent);
        assert!(purposes.get("other").is_none());
        for (from, to) in [
            ("vault_reuse", "Vault-Reuse"),
            ("en = \"Reused\"", "en = \"\""),
            ("refusal = { vi = \"Tải lên\", en = \"Upload\" }", ""),
            ("version = \"1\"", "version = \"\""),
            ("data = [{ vi = \"Giấy tờ\", en = \"Documents\" }]", "data = []"),
            ("version = \"1\"", "version = \"1\"\ndelay_days = 30"),
            ("version = \"1\"", "version = \"1\"\ndelay_days = 30\ndelay_basis = \"x\""),
            ("version = \"1\"", "version = \"1\"\nvalid_days = 0"),
        ] {
            let wrong = GOOD.replace(from, to);
            assert!(matches!(Purposes::from_toml(&wrong), Err(PurposeError::Incomplete { .. })), "{from} → {to}");
        }
        assert!(matches!(Purposes::from_toml(&format!("{GOOD}{GOOD}")), Err(PurposeError::Repeated(_))));
        assert!(matches!(Purposes::from_toml("[[purpose]]\ncolour = 1"), Err(PurposeError::Form(_))));
    }

    #[test]
    fn another_text_is_another_hash() {
        let purpose = Purposes::from_toml(GOOD).unwrap().get("vault_reuse").unwrap().clone();
        let mut changed = purpose.clone();
        changed.refusal.vi.push('.');
        assert_ne!(text_hash(&purpose), text_hash(&changed));
        assert_eq!(text_hash(&purpose), text_hash(&purpose.clone()));
    }
}
