//! Trying a call: an official asks in the name of an information system of their agency, under one of its agreements. The
//! exchange judges, counts, signs and keeps the call like every other; what is special is only who speaks for the system.

use std::sync::Arc;
use std::time::Duration;

use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::AuditEntry;
use haidang_ui::component::{
    Cell, Choices, Column, EmptyState, Select, SummaryList, SummaryRow, Table, TextArea, TextInput,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, IntoHtml as _, Page, t};
use haidang_web::{Answer, FormFields, Query, State, Visitor};
use hyper::Method;
use serde_json::json;

use super::agreements::state_tag;
use super::overview::environment_text;
use super::parts::{SectionPage, SmallForm, bullets, entry_link, paragraph};
use super::systems::Which;
use super::trial_answer::{SHOWN, shown};
use super::view::{Agreement, View};
use super::{AGREEMENTS, Reader, RegistryRoom, TRIAL};
use crate::proxy::{Exchange, Insider};
use crate::registry::rules::trial::{METHODS, Marks, Typed, Wrong, proposal, request};
use crate::rules::agreement::Environment;

/// How long an official waits; the frame of the city cuts a request off soon after.
const PATIENCE: Duration = Duration::from_secs(25);
/// What the box of the confirmation sends.
const CONFIRMED: &str = "co";

/// Shows the agreements under which a call can be tried, or the form for one of them.
pub(crate) async fn show_exchange_trial(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    Query(which): Query<Which>,
) -> Answer {
    if !which.ma.is_empty() {
        return one(&visitor, &room, &which.ma, &FormFields::default(), Vec::new(), None).await;
    }
    let view = View::read(&room).await?;
    let title = t(visitor.lang, "exchange-trial", &[]);
    let mut answer = SectionPage::office(&visitor, title, TRIAL, Vec::new()).at_top();
    let page = answer.page().clone();
    answer.lead(page.t("exchange-trial-lead"));
    let own = own(&view, &Reader::of(&visitor)?)?;
    if own.is_empty() {
        answer.section("exchange-agreements", EmptyState::new(page.t("exchange-trial-none")));
        return answer.answer();
    }
    let (made_up, real): (Vec<Agreement>, Vec<Agreement>) =
        own.into_iter().partition(|agreement| agreement.draft.environment == Environment::Sandbox);
    for (heading, agreements) in [("exchange-environment-sandbox", made_up), ("exchange-environment-production", real)]
    {
        if !agreements.is_empty() {
            answer.section(heading, table(&page, &view, &agreements));
        }
    }
    answer.answer()
}

/// Whether somebody asks in the name of the system of an agreement: an official of the consumer; over made-up data the
/// operator too. The operator has no purpose of their own for real data, the provider of a service none for asking.
pub(super) fn may_try(reader: &Reader, agreement: &Agreement) -> bool {
    let made_up = agreement.draft.environment == Environment::Sandbox;
    reader.belongs(&agreement.consumer.member) || (reader.operator && made_up)
}

fn own(view: &View, reader: &Reader) -> Result<Vec<Agreement>, Problem> {
    let agreements = view.agreements(reader)?.into_iter();
    Ok(agreements.filter(|agreement| may_try(reader, agreement)).collect())
}

fn find(view: &View, reader: &Reader, id: &str) -> Result<Agreement, Problem> {
    let found = own(view, reader)?.into_iter().find(|agreement| agreement.draft.id == id);
    found.ok_or_else(|| Problem::not_found("entry_not_found", "there is no such agreement"))
}

fn table(page: &Page, view: &View, agreements: &[Agreement]) -> Html {
    let columns = vec![
        Column::new(page.t("exchange-column-agreement")),
        Column::new(page.t("exchange-column-consumer")),
        Column::new(page.t("exchange-column-service")),
        Column::new(page.t("exchange-column-state")),
    ];
    let mut table = Table::new(page.t("exchange-agreements"), columns).caption_hidden().small();
    for agreement in agreements {
        table = table.row(vec![
            Cell::from(entry_link(page, TRIAL, &agreement.draft.id, page.code(&agreement.draft.id))),
            Cell::from(page.vietnamese(view.system_name(&agreement.consumer))),
            Cell::from(page.vietnamese(view.service_name(&agreement.service))),
            Cell::from(state_tag(page, agreement.draft.state)),
        ]);
    }
    table.into_html()
}

