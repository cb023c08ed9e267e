//! What the pack says of scanned papers: limits, and the kinds of document.

use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;

/// A kind of document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Its id, such as `quyet_dinh`.
    pub id: String,
    /// Its code in notations, such as `QĐ`; empty for official letters.
    pub code: String,
    /// Its name.
    pub name: Bilingual,
}

/// What the pack says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSettings {
    /// Most pages of one file.
    pub most_pages: u32,
    /// Below this resolution a paper is read with a warning: Decree 30/2020/NĐ-CP, Appendix I wants 200.
    pub least_dpi: u32,
    /// Below this confidence a proposal is shown as doubtful.
    pub doubtful_below: u8,
    /// Kinds of document.
    pub kinds: Vec<Kind>,
}

impl Default for ScanSettings {
    fn default() -> Self {
        Self { most_pages: 300, least_dpi: 200, doubtful_below: 80, kinds: Vec::new() }
    }
}

/// The pack cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct SettingsError {
    /// Which file.
    pub file: &'static str,
    /// What is wrong, with the line.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScansFile {
    version: String,
    evidence: String,
    most_pages: u32,
    least_dpi: u32,
    doubtful_below: u8,
}

/// Other parts read more of this file.
#[derive(Deserialize)]
struct KindsFile {
    kind: Vec<KindRow>,
}

#[derive(Deserialize)]
struct KindRow {
    id: String,
    #[serde(default)]
    code: String,
    name: Bilingual,
}

impl ScanSettings {
    /// Reads `office/scans.toml` and `office/kinds.toml` of a pack.
    ///
    /// # Errors
    /// Which file is wrong, and where.
    pub fn from_toml(scans: &str, kinds: &str) -> Result<Self, SettingsError> {
        let wrong =
            |file: &'static str| move |error: toml::de::Error| SettingsError { file, reason: error.to_string() };
        let scans: ScansFile = toml::from_str(scans).map_err(wrong("office/scans.toml"))?;
        let kinds: KindsFile = toml::from_str(kinds).map_err(wrong("office/kinds.toml"))?;
        let fault = |reason: &str| Err(SettingsError { file: "office/scans.toml", reason: reason.to_owned() });
        if scans.version.is_empty() || !["verified", "unverified"].contains(&scans.evidence.as_str()) {
            return fault("version is empty, or evidence is neither verified nor unverified");
        }
        if scans.most_pages == 0 || scans.doubtful_below > 100 {
            return fault("most_pages is 0, or doubtful_below is over 100");
        }
        let kinds = kinds.kind.into_iter().map(|row| Kind { id: row.id, code: row.code, name: row.name });
        Ok(Self {
            most_pages: scans.most_pages,
            least_dpi: scans.least_dpi,
            doubtful_below: scans.doubtful_below,
            kinds: kinds.collect(),
        })
    }

    /// The kind with this id.
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }
}
