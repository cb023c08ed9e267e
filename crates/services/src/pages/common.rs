//! What the pages of residents share: words of states, limits and dates, and small pieces of markup.

use crate::model::{CaseState, Channel};
use crate::procedure::{FeeLine, Version};
use crate::service::Services;
use haidang_contracts::identity::Agency;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::{TimeLimit, Unit};
use haidang_kernel::format;
use haidang_kernel::money::Money;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_ui::component::Tag;
use haidang_ui::{Html, IntoHtml, Lang, Page, t};
use jiff::Timestamp;
use jiff::civil::Date;

/// A stored word as part of a text id: `awaiting_issue` → `awaiting-issue`.
pub(super) fn dashed(word: &str) -> String {
    word.replace(['_', '.'], "-")
}

/// The name of an agency in the language of the page.
pub(super) fn agency_name(lang: Lang, agency: &Agency) -> String {
    match lang {
        Lang::En if !agency.name_en.is_empty() => agency.name_en.clone(),
        _ => agency.name_vi.clone(),
    }
}

/// The name behind an agency's code; the code when nobody knows it.
pub(super) async fn agency_of(services: &Services, lang: Lang, code: &str) -> Result<String, Problem> {
    let found = services.directory.agency(code).await?;
    Ok(found.map_or_else(|| code.to_owned(), |agency| agency_name(lang, &agency)))
}

/// The legal name without the word "Thủ tục" before it, which every name in the national record carries or not.
pub(super) fn short_name(version: &Version) -> Bilingual {
    let mut name = version.name();
    if let Some(rest) = name.vi.strip_prefix("Thủ tục ") {
        name.vi = capital(rest);
    }
    name
}

/// The name of a procedure for titles.
pub(super) fn procedure_name(lang: Lang, version: &Version) -> String {
    short_name(version).text(lang).to_owned()
}

/// A time limit in words: `3 ngày làm việc`.
pub(super) fn limit_text(lang: Lang, limit: &TimeLimit) -> String {
    if let (Unit::Event | Unit::NoLimit, Some(text)) = (limit.unit, &limit.text) {
        return text.clone();
    }
    if limit.unit == Unit::SameDay {
        return match limit.cutoff {
            Some(cutoff) => {
                t(lang, "services-limit-same-day-until", &[("time", format::time_text(lang, cutoff).into())])
            }
            None => t(lang, "services-limit-same-day", &[]),
        };
    }
    let places = usize::from(limit.quantity_halves % 2 != 0);
    let number = format::decimal(lang, limit.quantity(), places);
    let count = if limit.quantity_halves == 2 { 1 } else { 2 };
    t(
        lang,
        &format!("services-limit-{}", dashed(limit.unit.code())),
        &[("number", number.into()), ("count", count.into())],
    )
}

/// A due moment in words: `hôm nay, trước 17 giờ`, `thứ Ba, ngày 8 tháng 9 năm 2026, trước 17 giờ`.
pub(super) fn due_text(lang: Lang, due: Timestamp, today: Date) -> String {
    let wall = time::civil(due);
    let day =
        if wall.date() == today { t(lang, "services-today", &[]) } else { format::date_weekday(lang, wall.date()) };
    t(lang, "services-before", &[("day", day.into()), ("time", format::time_text(lang, wall.time()).into())])
}

/// What a fee line costs: `Không thu` when exempt, words when it cannot be known yet.
pub(super) fn fee_amount(page: &Page, line: &FeeLine) -> String {
    match (line.exempt.is_some(), line.amount) {
        (true, _) => page.money(Money(0)),
        (false, Some(amount)) => page.money(amount),
        (false, None) => page.t("services-fee-unknown"),
    }
}

/// Why a fee line is what it is: how it is counted, exemption, law.
pub(super) fn fee_reason(page: &Page, line: &FeeLine) -> Html {
    let mut parts = Vec::new();
    parts.extend(line.how.as_ref().map(|how| {
        let bare = |text: &str| text.trim_end_matches('.').to_owned();
        page.b(&Bilingual { vi: bare(&how.vi), en: how.en.as_deref().map(bare) })
    }));
    if line.amount.is_none() {
        parts.extend(line.unknown.as_ref().map(|why| page.b(why)));
    }
    if let Some(exempt) = &line.exempt {
        parts.push(Html::text(page.t("services-fee-exempt")).then(Html::text(" ")).then(page.b(&exempt.name)));
        parts.push(page.vietnamese(&exempt.basis));
    }
    if !line.basis.is_empty() {
        parts.push(page.vietnamese(&line.basis));
    }
    joined(parts, "; ")
}

/// A text with a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Pieces with a separator between them.
pub(super) fn joined(parts: Vec<Html>, separator: &str) -> Html {
    let mut whole = Html::default();
    for (index, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
        if index > 0 {
            whole = whole.then(Html::text(separator));
        }
        whole = whole.then(part);
    }
    whole
}

/// Lines of a value, one under the other.
pub(super) fn lines(values: &[String]) -> Html {
    let mut whole = Html::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            whole = whole.then(Html::trusted("<br>"));
        }
        whole = whole.then(Html::text(value));
    }
    whole
}

/// A link inside a sentence; the address is complete.
pub(super) fn link(href: impl AsRef<str>, text: impl IntoHtml) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(href))
        .then(Html::trusted("\">"))
        .then(text.into_html())
        .then(Html::trusted("</a>"))
}

/// An element of our own around a piece.
pub(super) fn element(name: &str, class: &str, inside: impl IntoHtml) -> Html {
    let open = if class.is_empty() { format!("<{name}>") } else { format!("<{name} class=\"{class}\">") };
    Html::trusted(open).then(inside.into_html()).then(Html::trusted(format!("</{name}>")))
}

/// The word of a channel.
pub(super) fn channel_text(lang: Lang, channel: Channel) -> String {
    t(lang, &format!("services-channel-{}", channel.as_str()), &[])
}

/// The word of a state, as its owner reads it.
pub(super) fn state_text(lang: Lang, state: CaseState) -> String {
    t(lang, &format!("services-state-{}", dashed(state.as_str())), &[])
}

/// The state as a tag; its word carries the meaning.
pub(super) fn state_tag(lang: Lang, state: CaseState) -> Tag {
    let tag = Tag::new(&state_text(lang, state));
    match state {
        CaseState::Refused | CaseState::Stopped => tag.late(),
        CaseState::AwaitingSupplement | CaseState::AwaitingPayment | CaseState::WithdrawalRequested => {
            tag.wait().icon("circle-pause")
        }
        CaseState::ResultReady | CaseState::Returned => tag.done(),
        _ => tag,
    }
}

/// A name for a component or an agency code that only the pack knows: its English where it exists.
pub(super) fn named(lang: Lang, text: &Bilingual) -> String {
    text.text(lang).to_owned()
}