/// The exchange that is asked: it must run in this process, over the data that the agreement is about.
///
/// # Errors
/// The key of the text that says why there is none.
fn exchange(room: &RegistryRoom, agreement: &Agreement) -> Result<Arc<Exchange>, &'static str> {
    let live = room.live().ok_or("exchange-trial-elsewhere")?;
    match live.exchange.directory().environment() == agreement.draft.environment {
        true => Ok(live.exchange),
        false => Err("exchange-trial-other-environment"),
    }
}

async fn one(
    visitor: &Visitor,
    room: &RegistryRoom,
    id: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
    got: Option<Html>,
) -> Answer {
    let view = View::read(room).await?;
    let agreement = find(&view, &Reader::of(visitor)?, id)?;
    let service = view.service_name(&agreement.service);
    let title = t(visitor.lang, "exchange-trial-of", &[("service", service.as_str().into())]);
    let mut answer = SectionPage::office(visitor, title, TRIAL, errors.clone());
    let page = answer.page().clone();
    answer.lead(environment_text(&page, agreement.draft.environment));
    if let Some(got) = got {
        answer.section("exchange-trial-answer", got);
    }
    let endpoints = endpoints(&view, &agreement);
    let call = match exchange(room, &agreement) {
        Ok(_) => questions(&page, &agreement, &endpoints, form, &errors)?,
        Err(key) => paragraph(page.t(key)),
    };
    answer.section("exchange-trial-call", call);
    answer.section("exchange-facts", facts(&page, &view, &agreement, &endpoints));
    answer.answer()
}

/// Endpoints that the agreement lets the system call, as the service names them.
fn endpoints(view: &View, agreement: &Agreement) -> Vec<String> {
    agreement.draft.endpoints.clone().unwrap_or_else(|| {
        let endpoints = view.service_draft(&agreement.service).into_iter().flat_map(|service| service.endpoints);
        endpoints.map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect()
    })
}

fn facts(page: &Page, view: &View, agreement: &Agreement, endpoints: &[String]) -> Html {
    let id = &agreement.draft.id;
    let mut rows = vec![
        SummaryRow::new(page.t("exchange-column-consumer"), page.vietnamese(view.system_name(&agreement.consumer))),
        SummaryRow::new(page.t("exchange-column-service"), page.code(agreement.service.to_string())),
        SummaryRow::new(page.t("exchange-column-agreement"), entry_link(page, AGREEMENTS, id, page.code(id))),
        SummaryRow::new(page.t("exchange-column-state"), state_tag(page, agreement.draft.state)),
        SummaryRow::new(page.t("exchange-purpose"), page.vietnamese(&agreement.draft.purpose_text)),
    ];
    if !endpoints.is_empty() {
        let list = bullets(endpoints.iter().map(|endpoint| page.code(endpoint)));
        rows.push(SummaryRow::new(page.t("exchange-endpoints"), list));
    }
    SummaryList::new(rows).no_border().into_html()
}

