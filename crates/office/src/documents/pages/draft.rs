//! The form of a draft: a new one, and the next version of one.

use super::{LIST, office_page, path, preview, reader, tabs, words_of};
use crate::documents::access;
use crate::documents::body;
use crate::documents::content::DraftForm;
use crate::room::OfficeRoom;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, DateField, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, State as Use, Visitor, html, html_invalid, redirect};

#[derive(Template)]
#[template(path = "documents_form.html")]
struct FormPage {
    page: Page,
    tabs: Html,
    back: String,
    errors: Vec<ErrorItem>,
    revision: i64,
    agency: Option<Select>,
    course: Choices,
    kind: Select,
    work: TextInput,
    subject: TextArea,
    urgency: Select,
    due: DateField,
    recipients: TextArea,
    bases: TextArea,
    body: TextArea,
    signer: Select,
    note: Option<TextInput>,
    shown: Option<Html>,
}

/// The form of a request: the date is typed in three fields.
fn typed(form: &FormFields) -> DraftForm {
    let part = |name: &str| form.text(&format!("due_on.{name}")).trim().to_owned();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    let due_on = match (day.is_empty(), month.is_empty(), year.is_empty()) {
        (true, true, true) => String::new(),
        _ => format!("{year}-{month:0>2}-{day:0>2}"),
    };
    DraftForm { due_on, ..DraftForm::of_fields(form) }
}

fn due_parts(due_on: &str) -> [String; 3] {
    let mut parts = due_on.splitn(3, '-').map(str::to_owned);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    [day.unwrap_or_default(), month.unwrap_or_default(), year.unwrap_or_default()]
}

/// Which document the form is of: none yet, or one with the revision it was opened at.
struct Of<'o> {
    id: Option<&'o str>,
    revision: i64,
    agency: String,
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    of: &Of<'_>,
    form: &DraftForm,
    errors: Vec<ErrorItem>,
    shown: bool,
) -> Result<FormPage, Fault> {
    let title = t(visitor.lang, if of.id.is_some() { "documents-edit-title" } else { "documents-new-title" }, &[]);
    let mut page = office_page(visitor, title);
    page.errors = !errors.is_empty();
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let hinted = |name: &str, key: &str| field(name, key).hint(page.t(&format!("documents-field-{name}-hint")));
    let staff = room.directory.staff(&of.agency).await.map_err(Problem::from)?;
    let leaders = staff.iter().filter(|member| member.capabilities.contains(access::SIGN));
    let leaders = leaders.map(|member| {
        Choice::new(member.person.as_str(), format!("{}, {}", member.name, member.title)).chosen(&form.signer)
    });
    let held = reader(visitor)?.actor.agencies_with(access::DRAFT);
    let mut agencies = Vec::new();
    for code in &held {
        let name = room.directory.agency(code).await.map_err(Problem::from)?.map(|agency| agency.name_vi);
        agencies.push(Choice::new(code, name.unwrap_or_else(|| code.clone())).chosen(&of.agency));
    }
    let kinds = room.documents.kinds.iter().map(|kind| {
        let english = kind.name.en.as_ref().filter(|_| page.lang == haidang_ui::Lang::En);
        let name = english.unwrap_or(&kind.name.vi);
        Choice::new(&kind.id, name).chosen(&form.kind)
    });
    let course = ["out", "internal"]
        .map(|word| Choice::new(word, page.t(&format!("documents-course-{word}"))).chosen(&form.course));
    let urgency = [0, 1, 2, 3].map(|level: i64| {
        Choice::new(level.to_string(), page.t(&format!("documents-urgency-{level}"))).checked(level == form.urgency)
    });
    let [day, month, year] = due_parts(&form.due_on);
    Ok(FormPage {
        tabs: tabs(visitor),
        back: of.id.map_or_else(|| LIST.to_owned(), path),
        revision: of.revision,
        agency: (of.id.is_none() && agencies.len() > 1)
            .then(|| Select::new(field("agency", "documents-field-agency"), agencies).always()),
        course: Choices::radios(field("course", "documents-field-course"), course.into()).small(),
        kind: Select::new(field("kind", "documents-field-kind"), kinds.collect()),
        work: TextInput::new(hinted("field", "documents-field-field").optional(true)).value(&form.field).width(20),
        subject: TextArea::new(field("subject", "documents-field-subject")).value(&form.subject).rows(2).limit(500),
        urgency: Select::new(field("urgency", "documents-field-urgency"), urgency.into()).always(),
        due: DateField::new(field("due_on", "documents-field-due").optional(true)).values(day, month, year),
        recipients: TextArea::new(hinted("recipients", "documents-field-recipients")).value(&form.recipients),
        bases: TextArea::new(hinted("bases", "documents-field-bases").optional(true)).value(&form.bases).rows(4),
        body: TextArea::new(hinted("body", "documents-field-body")).value(&form.body).rows(20),
        signer: Select::new(field("signer", "documents-field-signer"), leaders.collect()),
        note: of.id.map(|_| TextInput::new(field("note", "documents-field-note").optional(true)).value(&form.note)),
        shown: shown.then(|| preview(&body::blocks(&form.body))),
        errors,
        page,
    })
}

