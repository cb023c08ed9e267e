//! What a task is: the six, its states, its history.

use haidang_contracts::actor::PersonId;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;

/// Marker of a task.
pub enum Task {}

/// Defines an enumeration of words as they stand in the records.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$case_doc])* $case,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$case,)*];

            /// The word in records, addresses and texts.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$case => $word,)* }
            }

            /// The value of a word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a task stands.
    State {
        /// Given, not yet accepted.
        Assigned = "assigned",
        /// Accepted, nothing reported yet.
        Accepted = "accepted",
        /// Worked on.
        InProgress = "in_progress",
        /// The result waits for whoever gave it.
        AwaitingApproval = "awaiting_approval",
        /// Finished.
        Done = "done",
        /// The owner gave it back; whoever gave it decides.
        Returned = "returned",
        /// The owner asked for more time.
        ExtensionRequested = "extension_requested",
        /// Whoever gave it asked why.
        ExplanationRequested = "explanation_requested",
    }
}

words! {
    /// Where a task comes from.
    Source {
        /// A document and its instruction.
        Document = "document",
        /// A conclusion of a meeting.
        Meeting = "meeting",
        /// An indicator that left its range.
        Indicator = "indicator",
        /// Given by hand.
        Hand = "hand",
    }
}

words! {
    /// What may be done with a task.
    Action {
        /// The owner takes it on.
        Accept = "accept",
        /// The owner gives it back with a reason.
        HandBack = "hand_back",
        /// Progress is reported.
        Report = "report",
        /// The owner hands in the result.
        Submit = "submit",
        /// The result is approved.
        Approve = "approve",
        /// The result goes back to the owner with a reason.
        SendBack = "send_back",
        /// The owner asks for more time.
        AskExtension = "ask_extension",
        /// More time is given.
        GrantExtension = "grant_extension",
        /// More time is refused.
        RefuseExtension = "refuse_extension",
        /// Whoever gave it asks why.
        AskExplanation = "ask_explanation",
        /// The owner answers why.
        Explain = "explain",
        /// Another owner, or the same one again.
        Reassign = "reassign",
    }
}

words! {
    /// In which part somebody meets a task.
    Part {
        /// Người chủ trì.
        Owner = "owner",
        /// Người phối hợp.
        CoOwner = "co_owner",
        /// Whoever gave it, its leader, or a supervisor.
        Giver = "giver",
    }
}

/// A task as it stands.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// Id.
    pub id: String,
    /// Code, also `ResponseForTask` of messages between organs.
    pub code: String,
    /// Agency that gave it.
    pub agency: String,
    /// Where it comes from.
    pub source: Source,
    /// Id of the document, meeting or indicator.
    pub source_id: Option<String>,
    /// Its name, for people.
    pub source_title: String,
    /// The sentence it was read from.
    pub quote: Option<String>,
    /// Who gave it.
    pub given_by: String,
    /// When.
    pub given_at: Timestamp,
    /// Người: who owns it.
    pub owner: String,
    /// Việc.
    pub work: String,
    /// Thời gian: first day.
    pub start_on: Option<Date>,
    /// Thời gian: last day.
    pub due_on: Date,
    /// The last day when it was given.
    pub first_due_on: Date,
    /// Trách nhiệm: code of the agency that answers for it.
    pub unit: String,
    /// Trách nhiệm: the leader.
    pub leader: Option<String>,
    /// Kết quả: what shall come out.
    pub expected_product: String,
    /// Kết quả: notation of the document that came out.
    pub evidence_document: Option<String>,
    /// Nguyên nhân, when late or extended.
    pub cause: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Where it stood before a question.
    pub state_before: Option<State>,
    /// Last moment to accept it.
    pub accept_by: Timestamp,
    /// New last day asked for.
    pub asked_due_on: Option<Date>,
    /// Progress, 0 to 100.
    pub percent: i64,
    /// How many of the six are filled, 0 to 6.
    pub score: i64,
    /// Last day of work on it.
    pub done_on: Option<Date>,
    /// Leader who confirmed the result without a document.
    pub confirmed_by: Option<String>,
    /// Counts changes.
    pub revision: i64,
}

fn word<T>(value: Option<T>, column: &str) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::Column { column: column.to_owned(), reason: "an unknown word".to_owned() })
}