fn questions(
    page: &Page,
    agreement: &Agreement,
    endpoints: &[String],
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Html, Problem> {
    let draft = &agreement.draft;
    let real = draft.environment == Environment::Production;
    let (method, path) = proposal(endpoints);
    let procedure = draft.procedures.first().map_or("", String::as_str);
    // A form that was sent keeps what was typed, also where that is nothing.
    let sent = form.has("ma");
    let ask = |name: &str, optional: bool| {
        let key = format!("exchange-trial-{}", name.replace('_', "-"));
        let field = Field::new(page.lang, name, page.t(&key)).hint(page.t(&format!("{key}-hint")));
        field.optional(optional).errors(errors)
    };
    let line = |name: &str, proposed: &str, optional: bool| {
        let value = if sent { form.text(name) } else { proposed };
        TextInput::new(ask(name, optional)).value(value)
    };
    let method = if sent { form.text("phuong_thuc") } else { method };
    let methods = METHODS.iter().map(|word| Choice::new(*word, *word).chosen(method)).collect();
    let button = page.button(page.t("exchange-trial-send"));
    let mut questions = SmallForm::new(page, TRIAL, if real { button.warning() } else { button })
        .hidden("ma", &draft.id)
        .question(Select::new(ask("phuong_thuc", false), methods).always())
        .question(line("duong_dan", path, true))
        .question(line("tham_so", "", true))
        .question(TextArea::new(ask("noi_dung", true)).value(form.text("noi_dung")).rows(8))
        .question(line("muc_dich", &draft.purpose_code, true).width(20))
        .question(line("thu_tuc", procedure, true).width(20))
        .question(line("ho_so", "", !real));
    if real {
        // Asked anew for every call.
        let confirmation = vec![Choice::new(CONFIRMED, page.t("exchange-trial-confirmation"))];
        questions = questions.question(Choices::checkboxes(ask("xac_nhan", false), confirmation));
    }
    questions.finish()
}

fn typed(form: &FormFields) -> Typed<'_> {
    Typed {
        method: form.text("phuong_thuc"),
        path: form.text("duong_dan").trim(),
        query: form.text("tham_so").trim(),
        body: form.text("noi_dung").trim(),
        purpose: form.text("muc_dich").trim(),
        procedure: form.text("thu_tuc").trim(),
        issue: form.text("ho_so").trim(),
        confirmed: form.text("xac_nhan") == CONFIRMED,
    }
}

/// The message and who asks: always the official who sits there, never somebody who was typed.
async fn marks(room: &RegistryRoom, exchange: &Exchange, person: &PersonId) -> Result<Marks, Problem> {
    let record = room.parts.identity.person(person).await?;
    let number = record.map_or_else(|| person.to_string(), |record| record.personal_number().to_owned());
    let id = room.parts.ambient.new_id::<Marks>();
    Ok(Marks { message: format!("{}-{}", exchange.directory().instance(), id.as_str()), user: format!("VN{number}") })
}

/// What the audit keeps: who asked in the name of which system, under which agreement, and the id by which the message
/// log knows the rest. Neither path nor body: they may name people.
fn record(visitor: &Visitor, agreement: &Agreement, marks: &Marks, method: &Method) -> AuditEntry {
    let draft = &agreement.draft;
    let basis = format!("{}, {}", draft.legal_basis.document, draft.legal_basis.article);
    visitor.audit("exchange.call_tried", "exchange_agreement", &draft.id).because(&basis, &draft.purpose_text).detail(
        json!({
            "message": marks.message,
            "consumer": draft.consumer,
            "service": draft.service,
            "environment": draft.environment,
            "version": draft.version,
            "method": method.as_str(),
        }),
    )
}

/// Sends the call and shows what came back.
pub(crate) async fn try_exchange_call(visitor: Visitor, State(room): State<RegistryRoom>, form: FormFields) -> Answer {
    let id = form.text("ma");
    let view = View::read(&room).await?;
    let agreement = find(&view, &Reader::of(&visitor)?, id)?;
    let text = |key: &str| t(visitor.lang, key, &[]);
    let exchange = match exchange(&room, &agreement) {
        Ok(exchange) => exchange,
        Err(key) => return one(&visitor, &room, id, &form, vec![ErrorItem::general(text(key))], None).await,
    };
    let person = visitor.require_actor()?.person.clone();
    let marks = marks(&room, &exchange, &person).await?;
    let real = agreement.draft.environment == Environment::Production;
    let request = match request(&typed(&form), &agreement.service, real, &marks) {
        Ok(request) => request,
        Err(wrong) => {
            let errors = wrong.into_iter().map(|Wrong(field, key)| ErrorItem::of(field, text(key))).collect();
            return one(&visitor, &room, id, &form, errors, None).await;
        }
    };
    // Durable before the call: whoever asks in the name of a system is known, whatever happens then.
    room.parts.db.record(record(&visitor, &agreement, &marks, request.method())).await?;
    let began = room.parts.ambient.now();
    let trying = Insider::trying(exchange, agreement.consumer.clone());
    let outcome = trying.begin(request, SHOWN, PATIENCE).await;
    let took = room.parts.ambient.now().duration_since(began);
    let got = shown(&visitor.page("", ""), &marks, took, outcome);
    one(&visitor, &room, id, &form, Vec::new(), Some(got)).await
}
