//! Mandates, consents, a complaint and an emergency of the leading resident, so that their pages show something true.

use super::personas::{Stage, problem};
use anyhow::{Context as _, Result};
use haidang_contracts::Actor;
use haidang_contracts::actor::PersonId;
use haidang_contracts::consent::{Consents as _, Decision, NewDecision};
use haidang_contracts::identity::{Identity as _, PersonRecord};
use haidang_identity::mandates::model::Proposal;
use haidang_kernel::number::CitizenNo;
use haidang_vault::Reader;
use jiff::{SignedDuration, Span};

impl Stage<'_> {
    /// Everything about trust that a page shows.
    pub async fn trust(&mut self) -> Result<()> {
        self.consents().await?;
        self.complaint().await?;
        // A made-up city may have made-up numbers, which reach nobody: there nobody is found by a number.
        let reached = |number: &str| CitizenNo::parse(number).is_ok();
        let leading = self.people.residents.iter().take(4);
        if leading.flat_map(|resident| &resident.citizen_no).filter(|number| reached(number)).count() == 4 {
            self.mandates().await?;
            self.emergency().await?;
        }
        Ok(())
    }

    fn proposal(&self, delegate: &PersonRecord, months: i32) -> Result<Proposal> {
        // Both days lie after the last act of the history, which ends the day before the city is shown.
        let from = self.city.ambient.today();
        Ok(Proposal {
            delegate_number: delegate.citizen_no.clone().context("a delegate without a number")?,
            delegate_name: delegate.full_name.clone(),
            procedures: vec![self.procedure.clone()],
            from,
            to: from.checked_add(Span::new().months(months))?,
            source_document: Some("Hợp đồng ủy quyền (dữ liệu minh họa)".to_owned()),
            min_assurance: 2,
            revocable: true,
        })
    }

    async fn acting_for(&self, person: &PersonRecord, other: &PersonId) -> Result<Actor> {
        let actor = self.city.identity.actor(&person.id, Some(other)).await?.context("nobody")?;
        actor.on_behalf_of.as_ref().context("no mandate")?;
        Ok(actor)
    }

    /// The mother authorises her husband; her business asks a neighbour; another neighbour asks her.
    async fn mandates(&mut self) -> Result<()> {
        let [mother, father, neighbour, friend] = self.people.residents.get(..4).context("four residents")? else {
            return Ok(());
        };
        let room = &self.city.identity;
        let (her, his) = (self.actor(mother).await?, self.actor(father).await?);
        room.mandate_between(&her, &his, self.proposal(father, 12)?).await.map_err(|p| problem(&p))?;
        if let Some(business) = self.people.businesses.first() {
            let as_business = self.acting_for(mother, &business.id).await?;
            room.propose_for(&as_business, self.proposal(neighbour, 6)?).await.map_err(|p| problem(&p))?;
        }
        self.city.ambient.advance(SignedDuration::from_mins(2));
        let asking = self.actor(friend).await?;
        let id = room.propose_for(&asking, self.proposal(mother, 3)?).await.map_err(|p| problem(&p))?;
        self.examples.insert("mandate".to_owned(), id);
        Ok(())
    }

    /// A yes and a no, as far as the pack asks for them.
    async fn consents(&mut self) -> Result<()> {
        let mother = self.people.residents.first().context("no residents")?;
        let actor = self.actor(mother).await?;
        for (purpose, decision) in [("vault_reuse", Decision::Granted), ("partner_check", Decision::Refused)] {
            if self.city.identity.purpose(purpose).is_none() {
                continue;
            }
            let new = NewDecision {
                actor: actor.clone(),
                subject: mother.id.clone(),
                purpose: purpose.to_owned(),
                decision,
                channel: "online".to_owned(),
                about: None,
                request_id: "demo".to_owned(),
            };
            self.city.identity.decide(&new).await?;
            self.examples.insert("purpose".to_owned(), purpose.to_owned());
        }
        Ok(())
    }

    /// The mother asks why an agency looked.
    async fn complaint(&mut self) -> Result<()> {
        let mother = self.people.residents.first().context("no residents")?;
        let actor = self.actor(mother).await?;
        let reader = Reader { actor: &actor, channel: "online", request_id: "demo" };
        let vault = &self.city.rooms.vault;
        let looks = vault.looks(&reader, None, 1).await.map_err(|p| problem(&p))?;
        if let Some(look) = looks.others.first() {
            vault.ask(&reader, &look.audit_id).await.map_err(|p| problem(&p))?;
            self.examples.insert("audit".to_owned(), look.audit_id.clone());
        }
        if let Some(complaint) = vault.complaints().await?.first() {
            self.examples.insert("complaint".to_owned(), complaint.id.clone());
        }
        Ok(())
    }

    /// An official asks for an emergency access that waits for a second one.
    async fn emergency(&mut self) -> Result<()> {
        let mother = self.people.residents.first().context("no residents")?;
        let home = mother.commune_code.clone().unwrap_or_default();
        let may = |role: &str| self.city.pack.roles.capabilities(role).contains("access.break_glass");
        let mut at_home = self.people.officials.iter().filter(|o| o.agency.ends_with(&format!(".{home}")));
        // The first role of the pack that may is a leader's; the example is opened as the leader, who confirms.
        let Some(official) = at_home.rfind(|o| may(&o.role)) else { return Ok(()) };
        let actor = self.actor(&official.person).await?;
        let reader = Reader { actor: &actor, channel: "office", request_id: "demo" };
        let subject = self.people.residents.get(1).and_then(|father| father.citizen_no.clone()).unwrap_or_default();
        let reason = "Người bệnh hôn mê tại bệnh viện, cần tìm giấy tờ của người thân (dữ liệu minh họa)";
        let id = self.city.rooms.vault.ask_emergency(&reader, &subject, reason).await.map_err(|p| problem(&p))?;
        self.examples.insert("emergency".to_owned(), id);
        Ok(())
    }
}
