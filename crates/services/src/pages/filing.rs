//! Filing: the frame that every page of a draft shares, and its task list.

use super::common::{element, link, named, procedure_name};
use crate::api::{State, draft_id};
use crate::cases::drafts::DraftView;
use crate::form;
use crate::procedure::ComponentNeed;
use crate::service::Services;
use askama::Template;
use haidang_ui::component::{Inset, TaskItem, TaskList, TaskState};
use haidang_ui::{Html, Page, Service, t};
use haidang_web::{Answer, Fault, Path, Query, Routes, Row, State as Use, Visitor, html, redirect};
use serde::Deserialize;

/// Address of a draft.
pub(super) fn draft_path(view: &DraftView) -> String {
    format!("/nop-ho-so/{}", view.row.id)
}

/// The draft of the address, and nothing of anybody else's.
pub(super) async fn open_draft(services: &Services, visitor: &Visitor, id: &str) -> Result<DraftView, Fault> {
    Ok(services.draft(visitor.require_actor()?, &draft_id(id)?).await?)
}

/// The frame of a page of a draft: no navigation, and at the counter the frame of the workbench.
pub(super) fn draft_page(visitor: &Visitor, view: &DraftView, title: impl Into<String>) -> Page {
    let mut page = visitor.page(title, "");
    page.private = true;
    page.navigation.clear();
    page.part = Some(procedure_name(visitor.lang, &view.version));
    if at_counter(view) {
        page.service = Service::Office;
        page.scripts = vec!["workbench.js"];
    }
    page
}

/// Whether a clerk types for the person in front of them.
pub(super) fn at_counter(view: &DraftView) -> bool {
    view.row.filed_at_agency.is_some()
}

/// Says at the counter for whom this is done; prints nothing elsewhere.
pub(super) fn behalf(page: &Page, view: &DraftView) -> Option<Inset> {
    at_counter(view).then(|| {
        let name = Html::trusted("<strong lang=\"vi\">")
            .then(Html::text(&view.owner.full_name))
            .then(Html::trusted("</strong>"));
        let leave = link(page.href(haidang_ui::paths::COUNTER), page.t("services-counter-leave"));
        Inset::new(
            Html::text(page.t("services-counter-for"))
                .then(Html::text(" "))
                .then(name)
                .then(Html::text(". "))
                .then(leave),
        )
    })
}

/// Where a draft that became a case leads.
pub(super) fn case_path(view: &DraftView) -> Option<String> {
    view.row
        .case_id
        .as_ref()
        .map(|case| if at_counter(view) { format!("/can-bo/ho-so/{case}") } else { format!("/ho-so/{case}/da-nop") })
}

/// Papers for which a file is uploaded, as the answers stand.
pub(super) fn papers_to_upload(view: &DraftView) -> Vec<ComponentNeed> {
    let needs = view.version.components(&view.facts);
    needs.into_iter().filter(|need| need.electronic && !need.by_form && !need.presented).collect()
}

/// Whether the page has wrong or missing answers now.
pub(super) fn page_state(services: &Services, view: &DraftView, page: &crate::procedure::Page) -> TaskState {
    let errors = form::validate_page(&view.version, page, &view.facts, &services.codes);
    let wrong = errors.iter().any(|error| !error.warning);
    let begun = page.keys().any(|key| view.row.answers.get(key).is_some());
    let done = view.row.pages_done.iter().any(|known| *known == page.id || known == "api");
    match (done, begun, wrong) {
        (true, _, false) => TaskState::Completed,
        (true, true, true) => TaskState::HasError,
        (_, true, _) => TaskState::InProgress,
        _ => TaskState::NotStarted,
    }
}

/// Whether a unit may be chosen: where any unit of the city receives.
pub(super) fn chooses_unit(view: &DraftView) -> bool {
    !at_counter(view) && view.version.procedure.scope.as_ref().is_some_and(|scope| scope.non_territorial)
}

/// Whether there is an exemption that one may claim.
pub(super) fn may_claim(view: &DraftView) -> bool {
    view.version.fees(&view.facts).iter().any(|line| !line.may_exempt.is_empty())
}

fn papers_task(page: &Page, view: &DraftView, base: &str) -> Option<TaskItem> {
    let papers = papers_to_upload(view);
    if papers.is_empty() {
        return None;
    }
    let there = |need: &ComponentNeed| view.documents.iter().any(|document| document.component == need.id);
    let required = papers.iter().filter(|need| need.required).count();
    let held = papers.iter().filter(|need| need.required && there(need)).count();
    let state = match (held >= required, papers.iter().any(there)) {
        (true, _) => TaskState::Completed,
        (false, true) => TaskState::InProgress,
        (false, false) => TaskState::NotStarted,
    };
    let href = page.href(format!("{base}/giay-to"));
    let hint = page.t2("services-tasks-papers-hint", "held", held, "required", required);
    Some(TaskItem::new(page.t("services-tasks-papers"), href, state).hint(hint))
}

