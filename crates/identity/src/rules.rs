//! Pure decisions of signing in: throttling, passwords, names of accounts, for whom one may act.

use crate::credentials::guessable;
use haidang_contracts::identity::PersonKind;
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};

/// Failures allowed before waiting begins.
pub const FREE_FAILURES: i64 = 5;
/// Failures are counted within this time; afterwards the count begins anew.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Longest wait. Never a lock: whoever guesses must not be able to keep the owner out.
pub const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(60);
/// Failures in a row after which the password alone opens the account no more, until an administrator or a recovery
/// wakes it; a passkey still does.
pub const RUN_THAT_SLEEPS: i64 = 100;
/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// Most bytes of a password; a longer one is refused, never cut.
pub const PASSWORD_MAX_BYTES: usize = 1024;

/// Failed attempts of one account name, known or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Failures since `first_at`.
    pub failures: i64,
    /// First failure of the window.
    pub first_at: Timestamp,
    /// Earliest next attempt.
    pub not_before: Timestamp,
    /// Failures since the last success, however long ago.
    pub run: i64,
}

/// Whether the password of this account sleeps.
pub fn is_asleep(attempts: Option<&Attempts>) -> bool {
    attempts.is_some_and(|attempts| attempts.run >= RUN_THAT_SLEEPS)
}

/// Seconds still to wait before the next attempt, rounded up; 0 when it may be made now.
pub fn wait_seconds(attempts: Option<&Attempts>, now: Timestamp) -> i64 {
    let Some(attempts) = attempts else { return 0 };
    let left = attempts.not_before.duration_since(now);
    if left <= SignedDuration::ZERO { 0 } else { left.as_secs() + i64::from(left.subsec_nanos() > 0) }
}

/// Seconds still to wait where five failures end the matter: the rest of the quarter of an hour they were counted in.
pub fn window_left(attempts: Option<&Attempts>, now: Timestamp) -> i64 {
    let Some(attempts) = attempts.filter(|attempts| attempts.failures >= FREE_FAILURES) else { return 0 };
    let left = WINDOW - now.duration_since(attempts.first_at);
    if left <= SignedDuration::ZERO { 0 } else { left.as_secs() + i64::from(left.subsec_nanos() > 0) }
}

/// The counter after one more failure: five are free, then 1, 2, 4 … 60 seconds of waiting.
pub fn after_failure(previous: Option<&Attempts>, now: Timestamp) -> Attempts {
    let (failures, first_at) = match previous {
        Some(previous) if now.duration_since(previous.first_at) < WINDOW => (previous.failures + 1, previous.first_at),
        _ => (1, now),
    };
    let wait = match failures - FREE_FAILURES {
        beyond if beyond < 0 => SignedDuration::ZERO,
        beyond => SignedDuration::from_secs(1_i64 << beyond.min(6)).min(LONGEST_WAIT),
    };
    let run = previous.map_or(0, |previous| previous.run).saturating_add(1);
    Attempts { failures, first_at, not_before: now.checked_add(wait).unwrap_or(now), run }
}

/// Account names are compared without case and surrounding blanks: `" Lan.NTH "` is `lan.nth`.
pub fn normal_username(typed: &str) -> String {
    haidang_kernel::text::nfc(typed.trim()).to_lowercase()
}

/// Why a new account name or password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountFault {
    /// Not 3 to 64 characters of `a–z`, `0–9`, `.`, `-`, `_`.
    Username,
    /// Shorter than [`PASSWORD_MIN`] characters.
    PasswordTooShort,
    /// Longer than [`PASSWORD_MAX_BYTES`] bytes.
    PasswordTooLong,
    /// One of the passwords everybody tries, or the account's own name.
    PasswordGuessable,
}

/// Checks a normalised account name.
pub fn check_username(username: &str) -> Result<(), AccountFault> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'_');
    if (3..=64).contains(&username.len()) && username.bytes().all(letters) {
        Ok(())
    } else {
        Err(AccountFault::Username)
    }
}

