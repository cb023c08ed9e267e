//! Pages of work files.

use super::keeping::{self, WantedFiles};
use super::model::{CaseFile, CaseFileForm, KEEPER, UNIT};
use super::rules::{self, FileAct, FileState};
use crate::documents::access;
use crate::documents::pages::{link, office_page, path as document_path, reader};
use crate::room::OfficeRoom;
use askama::Template;
use axum::body::Body;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::component::{
    Cell, Choices, Column, EmptyState, Select, SummaryList, SummaryRow, Table, Tag, TextArea, TextInput,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{
    Answer, Disposition, Fault, FormFields, Path, Query, State as Use, Visitor, file, html, html_invalid, redirect,
};

/// Address of the list.
pub(crate) const LIST: &str = "/can-bo/ho-so-cong-viec";

fn path(id: &str) -> String {
    format!("{LIST}/{id}")
}

fn tabs(visitor: &Visitor) -> Html {
    crate::frame::tabs(visitor, LIST)
}

fn dashed(word: &str) -> String {
    word.replace('_', "-")
}

struct View {
    text: String,
    href: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "files_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    views: Vec<View>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    opens: bool,
}

#[derive(Template)]
#[template(path = "files_form.html")]
struct FormPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    notation: TextInput,
    title: TextInput,
    retention: Select,
    rights: Choices,
    description: TextArea,
}

struct Deed {
    act: &'static str,
    text: String,
    button: String,
    words: Option<TextArea>,
}

#[derive(Template)]
#[template(path = "files_detail.html")]
struct DetailPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    id: String,
    revision: i64,
    state: Tag,
    held: Option<String>,
    now: String,
    facts: SummaryList,
    table: Option<Table>,
    empty: Option<EmptyState>,
    lay: Option<TextInput>,
    removable: Vec<(String, String)>,
    deeds: Vec<Deed>,
    package: String,
}

fn state_tag(page: &Page, state: FileState) -> Tag {
    let tag = page.tag(page.t(&format!("files-state-{}", dashed(state.as_str()))));
    match state {
        FileState::Open => tag,
        FileState::Closed => tag.wait(),
        FileState::HandedOver => tag.done(),
    }
}

fn retention_name(room: &OfficeRoom, page: &Page, id: &str) -> Html {
    room.documents.retention(id).map_or_else(|| Html::text(id), |class| page.b(&class.name))
}

/// What a problem says on these pages.
fn words_of(lang: Lang, problem: Problem) -> Result<Vec<ErrorItem>, Fault> {
    const KNOWN: [&str; 6] = [
        "case_file_closed",
        "already_filed",
        "document_moved",
        "file_act_not_allowed",
        "case_file_empty",
        "package_too_large",
    ];
    let text = |key: String| t(lang, &key, &[]);
    match problem.kind {
        ProblemKind::Invalid => Ok(problem
            .errors
            .iter()
            .map(|error| {
                ErrorItem::of(&error.field, text(format!("files-error-{}-{}", error.field, dashed(&error.code))))
            })
            .collect()),
        ProblemKind::Conflict if KNOWN.contains(&problem.code) => {
            Ok(vec![ErrorItem::general(text(format!("files-problem-{}", dashed(problem.code))))])
        }
        _ => Err(problem.into()),
    }
}

/// Work files, narrowed.
pub(crate) async fn list_case_files(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(wanted): Query<WantedFiles>,
) -> Answer {
    let page = office_page(&visitor, visitor.page("", "").t("files-title"));
    let files = room.list_case_files(&reader(&visitor)?, &wanted).await?;
    let view = wanted.view.clone().unwrap_or_default();
    let views = ["", "mine", "due"].map(|word| View {
        text: page.t(&format!("files-view-{}", if word.is_empty() { "all" } else { word })),
        href: page.href(if word.is_empty() { LIST.to_owned() } else { format!("{LIST}?view={word}") }),
        current: view == word,
    });
    let columns = ["title", "notation", "state", "keeper", "retention", "hand-over"]
        .map(|key| Column::new(page.t(&format!("files-column-{key}"))));
    let mut table = Table::new(page.t("files-title"), columns.to_vec()).caption_hidden();
    let today = room.ambient.today();
    for one in &files {
        let mut by = Html::text(one.hand_over_by.map(|day| page.date_table(day)).unwrap_or_default());
        let open = one.state == FileState::Closed;
        if one.hand_over_by.is_some_and(|day| open && rules::is_due(day, today, room.documents.remind_days)) {
            by = by.then(Html::trusted(" ")).then(Html::trusted(page.tag(page.t("files-due")).late().to_string()));
        }
        table = table.row(vec![
            Cell::from(link(&page, &path(&one.id), &one.title)),
            Cell::from(format!("{}/{}", one.notation, one.year)),
            Cell::from(Html::trusted(state_tag(&page, one.state).to_string())),
            Cell::from(page.vietnamese(&one.keeper_name)),
            Cell::from(retention_name(&room, &page, &one.retention)),
            Cell::from(by),
        ]);
    }
    let nothing = if view == "due" { "files-empty-due" } else { "files-empty" };
    html(ListPage {
        tabs: tabs(&visitor),
        views: views.into(),
        empty: files.is_empty().then(|| EmptyState::new(page.t(nothing))),
        table: (!files.is_empty()).then_some(table),
        opens: visitor.can(access::DRAFT),
        page,
    })
}

