//! One paper: its picture beside its text, what was proposed, and the form in which a person confirms it.

use super::super::confirming::Typed;
use super::super::extract::Proposal;
use super::super::model::{Facts, PageText, Scan, State};
use super::super::rules::is_coarse;
use super::super::uploading::UPLOAD;
use super::{next_step, path, reader, status};
use crate::room::OfficeRoom;
use crate::search::Part;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State as RoomState;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_store::StoreError;
use haidang_ui::component::{
    Choices, DateField, Pagination, Select, StepItem, StepState, Steps, SummaryList, SummaryRow, Tag, TextArea,
    TextInput, WarningText,
};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Page, t};
use haidang_web::{Answer, Disposition, Fault, FormFields, Path, Query, Visitor, file, html, html_invalid, redirect};
use jiff::civil::Date;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

/// Which page is shown.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Shown {
    /// Page, from 1.
    #[serde(rename = "trang")]
    page: Option<i64>,
}

#[derive(Template)]
#[template(path = "scans_one.html")]
struct ScanPage {
    page: Page,
    errors: Vec<ErrorItem>,
    action: String,
    state: Tag,
    next: String,
    warnings: Vec<WarningText>,
    facts: SummaryList,
    download: String,
    retry: Option<String>,
    register: Option<String>,
    registered: Option<String>,
    withdrawn: Option<Html>,
    filed: Vec<Html>,
    file: Option<(String, Select)>,
    withdraw: Option<(String, TextArea)>,
    withdraw_open: bool,
    copy: Option<String>,
    picture: Option<Html>,
    text: Vec<String>,
    pages: Option<Pagination>,
    form: Option<ConfirmForm>,
    history: Steps,
}

struct ConfirmForm {
    number: TextInput,
    notation: TextInput,
    issued: DateField,
    kind: Select,
    organ: TextInput,
    subject: TextArea,
    compared: Choices,
    revision: i64,
    button: String,
}

/// Picture of the page with the places of what was proposed.
fn picture(page: &Page, scan: &Scan, text: &PageText) -> Html {
    let (width, height) = (text.width.max(1), text.height.max(1));
    let label = page.t1("scans-picture", "page", text.page);
    let href = page.href(format!("{}/trang/{}", path(&scan.id), text.page));
    let mut svg = Html::trusted(format!(
        "<svg class=\"hd-scan\" viewBox=\"0 0 {width} {height}\" width=\"100%\" role=\"img\" aria-label=\""
    ))
    .then(Html::text(label))
    .then(Html::trusted("\"><image href=\""))
    .then(Html::text(href))
    .then(Html::trusted(format!("\" width=\"{width}\" height=\"{height}\"/>")));
    let pixel = |thousandth: u32, of: u32| u64::from(thousandth) * u64::from(of) / 1000;
    for proposal in scan.proposals.iter().filter(|proposal| proposal.page == text.page) {
        let [left, top, wide, high] = proposal.place;
        svg = svg.then(Html::trusted(format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"none\" stroke=\"#0a5a92\" stroke-width=\"6\"/>",
            pixel(left, width).saturating_sub(8),
            pixel(top, height).saturating_sub(8),
            pixel(wide, width) + 16,
            pixel(high, height) + 16,
        )));
    }
    svg.then(Html::trusted("</svg>"))
}

/// "máy đọc chắc 92%" beside a field, with a word of doubt where it is due.
fn hint(page: &Page, room: &OfficeRoom, proposal: Option<&Proposal>) -> String {
    match proposal {
        None => page.t("scans-hint-none"),
        Some(one) if one.doubtful || one.confidence < room.scans.settings.doubtful_below => {
            page.t1("scans-hint-doubtful", "confidence", i64::from(one.confidence))
        }
        Some(one) => page.t1("scans-hint-sure", "confidence", i64::from(one.confidence)),
    }
}

