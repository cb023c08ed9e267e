//! Break-glass: asking, confirming by a second official, looking.

use super::office::{link, office_page};
use super::{day, origin, reader, send_file};
use crate::emergency::Emergency;
use crate::model::ItemRow;
use crate::room::VaultRoom;
use crate::rules::EmergencyState;
use askama::Template;
use axum::extract::State;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Cell, Column, SummaryList, SummaryRow, Table, Tag, TextArea, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};

/// Address of the list and the form.
pub(crate) const EMERGENCIES: &str = "/can-bo/khan-cap";

#[derive(Template)]
#[template(path = "emergencies.html")]
struct ListPage {
    page: Page,
    errors: Vec<ErrorItem>,
    table: Option<Table>,
    number: TextInput,
    reason: TextArea,
}

#[derive(Template)]
#[template(path = "emergency.html")]
struct OnePage {
    page: Page,
    id: String,
    state: Tag,
    facts: SummaryList,
    /// The reader is the second official.
    confirms: bool,
    /// The reader asked, and somebody else must answer.
    waits: bool,
    /// The reader may look now.
    looks: bool,
}

#[derive(Template)]
#[template(path = "emergency_items.html")]
struct ItemsPage {
    page: Page,
    lead: String,
    table: Option<Table>,
}

fn tag(page: &Page, state: EmergencyState) -> Tag {
    let tag = page.tag(page.t(&format!("vault-emergency-{}", state.as_str().to_lowercase())));
    match state {
        EmergencyState::Asked => tag.wait(),
        EmergencyState::Open => tag.late(),
        _ => tag,
    }
}

