//! What a city says about documents that come: `office/incoming.toml` of its pack.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Settings of the part.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Group of the register for documents that come (one arrival series an organ and year, Article 22).
    pub register_group: String,
    /// A deadline with at most so many working days left is shown amber.
    pub amber_days: i64,
    /// Working days that the form proposes to whoever leads.
    pub handling_days: i64,
    /// Exchange with organs outside the city.
    pub exchange: Exchange,
}

/// Who can be reached by the exchange. The OrganId of the city's own agencies stand in `office/organs.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exchange {
    /// Organs outside, OrganId → name.
    pub organs: BTreeMap<String, String>,
    /// Where the values come from: `unverified` until the national list was read.
    pub evidence: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { register_group: "arrival".to_owned(), amber_days: 3, handling_days: 5, exchange: Exchange::default() }
    }
}

/// Why a settings file is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is no such file.
    #[error("office/incoming.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// A value cannot be.
    #[error("office/incoming.toml: {0}")]
    Value(String),
}

impl Settings {
    /// Reads the file of a pack.
    ///
    /// # Errors
    /// [`SettingsError`] for an unknown key or a number of days that cannot be.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text)?;
        if settings.amber_days < 0 || settings.handling_days < 1 {
            return Err(SettingsError::Value("days are counted from 0, handling_days from 1".to_owned()));
        }
        Ok(settings)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_packs_are_read() {
        for pack in ["haiphong", "mau"] {
            let file = format!("{}/../../packs/{pack}/office/incoming.toml", env!("CARGO_MANIFEST_DIR"));
            let settings = Settings::from_toml(&std::fs::read_to_string(file).unwrap()).unwrap();
            assert_eq!(settings.exchange.evidence, "unverified", "{pack}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for text in ["amber_days = -1", "handling_days = 0", "amber = 3", "[exchange]\nagencies = { A = \"1\" }"] {
            assert!(Settings::from_toml(text).is_err(), "{text}");
        }
        assert_eq!(Settings::from_toml("").unwrap(), Settings::default());
    }
}
