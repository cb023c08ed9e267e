//! What the pack says of kinds of document, of organs on paper, and of how long work files are kept.

use haidang_contracts::identity::Agency;
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;

/// One of the kinds of document (Decree 30/2020/NĐ-CP, Article 7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Id, such as `quyet_dinh`.
    pub id: String,
    /// Abbreviation in the notation, such as `QĐ`; empty for công văn and thư công.
    pub code: String,
    /// What the template calls a kind without a code, such as `CV`.
    #[serde(default)]
    pub paper: Option<String>,
    /// Name.
    pub name: Bilingual,
    /// Whether the paper carries the name of the kind above its subject.
    pub named: bool,
    /// Series of numbers.
    pub group: String,
    /// Template of the paper.
    pub template: String,
}

impl Kind {
    /// The code that the template of the paper knows.
    pub fn paper_code(&self) -> &str {
        self.paper.as_deref().unwrap_or(&self.code)
    }
}

/// An organ as papers and systems name it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organ {
    /// Code of the agency.
    pub agency: String,
    /// `OrganId` of 13 characters, when it is known.
    pub organ_id: Option<String>,
    /// Abbreviation in notations, such as `UBND`.
    pub abbreviation: String,
    /// Abbreviation of the unit that drafts letters, such as `VP`; the second part of `UBND-VP`.
    pub letter_unit: Option<String>,
    /// Place of issue on papers.
    pub place: Option<String>,
}

/// How long a work file is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Id.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// Years after the year in which it was closed; 0 = for ever.
    pub years: i16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kinds {
    version: String,
    evidence: String,
    #[serde(default)]
    kind: Vec<Kind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organs {
    version: String,
    evidence: String,
    place: String,
    #[serde(default)]
    organ: Vec<Organ>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    version: String,
    evidence: String,
    hand_over_months: i64,
    obligatory_years: i16,
    remind_days: i64,
    #[serde(default)]
    class: Vec<Retention>,
}

/// What the pack of the city says; see `packs/*/office/{kinds,organs,files}.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Kinds of document.
    pub kinds: Vec<Kind>,
    /// Organs with a row of their own.
    pub organs: Vec<Organ>,
    /// Place of issue where an organ names none.
    pub place: String,
    /// Classes of retention.
    pub retentions: Vec<Retention>,
    /// Months after closing by which a work file is handed over.
    pub hand_over_months: i64,
    /// A file kept at least this many years must be handed over.
    pub obligatory_years: i16,
    /// Days before the last day on which its keeper is reminded.
    pub remind_days: i64,
}

/// Why the settings are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFault {
    /// The file is no TOML of this form.
    #[error("office/{file}: {reason}")]
    Unreadable {
        /// Which file.
        file: &'static str,
        /// What its reader says.
        reason: String,
    },
    /// Two rows have one id.
    #[error("office/{file}: {id} stands twice")]
    Twice {
        /// Which file.
        file: &'static str,
        /// Which row.
        id: String,
    },
    /// A document of a kind with a name needs its code in the notation.
    #[error("office/kinds.toml: {0} is named and has no code")]
    NoCode(String),
    /// A kind without a code needs the one its template knows.
    #[error("office/kinds.toml: {0} has neither code nor paper")]
    NoPaper(String),
}

fn read<'t, T: Deserialize<'t>>(file: &'static str, text: &'t str) -> Result<T, SettingsFault> {
    toml::from_str(text).map_err(|error| SettingsFault::Unreadable { file, reason: error.to_string() })
}

fn once<'i>(file: &'static str, ids: impl Iterator<Item = &'i String>) -> Result<(), SettingsFault> {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(SettingsFault::Twice { file, id: id.clone() });
        }
    }
    Ok(())
}

impl Settings {
    /// Reads the three files of a pack: `kinds.toml`, `organs.toml`, `files.toml`.
    ///
    /// # Errors
    /// The first fault found.
    pub fn from_toml(kinds: &str, organs: &str, files: &str) -> Result<Self, SettingsFault> {
        let kinds: Kinds = read("kinds.toml", kinds)?;
        let organs: Organs = read("organs.toml", organs)?;
        let files: Files = read("files.toml", files)?;
        once("kinds.toml", kinds.kind.iter().map(|kind| &kind.id))?;
        once("organs.toml", organs.organ.iter().map(|organ| &organ.agency))?;
        once("files.toml", files.class.iter().map(|class| &class.id))?;
        if let Some(kind) = kinds.kind.iter().find(|kind| kind.named && kind.code.is_empty()) {
            return Err(SettingsFault::NoCode(kind.id.clone()));
        }
        if let Some(kind) = kinds.kind.iter().find(|kind| kind.paper_code().is_empty()) {
            return Err(SettingsFault::NoPaper(kind.id.clone()));
        }
        let versions = [&kinds.version, &organs.version, &files.version];
        let evidence = [&kinds.evidence, &organs.evidence, &files.evidence];
        tracing::info!(?versions, ?evidence, "settings of documents");
        Ok(Self {
            kinds: kinds.kind,
            organs: organs.organ,
            place: organs.place,
            retentions: files.class,
            hand_over_months: files.hand_over_months,
            obligatory_years: files.obligatory_years,
            remind_days: files.remind_days,
        })
    }

