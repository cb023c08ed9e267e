//! One case: what must be decided on top, law and deadline beside it, papers beside the checklist, history at the end.

use super::case_parts::{self as parts, Check, Paper};
use super::decide::{Decide, decide};
use super::frame::{Names, channel_text, dashed, due_text, left, office_page, state_tag};
use super::list::{WorkList, work_list};
use crate::api::{State, case_id};
use crate::cases::inbox::InboxFilter;
use crate::cases::reading::CaseView;
use crate::cases::trail::{ConsultationRow, ResultRow};
use crate::procedure::{Facts, Version};
use crate::service::Services;
use askama::Template;
use axum::body::Body;
use haidang_contracts::actor::Actor;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::DueKind;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Details, ExplainedDate, SummaryList, Table, Tag, TextArea};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{
    Answer, Disposition, Fault, FormFields, Path, Query, Routes, Row, State as Use, Visitor, file, html, html_invalid,
    redirect,
};
use serde::Deserialize;
use std::sync::Arc;

/// Everything read for one case page, once.
pub(super) struct Opened {
    pub view: CaseView,
    pub version: Arc<Version>,
    pub facts: Facts,
    pub consultations: Vec<ConsultationRow>,
    pub results: Vec<ResultRow>,
    pub names: Names,
}

impl Opened {
    /// Reads the case; opening it is an access on the owner's log.
    pub(super) async fn read(services: &Services, visitor: &Visitor, id: &str) -> Result<Self, Fault> {
        let (actor, id) = (visitor.require_actor()?, case_id(id)?);
        let view = services.office_case(actor, &id, &visitor.request_id).await?;
        let names = Names::load(services, &[view.case.receiving_agency.as_str(), view.case.deciding_agency()]).await?;
        Ok(Self {
            version: services.version(&view.case.version_id)?,
            facts: services.facts_of_case(&view.case).await?,
            consultations: services.consultations(&id).await?,
            results: services.results(&id).await?,
            names,
            view,
        })
    }

    /// Name of a step in the language of the page.
    pub(super) fn step_name(&self, page: &Page, step: &str) -> Html {
        match self.version.step(step) {
            Some(row) => match &row.name {
                Some(vi) => page.b(&Bilingual { vi: vi.clone(), en: row.name_en.clone() }),
                None => Html::text(&row.id),
            },
            None => Html::text(step),
        }
    }
}

/// A question to another agency, with the form of its answer when the reader may answer.
struct Asked {
    summary: SummaryList,
    answer: Option<(String, TextArea)>,
}

#[derive(Template)]
#[template(path = "office/case.html")]
struct CasePage {
    page: Page,
    errors: Vec<ErrorItem>,
    list: WorkList,
    back: String,
    name: String,
    procedure: Html,
    code: String,
    number: String,
    channel: String,
    state: Tag,
    due: String,
    due_left: String,
    due_class: &'static str,
    decide: Decide,
    holder: Html,
    take: Option<String>,
    checks: Vec<Check>,
    extra: Vec<Paper>,
    law: Vec<(String, Html)>,
    explained: Option<ExplainedDate>,
    legal: Option<Details>,
    answers: Vec<parts::Part>,
    fees: Option<Table>,
    collect: Option<String>,
    asked: Vec<Asked>,
    supplements: Vec<SummaryList>,
    forms: Option<Table>,
    results: Option<Table>,
    escalations: Option<Table>,
    history: Table,
    base: String,
}

/// What stands in the address of a case besides its id: the filter of the list beside it, and what was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CaseQuery {
    view: Option<String>,
    due: Option<String>,
    procedure: Option<String>,
    state: Option<String>,
    sort: Option<String>,
    done: Option<String>,
}

const LIST_BESIDE: i64 = 15;

impl CaseQuery {
    fn filter(&self) -> InboxFilter {
        InboxFilter {
            view: self.view.clone(),
            due: self.due.clone(),
            procedure: self.procedure.clone(),
            state: self.state.clone(),
            sort: self.sort.clone(),
            cursor: None,
            limit: Some(LIST_BESIDE),
        }
    }
}

/// What was done just before, as the page says it; an unknown word says nothing.
fn notice(page: &Page, done: Option<&str>) -> Option<String> {
    const OWN: [&str; 3] = ["taken", "paid", "answered"];
    let done = done?;
    let known = OWN.contains(&done) || crate::model::ActionKind::parse(done).is_some();
    known.then(|| page.t(&format!("office-done-{}", dashed(done))))
}

