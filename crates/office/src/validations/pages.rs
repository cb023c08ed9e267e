//! Pages of reports: the list, and one report as a sheet to print.

use super::keeping::Asked;
use super::model::{About, Validation};
use super::rules::{Answer as Said3, Said, said};
use crate::frame::{link, reader, tabs};
use crate::room::OfficeRoom;
use askama::Template;
use haidang_kernel::format;
use haidang_kernel::problem::ProblemKind;
use haidang_ui::component::{Cell, Column, EmptyState, Table};
use haidang_ui::field::ErrorItem;
use haidang_ui::print::PrintFrame;
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, FormFields, Path, Query, State, Visitor, html, html_invalid, redirect};
use serde::Deserialize;

/// Address of the list.
pub(super) const REPORTS: &str = "/can-bo/bao-cao-kiem-tra";
/// Reports of one page.
const PAGE: i64 = 50;

/// Which reports.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    /// SHA-256 of a file.
    tep: Option<String>,
    /// Id of the last report of the page before.
    truoc: Option<String>,
}

#[derive(Template)]
#[template(path = "validations_list.html")]
struct ListPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    table: Option<Table>,
    empty: Option<EmptyState>,
    next: Option<String>,
}

fn words(page: &Page, question: &str, answer: &str) -> Html {
    let tag = page.tag(page.t(&format!("validations-answer-{answer}")));
    let tag = match answer {
        "valid" => tag.done(),
        "invalid" => tag.late(),
        _ => tag.wait(),
    };
    Html::trusted("<span class=\"hd-second\">")
        .then(Html::text(page.t(&format!("validations-{question}"))))
        .then(Html::trusted("</span> "))
        .then(haidang_ui::IntoHtml::into_html(tag))
}

fn answers(page: &Page, one: &Validation) -> Html {
    let [integrity, identity, authority] = one.answers();
    words(page, "integrity", integrity)
        .then(Html::trusted("<br>"))
        .then(words(page, "identity", identity))
        .then(Html::trusted("<br>"))
        .then(words(page, "authority", authority))
}

fn table(page: &Page, found: &[Validation]) -> Table {
    let columns = ["at", "title", "by", "answers"].map(|key| Column::new(page.t(&format!("validations-column-{key}"))));
    found.iter().fold(Table::new(page.t("validations-title"), columns.to_vec()).caption_hidden(), |table, one| {
        let title = if one.title.is_empty() { page.t("validations-untitled") } else { one.title.clone() };
        table.row(vec![
            Cell::from(page.time(one.judged_at)),
            Cell::from(link(page, &format!("{REPORTS}/{}", one.id), page.vietnamese(title))),
            Cell::from(page.vietnamese(&one.judged_name)),
            Cell::from(answers(page, one)),
        ])
    })
}

async fn list_page(
    visitor: &Visitor,
    room: &OfficeRoom,
    wanted: &Wanted,
    errors: Vec<ErrorItem>,
) -> Result<ListPage, haidang_web::Fault> {
    let mut page = visitor.page(t(visitor.lang, "validations-title", &[]), "documents");
    page.errors = !errors.is_empty();
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let (file, before) = (filled(&wanted.tep), filled(&wanted.truoc));
    let found = room.validations(&reader(visitor)?, file.as_deref(), before.as_deref(), PAGE).await?;
    let full = i64::try_from(found.len()).unwrap_or(0) == PAGE;
    let next = found.last().filter(|_| full).map(|last| {
        let pairs = [("truoc", last.id.as_str())].into_iter().chain(file.as_deref().map(|file| ("tep", file)));
        page.href(format!("{REPORTS}?{}", haidang_web::encode(pairs)))
    });
    Ok(ListPage {
        tabs: tabs(visitor, REPORTS),
        errors,
        table: (!found.is_empty()).then(|| table(&page, &found)),
        empty: found.is_empty().then(|| EmptyState::new(page.t("validations-empty"))),
        next,
        page,
    })
}

/// Reports, the newest first.
pub(crate) async fn list_validations(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    html(list_page(&visitor, &room, &wanted, Vec::new()).await?)
}