fn form(page: &Page, room: &OfficeRoom, scan: &Scan, typed: Option<&FormFields>, errors: &[ErrorItem]) -> ConfirmForm {
    let facts = scan.facts.clone().unwrap_or_else(|| proposed(scan));
    let field = |name: &str, of: &str| {
        let field = Field::new(page.lang, name, page.t(&format!("scans-field-{name}"))).errors(errors);
        if scan.facts.is_some() { field } else { field.hint(hint(page, room, scan.proposal(of))) }
    };
    let value = |name: &str, known: &str| typed.map_or_else(|| known.to_owned(), |form| form.text(name).to_owned());
    let chosen = value("kind", &facts.kind);
    let kinds = room.scans.settings.kinds.iter().map(|kind| {
        let (text, lang) = kind.name.get(page.lang);
        Choice::new(&kind.id, text).lang(lang).chosen(&chosen)
    });
    let issued = DateField::new(field("issued", "date"));
    let issued = match typed {
        Some(form) => issued.values(form.text("issued.day"), form.text("issued.month"), form.text("issued.year")),
        None => issued.iso(&facts.issued_on.map(|day| day.to_string()).unwrap_or_default()),
    };
    let compared = Choice::new("yes", page.t("scans-compared-yes")).checked(typed.is_some_and(|f| f.has("compared")));
    let compared_field = Field::new(page.lang, "compared", page.t("scans-field-compared")).errors(errors);
    ConfirmForm {
        number: TextInput::new(field("number", "number"))
            .value(value("number", &facts.code_number))
            .width(10)
            .figures(),
        notation: TextInput::new(field("notation", "number")).value(value("notation", &facts.code_notation)).width(20),
        issued,
        kind: Select::new(field("kind", "kind").optional(true), kinds.collect()),
        organ: TextInput::new(field("organ", "organ")).value(value("organ", &facts.organ)),
        subject: TextArea::new(field("subject", "subject")).value(value("subject", &facts.subject)).rows(4).limit(500),
        compared: Choices::checkboxes(compared_field.hint(page.t("scans-compared-hint")), vec![compared]).small(),
        revision: scan.revision,
        button: page.t(if scan.state == State::Confirmed { "scans-confirm-again" } else { "scans-confirm" }),
    }
}

/// What was proposed, as facts to begin with.
fn proposed(scan: &Scan) -> Facts {
    let value = |field: &str| scan.proposal(field).map(|proposal| proposal.value.clone()).unwrap_or_default();
    let number = value("number");
    let (code, notation) = number.split_once('/').unwrap_or((&number, ""));
    Facts {
        code_number: code.to_owned(),
        code_notation: notation.to_owned(),
        issued_on: value("date").parse().ok(),
        kind: value("kind"),
        organ: value("organ"),
        subject: value("subject"),
    }
}

fn warnings(page: &Page, room: &OfficeRoom, scan: &Scan) -> Vec<WarningText> {
    let mut found = Vec::new();
    if let Some(code) = &scan.failure {
        let known =
            ["scan_unreadable", "scan_locked", "scan_page_too_large", "scan_too_many_pages", "scan_kind_unknown"];
        let word = known.iter().find(|known| *known == code).map_or("reader-failed", |code| &code[5..]);
        found.push(page.t(&format!("scans-failure-{}", word.replace('_', "-"))));
    }
    if is_coarse(scan.dpi, room.scans.settings.least_dpi) {
        let least = i64::from(room.scans.settings.least_dpi);
        found.push(page.t2("scans-coarse", "dpi", scan.dpi.unwrap_or(0), "least", least));
    }
    if scan.proposal("secrecy").is_some() && scan.state != State::Confirmed {
        found.push(page.t("scans-maybe-secret"));
    }
    found.into_iter().map(|text| WarningText::new(page.lang, text)).collect()
}

