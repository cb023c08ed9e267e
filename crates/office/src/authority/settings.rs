//! How agencies of the city sign: `office/authority.toml` of the pack.

use haidang_contracts::identity::Agency;
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;

/// How agencies of some kinds are headed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organ {
    /// Codes or kinds of agencies.
    pub agencies: Vec<String>,
    /// Title of the head: `Chủ tịch`, `Giám đốc`.
    pub head: String,
    /// The body in whose name the head signs, where the organ works collectively: `Ủy ban nhân dân`.
    #[serde(default)]
    pub collective: Option<String>,
    /// `unverified` where no primary text confirmed it.
    #[serde(default)]
    pub evidence: Option<String>,
}

/// A kind of document or a field of work that a delegation may be limited to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Code, as documents carry it.
    pub code: String,
    /// Name in Vietnamese.
    pub vi: String,
    /// Name in English.
    pub en: String,
}

impl Named {
    /// The name in both languages.
    pub fn name(&self) -> Bilingual {
        Bilingual::new(self.vi.clone(), self.en.clone())
    }
}

/// Who heads which agencies, and to what delegations may be limited.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthoritySettings {
    /// Days before the end of a certificate at which the board warns.
    #[serde(default = "thirty")]
    pub expiring_days: i64,
    /// How agencies are headed; a line for a code wins over one for a kind.
    #[serde(default, rename = "organ")]
    pub organs: Vec<Organ>,
    /// Kinds of documents (Decree 30/2020/NĐ-CP, Article 7).
    #[serde(default, rename = "kind")]
    pub kinds: Vec<Named>,
    /// Fields of work.
    #[serde(default, rename = "field")]
    pub fields: Vec<Named>,
}

fn thirty() -> i64 {
    30
}

/// The code under which delegations name công văn, which has none of its own.
pub const PLAIN_LETTER: &str = "CV";

/// A pack whose rules of signing cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("office/authority.toml: {0}")]
pub struct AuthoritySettingsError(pub String);

impl AuthoritySettings {
    /// Reads `office/authority.toml`.
    ///
    /// # Errors
    /// [`AuthoritySettingsError`] says what to mend.
    pub fn from_toml(text: &str) -> Result<Self, AuthoritySettingsError> {
        let settings: Self =
            toml::from_str(text).map_err(|error| AuthoritySettingsError(error.message().to_owned()))?;
        for (what, list) in [("kind", &settings.kinds), ("field", &settings.fields)] {
            let mut codes: Vec<&str> = list.iter().map(|named| named.code.as_str()).collect();
            codes.sort_unstable();
            if let Some(twice) = codes.windows(2).find(|pair| pair.first() == pair.last()) {
                return Err(AuthoritySettingsError(format!("{what} {:?} stands twice", twice.first())));
            }
        }
        if !(1..=365).contains(&settings.expiring_days) {
            return Err(AuthoritySettingsError("expiring_days must be 1 to 365".to_owned()));
        }
        Ok(settings)
    }

    /// How an agency is headed.
    pub fn organ(&self, agency: &Agency) -> Option<&Organ> {
        let named = |name: &str| self.organs.iter().find(|organ| organ.agencies.iter().any(|known| known == name));
        named(&agency.code).or_else(|| named(&agency.kind))
    }

    /// Whether delegations may name the kind.
    pub fn knows_kind(&self, code: &str) -> bool {
        self.kinds.iter().any(|kind| kind.code == code)
    }

    /// Whether delegations may name the field.
    pub fn knows_field(&self, code: &str) -> bool {
        self.fields.iter().any(|field| field.code == code)
    }
}

