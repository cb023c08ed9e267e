//! Filing: from answers to a case with its number, in one transaction.

use super::drafts::DraftView;
use super::row::{CaseRow, DocumentRow, Draft, PinnedLimit, Task};
use super::{clock, escalation, numbering, writing};
use crate::form::{self, AnswerError};
use crate::model::{CaseState, Channel, FinanceState};
use crate::procedure::{Competence, Facts, FeeLine, Version};
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::{Actor, CaseId, PersonId};
use haidang_contracts::events::{CASE_SUBMITTED, CaseSubmitted};
use haidang_contracts::identity::PersonRecord;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::calendar::{Due, TimeLimit, Unit};
use haidang_kernel::id::Id;
use haidang_kernel::problem::{FieldError, Problem};
use haidang_kernel::{text, time};
use haidang_store::{ActorRef, AuditEntry, Tx, Value, args};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// Everything the check-answers page shows and the submission insists on.
pub struct Review {
    /// Wrong or missing answers of the whole form.
    pub errors: Vec<AnswerError>,
    /// Checklist items that are required and have no file: component ids.
    pub missing: Vec<String>,
    /// Fee lines with their legal reason.
    pub fees: Vec<FeeLine>,
    /// The limit that would be promised.
    pub limit: PinnedLimit,
    /// The date if accepted now, with each day counted or skipped.
    pub expected: Option<Due>,
    /// Agency that decides, or why nobody knows.
    pub competence: Competence,
}

/// What a submission answers.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// Opaque id of the case.
    pub case_id: String,
    /// Official number.
    pub case_no: String,
    /// When it arrived, microseconds UTC.
    #[serde(skip)]
    pub submitted_at: i64,
    /// Secret of the receipt's QR code.
    pub lookup_token: String,
    /// Short code asked together with the number.
    pub lookup_code: String,
    /// Đồng due at intake.
    pub fee_due: i64,
    /// State after submission: `submitted` or `coordinating`.
    pub state: String,
    /// Whether this was an earlier submission of the same draft.
    pub repeated: bool,
}

/// One filing, judged and ready to be written.
pub(super) struct Filing {
    pub actor: Actor,
    pub owner: PersonRecord,
    pub version: Arc<Version>,
    pub channel: Channel,
    pub answers: Json,
    pub variant: Option<String>,
    pub receiving: String,
    pub competent: Option<String>,
    pub limit: PinnedLimit,
    pub fees: Vec<FeeLine>,
    pub delivery_way: String,
    pub language: String,
    pub draft: Option<Id<Draft>>,
    pub at_counter: bool,
    pub request_id: String,
    pub coordination: (String, String),
    pub clock: Arc<clock::CityClock>,
    pub ambient: Ambient,
}

impl Services {
    /// Judges the whole form, the checklist, the fees and the date, as of now.
    ///
    /// # Errors
    /// Faults of the data or the calendar only; wrong answers are part of the review.
    pub fn review(&self, version: &Version, facts: &Facts, documents: &[DocumentRow]) -> Result<Review, Problem> {
        let limit = pinned(version, facts);
        let expected = self.clock().due(self.ambient.now(), &limit.limit, &[]).ok();
        let missing = version
            .components(facts)
            .into_iter()
            .filter(|need| {
                need.required
                    && need.electronic
                    && !need.by_form
                    && !need.presented
                    && !documents.iter().any(|d| d.component == need.id)
            })
            .map(|need| need.id)
            .collect();
        Ok(Review {
            errors: form::validate_all(version, facts, &self.codes).into_iter().filter(|e| !e.warning).collect(),
            missing,
            fees: version.fees(facts),
            limit,
            expected,
            competence: version.competence(facts),
        })
    }

    /// Submits a draft. A second press, a second tab or a repeated request answers the same receipt.
    ///
    /// # Errors
    /// `answers_incomplete` with every wrong field, `component_missing`, `declaration`, `draft_not_found`.
    pub async fn submit(
        &self,
        actor: &Actor,
        id: &Id<Draft>,
        language: &str,
        request_id: &str,
    ) -> Result<Receipt, Problem> {
        let view = self.draft(actor, id).await?;
        if let Some(case_id) = &view.row.case_id {
            let case = self.case(case_id).await?;
            return self.receipt_of(&case, true).await;
        }
        let filing = self.judge(actor, &view, language, request_id).await?;
        self.file(filing).await
    }

