//! Answers what the city already knows, each value with its register, legal basis and date.

use std::collections::BTreeMap;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::once_only::{Known, Occasion, OnceOnly, Question};
use haidang_store::{StoreError, args};
use serde_json::Value;

use crate::registers;
use crate::room::{IdentityRoom, refused};
use crate::sql;

/// What one register says of one person: facts and the day they were confirmed.
type Answer = (Value, String);

impl IdentityRoom {
    /// Everything a register says: the row of the simulated register over what the person's own row gives.
    async fn answer(&self, question: &Question, register: &str) -> Result<Option<Answer>, StoreError> {
        let Some(person) = self.stored(&question.subject).await? else { return Ok(None) };
        let number = person.record.personal_number().to_owned();
        let own = registers::facts_of(&person.record, &self.inner.settings.province_code).remove(register);
        let stored = self.inner.db.fetch_optional(sql::FACTS, args![number, register]).await?;
        let today = self.today().to_string();
        match (own, stored) {
            (own, Some(row)) => {
                let mut facts = own.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
                registers::overlay(&mut facts, row.json("facts")?);
                Ok(Some((facts, row.text("as_of")?)))
            }
            (Some(own), None) => Ok(Some((own, today))),
            (None, None) => Ok(None),
        }
    }
}

#[async_trait]
impl OnceOnly for IdentityRoom {
    async fn known(&self, _: &Occasion, questions: &[Question]) -> Result<Vec<Known>, ContractError> {
        let mut answers: BTreeMap<(String, String), Option<Answer>> = BTreeMap::new();
        let mut known = Vec::new();
        for question in questions {
            let Some((id, path)) = registers::split(&question.source) else { continue };
            let Some(register) = self.inner.settings.registers.get(id) else { continue };
            let place = (question.subject.as_str().to_owned(), id.to_owned());
            if !answers.contains_key(&place) {
                let answer = self.answer(question, id).await.map_err(refused)?;
                answers.insert(place.clone(), answer);
            }
            let Some(Some((facts, as_of))) = answers.get(&place) else { continue };
            // `population.*` asks for everything the register has, for forms that show a whole person.
            let value = if path == ["*"] { Some(facts) } else { registers::find(facts, &path) };
            let Some(value) = value else { continue };
            known.push(Known {
                source: question.source.clone(),
                value: value.clone(),
                register: register.name.clone(),
                legal_basis: register.legal_basis.clone(),
                as_of: as_of.clone(),
            });
        }
        Ok(known)
    }
}