async fn build(
    visitor: &Visitor,
    room: &VaultRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<ListPage, Fault> {
    let mut page = office_page(visitor, "vault-emergency-title", "");
    page.errors = !errors.is_empty();
    page.private = true;
    let all = room.emergencies(&reader(visitor)?).await?;
    let columns = ["asked", "by", "state"].map(|key| Column::new(page.t(&format!("vault-column-{key}"))));
    let mut table = Table::new(page.t("vault-emergency-list"), columns.to_vec());
    for one in &all {
        table = table.row(vec![
            Cell::from(link(&page, &format!("{EMERGENCIES}/{}", one.id), &page.moment(one.asked_at))),
            Cell::from(page.vietnamese(&one.asked_name)),
            Cell::from(Html::trusted(tag(&page, one.state).to_string())),
        ]);
    }
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    Ok(ListPage {
        table: (!all.is_empty()).then_some(table),
        number: TextInput::new(field("number", "vault-emergency-number"))
            .value(form.text("number"))
            .numeric()
            .width(20),
        reason: TextArea::new(field("reason", "vault-emergency-reason").hint(page.t("vault-emergency-reason-hint")))
            .value(form.text("reason"))
            .limit(500),
        errors,
        page,
    })
}

/// Emergency accesses of the reader's agency and the form of a new one.
pub(crate) async fn list_emergencies(visitor: Visitor, State(room): State<VaultRoom>) -> Answer {
    html(build(&visitor, &room, &FormFields::default(), Vec::new()).await?)
}

/// Asks.
pub(crate) async fn ask_emergency(visitor: Visitor, State(room): State<VaultRoom>, form: FormFields) -> Answer {
    match room.ask_emergency(&reader(&visitor)?, form.text("number"), form.text("reason")).await {
        Ok(id) => redirect(visitor.lang, &format!("{EMERGENCIES}/{id}")),
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            let message =
                |field: &str| ErrorItem::of(field, t(visitor.lang, &format!("vault-emergency-error-{field}"), &[]));
            let items = errors.iter().map(|error| message(&error.field)).collect();
            html_invalid(build(&visitor, &room, &form, items).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

fn facts(page: &Page, one: &Emergency) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut facts = vec![
        row("vault-emergency-reason", page.vietnamese(&one.reason)),
        row("vault-column-by", page.vietnamese(&one.asked_name)),
        row("vault-column-asked", page.time(one.asked_at)),
    ];
    facts.extend(one.answered_name.as_deref().map(|name| row("vault-emergency-second", page.vietnamese(name))));
    facts.extend(one.answered_at.map(|at| row("vault-complaint-answered", page.time(at))));
    SummaryList::new(facts)
}

/// One emergency access.
pub(crate) async fn show_emergency(visitor: Visitor, State(room): State<VaultRoom>, Path(id): Path<String>) -> Answer {
    let reader = reader(&visitor)?;
    let one = room.emergency(&reader, &id).await?;
    let mut page = office_page(&visitor, "vault-emergency-one", "");
    page.private = true;
    let me = reader.actor.person.as_str();
    let mine = one.asked_by == me;
    html(OnePage {
        state: tag(&page, one.state),
        facts: facts(&page, &one),
        confirms: one.state == EmergencyState::Asked && !mine,
        waits: one.state == EmergencyState::Asked && mine,
        looks: one.state == EmergencyState::Open && (mine || one.answered_by.as_deref() == Some(me)),
        id: one.id,
        page,
    })
}

/// The second official says yes or no.
pub(crate) async fn answer_emergency(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let yes = match form.text("answer") {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::invalid("answer_invalid", "yes or no").field("answer", "unknown").into()),
    };
    match room.answer_emergency(&reader(&visitor)?, &id, yes).await {
        Ok(()) | Err(Problem { kind: ProblemKind::Conflict, .. }) => {
            redirect(visitor.lang, &format!("{EMERGENCIES}/{id}"))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The button that takes the file of one document: a form, for taking is an act that is told to the person.
fn take(page: &Page, csrf: &str, id: &str, row: &ItemRow) -> Html {
    let address = page.href(format!("{EMERGENCIES}/{id}/giay-to/{}/tep", row.item.id));
    let button = page.button(page.t("vault-download")).secondary().small().hidden(&row.item.title);
    Html::trusted("<form method=\"post\" action=\"")
        .then(Html::text(address))
        .then(Html::trusted("\">"))
        .then(Html::trusted(csrf.to_owned()))
        .then(Html::trusted(button.to_string()))
        .then(Html::trusted("</form>"))
}

/// The file of one document, while it is open.
pub(crate) async fn take_in_emergency(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path((id, item)): Path<(String, String)>,
) -> Answer {
    let row = room.take_in_emergency(&reader(&visitor)?, &id, &item).await?;
    send_file(&room, &row.item).await
}

/// The documents, while it is open. A form and not a link, so that no reload looks again unseen.
pub(crate) async fn look_in_emergency(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(id): Path<String>,
) -> Answer {
    let (emergency, items) = room.look_in_emergency(&reader(&visitor)?, &id).await?;
    let mut page = office_page(&visitor, "vault-emergency-items", "");
    page.private = true;
    let columns = ["title", "number", "issuer", "issued", "origin"]
        .map(|key| Column::new(page.t(&format!("vault-column-{key}"))));
    let mut columns = columns.to_vec();
    columns.push(Column::new(page.t("vault-column-file")));
    let csrf = page.csrf_field();
    let mut table = Table::new(page.t("vault-emergency-items"), columns).caption_hidden();
    for row in &items {
        table = table.row(vec![
            Cell::from(page.vietnamese(&row.item.title)),
            Cell::from(row.item.number.clone().unwrap_or_default()),
            Cell::from(page.vietnamese(&row.item.issuer)),
            Cell::from(day(&page, &row.item.issued_on)),
            Cell::from(origin(&page, &row.item)),
            Cell::from(take(&page, &csrf.to_string(), &emergency.id, row)),
        ]);
    }
    let name = room.inner().identity.person(&emergency.subject).await.map_err(Problem::from)?;
    let lead = page.t1("vault-emergency-lead", "name", name.map(|person| person.full_name).unwrap_or_default());
    html(ItemsPage { lead, table: (!items.is_empty()).then_some(table), page })
}
