//! Forms of leaders and receivers: instruct, begin, answer or hand back, finish.

use super::forms::{Form, came, own_routing};
use super::{FormPage, open, reader};
use crate::incoming::model::{Arrival, Routing};
use crate::incoming::routing::{Instruction, Receiver, Until};
use crate::incoming::rules::{Part, State};
use crate::room::OfficeRoom;
use axum::extract::State as Use;
use haidang_kernel::problem::Problem;
use haidang_ui::Html;
use haidang_ui::component::{Choices, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor};
use jiff::civil::Date;

/// People and units of the organ, as an instruction may mean them: word and name.
pub(crate) async fn receivers(room: &OfficeRoom, agency: &str) -> Result<Vec<(String, String, bool)>, Problem> {
    let staff = room.directory.staff(agency).await?;
    let mut found = Vec::with_capacity(staff.len());
    let mut roles: Vec<(&str, &str)> =
        staff.iter().map(|member| (member.role.as_str(), member.title.as_str())).collect();
    roles.sort_unstable();
    roles.dedup_by_key(|(role, _)| *role);
    for (role, title) in roles {
        found.push((Receiver::Role(role.to_owned()).word(), title.to_owned(), true));
    }
    for member in &staff {
        let text = format!("{}, {}", member.name, member.title);
        found.push((Receiver::Person(member.person.to_string()).word(), text, false));
    }
    Ok(found)
}

pub(super) async fn instructing(
    visitor: &Visitor,
    room: &OfficeRoom,
    arrival: &Arrival,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut form = FormPage::of(visitor, arrival, "instruct", "chi-dao", errors);
    let known = receivers(room, &arrival.agency).await?;
    let choices = |name: &str| -> Vec<Choice> {
        let chosen = fields.all(name);
        known
            .iter()
            .map(|(word, text, unit)| {
                let text = if *unit { form.page.t1("incoming-unit", "title", text) } else { text.clone() };
                Choice::new(word, text).checked(chosen.contains(&word.as_str()))
            })
            .collect()
    };
    let running = arrival.state != State::Submitted;
    let parts = [
        super::part(Select::new(form.field("lead", if running { "lead-new" } else { "lead" }), choices("lead"))),
        super::part(Choices::checkboxes(form.field("support", "support").optional(true), choices("support")).small()),
        super::part(
            Choices::checkboxes(form.field("for_info", "for-info").optional(true), choices("for_info")).small(),
        ),
        super::part(TextArea::new(form.field("words", "words")).value(fields.text("words")).limit(2000)),
        super::part(TextInput::new(form.field("due", "due-days")).value(fields.text("due")).numeric().width(3)),
        super::part(
            TextInput::new(form.field("due_on", "due-on").optional(true))
                .kind("date")
                .value(fields.text("due_on"))
                .width(10),
        ),
        Html::trusted("<input type=\"hidden\" name=\"revision\" value=\"")
            .then(Html::text(fields.text("revision")))
            .then(Html::trusted("\">")),
    ];
    form.fields = parts.to_vec();
    Ok(form)
}

/// An instruction begins with the usual number of days, on the document as it is shown.
pub(super) fn first_instructing(room: &OfficeRoom, arrival: &Arrival) -> FormFields {
    FormFields(vec![
        ("revision".to_owned(), arrival.revision.to_string()),
        ("due".to_owned(), room.incoming.settings.handling_days.to_string()),
    ])
}

/// The form of an instruction.
pub(super) async fn show_instructing(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    Form::Instruct.show(&visitor, &room, &id).await
}