    async fn judge(
        &self,
        actor: &Actor,
        view: &DraftView,
        language: &str,
        request_id: &str,
    ) -> Result<Filing, Problem> {
        let receiving = view.receiving.as_ref().map(|agency| agency.code.clone());
        self.judge_answers(
            actor,
            &view.owner,
            view.version.clone(),
            &view.facts,
            &view.documents,
            Intake {
                receiving,
                draft: Some(view.row.id.clone()),
                at_counter: view.row.filed_at_agency.is_some(),
                language: language.to_owned(),
                request_id: request_id.to_owned(),
            },
        )
        .await
    }

    /// Judges answers wherever they come from, page or API, by the same rules.
    pub(super) async fn judge_answers(
        &self,
        actor: &Actor,
        owner: &PersonRecord,
        version: Arc<Version>,
        facts: &Facts,
        documents: &[DocumentRow],
        intake: Intake,
    ) -> Result<Filing, Problem> {
        let review = self.review(&version, facts, documents)?;
        if !review.errors.is_empty() {
            let errors =
                review.errors.into_iter().map(|e| FieldError::new(e.field, e.code).with_message(e.message)).collect();
            return Err(Problem::invalid("answers_incomplete", "some answers are missing or wrong").with_errors(errors));
        }
        if !review.missing.is_empty() && !intake.at_counter {
            let errors =
                review.missing.iter().map(|id| FieldError::new(format!("document.{id}"), "required")).collect();
            return Err(Problem::invalid("component_missing", "some documents are missing").with_errors(errors));
        }
        let competent = match &review.competence {
            Competence::Commune(code) => self.directory.agency_of_commune(code).await?.map(|agency| agency.code),
            Competence::Agency(code) => self.directory.agency(code).await?.map(|agency| agency.code),
            Competence::Unknown { .. } => None,
        };
        let non_territorial = version.procedure.scope.as_ref().is_some_and(|scope| scope.non_territorial);
        let receiving = match (&intake.receiving, &competent) {
            (Some(chosen), _) if non_territorial || intake.at_counter || competent.is_none() => chosen.clone(),
            (_, Some(competent)) => competent.clone(),
            (Some(chosen), None) => chosen.clone(),
            (None, None) => self.settings.coordination.0.clone(),
        };
        let answers = form::relevant(&version, facts);
        let delivery_way = match answers.get("contact_delivery").and_then(Json::as_str) {
            Some("post") => "post",
            Some("electronic") => "electronic",
            _ => "counter",
        };
        Ok(Filing {
            actor: actor.clone(),
            owner: owner.clone(),
            channel: facts.channel,
            variant: facts.variant.clone(),
            answers,
            receiving,
            competent,
            limit: review.limit,
            fees: review.fees,
            delivery_way: delivery_way.to_owned(),
            language: intake.language,
            draft: intake.draft,
            at_counter: intake.at_counter,
            request_id: intake.request_id,
            coordination: self.settings.coordination.clone(),
            clock: self.clock(),
            ambient: self.ambient.clone(),
            version,
        })
    }

    /// Writes a judged filing.
    pub(super) async fn file(&self, filing: Filing) -> Result<Receipt, Problem> {
        let filing = Arc::new(filing);
        let written = self
            .db
            .transaction(move |tx| {
                let filing = filing.clone();
                Box::pin(async move { write_filing(tx, &filing).await })
            })
            .await?;
        match written {
            Written::New(receipt) => Ok(receipt),
            Written::Before(case_id) => {
                let case = self.case(&case_id).await?;
                self.receipt_of(&case, true).await
            }
        }
    }

    /// The receipt of a case that exists.
    ///
    /// # Errors
    /// What the database says.
    pub async fn receipt_of(&self, case: &CaseRow, repeated: bool) -> Result<Receipt, Problem> {
        let fees = self.fee_rows(&case.id).await?;
        Ok(Receipt {
            case_id: case.id.as_str().to_owned(),
            case_no: case.case_no.clone(),
            submitted_at: time::micros(case.submitted_at),
            lookup_token: case.lookup_token.clone(),
            lookup_code: case.lookup_code.clone(),
            fee_due: fees.iter().filter(|fee| fee.is_due() && fee.collect_at <= 1).map(|fee| fee.amount.dong()).sum(),
            state: case.state.as_str().to_owned(),
            repeated,
        })
    }
}

