//! Pages of certified copies: the list, the form, one copy with what may be done next.

use super::model::Copy;
use super::rules::{CopyAct, CopyForm, CopyState, SourceKind};
use super::source::Source;
use super::{AskCopy, WantedCopies};
use crate::documents::access::{CLERK, DRAFT, SIGN};
use crate::documents::pages::{link, office_page, path as document_path, reader};
use crate::room::OfficeRoom;
use askama::Template;
use axum::body::Body;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{
    Cell, Choices, Column, EmptyState, Pagination, Select, SummaryList, SummaryRow, Table, Tag, TextArea, TextInput,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{
    Answer, Disposition, Fault, FormFields, Path, Query, State as Use, Visitor, file, html, html_invalid, redirect,
};
use serde::Deserialize;

/// Address of the list.
pub(super) const LIST: &str = "/can-bo/ban-sao";
const SHOWN: i64 = 25;

fn path(id: &str) -> String {
    format!("{LIST}/{id}")
}

fn form_path(kind: SourceKind, id: &str) -> String {
    format!("{LIST}/moi?loai={}&ma={id}", kind.as_str())
}

/// Where a page offers a certified copy of what it shows: for whoever asks for copies in that organ, once it is ready.
pub(crate) fn offer(visitor: &Visitor, page: &Page, kind: SourceKind, id: &str, ready: bool) -> Option<String> {
    let asks = visitor.can(DRAFT) || visitor.can(CLERK);
    (asks && ready).then(|| page.href(form_path(kind, id)))
}

fn tabs(visitor: &Visitor) -> Html {
    crate::frame::tabs(visitor, LIST)
}

fn dashed(word: &str) -> String {
    word.replace('_', "-")
}

/// Codes of conflicts that have words of their own here; the rest is told in the words of documents.
const OWN: [&str; 6] = [
    "copy_moved",
    "copy_act_not_allowed",
    "copy_source_not_ready",
    "copy_source_kind",
    "copy_source_signature_invalid",
    "file_too_large",
];

fn words_of(lang: Lang, problem: Problem) -> Result<Vec<ErrorItem>, Fault> {
    let text = |key: String| t(lang, &key, &[]);
    match problem.kind {
        ProblemKind::Invalid => Ok(problem
            .errors
            .iter()
            .map(|error| {
                let key = format!("copies-error-{}-{}", dashed(&error.field), dashed(&error.code));
                ErrorItem::of(&error.field, text(key))
            })
            .collect()),
        ProblemKind::Conflict if OWN.contains(&problem.code) => {
            Ok(vec![ErrorItem::general(text(format!("copies-problem-{}", dashed(problem.code))))])
        }
        _ => crate::documents::pages::words_of(lang, problem),
    }
}

fn state_tag(page: &Page, state: CopyState) -> Tag {
    let tag = page.tag(page.t(&format!("copies-state-{}", state.as_str())));
    match state {
        CopyState::Asked | CopyState::Signed | CopyState::Numbered => tag.wait(),
        CopyState::Issued => tag.done(),
        CopyState::Withdrawn => tag,
    }
}

#[derive(Template)]
#[template(path = "copies_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    state: Select,
    table: Option<Table>,
    empty: Option<EmptyState>,
    pages: Option<Pagination>,
}

fn query(wanted: &WantedCopies, cursor: &str) -> String {
    let named = [
        ("state", wanted.state.as_deref()),
        ("source", wanted.source.as_deref()),
        ("cursor", Some(cursor).filter(|cursor| !cursor.is_empty())),
    ];
    let pairs = named.into_iter().filter_map(|(key, value)| Some((key, value.filter(|value| !value.is_empty())?)));
    format!("{LIST}?{}", haidang_web::encode(pairs))
}