impl TaskRow {
    /// Reads a row of `office_task`.
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            code: row.text("code")?,
            agency: row.text("agency")?,
            source: word(Source::parse(&row.text("source")?), "source")?,
            source_id: row.opt_text("source_id")?,
            source_title: row.text("source_title")?,
            quote: row.opt_text("quote")?,
            given_by: row.text("given_by")?,
            given_at: row.timestamp("given_at")?,
            owner: row.text("owner_id")?,
            work: row.text("work")?,
            start_on: row.opt_date("start_on")?,
            due_on: row.date("due_on")?,
            first_due_on: row.date("first_due_on")?,
            unit: row.text("unit")?,
            leader: row.opt_text("leader_id")?,
            expected_product: row.text("expected_product")?,
            evidence_document: row.opt_text("evidence_document")?,
            cause: row.opt_text("cause")?,
            state: word(State::parse(&row.text("state")?), "state")?,
            state_before: row.opt_text("state_before")?.as_deref().and_then(State::parse),
            accept_by: row.timestamp("accept_by")?,
            asked_due_on: row.opt_date("asked_due_on")?,
            percent: row.integer("percent")?,
            score: row.integer("score")?,
            done_on: row.opt_date("done_on")?,
            confirmed_by: row.opt_text("confirmed_by")?,
            revision: row.integer("revision")?,
        })
    }
}

/// One step in the life of a task.
#[derive(Debug, Clone)]
pub struct TaskEvent {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: String,
    /// What: a word of [`Action`], or `given`, `file`.
    pub action: String,
    /// Where it stood afterwards.
    pub state_to: String,
    /// What was said.
    pub note: String,
    /// Last day before, when it moved.
    pub due_before: Option<Date>,
    /// Last day afterwards, when it moved.
    pub due_after: Option<Date>,
    /// Progress reported.
    pub percent: Option<i64>,
}

/// A file of a task.
#[derive(Debug, Clone)]
pub struct TaskFile {
    /// Id.
    pub id: String,
    /// `product` or `evidence`.
    pub role: String,
    /// Name to show.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256, hex.
    pub sha256: String,
    /// When it was added.
    pub added_at: Timestamp,
}

/// A task with everything around it.
#[derive(Debug, Clone)]
pub struct TaskView {
    /// The task.
    pub task: TaskRow,
    /// Who supports it.
    pub co_owners: Vec<String>,
    /// Its history, oldest first.
    pub events: Vec<TaskEvent>,
    /// Its files, oldest first.
    pub files: Vec<TaskFile>,
}

/// A task to be given.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// The same key gives one task, however often it is asked for.
    pub key: Option<String>,
    /// Agency that gives it.
    pub agency: String,
    /// Where it comes from.
    pub source: Source,
    /// Id of the document, meeting or indicator.
    pub source_id: Option<String>,
    /// Its name, for people; empty when given by hand.
    pub source_title: String,
    /// The sentence it was read from.
    pub quote: Option<String>,
    /// Người: who owns it.
    pub owner: PersonId,
    /// Người: who supports it.
    pub co_owners: Vec<PersonId>,
    /// Việc.
    pub work: String,
    /// Thời gian: first day.
    pub start: Option<Date>,
    /// Thời gian: last day.
    pub due: Date,
    /// Trách nhiệm: code of the agency that answers for it, in which the owner holds a post.
    pub unit: String,
    /// Trách nhiệm: the leader.
    pub leader: Option<PersonId>,
    /// Kết quả: what shall come out.
    pub expected_product: String,
}

/// What somebody does with a task, with whatever the action needs.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// Revision that the person saw; a task that moved on meanwhile is refused.
    pub revision: Option<i64>,
    /// Progress, reason, question or answer.
    pub note: String,
    /// Progress, 0 to 100.
    pub percent: Option<i64>,
    /// Nguyên nhân: why it is late or needs more time.
    pub cause: String,
    /// New last day.
    pub due: Option<Date>,
    /// New owner.
    pub owner: Option<PersonId>,
    /// New responsible agency; the same when absent.
    pub unit: Option<String>,
    /// Notation of the document that came out.
    pub evidence_document: String,
    /// The leader confirms the result without a document.
    pub confirmed: bool,
}
