//! Forms of leaders and receivers: instruct, begin, answer or hand back, finish.

use super::{Came, FormPage, came, open, reader};
use crate::incoming::model::{Arrival, Routing};
use crate::incoming::routing::{Instruction, Receiver, Until};
use crate::incoming::rules::{Part, State};
use crate::incoming::{changing::missing, is_mine};
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

async fn instructing(
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

/// The form of an instruction.
pub(super) async fn show_instructing(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let arrival = open(&visitor, &room, &id).await?;
    let fields = FormFields(vec![
        ("revision".to_owned(), arrival.revision.to_string()),
        ("due".to_owned(), room.incoming.settings.handling_days.to_string()),
    ]);
    instructing(&visitor, &room, &arrival, &fields, Vec::new()).await?.answer()
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
    let arrival = open(&visitor, &room, &id).await?;
    let outcome = room.instruct_arrival(&reader(&visitor)?, &id, &instruction(&form)).await;
    match came(&visitor, &id, outcome, "da-chi-dao")? {
        Came::Done(answer) => answer,
        Came::Again(errors) => instructing(&visitor, &room, &arrival, &form, errors).await?.answer(),
    }
}

/// Begins the work, by one press.
pub(super) async fn begin_arrival(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    open(&visitor, &room, &id).await?;
    match came(&visitor, &id, room.begin_arrival(&reader(&visitor)?, &id).await, "da-bat-dau")? {
        Came::Done(answer) => answer,
        Came::Again(_) => Err(Problem::internal("beginning has no fields").into()),
    }
}

/// The reader's own instruction.
async fn own_routing(visitor: &Visitor, room: &OfficeRoom, arrival: &Arrival, routing: &str) -> Result<Routing, Fault> {
    let reader = reader(visitor)?;
    let found = room.arrival_routings(&arrival.id).await?.into_iter().find(|one| one.id == routing);
    let found = found.filter(|one| is_mine(&reader, arrival, one));
    found.ok_or_else(|| missing().into())
}

fn answering(
    visitor: &Visitor,
    arrival: &Arrival,
    routing: &Routing,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> FormPage {
    let leads = routing.part == Part::Lead;
    let address = format!("tra-loi/{}", routing.id);
    let mut form = FormPage::of(visitor, arrival, if leads { "hand-back" } else { "answer" }, &address, errors);
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
    let arrival = open(&visitor, &room, &id).await?;
    let routing = own_routing(&visitor, &room, &arrival, &routing).await?;
    let fields = FormFields(vec![("what".to_owned(), "answer".to_owned())]);
    answering(&visitor, &arrival, &routing, &fields, Vec::new()).answer()
}

/// Answers an instruction, or gives it back.
pub(super) async fn answer_routing(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, routing)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let arrival = open(&visitor, &room, &id).await?;
    let routing = own_routing(&visitor, &room, &arrival, &routing).await?;
    let back = routing.part == Part::Lead || form.text("what") == "back";
    let outcome = room.answer_routing(&reader(&visitor)?, &id, &routing.id, back, form.text("words")).await;
    match came(&visitor, &id, outcome, "da-tra-loi")? {
        Came::Done(answer) => answer,
        Came::Again(errors) => answering(&visitor, &arrival, &routing, &form, errors).answer(),
    }
}

fn finishing(visitor: &Visitor, arrival: &Arrival, fields: &FormFields, errors: Vec<ErrorItem>) -> FormPage {
    let mut form = FormPage::of(visitor, arrival, "finish", "ket-qua", errors);
    let number = form.field("result_document", "result-document").optional(true);
    form.add(TextInput::new(number).value(fields.text("result_document")).width(20));
    form.add(TextArea::new(form.field("result_words", "result-words")).value(fields.text("result_words")).limit(2000));
    form
}

/// The form of a result.
pub(super) async fn show_finishing(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let arrival = open(&visitor, &room, &id).await?;
    finishing(&visitor, &arrival, &FormFields::default(), Vec::new()).answer()
}

/// Closes the document with its result.
pub(super) async fn finish_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let arrival = open(&visitor, &room, &id).await?;
    let (document, words) = (form.text("result_document"), form.text("result_words"));
    match came(&visitor, &id, room.finish_arrival(&reader(&visitor)?, &id, document, words).await, "da-ket-thuc")? {
        Came::Done(answer) => answer,
        Came::Again(errors) => finishing(&visitor, &arrival, &form, errors).answer(),
    }
}
