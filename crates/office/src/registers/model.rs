//! Books, their numbers and what happened to them.

use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::chain::Hash;
use haidang_store::{Row, StoreError};
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which way documents of a book go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Issued (văn bản đi).
    Out,
    /// Received (văn bản đến).
    In,
    /// Within one organ (văn bản nội bộ).
    Internal,
}

impl Direction {
    /// The word in data and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::In => "in",
            Self::Internal => "internal",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Out, Self::In, Self::Internal].into_iter().find(|direction| direction.as_str() == word)
    }
}

/// The columns of a book (Decree 30/2020/NĐ-CP, Appendix IV) that one document fills; what a book does not print
/// stays empty. The number itself is not here: the register gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    /// Ký hiệu, such as `QĐ-UBND`: what stands behind the number of an outgoing document.
    pub notation: String,
    /// Tên loại, such as `Quyết định`; empty for a công văn.
    pub kind: String,
    /// Trích yếu nội dung.
    pub subject: String,
    /// Người ký.
    pub signer: String,
    /// Nơi nhận of an outgoing document; đơn vị hoặc người nhận of an incoming one.
    pub receivers: String,
    /// Đơn vị, người nhận bản lưu.
    pub kept_by: String,
    /// Số lượng bản.
    pub copies: Option<i64>,
    /// Ngày chuyển.
    #[schema(value_type = Option<String>, format = "date")]
    pub sent_on: Option<civil::Date>,
    /// Ký nhận.
    pub receipt: String,
    /// Ghi chú.
    pub note: String,
    /// Tác giả of an incoming document.
    pub author: String,
    /// Số, ký hiệu of an incoming document, as its author wrote it.
    pub original_number: String,
    /// Ngày văn bản of an incoming document.
    #[schema(value_type = Option<String>, format = "date")]
    pub original_date: Option<civil::Date>,
    /// Thời hạn of the tracking book.
    #[schema(value_type = Option<String>, format = "date")]
    pub due_on: Option<civil::Date>,
    /// Tiến độ, kết quả of the tracking book.
    pub progress: String,
    /// Số, ký hiệu văn bản trả lời of the tracking book.
    pub answered_by: String,
}

/// What a document asks of the books of its agency.
#[derive(Debug, Clone)]
pub struct Claim<'c> {
    /// Code of the agency.
    pub agency: &'c str,
    /// Which way the document goes.
    pub direction: Direction,
    /// Group of kinds, by the scheme of the pack: `admin`, `legal`, `specialised`; `arrival` for incoming documents.
    pub group: &'c str,
    /// Id of the document.
    pub document: &'c str,
    /// The date printed beside the number: of issue, of arrival.
    pub on: civil::Date,
    /// The columns of the book.
    pub summary: Columns,
}

/// The columns of a book as they are written: made before the transaction, because others wait for the book in it.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Canonical JSON.
    pub(crate) text: String,
    /// What the book is searched by.
    pub(crate) key: String,
    /// SHA-256 of the text, for the chain.
    pub(crate) digest: String,
}

/// A number that was taken or held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Id of the register.
    pub register: String,
    /// The number, from 1.
    pub number: i64,
    /// Id of the entry.
    pub entry: String,
}

/// One book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Id.
    pub id: String,
    /// Code of the agency.
    pub agency: String,
    /// Which way.
    pub direction: Direction,
    /// Group of kinds.
    pub group: String,
    /// Year.
    pub year: i16,
    /// Name in its events, such as `out-2026-admin`.
    pub name: String,
    /// Title as printed.
    pub title: Bilingual,
    /// The number that comes next.
    pub next: i64,
    /// Date of the highest number.
    pub last_on: Option<civil::Date>,
    /// How many events its chain has.
    pub events: i64,
    /// The last link of its chain.
    pub head: Hash,
    /// When it was closed for good.
    pub frozen_at: Option<Timestamp>,
}

impl Register {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let direction = row.text("direction")?;
        let year = row.integer("year")?;
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            direction: Direction::parse(&direction).ok_or_else(|| corrupt("direction of a register", &direction))?,
            group: row.text("kind_group")?,
            year: i16::try_from(year).map_err(|_| corrupt("year of a register", &year.to_string()))?,
            name: row.text("name")?,
            title: Bilingual::new(row.text("title_vi")?, row.text("title_en")?),
            next: row.integer("next_number")?,
            last_on: row.opt_date("last_on")?,
            events: row.integer("events")?,
            head: Hash::parse(&row.text("head")?).map_err(|_| corrupt("head of a register", ""))?,
            frozen_at: row.opt_timestamp("frozen_at")?,
        })
    }
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberState {
    /// Reserved while a paper is made and signed.
    Held,
    /// Given back; the next reservation of the day takes it.
    Free,
    /// On an issued document.
    Issued,
    /// Used by nothing, with the reason.
    Voided,
}

impl NumberState {
    /// The word in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Free => "free",
            Self::Issued => "issued",
            Self::Voided => "voided",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Held, Self::Free, Self::Issued, Self::Voided].into_iter().find(|state| state.as_str() == word)
    }
}

/// One line of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Id.
    pub id: String,
    /// Id of the register.
    pub register: String,
    /// The number.
    pub number: i64,
    /// What became of it.
    pub state: NumberState,
    /// Id of the document.
    pub document: Option<String>,
    /// The date of the line.
    pub on: civil::Date,
    /// The columns.
    pub summary: Entry,
    /// Until when it is held.
    pub held_until: Option<Timestamp>,
    /// Why it is void.
    pub void_reason: Option<String>,
}

impl Line {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let state = row.text("state")?;
        Ok(Self {
            id: row.text("id")?,
            register: row.text("register_id")?,
            number: row.integer("number")?,
            state: NumberState::parse(&state).ok_or_else(|| corrupt("state of a number", &state))?,
            document: row.opt_text("document_id")?,
            on: row.date("entered_on")?,
            summary: row.json("summary")?,
            held_until: row.opt_timestamp("held_until")?,
            void_reason: row.opt_text("void_reason")?,
        })
    }
}

fn corrupt(what: &str, value: &str) -> StoreError {
    StoreError::Corrupt(format!("{what}: {value}"))
}