/// Checks a new password of whoever has this account name and full name: length in characters after NFC, cap in bytes,
/// and how fast somebody who knows people here, or this person, would guess it.
pub fn check_password(username: &str, full_name: &str, password: &str) -> Result<(), AccountFault> {
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(AccountFault::PasswordTooLong);
    }
    let password = haidang_kernel::text::nfc(password);
    if password.chars().count() < PASSWORD_MIN {
        return Err(AccountFault::PasswordTooShort);
    }
    if guessable::is_guessable(&password, username, full_name) {
        return Err(AccountFault::PasswordGuessable);
    }
    Ok(())
}

/// What binds two people, read from the one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// The other is the person's child.
    Child,
    /// The other is the person's parent.
    Parent,
    /// The other is the person's husband or wife.
    Spouse,
    /// The person represents the other, an organisation, by law.
    Represents,
}

impl RelationKind {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            RelationKind::Child => "child",
            RelationKind::Parent => "parent",
            RelationKind::Spouse => "spouse",
            RelationKind::Represents => "represents",
        }
    }

    /// Reads the word of the database.
    pub fn parse(word: &str) -> Option<RelationKind> {
        [RelationKind::Child, RelationKind::Parent, RelationKind::Spouse, RelationKind::Represents]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// Whether a relation lets the person act for the other on this day.
///
/// A parent acts for a child until 00:00 of the day the child turns 18 (BLDS 91/2015/QH13 Điều 20, Điều 136); without
/// a known date of birth nobody does. Whoever represents an organisation acts for it. Husband and wife do not act for
/// each other here: that takes an authorisation, which a later issue brings.
pub fn may_act_for(kind: RelationKind, other: PersonKind, birth: Option<Date>, today: Date) -> bool {
    match (kind, other) {
        (RelationKind::Child, PersonKind::Person) => {
            birth.and_then(|birth| birth.checked_add(Span::new().years(18)).ok()).is_some_and(|of_age| today < of_age)
        }
        (RelationKind::Represents, PersonKind::Organisation) => true,
        _ => false,
    }
}

/// Whether a day lies in a period whose ends are both included; an absent end is open.
pub fn within(today: Date, from: Option<Date>, to: Option<Date>) -> bool {
    from.is_none_or(|from| from <= today) && to.is_none_or(|to| today <= to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_485_600 + second).unwrap()
    }

    #[test]
    fn five_failures_are_free_then_the_wait_doubles_to_a_minute() {
        let mut attempts = None;
        let mut waits = Vec::new();
        for second in 0..13 {
            let next = after_failure(attempts.as_ref(), at(second));
            waits.push(wait_seconds(Some(&next), at(second)));
            attempts = Some(next);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_new_window_begins_after_fifteen_minutes() {
        let old = Attempts { failures: 40, first_at: at(0), not_before: at(60), run: 40 };
        assert_eq!(after_failure(Some(&old), at(899)).failures, 41);
        assert_eq!(after_failure(Some(&old), at(900)).failures, 1);
        assert_eq!(wait_seconds(Some(&old), at(59)), 1);
        assert_eq!(wait_seconds(Some(&old), at(60)), 0);
        assert_eq!(wait_seconds(None, at(0)), 0);
    }

    proptest! {
        /// T27: however somebody guesses, nobody waits longer than a minute, five failures of a window cost nothing,
        /// and only a whole run of failures puts the password to sleep.
        #[test]
        fn t27_no_pattern_of_failures_locks_anyone_out(gaps in proptest::collection::vec(0_i64..2_000, 1..300)) {
            let mut attempts: Option<Attempts> = None;
            let mut now = 0;
            for (index, gap) in gaps.iter().enumerate() {
                now += gap;
                let previous = attempts;
                let next = after_failure(previous.as_ref(), at(now));
                let wait = wait_seconds(Some(&next), at(now));
                prop_assert!((0..=60).contains(&wait), "waits {wait}");
                prop_assert!(next.failures >= 5 || wait == 0);
                prop_assert_eq!(next.run, i64::try_from(index).unwrap() + 1);
                prop_assert_eq!(is_asleep(Some(&next)), next.run >= 100);
                prop_assert_eq!(wait_seconds(Some(&next), at(now + 60)), 0);
                if let Some(previous) = previous.filter(|previous| previous.first_at == next.first_at) {
                    prop_assert!(wait >= wait_seconds(Some(&previous), at(now)), "a failure never shortens the wait");
                }
                attempts = Some(next);
            }
        }

        /// Guessing as fast as the ladder lets one, an hour holds some sixty tries, never hundreds.
        #[test]
        fn t27_an_hour_of_guessing_holds_few_tries(start in 0_i64..100_000) {
            let (mut now, mut tries, mut attempts) = (start, 0, None);
            while now < start + 3_600 {
                let next = after_failure(attempts.as_ref(), at(now));
                tries += 1;
                now += wait_seconds(Some(&next), at(now)).max(1);
                attempts = Some(next);
            }
            prop_assert!(tries < 110, "{tries}");
        }
    }

    #[test]
    fn passwords() {
        for (username, password, expected) in [
            ("lan.nth", "con mèo trèo cây cau", Ok(())),
            ("lan.nth", "ngắn quá", Err(AccountFault::PasswordTooShort)),
            ("lan.nth", "Mật khẩu 123456", Err(AccountFault::PasswordGuessable)),
            ("lan.nth", "!!Hải Phòng!!2026", Err(AccountFault::PasswordGuessable)),
            ("lan.nth", "123456789012", Err(AccountFault::PasswordGuessable)),
            ("lan.nth", "aaaaaaaaaaaaaa", Err(AccountFault::PasswordGuessable)),
            ("lan.nth", "chào Lan.NTH 2026", Err(AccountFault::PasswordGuessable)),
        ] {
            assert_eq!(check_password(username, "Nguyễn Thị Hương Lan", password), expected, "{password}");
        }
        assert_eq!(check_password("x", "", &"ă1b".repeat(300)), Err(AccountFault::PasswordTooLong));
    }

    #[test]
    fn account_names() {
        assert_eq!(normal_username("  Lan.NTH "), "lan.nth");
        for (name, fits) in [("lan.nth", true), ("a1", false), ("lan nth", false), ("lân", false), ("cs-01_b", true)] {
            assert_eq!(check_username(name).is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn who_acts_for_whom() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (kind, other, birth, today, expected) in [
            (RelationKind::Child, PersonKind::Person, Some("2008-11-25"), "2026-11-24", true),
            (RelationKind::Child, PersonKind::Person, Some("2008-11-24"), "2026-11-24", false),
            (RelationKind::Child, PersonKind::Person, Some("2008-02-29"), "2026-02-27", true),
            (RelationKind::Child, PersonKind::Person, Some("2008-02-29"), "2026-02-28", false),
            (RelationKind::Child, PersonKind::Person, None, "2026-11-24", false),
            (RelationKind::Parent, PersonKind::Person, Some("1950-01-01"), "2026-11-24", false),
            (RelationKind::Spouse, PersonKind::Person, Some("1990-01-01"), "2026-11-24", false),
            (RelationKind::Represents, PersonKind::Organisation, None, "2026-11-24", true),
            (RelationKind::Represents, PersonKind::Person, None, "2026-11-24", false),
        ] {
            let answer = may_act_for(kind, other, birth.map(day), day(today));
            assert_eq!(answer, expected, "{kind:?} {other:?} {birth:?} {today}");
            assert_eq!(RelationKind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn periods_include_both_ends() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (from, to, expected) in [
            (None, None, true),
            (Some("2026-11-24"), Some("2026-11-24"), true),
            (Some("2026-11-25"), None, false),
            (None, Some("2026-11-23"), false),
        ] {
            assert_eq!(within(day("2026-11-24"), from.map(day), to.map(day)), expected, "{from:?} {to:?}");
        }
    }
}
