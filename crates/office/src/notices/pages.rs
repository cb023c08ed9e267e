//! The page of notices.

use super::model::Notice;
use crate::frame::reader;
use crate::room::OfficeRoom;
use askama::Template;
use haidang_kernel::time::from_micros;
use haidang_ui::component::{EmptyState, Tag};
use haidang_ui::{Html, Page};
use haidang_web::{Answer, FormFields, State as Use, Visitor, html, redirect};

/// Address of the list.
pub(super) const LIST: &str = "/can-bo/thong-bao";

struct Line {
    text: String,
    href: Option<String>,
    when: Html,
    fresh: Option<Tag>,
}

#[derive(Template)]
#[template(path = "notices_list.html")]
struct ListPage {
    page: Page,
    count: String,
    empty: Option<EmptyState>,
    lines: Vec<Line>,
    until: Option<i64>,
}

/// The words of a notice; what a later version sends is told in general.
fn words(page: &Page, notice: &Notice) -> String {
    const KNOWN: [&str; 20] = [
        "arrival_for_info",
        "arrival_routed",
        "arrival_submitted",
        "copy_issued",
        "copy_to_number",
        "copy_to_sign",
        "document_issued",
        "document_returned",
        "document_review",
        "document_to_number",
        "document_to_sign",
        "meeting_invited",
        "task_due_soon",
        "task_due_today",
        "task_given",
        "task_late",
        "task_late_superior",
        "task_not_accepted",
        "task_waits_for_you",
        "other",
    ];
    let word = if KNOWN.contains(&notice.template.as_str()) { notice.template.as_str() } else { "other" };
    let fact = |name: &str| notice.facts.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let about = ["number", "task", "starts"].map(fact).into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let text = page.t(&format!("notices-{}", word.replace('_', "-")));
    let text = if about.is_empty() { text } else { page.t2("notices-about", "text", text, "about", about) };
    match fact("due") {
        due if due.is_empty() => text,
        due => page.t2("notices-due", "text", text, "due", due),
    }
}

/// The reader's notices.
pub(crate) async fn list_office_notices(visitor: Visitor, Use(room): Use<OfficeRoom>) -> Answer {
    let reader = reader(&visitor)?;
    let mut page = visitor.page(haidang_ui::t(visitor.lang, "notices-title", &[]), "notices");
    page.private = true;
    let unseen = room.unseen_notices(&reader).await?;
    let notices = room.notices(&reader).await?;
    let lines = notices.iter().map(|one| Line {
        text: words(&page, one),
        href: one.address().map(|address| page.href(address)),
        when: page.time(one.created_at),
        fresh: one.seen_at.is_none().then(|| page.tag(page.t("notices-new")).wait()),
    });
    html(ListPage {
        count: page.t1("notices-count", "count", unseen),
        lines: lines.collect(),
        empty: notices.is_empty().then(|| EmptyState::new(page.t("notices-empty"))),
        until: notices.first().filter(|_| unseen > 0).map(|one| one.created_at.as_microsecond()),
        page,
    })
}

/// Puts away what was shown.
pub(crate) async fn put_office_notices_away(visitor: Visitor, Use(room): Use<OfficeRoom>, form: FormFields) -> Answer {
    let until = from_micros(form.text("until").parse().unwrap_or_default());
    room.put_notices_away(&reader(&visitor)?, until).await?;
    redirect(visitor.lang, LIST)
}
