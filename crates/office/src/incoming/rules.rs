//! What may happen to a document that came, and what is to be thought of its signatures. Nothing here touches anything.
//!
//! Decree 30/2020/NĐ-CP, Articles 21 to 24: verify authenticity and integrity, else return; register the day it comes;
//! submit to the leader the same day, at the latest the next working day; handle by the deadline.

use haidang_contracts::papers::{JudgedAs, JudgedFile};
use haidang_kernel::calendar::WorkingCalendar;
use haidang_kernel::text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A closed list of words, stored as text.
macro_rules! words {
    ($(#[$doc:meta])+ $name:ident { $($(#[$each:meta])+ $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$each])+ #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one that a word means.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// By which way a document came.
    Channel {
        /// Handed in at the clerk.
        Upload = "upload",
        /// Made from a scan of the digitisation.
        Scan = "scan",
        /// Sent by an organ of this city.
        City = "city",
        /// Sent by an organ outside, as an edXML message.
        Exchange = "exchange",
    }
}

words! {
    /// Where a document stands.
    State {
        /// Came, waits for the clerk.
        Arrived = "arrived",
        /// Returned to its sender.
        Rejected = "rejected",
        /// Has its number.
        Registered = "registered",
        /// Waits for a leader.
        Submitted = "submitted",
        /// Waits for whoever leads the work.
        Assigned = "assigned",
        /// Is worked on.
        InProgress = "in_progress",
        /// Handled.
        Done = "done",
        /// In a work file.
        Filed = "filed",
        /// Taken back or replaced by its sender; its trace stays.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What somebody does with it.
    Act {
        /// The clerk gives it a number.
        Register = "register",
        /// The clerk returns it.
        Reject = "reject",
        /// The clerk lays it before a leader.
        Submit = "submit",
        /// A leader says who leads the work.
        Instruct = "instruct",
        /// A leader adds others to the work.
        Add = "add",
        /// Whoever leads begins.
        Begin = "begin",
        /// Whoever leads gives it back to the leader.
        HandBack = "hand_back",
        /// It is handled.
        Finish = "finish",
        /// It goes into a work file.
        File = "file",
        /// It is taken out of the last work file in which it lay.
        TakeOut = "take_out",
        /// The sender takes it back.
        Withdraw = "withdraw",
    }
}

words! {
    /// What a receiver of an instruction is to do.
    Part {
        /// Chủ trì.
        Lead = "lead",
        /// Phối hợp.
        Support = "support",
        /// Để biết.
        ForInfo = "for_info",
    }
}

words! {
    /// Where an instruction stands.
    RoutingState {
        /// Given.
        Open = "open",
        /// Whoever leads has begun.
        Begun = "begun",
        /// A co-operating receiver has answered.
        Answered = "answered",
        /// Given back with a reason.
        HandedBack = "handed_back",
        /// Another instruction took its place.
        Replaced = "replaced",
        /// The document was handled or taken back.
        Ended = "ended",
    }
}

impl RoutingState {
    /// Whether something is still expected of its receiver.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Begun)
    }
}

words! {
    /// One answer about the signatures of a document.
    Answer {
        /// Proven.
        Valid = "valid",
        /// Disproven.
        Invalid = "invalid",
        /// Neither can be said now.
        Unknown = "unknown",
        /// There is no signature to ask.
        Absent = "absent",
    }
}

impl From<JudgedAs> for Answer {
    fn from(judged: JudgedAs) -> Self {
        match judged {
            JudgedAs::Valid => Self::Valid,
            JudgedAs::Invalid => Self::Invalid,
            JudgedAs::Unknown => Self::Unknown,
        }
    }
}

/// The state after an act; `None` where it may not be done.
pub fn after(state: State, act: Act) -> Option<State> {
    use State::{Arrived, Assigned, Done, Filed, InProgress, Registered, Rejected, Submitted, Withdrawn};
    match (state, act) {
        (Arrived, Act::Register) => Some(Registered),
        (Arrived, Act::Reject) => Some(Rejected),
        (Registered | Submitted, Act::Submit) => Some(Submitted),
        // A new lead begins anew, also when another had begun.
        (Submitted | Assigned | InProgress, Act::Instruct) => Some(Assigned),
        (Assigned | InProgress, Act::Add) => Some(state),
        (Assigned, Act::Begin) => Some(InProgress),
        (Assigned | InProgress, Act::HandBack) => Some(Submitted),
        // A leader may close what needs no work without giving it to anybody.
        (Submitted | Assigned | InProgress, Act::Finish) => Some(Done),
        (Done, Act::File) => Some(Filed),
        (Filed, Act::TakeOut) => Some(Done),
        (Rejected | Withdrawn, Act::Withdraw) => None,
        (_, Act::Withdraw) => Some(Withdrawn),
        _ => None,
    }
}

/// The status that a state tells the sender: codes 01 to 06 of the exchange, 15 for a recall that was agreed to.
pub fn status_code(state: State) -> &'static str {
    match state {
        State::Arrived => "01",
        State::Rejected => "02",
        State::Registered | State::Submitted => "03",
        State::Assigned => "04",
        State::InProgress => "05",
        State::Done | State::Filed => "06",
        State::Withdrawn => "15",
    }
}

/// Whether the sender is told this after that: handling goes forward only; an agreed recall (15) is always told.
pub fn tells(told: &str, code: &str) -> bool {
    code == "15" || (told < code && told != "02" && told != "15")
}

/// The three answers about a file: integrity, identity, time.
pub fn answers(judged: &JudgedFile) -> (Answer, Answer, Answer) {
    let worst = |answers: &mut dyn Iterator<Item = Answer>| {
        // Of several signatures one that is disproven decides, then one that is unknown.
        answers.fold(Answer::Absent, |worst, one| match (worst, one) {
            (Answer::Invalid, _) | (_, Answer::Invalid) => Answer::Invalid,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
            (_, one) => one,
        })
    };
    let stamped = |at: Option<i64>| if at.is_some() { Answer::Valid } else { Answer::Unknown };
    (
        worst(&mut judged.signatures.iter().map(|one| one.integrity.into())),
        worst(&mut judged.signatures.iter().map(|one| one.identity.into())),
        worst(&mut judged.signatures.iter().map(|one| stamped(one.stamped_at))),
    )
}

/// What the answers mean for the clerk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be registered.
    Good,
    /// It may be registered when the clerk confirms that it was checked by other means.
    Confirm,
    /// It must be returned (Article 21).
    Return,
}

