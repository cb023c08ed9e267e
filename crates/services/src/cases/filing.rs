//! Filing: from answers to a case with its number, in one transaction.

use super::clock;
use super::drafts::DraftView;
use super::filing_rows::Written;
use super::mandate::within;
use super::row::{CaseRow, DocumentRow, Draft, PinnedLimit};
use crate::form::{self, AnswerError};
use crate::model::Channel;
use crate::procedure::expression::Surroundings;
use crate::procedure::{Competence, Facts, FeeLine, LimitRow, Version};
use crate::service::Services;
use haidang_contracts::actor::Actor;
use haidang_contracts::identity::PersonRecord;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::calendar::{Due, TimeLimit, Unit};
use haidang_kernel::id::Id;
use haidang_kernel::problem::{FieldError, Problem};
use haidang_kernel::time;
use serde_json::Value as Json;
use std::sync::Arc;

/// Everything the check-answers page shows and the submission insists on.
pub struct Review {
    /// Wrong or missing answers of the whole form.
    pub errors: Vec<AnswerError>,
    /// Answers that belong to the submission: of pages that apply, shown and answered.
    pub answers: Json,
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
        self.review_in(version, facts, documents, &version.surroundings(facts))
    }

    fn review_in(
        &self,
        version: &Version,
        facts: &Facts,
        documents: &[DocumentRow],
        surroundings: &Surroundings,
    ) -> Result<Review, Problem> {
        let limit = pinned_in(version.time_limit_in(facts, surroundings));
        let expected = self.clock().due(self.ambient.now(), &limit.limit, &[]).ok();
        let missing = version
            .components_in(surroundings)
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
        let judged = form::judge(version, facts, &self.codes, surroundings);
        Ok(Review {
            errors: judged.errors.into_iter().filter(|error| !error.warning).collect(),
            answers: judged.relevant,
            missing,
            fees: version.fees_in(facts, surroundings),
            limit,
            expected,
            competence: version.competence_in(surroundings),
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
        // Also at the end: what was begun within a mandate is not sent outside it.
        let actor = &within(actor, &version.procedure.code)?;
        strong_enough(actor, &version)?;
        let surroundings = version.surroundings(facts);
        let review = self.review_in(&version, facts, documents, &surroundings)?;
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
        let answers = review.answers;
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
        match self.filings.write(&self.db, filing).await? {
            Written::New(receipt) => Ok(*receipt),
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

/// Whoever signed in too weakly for a procedure is told the level, as the name of an `acr`.
pub(super) fn strong_enough(actor: &Actor, version: &Version) -> Result<(), Problem> {
    match version.level_missing(actor) {
        Some(level) => Err(Problem::unauthenticated(haidang_web::INSUFFICIENT, haidang_web::acr(level))),
        None => Ok(()),
    }
}

/// The limit a case would be promised; a listed procedure promises none and says so.
pub fn pinned(version: &Version, facts: &Facts) -> PinnedLimit {
    pinned_in(version.time_limit(facts))
}

fn pinned_in(limit: Option<LimitRow>) -> PinnedLimit {
    match limit {
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
        within(actor, &whole.procedure)?;
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
        if !whole.answers.is_object() {
            return Err(
                Problem::invalid("answers_malformed", "answers are one JSON object").field("answers", "malformed")
            );
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