fn facts(page: &Page, scan: &Scan) -> SummaryList {
    let row = |key: &str, value: Html| SummaryRow::new(page.t(key), value);
    let mut rows = vec![
        row(
            "scans-fact-file",
            Html::trusted("<span class=\"hd-anywhere\">").then(Html::text(&scan.name)).then(Html::trusted("</span>")),
        ),
        row("scans-fact-size", Html::text(page.size(u64::try_from(scan.size).unwrap_or_default()))),
    ];
    rows.extend(scan.pages.map(|pages| row("scans-fact-pages", Html::text(page.number(pages)))));
    rows.extend(scan.dpi.map(|dpi| row("scans-fact-dpi", Html::text(page.t1("scans-dpi", "dpi", dpi)))));
    let digest = Html::trusted("<span class=\"hd-anywhere hd-figures\">").then(Html::text(&scan.sha256));
    rows.push(row("scans-fact-sha", digest.then(Html::trusted("</span>"))));
    SummaryList::new(rows)
}

fn history(page: &Page, scan: &Scan) -> Steps {
    let step = |state, key: &str, lines: Vec<Html>| {
        lines.into_iter().fold(StepItem::new(state, page.t(key)), |item, line| item.line(line))
    };
    let mut items = vec![step(
        StepState::Done,
        "scans-history-uploaded",
        vec![page.time(scan.uploaded_at), page.vietnamese(&scan.uploaded_name)],
    )];
    match (scan.read_at, scan.state) {
        (Some(at), _) => items.push(step(StepState::Done, "scans-history-read", vec![page.time(at)])),
        (None, State::Failed) => items.push(step(StepState::Failed, "scans-history-failed", vec![])),
        (None, _) => items.push(step(StepState::Now, "scans-history-reading", vec![])),
    }
    match (scan.confirmed_at, scan.state) {
        (Some(at), _) => {
            let who = scan.confirmed_name.as_deref().unwrap_or_default();
            items.push(step(StepState::Done, "scans-history-confirmed", vec![page.time(at), page.vietnamese(who)]));
        }
        (None, State::Read) => items.push(step(StepState::Now, "scans-history-confirming", vec![])),
        (None, _) => items.push(step(StepState::Next, "scans-history-confirming", vec![])),
    }
    Steps::new(page.lang, items)
}

/// A link to a work file.
fn file_link(page: &Page, id: &str, name: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" lang=\"vi\" href=\"")
        .then(Html::text(page.href(format!("{}/{id}", crate::documents::work_files::LIST))))
        .then(Html::trusted("\">"))
        .then(Html::text(name))
        .then(Html::trusted("</a>"))
}