/// Copies of the reader's organs.
pub(crate) async fn list_copies(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(wanted): Query<WantedCopies>,
) -> Answer {
    let page = office_page(&visitor, visitor.page("", "").t("copies-title"));
    let (copies, next) = room.copies(&reader(&visitor)?, &wanted, SHOWN).await?;
    let columns = ["number", "form", "subject", "state", "changed"]
        .map(|key| Column::new(page.t(&format!("copies-column-{key}"))));
    let mut table = Table::new(page.t("copies-title"), columns.to_vec()).caption_hidden();
    for one in &copies {
        table = table.row(vec![
            Cell::from(link(&page, &path(&one.id), &one.code().unwrap_or_else(|| page.t("copies-number-none")))),
            Cell::from(page.t(&format!("copies-form-{}", one.form.as_str()))),
            Cell::from(page.vietnamese(told(&one.original.code, &one.original.subject))),
            Cell::from(Html::trusted(state_tag(&page, one.state).to_string())),
            Cell::from(page.time(one.changed_at)),
        ]);
    }
    let states = CopyState::ALL.map(|state| {
        Choice::new(state.as_str(), page.t(&format!("copies-state-{}", state.as_str())))
            .chosen(wanted.state.as_deref().unwrap_or_default())
    });
    let narrowed = wanted.state.as_deref().is_some_and(|state| !state.is_empty()) || wanted.source.is_some();
    html(ListPage {
        tabs: tabs(&visitor),
        state: Select::new(Field::new(page.lang, "state", page.t("copies-filter-state")), states.into()),
        empty: copies
            .is_empty()
            .then(|| EmptyState::new(page.t(if narrowed { "copies-empty-narrowed" } else { "copies-empty" }))),
        table: (!copies.is_empty()).then_some(table),
        pages: next.map(|cursor| Pagination::simple(page.lang, None, Some(page.href(query(&wanted, &cursor))))),
        page,
    })
}

fn told(code: &str, subject: &str) -> String {
    if code.is_empty() { subject.to_owned() } else { format!("{code}: {subject}") }
}

/// What is to be copied, in the address of the form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// Kind of it.
    #[serde(rename = "loai")]
    kind: String,
    /// Id of it.
    #[serde(rename = "ma")]
    id: String,
}

#[derive(Template)]
#[template(path = "copies_form.html")]
struct FormPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    back: String,
    source_kind: String,
    source: String,
    facts: SummaryList,
    form: Choices,
    held: Option<Choices>,
    pages: Option<TextInput>,
    recipients: TextArea,
    signer: Select,
}

fn source_path(kind: SourceKind, id: &str) -> String {
    match kind {
        SourceKind::Document => document_path(id),
        SourceKind::Arrival => format!("/can-bo/van-ban-den/{id}"),
        SourceKind::Scan => format!("/can-bo/van-ban-quet/{id}"),
        SourceKind::Copy => path(id),
    }
}

fn source_facts(page: &Page, source: &Source) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(&format!("copies-fact-{key}")), value);
    let original = &source.original;
    let mut rows =
        vec![row("subject", page.vietnamese(&original.subject)), row("organ", page.vietnamese(&original.organ))];
    if !original.code.is_empty() {
        rows.push(row("code", Html::text(&original.code)));
    }
    rows.extend(original.date.map(|day| row("date", Html::text(page.date(day)))));
    rows.extend(source.pages.map(|pages| row("pages", Html::text(pages.to_string()))));
    SummaryList::new(rows)
}

async fn form_page(
    visitor: &Visitor,
    room: &OfficeRoom,
    kind: SourceKind,
    ask: &AskCopy,
    errors: Vec<ErrorItem>,
) -> Result<FormPage, Fault> {
    let source = room.copy_source(&reader(visitor)?, kind, &ask.source).await?;
    let mut page = office_page(visitor, visitor.page("", "").t("copies-new-title"));
    page.errors = !errors.is_empty();
    let field = |name: &str| Field::new(page.lang, name, page.t(&format!("copies-field-{name}"))).errors(&errors);
    let hinted = |name: &str| field(name).hint(page.t(&format!("copies-field-{name}-hint")));
    let forms = CopyForm::ALL.map(|form| {
        let word = form.as_str();
        Choice::new(word, page.t(&format!("copies-form-{word}"))).chosen(&ask.form)
    });
    let held =
        ["original", "copy"].map(|word| Choice::new(word, page.t(&format!("copies-held-{word}"))).chosen(&ask.held));
    let staff = room.directory.staff(&source.agency).await.map_err(Problem::from)?;
    let leaders = staff
        .iter()
        .filter(|one| one.capabilities.contains(SIGN))
        .map(|one| Choice::new(one.person.as_str(), format!("{}, {}", one.name, one.title)).chosen(&ask.signer));
    Ok(FormPage {
        tabs: tabs(visitor),
        back: source_path(kind, &ask.source),
        source_kind: kind.as_str().to_owned(),
        source: ask.source.clone(),
        facts: source_facts(&page, &source),
        form: Choices::radios(hinted("form"), forms.into()).small(),
        held: (!source.held_known).then(|| Choices::radios(hinted("held"), held.into()).small()),
        pages: (source.original.media_type == "application/pdf")
            .then(|| TextInput::new(hinted("pages").optional(true)).value(&ask.pages).width(20)),
        recipients: TextArea::new(hinted("recipients").optional(true)).value(&ask.recipients).rows(4),
        signer: Select::new(hinted("signer"), leaders.collect()),
        errors,
        page,
    })
}

