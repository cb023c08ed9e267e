//! What was asked, readable afterwards: bounded, without secrets, personal numbers masked.

use std::collections::VecDeque;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::messages::Asked;

/// Requests kept.
const KEPT: usize = 2_000;
/// Characters kept of a body.
const BODY: usize = 8_000;
/// Members that are secrets.
const SECRETS: &[&str] = &["password", "secret", "session", "accessKey", "checksum", "client_secret"];
/// Members that are Base64 of a text which may name people.
const ENCODED: &[&str] = &["paids", "otherInfo"];

/// One request.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Recorded {
    /// From 1, without gaps.
    pub(super) sequence: u64,
    pub(super) at: Timestamp,
    pub(super) system: &'static str,
    pub(super) operation: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// Bytes of the body.
    pub(super) bytes: usize,
    pub(super) body: String,
    /// Status of the answer.
    pub(super) status: Option<u16>,
    /// `answered`, or the word of the fault that struck.
    pub(super) outcome: &'static str,
    /// The rule that struck.
    pub(super) rule: Option<u64>,
    /// Whether the request is the second arrival of the one before.
    pub(super) repeated: bool,
}

/// The requests of late.
#[derive(Default)]
pub(super) struct Requests {
    next: u64,
    kept: VecDeque<Recorded>,
}

impl Requests {
    /// Records an arrival; its number.
    pub(super) fn arrived(&mut self, at: Timestamp, system: &'static str, operation: &str, asked: &Asked) -> u64 {
        self.next += 1;
        let query: Vec<String> = asked.query.iter().map(|(name, value)| format!("{name}={}", masked(value))).collect();
        self.kept.push_back(Recorded {
            sequence: self.next,
            at,
            system,
            operation: short(&masked(operation), 80),
            method: asked.method.to_string(),
            path: short(&masked(&asked.path), 200),
            query: short(&query.join("&"), 1_000),
            bytes: asked.body.len(),
            body: short(&masked_body(&asked.body), BODY),
            status: None,
            outcome: "pending",
            rule: None,
            repeated: false,
        });
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        self.next
    }

    /// Notes how a request ended.
    pub(super) fn ended(&mut self, sequence: u64, status: Option<u16>, outcome: &'static str, rule: Option<u64>) {
        if let Some(found) = self.kept.iter_mut().rev().find(|recorded| recorded.sequence == sequence) {
            (found.status, found.outcome, found.rule) = (status, outcome, rule);
        }
    }

    /// Records the second arrival of a request.
    pub(super) fn again(&mut self, sequence: u64) {
        let found = self.kept.iter().rev().find(|recorded| recorded.sequence == sequence).cloned();
        if let Some(first) = found {
            self.next += 1;
            self.kept.push_back(Recorded { sequence: self.next, repeated: true, outcome: "answered", ..first });
        }
    }

    /// Requests after a number, of one system or all, oldest first.
    pub(super) fn after(&self, sequence: u64, system: &str, limit: usize) -> Vec<&Recorded> {
        let wanted =
            |recorded: &&Recorded| recorded.sequence > sequence && (system.is_empty() || recorded.system == system);
        self.kept.iter().filter(wanted).take(limit).collect()
    }

    /// Forgets all; numbers go on.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Hides all but the first three digits of runs of 9 to 13 digits: citizen, identity card, tax, insurance and telephone
/// numbers. Dates and times (8 and 14 digits) stay.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for character in text.chars() {
        if character.is_ascii_digit() {
            run.push(character);
        } else {
            end_of_run(&mut run, &mut out);
            out.push(character);
        }
    }
    end_of_run(&mut run, &mut out);
    out
}

fn end_of_run(run: &mut String, out: &mut String) {
    if (9..=13).contains(&run.len()) {
        out.extend(run.chars().take(3));
        out.push_str(&"*".repeat(run.len() - 3));
    } else {
        out.push_str(run);
    }
    run.clear();
}

fn masked_body(body: &[u8]) -> String {
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        hide(&mut value);
        return value.to_string();
    }
    match std::str::from_utf8(body) {
        // A digit may be written as a number of a character; such a text is never taken, so it is not kept either.
        Ok(text) if text.contains("&#") || text.contains("\\u") || text.contains('%') => "(unreadable)".to_owned(),
        Ok(text) => masked(text),
        Err(_) => "(not text)".to_owned(),
    }
}

fn hide(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if ENCODED.contains(&name.as_str()) => {
                        let decoded =
                            BASE64.decode(text.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                        *text = decoded.map_or_else(|| "(unreadable)".to_owned(), |text| masked(&text));
                    }
                    other if SECRETS.contains(&name.as_str()) => *other = Value::String("***".to_owned()),
                    other => hide(other),
                }
            }
        }
        Value::String(text) => *text = masked(text),
        Value::Number(number) => {
            let text = number.to_string();
            let hidden = masked(&text);
            if hidden != text {
                *value = Value::String(hidden);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_numbers_and_secrets_are_not_kept() {
        for (text, expected) in [
            ("031090000123", "031*********"),
            ("cccd=031090000123;", "cccd=031*********;"),
            ("H24.11824-20260609-0092637", "H24.11824-20260609-0092637"),
            ("20260303090000", "20260303090000"),
            ("0912345678", "091*******"),
            ("123456789", "123******"),
        ] {
            assert_eq!(masked(text), expected);
        }
        let encoded = BASE64.encode(b"{\"cccd\":\"031090000123\"}");
        for (body, expected) in [
            (
                r#"{"n":31090000123,"password":"x","a":["031090000123"]}"#.to_owned(),
                r#"{"n":"310********","password":"***","a":["031*********"]}"#,
            ),
            (format!(r#"{{"otherInfo":"{encoded}"}}"#), r#"{"otherInfo":"{\"cccd\":\"031*********\"}"}"#),
            (r#"{"n":"\u0030\u0033\u0031090000123"}"#.to_owned(), r#"{"n":"031*********"}"#),
            ("<a>031090000123</a>".to_owned(), "<a>031*********</a>"),
            ("<a>&#48;31090000123</a>".to_owned(), "(unreadable)"),
        ] {
            assert_eq!(masked_body(body.as_bytes()), expected);
        }
    }
}