/// Shows a case.
pub async fn show_office_case(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    Query(query): Query<CaseQuery>,
) -> Answer {
    let opened = Opened::read(&services, &visitor, &id).await?;
    html(case_page(&visitor, &services, opened, &query, Vec::new(), "").await?)
}

async fn case_page(
    visitor: &Visitor,
    services: &Services,
    opened: Opened,
    query: &CaseQuery,
    errors: Vec<ErrorItem>,
    typed: &str,
) -> Result<CasePage, Fault> {
    let actor = visitor.require_actor()?;
    let mut page = office_page(visitor, opened.view.case.owner_name.clone(), "inbox");
    page.part = Some(page.t1("office-case-part", "number", &opened.view.case.case_no));
    page.errors = !errors.is_empty();
    page.notice = notice(&page, query.done.as_deref());
    let case = &opened.view.case;
    let filter = query.filter();
    let list = work_list(services, &page, actor, &filter, Some(case.id.as_str()), &visitor.request_id).await?;
    let offers = services.offered(actor, &opened.view, &opened.consultations, &opened.results)?;
    let (due, due_left, due_class) = due_lines(services, &page, &opened);
    let base = format!("/can-bo/ho-so/{}", case.id);
    Ok(CasePage {
        decide: decide(services, &page, &opened, &offers),
        holder: parts::holder(services, &page, &opened).await?,
        take: takeable(actor, &opened).map(|_| page.href(format!("{base}/nhan-viec"))),
        checks: parts::checklist(&page, &opened),
        extra: parts::other_papers(&page, &opened),
        law: parts::law(&page, &opened),
        legal: parts::legal_texts(&page, &opened),
        explained: explained(services, &page, &opened)?,
        answers: parts::answers(services, &page, &opened),
        fees: parts::fees(&page, &opened),
        collect: parts::collectable(&page, actor, &opened),
        asked: asked(&page, actor, &opened, &errors, typed),
        supplements: parts::supplements(&page, &opened),
        forms: parts::forms(&page, &opened),
        results: parts::results(&page, &opened),
        escalations: parts::escalations(services, &page, &opened).await?,
        history: parts::history(&page, &opened),
        back: format!("{}{}", super::list::INBOX, super::list::query_of(&InboxFilter { limit: None, ..filter })),
        name: case.owner_name.clone(),
        procedure: page.b(&opened.version.name()),
        code: case.procedure_code.clone(),
        number: case.case_no.clone(),
        channel: channel_text(page.lang, case.channel),
        state: state_tag(page.lang, case.state),
        due,
        due_left,
        due_class,
        list,
        errors,
        base: page.href(&base),
        page,
    })
}

/// The task the reader may take now: open, nobody's, and of a role and unit the reader holds.
fn takeable<'a>(actor: &Actor, opened: &'a Opened) -> Option<&'a str> {
    let free = |task: &&crate::cases::row::TaskRow| task.assignee_id.is_none() && actor.holds(&task.role, &task.agency);
    opened.view.tasks.iter().find(free).map(|task| task.id.as_str())
}

fn due_lines(services: &Services, page: &Page, opened: &Opened) -> (String, String, &'static str) {
    let (case, clock, now) = (&opened.view.case, services.clock(), services.ambient.now());
    if let Some(ended) = case.ended_at {
        return (page.t1("office-ended", "at", super::list::short_moment(ended)), String::new(), "");
    }
    match (case.due_at, case.accepted_at) {
        (Some(due), _) => {
            let (left, class) = left(page.lang, &clock, now, due);
            (due_text(page, due), left, class)
        }
        (None, Some(_)) if opened.view.pauses.iter().any(|p| p.received_at.is_none() && p.counts) => {
            (page.t("office-due-paused"), String::new(), "")
        }
        (None, Some(_)) => (page.t("office-due-none"), String::new(), ""),
        (None, None) => match clock.due_at(now, &case.limit.limit, &[]) {
            Ok(Some(due)) => {
                (page.t("office-due-not-accepted"), page.t1("office-due-if", "due", due_text(page, due)), "")
            }
            _ => (page.t("office-due-not-accepted"), String::new(), ""),
        },
    }
}

