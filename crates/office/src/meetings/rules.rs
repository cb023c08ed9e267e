//! What may happen in a meeting: pure decisions.

use super::model::{Action, Delegate, Role, State};
use haidang_kernel::keyed::{hmac_sha256, subject_key};
use jiff::Timestamp;

/// One row of the table: who may do what in which states.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// What.
    pub action: Action,
    /// When.
    pub states: &'static [State],
    /// Who.
    pub roles: &'static [Role],
}

const LEAD: &[Role] = &[Role::Chair, Role::Secretary];
const CHAIR: &[Role] = &[Role::Chair];
const ALL: &[Role] = Role::ALL;
use State::{Approved, Closed, Open, Planned};

const fn rule(action: Action, states: &'static [State], roles: &'static [Role]) -> Rule {
    Rule { action, states, roles }
}

/// All that may happen.
pub const TABLE: &[Rule] = &[
    rule(Action::Join, &[Open], ALL),
    rule(Action::Open, &[Planned], LEAD),
    rule(Action::RollCall, &[Open], LEAD),
    rule(Action::AskVote, &[Open], LEAD),
    rule(Action::CloseVote, &[Open], LEAD),
    rule(Action::Call, &[Open], LEAD),
    rule(Action::Conclude, &[Open, Closed], LEAD),
    rule(Action::Note, &[Open, Closed], LEAD),
    rule(Action::Close, &[Open], LEAD),
    rule(Action::Approve, &[Closed], CHAIR),
    rule(Action::DraftNotice, &[Closed, Approved], LEAD),
    rule(Action::GiveTask, &[Open, Closed, Approved], LEAD),
    rule(Action::AddItem, &[Planned, Open], LEAD),
    rule(Action::Invite, &[Planned, Open], LEAD),
    rule(Action::InviteGuests, &[Planned, Open], LEAD),
    rule(Action::RenewLink, &[Planned, Open], LEAD),
    rule(Action::Comment, &[Planned], ALL),
    rule(Action::Speak, &[Planned, Open], ALL),
];

/// Whether somebody in these parts may do this now.
///
/// # Errors
/// `meeting_not_yours` for the wrong part, `meeting_state` when the state does not allow it.
pub fn may(state: State, action: Action, roles: &[Role]) -> Result<(), &'static str> {
    let row = TABLE.iter().find(|row| row.action == action).ok_or("meeting_state")?;
    if !row.roles.iter().any(|role| roles.contains(role)) {
        return Err("meeting_not_yours");
    }
    if row.states.contains(&state) { Ok(()) } else { Err("meeting_state") }
}

/// What somebody in these parts may do now, in the order of the table.
pub fn allowed(state: State, roles: &[Role]) -> Vec<Action> {
    TABLE.iter().map(|row| row.action).filter(|action| may(state, *action, roles).is_ok()).collect()
}

/// Those who vote: how many are invited, how many present.
pub fn voters(delegates: &[Delegate]) -> (i64, i64) {
    let count = |present: bool| {
        let counted = delegates.iter().filter(|one| one.votes && (!present || one.present_at.is_some()));
        i64::try_from(counted.count()).unwrap_or(i64::MAX)
    };
    (count(false), count(true))
}

/// How many of those who vote must be present: the share, rounded up, and at least one.
pub fn needed(invited: i64, percent: i64) -> i64 {
    (invited * percent + 99).div_euclid(100).max(1)
}

/// Whether enough of those who vote are present.
pub fn has_quorum(delegates: &[Delegate], percent: i64) -> bool {
    let (invited, present) = voters(delegates);
    present >= needed(invited, percent)
}

/// Why a link of the roll-call opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLink {
    /// Not made here, or made worthless.
    Forged,
    /// Made here, and too old.
    Expired,
}

/// Whether the result of a closed vote is kept back: of a secret one with few ballots it would tell who chose what.
pub fn withholds(secret: bool, open: bool, used: i64, least: i64) -> bool {
    secret && !open && used < least
}

fn seal(secret: &[u8], meeting: &str, door: &str, until: i64) -> String {
    let key = hmac_sha256(secret, b"meeting-join");
    subject_key(&key, &format!("{meeting}/{door}/{until}"))
}

/// The token of a link that opens the roll-call until a moment: `meeting.until.seal`.
pub fn link_token(secret: &[u8], meeting: &str, door: &str, until: Timestamp) -> String {
    let until = until.as_second();
    format!("{meeting}.{until}.{}", seal(secret, meeting, door, until))
}

/// The meeting a token speaks of, before anything is believed.
pub fn meeting_of(token: &str) -> Option<&str> {
    token.split('.').next().filter(|id| !id.is_empty())
}

/// Judges a token against the meeting as it is stored.
///
/// # Errors
/// Why it opens nothing.
pub fn check_link(secret: &[u8], token: &str, meeting: &str, door: &str, now: Timestamp) -> Result<(), BadLink> {
    let mut parts = token.splitn(3, '.');
    let (Some(id), Some(until), Some(given)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(BadLink::Forged);
    };
    let seconds: i64 = until.parse().map_err(|_| BadLink::Forged)?;
    // The seal first: who forges learns nothing about times.
    if id != meeting || !haidang_web::tokens::same(given, &seal(secret, meeting, door, seconds)) {
        return Err(BadLink::Forged);
    }
    if now.as_second() > seconds { Err(BadLink::Expired) } else { Ok(()) }
}

