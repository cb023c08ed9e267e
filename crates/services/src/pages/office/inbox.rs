//! The inbox, the search over cases, and giving out work.

use super::frame::{Names, left, office_page, state_tag};
use super::list::{INBOX, WorkList, work_list};
use crate::api::State;
use crate::cases::inbox::InboxFilter;
use crate::cases::row::{CaseRow, TaskRow};
use crate::service::Services;
use askama::Template;
use haidang_contracts::actor::PersonId;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, Select, Table};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle};
use haidang_ui::{Html, IntoHtml, Page, t};
use haidang_web::{Answer, Fault, FormFields, Query, Routes, Row, State as Use, Visitor, html, html_invalid, redirect};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "office/inbox.html")]
struct InboxPage {
    page: Page,
    list: WorkList,
}

/// The old and short address of the workbench.
pub async fn open_workbench(visitor: Visitor) -> Answer {
    redirect(visitor.lang, INBOX)
}

/// Open work of one's posts, by time left.
pub async fn show_inbox(visitor: Visitor, Use(services): Use<State>, Query(filter): Query<InboxFilter>) -> Answer {
    let actor = visitor.require_actor()?;
    let page = office_page(&visitor, t(visitor.lang, "office-inbox-title", &[]), "inbox");
    let list = work_list(&services, &page, actor, &filter, None, &visitor.request_id).await?;
    html(InboxPage { page, list })
}

#[derive(Template)]
#[template(path = "office/search.html")]
struct SearchPage {
    page: Page,
    errors: Vec<ErrorItem>,
    query: String,
    found: Option<Table>,
    summary: String,
    empty: Option<EmptyState>,
}

const MOST_FOUND: i64 = 50;

/// Finds cases by number, name or personal number. POST, so that none of these stands in an address.
pub async fn search_cases(visitor: Visitor, Use(services): Use<State>, form: FormFields) -> Answer {
    let actor = visitor.require_actor()?;
    let mut page = office_page(&visitor, t(visitor.lang, "office-search-title", &[]), "");
    let query = form.text("q").trim().to_owned();
    if query.chars().count() < 2 {
        page.errors = true;
        let errors = vec![ErrorItem::of("q", page.t("office-search-short"))];
        let summary = String::new();
        return html_invalid(SearchPage { page, errors, query, found: None, summary, empty: None });
    }
    let cases = services.find_cases(actor, &query, MOST_FOUND, &visitor.request_id).await?;
    let summary = page.t1("office-search-found", "count", cases.len());
    let empty =
        cases.is_empty().then(|| EmptyState::new(page.t("office-search-none")).text(page.t("office-search-none-text")));
    let found = (!cases.is_empty()).then(|| found_table(&services, &page, &cases));
    html(SearchPage { page, errors: Vec::new(), query, found, summary, empty })
}

fn found_table(services: &Services, page: &Page, cases: &[CaseRow]) -> Table {
    let columns = ["owner", "case", "procedure", "state", "left"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-search-caption"), columns).caption_hidden();
    let (clock, now) = (services.clock(), services.ambient.now());
    for case in cases {
        let name = services.catalogue().by_id(&case.version_id);
        let name = name.map_or_else(|| Html::text(&case.procedure_code), |version| page.b(&version.name()));
        let due = case.due_at.filter(|_| case.ended_at.is_none());
        let left = due.map_or_else(String::new, |due| left(page.lang, &clock, now, due).0);
        table = table.row(vec![
            Cell::from(case_link(page, case.id.as_str(), &case.owner_name)),
            Cell::from(page.code(&case.case_no)),
            Cell::from(name),
            Cell::from(state_tag(page.lang, case.state)),
            Cell::from(left),
        ]);
    }
    table
}

/// A link to a case under the name of its owner.
pub(super) fn case_link(page: &Page, case: &str, name: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" lang=\"vi\" href=\"")
        .then(Html::text(page.href(format!("/can-bo/ho-so/{case}"))))
        .then(Html::trusted("\">"))
        .then(Html::text(name))
        .then(Html::trusted("</a>"))
}

#[derive(Template)]
#[template(path = "office/assign.html")]
struct AssignPage {
    page: Page,
    errors: Vec<ErrorItem>,
    tasks: Vec<String>,
    table: Table,
    to: Option<Select>,
    none: Option<EmptyState>,
    done: bool,
}

/// People who may be given at least one of the tasks.
async fn candidates(
    services: &Services,
    visitor: &Visitor,
    tasks: &[(TaskRow, CaseRow)],
) -> Result<BTreeMap<PersonId, String>, Fault> {
    let actor = visitor.require_actor()?;
    let mut people = BTreeMap::new();
    let mut asked: Vec<(String, String)> = Vec::new();
    for (task, _) in tasks {
        let seat = (task.role.clone(), task.agency.clone());
        if asked.contains(&seat) {
            continue;
        }
        let gives_out = actor.can_in("case.assign", &task.agency);
        for (person, name) in services.directory.holders(&task.role, &task.agency).await? {
            if gives_out || person == actor.person {
                people.insert(person, name);
            }
        }
        asked.push(seat);
    }
    Ok(people)
}