    /// A kind by its id.
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    /// A class of retention by its id.
    pub fn retention(&self, id: &str) -> Option<&Retention> {
        self.retentions.iter().find(|class| class.id == id)
    }

    fn organ(&self, agency: &str) -> Option<&Organ> {
        self.organs.iter().find(|organ| organ.agency == agency)
    }

    /// `OrganId` of an agency of the city.
    pub fn organ_id(&self, agency: &str) -> Option<&str> {
        self.organ(agency)?.organ_id.as_deref()
    }

    /// Place of issue.
    pub fn place(&self, agency: &str) -> &str {
        self.organ(agency).and_then(|organ| organ.place.as_deref()).unwrap_or(&self.place)
    }

    /// Abbreviation of an agency: its own, else that of its kind.
    pub fn abbreviation(&self, agency: &Agency) -> String {
        match self.organ(&agency.code) {
            Some(organ) => organ.abbreviation.clone(),
            None => abbreviation(&agency.name_vi),
        }
    }

    /// Ký hiệu: `QĐ-UBND`; a letter has the organ and its unit, `UBND-VP` (Appendix I, Part I, II.3).
    pub fn notation(&self, kind: &Kind, agency: &Agency) -> String {
        let organ = self.abbreviation(agency);
        if kind.code.is_empty() {
            let unit = self.organ(&agency.code).and_then(|organ| organ.letter_unit.clone());
            return format!("{organ}-{}", unit.unwrap_or_else(|| "VP".to_owned()));
        }
        format!("{}-{organ}", kind.code)
    }
}

/// `Ủy ban nhân dân xã Mẫu` → `UBND`; `Sở Nội vụ` → `SNV`.
fn abbreviation(name: &str) -> String {
    let folded = haidang_kernel::text::nfc(name).to_lowercase();
    if folded.starts_with("ủy ban nhân dân") || folded.starts_with("uỷ ban nhân dân") {
        return "UBND".to_owned();
    }
    if folded.starts_with("hội đồng nhân dân") {
        return "HĐND".to_owned();
    }
    let letters = name.split([' ', ',']).filter_map(|word| word.chars().next()).filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn pack(name: &str) -> Settings {
        let folder = format!("{}/../../packs/{name}/office", env!("CARGO_MANIFEST_DIR"));
        let text = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        Settings::from_toml(&text("kinds.toml"), &text("organs.toml"), &text("files.toml")).unwrap()
    }

    #[test]
    fn both_packs_know_the_29_kinds() {
        for name in ["haiphong", "mau"] {
            let settings = pack(name);
            assert_eq!(settings.kinds.len(), 29, "{name}");
            let without: Vec<_> =
                settings.kinds.iter().filter(|kind| kind.code.is_empty()).map(|kind| &kind.id).collect();
            assert_eq!(without, ["cong_van", "thu_cong"], "{name}");
            assert!(settings.retention("permanent").is_some_and(|class| class.years == 0), "{name}");
        }
    }

    #[test]
    fn notations_follow_the_kind() {
        let settings = pack("mau");
        let agency = |name: &str| Agency {
            code: "H1".into(),
            kind: "department".into(),
            name_vi: name.into(),
            name_en: String::new(),
            parent: None,
            commune_code: None,
            valid_from: None,
            valid_to: None,
            successor: None,
        };
        let check = |kind: &str, name: &str, expected: &str| {
            assert_eq!(settings.notation(settings.kind(kind).unwrap(), &agency(name)), expected);
        };
        check("quyet_dinh", "Ủy ban nhân dân xã Mẫu", "QĐ-UBND");
        check("cong_van", "Ủy ban nhân dân xã Mẫu", "UBND-VP");
        check("bao_cao", "Sở Nội vụ", "BC-SNV");
        check("ke_hoach", "Sở Nông nghiệp và Môi trường", "KH-SNNVMT");
    }

    #[test]
    fn faults_name_the_file() {
        let files =
            "version = \"1\"\nevidence = \"x\"\nhand_over_months = 12\nobligatory_years = 5\nremind_days = 30\n";
        let organs = "version = \"1\"\nevidence = \"x\"\nplace = \"X\"\n";
        let kind = "[[kind]]\nid = \"a\"\ncode = \"\"\nname = { vi = \"A\", en = \"A\" }\nnamed = true\ngroup = \"admin\"\ntemplate = \"t\"\n";
        let head = "version = \"1\"\nevidence = \"x\"\n";
        let named = Settings::from_toml(&format!("{head}{kind}"), organs, files).unwrap_err();
        assert_eq!(named, SettingsFault::NoCode("a".into()));
        let twice = Settings::from_toml(&format!("{head}{kind}{kind}"), organs, files).unwrap_err();
        assert_eq!(twice, SettingsFault::Twice { file: "kinds.toml", id: "a".into() });
        assert!(matches!(Settings::from_toml("x", organs, files), Err(SettingsFault::Unreadable { .. })));
    }
}
