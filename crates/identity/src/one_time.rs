//! Second factor of officials: one-time codes of RFC 6238 (SHA-1, 6 digits, 30 seconds), as every authenticator app has.

use jiff::Timestamp;
use totp_rs::{Algorithm, Builder, Totp};

/// Secrets are 20 bytes, the block RFC 4226 recommends for SHA-1.
pub const SECRET_BYTES: usize = 20;

/// A shared secret.
pub type Secret = [u8; SECRET_BYTES];

fn generator(secret: &Secret) -> Totp {
    // The compliant builder only adds a check of the length, which the type already gives.
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_skew(1)
        .with_secret(*secret)
        .build_noncompliant()
}

fn seconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap_or(0)
}

/// The code that is right at this moment; shown on the page in a demonstration city only.
pub fn code_at(secret: &Secret, at: Timestamp) -> String {
    generator(secret).generate(seconds(at)).to_string()
}

/// The time step the code belongs to, when it is right now or one step before or after; blanks in it are ignored.
///
/// The caller must remember the step and refuse it and earlier ones next time: a code works once.
pub fn matching_step(secret: &Secret, typed: &str, at: Timestamp) -> Option<i64> {
    let typed: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let step = generator(secret).check(&typed, seconds(at))?;
    i64::try_from(step).ok()
}

/// The address an authenticator app reads from a QR code.
pub fn otpauth_uri(issuer: &str, username: &str, secret: &Secret) -> String {
    let secret = data_encoding::BASE32_NOPAD.encode(secret);
    let issuer = escape(issuer);
    format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", escape(username))
}

/// RFC 3986 percent-encoding of everything but unreserved characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SECRET: &Secret = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_equal_rfc_6238_appendix_b() {
        // The appendix prints eight digits; six-digit codes are their last six.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(code_at(SECRET, at(second)), code, "{second}");
            assert_eq!(matching_step(SECRET, code, at(second)), Some(second / 30), "{second}");
        }
    }

    #[test]
    fn one_step_of_drift_is_accepted_and_names_its_own_step() {
        let code = code_at(SECRET, at(1_234_567_890));
        let step = Some(1_234_567_890 / 30);
        assert_eq!(matching_step(SECRET, &code, at(1_234_567_890 + 30)), step);
        assert_eq!(matching_step(SECRET, &code, at(1_234_567_890 - 30)), step);
        assert_eq!(matching_step(SECRET, &code, at(1_234_567_890 + 90)), None);
        assert_eq!(matching_step(SECRET, &code, at(1_234_567_890 - 90)), None);
    }

    #[test]
    fn blanks_are_forgiven_and_nonsense_is_not() {
        assert!(matching_step(SECRET, " 005 924 ", at(1_234_567_890)).is_some());
        for typed in ["", "00592", "0059240", "abcdef", "٠٠٥٩٢٤"] {
            assert_eq!(matching_step(SECRET, typed, at(1_234_567_890)), None, "{typed}");
        }
    }

    #[test]
    fn the_address_for_apps_escapes_names() {
        let uri = otpauth_uri("Hải Đăng", "lan.nth", SECRET);
        assert_eq!(
            uri,
            "otpauth://totp/H%E1%BA%A3i%20%C4%90%C4%83ng:lan.nth?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=H%E1%BA%A3i%20%C4%90%C4%83ng"
        );
    }
}
