//! "Ủy quyền": what one gave and received; accepting, refusing, ending.

use super::PATH;
use super::api::by;
use super::model::MandateRow;
use super::rules::{Side, State as Standing};
use crate::room::IdentityRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::cases::ProcedureName;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{DocRow, EmptyState, Notification, SummaryList, SummaryRow, Tag};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, Fault, Path, Query, Visitor, html, redirect};
use serde::Deserialize;

/// What was done a moment ago.
#[derive(Deserialize)]
pub(crate) struct Done {
    /// `gui`, `nhan`, `tu-choi`, `ket-thuc` or `khac-ten`.
    xong: Option<String>,
}

#[derive(Template)]
#[template(path = "mandates.html")]
struct MandatesPage {
    page: Page,
    done: Option<Notification>,
    given: Vec<DocRow>,
    received: Vec<DocRow>,
    by_law: Vec<DocRow>,
    empty: Option<EmptyState>,
    may_propose: bool,
}

#[derive(Template)]
#[template(path = "mandate.html")]
struct MandatePage {
    page: Page,
    done: Option<Notification>,
    state: Tag,
    facts: SummaryList,
    id: String,
    waits: bool,
    ends: bool,
    explain: String,
}

fn tag(page: &Page, state: Standing) -> Tag {
    let tag = page.tag(page.t(&format!("mandate-state-{}", state.as_str().to_lowercase())));
    match state {
        Standing::Active => tag.done(),
        Standing::Proposed => tag.wait(),
        _ => tag,
    }
}

fn names(page: &Page, codes: &[String], known: &[ProcedureName]) -> Html {
    let mut html = Html::text("");
    for (index, code) in codes.iter().enumerate() {
        if index > 0 {
            html = html.then(Html::text("; "));
        }
        let name = known.iter().find(|name| name.code == *code);
        html = html.then(name.map_or_else(|| Html::text(code), |name| page.b(&name.name)));
    }
    html
}

fn notice(page: &Page, done: Option<&str>) -> Option<Notification> {
    let key = match done? {
        "gui" => "mandate-done-sent",
        "nhan" => "mandate-done-accepted",
        "tu-choi" => "mandate-done-rejected",
        "ket-thuc" => "mandate-done-ended",
        "khac-ten" => "mandate-done-name",
        _ => return None,
    };
    let notice = Notification::new("da-ghi", page.t("ui-notice-title"), page.t(key));
    Some(if done == Some("khac-ten") { notice } else { notice.success() })
}

/// Shows what one gave and received.
pub(crate) async fn list_mandates(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(done): Query<Done>,
) -> Answer {
    let actor = visitor.require_actor()?;
    let mut page = visitor.page(t(visitor.lang, "mandate-title", &[]), "");
    page.private = true;
    let all = room.mandates_of(actor).await?;
    let codes: Vec<String> = all.given.iter().chain(&all.received).flat_map(|m| m.procedures.clone()).collect();
    let known = room.around().procedure_names(&codes).await.map_err(Problem::from)?;
    let row = |mandate: &MandateRow, name: &str| {
        let href = page.href(format!("{PATH}/{}", mandate.id));
        let dates = page.t2("mandate-dates", "from", page.date_table(mandate.from), "to", page.date_table(mandate.to));
        DocRow::new("users", name, href)
            .lang(Lang::Vi)
            .line(names(&page, &mandate.procedures, &known))
            .line(Html::text(dates))
            .status(tag(&page, mandate.state))
    };
    let given: Vec<DocRow> = all.given.iter().map(|mandate| row(mandate, &mandate.delegate_name)).collect();
    let received: Vec<DocRow> = all.received.iter().map(|mandate| row(mandate, &mandate.principal_name)).collect();
    let people = if actor.on_behalf_of.is_none() { room.represented_by(&actor.person).await? } else { Vec::new() };
    let by_law = people.iter().filter(|other| other.mandates.iter().any(|m| m.covers("*"))).map(|other| {
        let organisation = other.entity == haidang_contracts::identity::PersonKind::Organisation;
        let key = if organisation { "identity-behalf-organisation" } else { "identity-behalf-child" };
        DocRow::new("users", &other.full_name, page.href("/lam-thay")).lang(Lang::Vi).line(Html::text(page.t(key)))
    });
    let by_law: Vec<DocRow> = by_law.collect();
    let nothing = given.is_empty() && received.is_empty();
    let empty = nothing.then(|| EmptyState::new(page.t("mandate-empty")).text(page.t("mandate-empty-text")));
    let done = notice(&page, done.xong.as_deref());
    html(MandatesPage { done, given, received, by_law, empty, may_propose: actor.acts_in_full(), page })
}