/// What the answers mean: a changed document or a disproven signer goes back; what cannot be told needs a person.
pub fn verdict(integrity: Answer, identity: Answer) -> Verdict {
    if integrity == Answer::Invalid || identity == Answer::Invalid {
        return Verdict::Return;
    }
    if integrity == Answer::Valid && identity == Answer::Valid { Verdict::Good } else { Verdict::Confirm }
}

/// How urgent a deadline looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colour {
    /// Past.
    Red,
    /// Close.
    Amber,
    /// Far enough.
    Green,
}

/// The colour of a deadline: red when the day has passed, amber with at most `amber` working days left.
pub fn colour(calendar: &WorkingCalendar, today: Date, due: Date, amber: i64) -> Colour {
    if due < today {
        Colour::Red
    } else if calendar.working_days_between(today, due) <= amber {
        Colour::Amber
    } else {
        Colour::Green
    }
}

/// The day by which a document that came today is registered: today, or the next working day when today is none.
pub fn register_by(calendar: &WorkingCalendar, today: Date) -> Date {
    if calendar.is_working(today) { today } else { calendar.next_working(today).unwrap_or(today) }
}

/// The day by which it is laid before a leader or instructed: the next working day; a pressing one the same day.
pub fn submit_by(calendar: &WorkingCalendar, today: Date, urgency: i64) -> Date {
    if urgency > 0 { register_by(calendar, today) } else { calendar.next_working(today).unwrap_or(today) }
}

/// The day that lies so many working days after today; `None` in a year without calendar.
pub fn days_on(calendar: &WorkingCalendar, today: Date, days: i64) -> Option<Date> {
    (0..days).try_fold(today, |day, _| calendar.next_working(day))
}

/// By what two arrivals are the same document: organ, number, notation and day. `None` while one of them is unknown.
pub fn same_key(from_name: &str, number: &str, notation: &str, issued_on: Option<Date>) -> Option<String> {
    let (from, number, notation) =
        (text::fold(&text::tidy(from_name)), plain_number(number), text::fold(&text::tidy(notation)));
    let complete = !from.is_empty() && !number.is_empty();
    issued_on.filter(|_| complete).map(|day| format!("{from}|{number}|{notation}|{day}"))
}

/// `05` and `5` are one number.
fn plain_number(number: &str) -> String {
    let folded = text::fold(&text::tidy(number));
    let plain = folded.trim_start_matches('0');
    if plain.is_empty() && !folded.is_empty() { "0".to_owned() } else { plain.to_owned() }
}

/// Longest values of Appendix VI, in characters.
const LONGEST: [(&str, usize); 6] =
    [("from_name", 200), ("code_number", 11), ("code_notation", 30), ("kind", 100), ("subject", 500), ("signer", 160)];

/// What is wrong with the details of a paper: field and code, for the messages beside the fields.
pub fn faults(details: &super::model::Details, today: Date) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let value = |field: &str| match field {
        "from_name" => &details.from_name,
        "code_number" => &details.code_number,
        "code_notation" => &details.code_notation,
        "kind" => &details.kind,
        "subject" => &details.subject,
        _ => &details.signer,
    };
    for (field, most) in LONGEST {
        if value(field).chars().count() > most {
            found.push((field, "too_long"));
        }
    }
    for field in ["from_name", "code_number", "subject"] {
        if value(field).trim().is_empty() {
            found.push((field, "required"));
        }
    }
    match details.issued_on {
        None => found.push(("issued_on", "required")),
        Some(day) if day > today => found.push(("issued_on", "in_future")),
        Some(_) => {}
    }
    if !(0..=3).contains(&details.urgency) {
        found.push(("urgency", "invalid"));
    }
    // Appendix VI: PageAmount is a number of three digits.
    if details.pages.is_some_and(|pages| !(1..=999).contains(&pages)) {
        found.push(("pages", "invalid"));
    }
    found
}

/// Shortest reason or instruction, in characters.
const SHORTEST: usize = 3;
/// Longest words of an instruction, an answer or a reason, in characters.
pub const LONGEST_WORDS: usize = 2_000;

/// Why words are not accepted: `required` or `too_long`.
pub fn words_fault(words: &str) -> Option<&'static str> {
    match words.trim().chars().count() {
        count if count < SHORTEST => Some("required"),
        count if count > LONGEST_WORDS => Some("too_long"),
        _ => None,
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
