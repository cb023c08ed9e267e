//! The office of the leading agency: who heads it, what it drafts, what came to it, its tasks and meetings, so that its
//! pages show something true. Papers are signed in the served city, which has certificates; a seeded one has none.

mod hall;
mod inbox;

use super::ACCOUNTS;
use super::people::Official;
use super::personas::{Stage, problem};
use anyhow::{Context as _, Result};
use haidang_contracts::Actor;
use haidang_office::Reader;
use haidang_office::authority::{NewDelegation, NewMandate};
use haidang_office::documents::{Action, DraftForm};
use haidang_office::tasks::model::{NewTask, Source};
use jiff::{Span, ToSpan as _};

/// Words of a made-up decision; every line is read as a draft is typed.
const BODY: &str = "Điều 1. Ban hành kế hoạch cải cách hành chính quý tới của đơn vị (dữ liệu minh họa).\n\
Điều 2. Quyết định này có hiệu lực kể từ ngày ký.\n\
Điều 3. Các bộ phận có liên quan chịu trách nhiệm thi hành Quyết định này.";

/// Words of a made-up letter.
const LETTER: &str = "Thực hiện kế hoạch công tác năm, đề nghị các đơn vị rà soát, tổng hợp số liệu của địa phương mình.\n\
Báo cáo gửi về trước ngày làm việc cuối cùng của tháng (dữ liệu minh họa).";

fn reader(actor: &Actor) -> Reader<'_> {
    Reader { actor, channel: "online", request_id: "demo" }
}

