//! What the city already knows on a page of questions: shown with its source, confirmed or corrected, never retyped.

use crate::cases::drafts::DraftView;
use crate::form::{self, CodeLists, Field, Widget};
use haidang_contracts::once_only::Known;
use haidang_ui::component::{Choices, Icon};
use haidang_ui::field::{Choice, ErrorItem, Field as Question, Known as InQuestion, LabelStyle};
use haidang_ui::{Html, IntoHtml, Page};
use serde_json::{Map, Value as Json};

/// Name of the radio with which known values are confirmed, and of the hidden field while they are corrected.
pub(super) const CONFIRM: &str = "known";
/// Confirmed.
pub(super) const RIGHT: &str = "yes";
/// To be corrected.
pub(super) const WRONG: &str = "no";
/// Being corrected: the inputs are on the page.
pub(super) const EDITING: &str = "edit";

/// A question of the page that a register can answer.
pub(super) struct KnownField<'a> {
    pub field: &'a Field,
    pub known: &'a Known,
}

/// The questions of the page that registers can answer, in order.
pub(super) fn known_fields<'a>(view: &'a DraftView, shown: &[&'a Field]) -> Vec<KnownField<'a>> {
    shown
        .iter()
        .filter(|field| field.widget != Widget::List && !field.must_be)
        .filter_map(|field| {
            let known = view.known.get(&field.key).filter(|known| !known.value.is_null())?;
            Some(KnownField { field, known })
        })
        .collect()
}

/// Whether an answer differs from what the register says.
pub(super) fn differs(view: &DraftView, known: &[KnownField<'_>]) -> bool {
    known.iter().any(|one| view.row.answers.get(&one.field.key).is_some_and(|answer| *answer != one.known.value))
}

/// Whether every known value has been confirmed.
pub(super) fn confirmed(view: &DraftView, known: &[KnownField<'_>]) -> bool {
    known.iter().all(|one| view.row.answers.get(&one.field.key) == Some(&one.known.value))
}

/// The answers that the registers give.
pub(super) fn values(known: &[KnownField<'_>]) -> Map<String, Json> {
    known.iter().map(|one| (one.field.key.clone(), one.known.value.clone())).collect()
}

/// The known values with their sources.
pub(super) fn block(page: &Page, codes: &CodeLists, known: &[KnownField<'_>]) -> Html {
    let mut html = Html::trusted("<div class=\"hd-known\" id=\"known-values\"><dl>");
    for one in known {
        let shown = form::display(one.field, &one.known.value, page.lang, codes);
        html = html
            .then(Html::trusted("<dt>"))
            .then(page.b(&one.field.label))
            .then(Html::trusted("</dt><dd>"))
            .then(super::common::lines(&shown))
            .then(Html::trusted("</dd>"));
    }
    html = html.then(Html::trusted("</dl>"));
    let mut sources: Vec<Html> = Vec::new();
    for one in known {
        let day = day(page, one.known);
        let line = Html::text(page.t("services-known-source"))
            .then(Html::text(" "))
            .then(page.b(&one.known.register))
            .then(Html::text(", "))
            .then(Html::text(day))
            .then(Html::text(". "))
            .then(Html::text(page.t("services-known-basis")))
            .then(Html::text(" "))
            .then(page.vietnamese(&one.known.legal_basis));
        if !sources.contains(&line) {
            sources.push(line);
        }
    }
    for source in sources {
        html = html
            .then(Html::trusted("<p class=\"hd-source\">"))
            .then(Icon::new("database"))
            .then(Html::trusted("<span>"))
            .then(source)
            .then(Html::trusted("</span></p>"));
    }
    html.then(Html::trusted("</div>"))
}

/// One known value inside the question that confirms it.
pub(super) fn inside(page: &Page, codes: &CodeLists, one: &KnownField<'_>) -> InQuestion {
    let shown = form::display(one.field, &one.known.value, page.lang, codes);
    InQuestion {
        term: one.field.label.text(page.lang).to_owned(),
        value: super::common::lines(&shown),
        source: format!(
            "{} {}, {}. {} {}",
            page.t("services-known-source"),
            one.known.register.text(page.lang),
            day(page, one.known),
            page.t("services-known-basis"),
            one.known.legal_basis
        ),
    }
}

fn day(page: &Page, known: &Known) -> String {
    known.as_of.parse().map_or_else(|_| known.as_of.clone(), |day: jiff::civil::Date| page.date(day))
}

/// "Đúng" or "Không đúng, tôi muốn sửa".
pub(super) fn question(
    page: &Page,
    (style, label, inside): (LabelStyle, String, Option<InQuestion>),
    now: &str,
    errors: &[ErrorItem],
) -> Html {
    let field = Question::new(page.lang, CONFIRM, label).style(style).errors(errors).known(inside);
    let choices = vec![
        Choice::new(RIGHT, page.t("services-known-right")).chosen(now),
        Choice::new(WRONG, page.t("services-known-wrong")).chosen(now),
    ];
    Choices::radios(field, choices).into_html()
}
