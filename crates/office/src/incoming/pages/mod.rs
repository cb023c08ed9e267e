//! Pages of documents that come.

mod arrive;
mod book;
mod clerk;
mod forms;
mod list;
mod show;
mod work;

pub(super) use arrive::LIMITS;
pub(super) use list::{before, cursor};
pub(super) use show::send_file;

use super::changing::missing;
use super::model::Arrival;
use super::reading::{Waits, waits};
use super::rules::{Colour, State};
use super::{CLERK, ROUTE};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::component::Tag;
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, Routes, Row, Visitor, html, html_invalid};
use jiff::civil::Date;

/// Address of the list.
pub(crate) const ARRIVED: &str = "/can-bo/van-ban-den";

/// Who asks.
pub(crate) fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

/// A page of this part.
fn office_page(visitor: &Visitor, title: &str) -> Page {
    let mut page = visitor.page(t(visitor.lang, title, &[]), "documents");
    page.private = true;
    page
}

/// Address of one document.
fn path_of(id: &str) -> String {
    format!("{ARRIVED}/{id}")
}

/// A stored word as part of a text id.
fn dashed(word: &str) -> String {
    word.replace('_', "-")
}

/// A link in the flow of a page, in Vietnamese as all documents are.
fn link(page: &Page, path: &str, text: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" lang=\"vi\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(Html::text(text))
        .then(Html::trusted("</a>"))
}

/// A component as a piece of a page.
fn part(component: impl std::fmt::Display) -> Html {
    Html::trusted(component.to_string())
}

/// The word of a state.
fn state_tag(page: &Page, state: State) -> Tag {
    let tag = page.tag(page.t(&format!("incoming-state-{}", dashed(state.as_str()))));
    match state {
        State::Arrived | State::Registered | State::Submitted | State::Assigned => tag.wait(),
        State::InProgress => tag,
        State::Done | State::Filed => tag.done(),
        State::Rejected | State::Withdrawn => tag.late(),
    }
}

/// A deadline as a tag: the day, with a word for its colour.
fn due_tag(room: &OfficeRoom, page: &Page, day: Date) -> Tag {
    let shown = page.date_table(day);
    match room.arrival_colour(day) {
        Colour::Red => page.tag(page.t1("incoming-due-late", "date", shown)).late(),
        Colour::Amber => page.tag(page.t1("incoming-due-close", "date", shown)).wait().icon("clock"),
        Colour::Green => page.tag(page.t1("incoming-due", "date", shown)).icon("clock"),
    }
}

/// Who must act now, and until when.
fn waits_html(room: &OfficeRoom, page: &Page, arrival: &Arrival) -> Html {
    let (who, due) = match waits(arrival) {
        Waits::Clerk(due) => (Html::text(page.t("incoming-waits-clerk")), due),
        Waits::Leader(name, due) | Waits::Lead(name, due) => (page.vietnamese(name), due),
        Waits::Nobody => return Html::text(page.t("incoming-waits-nobody")),
    };
    match due {
        Some(day) => who.then(Html::trusted(" ")).then(part(due_tag(room, page, day))),
        None => who,
    }
}

/// Number, notation and kind in one line, or that they are not known yet.
fn code_html(page: &Page, arrival: &Arrival) -> Html {
    let details = &arrival.details;
    if details.code_number.is_empty() {
        return Html::text(page.t("incoming-no-code"));
    }
    let kind = if details.kind.is_empty() { page.t("incoming-kind-letter") } else { details.kind.clone() };
    page.vietnamese(kind).then(Html::trusted(" ")).then(page.code(details.code()))
}

/// The subject, or what stands in its place until the clerk has typed it.
fn subject(page: &Page, arrival: &Arrival) -> String {
    if arrival.details.subject.is_empty() { page.t("incoming-no-subject") } else { arrival.details.subject.clone() }
}

