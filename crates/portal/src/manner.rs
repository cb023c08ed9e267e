//! How the portal writes things, as data of the pack (`national-portal.toml`): no primary text confirms these codes, and
//! they differ from endpoint to endpoint.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The file of the pack.
pub const FILE: &str = "national-portal.toml";

/// Codes of applicants (`LoaiDoiTuong`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Applicants {
    /// A person.
    pub person: String,
    /// A business or another organisation.
    pub organisation: String,
}

/// Codes of channels (`KenhThucHien`, `HinhThuc`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channels {
    /// Nộp trực tuyến.
    pub online: String,
    /// Nộp trực tiếp.
    pub direct: String,
    /// Nộp qua bưu chính.
    pub postal: String,
}

/// Codes of fees (`LoaiPhiLePhi`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Phí.
    pub phi: String,
    /// Lệ phí.
    pub le_phi: String,
}

/// Values of `error_code` that mean something of their own; every other one but 0 means that the content does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The session is unknown or over.
    pub session: Vec<String>,
    /// The case is there already.
    pub exists: Vec<String>,
    /// There is no such case.
    pub missing: Vec<String>,
    /// It cannot follow what is there.
    pub order: Vec<String>,
    /// The portal could not, and did nothing.
    pub busy: Vec<String>,
}

/// Words for who acts and what is done, in Vietnamese as they appear at the portal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Whoever the case belongs to.
    pub applicant: String,
    /// The platform itself.
    pub system: String,
    /// An action without a word of its own.
    pub other: String,
    /// By action of a case.
    pub action: BTreeMap<String, String>,
}

/// Everything of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manner {
    /// Version of the format; always 1.
    pub format: i64,
    /// What no primary text confirmed.
    #[serde(default)]
    pub unverified: Vec<String>,
    /// Codes of applicants.
    pub applicant: Applicants,
    /// Codes of channels.
    pub channel: Channels,
    /// Codes of fees.
    pub fee: Fees,
    /// Values of `error_code`.
    pub answer: Answers,
    /// Words.
    pub words: Words,
}

impl Manner {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn from_toml(text: &str) -> Result<Manner, String> {
        let manner: Manner = toml::from_str(text).map_err(|error| error.to_string())?;
        if manner.format != 1 {
            return Err(format!("format is 1, not {}", manner.format));
        }
        let answer = &manner.answer;
        let lists = [&answer.session, &answer.exists, &answer.missing, &answer.order, &answer.busy];
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = lists.into_iter().flatten().find(|code| !seen.insert(code.as_str()) || *code == "0") {
            return Err(format!("answer: {twice} stands twice, or is 0, which always means success"));
        }
        Ok(manner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    /// A file of a city that is not one of the repository.
    pub(crate) const SAMPLE: &str = r#"
format = 1
applicant = { person = "1", organisation = "2" }
channel = { online = "2", direct = "1", postal = "3" }
fee = { phi = "1", le_phi = "2" }
answer = { session = ["2"], exists = ["6"], missing = ["7"], order = ["5"], busy = ["9"] }
[words]
applicant = "Người nộp hồ sơ"
system = "Hệ thống"
other = "Xử lý hồ sơ"
action = { accept = "Tiếp nhận hồ sơ" }
"#;

    #[test]
    fn a_file_is_read_or_refused_with_the_reason() {
        for (what, text, reason) in [
            ("as it is", SAMPLE.to_owned(), None),
            ("another format", SAMPLE.replace("format = 1", "format = 2"), Some("format is 1")),
            ("a code in two lists", SAMPLE.replace("[\"9\"]", "[\"6\"]"), Some("6 stands twice")),
            ("success as a failure", SAMPLE.replace("[\"9\"]", "[\"0\"]"), Some("0 stands twice, or is 0")),
            ("an unknown key", SAMPLE.replace("postal", "post"), Some("post")),
        ] {
            let said = Manner::from_toml(&text).err();
            assert_eq!(said.is_some(), reason.is_some(), "{what}: {said:?}");
            assert!(said.unwrap_or_default().contains(reason.unwrap_or_default()), "{what}");
        }
    }
}