/// Six digits from random bytes, for reading aloud.
pub fn code_of(bytes: [u8; 4]) -> String {
    format!("{:06}", u32::from_be_bytes(bytes) % 1_000_000)
}

/// A name of a file inside an archive: no folders, no signs that a system forbids.
pub fn entry_name(number: usize, name: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let clean: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    format!("{number:02}-{}", clean.trim_start_matches('.'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ID: &str = "01900000-0000-7000-8000-0000000000aa";

    #[test]
    fn who_may_do_what_when() {
        for (state, action, role, expected) in [
            (Planned, Action::Open, Role::Chair, Ok(())),
            (Planned, Action::Open, Role::Delegate, Err("meeting_not_yours")),
            (Open, Action::Open, Role::Chair, Err("meeting_state")),
            (Planned, Action::Comment, Role::Delegate, Ok(())),
            (Open, Action::Comment, Role::Delegate, Err("meeting_state")),
            (Open, Action::AskVote, Role::Delegate, Err("meeting_not_yours")),
            (Planned, Action::AskVote, Role::Chair, Err("meeting_state")),
            (Closed, Action::Approve, Role::Secretary, Err("meeting_not_yours")),
            (Closed, Action::Approve, Role::Chair, Ok(())),
            (Approved, Action::Note, Role::Chair, Err("meeting_state")),
            (Approved, Action::GiveTask, Role::Secretary, Ok(())),
        ] {
            assert_eq!(may(state, action, &[role]), expected, "{state:?} {action:?} {role:?}");
        }
        assert!(Action::ALL.iter().all(|action| TABLE.iter().any(|row| row.action == *action)));
    }

    fn delegate(votes: bool, present: bool) -> Delegate {
        Delegate {
            id: String::new(),
            person: None,
            guest: None,
            agency: None,
            votes,
            present_at: present.then_some(Timestamp::UNIX_EPOCH),
            present_by: None,
        }
    }

    proptest::proptest! {
        #[test]
        fn a_quorum_is_a_share_of_those_who_vote(present in 0_usize..30, absent in 0_usize..30, guests in 0_usize..9, percent in 1_i64..=100) {
            let mut all: Vec<Delegate> = (0..present).map(|_| delegate(true, true)).collect();
            all.extend((0..absent).map(|_| delegate(true, false)));
            all.extend((0..guests).map(|_| delegate(false, true)));
            let (here, whole) = (present as i64, (present + absent) as i64);
            let expected = here > 0 && here * 100 >= whole * percent;
            proptest::prop_assert_eq!(has_quorum(&all, percent), expected);
        }

        #[test]
        fn no_other_token_opens_the_roll_call(place in 0_usize..110, letter in "[0-9a-f.x]") {
            let until = Timestamp::from_second(1_800_000_000).unwrap();
            let token = link_token(b"secret", ID, "door", until);
            let now = Timestamp::from_second(1_799_999_999).unwrap();
            proptest::prop_assert_eq!(check_link(b"secret", &token, ID, "door", now), Ok(()));
            let place = place % token.len();
            let mut other = token.clone();
            other.replace_range(place..=place, &letter);
            if other != token {
                proptest::prop_assert_eq!(check_link(b"secret", &other, ID, "door", now), Err(BadLink::Forged));
            }
        }

        #[test]
        fn names_in_an_archive_stay_in_it(name in "\\PC{0,40}") {
            let entry = entry_name(3, &name);
            proptest::prop_assert!(!entry.contains(['/', '\\', ':']) && entry.starts_with("03-"));
            proptest::prop_assert!(!entry.contains("03-."));
        }
    }

    #[test]
    fn links_end_and_can_be_ended() {
        let until = Timestamp::from_second(1_800_000_000).unwrap();
        let token = link_token(b"secret", ID, "door", until);
        let at = |second| Timestamp::from_second(second).unwrap();
        for (secret, door, now, expected) in [
            (b"secret".as_slice(), "door", 1_800_000_000, Ok(())),
            (b"secret", "door", 1_800_000_001, Err(BadLink::Expired)),
            (b"secret", "another", 1_700_000_000, Err(BadLink::Forged)),
            (b"other!", "door", 1_700_000_000, Err(BadLink::Forged)),
        ] {
            assert_eq!(check_link(secret, &token, ID, door, at(now)), expected, "{door} {now}");
        }
        for junk in ["", ".", "..", ID, "a.b.c", "01900000-0000-7000-8000-0000000000aa.9999999999999999999999.x"] {
            assert_eq!(check_link(b"secret", junk, ID, "door", at(0)), Err(BadLink::Forged), "{junk}");
        }
        assert_eq!(code_of([0, 0, 0, 7]), "000007");
    }
}