/// The form.
pub(crate) async fn new_copy(visitor: Visitor, Use(room): Use<OfficeRoom>, Query(wanted): Query<Wanted>) -> Answer {
    let Some(kind) = SourceKind::parse(&wanted.kind) else { return redirect(visitor.lang, LIST) };
    let ask = AskCopy {
        source: wanted.id,
        form: if kind == SourceKind::Copy { "onward" } else { "full" }.to_owned(),
        ..AskCopy::default()
    };
    match form_page(&visitor, &room, kind, &ask, Vec::new()).await {
        Ok(page) => html(page),
        Err(fault) => Err(fault),
    }
}

/// Asks for the copy.
pub(crate) async fn ask_copy(visitor: Visitor, Use(room): Use<OfficeRoom>, form: FormFields) -> Answer {
    let text = |name: &str| form.text(name).to_owned();
    let ask = AskCopy {
        source_kind: text("source_kind"),
        source: text("source"),
        form: text("form"),
        held: text("held"),
        pages: text("pages"),
        recipients: text("recipients"),
        signer: text("signer"),
    };
    let Some(kind) = SourceKind::parse(&ask.source_kind) else { return redirect(visitor.lang, LIST) };
    match room.ask_copy(&reader(&visitor)?, &ask).await {
        Ok(id) => redirect(visitor.lang, &path(&id)),
        Err(problem) => {
            let errors = words_of(visitor.lang, problem)?;
            html_invalid(form_page(&visitor, &room, kind, &ask, errors).await?)
        }
    }
}

/// What may be done next, as a form.
struct Deed {
    href: String,
    text: String,
    button: String,
    sha256: Option<String>,
    words: Option<TextArea>,
    activation: Option<TextInput>,
    dangerous: bool,
}

struct Line {
    what: String,
    who: Html,
    when: Html,
    words: Html,
}

#[derive(Template)]
#[template(path = "copies_one.html")]
struct OnePage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    revision: i64,
    state: Tag,
    now: String,
    file: String,
    deeds: Vec<Deed>,
    facts: SummaryList,
    again: Option<String>,
    history: Vec<Line>,
}

fn facts(page: &Page, copy: &Copy) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(&format!("copies-fact-{key}")), value);
    let original = &copy.original;
    let code = copy.code().unwrap_or_else(|| page.t("copies-number-none"));
    let what = told(&original.code, &original.subject);
    let mut rows = vec![
        row("number", Html::text(code)),
        row("form", Html::text(page.t(&format!("copies-form-{}", copy.form.as_str())))),
        row("source", link(page, &source_path(copy.source_kind, &copy.source), &what)),
        row("organ", page.vietnamese(&original.organ)),
        row("signer", page.vietnamese(&copy.signer_name)),
        row("asked", page.vietnamese(&copy.asked_name)),
    ];
    rows.extend(copy.copied_on.map(|day| row("copied", Html::text(page.date(day)))));
    if !copy.pages.is_empty() {
        let pages: Vec<String> = copy.pages.iter().map(usize::to_string).collect();
        rows.push(row("extract", Html::text(pages.join(", "))));
    }
    if !copy.recipients.is_empty() {
        rows.push(row("recipients", page.vietnamese(copy.recipients.join("; "))));
    }
    rows.push(row("sha256", page.code(&original.sha256)));
    SummaryList::new(rows)
}