/// Shows one mandate to one of its sides.
pub(crate) async fn show_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Answer {
    let actor = visitor.require_actor()?;
    let (mandate, side) = room.mandate_of(actor, &id).await?;
    let mut page = visitor.page(t(visitor.lang, "mandate-one-title", &[]), "");
    page.private = true;
    let known = room.around().procedure_names(&mandate.procedures).await.map_err(Problem::from)?;
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut facts = vec![
        row("mandate-principal", page.vietnamese(&mandate.principal_name)),
        row("mandate-delegate", page.vietnamese(&mandate.delegate_name)),
        row("mandate-procedures", names(&page, &mandate.procedures, &known)),
        row("mandate-from", Html::text(page.date(mandate.from))),
        row("mandate-to", Html::text(page.date(mandate.to))),
        row("mandate-acr", Html::text(page.t1("mandate-acr-value", "level", i64::from(mandate.min_assurance)))),
        row("mandate-revocable", Html::text(page.t(if mandate.revocable { "mandate-yes" } else { "mandate-no" }))),
    ];
    facts.extend(mandate.source_document.as_ref().map(|text| row("mandate-source", page.vietnamese(text))));
    facts.push(row("mandate-proposed-at", page.time(mandate.proposed_at)));
    facts.extend(mandate.answered_at.map(|at| row("mandate-answered-at", page.time(at))));
    facts.extend(mandate.revoked_at.map(|at| row("mandate-ended-at", page.time(at))));
    facts.push(row("mandate-evidence", page.code(mandate.evidence_hash.chars().take(16).collect::<String>())));
    let waits = side == Side::Delegate && mandate.state == Standing::Proposed;
    let open = matches!(mandate.state, Standing::Proposed | Standing::Active);
    let ends = open && !waits && (side == Side::Delegate || mandate.revocable || mandate.state == Standing::Proposed);
    let explain = page.t(if waits { "mandate-explain-delegate" } else { "mandate-explain" });
    html(MandatePage {
        done: notice(&page, done.xong.as_deref()),
        state: tag(&page, mandate.state),
        facts: SummaryList::new(facts),
        id: mandate.id,
        waits,
        ends,
        explain,
        page,
    })
}

/// Back to the mandate, which says how it stands now, also when the other side was faster.
fn after(visitor: &Visitor, id: &str, done: &str, answer: Result<(), Problem>) -> Answer {
    match answer {
        Ok(()) => redirect(visitor.lang, &format!("{PATH}/{id}?xong={done}")),
        Err(Problem { code: "name_differs", .. }) => redirect(visitor.lang, &format!("{PATH}/{id}?xong=khac-ten")),
        Err(Problem { kind: ProblemKind::Conflict, .. }) => redirect(visitor.lang, &format!("{PATH}/{id}")),
        Err(problem) => Err(Fault::from(problem)),
    }
}

/// Accepts.
pub(crate) async fn accept_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Path<String>,
) -> Answer {
    let answer = room.answer_mandate(by(&visitor, visitor.require_actor()?), &id, true).await;
    after(&visitor, &id, "nhan", answer)
}

/// Refuses.
pub(crate) async fn reject_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Path<String>,
) -> Answer {
    let answer = room.answer_mandate(by(&visitor, visitor.require_actor()?), &id, false).await;
    after(&visitor, &id, "tu-choi", answer)
}

/// Ends.
pub(crate) async fn end_mandate(visitor: Visitor, State(room): State<IdentityRoom>, Path(id): Path<String>) -> Answer {
    let answer = room.end_mandate(by(&visitor, visitor.require_actor()?), &id).await;
    after(&visitor, &id, "ket-thuc", answer)
}