/// The limit a case would be promised; a listed procedure promises none and says so.
pub fn pinned(version: &Version, facts: &Facts) -> PinnedLimit {
    match version.time_limit(facts) {
        Some(row) => PinnedLimit { limit: row.limit, pauses: row.pauses, basis: row.basis.unwrap_or_default() },
        None => PinnedLimit { limit: TimeLimit::of(Unit::NoLimit, 0), pauses: Vec::new(), basis: String::new() },
    }
}

/// A whole filing in one call, as systems send it.
#[derive(Debug, Clone)]
pub struct SubmitWhole {
    /// Procedure code.
    pub procedure: String,
    /// Channel.
    pub channel: Channel,
    /// Every answer.
    pub answers: Json,
    /// One-stop unit that should receive.
    pub receiving: Option<String>,
    /// Documents of the vault to reuse: component id and vault item id.
    pub reuse: Vec<(String, String)>,
    /// `vi` or `en`.
    pub language: String,
    /// Id of the request.
    pub request_id: String,
}

impl Services {
    /// Files a whole case in one call: the same rules and the same transaction as the pages.
    ///
    /// # Errors
    /// As [`Services::submit`]; also `procedure_not_found`, `channel_closed`, `portal_closed`.
    pub async fn submit_whole(&self, actor: &Actor, whole: SubmitWhole) -> Result<Receipt, Problem> {
        if !self.settings.portal_open {
            return Err(Problem::conflict("portal_closed", "filing on this portal is switched off in this city"));
        }
        if !whole.reuse.is_empty() {
            return self.submit_with_reuse(actor, whole).await;
        }
        let version = self.catalogue().in_force(&whole.procedure, self.ambient.today()).ok_or_else(|| {
            Problem::not_found("procedure_not_found", "no procedure with this code is in force today")
        })?;
        if !version.procedure.channels.contains(&whole.channel) {
            return Err(Problem::conflict(
                "channel_closed",
                format!("this procedure is not received by '{}'", whole.channel),
            ));
        }
        if !whole.answers.is_object() || whole.answers.to_string().len() > 256 * 1024 {
            return Err(Problem::invalid("answers_malformed", "answers are one JSON object of at most 256 KB")
                .field("answers", "malformed"));
        }
        let owner = self
            .identity
            .person(actor.subject())
            .await?
            .ok_or_else(|| Problem::not_found("person_not_found", "no such person"))?;
        let receiving = match &whole.receiving {
            Some(code) => {
                let unknown =
                    || Problem::invalid("agency_unknown", "no such unit").field("receiving_agency", "unknown");
                Some(self.directory.agency(code).await?.ok_or_else(unknown)?)
            }
            None => None,
        };
        let facts = self.facts(&version, &whole.answers, whole.channel, &owner, receiving.as_ref());
        let intake = Intake {
            receiving: receiving.map(|agency| agency.code),
            draft: None,
            at_counter: false,
            language: whole.language,
            request_id: whole.request_id,
        };
        let filing = self.judge_answers(actor, &owner, version, &facts, &[], intake).await?;
        self.file(filing).await
    }

    /// Documents of the vault need a place to be attached to: a draft, submitted at once.
    async fn submit_with_reuse(&self, actor: &Actor, whole: SubmitWhole) -> Result<Receipt, Problem> {
        let new = super::drafts::NewDraft {
            procedure: whole.procedure,
            channel: whole.channel,
            owner: None,
            agency: None,
            request_id: whole.request_id.clone(),
        };
        let draft = self.start_draft(actor, new).await?;
        let answers = whole.answers.as_object().cloned().unwrap_or_default();
        self.save_answers(actor, &draft, "api", answers, true, &whole.request_id).await?;
        if let Some(agency) = &whole.receiving {
            self.choose_receiving(actor, &draft, agency, &whole.request_id).await?;
        }
        for (component, item) in &whole.reuse {
            self.reuse(actor, &draft, component, item, &whole.request_id).await?;
        }
        self.submit(actor, &draft, &whole.language, &whole.request_id).await
    }
}

