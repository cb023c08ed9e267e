//! What the operator is told of, each cause once; pure. The key of an alert is that of its cause: whoever sends messages
//! sends none twice under one key.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::certificates::Term;

/// A cause, to be told to the operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// The cause; the same as long as it lasts, or as it is that urgent.
    pub key: String,
    /// Id of the notice of the pack.
    pub template: &'static str,
    /// What its text names.
    pub data: Value,
}

/// A service fails: once a day.
pub fn failing(service: &str, name: &str, failed: i64, calls: i64, day: Date) -> Alert {
    Alert {
        key: format!("exchange.failing:{service}:{day}"),
        template: "exchange_failing",
        data: json!({ "service": name, "failed": failed.to_string(), "calls": calls.to_string() }),
    }
}

/// A certificate ends, or has ended: once for each of thirty, fourteen and three days, and when it is over.
pub fn certificate(fingerprint: &str, whose: &str, term: Term, until: &str) -> Option<Alert> {
    (!matches!(term, Term::Good | Term::NotYet)).then(|| Alert {
        key: format!("exchange.certificate:{fingerprint}:{}", term.word()),
        template: "exchange_certificate",
        data: json!({ "whose": whose, "until": until }),
    })
}

/// Time stamps fail: once for each time they do.
pub fn stamping(since: Timestamp, since_text: &str, from_text: &str) -> Alert {
    Alert {
        key: format!("exchange.stamping:{}", since.as_second()),
        template: "exchange_stamping",
        data: json!({ "since": since_text, "from": from_text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_keeps_its_key_until_it_is_another_one() {
        let day: Date = "2026-03-03".parse().unwrap();
        assert_eq!(failing("S", "s", 3, 5, day).key, failing("S", "s", 4, 6, day).key);
        assert_ne!(failing("S", "s", 3, 5, day).key, failing("S", "s", 3, 5, day.tomorrow().unwrap()).key);
        let keys: Vec<_> = [Term::Days30, Term::Days14, Term::Days3, Term::Ended]
            .into_iter()
            .filter_map(|term| certificate("aa", "MOTCUA", term, "10/3/2026"))
            .map(|alert| alert.key)
            .collect();
        assert_eq!(keys.len(), 4);
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(certificate("aa", "MOTCUA", Term::Good, ""), None);
        assert_eq!(certificate("aa", "MOTCUA", Term::NotYet, ""), None, "nobody is late there");
    }
}
