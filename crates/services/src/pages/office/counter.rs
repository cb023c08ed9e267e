//! At the counter: find the person by number or register them, choose the procedure, then the same questions as online.

use super::frame::{Names, capital, channel_text, office_page};
use super::list::short_moment;
use crate::api::State;
use crate::cases::drafts::NewDraft;
use crate::model::Channel;
use crate::service::Services;
use askama::Template;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{NewPerson, PersonKind, PersonRecord};
use haidang_kernel::id::Id;
use haidang_kernel::number::{CitizenNo, Phone, TaxNo};
use haidang_kernel::problem::Problem;
use haidang_ui::component::{
    Cell, Choices, Column, DateField, EmptyState, Select, SummaryList, SummaryRow, Table, TextInput,
};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle};
use haidang_ui::{IntoHtml, Page, t};
use haidang_web::{
    Answer, Fault, FormFields, Path, Query, Routes, Row, State as Use, Visitor, html, html_invalid, redirect,
};
use serde::Deserialize;

const COUNTER: &str = haidang_ui::paths::COUNTER;

#[derive(Template)]
#[template(path = "office/counter.html")]
struct CounterPage {
    page: Page,
    errors: Vec<ErrorItem>,
    number: TextInput,
    drafts: Option<Table>,
}

/// Asks for the number of the person in front of the clerk, and lists what the clerk has begun.
pub async fn show_counter(visitor: Visitor, Use(services): Use<State>) -> Answer {
    html(counter_page(&visitor, &services, "", Vec::new()).await?)
}

async fn counter_page(
    visitor: &Visitor,
    services: &Services,
    typed: &str,
    errors: Vec<ErrorItem>,
) -> Result<CounterPage, Fault> {
    let mut page = office_page(visitor, t(visitor.lang, "office-counter-title", &[]), "counter");
    page.errors = !errors.is_empty();
    let field = Field::new(page.lang, "number", page.t("office-counter-number"))
        .style(LabelStyle::Strong)
        .hint(page.t("office-counter-number-hint"))
        .errors(&errors);
    let number = TextInput::new(field).value(typed).numeric().width(20);
    let drafts = drafts(visitor, services, &page).await?;
    Ok(CounterPage { page, errors, number, drafts })
}

async fn drafts(visitor: &Visitor, services: &Services, page: &Page) -> Result<Option<Table>, Fault> {
    let rows = services.open_drafts(visitor.require_actor()?).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let columns = ["procedure", "channel", "saved"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-counter-drafts"), columns);
    for row in rows {
        let name = services.catalogue().by_id(&row.version_id);
        let name = name.map_or_else(|| row.procedure_code.clone(), |v| v.name().text(page.lang).to_owned());
        let link = super::case_parts::link(page, &format!("/nop-ho-so/{}", row.id), &name);
        table = table.row(vec![
            Cell::from(link),
            Cell::from(channel_text(page.lang, row.channel)),
            Cell::from(short_moment(row.updated_at)),
        ]);
    }
    Ok(Some(table))
}

/// The number as it is stored, with its kind; `None` when it is neither a citizen nor a tax number.
pub(super) fn read_number(text: &str) -> Option<(PersonKind, String)> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '.').collect();
    if let Ok(number) = CitizenNo::parse(&digits) {
        return Some((PersonKind::Person, number.as_str().to_owned()));
    }
    TaxNo::parse(&digits).ok().map(|number| (PersonKind::Organisation, number.as_str().to_owned()))
}

/// Looks the person up; whoever is unknown is registered on the next page.
pub async fn find_person_at_counter(visitor: Visitor, Use(services): Use<State>, form: FormFields) -> Answer {
    let actor = visitor.require_actor()?;
    let typed = form.text("number").trim();
    let Some((kind, number)) = read_number(typed) else {
        let key = if typed.is_empty() { "office-counter-number-empty" } else { "office-counter-number-wrong" };
        let errors = vec![ErrorItem::of("number", t(visitor.lang, key, &[]))];
        return html_invalid(counter_page(&visitor, &services, typed, errors).await?);
    };
    match services.find_person(actor, &number, &visitor.request_id).await? {
        Some(person) => redirect(visitor.lang, &format!("{COUNTER}/{}", person.id)),
        // The number stays in the form: it must not stand in an address.
        None => html(register_page(&visitor, kind, &number, &FormFields::default(), Vec::new())),
    }
}

#[derive(Template)]
#[template(path = "office/register_person.html")]
struct RegisterPage {
    page: Page,
    errors: Vec<ErrorItem>,
    number: String,
    name: TextInput,
    birth: Option<DateField>,
    phone: TextInput,
}