fn typed(form: &FormFields) -> CaseFileForm {
    let text = |name: &str| form.text(name).to_owned();
    CaseFileForm {
        agency: text("agency"),
        notation: text("notation"),
        title: text("title"),
        retention: text("retention"),
        rights: text("rights"),
        description: text("description"),
    }
}

fn form_page(visitor: &Visitor, room: &OfficeRoom, form: &CaseFileForm, errors: Vec<ErrorItem>) -> FormPage {
    let mut page = office_page(visitor, visitor.page("", "").t("files-new-title"));
    page.errors = !errors.is_empty();
    let field = |name: &str| Field::new(page.lang, name, page.t(&format!("files-field-{name}"))).errors(&errors);
    let classes = room.documents.retentions.iter().map(|class| {
        let english = class.name.en.as_ref().filter(|_| page.lang == Lang::En);
        Choice::new(&class.id, english.unwrap_or(&class.name.vi)).chosen(&form.retention)
    });
    let rights =
        [UNIT, KEEPER].map(|word| Choice::new(word, page.t(&format!("files-rights-{word}"))).chosen(&form.rights));
    FormPage {
        tabs: tabs(visitor),
        notation: TextInput::new(field("notation").hint(page.t("files-field-notation-hint")))
            .value(&form.notation)
            .width(20),
        title: TextInput::new(field("title")).value(&form.title).maxlength(500),
        retention: Select::new(field("retention"), classes.collect()),
        rights: Choices::radios(field("rights"), rights.into()).small(),
        description: TextArea::new(field("description").optional(true)).value(&form.description).rows(3).limit(500),
        errors,
        page,
    }
}

/// The form of a new file.
pub(crate) async fn new_case_file(visitor: Visitor, Use(room): Use<OfficeRoom>) -> Answer {
    let form = CaseFileForm { rights: UNIT.to_owned(), ..CaseFileForm::default() };
    html(form_page(&visitor, &room, &form, Vec::new()))
}

/// Opens a file.
pub(crate) async fn open_case_file(visitor: Visitor, Use(room): Use<OfficeRoom>, fields: FormFields) -> Answer {
    let form = typed(&fields);
    match room.open_case_file(&reader(&visitor)?, &form).await {
        Ok(id) => redirect(visitor.lang, &path(&id)),
        Err(problem) => {
            let errors = words_of(visitor.lang, problem)?;
            html_invalid(form_page(&visitor, &room, &form, errors))
        }
    }
}

fn facts(room: &OfficeRoom, page: &Page, file: &CaseFile) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(&format!("files-fact-{key}")), value);
    let mut rows = vec![
        row("notation", Html::text(format!("{}/{}", file.notation, file.year))),
        row("keeper", page.vietnamese(&file.keeper_name)),
        row("rights", Html::text(page.t(&format!("files-rights-{}", file.rights)))),
        row("retention", retention_name(room, page, &file.retention)),
        row("opened", Html::text(page.date(file.opened_on))),
    ];
    let mut day = |key: &str, value: Option<jiff::civil::Date>| {
        rows.extend(value.map(|day| row(key, Html::text(page.date(day)))));
    };
    day("closed", file.closed_on);
    day("hand-over", file.hand_over_by);
    day("handed-over", file.handed_over_on);
    day("destroy", file.destroy_from);
    if !file.description.is_empty() {
        rows.push(row("description", page.vietnamese(&file.description)));
    }
    SummaryList::new(rows)
}

/// What has to happen with the file now, in words.
fn now(room: &OfficeRoom, page: &Page, file: &CaseFile) -> String {
    let today = room.ambient.today();
    match (file.state, file.hand_over_by) {
        (FileState::Open, _) => page.t1("files-now-open", "name", &file.keeper_name),
        (FileState::Closed, Some(day)) => {
            page.t2("files-now-closed", "name", &file.keeper_name, "date", page.date_weekday(day))
        }
        _ if rules::may_destroy(file.destroy_from, file.legal_hold.is_some(), today) => page.t("files-now-destroy"),
        (FileState::Closed, None) => page.t("files-now-kept"),
        (FileState::HandedOver, _) => page.t("files-now-handed-over"),
    }
}