fn deed(page: &Page, copy: &Copy, act: CopyAct, form: &FormFields, errors: &[ErrorItem]) -> Deed {
    let (word, end) = match act {
        CopyAct::Sign => ("sign", "ky"),
        CopyAct::Number => ("number", "cap-so"),
        CopyAct::Seal => ("seal", "cap-so"),
        CopyAct::Withdraw => ("withdraw", "huy"),
    };
    let name = format!("{word}_activation");
    let words = Field::new(page.lang, "words", page.t("copies-field-words")).errors(errors);
    Deed {
        href: page.href(format!("{}/{end}", path(&copy.id))),
        text: page.t(&format!("copies-do-{word}-text")),
        button: page.t(&format!("copies-do-{word}")),
        sha256: (act == CopyAct::Sign).then(|| copy.file_sha256.clone()),
        words: (act == CopyAct::Withdraw).then(|| TextArea::new(words).value(form.text("words")).rows(2).limit(2000)),
        // What was typed here is a secret: it is never sent back.
        activation: (act != CopyAct::Withdraw).then(|| {
            let field = Field::new(page.lang, name, page.t("documents-field-activation")).optional(true);
            TextInput::new(field).kind("password").width(20)
        }),
        dangerous: act == CopyAct::Withdraw,
    }
}

async fn one_page(
    visitor: &Visitor,
    room: &OfficeRoom,
    id: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<OnePage, Fault> {
    let reader = reader(visitor)?;
    let (copy, steps) = room.open_copy(&reader, id).await?;
    let mut page = office_page(visitor, "");
    page.title = page.t2(
        "copies-one-title",
        "form",
        page.t(&format!("copies-form-{}", copy.form.as_str())),
        "code",
        copy.code().unwrap_or_else(|| page.t("copies-number-none")),
    );
    page.errors = !errors.is_empty();
    let now = page.t1(&format!("copies-now-{}", copy.state.as_str()), "name", &copy.signer_name);
    let acts = room.copy_acts(&reader, &copy);
    let full = copy.state == CopyState::Issued && copy.form == CopyForm::Full;
    Ok(OnePage {
        tabs: tabs(visitor),
        revision: copy.revision,
        state: state_tag(&page, copy.state),
        now,
        file: page.href(format!("{}/tep", path(&copy.id))),
        deeds: acts.into_iter().map(|act| deed(&page, &copy, act, form, &errors)).collect(),
        facts: facts(&page, &copy),
        again: full.then(|| page.href(form_path(SourceKind::Copy, &copy.id))),
        history: steps
            .iter()
            .map(|step| Line {
                what: page.t(&format!("copies-did-{}", step.action)),
                who: page.vietnamese(&step.acted_name),
                when: page.time(step.at),
                words: page.vietnamese(&step.words),
            })
            .collect(),
        errors,
        page,
    })
}

/// One copy.
pub(crate) async fn show_copy(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    html(one_page(&visitor, &room, &id, &FormFields::default(), Vec::new()).await?)
}

/// Its file, shown by the browser.
pub(crate) async fn show_copy_file(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let (copy, bytes) = room.read_copy_file(&reader(&visitor)?, &id).await?;
    let length = bytes.len() as u64;
    let name = copy.code().unwrap_or_else(|| "ban-sao".to_owned()).replace('/', "-");
    file(Body::from(bytes), &format!("{name}.pdf"), "application/pdf", Some(length), Disposition::Inline)
}

async fn after(
    visitor: &Visitor,
    room: &OfficeRoom,
    id: &str,
    form: &FormFields,
    answer: Result<(), Problem>,
) -> Answer {
    match answer {
        Ok(()) => redirect(visitor.lang, &path(id)),
        Err(problem) => {
            let errors = words_of(visitor.lang, problem)?;
            html_invalid(one_page(visitor, room, id, form, errors).await?)
        }
    }
}

fn revision(form: &FormFields) -> i64 {
    form.text("revision").parse().unwrap_or_default()
}

/// The person's signature.
pub(crate) async fn sign_copy(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let secret = form.filled("sign_activation").map(str::to_owned);
    let answer = room.sign_copy(&reader(&visitor)?, &id, revision(&form), form.text("sha256"), secret).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Number and the organ's signature; after an interruption it goes on.
pub(crate) async fn seal_copy(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let secret = form.filled("number_activation").or_else(|| form.filled("seal_activation")).map(str::to_owned);
    let answer = room.seal_copy(&reader(&visitor)?, &id, revision(&form), secret).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Gives it up.
pub(crate) async fn withdraw_copy(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let answer = room.withdraw_copy(&reader(&visitor)?, &id, revision(&form), form.text("words")).await;
    after(&visitor, &room, &id, &form, answer).await
}