/// Where and how answers come in.
pub(super) struct Intake {
    pub receiving: Option<String>,
    pub draft: Option<Id<Draft>>,
    pub at_counter: bool,
    pub language: String,
    pub request_id: String,
}

enum Written {
    New(Receipt),
    Before(CaseId),
}

enum FeeItem {}

async fn write_filing(tx: &mut Tx<'_>, filing: &Filing) -> Result<Written, Problem> {
    let now = filing.ambient.now();
    let case_id: CaseId = filing.ambient.new_id();
    if let Some(draft) = &filing.draft
        && tx.execute(sql::draft::CLAIM, args![draft.as_str(), case_id.as_str(), now]).await? == 0
    {
        let row = tx.fetch_optional(sql::draft::BY_ID, args![draft.as_str()]).await?;
        let before = row.map(|row| row.opt_id("case_id")).transpose()?.flatten();
        return before.map(Written::Before).ok_or_else(|| Problem::not_found("draft_not_found", "no such draft"));
    }
    let case_no = numbering::next_case_no(tx, &filing.receiving, time::civil(now).date()).await?;
    let fee_due: i64 = filing
        .fees
        .iter()
        .filter(|fee| fee.exempt.is_none())
        .filter_map(|fee| fee.amount)
        .map(|amount| amount.dong())
        .sum();
    let intake_due: i64 = filing
        .fees
        .iter()
        .filter(|fee| fee.exempt.is_none() && fee.collect_at <= 1)
        .filter_map(|fee| fee.amount)
        .map(|amount| amount.dong())
        .sum();
    let (state, step) = first_state(filing)?;
    let (token, code) = (filing.ambient.token(), short_code(&filing.ambient));
    let limit = serde_json::to_string(&filing.limit).map_err(|e| Problem::internal(e.to_string()))?;
    let unit = serde_json::to_value(filing.limit.limit.unit)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default();
    let finance = if fee_due > 0 { FinanceState::Due } else { FinanceState::None };
    let owner_name = text::nfc(&filing.owner.full_name);
    tx.execute(
        sql::case::INSERT,
        args![
            case_id.as_str(),
            case_no.as_str(),
            None::<String>,
            filing.version.id.as_str(),
            filing.version.procedure.code.as_str(),
            filing.variant.clone(),
            filing.actor.person.as_str(),
            filing.owner.id.as_str(),
            owner_name.as_str(),
            text::search_key(&owner_name),
            Some(filing.owner.personal_number().to_owned()),
            filing.channel.as_str(),
            filing.receiving.as_str(),
            filing.competent.clone(),
            filing.answers.to_string(),
            filing.language.as_str(),
            now,
            unit,
            limit,
            state.as_str(),
            state.national(),
            step.as_str(),
            finance.as_str(),
            filing.delivery_way.as_str(),
            token.as_str(),
            code.as_str()
        ],
    )
    .await?;
    for fee in &filing.fees {
        tx.execute(sql::record::INSERT_FEE, fee_values(filing, &case_id, fee)).await?;
    }
    if let Some(draft) = &filing.draft {
        tx.execute(sql::draft::ADOPT_DOCUMENTS, args![draft.as_str(), case_id.as_str()]).await?;
    }
    open_first_task(tx, filing, &case_id, state, &step, now).await?;
    record(tx, filing, &case_id, &case_no, state, &step, now).await?;
    Ok(Written::New(Receipt {
        case_id: case_id.as_str().to_owned(),
        case_no,
        submitted_at: time::micros(now),
        lookup_token: token,
        lookup_code: code,
        fee_due: intake_due,
        state: state.as_str().to_owned(),
        repeated: false,
    }))
}

fn first_state(filing: &Filing) -> Result<(CaseState, String), Problem> {
    let first = filing.version.procedure.steps.first().ok_or_else(|| Problem::internal("procedure without steps"))?;
    let state = if filing.competent.is_some() { CaseState::Submitted } else { CaseState::Coordinating };
    Ok((state, first.id.clone()))
}