async fn detail(
    visitor: &Visitor,
    room: &OfficeRoom,
    id: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
) -> Result<DetailPage, Fault> {
    let reader = reader(visitor)?;
    let (file, laid) = room.open_to_read(&reader, id).await?;
    let mut page = office_page(visitor, file.title.clone());
    page.errors = !errors.is_empty();
    let columns = ["place", "type", "code", "date", "organ", "subject"]
        .map(|key| Column::new(page.t(&format!("files-line-{key}"))));
    let mut table = Table::new(page.t("files-list"), columns.to_vec());
    for one in &laid {
        let entry = &one.entry;
        let subject = match one.source.as_str() {
            "in" => link(&page, &format!("/can-bo/van-ban-den/{}", one.document), &entry.subject),
            "scan" => link(&page, &format!("/can-bo/van-ban-quet/{}", one.document), &entry.subject),
            "task" => link(&page, &format!("/can-bo/nhiem-vu/{}", one.document), &entry.subject),
            _ => link(&page, &document_path(&one.document), &entry.subject),
        };
        table = table.row(vec![
            Cell::from(one.ordinal.to_string()),
            Cell::from(page.vietnamese(&entry.type_name)),
            Cell::from(entry.code()),
            Cell::from(
                entry
                    .issued_date
                    .parse()
                    .map_or_else(|_| entry.issued_date.clone(), |day: jiff::civil::Date| page.date_table(day)),
            ),
            Cell::from(page.vietnamese(&entry.organ_name)),
            Cell::from(subject),
        ]);
    }
    let acts = room.file_acts(&reader, &file);
    let lays = acts.contains(&FileAct::Close);
    let sent = form.text("act");
    let deeds = acts.iter().map(|act| {
        let word = act.as_str();
        let name = format!("{word}_words");
        let own = (sent == word).then(|| errors.iter().find(|error| error.id == "words")).flatten();
        let field = Field::new(page.lang, &name, page.t("files-field-words")).error(own.map(|one| one.message.clone()));
        Deed {
            act: word,
            text: page.t(&format!("files-do-{}-text", dashed(word))),
            button: page.t(&format!("files-do-{}", dashed(word))),
            words: act.asks_why().then(|| TextArea::new(field).value(form.text(&name)).rows(2).limit(500)),
        }
    });
    let deeds = deeds.collect();
    let hint = page.t("files-field-document-hint");
    let field = Field::new(page.lang, "document", page.t("files-field-document")).hint(hint).errors(&errors);
    let renamed = |error: ErrorItem| match error.id.as_str() {
        "words" => ErrorItem::of(format!("{sent}_words"), error.message),
        _ => error,
    };
    Ok(DetailPage {
        tabs: tabs(visitor),
        id: file.id.clone(),
        revision: file.revision,
        state: state_tag(&page, file.state),
        held: file.legal_hold.clone(),
        now: now(room, &page, &file),
        facts: facts(room, &page, &file),
        empty: laid.is_empty().then(|| EmptyState::new(page.t("files-list-empty"))),
        removable: if lays {
            laid.iter().map(|one| (one.document.clone(), one.entry.subject.clone())).collect()
        } else {
            Vec::new()
        },
        table: (!laid.is_empty()).then_some(table),
        lay: lays.then(|| TextInput::new(field).value(form.text("document")).width(20)),
        deeds,
        package: page.href(format!("{}/goi-nop-luu", path(&file.id))),
        errors: errors.into_iter().map(renamed).collect(),
        page,
    })
}

/// One work file.
pub(crate) async fn show_case_file(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    html(detail(&visitor, &room, &id, &FormFields::default(), Vec::new()).await?)
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
            html_invalid(detail(visitor, room, id, form, errors).await?)
        }
    }
}

/// Lays a document in.
pub(crate) async fn lay_into_case_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let answer = room.lay_into_file(&reader(&visitor)?, &id, form.text("document")).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Takes a document out.
pub(crate) async fn take_out_of_case_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let answer = room.take_out_of_file(&reader(&visitor)?, &id, form.text("laid")).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// Closes, reopens, hands over, holds, lifts.
pub(crate) async fn act_on_case_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let unknown = || Problem::bad_request("act_unknown", "no such act on a work file");
    let act = FileAct::parse(form.text("act")).ok_or_else(unknown)?;
    let revision = form.text("revision").parse().unwrap_or_default();
    let words = form.text(&format!("{}_words", act.as_str()));
    let answer = room.act_on_file(&reader(&visitor)?, &id, revision, act, words).await;
    after(&visitor, &room, &id, &form, answer).await
}

/// The package for the archive.
pub(crate) async fn show_case_file_package(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let (work_file, bytes) = room.read_package(&reader(&visitor)?, &id).await?;
    let length = bytes.len() as u64;
    let name = keeping::package_name(&work_file);
    file(Body::from(bytes), &name, "application/zip", Some(length), Disposition::Attachment)
}
