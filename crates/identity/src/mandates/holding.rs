//! For whom somebody may act at this moment: by the registers, by guardianship, by a mandate both sides accepted.
//!
//! Nothing here is kept between requests, so that an end counts from the next one on.

use super::model::MandateRow;
use super::{rules, sql};
use crate::model::Represented;
use crate::room::{IdentityRoom, person_kind};
use crate::rules::{self as people, RelationKind};
use haidang_contracts::actor::{EVERY_PROCEDURE, PersonId};
use haidang_contracts::identity::PersonKind;
use haidang_contracts::{Mandate, MandateKind};
use haidang_store::{Row, StoreError, args};
use jiff::civil::Date;

/// A right that a register gives: for everything, at any level of sign-in.
fn by_register(kind: MandateKind, register: &str, other: &PersonId) -> Mandate {
    Mandate { id: format!("{register}.{other}"), kind, procedures: vec![EVERY_PROCEDURE.to_owned()], min_assurance: 1 }
}

fn birth_of(row: &Row) -> Result<Option<Date>, StoreError> {
    // A date of birth may be a year alone on older papers; without a full date nobody acts for the person.
    Ok(row.opt_text("birth_date")?.and_then(|text| text.parse().ok()))
}

fn other_of(row: &Row, right: impl FnOnce(&PersonId) -> Mandate) -> Result<Represented, StoreError> {
    let person: PersonId = row.id("id")?;
    Ok(Represented {
        mandates: vec![right(&person)],
        person,
        full_name: row.text("full_name")?,
        entity: person_kind(&row.text("kind")?)?,
        number: row.opt_text("citizen_no")?.or(row.opt_text("tax_no")?),
    })
}

/// Adds somebody; whoever is there already gains the mandates, the widest first.
fn add(all: &mut Vec<Represented>, new: Represented) {
    match all.iter_mut().find(|known| known.person == new.person) {
        Some(known) => {
            known.mandates.extend(new.mandates);
            known.mandates.sort_by_key(|mandate| (!mandate.covers(EVERY_PROCEDURE), mandate.min_assurance));
        }
        None => all.push(new),
    }
}

impl IdentityRoom {
    /// Everyone for whom this person may act today: by register first, then by guardianship, then by authorisation.
    pub async fn represented_by(&self, person: &PersonId) -> Result<Vec<Represented>, StoreError> {
        let today = self.today();
        let mut all = Vec::new();
        for row in self.inner.db.fetch_all(crate::sql::RELATIONS_OF, args![person]).await? {
            let Some(kind) = RelationKind::parse(&row.text("relation")?) else { continue };
            let entity = person_kind(&row.text("kind")?)?;
            let valid = people::within(today, row.opt_date("valid_from")?, row.opt_date("valid_to")?);
            if valid && people::may_act_for(kind, entity, birth_of(&row)?, today) {
                let (kind, register) = match entity {
                    PersonKind::Organisation => (MandateKind::LegalRepresentative, "business"),
                    _ => (MandateKind::ParentGuardian, "population"),
                };
                add(&mut all, other_of(&row, |other| by_register(kind, register, other))?);
            }
        }
        for row in self.inner.db.fetch_all(sql::WARDS, args![person]).await? {
            let entity = person_kind(&row.text("kind")?)?;
            let valid = people::within(today, row.opt_date("valid_from")?, row.opt_date("valid_to")?);
            if valid && rules::may_guard(entity, birth_of(&row)?, row.boolean("of_adult")?, today) {
                let kind = MandateKind::ParentGuardian;
                add(&mut all, other_of(&row, |other| by_register(kind, "guardian", other))?);
            }
        }
        for row in self.inner.db.fetch_all(sql::HOLDING, args![person, today]).await? {
            let mandate = MandateRow::read(&row, today)?;
            add(
                &mut all,
                Represented {
                    mandates: vec![mandate.right()],
                    person: mandate.principal,
                    full_name: mandate.principal_name,
                    entity: mandate.principal_kind,
                    number: mandate.principal_number,
                },
            );
        }
        Ok(all)
    }

    /// The one for whom the person wants to act, when it may.
    pub async fn may_represent(&self, person: &PersonId, other: &PersonId) -> Result<Option<Represented>, StoreError> {
        Ok(self.represented_by(person).await?.into_iter().find(|one| one.person == *other))
    }
}
