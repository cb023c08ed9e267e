//! Once only across agencies: what a form wants to know is asked of the registers of others, through the exchange, under
//! an agreement, for this person and this form. A register that is slow, silent or wrong costs nothing but its answer:
//! the form asks the resident instead.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::Request;
use futures_util::future::join_all;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{Identity, PersonRecord};
use haidang_contracts::once_only::{Known, Occasion, OnceOnly, Question};
use haidang_exchange::proxy::{InsideError, Insider};
use haidang_exchange::rules::identifier::SubsystemId;
use haidang_identity::registers::{Registers, split};
use haidang_kernel::ambient::Ambient;
use serde_json::Value;

use super::facts::{Asking, Register, RegisterFile};

/// Bytes of a register's answer.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Reads which registers are asked through the exchange, and as whom; none where the file is absent.
///
/// # Errors
/// All that is wrong with the file.
pub fn read(file: &Path, known: &Registers) -> Result<Option<(SubsystemId, Vec<Register>)>> {
    if !file.exists() {
        return Ok(None);
    }
    let shown = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(shown)?;
    let draft: RegisterFile = toml::from_str(&text).with_context(shown)?;
    match draft.judge(known) {
        Ok(judged) => Ok(Some(judged)),
        Err(complaints) => bail!("{}: {}", shown(), complaints.join("; ")),
    }
}

/// Why a register gave nothing. No person is in it.
#[derive(Debug, thiserror::Error)]
enum Silence {
    #[error("{0}")]
    Exchange(#[from] InsideError),
    #[error("it was not asked: {0}")]
    Refused(String),
    #[error("it answered {0}")]
    Status(u16),
    #[error("its answer is not JSON")]
    NotJson,
    #[error("its answer is about somebody else")]
    SomebodyElse,
    #[error("the question cannot be written")]
    Question,
}

/// Answers from the registers of others, and from those of the city for everything else.
pub struct RegisterDesk {
    /// The registers of the city.
    pub local: Arc<dyn OnceOnly>,
    /// Who people are.
    pub identity: Arc<dyn Identity>,
    /// As whom the city asks.
    pub caller: Insider,
    /// The registers that are asked through the exchange.
    pub registers: Vec<Register>,
    /// Names and legal bases.
    pub names: Registers,
    /// Clock and ids.
    pub ambient: Ambient,
}

impl RegisterDesk {
    /// The register of others that is to answer a question.
    fn register(&self, question: &Question) -> Option<&Register> {
        let (id, path) = split(&question.source)?;
        self.registers.iter().find(|register| register.id == id && register.gives(&path))
    }

    /// Asks one register about one person; everything that it says, or nothing.
    async fn ask(
        &self,
        register: &Register,
        person: &PersonRecord,
        acting: &PersonRecord,
        occasion: &Occasion,
    ) -> Result<Option<Value>, Silence> {
        let Some((question, path)) = register.question(person).zip(register.path(person)) else { return Ok(None) };
        let target = format!("/r1/{}{path}", register.service);
        let (begun, body) = match register.method {
            Asking::Get => (Request::get(target), String::new()),
            Asking::Post => (Request::post(target).header("content-type", "application/json"), question.to_string()),
        };
        let request = begun
            .header("accept", "application/json")
            .header("x-road-userid", format!("VN{}", acting.personal_number()))
            .header("x-road-issue", occasion.issue.as_str())
            .header("x-hd-purpose", register.purpose.as_str())
            .header("x-hd-procedure", occasion.procedure.as_str())
            .body(Bytes::from(body))
            .map_err(|_| Silence::Question)?;
        let patience = Duration::from_millis(register.timeout_ms);
        let answer = self.caller.call(request, LARGEST_ANSWER, patience).await?;
        if let Some(code) = answer.headers().get("x-road-error") {
            return Err(Silence::Refused(String::from_utf8_lossy(code.as_bytes()).into_owned()));
        }
        match answer.status().as_u16() {
            200 => {}
            // It knows nobody like this.
            204 | 404 => return Ok(None),
            status => return Err(Silence::Status(status)),
        }
        let said: Value = serde_json::from_slice(answer.body()).map_err(|_| Silence::NotJson)?;
        match register.is_about(person, &said) {
            true => Ok(Some(said)),
            false if is_nobody(&said) => Ok(None),
            false => Err(Silence::SomebodyElse),
        }
    }

    /// What each register says of each person asked about.
    async fn ask_all(
        &self,
        occasion: &Occasion,
        wanted: &[(&Register, PersonId)],
    ) -> Result<BTreeMap<(String, PersonId), Value>, ContractError> {
        let Some(acting) = self.identity.person(&occasion.acting).await? else { return Ok(BTreeMap::new()) };
        let asking = wanted.iter().map(|(register, subject)| {
            let acting = &acting;
            async move {
                let person = self.identity.person(subject).await?;
                let Some(person) = person else { return Ok(None) };
                let place = (register.id.clone(), subject.clone());
                match self.ask(register, &person, acting, occasion).await {
                    Ok(answer) => Ok(answer.map(|answer| (place, answer))),
                    Err(silence) => {
                        let register = register.id.as_str();
                        tracing::warn!(register, reason = %silence, "a register gives nothing; the form asks instead");
                        Ok(None)
                    }
                }
            }
        });
        let answers: Result<Vec<_>, ContractError> = join_all(asking).await.into_iter().collect();
        Ok(answers?.into_iter().flatten().collect())
    }
}

/// An answer without anybody in it: empty, or an empty list.
fn is_nobody(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        _ => false,
    }
}

#[async_trait]
impl OnceOnly for RegisterDesk {
    async fn known(&self, occasion: &Occasion, questions: &[Question]) -> Result<Vec<Known>, ContractError> {
        let (theirs, ours): (Vec<Question>, Vec<Question>) =
            questions.iter().cloned().partition(|question| self.register(question).is_some());
        let mut wanted: Vec<(&Register, PersonId)> = Vec::new();
        for question in &theirs {
            if let Some(register) = self.register(question)
                && !wanted.iter().any(|(one, subject)| one.id == register.id && *subject == question.subject)
            {
                wanted.push((register, question.subject.clone()));
            }
        }
        let (mut known, answers) =
            tokio::try_join!(self.local.known(occasion, &ours), self.ask_all(occasion, &wanted))?;
        let today = self.ambient.today().to_string();
        for question in &theirs {
            let Some(register) = self.register(question) else { continue };
            let Some(answer) = answers.get(&(register.id.clone(), question.subject.clone())) else { continue };
            let path = split(&question.source).map(|(_, path)| path).unwrap_or_default();
            let (Some(value), Some(named)) = (register.fact(&path, answer), self.names.get(&register.id)) else {
                continue;
            };
            known.push(Known {
                source: question.source.clone(),
                value,
                register: named.name.clone(),
                legal_basis: named.legal_basis.clone(),
                as_of: today.clone(),
            });
        }
        Ok(known)
    }
}
