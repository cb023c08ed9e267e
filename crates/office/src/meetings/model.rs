//! What a meeting is: its people, papers, words, votes, conclusions.

use crate::tasks::model::words;
use haidang_contracts::actor::PersonId;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;

/// Marker of everything a meeting is made of.
pub enum MeetingPart {}

words! {
    /// Where a meeting stands.
    State {
        /// Called, papers are read and commented.
        Planned = "planned",
        /// In session.
        Open = "open",
        /// Over, the minutes are written.
        Closed = "closed",
        /// The minutes are approved; nothing changes any more.
        Approved = "approved",
    }
}

words! {
    /// In which part somebody meets a meeting.
    Role {
        /// Chủ trì.
        Chair = "chair",
        /// Thư ký.
        Secretary = "secretary",
        /// Đại biểu.
        Delegate = "delegate",
    }
}

words! {
    /// What may be done in a meeting.
    Action {
        /// Opens the session.
        Open = "open",
        /// Adds to the agenda.
        AddItem = "add_item",
        /// Invites officials.
        Invite = "invite",
        /// Invites guests by name.
        InviteGuests = "invite_guests",
        /// Comments on the papers before the session.
        Comment = "comment",
        /// Registers to speak.
        Speak = "speak",
        /// Gives the word to a speaker.
        Call = "call",
        /// Joins by the code that is shown in the room.
        Join = "join",
        /// The secretary calls the roll.
        RollCall = "roll_call",
        /// Makes former links of the roll-call worthless.
        RenewLink = "renew_link",
        /// Puts a question to the vote.
        AskVote = "ask_vote",
        /// Ends a vote.
        CloseVote = "close_vote",
        /// Writes down a conclusion.
        Conclude = "conclude",
        /// Writes the course of the session.
        Note = "note",
        /// Closes the session.
        Close = "close",
        /// Approves the minutes.
        Approve = "approve",
        /// Drafts the notice of conclusions.
        DraftNotice = "draft_notice",
        /// Makes a task of a conclusion.
        GiveTask = "give_task",
    }
}

/// A meeting.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// Id.
    pub id: String,
    /// Agency that holds it.
    pub agency: String,
    /// Title.
    pub title: String,
    /// Where.
    pub place: String,
    /// Planned begin.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// Who chairs.
    pub chair: String,
    /// Who keeps the minutes.
    pub secretary: String,
    /// Share of those who vote that must be present.
    pub quorum_percent: i64,
    /// Where it stands.
    pub state: State,
    /// Changes when links of the roll-call are made worthless.
    pub(crate) door: String,
    /// Code of the roll-call, shown in the room.
    pub(crate) code: String,
    /// The course of the session.
    pub notes: String,
    /// When the session was opened.
    pub opened_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// SHA-256 of the approved minutes.
    pub minutes_sha256: Option<String>,
    /// Id of the drafted notice of conclusions.
    pub notice: Option<String>,
}

impl Meeting {
    /// Reads a row of `office_meeting`.
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        let state = State::parse(&row.text("state")?);
        let unknown = || StoreError::Column { column: "state".to_owned(), reason: "an unknown word".to_owned() };
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            title: row.text("title")?,
            place: row.text("place")?,
            starts_at: row.timestamp("starts_at")?,
            ends_at: row.timestamp("ends_at")?,
            chair: row.text("chair_id")?,
            secretary: row.text("secretary_id")?,
            quorum_percent: row.integer("quorum_percent")?,
            state: state.ok_or_else(unknown)?,
            door: row.text("door")?,
            code: row.text("code")?,
            notes: row.text("notes")?,
            opened_at: row.opt_timestamp("opened_at")?,
            closed_at: row.opt_timestamp("closed_at")?,
            minutes_sha256: row.opt_text("minutes_sha256")?,
            notice: row.opt_text("notice_id")?,
        })
    }
}

/// An item of the agenda.
#[derive(Debug, Clone)]
pub struct Item {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
}

