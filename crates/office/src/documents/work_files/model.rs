//! Work files (hồ sơ công việc) and what lies in them.

use super::rules::FileState;
use haidang_store::{Row, StoreError};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who reads a work file besides its keeper and the clerk.
pub(crate) const UNIT: &str = "unit";
/// Nobody else does.
pub(crate) const KEEPER: &str = "keeper";

/// A work file.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// Id.
    pub id: String,
    /// Code of the organ.
    pub agency: String,
    /// Year of the catalogue.
    pub year: i64,
    /// Ký hiệu hồ sơ, unique in organ and year.
    pub notation: String,
    /// Title.
    pub title: String,
    /// Class of retention in the pack.
    pub retention: String,
    /// `unit` or `keeper`.
    pub rights: String,
    /// Remarks.
    pub description: String,
    /// Who keeps it.
    pub keeper: String,
    /// Their name.
    pub keeper_name: String,
    /// Where it stands.
    pub state: FileState,
    /// Counts every change.
    pub revision: i64,
    /// First day.
    pub opened_on: Date,
    /// Last day of the work.
    pub closed_on: Option<Date>,
    /// By when it is handed over.
    pub hand_over_by: Option<Date>,
    /// First day on which it may be destroyed.
    pub destroy_from: Option<Date>,
    /// Why nothing of it may be destroyed.
    pub legal_hold: Option<String>,
    /// When it was handed over.
    pub handed_over_on: Option<Date>,
    /// The package that was handed over.
    pub package_sha256: Option<String>,
}

impl CaseFile {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let state = FileState::parse(&row.text("state")?);
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            year: row.integer("year")?,
            notation: row.text("notation")?,
            title: row.text("title")?,
            retention: row.text("retention")?,
            rights: row.text("rights")?,
            description: row.text("description")?,
            keeper: row.text("keeper")?,
            keeper_name: row.text("keeper_name")?,
            state: state.ok_or_else(|| StoreError::Corrupt("office_case_file.state".to_owned()))?,
            revision: row.integer("revision")?,
            opened_on: row.date("opened_on")?,
            closed_on: row.opt_date("closed_on")?,
            hand_over_by: row.opt_date("hand_over_by")?,
            destroy_from: row.opt_date("destroy_from")?,
            legal_hold: row.opt_text("legal_hold")?,
            handed_over_on: row.opt_date("handed_over_on")?,
            package_sha256: row.opt_text("package_sha256")?,
        })
    }
}

/// A new work file as it is typed.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CaseFileForm {
    /// Code of the agency; may be left out by whoever has one post.
    pub agency: String,
    /// Ký hiệu hồ sơ, at most 20 characters (Appendix VI).
    pub notation: String,
    /// Title, at most 500 characters.
    pub title: String,
    /// Class of retention.
    pub retention: String,
    /// `unit` or `keeper`.
    pub rights: String,
    /// Remarks, at most 500 characters.
    pub description: String,
}

/// One line of the list of a work file, with the names of Appendix VI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    /// Kind of document.
    pub type_name: String,
    /// Số.
    pub code_number: String,
    /// Ký hiệu.
    pub code_notation: String,
    /// Date, `YYYY-MM-DD`.
    pub issued_date: String,
    /// Who issued it.
    pub organ_name: String,
    /// Trích yếu.
    pub subject: String,
    /// Pages.
    pub page_amount: Option<i64>,
    /// SHA-256 of its file, hex.
    pub sha256: String,
    /// Media type of its file.
    pub media_type: String,
}

impl Entry {
    /// Number and notation in one; what has no notation is known by its number.
    pub fn code(&self) -> String {
        match (self.code_number.as_str(), self.code_notation.as_str()) {
            (number, "") => number.to_owned(),
            (number, notation) => format!("{number}/{notation}"),
        }
    }
}

/// A document in a work file.
#[derive(Debug, Clone)]
pub struct Laid {
    /// Id of the document.
    pub document: String,
    /// `out`, `internal`, `in`, `scan`, `task`.
    pub source: String,
    /// Place, from 1.
    pub ordinal: i64,
    /// Its line of the list.
    pub entry: Entry,
}

impl Laid {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            document: row.text("document")?,
            source: row.text("source")?,
            ordinal: row.integer("ordinal")?,
            entry: row.json("entry")?,
        })
    }
}
