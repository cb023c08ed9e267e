//! What a city decides about reports of validation: `office/validations.toml` of its pack.

use serde::Deserialize;

/// Settings of reports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationSettings {
    /// Whether a person compared the values with the city's retention schedule.
    pub evidence: String,
    /// Years for which a report is kept; those about files under a legal hold stay as long as it does.
    pub keep_years: i64,
}

impl Default for ValidationSettings {
    fn default() -> Self {
        Self { evidence: "unverified".to_owned(), keep_years: 10 }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ValidationSettingsError {
    /// The file is no TOML of this form.
    #[error("office/validations.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("office/validations.toml: {0}")]
    Value(&'static str),
}

impl ValidationSettings {
    /// Reads `office/validations.toml` of a pack; what is absent keeps its default.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn from_toml(text: &str) -> Result<Self, ValidationSettingsError> {
        let settings: Self = toml::from_str(text)?;
        if !(1..=100).contains(&settings.keep_years) {
            return Err(ValidationSettingsError::Value("keep_years must be 1 to 100"));
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_read_and_bounded() {
        assert_eq!(ValidationSettings::from_toml("keep_years = 20").map(|read| read.keep_years).ok(), Some(20));
        for wrong in ["keep_years = 0", "keep_years = 101", "years = 3"] {
            assert!(ValidationSettings::from_toml(wrong).is_err(), "{wrong}");
        }
    }
}
