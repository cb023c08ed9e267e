//! Who heads an agency, and what a head lets others sign.

use haidang_contracts::actor::PersonId;
use haidang_store::{Row, StoreError};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// In which form somebody signs (Decree 30/2020/NĐ-CP, Article 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum Form {
    /// The head, in the head's own name.
    #[serde(rename = "head")]
    Head,
    /// Thay mặt: the head, in the name of an organ that works collectively.
    #[serde(rename = "TM")]
    Collective,
    /// Quyền: acting head by decision.
    #[serde(rename = "Q")]
    Acting,
    /// Ký thay: a deputy, in the fields assigned.
    #[serde(rename = "KT")]
    InPlace,
    /// Thừa lệnh: the head of a unit, in the kinds that the work rules name.
    #[serde(rename = "TL")]
    ByOrder,
    /// Thừa ủy quyền: by written authorisation, limited in time and content.
    #[serde(rename = "TUQ")]
    Authorised,
}

impl Form {
    /// The word in data: the abbreviation that stands on paper, or `head`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Collective => "TM",
            Self::Acting => "Q",
            Self::InPlace => "KT",
            Self::ByOrder => "TL",
            Self::Authorised => "TUQ",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Head, Self::Collective, Self::Acting, Self::InPlace, Self::ByOrder, Self::Authorised]
            .into_iter()
            .find(|form| form.as_str() == word)
    }
}

/// What is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signing<'s> {
    /// Code of the kind, such as `QĐ`; empty for a công văn, which has none.
    pub kind: &'s str,
    /// Code of the field of work; empty when the document names none.
    pub field: &'s str,
    /// 0 for an open document; anything above is a state secret and stays outside.
    pub secrecy: i64,
}

/// Somebody may sign, and how the block of the paper reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// In which form.
    pub form: Form,
    /// Id of the delegation; `None` for a head.
    pub delegation: Option<String>,
    /// Form and post as printed, line by line: `TM. ỦY BAN NHÂN DÂN`, `KT. CHỦ TỊCH`, `PHÓ CHỦ TỊCH`.
    pub block_lines: Vec<String>,
    /// Full name as printed under the signature.
    pub name: String,
}

/// Why somebody may not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    /// Nobody heads the agency at that moment, or the person has no post there: there is nothing to derive from.
    NoMandate,
    /// The person is no head, and no head let them sign.
    NoDelegation,
    /// There was a delegation; it is over, or not yet in force.
    DelegationExpired,
    /// A delegation is in force, for other kinds or fields.
    KindNotCovered,
    /// A written authorisation without the document that it must rest on.
    BasisMissing,
    /// The person has no certificate.
    CertMissing,
    /// The certificate names somebody else.
    CertSubjectMismatch,
    /// The certificate was not in force at that moment.
    CertExpired,
    /// State secrets are not handled here.
    SecretRefused,
}

impl Refusal {
    /// The stable code of the answer.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoMandate => "NO_MANDATE",
            Self::NoDelegation => "NO_DELEGATION",
            Self::DelegationExpired => "DELEGATION_EXPIRED",
            Self::KindNotCovered => "KIND_NOT_COVERED",
            Self::BasisMissing => "BASIS_MISSING",
            Self::CertMissing => "CERT_MISSING",
            Self::CertSubjectMismatch => "CERT_SUBJECT_MISMATCH",
            Self::CertExpired => "CERT_EXPIRED",
            Self::SecretRefused => "SECRET_REFUSED",
        }
    }

    /// The same as the code of a problem.
    pub fn problem_code(self) -> &'static str {
        match self {
            Self::NoMandate => "no_mandate",
            Self::NoDelegation => "no_delegation",
            Self::DelegationExpired => "delegation_expired",
            Self::KindNotCovered => "kind_not_covered",
            Self::BasisMissing => "basis_missing",
            Self::CertMissing => "cert_missing",
            Self::CertSubjectMismatch => "cert_subject_mismatch",
            Self::CertExpired => "cert_expired",
            Self::SecretRefused => "secret_refused",
        }
    }
}

impl From<Refusal> for haidang_kernel::problem::Problem {
    fn from(refusal: Refusal) -> Self {
        Self::conflict(refusal.problem_code(), "this person may not sign this document")
    }
}

/// When something was said and taken back, and the days between which it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// First day.
    pub from: civil::Date,
    /// Last day, when one is known.
    pub to: Option<civil::Date>,
    /// When it was written down.
    pub given_at: Timestamp,
    /// When it was ended before its last day.
    pub ended_at: Option<Timestamp>,
}

/// One head of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMandate {
    /// Id.
    pub id: String,
    /// Code of the agency.
    pub agency: String,
    /// Who.
    pub person: PersonId,
    /// Acting head (Q).
    pub acting: bool,
    /// Post as printed, upper case: `CHỦ TỊCH`.
    pub post: String,
    /// The collective body in whose name the head signs, upper case: `ỦY BAN NHÂN DÂN`.
    pub collective: Option<String>,
    /// The decision it rests on.
    pub basis: String,
    /// When it holds.
    pub term: Term,
    /// Why it was ended.
    pub end_reason: Option<String>,
}

/// One delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Id.
    pub id: String,
    /// Code of the agency.
    pub agency: String,
    /// To whom.
    pub person: PersonId,
    /// [`Form::InPlace`], [`Form::ByOrder`] or [`Form::Authorised`].
    pub form: Form,
    /// The head who gave it.
    pub from_person: PersonId,
    /// Post of the head it comes from, as printed.
    pub from_post: String,
    /// Post of the one who signs, as printed.
    pub post: String,
    /// Codes of kinds; empty for every kind.
    pub kinds: Vec<String>,
    /// Codes of fields; empty for every field.
    pub fields: Vec<String>,
    /// The decision or rule it rests on, in words.
    pub basis: String,
    /// Id of the document it rests on; a written authorisation needs one.
    pub basis_document: Option<String>,
    /// Why it was given.
    pub reason: String,
    /// When it holds.
    pub term: Term,
    /// Why it was ended.
    pub end_reason: Option<String>,
}

fn term(row: &Row) -> Result<Term, StoreError> {
    Ok(Term {
        from: row.date("valid_from")?,
        to: row.opt_date("valid_to")?,
        given_at: row.timestamp("given_at")?,
        ended_at: row.opt_timestamp("ended_at")?,
    })
}

impl HeadMandate {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            person: row.id("person_id")?,
            acting: row.text("form")? == Form::Acting.as_str(),
            post: row.text("post")?,
            collective: row.opt_text("collective")?,
            basis: row.text("basis")?,
            term: term(row)?,
            end_reason: row.opt_text("end_reason")?,
        })
    }
}

impl Delegation {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let form = row.text("form")?;
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            person: row.id("person_id")?,
            form: Form::parse(&form).ok_or_else(|| StoreError::Corrupt(format!("form of a delegation: {form}")))?,
            from_person: row.id("from_person")?,
            from_post: row.text("from_post")?,
            post: row.text("post")?,
            kinds: row.json("kinds")?,
            fields: row.json("fields")?,
            basis: row.text("basis")?,
            basis_document: row.opt_text("basis_document")?,
            reason: row.text("reason")?,
            term: term(row)?,
            end_reason: row.opt_text("end_reason")?,
        })
    }
}