/// The text of why a task cannot be given, or an empty one.
fn assign_refusal(page: &Page, problem: &Problem) -> String {
    let known = ["not_your_task", "not_in_unit", "task_closed", "task_not_found"];
    let code = known.iter().find(|code| **code == problem.code).copied().unwrap_or("other");
    page.t(&format!("office-assign-why-{}", super::frame::dashed(code)))
}

/// Gives chosen tasks to one official: first what will happen, then the result of every row.
pub async fn assign_tasks(visitor: Visitor, Use(services): Use<State>, form: FormFields) -> Answer {
    let actor = visitor.require_actor()?.clone();
    let ids = form.all("chon");
    let tasks = services.open_tasks(&actor, &ids.iter().take(100).copied().collect::<Vec<_>>()).await?;
    let mut page = office_page(&visitor, t(visitor.lang, "office-assign-title", &[]), "inbox");
    if tasks.is_empty() {
        let none = EmptyState::new(page.t("office-assign-none"))
            .text(page.t("office-assign-none-text"))
            .next(page.t("office-back-to-inbox"), page.href(INBOX));
        let table = Table::new(String::new(), Vec::new());
        let template =
            AssignPage { page, errors: Vec::new(), tasks: Vec::new(), table, to: None, none: Some(none), done: false };
        return html_invalid(template);
    }
    let people = candidates(&services, &visitor, &tasks).await?;
    let chosen = form.filled("to").and_then(|id| Id::parse(id).ok()).filter(|id| people.contains_key(id));
    if let Some(to) = &chosen {
        return assigned(&visitor, &services, page, &tasks, to, &people).await;
    }
    let errors: Vec<ErrorItem> =
        form.has("to").then(|| ErrorItem::of("to", page.t("office-assign-to-empty"))).into_iter().collect();
    page.errors = !errors.is_empty();
    let choices = people.iter().map(|(id, name)| {
        let text = if *id == actor.person { page.t1("office-assign-me", "name", name) } else { name.clone() };
        Choice::new(id.as_str(), text)
    });
    let field = Field::new(page.lang, "to", page.t("office-assign-to")).style(LabelStyle::Strong).errors(&errors);
    let to = (!people.is_empty()).then(|| Select::new(field, choices.collect()));
    let names = Names::load(&services, &[]).await?;
    let columns = ["owner", "case", "unit", "possible"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-assign-caption"), columns);
    for (task, case) in &tasks {
        let may = actor.can_in("case.assign", &task.agency) || actor.holds(&task.role, &task.agency);
        let word = if may { page.t("office-assign-can") } else { page.t("office-assign-why-not-your-task") };
        table = table.row(vec![
            Cell::from(case_link(&page, case.id.as_str(), &case.owner_name)),
            Cell::from(page.code(&case.case_no)),
            Cell::from(names.of(page.lang, &task.agency)),
            Cell::from(word),
        ]);
    }
    let ids = tasks.iter().map(|(task, _)| task.id.as_str().to_owned()).collect();
    let invalid = page.errors;
    let template = AssignPage { page, errors, tasks: ids, table, to, none: None, done: false };
    if invalid { html_invalid(template) } else { html(template) }
}

async fn assigned(
    visitor: &Visitor,
    services: &Services,
    mut page: Page,
    tasks: &[(TaskRow, CaseRow)],
    to: &PersonId,
    people: &BTreeMap<PersonId, String>,
) -> Answer {
    let actor = visitor.require_actor()?;
    let columns = ["owner", "case", "result"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-assign-results"), columns);
    let mut given = 0_usize;
    for (task, case) in tasks {
        let result = services.assign(actor, task.id.as_str(), to, &visitor.request_id).await;
        let word = match &result {
            Ok(()) => page.tag(page.t("office-assign-done")).done().into_html(),
            Err(problem) => page.tag(assign_refusal(&page, problem)).late().into_html(),
        };
        given += usize::from(result.is_ok());
        table = table.row(vec![
            Cell::from(case_link(&page, case.id.as_str(), &case.owner_name)),
            Cell::from(page.code(&case.case_no)),
            Cell::from(word),
        ]);
    }
    let name = people.get(to).cloned().unwrap_or_default();
    page.title =
        page.tn("office-assign-given", &[("given", given.into()), ("all", tasks.len().into()), ("name", name.into())]);
    html(AssignPage { page, errors: Vec::new(), tasks: Vec::new(), table, to: None, none: None, done: true })
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("open_workbench", "/can-bo").official().example("/can-bo").role("official").redirects_to(INBOX),
            open_workbench,
        )
        .page(Row::get("show_inbox", INBOX).official().example(INBOX).role("official"), show_inbox)
        .page(
            Row::post("search_cases", "/can-bo/tim").official().no_mutation("only finds; the look is recorded"),
            search_cases,
        )
        .page(Row::post("assign_tasks", "/can-bo/giao-viec").official().audit("task.assigned"), assign_tasks)
}