/// The due date day by day: the real one after acceptance, before it what acceptance now would give.
fn explained(services: &Services, page: &Page, opened: &Opened) -> Result<Option<ExplainedDate>, Problem> {
    let (case, clock, now) = (&opened.view.case, services.clock(), services.ambient.now());
    let due = match case.accepted_at {
        Some(_) => clock.explain(case, &opened.view.pauses)?,
        None => clock.due(now, &case.limit.limit, &[])?,
    };
    if due.days.is_empty() || matches!(due.kind, DueKind::NoDate) {
        return Ok(None);
    }
    let today = services.ambient.today();
    Ok(Some(ExplainedDate::of(page.lang, &due, case.accepted_at.unwrap_or(now), Some(today))))
}

fn asked(page: &Page, actor: &Actor, opened: &Opened, errors: &[ErrorItem], typed: &str) -> Vec<Asked> {
    let row = |row: &ConsultationRow| {
        let may = row.answered_at.is_none() && actor.can_in("case.read_unit", &row.agency);
        let answer = may.then(|| {
            let field = Field::new(page.lang, "answer", page.t("office-consult-answer")).errors(errors);
            let href = page.href(format!("/can-bo/ho-so/{}/tra-loi/{}", opened.view.case.id, row.id));
            (href, TextArea::new(field).value(typed).rows(4).limit(4000))
        });
        Asked { summary: parts::consultation(page, opened, row), answer }
    };
    opened.consultations.iter().map(row).collect()
}

/// The asked agency answers.
pub async fn answer_question_of_agency(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, consultation)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let (actor, case) = (visitor.require_actor()?, case_id(&id)?);
    let typed = form.text("answer");
    match services.answer_consultation(actor, &case, &consultation, typed, &visitor.request_id).await {
        Ok(()) => redirect(visitor.lang, &format!("/can-bo/ho-so/{case}?done=answered")),
        Err(problem) if problem.code == "answer_required" => {
            let errors = vec![ErrorItem::of("answer", t(visitor.lang, "office-problem-answer-required", &[]))];
            let opened = Opened::read(&services, &visitor, &id).await?;
            html_invalid(case_page(&visitor, &services, opened, &CaseQuery::default(), errors, typed).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The reader takes the open task of the case.
pub async fn take_task(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let actor = visitor.require_actor()?;
    let opened = Opened::read(&services, &visitor, &id).await?;
    let task = takeable(actor, &opened)
        .ok_or_else(|| Problem::conflict("task_closed", "somebody else has taken the task meanwhile"))?;
    services.assign(actor, task, &actor.person, &visitor.request_id).await?;
    redirect(visitor.lang, &format!("/can-bo/ho-so/{}?done=taken", opened.view.case.id))
}

/// The clerk takes the money at the counter.
pub async fn collect_fee_at_counter(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let case = case_id(&id)?;
    services.collect_at_counter(visitor.require_actor()?, &case, &visitor.request_id).await?;
    redirect(visitor.lang, &format!("/can-bo/ho-so/{case}?done=paid"))
}

/// A file of the case. Pictures are shown inside our page by a link to this address; a file itself is always saved.
pub async fn open_office_file(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, document)): Path<(String, String)>,
) -> Answer {
    let (actor, case) = (visitor.require_actor()?, case_id(&id)?);
    let row = services.office_file(actor, &case, &document, &visitor.request_id).await?;
    let bytes = services.blobs.bytes(&row.sha256).await?;
    let length = u64::try_from(bytes.len()).ok();
    file(Body::from(bytes), &row.file_name, &row.media_type, length, Disposition::Attachment)
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_office_case", "/can-bo/ho-so/{case}")
                .official()
                .example("/can-bo/ho-so/{office_case}")
                .role("official"),
            show_office_case,
        )
        .page(
            Row::post("answer_question_of_agency", "/can-bo/ho-so/{case}/tra-loi/{consultation}")
                .official()
                .audit("case.consultation_answered"),
            answer_question_of_agency,
        )
        .page(Row::post("take_task", "/can-bo/ho-so/{case}/nhan-viec").official().audit("task.assigned"), take_task)
        .page(
            Row::post("collect_fee_at_counter", "/can-bo/ho-so/{case}/thu-tien")
                .any_capability(&["case.receive", "case.hand_over"])
                .audit("payment.taken"),
            collect_fee_at_counter,
        )
        .page(
            Row::get("open_office_file", "/can-bo/ho-so/{case}/tep/{document}").official().not_html(),
            open_office_file,
        )
}
