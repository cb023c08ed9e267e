//! Words and rows of this room.

use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;

/// Declares words that are stored as text: one list for the code and the check of the table.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The stored word.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            fn read(row: &Row, column: &str) -> Result<Self, StoreError> {
                let text = row.text(column)?;
                Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or_else(|| StoreError::Column {
                    column: column.to_owned(),
                    reason: "not in the list".to_owned(),
                })
            }
        }
    };
}

words! {
    /// What a message does at the portal.
    Kind {
        /// `DongBoHoSoMC` of a case that the portal does not have.
        Create = "create",
        /// `DongBoHoSoMC` of a case that it has.
        Update = "update",
        /// `CapNhatTienDoHoSoMC`.
        Progress = "progress",
    }
}

words! {
    /// Where a message stands.
    State {
        /// Not begun, or known not to have reached the portal.
        Waiting = "waiting",
        /// Begun; nobody knows whether it arrived until the portal answers.
        Sending = "sending",
        /// The portal has it.
        Delivered = "delivered",
        /// The portal does not take it; people must decide.
        Refused = "refused",
        /// People decided to leave it out.
        Skipped = "skipped",
    }
}

words! {
    /// How a case differs between the city and the portal.
    DifferenceKind {
        /// The portal does not have it.
        MissingThere = "missing_there",
        /// The city does not have it.
        MissingHere = "missing_here",
        /// Both have it with different statuses.
        OtherStatus = "other_status",
    }
}

words! {
    /// Where a comparison stands.
    ComparisonState {
        /// Under way.
        Running = "running",
        /// All was compared.
        Done = "done",
        /// The portal did not answer for too long.
        Failed = "failed",
    }
}

/// Marker of a message.
pub enum MessageRecord {}
/// Marker of a comparison.
pub enum ComparisonRecord {}
/// Marker of a difference.
pub enum DifferenceRecord {}

/// A message about one case.
#[derive(Debug, Clone)]
pub struct Message {
    /// Id.
    pub id: String,
    /// Case.
    pub case_id: String,
    /// Place among the messages of the case, from 1.
    pub number: i64,
    /// Event of the case that it tells.
    pub seq: i64,
    /// What it does.
    pub kind: Kind,
    /// What happened to the case.
    pub action: String,
    /// National status before, `None` for the first message.
    pub status_before: Option<i64>,
    /// National status that it tells.
    pub status: i64,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it was last tried.
    pub tried_at: Option<Timestamp>,
    /// SHA-256 of what was sent, hex.
    pub sha256: Option<String>,
    /// What is sent, until it is settled.
    pub body: Option<String>,
    /// Code of the portal's reason.
    pub reason_code: Option<String>,
    /// The portal's reason.
    pub reason: Option<String>,
}

impl Message {
    /// Columns, in any order.
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            case_id: row.text("case_id")?,
            number: row.integer("number")?,
            seq: row.integer("seq")?,
            kind: Kind::read(row, "kind")?,
            action: row.text("action")?,
            status_before: row.opt_integer("status_before")?,
            status: row.integer("status")?,
            state: State::read(row, "state")?,
            attempts: row.integer("attempts")?,
            queued_at: row.timestamp("queued_at")?,
            tried_at: row.opt_timestamp("tried_at")?,
            sha256: row.opt_text("sha256")?,
            body: row.opt_text("body")?,
            reason_code: row.opt_text("reason_code")?,
            reason: row.opt_text("reason")?,
        })
    }

    /// By which the portal knows the message again: the same at every attempt, another for every message.
    pub fn key(&self) -> String {
        format!("{}:{}", self.case_id, self.number)
    }
}

/// The messages of one case, as one line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Case.
    pub case_id: String,
    /// Its official number.
    pub case_no: String,
    /// Event that was queued last.
    pub last_seq: i64,
    /// Number of the last message.
    pub last_number: i64,
    /// Status that the last message tells.
    pub queued_status: Option<i64>,
}

impl Line {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            case_id: row.text("case_id")?,
            case_no: row.text("case_no")?,
            last_seq: row.integer("last_seq")?,
            last_number: row.integer("last_number")?,
            queued_status: row.opt_integer("queued_status")?,
        })
    }
}

/// A message with what a reader needs to find the case.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The message.
    pub message: Message,
    /// Official number of the case.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// Code of the agency.
    pub agency: String,
}

impl Shown {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            message: Message::read(row)?,
            case_no: row.text("case_no")?,
            procedure: row.text("procedure_code")?,
            agency: row.text("agency")?,
        })
    }
}

/// How the queue stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Messages not begun.
    pub waiting: i64,
    /// Messages under way.
    pub sending: i64,
    /// Messages refused.
    pub refused: i64,
    /// Messages that arrived within the last day.
    pub delivered: i64,
    /// Messages left out within the last day.
    pub skipped: i64,
    /// Since when the oldest message waits that nobody must decide about.
    pub oldest: Option<Timestamp>,
}

/// A comparison of one day.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Id.
    pub id: String,
    /// The day on which the cases were filed.
    pub day: Date,
    /// Where it stands.
    pub state: ComparisonState,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// Case up to which it came.
    pub reached: String,
    /// Cases compared so far.
    pub checked: i64,
    /// Whether the portal's own list was read too; else cases that the city lacks were not looked for.
    pub listed: bool,
}

impl Comparison {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            day: row.date("day")?,
            state: ComparisonState::read(row, "state")?,
            asked_at: row.timestamp("asked_at")?,
            reached: row.text("reached")?,
            checked: row.integer("checked")?,
            listed: row.boolean("listed")?,
        })
    }
}

/// One difference.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Id.
    pub id: String,
    /// Case of the city, when it has one.
    pub case_id: Option<String>,
    /// Official number.
    pub case_no: String,
    /// What differs.
    pub kind: DifferenceKind,
    /// Status here.
    pub ours: Option<i64>,
    /// Status there.
    pub theirs: Option<i64>,
    /// When people had it sent again.
    pub settled_at: Option<Timestamp>,
}

impl Difference {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            case_id: row.opt_text("case_id")?,
            case_no: row.text("case_no")?,
            kind: DifferenceKind::read(row, "kind")?,
            ours: row.opt_integer("ours")?,
            theirs: row.opt_integer("theirs")?,
            settled_at: row.opt_timestamp("settled_at")?,
        })
    }
}
