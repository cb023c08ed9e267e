//! The way of an agreement from its first words to its end, as a state machine: who may take which step, what the step
//! needs, and what it leaves behind. Rights come from the state alone ([`crate::rules::agreement`]).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::rules::agreement::State;

/// What is no term of an agreement: where it stands, and how it came there.
pub const PROCESS: &[&str] = &["state", "process"];

/// Who signed, when, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBy {
    /// Opaque id of the person who signed, or who took down that the other side signed on paper.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the terms, in hexadecimal.
    pub sha256: String,
}

/// Why a request was refused (NĐ 194/2025, Điều 16: in writing, with its legal ground).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The reason.
    pub reason: String,
    /// The clause that allows it.
    pub legal_ground: String,
}

/// How an agreement came where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Process {
    /// When the provider was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Timestamp>,
    /// When it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Why it said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The provider's signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_provider: Option<SignedBy>,
    /// The consumer's signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_consumer: Option<SignedBy>,
    /// `unverified` where no primary text confirmed the legal basis or the fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// On which sides somebody stands. The operator keeps the registry and acts for parties outside the city.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Party {
    /// An official of the provider.
    pub provider: bool,
    /// An official of the consumer.
    pub consumer: bool,
    /// The operator of the exchange.
    pub operator: bool,
}

impl Party {
    /// Whether anybody of them.
    pub fn takes_part(self) -> bool {
        self.provider || self.consumer || self.operator
    }
}

/// What can be done with an agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Hand it to the provider; its time to answer runs.
    Request,
    /// The provider agrees.
    Approve,
    /// The provider refuses.
    Refuse,
    /// The provider signs.
    SignAsProvider,
    /// The consumer signs.
    SignAsConsumer,
    /// It gives rights from now on.
    Activate,
    /// It gives none for the time being.
    Suspend,
    /// It gives them again.
    Resume,
    /// It is over for good.
    End,
}

impl Step {
    /// Every step, in the order in which they come.
    pub const ALL: [Step; 9] = [
        Step::Request,
        Step::Approve,
        Step::Refuse,
        Step::SignAsProvider,
        Step::SignAsConsumer,
        Step::Activate,
        Step::Suspend,
        Step::Resume,
        Step::End,
    ];

    /// Its word, in forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::SignAsProvider => "sign-provider",
            Self::SignAsConsumer => "sign-consumer",
            Self::Activate => "activate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::End => "end",
        }
    }

    /// Reads [`Step::word`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }

    /// Whether its reason must be said.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Refuse | Self::Suspend | Self::End)
    }

    fn may(self, party: Party) -> bool {
        party.operator
            || match self {
                Self::Request | Self::SignAsConsumer => party.consumer,
                Self::Approve | Self::Refuse | Self::SignAsProvider | Self::Activate | Self::Resume => party.provider,
                Self::Suspend | Self::End => party.provider || party.consumer,
            }
    }

    /// Where it leads from a state; `None` when it cannot be taken there.
    fn leads(self, state: State) -> Option<State> {
        let next = match self {
            Self::Request => State::Requested,
            Self::Approve => State::Approved,
            Self::Refuse => State::Refused,
            Self::SignAsProvider | Self::SignAsConsumer => {
                return matches!(state, State::Requested | State::Approved).then_some(state);
            }
            Self::Activate if state == State::Suspended => return None,
            Self::Resume if state != State::Suspended => return None,
            Self::Activate | Self::Resume => State::Active,
            Self::Suspend => State::Suspended,
            Self::End => State::Ended,
        };
        state.may_become(next).then_some(next)
    }
}

/// What is said with a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Why.
    pub reason: String,
    /// The clause that allows a refusal.
    pub legal_ground: String,
}

/// Why a step is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// It is another's to take.
    #[error("this step is not yours to take")]
    NotYours,
    /// It does not lead on from here.
    #[error("the agreement does not stand where this step begins")]
    NotNow,
    /// Its reason is missing.
    #[error("the reason is missing")]
    NoReason,
    /// The legal ground of a refusal is missing.
    #[error("the legal ground is missing")]
    NoLegalGround,
    /// One side has not signed these terms.
    #[error("both sides must have signed these terms")]
    Unsigned,
    /// What is stored is no agreement.
    #[error("the agreement cannot be read")]
    Unreadable,
}