/// (code, Vietnamese, English) by Decree 30/2020/NĐ-CP, Articles 7 and 25 and Appendix III.
const KINDS: &[(&str, &str, &str)] = &[
    ("NQ", "Nghị quyết", "Resolution"),
    ("QĐ", "Quyết định", "Decision"),
    ("CT", "Chỉ thị", "Directive"),
    ("QC", "Quy chế", "Regulation"),
    ("QyĐ", "Quy định", "Rules"),
    ("TC", "Thông cáo", "Communiqué"),
    ("TB", "Thông báo", "Notice"),
    ("HD", "Hướng dẫn", "Guidance"),
    ("CTr", "Chương trình", "Programme"),
    ("KH", "Kế hoạch", "Plan"),
    ("PA", "Phương án", "Scheme"),
    ("ĐA", "Đề án", "Proposal"),
    ("DA", "Dự án", "Project"),
    ("BC", "Báo cáo", "Report"),
    ("BB", "Biên bản", "Minutes"),
    ("TTr", "Tờ trình", "Submission"),
    ("HĐ", "Hợp đồng", "Contract"),
    ("CĐ", "Công điện", "Urgent dispatch"),
    ("BGN", "Bản ghi nhớ", "Memorandum"),
    ("BTT", "Bản thỏa thuận", "Agreement"),
    ("GUQ", "Giấy ủy quyền", "Authorisation"),
    ("GM", "Giấy mời", "Invitation"),
    ("GGT", "Giấy giới thiệu", "Letter of introduction"),
    ("GNP", "Giấy nghỉ phép", "Leave permit"),
    ("PG", "Phiếu gửi", "Dispatch slip"),
    ("PC", "Phiếu chuyển", "Transfer slip"),
    ("PB", "Phiếu báo", "Notification slip"),
    (PLAIN_LETTER, "Công văn", "Official letter"),
    ("SY", "Bản sao y", "Full certified copy"),
    ("SL", "Bản sao lục", "Copy of a certified copy"),
    ("TrS", "Bản trích sao", "Certified extract"),
];

impl Default for AuthoritySettings {
    /// The kinds of the decree, and heads as the law on local government names them when a city says nothing.
    fn default() -> Self {
        let organ = |kind: &str, head: &str, collective: Option<&str>| Organ {
            agencies: vec![kind.to_owned()],
            head: head.to_owned(),
            collective: collective.map(str::to_owned),
            evidence: None,
        };
        let named = |(code, vi, en): &(&str, &str, &str)| Named {
            code: (*code).to_owned(),
            vi: (*vi).to_owned(),
            en: (*en).to_owned(),
        };
        Self {
            expiring_days: thirty(),
            organs: vec![
                organ("commune", "Chủ tịch", Some("Ủy ban nhân dân")),
                organ("department", "Giám đốc", None),
                organ("office", "Giám đốc", None),
            ],
            kinds: KINDS.iter().map(named).collect(),
            fields: Vec::new(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn agency(code: &str, kind: &str) -> Agency {
        Agency {
            code: code.into(),
            kind: kind.into(),
            name_vi: String::new(),
            name_en: String::new(),
            parent: None,
            commune_code: None,
            valid_from: None,
            valid_to: None,
            successor: None,
        }
    }

    #[test]
    fn the_packs_say_how_agencies_sign() {
        let haiphong = include_str!("../../../../packs/haiphong/office/authority.toml");
        let mau = include_str!("../../../../packs/mau/office/authority.toml");
        for (pack, code, kind, head, collective) in [
            (haiphong, "H24.11824", "commune", "Chủ tịch", Some("Ủy ban nhân dân")),
            (haiphong, "H24.S00", "city", "Chủ tịch", Some("Ủy ban nhân dân")),
            (haiphong, "H24.S02", "department", "Giám đốc", None),
            (haiphong, "H24.S01", "department", "Chánh Văn phòng", None),
            (mau, "M01.S01", "department", "Chánh Văn phòng", None),
        ] {
            let settings = AuthoritySettings::from_toml(pack).unwrap();
            let organ = settings.organ(&agency(code, kind)).unwrap();
            assert_eq!((organ.head.as_str(), organ.collective.as_deref()), (head, collective), "{code}");
            assert!(AuthoritySettings::default().kinds.iter().all(|kind| settings.knows_kind(&kind.code)));
            assert!(!settings.fields.is_empty() && settings.organ(&agency("x", "police")).is_none());
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let kind = "[[kind]]\ncode = \"QĐ\"\nvi = \"Quyết định\"\nen = \"Decision\"\n";
        for (text, expected) in [
            (format!("{kind}{kind}"), "stands twice"),
            ("expiring_days = 0".to_owned(), "expiring_days"),
            ("expiring = 3".to_owned(), "unknown field"),
        ] {
            let error = AuthoritySettings::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