/// Judges a stored file and keeps the report.
pub(crate) async fn keep_validation(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let reader = reader(&visitor)?;
    let asked = match (form.filled("arrival"), form.filled("document"), form.filled("code")) {
        (Some(id), _, _) => Asked::Arrival(id.to_owned()),
        (_, Some(id), _) => Asked::Document(id.to_owned()),
        (_, _, code) => Asked::Code(code.unwrap_or_default().to_owned()),
    };
    match room.validate(&reader, &asked).await {
        Ok(ids) => {
            redirect(visitor.lang, &format!("{REPORTS}/{}", ids.first().map(String::as_str).unwrap_or_default()))
        }
        Err(problem) if problem.kind == ProblemKind::Conflict => {
            let known = matches!(problem.code, "file_missing" | "file_unreadable" | "file_too_large");
            let key = if known { problem.code.replace('_', "-") } else { "refused".to_owned() };
            let message = t(visitor.lang, &format!("validations-error-{key}"), &[]);
            let errors = vec![ErrorItem::general(message)];
            html_invalid(list_page(&visitor, &room, &Wanted::default(), errors).await?)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A line of the sheet: what, and what about it.
type Line = (String, Html);

#[derive(Template)]
#[template(path = "validations_one.html")]
struct ReportPage {
    page: Page,
    paper: PrintFrame,
    back: String,
    lines: Vec<Line>,
    signatures: Vec<(String, Vec<Line>)>,
    policy: Vec<String>,
}

/// Vietnamese words: the sheet is a Vietnamese paper whatever the language of the page around it.
fn vi(key: &str) -> String {
    t(Lang::Vi, key, &[])
}

fn answer(question: &str, given: &str) -> Line {
    (vi(&format!("validations-{question}")), Html::text(vi(&format!("validations-answer-{given}"))))
}

fn signature(number: usize, one: &Said) -> (String, Vec<Line>) {
    let heading =
        t(Lang::Vi, "validations-signature", &[("number", (number + 1).into()), ("field", one.field.as_str().into())]);
    let text = |key: &str, value: &str| (vi(&format!("validations-{key}")), Html::text(value));
    let or = |value: &str, key: &str| if value.is_empty() { vi(key) } else { value.to_owned() };
    let stamped = one.stamped_at.parse().map(|at: jiff::Timestamp| format::date_time_table(Lang::Vi, at));
    let stamped = stamped.unwrap_or_else(|_| vi("validations-unstamped"));
    let mut lines = vec![
        text("signer", &or(&one.signer, "validations-nobody")),
        text("issuer", &or(&one.issuer, "validations-nobody")),
        text("serial", &one.serial),
        text("stamped", &stamped),
        text("level", &one.level),
    ];
    let questions = ["integrity", "identity", "authority"];
    lines.extend(
        questions.into_iter().zip(one.answers).map(|(question, given): (_, Said3)| answer(question, given.as_str())),
    );
    let mut reasons = Html::default();
    for (vietnamese, english) in &one.reasons {
        reasons = reasons
            .then(Html::text(vietnamese))
            .then(Html::trusted(" <span lang=\"en\">("))
            .then(Html::text(english))
            .then(Html::trusted(")</span> "));
    }
    if !one.reasons.is_empty() {
        lines.push((vi("validations-reasons"), reasons));
    }
    (heading, lines)
}

fn policy(one: &Validation) -> Vec<String> {
    let text = |pointer: &str| one.report.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
    let anchors = one.report.pointer("/policy/anchors").and_then(serde_json::Value::as_array);
    let mut lines = Vec::new();
    if !text("/policy/name").is_empty() {
        lines.push(t(Lang::Vi, "validations-policy-name", &[("name", text("/policy/name").into())]));
    }
    for anchor in anchors.into_iter().flatten() {
        let part = |name: &str| anchor.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
        lines.push(t(
            Lang::Vi,
            "validations-policy-anchor",
            &[("subject", part("subject").into()), ("sha256", part("sha256").into())],
        ));
    }
    lines.push(vi(if one.token.is_some() { "validations-stamped-report" } else { "validations-unstamped-report" }));
    lines
}

async fn paper(room: &OfficeRoom, one: &Validation) -> Result<PrintFrame, haidang_kernel::problem::Problem> {
    let agency = room.directory.agency(&one.agency).await?;
    let at = format::date_time_table(Lang::Vi, one.judged_at);
    Ok(PrintFrame {
        agency: agency.map(|agency| agency.name_vi).unwrap_or_default(),
        title: vi("validations-paper"),
        subtitle: one.title.clone(),
        signer_position: vi("validations-judged-by"),
        signer_name: one.judged_name.clone(),
        signed: t(Lang::Vi, "validations-judged-at", &[("time", at.into())]),
        ..PrintFrame::default()
    })
}

/// One report, ready to print.
pub(crate) async fn show_validation(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let one = room.open_validation(&reader(&visitor)?, &id).await?;
    let page = visitor.page(t(visitor.lang, "validations-one", &[]), "documents");
    let [integrity, identity, authority] = one.answers();
    let about = match one.about {
        About::Arrival => "validations-about-arrival",
        About::Document => "validations-about-document",
        About::Result => "validations-about-result",
    };
    let text = |key: &str, value: String| (vi(key), Html::text(value));
    let lines = vec![
        text("validations-about", vi(about)),
        text("validations-file", one.sha256.clone()),
        answer("integrity", integrity),
        answer("identity", identity),
        answer("authority", authority),
        text("validations-keep-until", format::date_table(Lang::Vi, one.keep_until)),
    ];
    html(ReportPage {
        paper: paper(&room, &one).await?,
        back: REPORTS.to_owned(),
        lines,
        signatures: said(&one.report).iter().enumerate().map(|(number, one)| signature(number, one)).collect(),
        policy: policy(&one),
        page,
    })
}
