//! What a city decides about meetings.

use serde::Deserialize;

/// Settings of meetings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeetingSettings {
    /// Whether a person compared the values with the city's working rules.
    pub evidence: String,
    /// Share of those who vote that must be present, per cent, unless a meeting says otherwise.
    pub quorum_percent: i64,
    /// Minutes for which a link of the roll-call holds.
    pub link_minutes: i64,
    /// Kind of document in which conclusions are announced.
    pub notice_kind: String,
    /// What may be chosen in a vote, unless a question brings its own.
    pub choices: Vec<String>,
    /// Ballots that a secret vote needs for its result to be shown: with fewer, the result tells who chose what.
    pub secret_ballots: i64,
}

impl Default for MeetingSettings {
    fn default() -> Self {
        Self {
            evidence: "unverified".to_owned(),
            quorum_percent: 67,
            link_minutes: 30,
            notice_kind: "thong_bao".to_owned(),
            choices: ["Tán thành", "Không tán thành", "Không có ý kiến"].map(str::to_owned).to_vec(),
            secret_ballots: 3,
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MeetingSettingsError {
    /// The file is no TOML of this form.
    #[error("office/meetings.toml: {0}")]
    Form(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("office/meetings.toml: {0}")]
    Value(&'static str),
}

impl MeetingSettings {
    /// Reads `office/meetings.toml` of a pack; what is absent keeps its default.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn from_toml(text: &str) -> Result<Self, MeetingSettingsError> {
        let settings: Self = toml::from_str(text)?;
        let wrong = |what| Err(MeetingSettingsError::Value(what));
        if !(1..=100).contains(&settings.quorum_percent) {
            return wrong("quorum_percent must be 1 to 100");
        }
        if !(1..=720).contains(&settings.link_minutes) {
            return wrong("link_minutes must be 1 to 720");
        }
        if !(2..=1000).contains(&settings.secret_ballots) {
            return wrong("secret_ballots must be 2 to 1000");
        }
        if settings.choices.len() < 2 || settings.choices.iter().any(|choice| choice.trim().is_empty()) {
            return wrong("choices must be at least two, none of them empty");
        }
        Ok(settings)
    }
}