fn register_page(
    visitor: &Visitor,
    kind: PersonKind,
    number: &str,
    typed: &FormFields,
    errors: Vec<ErrorItem>,
) -> RegisterPage {
    let mut page = office_page(visitor, t(visitor.lang, "office-register-title", &[]), "counter");
    page.errors = !errors.is_empty();
    let organisation = kind == PersonKind::Organisation;
    let field =
        |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).style(LabelStyle::Strong).errors(&errors);
    let name_key = if organisation { "office-register-organisation" } else { "office-register-name" };
    let name = TextInput::new(field("full_name", name_key)).value(typed.text("full_name"));
    let birth =
        (!organisation).then(|| {
            DateField::new(field("birth_date", "office-register-birth").hint(page.t("office-register-birth-hint")))
                .values(typed.text("birth_date.day"), typed.text("birth_date.month"), typed.text("birth_date.year"))
        });
    let phone = TextInput::new(field("phone", "office-register-phone").optional(true))
        .value(typed.text("phone"))
        .kind("tel")
        .numeric()
        .width(20);
    RegisterPage { number: number.to_owned(), name, birth, phone, errors, page }
}

/// Registers the person and goes on to the choice of procedure.
pub async fn register_person(visitor: Visitor, Use(services): Use<State>, form: FormFields) -> Answer {
    let actor = visitor.require_actor()?;
    let Some((kind, number)) = read_number(form.text("number")) else {
        let errors = vec![ErrorItem::of("number", t(visitor.lang, "office-counter-number-wrong", &[]))];
        return html_invalid(counter_page(&visitor, &services, form.text("number"), errors).await?);
    };
    let mut errors = Vec::new();
    let mut wrong = |name: &str, key: &str| errors.push(ErrorItem::of(name, t(visitor.lang, key, &[])));
    let name = form.filled("full_name");
    if name.is_none() {
        wrong("full_name", "office-register-name-empty");
    }
    let birth = super::action::day_of(&form, "birth_date").filter(|day| *day <= services.ambient.today());
    if kind == PersonKind::Person && birth.is_none() {
        wrong("birth_date", "office-register-birth-wrong");
    }
    let phone = match form.filled("phone").map(Phone::parse) {
        Some(Ok(phone)) => Some(phone.as_str().to_owned()),
        Some(Err(_)) => {
            wrong("phone", "office-register-phone-wrong");
            None
        }
        None => None,
    };
    let Some(name) = name.filter(|_| errors.is_empty()) else {
        return html_invalid(register_page(&visitor, kind, &number, &form, errors));
    };
    let person = kind == PersonKind::Person;
    let new = NewPerson {
        kind,
        full_name: name.to_owned(),
        citizen_no: person.then(|| number.clone()),
        tax_no: (!person).then_some(number),
        birth_date: birth.filter(|_| person).map(|day| day.to_string()),
        phone,
    };
    let person = services.register_person(actor, &new, &visitor.request_id).await?;
    redirect(visitor.lang, &format!("{COUNTER}/{}", person.id))
}

#[derive(Template)]
#[template(path = "office/counter_procedure.html")]
struct ProcedurePage {
    page: Page,
    errors: Vec<ErrorItem>,
    person: SummaryList,
    words: String,
    found: Vec<ProcedureLine>,
    summary: String,
    empty: Option<EmptyState>,
    channel: Choices,
    unit: Option<Select>,
    only_unit: String,
    base: String,
}

struct ProcedureLine {
    code: String,
    name: haidang_ui::Html,
    said: String,
}

/// Words to find the procedure by; never personal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FindProcedure {
    q: Option<String>,
}

fn person_id(text: &str) -> Result<PersonId, Fault> {
    Id::parse(text).map_err(|_| Problem::not_found("person_not_found", "no such person").into())
}

const MOST_PROCEDURES: usize = 10;

/// Shows the person and lets the clerk choose procedure, channel and counter.
pub async fn choose_procedure_at_counter(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(person): Path<String>,
    Query(find): Query<FindProcedure>,
) -> Answer {
    let person =
        services.person_at_counter(visitor.require_actor()?, &person_id(&person)?, &visitor.request_id).await?;
    let words = find.q.unwrap_or_default();
    html(procedure_page(&visitor, &services, &person, &words, &FormFields::default(), Vec::new()).await?)
}

