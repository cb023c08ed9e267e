//! The form of a new task.

use super::{FormPage, TASKS, day_field, messages, on_form, six_label, task_page, task_path, typed_day};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::tasks::giving::MAY_GIVE;
use crate::tasks::model::{NewTask, Source};
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, Component as _, Inset, Select, TextArea};
use haidang_ui::field::{Choice, ErrorItem, Field, LabelStyle};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, FormFields, State, Visitor, html, html_invalid, redirect};
use jiff::civil::Date;

/// The agency in whose name the reader gives tasks.
pub(crate) fn giving_agency(reader: &Reader<'_>) -> Result<String, Problem> {
    let held = MAY_GIVE.iter().flat_map(|name| reader.actor.agencies_with(name)).next();
    held.ok_or_else(|| Problem::forbidden("not_allowed", "no post gives tasks"))
}

/// What is kept from the proposal while people fill in the rest.
const KEPT: [&str; 4] = ["source", "source_id", "source_title", "quote"];

async fn fields(page: &Page, room: &OfficeRoom, form: &FormFields, errors: &[ErrorItem]) -> Result<Vec<Html>, Problem> {
    let field = |name: &str, label: String| Field::new(page.lang, name, label).errors(errors);
    let unit = form.text("unit");
    let agencies = room.directory.agencies().await?;
    let units = agencies.iter().map(|agency| {
        let name = if page.lang == haidang_ui::Lang::Vi { &agency.name_vi } else { &agency.name_en };
        Choice::new(&agency.code, name).chosen(unit)
    });
    let staff = room.office_staff(unit).await?;
    let person = |member: &haidang_contracts::identity::StaffMember, chosen: &[&str]| {
        Choice::new(member.person.as_str(), format!("{}, {}", member.name, member.title))
            .checked(chosen.contains(&member.person.as_str()))
    };
    let owner = [form.text("owner")];
    let owners: Vec<Choice> = staff.iter().map(|member| person(member, &owner)).collect();
    let supporting: Vec<Choice> = staff.iter().map(|member| person(member, &form.all("co_owners"))).collect();
    let leader = [form.text("leader")];
    let leads = |member: &&haidang_contracts::identity::StaffMember| {
        MAY_GIVE.iter().any(|capability| member.capabilities.contains(*capability))
    };
    let leaders: Vec<Choice> = staff.iter().filter(leads).map(|member| person(member, &leader)).collect();
    let six = |key: &str| six_label(page, room, key);
    let heading = |key: &str, label: &str| format!("{}: {}", six(key), page.t(label).to_lowercase());
    let start = field("start", heading("time", "tasks-start")).optional(true).style(LabelStyle::Strong);
    let due = field("due", heading("time", "tasks-due")).style(LabelStyle::Strong);
    let mut all = vec![
        TextArea::new(field("work", heading("work", "tasks-work")).style(LabelStyle::Strong))
            .value(form.text("work"))
            .limit(2000)
            .html(),
        Select::new(
            field("unit", heading("responsibility", "tasks-unit"))
                .style(LabelStyle::Strong)
                .hint(page.t("tasks-unit-hint")),
            units.collect(),
        )
        .html(),
        page.button(page.t("tasks-unit-change")).secondary().named("step", "unit").html(),
        Select::new(field("owner", heading("person", "tasks-owner")).style(LabelStyle::Strong), owners).html(),
        Select::new(
            field("leader", heading("responsibility", "tasks-leader-field")).optional(true).style(LabelStyle::Strong),
            leaders,
        )
        .html(),
        day_field(start, form).html(),
        day_field(due, form).html(),
        TextArea::new(
            field("expected_product", heading("result", "tasks-product")).optional(true).style(LabelStyle::Strong),
        )
        .value(form.text("expected_product"))
        .rows(3)
        .limit(1000)
        .html(),
    ];
    if !supporting.is_empty() {
        let legend = field("co_owners", heading("person", "tasks-co-owners")).optional(true).style(LabelStyle::Strong);
        all.insert(4, Choices::checkboxes(legend, supporting).small().html());
    }
    Ok(all)
}

/// The form with what was typed so far.
pub(super) async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut page = task_page(visitor, "tasks-new");
    page.errors = !errors.is_empty();
    let fields = fields(&page, room, form, &errors).await?;
    let hidden = KEPT.iter().filter_map(|name| Some(((*name).to_owned(), form.filled(name)?.to_owned())));
    Ok(FormPage {
        lead: page.t("tasks-new-lead"),
        inset: form.filled("quote").map(|quote| Inset::new(page.vietnamese(quote)).html()),
        hidden: hidden.collect(),
        buttons: vec![page.button(page.t("tasks-give"))],
        action: format!("{TASKS}/moi"),
        back: TASKS.to_owned(),
        fields,
        errors,
        page,
    })
}

/// An empty form.
pub(crate) async fn show_new_office_task(visitor: Visitor, State(room): State<OfficeRoom>) -> Answer {
    let unit = giving_agency(&Reader::of(&visitor)?)?;
    let form = FormFields(vec![("unit".to_owned(), unit)]);
    html(build(&visitor, &room, &form, Vec::new()).await?)
}

/// The task as it was typed, or what is wrong with it.
fn typed(reader: &Reader<'_>, form: &FormFields) -> Result<NewTask, Problem> {
    let mut problem = Problem::invalid("task_invalid", "the task is not clear yet");
    let mut day = |name: &'static str| {
        typed_day(form, name).unwrap_or_else(|()| {
            problem.errors.push(haidang_kernel::problem::FieldError::new(name, "no_day"));
            None
        })
    };
    let (start, due) = (day("start"), day("due"));
    if due.is_none() && problem.errors.iter().all(|error| error.field != "due") {
        problem = problem.field("due", "required");
    }
    if form.filled("work").is_none() {
        problem = problem.field("work", "required");
    }
    let owner = form.filled("owner").and_then(|id| PersonId::parse(id).ok());
    if owner.is_none() {
        problem = problem.field("owner", "required");
    }
    let (Some(owner), Some(due), true) = (owner, due, problem.errors.is_empty()) else { return Err(problem) };
    Ok(NewTask {
        key: None,
        agency: giving_agency(reader)?,
        source: form.filled("source").and_then(Source::parse).unwrap_or(Source::Hand),
        source_id: form.filled("source_id").map(str::to_owned),
        source_title: form.text("source_title").to_owned(),
        quote: form.filled("quote").map(str::to_owned),
        co_owners: form.all("co_owners").into_iter().filter_map(|id| PersonId::parse(id).ok()).collect(),
        owner,
        work: form.text("work").to_owned(),
        start,
        due,
        unit: form.text("unit").to_owned(),
        leader: form.filled("leader").and_then(|id| PersonId::parse(id).ok()),
        expected_product: form.text("expected_product").to_owned(),
    })
}

/// Gives the task, or shows the people of another agency.
pub(crate) async fn give_office_task(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let reader = Reader::of(&visitor)?;
    if form.text("step") == "unit" {
        return html(build(&visitor, &room, &form, Vec::new()).await?);
    }
    let given = match typed(&reader, &form) {
        Ok(new) => room.give_task(&reader, &new).await,
        Err(problem) => Err(problem),
    };
    match given {
        Ok(id) => redirect(visitor.lang, &task_path(&id)),
        Err(problem) if on_form(&problem) => {
            html_invalid(build(&visitor, &room, &form, messages(visitor.lang, &problem)).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A day as a program writes it.
pub(super) fn iso(text: &str) -> Option<Date> {
    text.parse().ok()
}
