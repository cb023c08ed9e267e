//! The chain of a register: every event, in the one form of RFC 8785, bound to the link before it.

use haidang_kernel::chain::Hash;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Why an event has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events hold objects, lists, texts, booleans and whole numbers below 2^53 only")]
pub struct NoCanonicalForm;

/// Largest whole number that every reader of JSON reads alike (RFC 8785, section 3.2.2.3).
const LARGEST: i64 = (1 << 53) - 1;

/// The form of RFC 8785: members in the order of their UTF-16 names, no blanks, shortest escapes.
///
/// # Errors
/// [`NoCanonicalForm`] for fractions and numbers that other readers would round.
pub fn canonical(value: &Value) -> Result<String, NoCanonicalForm> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), NoCanonicalForm> {
    match value {
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
        // serde_json escapes as the RFC asks: the two-letter escapes, else \u00xx in lower case, nothing above U+001F.
        Value::String(_) => out.push_str(&value.to_string()),
        Value::Number(number) => {
            let whole = number.as_i64().filter(|whole| (-LARGEST..=LARGEST).contains(whole)).ok_or(NoCanonicalForm)?;
            out.push_str(&whole.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by(|one, other| one.0.encode_utf16().cmp(other.0.encode_utf16()));
            out.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(member, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// The next link: SHA-256 of the link before (32 bytes; of the first event, zeros) and the event.
pub fn link(previous: &Hash, event: &str) -> Hash {
    let mut digest = Sha256::new();
    digest.update(previous.0);
    digest.update(event.as_bytes());
    Hash(digest.finalize().into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(time: &str, document: u8, number: i64) -> String {
        let event = json!({
            "register": "out-2026-admin",
            "number": number,
            "event": "issued",
            "document": format!("00000000-0000-4000-8000-{document:012}"),
            "at": format!("2026-01-05T{time}+07:00"),
        });
        canonical(&event).unwrap()
    }

    #[test]
    fn the_links_are_those_that_everybody_computes() {
        let first = event("08:30:00", 1, 1);
        assert_eq!(
            first,
            r#"{"at":"2026-01-05T08:30:00+07:00","document":"00000000-0000-4000-8000-000000000001","event":"issued","number":1,"register":"out-2026-admin"}"#
        );
        let one = link(&Hash::GENESIS, &first);
        assert_eq!(one.to_string(), "2dd2113a8247ac9f3d8ff175ab8d994d38762943cbae6f41dd1adc50b266afb4");
        let two = link(&one, &event("09:00:00", 2, 2));
        assert_eq!(two.to_string(), "7c7b761a7b474e89f0eaf6d7765957c3d010449d2c80a0fcbc15f6e4f24044d2");
    }

    #[test]
    fn canonical_forms() {
        let check = |value: Value, expected: Result<&str, NoCanonicalForm>| {
            assert_eq!(canonical(&value).as_deref().map_err(|error| *error), expected, "{value}");
        };
        check(json!({ "b": 1, "a": [true, null, "x"] }), Ok(r#"{"a":[true,null,"x"],"b":1}"#));
        check(json!("Quyết định\n\"số\" \u{1}\u{7f}/"), Ok("\"Quyết định\\n\\\"số\\\" \\u0001\u{7f}/\""));
        // RFC 8785, section 3.2.3: U+1F600 is written with surrogates and sorts before U+FB33.
        check(json!({ "\u{fb33}": 1, "\u{1f600}": 2, "\r": 3 }), Ok("{\"\\r\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}"));
        check(json!(9_007_199_254_740_991_i64), Ok("9007199254740991"));
        check(json!(9_007_199_254_740_992_i64), Err(NoCanonicalForm));
        check(json!(0.5), Err(NoCanonicalForm));
    }
}