/// A form of one act.
#[derive(Template)]
#[template(path = "incoming_form.html")]
struct FormPage {
    page: Page,
    back: String,
    caption: Html,
    lead: Html,
    errors: Vec<ErrorItem>,
    action: String,
    multipart: bool,
    fields: Vec<Html>,
    button: String,
    /// What the document proposes for its questions.
    proposed: Vec<(&'static str, String)>,
}

impl FormPage {
    /// The form of an act on one document.
    fn of(visitor: &Visitor, arrival: &Arrival, act: &str, address: &str, errors: Vec<ErrorItem>) -> Self {
        let mut page = office_page(visitor, &format!("incoming-{act}-title"));
        page.errors = !errors.is_empty();
        let caption = code_html(&page, arrival).then(Html::text(": ")).then(page.vietnamese(subject(&page, arrival)));
        Self {
            back: path_of(&arrival.id),
            caption,
            lead: Html::text(page.t(&format!("incoming-{act}-lead"))),
            action: page.href(format!("{}/{address}", path_of(&arrival.id))),
            multipart: false,
            fields: Vec::new(),
            button: page.t(&format!("incoming-{act}-button")),
            proposed: Vec::new(),
            errors,
            page,
        }
    }

    /// A question of this form, with its hint where the texts have one.
    fn field(&self, name: &str, key: &str) -> Field {
        let field =
            Field::new(self.page.lang, name, self.page.t(&format!("incoming-field-{key}"))).errors(&self.errors);
        let hint = format!("incoming-field-{key}-hint");
        let hint = haidang_ui::texts::has(self.page.lang, &hint).then(|| self.page.t(&hint));
        let proposed = self.proposed.iter().find(|(question, _)| *question == name);
        let proposed = proposed.map(|(_, value)| self.page.t1("incoming-proposed", "value", value));
        let hints: Vec<String> = hint.into_iter().chain(proposed).collect();
        if hints.is_empty() { field } else { field.hint(hints.join(" ")) }
    }