struct Tasks {
    questions: Vec<TaskItem>,
    papers: Vec<TaskItem>,
    last: TaskItem,
    done: usize,
    all: usize,
}

async fn tasks(services: &Services, page: &Page, view: &DraftView) -> Result<Tasks, Fault> {
    let base = draft_path(view);
    let mut questions = Vec::new();
    for part in view.version.pages(&view.facts) {
        let href = page.href(format!("{base}/cau-hoi/{}", part.id));
        questions.push(TaskItem::new(named(page.lang, &part.title()), href, page_state(services, view, part)));
    }
    let mut papers: Vec<TaskItem> = papers_task(page, view, &base).into_iter().collect();
    if chooses_unit(view) {
        let chosen = view.receiving.as_ref().map(|agency| super::common::agency_name(page.lang, agency));
        let state = if chosen.is_some() { TaskState::Completed } else { TaskState::NotStarted };
        let hint = chosen.unwrap_or_else(|| page.t("services-tasks-unit-hint"));
        let href = page.href(format!("{base}/noi-nop"));
        papers.push(TaskItem::new(page.t("services-tasks-unit"), href, state).hint(hint));
    }
    if may_claim(view) {
        let asked = view.row.claimed.is_empty();
        let hint = page.t(if asked { "services-tasks-claims-hint" } else { "services-tasks-claims-made" });
        let href = page.href(format!("{base}/mien-giam"));
        // Claiming nothing is an answer too, so this part never holds up the others.
        papers.push(TaskItem::new(page.t("services-tasks-claims"), href, TaskState::Completed).hint(hint));
    }
    let done = questions.iter().chain(&papers).filter(|item| item.state == TaskState::Completed).count();
    let all = questions.len() + papers.len() + 1;
    let ready = done + 1 == all;
    let state = if ready { TaskState::NotStarted } else { TaskState::CannotStart };
    let last = TaskItem::new(page.t("services-tasks-check"), page.href(format!("{base}/kiem-tra")), state);
    Ok(Tasks { questions, papers, last, done, all })
}

#[derive(Template)]
#[template(path = "task_list.html")]
struct TaskListPage {
    page: Page,
    behalf: Option<Inset>,
    caption: Html,
    count: String,
    questions: TaskList,
    papers: Option<TaskList>,
    last: TaskList,
    next: String,
    next_text: String,
    kept: String,
    discard: String,
}

/// What the address of the task list says.
#[derive(Debug, Default, Deserialize)]
pub struct Saved {
    /// Set after "Lưu và làm tiếp sau".
    #[serde(rename = "da-luu")]
    saved: Option<String>,
}

/// Shows the parts of the form with how far each is.
pub async fn show_draft(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(draft): Path<String>,
    Query(query): Query<Saved>,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    if let Some(path) = case_path(&view) {
        return redirect(visitor.lang, &path);
    }
    let lang = visitor.lang;
    let mut page = draft_page(&visitor, &view, t(lang, "services-tasks-title", &[]));
    let until = page.date(haidang_kernel::time::civil(view.row.expires_at).date());
    if query.saved.is_some() {
        page.notice = Some(page.t1("services-tasks-saved", "until", &until));
    }
    let tasks = tasks(&services, &page, &view).await?;
    let open = tasks.questions.iter().chain(&tasks.papers).find(|item| item.state != TaskState::Completed);
    let (next, next_text) = match open {
        Some(item) => (item.href.clone(), page.t("services-tasks-continue")),
        None => (tasks.last.href.clone(), page.t("services-tasks-to-check")),
    };
    html(TaskListPage {
        behalf: behalf(&page, &view),
        caption: element("span", "", page.b(&super::common::short_name(&view.version))),
        count: page.t2("services-tasks-count", "done", tasks.done, "all", tasks.all),
        questions: TaskList::new(lang, "cau-hoi", tasks.questions),
        papers: (!tasks.papers.is_empty()).then(|| TaskList::new(lang, "giay-to", tasks.papers)),
        last: TaskList::new(lang, "nop", vec![tasks.last]),
        next,
        next_text,
        kept: page.t1("services-tasks-kept", "until", &until),
        discard: page.href(format!("{}/bo", draft_path(&view))),
        page,
    })
}

/// Forgets the draft at its owner's wish.
pub async fn discard_filing(visitor: Visitor, Use(services): Use<State>, Path(draft): Path<String>) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    services.discard_draft(visitor.require_actor()?, &view.row.id, &visitor.request_id).await?;
    redirect(visitor.lang, if at_counter(&view) { haidang_ui::paths::COUNTER } else { haidang_ui::paths::CASES })
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_draft", "/nop-ho-so/{draft}").signed_in().example("/nop-ho-so/{draft}").role("resident"),
            show_draft,
        )
        .page(Row::post("discard_filing", "/nop-ho-so/{draft}/bo").signed_in().audit("draft.discarded"), discard_filing)
}
