//! Pure decisions: what an event becomes, what to do with the first message of a line, how messages change state, how
//! long to wait.

use crate::model::{DifferenceKind, Kind, State};
use crate::portal::{PortalCase, RefusalKind};
use haidang_contracts::synchronisation::CaseOfDay;
use haidang_kernel::national;
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// Actions that change what the portal shows of a case, beside its status: agency, dates, fees, supplements, results.
/// All others only tell who handles it now.
const CHANGES_CASE: &[&str] = &[
    "accept",
    "accept_withdrawal",
    "answer_supplement",
    "apologise",
    "correct",
    "forward",
    "hand_over",
    "paid",
    "refuse",
    "request_payment",
    "result_issued",
    "stop",
    "supplement",
];

/// A message to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// What it does.
    pub kind: Kind,
    /// Status before.
    pub before: Option<i64>,
    /// Status that it tells.
    pub status: i64,
}

/// The messages of one event: one, or more where our state walks several steps of the national table at once. `told` is
/// the status that the last queued message tells; without one the case is created.
pub fn plan(told: Option<i64>, action: &str, status: i64) -> Vec<Planned> {
    let Some(told) = told else { return vec![Planned { kind: Kind::Create, before: None, status }] };
    // Without a way, the portal itself must say what it makes of it: people then see its reason.
    let way = national::way(told, status).unwrap_or_else(|| vec![status]);
    let last = way.len().saturating_sub(1);
    let mut before = told;
    let step = |(index, status): (usize, i64)| {
        let kind = if index == last && CHANGES_CASE.contains(&action) { Kind::Update } else { Kind::Progress };
        let planned = Planned { kind, before: Some(before), status };
        before = status;
        planned
    };
    way.into_iter().enumerate().map(step).collect()
}

/// What tells a portal that lacks a case, or stands elsewhere, how it stands here. Empty when no way leads there.
pub fn plan_again(theirs: Option<i64>, ours: i64) -> Vec<Planned> {
    match theirs {
        Some(theirs) if theirs == ours => vec![Planned { kind: Kind::Update, before: Some(theirs), status: ours }],
        Some(theirs) if national::way(theirs, ours).is_none() => Vec::new(),
        theirs => plan(theirs, "result_issued", ours),
    }
}

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// What is sent was written down; the sending begins.
    Begun,
    /// The portal has it, as its answer or a look there says.
    Arrived,
    /// The portal does not take it.
    Refused,
    /// It surely did nothing.
    NotSent,
    /// Nobody knows whether it arrived.
    Unknown,
    /// People have it sent again.
    SentAgain,
    /// People leave it out.
    LeftOut,
}

impl Happening {
    /// All of them.
    pub const ALL: &'static [Happening] = &[
        Happening::Begun,
        Happening::Arrived,
        Happening::Refused,
        Happening::NotSent,
        Happening::Unknown,
        Happening::SentAgain,
        Happening::LeftOut,
    ];
}

/// The state after; `None` when this cannot happen in that state.
pub fn after(state: State, happening: Happening) -> Option<State> {
    use Happening as H;
    Some(match (state, happening) {
        (State::Waiting | State::Sending, H::Begun) => State::Sending,
        (State::Sending, H::Arrived) => State::Delivered,
        (State::Sending, H::Refused) => State::Refused,
        (State::Sending, H::NotSent) => State::Waiting,
        (State::Sending, H::Unknown) => State::Sending,
        (State::Refused, H::SentAgain) => State::Waiting,
        (State::Refused, H::LeftOut) => State::Skipped,
        _ => return None,
    })
}

/// What the line of a case needs, by its first message that is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Write down what is sent, then send.
    Send,
    /// Ask the portal first whether it arrived.
    Ask,
    /// Wait for people.
    People,
}

/// What the first message needs. Later ones wait behind it, whatever it needs: order within a case is kept so.
pub fn need(state: State) -> Need {
    match state {
        State::Waiting => Need::Send,
        State::Sending => Need::Ask,
        State::Refused | State::Delivered | State::Skipped => Need::People,
    }
}

/// What a look at the portal says about a message that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It arrived.
    Arrived,
    /// It did not, or that cannot be seen; the same bytes under the same key may go again.
    SendAgain,
}

/// Whether a begun message arrived. A message that changes no status cannot be seen there; the portal knows a repetition
/// by its key.
pub fn found(kind: Kind, before: Option<i64>, status: i64, there: Option<i64>) -> Found {
    let arrived = match (kind, there) {
        // Whoever created it: it is there, and what differs is the matter of the next message.
        (Kind::Create, Some(there)) => there == status,
        (_, Some(there)) => there == status && before != Some(status),
        (_, None) => false,
    };
    if arrived { Found::Arrived } else { Found::SendAgain }
}

/// How long to wait after the `attempt`-th failure: 1 s doubled each time up to `longest`, of which a random part between
/// half and all is waited, so that many lines that failed together do not come back together.
pub fn pause(attempt: i64, longest: SignedDuration, random: u8) -> SignedDuration {
    let doublings = u32::try_from((attempt - 1).clamp(0, 20)).unwrap_or(20);
    let whole = (1_000_i64 << doublings).min(i64::try_from(longest.as_millis()).unwrap_or(i64::MAX)).max(1_000);
    SignedDuration::from_millis(whole / 2 + whole / 2 * i64::from(random) / 255)
}

/// Whether people should see the case as one the portal cannot follow, not as one with a fault of content.
pub fn is_conflict(kind: RefusalKind) -> bool {
    matches!(kind, RefusalKind::Order | RefusalKind::Missing)
}

/// What differs for one case; `on_the_way` when messages about it wait, whose arrival will settle it.
pub fn difference(ours: &CaseOfDay, there: Option<&PortalCase>, on_the_way: bool) -> Option<DifferenceKind> {
    if on_the_way || !ours.reported {
        return None;
    }
    match there {
        None => Some(DifferenceKind::MissingThere),
        Some(there) if there.status != ours.status => Some(DifferenceKind::OtherStatus),
        Some(_) => None,
    }
}

/// Cases of the portal that the city does not have, each once.
pub fn missing_here<'p>(theirs: &'p [PortalCase], known: &BTreeMap<String, String>) -> Vec<&'p PortalCase> {
    let mut seen = std::collections::BTreeSet::new();
    theirs.iter().filter(|case| !known.contains_key(&case.case_no) && seen.insert(case.case_no.as_str())).collect()
}

/// A reason of the portal as it is stored: of bounded length, without numbers that lead to a person.
pub fn reason(text: &str) -> String {
    const LONGEST: usize = 300;
    // Citizen, tax and telephone numbers have nine digits or more; days in case numbers have eight.
    const PERSONAL: usize = 9;
    let mut stored = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, stored: &mut String| {
        stored.push_str(if digits.len() < PERSONAL { digits } else { "…" });
        digits.clear();
    };
    for character in text.chars().filter(|character| !character.is_control()).take(LONGEST) {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        flush(&mut digits, &mut stored);
        stored.push(character);
    }
    flush(&mut digits, &mut stored);
    stored
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
