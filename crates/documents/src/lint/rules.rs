//! The rule file: measures and clauses.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{LintError, Severity};

/// Lower and upper bound.
pub(super) type Range = (f64, f64);

/// Measures and clauses of one version of the rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutRules {
    /// Which rules these are.
    pub version: String,
    /// Whether they were proved against the gazette.
    pub evidence: String,
    pub(super) page: Paper,
    pub(super) margins: Margins,
    pub(super) sizes: Sizes,
    pub(super) urgencies: BTreeMap<String, (f64, f64)>,
    pub(super) fonts: Fonts,
    pub(super) kinds: BTreeMap<String, String>,
    pub(super) rules: BTreeMap<String, (String, String, Severity)>,
}

/// Size of the paper in millimetres.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Paper {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Margins in millimetres.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Margins {
    pub(super) top: Range,
    pub(super) bottom: Range,
    pub(super) left: Range,
    pub(super) right: Range,
}

/// Sizes of letters in points.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sizes {
    pub(super) national: Range,
    pub(super) motto: Range,
    pub(super) organ: Range,
    pub(super) number: Range,
    pub(super) date: Range,
    pub(super) kind: Range,
    pub(super) letter_subject: Range,
    pub(super) body: Range,
    pub(super) signature: Range,
    pub(super) recipients_title: Range,
    pub(super) recipients: Range,
    pub(super) page_number: Range,
    pub(super) urgency: Range,
}

/// Faces.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Fonts {
    pub(super) allowed: Vec<String>,
}

impl LayoutRules {
    /// The rules that come with this crate.
    ///
    /// # Errors
    /// [`LintError::Rules`], which a test excludes.
    pub fn standard() -> Result<LayoutRules, LintError> {
        LayoutRules::from_toml(include_str!("layout.toml"))
    }

    /// Rules of another version, in the form of `layout.toml`.
    ///
    /// # Errors
    /// [`LintError::Rules`] with what is wrong.
    pub fn from_toml(text: &str) -> Result<LayoutRules, LintError> {
        toml::from_str(text).map_err(|error| LintError::Rules(error.to_string()))
    }
}

/// Whether a size in points lies within a range, to the tenth that printing programs round to.
pub(super) fn within(size: f64, range: Range) -> bool {
    size >= range.0 - 0.15 && size <= range.1 + 0.15
}