async fn build(
    visitor: &Visitor,
    room: &OfficeRoom,
    scan: Scan,
    shown: i64,
    typed: Option<&FormFields>,
    errors: Vec<ErrorItem>,
) -> Result<ScanPage, Fault> {
    let title = scan.facts.as_ref().map_or_else(|| scan.name.clone(), |facts| facts.subject.clone());
    let mut page = visitor.page(title, "documents");
    page.part = Some(t(visitor.lang, "scans-title", &[]));
    page.errors = !errors.is_empty();
    let read = room.scan_page(&scan, shown).await.ok();
    let pages = u64::try_from(scan.pages.unwrap_or(0)).unwrap_or(0);
    let base = page.href(format!("{}?trang=", path(&scan.id)));
    let may = visitor.actor.as_ref().is_some_and(|actor| actor.can_in(UPLOAD, &scan.agency));
    let may = may && scan.withdrawn.is_none();
    let open = may && matches!(scan.state, State::Read | State::Confirmed | State::Failed);
    let filed = room.case_files_of(&scan.id).await?;
    let unused = may && scan.registered_as.is_none();
    let files = if unused && scan.state == State::Confirmed {
        room.open_case_files(&reader(visitor)?, &scan.agency).await?
    } else {
        Vec::new()
    };
    let (chosen, reason) = typed.map_or(("", ""), |form| (form.text("work_file"), form.text("reason")));
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(&errors);
    let file = (!files.is_empty()).then(|| {
        let choices = files.iter().map(|(id, name)| Choice::new(id, name).lang(haidang_ui::Lang::Vi).chosen(chosen));
        let select = Select::new(field("work_file", "scans-field-work-file"), choices.collect());
        (page.href(format!("{}/ho-so", path(&scan.id))), select)
    });
    let withdraw = (unused && filed.is_empty()).then(|| {
        let why = field("reason", "scans-field-reason").hint(page.t("scans-field-reason-hint"));
        (page.href(format!("{}/rut", path(&scan.id))), TextArea::new(why).value(reason).rows(2).limit(500))
    });
    Ok(ScanPage {
        withdrawn: scan.withdrawn.as_ref().map(|one| {
            let words = page.t2("scans-withdrawn", "name", &one.name, "at", page.moment(one.at));
            Html::text(words).then(Html::trusted(" ")).then(page.vietnamese(&one.reason))
        }),
        filed: filed.iter().map(|(id, name)| file_link(&page, id, name)).collect(),
        file,
        withdraw,
        withdraw_open: errors.iter().any(|error| error.id == "reason"),
        action: page.href(path(&scan.id)),
        state: status(&page, scan.state),
        next: if scan.withdrawn.is_some() { page.t("scans-next-withdrawn") } else { next_step(&page, &scan) },
        warnings: warnings(&page, room, &scan),
        facts: facts(&page, &scan),
        download: page.href(format!("{}/tep", path(&scan.id))),
        retry: (may && scan.state == State::Failed).then(|| page.href(format!("{}/doc-lai", path(&scan.id)))),
        register: (may && scan.state == State::Confirmed && scan.registered_as.is_none())
            .then(|| page.href(format!("{}/van-ban-den", path(&scan.id)))),
        registered: scan.registered_as.as_ref().map(|document| page.href(Part::Incoming.address(document))),
        copy: crate::documents::copies::offer(
            visitor,
            &page,
            crate::documents::copies::SourceKind::Scan,
            &scan.id,
            scan.state == State::Confirmed,
        ),
        picture: read.as_ref().map(|(_, text)| picture(&page, &scan, text)),
        text: read.map(|(_, text)| text.text().split("\n\n").map(str::to_owned).collect()).unwrap_or_default(),
        pages: (pages > 1).then(|| Pagination::numbered(page.lang, &base, u64::try_from(shown).unwrap_or(1), pages)),
        form: open.then(|| form(&page, room, &scan, typed, &errors)),
        history: history(&page, &scan),
        errors,
        page,
    })
}

/// One paper.
pub(crate) async fn show_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
    Query(shown): Query<Shown>,
) -> Answer {
    let scan = room.open_scan(&reader(&visitor)?, &id).await?;
    html(build(&visitor, &room, scan, shown.page.unwrap_or(1).max(1), None, Vec::new()).await?)
}

/// The day of three fields; the second value says that something was typed which is no day.
fn day(form: &FormFields) -> (Option<Date>, bool) {
    let parts = ["issued.day", "issued.month", "issued.year"].map(|name| form.text(name).trim());
    if parts.iter().all(|part| part.is_empty()) {
        return (None, false);
    }
    let [day, month, year] = parts;
    let date = (|| Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok())();
    let date = date.filter(|date| (1900..=2200).contains(&date.year()));
    (date, date.is_none())
}

/// Confirms what the paper is.
pub(crate) async fn confirm_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let reader = reader(&visitor)?;
    let (issued_on, day_wrong) = day(&form);
    let text = |name: &str| form.text(name).trim().to_owned();
    let typed = Typed {
        facts: Facts {
            code_number: text("number"),
            code_notation: text("notation"),
            issued_on,
            kind: text("kind"),
            organ: text("organ"),
            subject: text("subject"),
        },
        day_wrong,
        compared: form.has("compared"),
        revision: form.text("revision").parse().unwrap_or(0),
    };
    let outcome = room.confirm_scan(&reader, &id, &typed).await;
    after(&visitor, &room, &id, &form, outcome).await
}