impl StepFault {
    /// The word of its text.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotYours => "not-yours",
            Self::NotNow => "not-now",
            Self::NoReason => "no-reason",
            Self::NoLegalGround => "no-legal-ground",
            Self::Unsigned => "unsigned",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Where an agreement stands.
pub fn state(content: &Value) -> Option<State> {
    State::deserialize(content.get("state")?).ok()
}

/// How it came there.
pub fn process(content: &Value) -> Process {
    content.get("process").and_then(|process| Process::deserialize(process).ok()).unwrap_or_default()
}

/// SHA-256 of the terms in hexadecimal: all that is agreed, its keys in order, without where it stands.
pub fn terms_digest(content: &Value) -> String {
    let terms: Value = content.as_object().map_or(Value::Null, |content| {
        content
            .iter()
            .filter(|(key, _)| !PROCESS.contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    });
    data_encoding::HEXLOWER.encode(&Sha256::digest(in_order(&terms).to_string()))
}

/// The value with the keys of every table in order, so that whoever wrote it, it has one form.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(table) => {
            let mut keys: Vec<&String> = table.keys().collect();
            keys.sort();
            keys.into_iter().filter_map(|key| Some((key.clone(), in_order(table.get(key)?)))).collect()
        }
        Value::Array(list) => list.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

/// Whether both sides signed the terms as they are.
pub fn is_signed(content: &Value) -> bool {
    let (process, digest) = (process(content), terms_digest(content));
    let holds = |signed: &Option<SignedBy>| signed.as_ref().is_some_and(|signed| signed.sha256 == digest);
    holds(&process.signed_by_provider) && holds(&process.signed_by_consumer)
}

/// The steps that somebody could take now.
pub fn offered(content: &Value, party: Party) -> Vec<Step> {
    let Some(state) = state(content) else { return Vec::new() };
    let process = process(content);
    let digest = terms_digest(content);
    let new = |signed: &Option<SignedBy>| signed.as_ref().is_none_or(|signed| signed.sha256 != digest);
    let steps = Step::ALL.into_iter().filter(|step| step.may(party) && step.leads(state).is_some());
    steps
        .filter(|step| match step {
            Step::SignAsProvider => new(&process.signed_by_provider),
            Step::SignAsConsumer => new(&process.signed_by_consumer),
            Step::Activate => is_signed(content),
            _ => true,
        })
        .collect()
}

/// Takes a step; answers the agreement as it is then.
///
/// # Errors
/// [`StepFault`]; nothing has changed.
pub fn take(
    content: &Value,
    step: Step,
    words: &Words,
    party: Party,
    by: &str,
    now: Timestamp,
) -> Result<Value, StepFault> {
    let mut next = content.clone();
    let here = state(content).ok_or(StepFault::Unreadable)?;
    if !step.may(party) {
        return Err(StepFault::NotYours);
    }
    let there = step.leads(here).ok_or(StepFault::NotNow)?;
    if step.needs_reason() && words.reason.trim().is_empty() {
        return Err(StepFault::NoReason);
    }
    if step == Step::Activate && !is_signed(content) {
        return Err(StepFault::Unsigned);
    }
    let mut process = process(content);
    let signed = || Some(SignedBy { by: by.to_owned(), at: now, sha256: terms_digest(content) });
    match step {
        Step::Request => process.requested_at = Some(now),
        Step::Approve => process.decided_at = Some(now),
        Step::Refuse => {
            if words.legal_ground.trim().is_empty() {
                return Err(StepFault::NoLegalGround);
            }
            process.decided_at = Some(now);
            process.refusal = Some(Refusal { reason: words.reason.clone(), legal_ground: words.legal_ground.clone() });
        }
        Step::SignAsProvider => process.signed_by_provider = signed(),
        Step::SignAsConsumer => process.signed_by_consumer = signed(),
        Step::Activate | Step::Suspend | Step::Resume | Step::End => {}
    }
    let table = next.as_object_mut().ok_or(StepFault::Unreadable)?;
    table.insert("state".to_owned(), serde_json::to_value(there).map_err(|_| StepFault::Unreadable)?);
    table.insert("process".to_owned(), serde_json::to_value(process).map_err(|_| StepFault::Unreadable)?);
    Ok(next)
}

/// Whether an agreement may take the place of an earlier one of its id when a directory is imported: other terms need a
/// higher version, and what was refused or has ended does not come back under the same version.
pub fn may_follow(before: &Value, after: &Value) -> bool {
    let version = |content: &Value| content.get("version").and_then(Value::as_u64).unwrap_or_default();
    if version(after) > version(before) {
        return true;
    }
    let stays = state(before) == state(after)
        || state(before).zip(state(after)).is_some_and(|(here, there)| here.may_become(there));
    version(after) == version(before) && terms_digest(before) == terms_digest(after) && stays
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
