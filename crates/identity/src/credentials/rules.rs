//! Pure decisions of this part.

use jiff::{SignedDuration, Timestamp};

/// A challenge waits this long for its answer.
pub(crate) const CEREMONY: SignedDuration = SignedDuration::from_mins(5);
/// A new secret of one-time codes waits this long for its first code.
pub(crate) const ENROLMENT: SignedDuration = SignedDuration::from_mins(10);
/// Whoever holds a post waits this long for a recovery, so that the owner of the account can stop a thief's.
pub(crate) const RECOVERY_WAIT: SignedDuration = SignedDuration::from_hours(24);
/// Recovery codes of one sheet.
pub(crate) const CODES: usize = 10;

/// Letters of recovery codes: none that is read for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Letters of one code: 80 bits, so that its plain digest gives nothing away.
const CODE_LETTERS: usize = 16;

/// A recovery code out of random bytes: `xxxx-xxxx-xxxx-xxxx`.
pub(crate) fn recovery_code(random: [u8; CODE_LETTERS]) -> String {
    let mut code = String::with_capacity(CODE_LETTERS + 3);
    for (index, byte) in random.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32: every letter is as likely as the others.
        code.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    code
}

/// A typed recovery code as it is digested: case, blanks and dashes do not count.
pub(crate) fn normal_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).take(64).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// What proves a person beside the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Means {
    /// One-time codes.
    pub(crate) codes: bool,
    /// Passkeys that verify their owner and are not flagged.
    pub(crate) passkeys: usize,
}

impl Means {
    /// Whether there is any.
    pub(crate) fn any(self) -> bool {
        self.codes || self.passkeys > 0
    }

    /// Whether the account keeps no strong factor once this key is gone.
    pub(crate) fn last_is(self, key_verifies: bool) -> bool {
        key_verifies && !self.codes && self.passkeys <= 1
    }
}

/// Words of RFC 8176 for a passkey, with the level its use is worth: with the owner verified it is two factors, the
/// key and what unlocks it; the device's biometrics never reach us, so more than xt2 it is never.
pub(crate) fn passkey_methods(verified: bool, synced: bool) -> (u8, Vec<&'static str>) {
    let key = if synced { "swk" } else { "hwk" };
    if verified { (2, vec![key, "user", "mfa"]) } else { (1, vec![key]) }
}

/// Whether a one-time code makes a session two factors of different kinds: not when all it rests on is a key without
/// verification, which is a thing one has, as the telephone is.
pub(crate) fn code_completes(methods: &[String]) -> bool {
    let has = |word: &str| methods.iter().any(|method| method == word);
    methods.is_empty() || has("pwd") || has("mfa") || !(has("hwk") || has("swk"))
}

/// When a recovery may be completed.
pub(crate) fn recovery_ready_at(now: Timestamp, holds_post: bool) -> Timestamp {
    if holds_post { now.checked_add(RECOVERY_WAIT).unwrap_or(now) } else { now }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_recovery_code_survives_being_typed_by_hand() {
        let code = recovery_code([0, 31, 32, 255, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
        assert_eq!(code, "a9a9-hjkm-npqr-stuv");
        for typed in ["A9A9-HJKM-NPQR-STUV", " a9a9 hjkm npqr stuv ", "a9a9hjkmnpqrstuv"] {
            assert_eq!(normal_code(typed), "a9a9hjkmnpqrstuv");
        }
        assert_ne!(normal_code("a9a9-hjkm-npqr-stuw"), normal_code(&code));
    }

    #[test]
    fn the_last_strong_factor_is_known() {
        for (codes, passkeys, verifies, last) in [
            (true, 1, true, false),
            (false, 1, true, true),
            (false, 2, true, false),
            (false, 1, false, false),
            (true, 0, false, false),
        ] {
            assert_eq!(Means { codes, passkeys }.last_is(verifies), last, "{codes} {passkeys} {verifies}");
        }
    }

    #[test]
    fn a_passkey_is_worth_two_factors_only_when_it_verified_its_owner() {
        assert_eq!(passkey_methods(true, false), (2, vec!["hwk", "user", "mfa"]));
        assert_eq!(passkey_methods(true, true), (2, vec!["swk", "user", "mfa"]));
        assert_eq!(passkey_methods(false, true), (1, vec!["swk"]));
        for (methods, completes) in [
            (vec!["pwd"], true),
            (vec!["hwk"], false),
            (vec!["swk"], false),
            (vec!["hwk", "pwd"], true),
            (vec![], true),
            (vec!["vneid"], true),
        ] {
            let methods: Vec<String> = methods.into_iter().map(str::to_owned).collect();
            assert_eq!(code_completes(&methods), completes, "{methods:?}");
        }
    }

    #[test]
    fn only_who_holds_a_post_waits() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        assert_eq!(recovery_ready_at(now, false), now);
        assert_eq!(recovery_ready_at(now, true).duration_since(now), SignedDuration::from_hours(24));
    }
}