/// What came of a form: the page of the paper, or the same page with its errors.
async fn after(
    visitor: &Visitor,
    room: &OfficeRoom,
    id: &str,
    form: &FormFields,
    outcome: Result<(), Problem>,
) -> Answer {
    let message = |field: &str, code: &str| {
        let key = format!("scans-error-{}-{}", field.replace('_', "-"), code.replace('_', "-"));
        ErrorItem::of(field, t(visitor.lang, &key, &[]))
    };
    let general = |key: &str| vec![ErrorItem::general(t(visitor.lang, key, &[]))];
    let errors = match outcome {
        Ok(()) => return redirect(visitor.lang, &path(id)),
        Err(Problem { kind: ProblemKind::Invalid, errors, .. }) => {
            errors.iter().map(|error| message(&error.field, &error.code)).collect()
        }
        Err(Problem { code: "scan_changed", .. }) => general("scans-error-changed"),
        Err(Problem { code: "scan_used" | "already_filed" | "case_file_closed", .. }) => general("scans-error-used"),
        Err(problem) => return Err(problem.into()),
    };
    let scan = room.open_scan(&reader(visitor)?, id).await?;
    html_invalid(build(visitor, room, scan, 1, Some(form), errors).await?)
}

/// Lays a confirmed paper into a work file.
pub(crate) async fn file_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let reader = reader(&visitor)?;
    let scan = room.open_scan(&reader, &id).await?;
    let outcome = match room.named_case_file(&reader, &scan.agency, form.text("work_file")).await {
        Ok(file) => room.lay_scanned(&reader, &file, &id).await,
        Err(problem) => Err(problem),
    };
    after(&visitor, &room, &id, &form, outcome).await
}

/// Withdraws a paper that was handed in by mistake.
pub(crate) async fn withdraw_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let outcome = room.withdraw_scan(&reader(&visitor)?, &id, form.text("reason")).await;
    after(&visitor, &room, &id, &form, outcome).await
}

/// Lets a paper be read again.
pub(crate) async fn retry_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    room.retry_scan(&reader(&visitor)?, &id).await?;
    redirect(visitor.lang, &path(&id))
}

/// Hands a confirmed paper to the incoming documents and goes there.
pub(crate) async fn register_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let document = room.register_scan(&reader(&visitor)?, &id).await?;
    redirect(visitor.lang, &Part::Incoming.address(&document))
}

/// The original, byte for byte, to be saved.
pub(crate) async fn download_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let scan = room.open_scan(&reader(&visitor)?, &id).await?;
    let (content, size) = room.blobs.get(&scan.sha256).await.map_err(gone)?;
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let mut piece = vec![0_u8; 64 * 1024];
        let length = content.read(&mut piece).await?;
        piece.truncate(length);
        Ok::<_, std::io::Error>((length > 0).then(|| (Bytes::from(piece), content)))
    });
    file(Body::from_stream(pieces), &scan.name, &scan.media_type, Some(size), Disposition::Attachment)
}

/// The picture of a page that was drawn for looking at.
pub(crate) async fn show_scan_picture(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path((id, page)): Path<(String, i64)>,
) -> Answer {
    let scan = room.open_scan(&reader(&visitor)?, &id).await?;
    let (row, _) = room.scan_page(&scan, page).await?;
    let bytes = room.blobs.bytes(&row.preview_sha256).await.map_err(gone)?;
    let size = u64::try_from(bytes.len()).ok();
    file(Body::from(bytes), &format!("{page}.png"), "image/png", size, Disposition::Inline)
}

fn gone(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound => Problem::gone("file_gone", "the file is no longer in the store"),
        other => Problem::from(other),
    }
}
