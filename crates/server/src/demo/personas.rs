//! Those with a part to play: their cases are walked through the real rooms, action by action, so that every state
//! can be opened and acted on.

use super::answers::Answerer;
use super::dice::Dice;
use super::people::{Official, People};
use crate::city::City;
use anyhow::{Context as _, Result, bail};
use haidang_contracts::actor::{Actor, CaseId};
use haidang_contracts::identity::{Identity as _, PersonRecord};
use haidang_kernel::id::Id;
use haidang_services::cases::command::Command;
use haidang_services::cases::drafts::NewDraft;
use haidang_services::cases::filing::SubmitWhole;
use haidang_services::cases::row::Draft;
use haidang_services::cases::trail::SupplementItem;
use haidang_services::model::{ActionKind, CaseState, Channel};
use haidang_services::procedure::{Facts, FeeLine};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;

/// Walks cases for the first resident of the city.
pub struct Stage<'a> {
    /// The city.
    pub city: &'a City,
    /// Everybody.
    pub people: &'a People,
    /// Chance.
    pub dice: Dice,
    /// The procedure that is walked: the first that promises a date and may be filed online.
    pub procedure: String,
    /// Examples found on the way, by key.
    pub examples: BTreeMap<String, String>,
}

impl Stage<'_> {
    /// One case in each state that a page shows.
    pub async fn play(&mut self) -> Result<()> {
        let resident = self.people.residents.first().context("no residents")?.clone();
        let actor = self.actor(&resident).await?;
        let done = self.file(&actor, &resident).await?;
        self.walk(
            &done,
            &[ActionKind::Accept, ActionKind::Propose, ActionKind::Sign, ActionKind::Issue, ActionKind::HandOver],
        )
        .await?;
        self.note_results(&done).await?;
        let ready = self.file(&actor, &resident).await?;
        self.walk(&ready, &[ActionKind::Accept, ActionKind::Propose, ActionKind::Sign, ActionKind::Issue]).await?;
        let issue = self.file(&actor, &resident).await?;
        self.walk(&issue, &[ActionKind::Accept, ActionKind::Propose, ActionKind::Sign]).await?;
        let sign = self.file(&actor, &resident).await?;
        self.walk(&sign, &[ActionKind::Accept, ActionKind::Propose]).await?;
        let work = self.file(&actor, &resident).await?;
        self.walk(&work, &[ActionKind::Accept]).await?;
        let supplement = self.file(&actor, &resident).await?;
        self.walk(&supplement, &[ActionKind::Supplement]).await?;
        let fresh = self.file_unpaid(&actor, &resident).await?;
        self.begin_payment(&actor, &fresh).await?;
        for (key, id) in [
            ("case_done", &done),
            ("case_ready", &ready),
            ("case_issue", &issue),
            ("case_sign", &sign),
            ("case", &work),
            ("case_supplement", &supplement),
            ("case_submitted", &fresh),
        ] {
            self.examples.insert(key.to_owned(), id.to_string());
        }
        self.examples.insert("office_case".to_owned(), work.to_string());
        self.examples.insert("person".to_owned(), resident.id.to_string());
        self.draft(&actor, &resident).await?;
        self.receipts(&actor, &work).await
    }

    /// The actor behind a person, as a session would give it, with a fresh second factor.
    pub async fn actor(&self, person: &PersonRecord) -> Result<Actor> {
        let mut actor = self.city.identity.actor(&person.id, None).await?.context("person without an account")?;
        actor.second_factor_at = Some(self.city.ambient.now());
        Ok(actor)
    }

    fn facts(&self, person: &PersonRecord) -> Result<Facts> {
        let services = &self.city.rooms.services;
        let day = self.city.ambient.today();
        let version = services.catalogue().in_force(&self.procedure, day).context("procedure not in force")?;
        let mut facts = Facts::new(Channel::Online, day);
        let codes = services.codes.clone();
        Answerer {
            dice: &self.dice,
            codes: &codes,
            province: &self.city.pack.city.province_code,
            on: day,
            owner: person,
        }
        .fill(&version, &mut facts);
        if let Some(delivery) = facts.form.get_mut("contact_delivery") {
            *delivery = json!("counter");
        }
        Ok(facts)
    }

    /// Files, and pays at the counter what is due.
    async fn file(&self, actor: &Actor, person: &PersonRecord) -> Result<CaseId> {
        let (id, fee_due) = self.submit(actor, self.facts(person)?).await?;
        if fee_due > 0 {
            let services = &self.city.rooms.services;
            let case = services.case(&id).await.map_err(|p| problem(&p))?;
            let clerk = self.holder(&case.receiving_agency, "one_stop_officer")?;
            let clerk = self.actor(&clerk.person).await?;
            services.collect_at_counter(&clerk, &id, "demo").await.map_err(|p| problem(&p))?;
        }
        Ok(id)
    }

    /// Files a case whose fee stays due, where the procedure has one.
    async fn file_unpaid(&self, actor: &Actor, person: &PersonRecord) -> Result<CaseId> {
        let services = &self.city.rooms.services;
        let version = services
            .catalogue()
            .in_force(&self.procedure, self.city.ambient.today())
            .context("procedure not in force")?;
        let mut facts = self.facts(person)?;
        // Chance decides whether copies are asked for; a few throws find a case with something to pay.
        for _ in 0..32 {
            let owed = |fee: &FeeLine| fee.exempt.is_none() && fee.amount.is_some_and(|amount| amount.dong() > 0);
            if version.fees(&facts).iter().any(|fee| fee.collect_at <= 1 && owed(fee)) {
                break;
            }
            facts = self.facts(person)?;
        }
        Ok(self.submit(actor, facts).await?.0)
    }

    /// Leaves a payment waiting at the simulated gateway, so that its page can be opened.
    async fn begin_payment(&mut self, actor: &Actor, id: &CaseId) -> Result<()> {
        let services = &self.city.rooms.services;
        match services.start_payment(actor, id, &format!("/vi/ho-so/{id}"), "demo").await {
            Ok(started) => {
                self.examples.insert("payment_reference".to_owned(), started.reference);
                Ok(())
            }
            Err(refused) if refused.code == "nothing_due" => Ok(()),
            Err(other) => Err(problem(&other)),
        }
    }

    /// Files through the API's own way; papers that the checklist wants are attached as small files first. Answers
    /// the case and what is due at intake.
    async fn submit(&self, actor: &Actor, facts: Facts) -> Result<(CaseId, i64)> {
        let services = &self.city.rooms.services;
        let version = services
            .catalogue()
            .in_force(&self.procedure, self.city.ambient.today())
            .context("procedure not in force")?;
        let needs = version
            .components(&facts)
            .into_iter()
            .filter(|need| need.required && need.electronic && !need.by_form && !need.presented);
        let needs: Vec<String> = needs.map(|need| need.id).collect();
        let receipt = if needs.is_empty() {
            let whole = SubmitWhole {
                procedure: self.procedure.clone(),
                channel: Channel::Online,
                answers: facts.form,
                receiving: None,
                reuse: Vec::new(),
                language: "vi".to_owned(),
                request_id: "demo".to_owned(),
            };
            services.submit_whole(actor, whole).await.map_err(|p| problem(&p))?
        } else {
            let draft = self.begin_draft(actor).await?;
            let answers = facts.form.as_object().cloned().unwrap_or_default();
            services.save_answers(actor, &draft, "demo", answers, true, "demo").await.map_err(|p| problem(&p))?;
            for component in needs {
                let stored = self.city.blobs.put_bytes(PAPER).await?;
                let document = haidang_services::cases::drafts::NewDocument {
                    component,
                    file_name: "giay-to-minh-hoa.png".to_owned(),
                    media_type: "image/png".to_owned(),
                    size: i64::try_from(PAPER.len())?,
                    sha256: stored.sha256,
                    origin: "uploaded",
                    reused_from: None,
                };
                services.attach(actor, &draft, document, "demo").await.map_err(|p| problem(&p))?;
            }
            services.submit(actor, &draft, "vi", "demo").await.map_err(|p| problem(&p))?
        };
        self.city.ambient.advance(SignedDuration::from_mins(3));
        Ok((Id::parse(&receipt.case_id)?, receipt.fee_due))
    }

    fn holder(&self, agency: &str, role: &str) -> Result<&Official> {
        self.people
            .officials
            .iter()
            .find(|o| o.agency == agency && o.role == role)
            .with_context(|| format!("nobody holds {role} at {agency}"))
    }

    /// Does the actions one after another, each by whoever holds the open task.
    async fn walk(&self, id: &CaseId, actions: &[ActionKind]) -> Result<()> {
        for action in actions {
            // A route may have several working steps before the leader: propose until the desk is reached.
            for _ in 0..6 {
                self.act(id, *action).await?;
                let case = self.city.rooms.services.case(id).await.map_err(|p| problem(&p))?;
                if *action != ActionKind::Propose
                    || matches!(case.state, CaseState::AwaitingSignature | CaseState::AwaitingIssue)
                {
                    break;
                }
            }
            self.city.ambient.advance(SignedDuration::from_mins(4));
        }
        Ok(())
    }

    async fn act(&self, id: &CaseId, action: ActionKind) -> Result<()> {
        let services = &self.city.rooms.services;
        let case = services.case(id).await.map_err(|p| problem(&p))?;
        let version = services.version(&case.version_id).map_err(|p| problem(&p))?;
        let step = version.step(&case.step).context("step")?;
        let agency = haidang_services::cases::route::agency_of(&version, step, &case).to_owned();
        let official = self.holder(&agency, &step.role)?;
        let actor = self.actor(&official.person).await?;
        if action == ActionKind::HandOver {
            // What is owed with the result is paid when it is fetched.
            match services.collect_at_counter(&actor, id, "demo").await {
                Err(refused) if refused.code != "nothing_due" => return Err(problem(&refused)),
                _ => {}
            }
        }
        let mut command = Command::new(action, "demo");
        if action == ActionKind::Supplement {
            command.reason = Some("Ảnh chụp giấy tờ bị mờ, chưa đọc được số".to_owned());
            let component = version.procedure.components.iter().find(|c| !c.by_form).map(|c| c.id.clone());
            command.items = vec![SupplementItem { component, what: "Chụp lại bản rõ hơn".to_owned() }];
            if let Some(page) = version.procedure.form.pages.first() {
                let what = "Kiểm tra lại câu trả lời của phần này".to_owned();
                command.items.push(SupplementItem { component: Some(page.id.clone()), what });
            }
        }
        services
            .act(&actor, id, command)
            .await
            .map_err(|p| problem(&p))
            .with_context(|| format!("{action} on step {}", step.id))?;
        Ok(())
    }

    async fn note_results(&mut self, id: &CaseId) -> Result<()> {
        let results = self.city.rooms.services.results(id).await.map_err(|p| problem(&p))?;
        if let Some(token) = results.first().and_then(|result| result.token.clone()) {
            self.examples.insert("result_token".to_owned(), token);
        }
        Ok(())
    }

    async fn begin_draft(&self, actor: &Actor) -> Result<Id<Draft>> {
        let new = NewDraft {
            procedure: self.procedure.clone(),
            channel: Channel::Online,
            owner: None,
            agency: None,
            request_id: "demo".to_owned(),
        };
        self.city.rooms.services.start_draft(actor, new).await.map_err(|p| problem(&p))
    }

    async fn draft(&mut self, actor: &Actor, person: &PersonRecord) -> Result<()> {
        let services = &self.city.rooms.services;
        let draft = self.begin_draft(actor).await?;
        let facts = self.facts(person)?;
        let version = services
            .catalogue()
            .in_force(&self.procedure, self.city.ambient.today())
            .context("procedure not in force")?;
        if let Some(page) = version.pages(&facts).first() {
            let mut patch = serde_json::Map::new();
            for key in page.keys() {
                if let Some(value) = facts.form.get(key) {
                    patch.insert(key.to_owned(), value.clone());
                }
            }
            services.save_answers(actor, &draft, &page.id, patch, true, "demo").await.map_err(|p| problem(&p))?;
            self.examples.insert("page".to_owned(), page.id.clone());
            self.examples.insert("correction_page".to_owned(), page.id.clone());
        }
        if let Some(component) = version
            .procedure
            .components
            .iter()
            .find(|c| c.kind == haidang_services::procedure::ComponentKind::Document && !c.by_form)
        {
            self.examples.insert("component".to_owned(), component.id.clone());
        }
        self.examples.insert("draft".to_owned(), draft.to_string());
        Ok(())
    }

    async fn receipts(&mut self, actor: &Actor, id: &CaseId) -> Result<()> {
        let services = &self.city.rooms.services;
        let case = services.case(id).await.map_err(|p| problem(&p))?;
        self.examples.insert("receipt_token".to_owned(), case.lookup_token.clone());
        self.examples.insert("case_no".to_owned(), case.case_no.clone());
        self.examples.insert("agency".to_owned(), case.receiving_agency.clone());
        let view = services.own_case(actor, id, "demo").await.map_err(|p| problem(&p))?;
        let found = [
            ("form", view.forms.first().map(|form| form.id.clone())),
            ("task", view.tasks.first().map(|task| task.id.to_string())),
            ("document", view.documents.first().map(|document| document.id.to_string())),
        ];
        self.examples.extend(found.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
        if self.examples.is_empty() {
            bail!("no examples");
        }
        Ok(())
    }
}

/// A white picture of one point: a paper nobody's eyes need.
const PAPER: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00, 0x1b, 0xb6, 0xee, 0x56, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub(super) fn problem(problem: &haidang_kernel::problem::Problem) -> anyhow::Error {
    let fields: Vec<String> = problem.errors.iter().map(|e| format!("{} {}", e.field, e.code)).collect();
    anyhow::anyhow!("{}: {} [{}]", problem.code, problem.detail, fields.join(", "))
}
