//! Which books the agencies of the city keep: `office/registers.toml` of the pack.

use crate::registers::model::Direction;
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;

/// One kind of book.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Which way its documents go.
    pub direction: Direction,
    /// Group of kinds.
    pub group: String,
    /// Title as printed on the cover.
    pub vi: String,
    /// Title in English.
    pub en: String,
    /// Codes or kinds of agencies that keep it; empty for all.
    #[serde(default)]
    pub agencies: Vec<String>,
    /// `unverified` where no primary text confirmed it.
    #[serde(default)]
    pub evidence: Option<String>,
}

impl Scheme {
    /// The title in both languages.
    pub fn title(&self) -> Bilingual {
        Bilingual::new(self.vi.clone(), self.en.clone())
    }
}

/// The books of the city.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSettings {
    /// How long a number is held while its paper is made and signed.
    #[serde(default = "half_an_hour")]
    pub hold_minutes: i64,
    /// The books.
    #[serde(rename = "register")]
    pub schemes: Vec<Scheme>,
}

fn half_an_hour() -> i64 {
    30
}

/// A pack whose books cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not the shape of the file.
    #[error("office/registers.toml: {0}")]
    Shape(String),
    /// Two lines name the same book.
    #[error("office/registers.toml: {direction}/{group} stands twice for {agency}")]
    Twice {
        /// Direction.
        direction: &'static str,
        /// Group.
        group: String,
        /// Agency or kind.
        agency: String,
    },
    /// A group that cannot stand in addresses and events.
    #[error("office/registers.toml: group {0:?} must be lower-case letters, digits and hyphens")]
    Group(String),
    /// Held for no time, or longer than a day's work.
    #[error("office/registers.toml: hold_minutes must be 1 to 480")]
    Hold,
}

impl RegisterSettings {
    /// Reads `office/registers.toml`.
    ///
    /// # Errors
    /// [`SettingsError`] says which line to mend.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let settings: Self = toml::from_str(text).map_err(|error| SettingsError::Shape(error.message().to_owned()))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        if !(1..=480).contains(&self.hold_minutes) {
            return Err(SettingsError::Hold);
        }
        let mut seen = std::collections::BTreeSet::new();
        for scheme in &self.schemes {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if scheme.group.is_empty() || !scheme.group.chars().all(plain) {
                return Err(SettingsError::Group(scheme.group.clone()));
            }
            let everybody = ["*".to_owned()];
            let agencies = if scheme.agencies.is_empty() { &everybody[..] } else { &scheme.agencies[..] };
            for agency in agencies {
                if !seen.insert((scheme.direction, scheme.group.as_str(), agency.clone())) {
                    return Err(SettingsError::Twice {
                        direction: scheme.direction.as_str(),
                        group: scheme.group.clone(),
                        agency: agency.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The title of a book in words of the pack.
    pub fn title(&self, direction: Direction, group: &str) -> Option<Bilingual> {
        self.schemes.iter().find(|s| s.direction == direction && s.group == group).map(Scheme::title)
    }
}

impl Default for RegisterSettings {
    /// The series that Decree 30/2020/NĐ-CP, Articles 15 and 22, names when a city says nothing: legal norms,
    /// specialised and administrative documents apart, one series of arrivals; and one of certified copies of all forms.
    fn default() -> Self {
        let scheme = |direction, group: &str, vi: &str, en: &str| Scheme {
            direction,
            group: group.to_owned(),
            vi: vi.to_owned(),
            en: en.to_owned(),
            agencies: Vec::new(),
            evidence: None,
        };
        Self {
            hold_minutes: half_an_hour(),
            schemes: vec![
                scheme(Direction::Out, "admin", "Sổ đăng ký văn bản đi", "Register of outgoing documents"),
                scheme(
                    Direction::Out,
                    "legal",
                    "Sổ đăng ký văn bản quy phạm pháp luật",
                    "Register of legal normative documents",
                ),
                scheme(
                    Direction::Out,
                    "specialised",
                    "Sổ đăng ký văn bản chuyên ngành",
                    "Register of specialised documents",
                ),
                scheme(Direction::Out, "copies", "Sổ đăng ký bản sao", "Register of certified copies"),
                scheme(Direction::In, "arrival", "Sổ đăng ký văn bản đến", "Register of incoming documents"),
                scheme(Direction::Internal, "admin", "Sổ đăng ký văn bản nội bộ", "Register of internal documents"),
            ],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_packs_name_their_registers() {
        for pack in [
            include_str!("../../../../packs/haiphong/office/registers.toml"),
            include_str!("../../../../packs/mau/office/registers.toml"),
        ] {
            let settings = RegisterSettings::from_toml(pack).unwrap();
            assert_eq!(settings.hold_minutes, 30);
            for known in RegisterSettings::default().schemes {
                assert!(settings.title(known.direction, &known.group).is_some(), "{}", known.group);
            }
        }
    }

    #[test]
    fn what_cannot_be_a_register_is_refused() {
        let one = "[[register]]\ndirection = \"out\"\ngroup = \"admin\"\nvi = \"Sổ\"\nen = \"Book\"\n";
        let check = |text: &str, expected: &str| {
            let error = RegisterSettings::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        assert!(RegisterSettings::from_toml(one).is_ok());
        check(&format!("{one}{one}"), "out/admin stands twice for *");
        check(&one.replace("admin", "Hành chính"), "must be lower-case");
        check(&one.replace("out", "sideways"), "unknown variant");
        check(&format!("hold_minutes = 0\n{one}"), "hold_minutes");
        check(&format!("hold = 1\n{one}"), "unknown field");
    }
}