async fn procedure_page(
    visitor: &Visitor,
    services: &Services,
    person: &PersonRecord,
    words: &str,
    typed: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<ProcedurePage, Fault> {
    let actor = visitor.require_actor()?;
    let mut page = office_page(visitor, t(visitor.lang, "office-counter-procedure-title", &[]), "counter");
    page.errors = !errors.is_empty();
    let found: Vec<ProcedureLine> = if words.trim().is_empty() {
        Vec::new()
    } else {
        let hits = services.find_procedures(words, MOST_PROCEDURES);
        let line = |v: &std::sync::Arc<crate::procedure::Version>| ProcedureLine {
            code: v.procedure.code.clone(),
            name: page.b(&v.name()),
            said: v.name().text(page.lang).to_owned(),
        };
        hits.iter().map(line).collect()
    };
    let empty = (found.is_empty() && !words.trim().is_empty()).then(|| {
        EmptyState::new(page.t1("office-counter-no-procedure", "words", words))
            .text(page.t("office-counter-no-procedure-text"))
    });
    let summary = if found.is_empty() { String::new() } else { page.t1("office-counter-found", "count", found.len()) };
    let channel = if typed.has("channel") { typed.text("channel") } else { Channel::Direct.as_str() };
    let channels = [Channel::Direct, Channel::Postal]
        .map(|one| Choice::new(one.as_str(), capital(&channel_text(page.lang, one))).chosen(channel));
    let field =
        |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).style(LabelStyle::Strong).errors(&errors);
    let names = Names::load(services, &[]).await?;
    let units = actor.agencies_with("case.receive");
    let choices = units.iter().map(|code| Choice::new(code, names.of(page.lang, code)).chosen(typed.text("agency")));
    let unit =
        (units.len() > 1).then(|| Select::new(field("agency", "office-counter-unit"), choices.collect()).always());
    let mut facts = vec![SummaryRow::new(page.t("office-register-name"), page.vietnamese(&person.full_name))];
    if let Some(number) = person.citizen_no.as_deref().and_then(|number| CitizenNo::parse(number).ok()) {
        facts.push(SummaryRow::new(page.t("office-counter-number"), page.code(number.grouped())));
    }
    if let Some(number) = &person.tax_no {
        facts.push(SummaryRow::new(page.t("office-counter-tax"), page.code(number)));
    }
    let birth = person.birth_date.as_deref().and_then(|text| text.parse::<jiff::civil::Date>().ok());
    facts.extend(birth.map(|day| SummaryRow::new(page.t("office-register-birth"), page.date(day).into_html())));
    Ok(ProcedurePage {
        channel: Choices::radios(field("channel", "office-counter-channel"), channels.to_vec()).small(),
        unit,
        only_unit: units.first().cloned().unwrap_or_default(),
        person: SummaryList::new(facts),
        words: words.to_owned(),
        base: page.href(format!("{COUNTER}/{}", person.id)),
        found,
        summary,
        empty,
        errors,
        page,
    })
}

/// Begins a draft for the person and goes to the same questions as online.
pub async fn start_at_counter(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(person): Path<String>,
    form: FormFields,
) -> Answer {
    let actor = visitor.require_actor()?;
    let owner = person_id(&person)?;
    let channel = Channel::parse(form.text("channel")).filter(|channel| *channel != Channel::Online);
    let new = NewDraft {
        procedure: form.text("procedure").to_owned(),
        channel: channel.unwrap_or(Channel::Direct),
        owner: Some(owner.clone()),
        agency: form.filled("agency").map(str::to_owned),
        request_id: visitor.request_id.clone(),
    };
    match services.start_draft(actor, new).await {
        Ok(draft) => redirect(visitor.lang, &format!("/nop-ho-so/{draft}")),
        Err(problem) if matches!(problem.code, "channel_closed" | "procedure_not_found") => {
            let person = services.person_at_counter(actor, &owner, &visitor.request_id).await?;
            let (field, key) = match problem.code {
                "channel_closed" => ("channel", "office-counter-channel-closed"),
                _ => ("q", "office-counter-procedure-gone"),
            };
            let errors = vec![ErrorItem::of(field, t(visitor.lang, key, &[]))];
            html_invalid(procedure_page(&visitor, &services, &person, form.text("q"), &form, errors).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Adds the routes of this file.
pub(super) fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_counter", COUNTER).capability("case.receive").example(COUNTER).role("one_stop_officer"),
            show_counter,
        )
        .page(
            Row::post("find_person_at_counter", COUNTER)
                .capability("case.receive")
                .no_mutation("only finds; the look is recorded"),
            find_person_at_counter,
        )
        .page(
            Row::post("register_person", "/can-bo/tiep-nhan/nguoi-moi")
                .capability("case.receive")
                .audit("person.registered"),
            register_person,
        )
        .page(
            Row::get("choose_procedure_at_counter", "/can-bo/tiep-nhan/{person}")
                .capability("case.receive")
                .example("/can-bo/tiep-nhan/{person}?q=khai+sinh")
                .role("one_stop_officer"),
            choose_procedure_at_counter,
        )
        .page(
            Row::post("start_at_counter", "/can-bo/tiep-nhan/{person}/bat-dau")
                .capability("case.receive")
                .audit("draft.started"),
            start_at_counter,
        )
}