    /// Shows what the document says of itself beside the questions, for a person to confirm.
    fn propose(&mut self, proposed: Vec<(&'static str, String)>) {
        let words = Html::text(self.page.t("incoming-proposed-lead"));
        self.lead = std::mem::take(&mut self.lead).then(Html::trusted(" ")).then(words);
        self.proposed = proposed;
    }

    fn add(&mut self, component: impl std::fmt::Display) {
        self.fields.push(part(component));
    }

    /// Sends the form: as it is, or with its errors.
    fn answer(self) -> Answer {
        if self.errors.is_empty() { html(self) } else { html_invalid(self) }
    }
}

/// The messages of wrong fields, in words.
fn messages(visitor: &Visitor, problem: &Problem) -> Vec<ErrorItem> {
    let message = |field: &str, code: &str| {
        ErrorItem::of(field, t(visitor.lang, &format!("incoming-error-{}-{}", dashed(field), dashed(code)), &[]))
    };
    problem.errors.iter().map(|error| message(&error.field, &error.code)).collect()
}

/// Opens a document for a form; what is no id is no document.
async fn open(visitor: &Visitor, room: &OfficeRoom, id: &str) -> Result<Arrival, Fault> {
    if id.len() > 64 {
        return Err(missing().into());
    }
    Ok(room.arrival_of(&reader(visitor)?, id).await?)
}

/// Adds the pages.
pub(super) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let clerk = |row: Row| row.capability(CLERK);
    let leader = |row: Row| row.any_capability(&[ROUTE, "task.assign"]);
    routes
        .page(Row::get("list_arrivals", ARRIVED).official().example(ARRIVED).role("official"), list::list_arrivals)
        .page(
            Row::get("show_arrival_upload", "/can-bo/van-ban-den/tiep-nhan")
                .capability(CLERK)
                .role("clerk")
                .example("/can-bo/van-ban-den/tiep-nhan"),
            arrive::show_arrival_upload,
        )
        .page(
            Row::post("receive_arrival", "/can-bo/van-ban-den/tiep-nhan")
                .capability(CLERK)
                .upload(arrive::LIMITS)
                .audit("office.arrival_received"),
            arrive::receive_arrival,
        )
        .page(
            Row::get("show_tracking_book", book::BOOK).official().role("clerk").example(book::BOOK),
            book::show_tracking_book,
        )
        .page(
            Row::get("print_tracking_book", "/can-bo/van-ban-den/so-theo-doi/in").official().not_html(),
            book::print_tracking_book,
        )
        .page(
            Row::get("show_arrival", "/can-bo/van-ban-den/{arrival}")
                .official()
                .role("official")
                .example("/can-bo/van-ban-den/{arrival}"),
            show::show_arrival,
        )
        .page(
            Row::get("take_arrival_file", "/can-bo/van-ban-den/{arrival}/tep/{place}").official().not_html(),
            show::take_arrival_file,
        )
        .page(
            clerk(Row::get("show_registering", "/can-bo/van-ban-den/{arrival}/vao-so"))
                .role("clerk")
                .example("/can-bo/van-ban-den/{arrival_new}/vao-so"),
            clerk::show_registering,
        )
        .page(
            clerk(Row::post("register_arrival", "/can-bo/van-ban-den/{arrival}/vao-so"))
                .audit("office.arrival_registered"),
            clerk::register_arrival,
        )
        .page(
            clerk(Row::get("show_returning", "/can-bo/van-ban-den/{arrival}/tra-lai"))
                .role("clerk")
                .example("/can-bo/van-ban-den/{arrival_new}/tra-lai"),
            clerk::show_returning,
        )
        .page(
            clerk(Row::post("return_arrival", "/can-bo/van-ban-den/{arrival}/tra-lai"))
                .audit("office.arrival_returned"),
            clerk::return_arrival,
        )
        .page(
            clerk(Row::get("show_submitting", "/can-bo/van-ban-den/{arrival}/trinh"))
                .role("clerk")
                .example("/can-bo/van-ban-den/{arrival_registered}/trinh"),
            clerk::show_submitting,
        )
        .page(
            clerk(Row::post("submit_arrival", "/can-bo/van-ban-den/{arrival}/trinh")).audit("office.arrival_submitted"),
            clerk::submit_arrival,
        )
        .page(
            leader(Row::get("show_instructing", "/can-bo/van-ban-den/{arrival}/chi-dao"))
                .role("leader")
                .example("/can-bo/van-ban-den/{arrival_submitted}/chi-dao"),
            work::show_instructing,
        )
        .page(
            leader(Row::post("instruct_arrival", "/can-bo/van-ban-den/{arrival}/chi-dao"))
                .audit("office.arrival_instructed"),
            work::instruct_arrival,
        )
        .page(
            Row::post("begin_arrival", "/can-bo/van-ban-den/{arrival}/bat-dau")
                .official()
                .audit("office.arrival_begun"),
            work::begin_arrival,
        )
        .page(
            Row::get("show_answering_routing", "/can-bo/van-ban-den/{arrival}/tra-loi/{routing}")
                .official()
                .role("official")
                .example("/can-bo/van-ban-den/{arrival_given}/tra-loi/{routing}"),
            work::show_answering,
        )
        .page(
            Row::post("answer_routing", "/can-bo/van-ban-den/{arrival}/tra-loi/{routing}")
                .official()
                .audit("office.arrival_answered"),
            work::answer_routing,
        )
        .page(
            Row::get("show_finishing", "/can-bo/van-ban-den/{arrival}/ket-qua")
                .official()
                .role("official")
                .example("/can-bo/van-ban-den/{arrival}/ket-qua"),
            work::show_finishing,
        )
        .page(
            Row::post("finish_arrival", "/can-bo/van-ban-den/{arrival}/ket-qua")
                .official()
                .audit("office.arrival_finished"),
            work::finish_arrival,
        )
        .page(
            Row::get("show_filing_arrival", "/can-bo/van-ban-den/{arrival}/luu")
                .official()
                .role("official")
                .example("/can-bo/van-ban-den/{arrival_done}/luu"),
            clerk::show_filing,
        )
        .page(
            Row::post("file_arrival", "/can-bo/van-ban-den/{arrival}/luu").official().audit("office.arrival_filed"),
            clerk::file_arrival,
        )
}
