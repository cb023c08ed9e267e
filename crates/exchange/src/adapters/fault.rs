//! Why an adapter has no data to give, as the consumer reads it. Texts name fields, never what stands in them: an answer
//! of a register is about people, and this one is delivered, recorded and logged.

use serde_json::{Map, Value};

/// An answer without data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct AdapterFault {
    /// HTTP status of the answer.
    pub(super) status: u16,
    /// What programs look at.
    pub(super) code: &'static str,
    /// One sentence for people.
    pub(super) message: String,
    /// The field it is about, as the configuration names it.
    pub(super) field: Option<String>,
    /// What the provider calls it, where that is a code.
    pub(super) provider_code: Option<String>,
}

impl AdapterFault {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, provider_code: None }
    }

    /// The caller must change its request.
    pub(super) fn request(code: &'static str, field: &str, why: &str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::new(400, code, format!("{field}: {why}")) }
    }

    /// The body of the request is not what the adapter reads.
    pub(super) fn body(why: &str) -> Self {
        Self::new(400, "bad_body", format!("The body of the request {why}"))
    }

    /// The adapter has nothing at this method and path.
    pub(super) fn no_operation() -> Self {
        Self::new(404, "no_operation", "The adapter has no operation of this method and path")
    }

    /// The provider answered something that the adapter does not understand.
    pub(super) fn answer(field: Option<&str>, why: &str) -> Self {
        let message = match field {
            Some(field) => format!("The answer of the provider is not as agreed: {field} {why}"),
            None => format!("The answer of the provider is not as agreed: it {why}"),
        };
        Self { field: field.map(str::to_owned), ..Self::new(502, "answer_malformed", message) }
    }

    /// The provider says no, with a code of its own.
    pub(super) fn refused(status: u16, provider_code: Option<String>) -> Self {
        let message = "The provider refused the request; its code stands in provider_code where it gave one";
        Self { provider_code, ..Self::new(status, "provider_refused", message) }
    }

    /// The provider answered with an error of HTTP.
    pub(super) fn http(status: u16) -> Self {
        Self {
            provider_code: Some(status.to_string()),
            ..Self::new(502, "provider_failed", format!("The provider answered with status {status}"))
        }
    }

    /// The provider was not reached.
    pub(super) fn unreachable(why: &str) -> Self {
        Self::new(502, "provider_unreachable", format!("The provider was not reached: {why}"))
    }

    /// The provider took too long.
    pub(super) fn late() -> Self {
        Self::new(504, "provider_late", "The provider did not answer in time")
    }

    /// The adapter cannot work as it is set up; the reason stands in the log.
    pub(super) fn unready() -> Self {
        Self::new(503, "adapter_not_ready", "The adapter is not ready; the operator finds the reason in the log")
    }

    /// As it is sent.
    pub(super) fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("error".to_owned(), self.code.into());
        members.insert("message".to_owned(), self.message.as_str().into());
        for (name, value) in [("field", &self.field), ("provider_code", &self.provider_code)] {
            if let Some(value) = value {
                members.insert(name.to_owned(), value.as_str().into());
            }
        }
        Value::Object(members)
    }
}
