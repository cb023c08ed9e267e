//! What goes wrong, by who must act. A [`Problem`] becomes `application/problem+json` for programs
//! and an error page or error summary for people. Its texts never hold personal data.

use std::borrow::Cow;
use std::fmt;

use crate::bilingual::Bilingual;

/// The kind of a problem, which decides its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The input was understood and is wrong; the person mends it (422).
    Invalid,
    /// The request itself is malformed (400).
    BadRequest,
    /// Nobody is signed in (401).
    Unauthenticated,
    /// The person may not do this (403).
    Forbidden,
    /// It does not exist, or is not the person's to see (404).
    NotFound,
    /// Someone was faster, or the state does not allow it (409).
    Conflict,
    /// It existed and was withdrawn for good (410).
    Gone,
    /// More data than accepted (413).
    TooLarge,
    /// A kind of content that is not accepted (415).
    UnsupportedMediaType,
    /// Too often; later it will work (429).
    TooMany,
    /// A partner or a part of the house does not answer (503).
    Unavailable,
    /// Our fault (500).
    Internal,
}

impl ProblemKind {
    /// The HTTP status of this kind.
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 422,
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }
}

/// One wrong field of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field: its name in the form, or a JSON pointer into the body.
    pub field: String,
    /// Stable snake_case code of the fault.
    pub code: Cow<'static, str>,
    /// What to show beside the field, when there is more to say than the code's own text.
    pub message: Option<Bilingual>,
}

impl FieldError {
    /// A wrong field known by its code alone.
    pub fn new(field: impl Into<String>, code: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), code: code.into(), message: None }
    }

    /// The same with the message to show.
    #[must_use]
    pub fn with_message(mut self, message: Bilingual) -> Self {
        self.message = Some(message);
        self
    }
}

/// A refusal or failure, ready to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Who must act, hence the status.
    pub kind: ProblemKind,
    /// Stable snake_case code.
    pub code: &'static str,
    /// One sentence in English for developers and logs; no personal data.
    pub detail: String,
    /// The wrong fields, for [`ProblemKind::Invalid`] and [`ProblemKind::BadRequest`].
    pub errors: Vec<FieldError>,
    /// What the person can read out to the help desk.
    pub reference: Option<String>,
}

impl Problem {
    /// A problem of any kind.
    pub fn new(kind: ProblemKind, code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into(), errors: Vec::new(), reference: None }
    }

    /// Wrong input (422).
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Invalid, code, detail)
    }

    /// Malformed request (400).
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::BadRequest, code, detail)
    }

    /// Nobody is signed in (401).
    pub fn unauthenticated(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unauthenticated, code, detail)
    }

    /// Not allowed (403).
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Forbidden, code, detail)
    }

    /// Not there, or not the person's (404).
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, code, detail)
    }

    /// The state does not allow it (409).
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Conflict, code, detail)
    }

    /// Withdrawn for good (410).
    pub fn gone(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Gone, code, detail)
    }

    /// Too much data (413).
    pub fn too_large(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::TooLarge, code, detail)
    }

    /// Content of a kind that is not accepted (415).
    pub fn unsupported_media_type(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::UnsupportedMediaType, code, detail)
    }

    /// Too often (429).
    pub fn too_many(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::TooMany, code, detail)
    }

    /// A partner does not answer (503).
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unavailable, code, detail)
    }

    /// Our fault (500); the code is always `internal`.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Internal, "internal", detail)
    }

    /// Adds one wrong field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, code: impl Into<Cow<'static, str>>) -> Self {
        self.errors.push(FieldError::new(field, code));
        self
    }

    /// Sets all wrong fields.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Sets the reference the person can read out.
    #[must_use]
    pub fn with_reference(mut self, reference: impl Into<String>) -> Self {
        self.reference = Some(reference.into());
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.kind.status()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_decides_the_status() {
        assert_eq!(Problem::invalid("x", "").status(), 422);
        assert_eq!(Problem::conflict("transition_not_allowed", "").status(), 409);
        assert_eq!(Problem::not_found("x", "").status(), 404);
        assert_eq!(Problem::internal("the disk is full").to_string(), "internal: the disk is full");
    }
}
