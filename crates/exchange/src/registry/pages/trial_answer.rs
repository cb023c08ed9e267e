//! What came back from a call that was tried, as an official reads it.

use bytes::Bytes;
use haidang_ui::component::{Cell, Column, Details, SummaryList, SummaryRow, Table, WarningText};
use haidang_ui::{Html, IntoHtml as _, Page};
use hyper::{HeaderMap, Response};
use jiff::SignedDuration;

use super::parts::paragraph;
use crate::proxy::{Beginning, InsideError};
use crate::registry::rules::trial::{Marks, Readable, explained, readable};
use crate::rules::headers::ERROR;

/// Bytes of an answer that are shown.
pub(super) const SHOWN: usize = 64 * 1024;

/// The answer of a call, or why there is none.
pub(super) fn shown(page: &Page, marks: &Marks, took: SignedDuration, outcome: Result<Beginning, InsideError>) -> Html {
    let mut rows = vec![
        SummaryRow::new(page.t("exchange-trial-message"), page.code(&marks.message)),
        SummaryRow::new(
            page.t("exchange-trial-took"),
            page.t1(
                "exchange-trial-millis",
                "millis",
                page.number(i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
            ),
        ),
    ];
    let Beginning { answer, whole } = match outcome {
        Ok(beginning) => beginning,
        Err(error) => {
            tracing::warn!(error = %error, call = marks.message.as_str(), "a call that was tried has no answer");
            let late = matches!(error, InsideError::Timeout(_));
            let key = if late { "exchange-trial-late" } else { "exchange-trial-broken" };
            let warning = WarningText::new(page.lang, page.t(key)).into_html();
            return warning.then(SummaryList::new(rows).no_border().into_html());
        }
    };
    let code = answer.headers().get(ERROR).map(|code| String::from_utf8_lossy(code.as_bytes()).into_owned());
    rows.insert(0, SummaryRow::new(page.t("exchange-trial-status"), status(page, &answer)));
    let mut warning = Html::default();
    if let Some(code) = &code {
        let key = explained(code).unwrap_or_else(|| "exchange-fault-other".to_owned());
        warning = WarningText::new(page.lang, page.t(&key)).into_html();
        rows.insert(1, SummaryRow::new(page.t("exchange-trial-error"), page.code(code)));
    }
    let headers = Details::new(page.t("exchange-trial-headers"), headers(page, answer.headers()));
    warning
        .then(SummaryList::new(rows).no_border().into_html())
        .then(body(page, answer.body(), whole))
        .then(headers.into_html())
}

fn status(page: &Page, answer: &Response<Bytes>) -> Html {
    let status = answer.status();
    let tag = page.tag(format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()).trim());
    if status.is_success() { tag.done().into_html() } else { tag.late().into_html() }
}

fn headers(page: &Page, headers: &HeaderMap) -> Html {
    let columns =
        vec![Column::new(page.t("exchange-trial-header")), Column::new(page.t("exchange-trial-header-value"))];
    let mut table = Table::new(page.t("exchange-trial-headers"), columns).caption_hidden().small();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        table = table.row(vec![Cell::from(page.code(name.as_str())), Cell::from(page.code(value))]);
    }
    table.into_html()
}

/// The body as it was delivered, after what the agreement does not allow was left out.
fn body(page: &Page, body: &[u8], whole: bool) -> Html {
    let text = match readable(body, whole) {
        Readable::Empty => return paragraph(page.t("exchange-trial-body-none")),
        Readable::Binary => return paragraph(page.t("exchange-trial-body-binary")),
        Readable::Text(text) => text,
    };
    let block =
        Html::trusted("<pre class=\"hd-scroll\" tabindex=\"0\">").then(Html::text(text)).then(Html::trusted("</pre>"));
    let block = paragraph(page.t("exchange-trial-body")).then(block);
    if whole { block } else { block.then(paragraph(page.t("exchange-trial-body-cut"))) }
}
