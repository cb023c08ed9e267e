//! The form of a new mandate: procedures found by their names, then who, from when, until when.
//!
//! One form with two buttons: searching keeps everything typed, and nothing of it ever stands in an address.

use super::PATH;
use super::api::by;
use super::model::Proposal;
use super::rules::ACCEPTANCE;
use crate::room::IdentityRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::cases::ProcedureName;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{Choices, DateField, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Page, t};
use haidang_web::{Answer, Fault, FormFields, Visitor, html, html_invalid, redirect};
use jiff::civil::Date;

/// Procedures that one search shows.
const SHOWN: usize = 12;

#[derive(Template)]
#[template(path = "mandate_new.html")]
struct NewMandatePage {
    page: Page,
    errors: Vec<ErrorItem>,
    words: TextInput,
    procedures: Option<Choices>,
    nothing: bool,
    name: TextInput,
    number: TextInput,
    from: DateField,
    to: DateField,
    source: TextInput,
    explain: String,
}

async fn build(
    visitor: &Visitor,
    room: &IdentityRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<NewMandatePage, Fault> {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "mandate-new-title", &[]), "");
    page.errors = !errors.is_empty();
    page.private = true;
    let field = |name: &str, key: &str| Field::new(lang, name, t(lang, key, &[])).errors(&errors);
    let chosen: Vec<String> = form.all("procedures").into_iter().map(str::to_owned).collect();
    let around = room.around();
    let mut offered: Vec<ProcedureName> = around.procedure_names(&chosen).await.map_err(Problem::from)?;
    let words = form.text("words").trim();
    let found = match words {
        "" => Vec::new(),
        words => around.find_procedures(words, SHOWN).await.map_err(Problem::from)?,
    };
    let nothing = !words.is_empty() && found.is_empty();
    for one in found {
        if !offered.iter().any(|known| known.code == one.code) {
            offered.push(one);
        }
    }
    let choices: Vec<Choice> = offered
        .iter()
        .map(|one| {
            let (name, spoken) = one.name.get(lang);
            Choice::new(&one.code, name).lang(spoken).hint(&one.code).checked(chosen.contains(&one.code))
        })
        .collect();
    let date = |name: &str, key: &str| {
        let part = |part: &str| form.text(&format!("{name}-{part}")).to_owned();
        DateField::new(field(name, key)).values(part("day"), part("month"), part("year"))
    };
    let explain = page.t1("mandate-new-explain", "years", i64::from(around.mandate_years()));
    Ok(NewMandatePage {
        words: TextInput::new(field("words", "mandate-new-words").hint(t(lang, "mandate-new-words-hint", &[])))
            .value(words)
            .width(30)
            .maxlength(120),
        procedures: (!choices.is_empty())
            .then(|| Choices::checkboxes(field("procedures", "mandate-procedures"), choices).small()),
        nothing,
        name: TextInput::new(field("delegate_name", "mandate-new-name"))
            .value(form.text("delegate_name"))
            .width(30)
            .maxlength(120),
        number: TextInput::new(field("delegate_number", "mandate-new-number").hint(t(
            lang,
            "mandate-new-number-hint",
            &[],
        )))
        .value(form.text("delegate_number"))
        .numeric()
        .width(20)
        .maxlength(12),
        from: date("from", "mandate-from"),
        to: date("to", "mandate-to"),
        source: TextInput::new(field("source", "mandate-source").optional(true).hint(t(
            lang,
            "mandate-new-source-hint",
            &[],
        )))
        .value(form.text("source"))
        .width(30)
        .maxlength(200),
        explain,
        errors,
        page,
    })
}

/// Shows the empty form.
pub(crate) async fn show_mandate_form(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    html(build(&visitor, &room, &FormFields::default(), Vec::new()).await?)
}

fn date_of(form: &FormFields, name: &str) -> Option<Date> {
    let part = |part: &str| form.text(&format!("{name}-{part}")).trim().parse::<i16>().ok();
    let (day, month, year) = (part("day")?, part("month")?, part("year")?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Searches, or proposes.
pub(crate) async fn propose_mandate(visitor: Visitor, State(room): State<IdentityRoom>, form: FormFields) -> Answer {
    if form.text("do") == "search" {
        return html(build(&visitor, &room, &form, Vec::new()).await?);
    }
    let actor = visitor.require_actor()?;
    let lang = visitor.lang;
    let message = |field: &str, code: &str| {
        t(lang, &format!("mandate-error-{}-{}", field.replace('_', "-"), code.replace('_', "-")), &[])
    };
    let (from, to) = (date_of(&form, "from"), date_of(&form, "to"));
    let (Some(first), Some(last)) = (from, to) else {
        let missing = [("from", from), ("to", to)].into_iter().filter(|(_, day)| day.is_none());
        let errors =
            missing.map(|(field, _)| ErrorItem::of(format!("{field}-day"), message(field, "malformed"))).collect();
        return html_invalid(build(&visitor, &room, &form, errors).await?);
    };
    let new = Proposal {
        delegate_number: form.text("delegate_number").chars().filter(|c| !c.is_whitespace()).collect(),
        delegate_name: form.text("delegate_name").to_owned(),
        procedures: form.all("procedures").into_iter().map(str::to_owned).collect(),
        from: first,
        to: last,
        source_document: form.filled("source").map(str::to_owned),
        min_assurance: ACCEPTANCE,
        revocable: true,
    };
    match room.propose_mandate(by(&visitor, actor), new).await {
        Ok(id) => redirect(lang, &format!("{PATH}/{id}?xong=gui")),
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            let at = |field: &str| match field {
                "from" | "to" => format!("{field}-day"),
                // Without a search there is no list yet: the message stands at the search.
                "procedures" if form.all("procedures").is_empty() => "words".to_owned(),
                other => other.to_owned(),
            };
            let items = errors.iter().map(|e| ErrorItem::of(at(&e.field), message(&e.field, &e.code))).collect();
            html_invalid(build(&visitor, &room, &form, items).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}