impl Stage<'_> {
    /// Heads everywhere; one agency at work.
    pub async fn office(&mut self) -> Result<()> {
        let heads: Vec<Official> = self.holders("authority.manage");
        let day = self.city.ambient.today();
        let from = day.checked_sub(Span::new().months(6))?;
        let basis = "Quyết định bổ nhiệm (dữ liệu minh họa)".to_owned();
        let mut seen = std::collections::BTreeSet::new();
        for head in heads.iter().filter(|head| seen.insert(head.agency.clone())) {
            let actor = self.actor(&head.person).await?;
            let new =
                NewMandate { person: head.person.id.clone(), acting: false, basis: basis.clone(), from, to: None };
            let id = self.city.rooms.office.give_mandate(&reader(&actor), &head.agency, &new).await;
            let id = id.map_err(|p| problem(&p)).with_context(|| format!("head of {}", head.agency))?;
            self.examples.entry("office_mandate".to_owned()).or_insert(id);
        }
        let Some(head) = heads.first().cloned() else { return Ok(()) };
        let drafter = self.colleague(&head, "document.draft", &[&head]);
        let clerk = self.colleague(&head, "document.clerk", &[&head]);
        let (Some(drafter), Some(clerk)) = (drafter, clerk) else { return Ok(()) };
        let third = self.colleague(&head, "document.draft", &[&head, &drafter, &clerk]);
        self.delegate(&head, &drafter).await?;
        self.drafts(&head, &drafter, &clerk).await?;
        self.directed(&head, &drafter).await?;
        let desk = inbox::Desk { head: &head, drafter: &drafter, clerk: &clerk };
        self.inbox(&desk).await.context("what came")?;
        self.hall(&desk, third.as_ref()).await.context("meetings")
    }

    /// Somebody else of the same agency who holds the capability; the official with a demonstration account first.
    fn colleague(&self, head: &Official, capability: &str, besides: &[&Official]) -> Option<Official> {
        let mut found = self.holders(capability);
        found.retain(|one| one.agency == head.agency && besides.iter().all(|other| other.person.id != one.person.id));
        let official = ACCOUNTS.iter().find(|(name, ..)| *name == "official").map(|(_, role, _)| *role);
        found.sort_by_key(|one| Some(one.role.as_str()) != official);
        found.into_iter().next()
    }

    /// Officials whose role gives the capability, those of the leading agency first.
    fn holders(&self, capability: &str) -> Vec<Official> {
        let roles = &self.city.pack.roles;
        let mut found: Vec<Official> = self.people.officials.to_vec();
        found.retain(|official| roles.capabilities(&official.role).contains(capability));
        let leading = self.leading_agency();
        found.sort_by_key(|official| Some(&official.agency) != leading.as_ref());
        found
    }

    /// The agency in which the demonstration's officials work.
    fn leading_agency(&self) -> Option<String> {
        let home = self.people.residents.first()?.commune_code.clone()?;
        let official = self.people.officials.iter().find(|official| official.agency.ends_with(&home))?;
        Some(official.agency.clone())
    }

    async fn delegate(&mut self, head: &Official, to: &Official) -> Result<()> {
        let actor = self.actor(&head.person).await?;
        let from = self.city.ambient.today();
        let new: NewDelegation = serde_json::from_value(serde_json::json!({
            "from_person": head.person.id.as_str(), "person": to.person.id.as_str(), "form": "TL",
            "kinds": ["TB", "GM"], "fields": [], "basis": "Quy chế làm việc (dữ liệu minh họa)",
            "reason": "Ký thừa lệnh văn bản thông thường", "from": from.to_string(),
            "to": from.checked_add(Span::new().months(6))?.to_string(),
        }))?;
        let id = self.city.rooms.office.give_delegation(&reader(&actor), &head.agency, &new).await;
        self.examples.insert("office_delegation".to_owned(), id.map_err(|p| problem(&p))?);
        Ok(())
    }

    /// A decision in its second version, a notice, and a letter that waits for the head's signature.
    async fn drafts(&mut self, head: &Official, drafter: &Official, clerk: &Official) -> Result<()> {
        let actor = self.actor(&drafter.person).await?;
        let room = self.city.rooms.office.clone();
        for (key, course, kind, subject) in [
            (
                "office_document",
                "out",
                "quyet_dinh",
                "Về việc ban hành kế hoạch cải cách hành chính (dữ liệu minh họa)",
            ),
            ("office_notice", "internal", "thong_bao", "Lịch trực ngoài giờ của bộ phận một cửa (dữ liệu minh họa)"),
            ("office_document_to_sign", "out", "cong_van", "Về việc phối hợp tuyên truyền (dữ liệu minh họa)"),
        ] {
            let form: DraftForm = serde_json::from_value(serde_json::json!({
                "agency": drafter.agency, "course": course, "kind": kind, "subject": subject,
                "recipients": head.agency, "body": BODY, "signer": head.person.id.as_str(),
            }))?;
            let id = room.draft_document(&reader(&actor), &form).await.map_err(|p| problem(&p))?;
            if key == "office_document" {
                let better = DraftForm { body: BODY.replace("quý tới", "quý IV"), ..form };
                room.revise_document(&reader(&actor), &id, 1, &better).await.map_err(|p| problem(&p))?;
            }
            self.examples.insert(key.to_owned(), id);
        }
        let waits = self.examples.get("office_document_to_sign").cloned().unwrap_or_default();
        let steps = [(drafter, Action::Submit), (head, Action::PassUnit), (clerk, Action::PassOffice)];
        for (who, action) in steps {
            let actor = self.actor(&who.person).await?;
            let revision = room.open_document(&reader(&actor), &waits).await.map_err(|p| problem(&p))?.revision;
            let passed = room.pass_document(&reader(&actor), &waits, revision, action, "", None).await;
            passed.map_err(|p| problem(&p)).with_context(|| format!("{action:?}"))?;
        }
        Ok(())
    }

    async fn directed(&mut self, head: &Official, owner: &Official) -> Result<()> {
        let actor = self.actor(&head.person).await?;
        let room = self.city.rooms.office.clone();
        let today = self.city.ambient.today();
        let task = NewTask {
            key: Some("demo-task".to_owned()),
            agency: head.agency.clone(),
            source: Source::Hand,
            source_id: None,
            source_title: String::new(),
            quote: None,
            owner: owner.person.id.clone(),
            co_owners: Vec::new(),
            work: "Rà soát hồ sơ trễ hạn và đề xuất cách khắc phục (dữ liệu minh họa)".to_owned(),
            start: Some(today),
            due: today.checked_add(14.days())?,
            unit: owner.agency.clone(),
            leader: Some(head.person.id.clone()),
            expected_product: "Báo cáo rà soát".to_owned(),
        };
        let id = room.give_task(&reader(&actor), &task).await.map_err(|p| problem(&p))?;
        self.examples.insert("office_task".to_owned(), id);
        Ok(())
    }
}
