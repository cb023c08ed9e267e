//! Forms of the clerk: number, return, leader, work file.

use super::forms::Form;
use super::{FormPage, open, reader};
use crate::incoming::ROUTE;
use crate::incoming::model::{Arrival, Details};
use crate::incoming::registering::Registering;
use crate::incoming::rules::{Verdict, verdict};
use crate::room::OfficeRoom;
use axum::extract::State as Use;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor};
use jiff::civil::Date;

/// The form as it is opened: what is known of the paper.
pub(super) fn first_registering(arrival: &Arrival) -> FormFields {
    let mut pairs = vec![("revision", arrival.revision.to_string())];
    pairs.extend(pairs_of(&arrival.details));
    FormFields(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The fields of the paper as they stand in a form.
fn pairs_of(details: &Details) -> [(&'static str, String); 10] {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    [
        ("from_name", details.from_name.clone()),
        ("code_number", details.code_number.clone()),
        ("code_notation", details.code_notation.clone()),
        ("issued_on", day(details.issued_on)),
        ("kind", details.kind.clone()),
        ("subject", details.subject.clone()),
        ("signer", details.signer.clone()),
        ("urgency", details.urgency.to_string()),
        ("pages", details.pages.map(|pages| pages.to_string()).unwrap_or_default()),
        ("answer_by", day(details.answer_by)),
    ]
}

/// What a form says of the paper. What is no day or no number is told as a wrong field.
fn details_of(form: &FormFields) -> (Details, Vec<(&'static str, &'static str)>) {
    let mut wrong = Vec::new();
    let mut day = |name: &'static str| match form.filled(name) {
        None => None,
        Some(text) => text.parse::<Date>().map_err(|_| wrong.push((name, "invalid"))).ok(),
    };
    let (issued_on, answer_by) = (day("issued_on"), day("answer_by"));
    let pages = match form.filled("pages") {
        None => None,
        Some(text) => parse_number_of(text).or_else(|| {
            wrong.push(("pages", "invalid"));
            None
        }),
    };
    let details = Details {
        from_name: form.text("from_name").to_owned(),
        code_number: form.text("code_number").to_owned(),
        code_notation: form.text("code_notation").to_owned(),
        issued_on,
        kind: form.text("kind").to_owned(),
        subject: form.text("subject").to_owned(),
        signer: form.text("signer").to_owned(),
        urgency: form.text("urgency").parse().unwrap_or(0),
        pages,
        answer_by,
    };
    (details, wrong)
}

fn parse_number_of(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// What the record inside the document says, field by field, as it is shown beside the questions.
fn proposed_words(page: &Page, proposed: &Details) -> Vec<(&'static str, String)> {
    let shown = |(name, value): (&'static str, String)| {
        let value = match name {
            "urgency" if value == "0" => String::new(),
            "urgency" => page.t(&format!("incoming-urgency-{value}")),
            "issued_on" => proposed.issued_on.map(|day| page.date(day)).unwrap_or_default(),
            "answer_by" => proposed.answer_by.map(|day| page.date(day)).unwrap_or_default(),
            _ => value,
        };
        (name, value)
    };
    pairs_of(proposed).into_iter().map(shown).filter(|(_, value)| !value.is_empty()).collect()
}

pub(super) fn registering(
    visitor: &Visitor,
    room: &OfficeRoom,
    arrival: &Arrival,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> FormPage {
    let mut form = FormPage::of(visitor, arrival, "register", "vao-so", errors);
    if let Some(proposed) = &arrival.proposed {
        form.propose(proposed_words(&form.page, proposed));
    }
    let text =
        |name: &str, key: &str, width: u8| TextInput::new(form.field(name, key)).value(fields.text(name)).width(width);
    let day = |name: &str, key: &str| text(name, key, 10).kind("date");
    let kinds: Vec<Choice> = std::iter::once(Choice::new("", form.page.t("incoming-kind-letter")))
        .chain(
            room.documents.kinds.iter().filter(|kind| kind.named).map(|kind| Choice::new(&kind.name.vi, &kind.name.vi)),
        )
        .map(|choice| choice.chosen(fields.text("kind")))
        .collect();
    let known = kinds.iter().any(|choice| choice.checked);
    let urgency = ["0", "1", "2", "3"].map(|level| {
        Choice::new(level, form.page.t(&format!("incoming-urgency-{level}"))).chosen(fields.text("urgency"))
    });
    let mut parts = vec![
        super::part(text("from_name", "from", 30)),
        super::part(text("code_number", "number", 10)),
        super::part(text("code_notation", "notation", 20)),
        super::part(day("issued_on", "issued-on")),
        // A sender may name a kind that the city does not: it stays as it was written.
        if known {
            super::part(Select::new(form.field("kind", "kind"), kinds).always())
        } else {
            super::part(text("kind", "kind", 20))
        },
        super::part(TextArea::new(form.field("subject", "subject")).value(fields.text("subject")).rows(3).limit(500)),
        super::part(
            TextInput::new(form.field("signer", "signer").optional(true)).value(fields.text("signer")).width(30),
        ),
        super::part(Choices::radios(form.field("urgency", "urgency"), urgency.to_vec()).small()),
        super::part(
            TextInput::new(form.field("pages", "pages").optional(true)).value(fields.text("pages")).numeric().width(3),
        ),
        super::part(
            TextInput::new(form.field("answer_by", "answer-by").optional(true))
                .kind("date")
                .value(fields.text("answer_by"))
                .width(10),
        ),
    ];
    let tick = |name: &str, key: &str| {
        let choice = Choice::new("1", form.page.t(&format!("incoming-field-{key}-tick"))).chosen(fields.text(name));
        super::part(Choices::checkboxes(form.field(name, key), vec![choice]).small())
    };
    if verdict(arrival.integrity, arrival.identity) == Verdict::Confirm {
        parts.push(tick("checked", "checked"));
    }
    // Asked only when there is another that says the same of itself.
    if form.errors.iter().any(|error| error.id == "different") || fields.has("different") {
        parts.push(tick("different", "different"));
    }
    let revision = Html::trusted("<input type=\"hidden\" name=\"revision\" value=\"")
        .then(Html::text(fields.text("revision")))
        .then(Html::trusted("\">"));
    parts.push(revision);
    form.fields = parts;
    form
}

/// The form with what is known of the paper: a document of ours needs one press.
pub(super) async fn show_registering(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    Form::Register.show(&visitor, &room, &id).await
}

/// Gives the document its number.
pub(super) async fn register_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let (details, wrong) = details_of(&form);
    if !wrong.is_empty() {
        let invalid = Problem::invalid("arrival_invalid", "what was typed is no day or no number");
        let problem = wrong.into_iter().fold(invalid, |problem, (field, code)| problem.field(field, code));
        return Form::Register.again(&visitor, &room, &id, &form, super::messages(&visitor, &problem)).await;
    }
    let order = Registering {
        revision: form.text("revision").parse().ok(),
        details,
        checked: form.text("checked") == "1",
        different: form.text("different") == "1",
    };
    let outcome = room.register_arrival(&reader(&visitor)?, &id, &order).await;
    Form::Register.sent(&visitor, &room, &id, &form, (outcome, "da-vao-so")).await
}

pub(super) fn returning(visitor: &Visitor, arrival: &Arrival, fields: &FormFields, errors: Vec<ErrorItem>) -> FormPage {
    let mut form = FormPage::of(visitor, arrival, "return", "tra-lai", errors);
    form.add(TextArea::new(form.field("reason", "reason")).value(fields.text("reason")));
    form
}

/// The form of a return.
pub(super) async fn show_returning(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    Form::Return.show(&visitor, &room, &id).await
}

/// Returns the document to its sender.
pub(super) async fn return_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let outcome = room.return_arrival(&reader(&visitor)?, &id, form.text("reason")).await;
    Form::Return.sent(&visitor, &room, &id, &form, (outcome, "da-tra-lai")).await
}

pub(super) async fn submitting(
    visitor: &Visitor,
    room: &OfficeRoom,
    arrival: &Arrival,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut form = FormPage::of(visitor, arrival, "submit", "trinh", errors);
    let staff = room.directory.staff(&arrival.agency).await?;
    let leaders = staff.iter().filter(|member| member.capabilities.contains(ROUTE)).map(|member| {
        let text = format!("{}, {}", member.name, member.title);
        Choice::new(member.person.as_str(), text).chosen(fields.text("leader"))
    });
    form.add(Choices::radios(form.field("leader", "leader"), leaders.collect()).small());
    Ok(form)
}

/// The form in which a leader is chosen.
pub(super) async fn show_submitting(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    Form::Submit.show(&visitor, &room, &id).await
}

/// Lays the document before a leader.
pub(super) async fn submit_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let outcome = room.submit_arrival(&reader(&visitor)?, &id, form.text("leader")).await;
    Form::Submit.sent(&visitor, &room, &id, &form, (outcome, "da-trinh")).await
}

pub(super) async fn filing(
    visitor: &Visitor,
    room: &OfficeRoom,
    arrival: &Arrival,
    fields: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let mut form = FormPage::of(visitor, arrival, "file", "luu", errors);
    let files = room.open_case_files(&reader(visitor)?, &arrival.agency).await?;
    let chosen = fields.text("work_file");
    let choices = files.iter().map(|(id, name)| Choice::new(id, name).lang(haidang_ui::Lang::Vi).chosen(chosen));
    form.add(Select::new(form.field("work_file", "work-file"), choices.collect()));
    Ok(form)
}

/// The form that names a work file.
pub(super) async fn show_filing(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    Form::File.show(&visitor, &room, &id).await
}

/// Puts the document into a work file.
pub(super) async fn file_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    open(&visitor, &room, &id).await?;
    let outcome = room.file_arrival(&reader(&visitor)?, &id, form.text("work_file")).await;
    Form::File.sent(&visitor, &room, &id, &form, (outcome, "da-luu")).await
}