fn fee_values(filing: &Filing, case_id: &CaseId, fee: &FeeLine) -> Vec<Value> {
    let id: Id<FeeItem> = filing.ambient.new_id();
    let exemption = match (&fee.exempt, fee.amount) {
        (Some(exemption), _) => Some(format!("{} ({})", exemption.name.vi, exemption.basis)),
        (None, None) => Some("chưa xác định được mức thu".to_owned()),
        (None, Some(_)) => None,
    };
    let amount = if fee.exempt.is_some() { 0 } else { fee.amount.map_or(0, |amount| amount.dong()) };
    args![
        id.as_str(),
        case_id.as_str(),
        fee.code.as_str(),
        fee.kind.as_str(),
        fee.name.vi.as_str(),
        amount,
        i64::from(fee.collect_at),
        fee.basis.as_str(),
        exemption
    ]
}

async fn open_first_task(
    tx: &mut Tx<'_>,
    filing: &Filing,
    case_id: &CaseId,
    state: CaseState,
    step: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let first = filing.version.step(step).ok_or_else(|| Problem::internal("first step vanished"))?;
    let (kind, agency, role) = if state == CaseState::Coordinating {
        ("coordination", filing.coordination.0.as_str(), filing.coordination.1.as_str())
    } else {
        ("step", filing.receiving.as_str(), first.role.as_str())
    };
    let budget = filing.clock.budget_end(&filing.version, first, now)?;
    let id: Id<Task> = filing.ambient.new_id();
    // Before intake there is no date: what waits longest for intake sorts by the end of its budget.
    let sort = clock::due_sort(budget);
    tx.execute(
        sql::task::INSERT,
        args![
            id.as_str(),
            case_id.as_str(),
            kind,
            step,
            agency,
            role,
            None::<String>,
            filing.version.procedure.code.as_str(),
            state.as_str(),
            false,
            sort,
            budget,
            now
        ],
    )
    .await?;
    if kind == "step" {
        let opened = escalation::Opened {
            case_id: case_id.as_str(),
            limit: (None, None),
            step: first,
            task: &id,
            agency,
            budget_end: budget,
        };
        escalation::plan_task(tx, &filing.clock, &filing.ambient, opened, now).await?;
    }
    Ok(())
}

async fn record(
    tx: &mut Tx<'_>,
    filing: &Filing,
    case_id: &CaseId,
    case_no: &str,
    state: CaseState,
    step: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    let channel = if filing.at_counter { "counter" } else { "online" };
    let mut actor = ActorRef::of(&filing.actor, channel);
    if filing.at_counter {
        actor.agency = Some(filing.receiving.clone());
    }
    let mut entry = AuditEntry::mutation("case.submitted", actor)
        .object("case", case_id.as_str())
        .request(&filing.request_id)
        .because(writing::LEGAL_BASIS, "nộp hồ sơ thủ tục hành chính")
        .subject(filing.owner.personal_number())
        .detail(json!({ "case_no": case_no, "procedure": filing.version.procedure.code, "version": filing.version.id, "channel": filing.channel, "receiving": filing.receiving, "competent": filing.competent, "state": state }));
    if *filing.actor.subject() == filing.owner.id {
        entry = entry.own();
    }
    let audit_id = tx.audit(entry).await?;
    let on_behalf: Option<PersonId> = (filing.actor.person != filing.owner.id).then(|| filing.owner.id.clone());
    tx.execute(
        sql::case::INSERT_EVENT,
        args![
            case_id.as_str(),
            1_i64,
            "submit",
            None::<String>,
            state.as_str(),
            step,
            filing.actor.person.as_str(),
            filing.actor.display_name.as_str(),
            None::<String>,
            filing.at_counter.then(|| filing.receiving.clone()),
            on_behalf.map(|id| id.as_str().to_owned()),
            None::<String>,
            writing::LEGAL_BASIS,
            now,
            audit_id.as_str()
        ],
    )
    .await?;
    let event = CaseSubmitted {
        case_id: case_id.as_str().to_owned(),
        case_no: case_no.to_owned(),
        procedure: filing.version.procedure.code.clone(),
        owner: filing.owner.id.as_str().to_owned(),
        receiving_agency: filing.receiving.clone(),
        at: time::micros(now),
    };
    tx.emit(CASE_SUBMITTED, case_id.as_str(), &event).await?;
    Ok(())
}

/// Eight letters and digits without look-alikes, read out or typed from a printed receipt.
fn short_code(ambient: &Ambient) -> String {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    ambient.bytes::<8>().iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}