/// What the form orders; a deadline that is none stays one that cannot be.
fn instruction(form: &FormFields) -> Instruction {
    let many = |name: &str| form.all(name).iter().filter_map(|word| Receiver::parse(word)).collect();
    let until = match (form.filled("due_on"), form.filled("due")) {
        (Some(day), _) => Some(day.parse::<Date>().map_or(Until::Days(-1), Until::Day)),
        (None, Some(days)) => Some(Until::Days(days.parse().unwrap_or(-1))),
        (None, None) => None,
    };
    Instruction {
        revision: form.text("revision").parse().ok(),
        lead: form.filled("lead").and_then(Receiver::parse),
        support: many("support"),
        for_info: many("for_info"),
        words: form.text("words").to_owned(),
        until,
    }
}

/// Instructs.
pub(super) async fn instruct_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let outcome = room.instruct_arrival(&reader(&visitor)?, &id, &instruction(&form)).await;
    Form::Instruct.sent(&visitor, &room, &id, &form, (outcome, "da-chi-dao")).await
}

/// Begins the work, by one press.
pub(super) async fn begin_arrival(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    open(&visitor, &room, &id).await?;
    came(&visitor, &id, room.begin_arrival(&reader(&visitor)?, &id).await, "da-bat-dau")
}

/// An answer begins as an answer.
pub(super) fn first_answering() -> FormFields {
    FormFields(vec![("what".to_owned(), "answer".to_owned())])
}

pub(super) fn answering(
    visitor: &Visitor,
    arrival: &Arrival,
    routing: &Routing,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> FormPage {
    let leads = routing.part == Part::Lead;
    let address = format!("tra-loi/{}", routing.id);
    let mut form = FormPage::of(visitor, arrival, if leads { "hand-back" } else { "answer" }, &address, errors);
    if !routing.words.is_empty() {
        let given = form.page.t1("incoming-answer-given", "name", &routing.given_name);
        let inset =
            Html::trusted("<div class=\"govuk-inset-text\">").then(Html::text(given)).then(Html::trusted("<br>"));
        form.fields.push(inset.then(form.page.vietnamese(&routing.words)).then(Html::trusted("</div>")));
    }
    form.add(TextArea::new(form.field("words", "answer")).value(fields.text("words")).limit(2000));
    if !leads {
        let what = ["answer", "back"]
            .map(|word| Choice::new(word, form.page.t(&format!("incoming-answer-{word}"))).chosen(fields.text("what")));
        form.add(Choices::radios(form.field("what", "what"), what.to_vec()).small());
    }
    form
}

/// The form of an answer.
pub(super) async fn show_answering(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, routing)): Path<(String, String)>,
) -> Answer {
    Form::Answer(&routing).show(&visitor, &room, &id).await
}

/// Answers an instruction, or gives it back.
pub(super) async fn answer_routing(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, routing)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let arrival = open(&visitor, &room, &id).await?;
    let own = own_routing(&visitor, &room, &arrival, &routing).await?;
    let back = own.part == Part::Lead || form.text("what") == "back";
    let outcome = room.answer_routing(&reader(&visitor)?, &id, &own.id, back, form.text("words")).await;
    Form::Answer(&routing).sent(&visitor, &room, &id, &form, (outcome, "da-tra-loi")).await
}

pub(super) fn finishing(visitor: &Visitor, arrival: &Arrival, fields: &FormFields, errors: Vec<ErrorItem>) -> FormPage {
    let mut form = FormPage::of(visitor, arrival, "finish", "ket-qua", errors);
    let number = form.field("result_document", "result-document").optional(true);
    form.add(TextInput::new(number).value(fields.text("result_document")).width(20));
    form.add(TextArea::new(form.field("result_words", "result-words")).value(fields.text("result_words")).limit(2000));
    form
}

/// The form of a result.
pub(super) async fn show_finishing(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    Form::Finish.show(&visitor, &room, &id).await
}

/// Closes the document with its result.
pub(super) async fn finish_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let outcome =
        room.finish_arrival(&reader(&visitor)?, &id, form.text("result_document"), form.text("result_words")).await;
    Form::Finish.sent(&visitor, &room, &id, &form, (outcome, "da-ket-thuc")).await
}
