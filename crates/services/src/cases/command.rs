//! What may be asked of a case, and what comes back.

use super::row::{CaseResult, CaseRow};
use super::trail::SupplementItem;
use crate::model::ActionKind;
use haidang_kernel::id::Id;
use jiff::civil::Date;

/// One action on one case.
#[derive(Debug, Clone)]
pub struct Command {
    /// What to do.
    pub action: ActionKind,
    /// Reason in words, where one is required.
    pub reason: Option<String>,
    /// What the applicant must add (supplement).
    pub items: Vec<SupplementItem>,
    /// Agency that should take the case (forward).
    pub to_agency: Option<String>,
    /// New date promised (apologise).
    pub new_date: Option<Date>,
    /// Agency to ask and the question (consult).
    pub consult: Option<(String, String)>,
    /// The page said that a second supplement counts the case as late, and it was confirmed.
    pub confirm_second_supplement: bool,
    /// Revision the official looked at; another one is a conflict.
    pub expected_revision: Option<i64>,
    /// Id of the request, kept with the audit record.
    pub request_id: String,
}

impl Command {
    /// An action without more.
    pub fn new(action: ActionKind, request_id: impl Into<String>) -> Self {
        Self {
            action,
            reason: None,
            items: Vec::new(),
            to_agency: None,
            new_date: None,
            consult: None,
            confirm_second_supplement: false,
            expected_revision: None,
            request_id: request_id.into(),
        }
    }

    /// The same with a reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// What an action left behind.
#[derive(Debug, Clone)]
pub struct Moved {
    /// The case after it.
    pub case: CaseRow,
    /// Form issued with it: (id, number).
    pub form: Option<(String, &'static str)>,
    /// Result it touched.
    pub result: Option<Id<CaseResult>>,
}

/// Longest reason, question or answer in characters.
pub const MAX_WORDS: usize = 4000;