/// A paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Id.
    pub id: String,
    /// Item it belongs to.
    pub item: Option<String>,
    /// Name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// Somebody who is invited.
#[derive(Debug, Clone)]
pub struct Delegate {
    /// Id.
    pub id: String,
    /// The official; none for a guest.
    pub person: Option<String>,
    /// Name of a guest.
    pub guest: Option<String>,
    /// Agency of the official.
    pub agency: Option<String>,
    /// Whether they vote.
    pub votes: bool,
    /// Since when they are present.
    pub present_at: Option<Timestamp>,
    /// How that is known: `qr`, `code`, `secretary`.
    pub present_by: Option<String>,
}

/// Words of somebody: a comment, or a wish to speak.
#[derive(Debug, Clone)]
pub struct Said {
    /// Id.
    pub id: String,
    /// Who.
    pub person: String,
    /// What, or about what.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// When a speaker was called.
    pub called_at: Option<Timestamp>,
}

/// A vote. What was chosen is told when it is closed.
#[derive(Debug, Clone)]
pub struct Vote {
    /// Id.
    pub id: String,
    /// The question.
    pub question: String,
    /// Whether nobody may know who chose what.
    pub secret: bool,
    /// Whether ballots are taken.
    pub open: bool,
    /// Who could vote when it was opened.
    pub eligible: i64,
    /// Ballots used.
    pub used: i64,
    /// Whether the reader has voted.
    pub voted: bool,
    /// Whether the result is kept back because a secret vote had too few ballots to stay secret.
    pub withheld: bool,
    /// What may be chosen, and how often it was, once it is closed and not kept back.
    pub choices: Vec<(String, Option<i64>)>,
    /// Of an open vote that is closed: who chose which place.
    pub ballots: Vec<(String, i64)>,
}

/// A conclusion.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// Id.
    pub id: String,
    /// What was concluded.
    pub text: String,
    /// Who shall do it.
    pub owner: Option<String>,
    /// The agency of that official.
    pub unit: Option<String>,
    /// Until when.
    pub due: Option<Date>,
    /// The task made of it.
    pub task: Option<String>,
}

/// A meeting with everything around it, as one of its people sees it.
#[derive(Debug, Clone)]
pub struct MeetingView {
    /// The meeting.
    pub meeting: Meeting,
    /// Parts of the reader.
    pub roles: Vec<Role>,
    /// Agenda.
    pub items: Vec<Item>,
    /// Papers.
    pub papers: Vec<Paper>,
    /// Who is invited.
    pub delegates: Vec<Delegate>,
    /// Comments before the session.
    pub comments: Vec<Said>,
    /// Who wishes to speak or spoke.
    pub speakers: Vec<Said>,
    /// Votes.
    pub votes: Vec<Vote>,
    /// Conclusions.
    pub conclusions: Vec<Conclusion>,
}

/// A meeting to be called.
#[derive(Debug, Clone)]
pub struct NewMeeting {
    /// Agency that holds it.
    pub agency: String,
    /// Title.
    pub title: String,
    /// Where.
    pub place: String,
    /// Begin.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Who keeps the minutes: an official of the agency.
    pub secretary: PersonId,
    /// Share of those who vote that must be present; the city's when absent.
    pub quorum_percent: Option<i64>,
    /// Titles of the agenda.
    pub items: Vec<String>,
    /// Officials who vote.
    pub delegates: Vec<PersonId>,
    /// Guests by name.
    pub guests: Vec<String>,
}

/// What somebody does, with whatever the action needs.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// Words: a title, a comment, a question, a conclusion, the course of the session.
    pub text: String,
    /// What it is about: an item, a vote, a speaker, a conclusion.
    pub target: String,
    /// Officials, or delegates of the roll.
    pub people: Vec<String>,
    /// Lines: guests, choices of a vote.
    pub lines: Vec<String>,
    /// Officials invited without a vote; a secret vote.
    pub flag: bool,
    /// The code of the roll-call.
    pub code: String,
    /// Until when.
    pub due: Option<Date>,
}