fn own_agency(visitor: &Visitor, asked: &str) -> Result<String, Fault> {
    let held = reader(visitor)?.actor.agencies_with(access::DRAFT);
    let found = held.iter().find(|code| *code == asked).or_else(|| held.first());
    Ok(found.cloned().unwrap_or_default())
}

/// An empty draft.
pub(crate) async fn new_document(visitor: Visitor, Use(room): Use<OfficeRoom>) -> Answer {
    let of = Of { id: None, revision: 0, agency: own_agency(&visitor, "")? };
    let form = DraftForm { course: "out".to_owned(), ..DraftForm::default() };
    html(build(&visitor, &room, &of, &form, Vec::new(), false).await?)
}

/// Begins a document, or shows how its text would read.
pub(crate) async fn draft_document(visitor: Visitor, Use(room): Use<OfficeRoom>, fields: FormFields) -> Answer {
    let form = typed(&fields);
    let of = Of { id: None, revision: 0, agency: own_agency(&visitor, &form.agency)? };
    if fields.has("preview") {
        return html(build(&visitor, &room, &of, &form, Vec::new(), true).await?);
    }
    match room.draft_document(&reader(&visitor)?, &form).await {
        Ok(id) => redirect(visitor.lang, &path(&id)),
        Err(problem) => {
            let errors = words_of(visitor.lang, problem)?;
            html_invalid(build(&visitor, &room, &of, &form, errors, false).await?)
        }
    }
}

/// The newest version in the form.
pub(crate) async fn edit_document(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let document = room.open_document(&reader(&visitor)?, &id).await?;
    let content = room.content(&document, document.version).await?;
    let form = DraftForm::of_content(&document.agency, &content);
    let of = Of { id: Some(&id), revision: document.revision, agency: document.agency.clone() };
    html(build(&visitor, &room, &of, &form, Vec::new(), false).await?)
}

/// Saves the next version.
pub(crate) async fn revise_document(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    fields: FormFields,
) -> Answer {
    let form = typed(&fields);
    let revision = fields.text("revision").parse().unwrap_or_default();
    let document = room.document(&reader(&visitor)?, &id).await?;
    let of = Of { id: Some(&id), revision, agency: document.agency };
    if fields.has("preview") {
        return html(build(&visitor, &room, &of, &form, Vec::new(), true).await?);
    }
    match room.revise_document(&reader(&visitor)?, &id, revision, &form).await {
        Ok(()) => redirect(visitor.lang, &path(&id)),
        Err(problem) => {
            let errors = words_of(visitor.lang, problem)?;
            html_invalid(build(&visitor, &room, &of, &form, errors, false).await?)
        }
    }
}
