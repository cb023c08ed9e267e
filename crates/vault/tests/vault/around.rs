//! Consents, cases and messages in memory, around the room under test.

use crate::city::person;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::archive::Archive;
use haidang_contracts::cases::{CaseFacts, Cases, ProcedureName};
use haidang_contracts::consent::{Basis, Consents, Decision, NewDecision, Purpose, Standing};
use haidang_contracts::messages::{Message, Notifier};
use haidang_kernel::bilingual::Bilingual;
use std::sync::Mutex;

/// An open case of the resident at the agency of the tests.
pub const CASE: &str = "01900000-0000-7000-8000-0000000000c1";

/// Decisions, the last one last; and messages sent.
#[derive(Default)]
pub struct Around {
    decisions: Mutex<Vec<(PersonId, String, Decision)>>,
    /// Messages as (receiver, template).
    pub messages: Mutex<Vec<(PersonId, String)>>,
    /// Files that are to stay provable.
    pub kept: Mutex<Vec<String>>,
}

impl Around {
    /// Somebody decides.
    pub fn decided(&self, who: &str, purpose: &str, decision: Decision) {
        self.decisions.lock().unwrap().push((person(who), purpose.to_owned(), decision));
    }
}

#[async_trait]
impl Consents for Around {
    fn purpose(&self, code: &str) -> Option<Purpose> {
        let text = Bilingual::new("Mục đích thử", "Trial");
        let (basis, days) = match code {
            "vault_reuse" | "partner_check" => (Basis::Consent, None),
            "case_processing" => (Basis::Law, None),
            "inspection" => (Basis::Law, Some(90)),
            _ => return None,
        };
        Some(Purpose {
            code: code.to_owned(),
            title: text.clone(),
            text: text.clone(),
            refusal: text.clone(),
            controller: text.clone(),
            processor: None,
            data: vec![text],
            basis,
            legal_basis: "91/2025/QH15 Điều 9".into(),
            version: "1".into(),
            valid_days: None,
            delay_days: days,
            delay_basis: days.map(|_| "Luật Thanh tra".into()),
        })
    }

    async fn standing(&self, subject: &PersonId, purpose: &str) -> Result<Option<Standing>, ContractError> {
        let decisions = self.decisions.lock().unwrap();
        let last = decisions.iter().rev().find(|(who, what, _)| who == subject && what == purpose);
        Ok(last.map(|(_, _, decision)| Standing {
            decision: *decision,
            receipt: "receipt".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: None,
        }))
    }

    async fn decide(&self, new: &NewDecision) -> Result<String, ContractError> {
        self.decisions.lock().unwrap().push((new.subject.clone(), new.purpose.clone(), new.decision));
        Ok("receipt".into())
    }
}

#[async_trait]
impl Cases for Around {
    async fn case_facts(&self, id: &str) -> Result<Option<CaseFacts>, ContractError> {
        Ok((id == CASE).then(|| CaseFacts {
            owner: person("resident"),
            procedure: "1.001193".into(),
            agencies: vec!["H24.11824".into()],
            open: true,
        }))
    }

    async fn knows_document_kind(&self, code: &str) -> Result<bool, ContractError> {
        Ok(["G1", "G2"].contains(&code))
    }

    async fn find_procedures(&self, _: &str, _: usize) -> Result<Vec<ProcedureName>, ContractError> {
        Ok(Vec::new())
    }

    async fn procedure_names(&self, _: &[String]) -> Result<Vec<ProcedureName>, ContractError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Archive for Around {
    async fn keep(&self, sha256: &str, _: &str) -> Result<(), ContractError> {
        self.kept.lock().unwrap().push(sha256.to_owned());
        Ok(())
    }

    async fn newest(&self, sha256: &str) -> Result<String, ContractError> {
        Ok(sha256.to_owned())
    }

    async fn original(&self, sha256: &str) -> Result<String, ContractError> {
        Ok(sha256.to_owned())
    }
}

#[async_trait]
impl Notifier for Around {
    async fn send(&self, message: &Message) -> Result<(), ContractError> {
        let mut messages = self.messages.lock().unwrap();
        messages.push((message.to.clone(), message.template.clone()));
        Ok(())
    }
}
