//! `/can-bo/tim-van-ban`: search over every document. Words may be personal, so they travel in the body of a form and
//! never in an address.

use super::finding::{Find, Found, FoundDocument};
use super::model::Part;
use super::snippet::Piece;
use crate::frame::tabs;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use askama::Template;
use axum::extract::State;
use haidang_ui::component::{Button, DateField, EmptyState, Select, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, FormFields, Visitor, html, html_invalid};
use jiff::civil::Date;

/// Address of the search.
pub(crate) const SEARCH: &str = "/can-bo/tim-van-ban";

#[derive(Template)]
#[template(path = "search_documents.html")]
struct SearchPage {
    page: Page,
    tabs: Html,
    errors: Vec<ErrorItem>,
    words: TextInput,
    kind: Select,
    part: Select,
    organ: TextInput,
    from: DateField,
    until: DateField,
    order: Select,
    /// The narrowing fields stand open when one of them is filled.
    narrowed: bool,
    results: Option<Results>,
}

struct Results {
    count: String,
    lines: Vec<Line>,
    empty: Option<EmptyState>,
    previous: Option<Button>,
    next: Option<Button>,
    place: String,
}

struct Line {
    href: String,
    title: Html,
    facts: Vec<Html>,
    snippet: Html,
}

fn marked(pieces: &[Piece]) -> Html {
    pieces.iter().fold(Html::text(""), |text, piece| match piece.hit {
        true => text.then(Html::trusted("<mark>")).then(Html::text(&piece.text)).then(Html::trusted("</mark>")),
        false => text.then(Html::text(&piece.text)),
    })
}

fn line(room: &OfficeRoom, page: &Page, found: &FoundDocument) -> Line {
    let mut facts = Vec::new();
    if !found.number.is_empty() {
        facts.push(page.code(&found.number));
    }
    facts.extend(found.issued_on.map(|date| Html::text(page.date_table(date))));
    facts.extend(room.scans.settings.kind(&found.kind).map(|kind| page.b(&kind.name)));
    if !found.organ.is_empty() {
        facts.push(page.vietnamese(&found.organ));
    }
    facts.push(Html::text(page.t(&format!("doc-search-part-{}", found.part.as_str()))));
    let title = match found.title.is_empty() {
        true => Html::text(page.t("doc-search-untitled")),
        false => Html::trusted("<span lang=\"vi\">").then(marked(&found.title)).then(Html::trusted("</span>")),
    };
    Line { href: page.href(found.part.address(&found.document)), title, facts, snippet: marked(&found.snippet) }
}

fn results(room: &OfficeRoom, page: &Page, found: &Found) -> Results {
    let go = |wanted: usize, text: &str| page.button(page.t(text)).secondary().named("page", wanted.to_string());
    let empty = found
        .documents
        .is_empty()
        .then(|| EmptyState::new(page.t("doc-search-empty")).text(page.t("doc-search-empty-next")));
    Results {
        count: page.t1("doc-search-count", "count", found.total),
        lines: found.documents.iter().map(|one| line(room, page, one)).collect(),
        empty,
        previous: (found.page > 1).then(|| go(found.page - 1, "doc-search-previous")),
        next: (found.page < found.pages).then(|| go(found.page + 1, "doc-search-next")),
        place: page.t2("doc-search-place", "page", found.page, "pages", found.pages),
    }
}

fn build(visitor: &Visitor, room: &OfficeRoom, form: &FormFields, errors: Vec<ErrorItem>) -> SearchPage {
    let mut page = visitor.page(t(visitor.lang, "doc-search-title", &[]), "documents");
    page.errors = !errors.is_empty();
    let field = |name: &str| Field::new(page.lang, name, page.t(&format!("doc-search-{name}"))).errors(&errors);
    let day = |name: &str| {
        let typed = |part: &str| form.text(&format!("{name}.{part}")).to_owned();
        DateField::new(field(name).optional(true)).values(typed("day"), typed("month"), typed("year"))
    };
    let kinds = room.scans.settings.kinds.iter().map(|kind| {
        let (text, lang) = kind.name.get(page.lang);
        Choice::new(&kind.id, text).lang(lang).chosen(form.text("kind"))
    });
    let parts = Part::ALL.map(|part| {
        let text = page.t(&format!("doc-search-part-{}", part.as_str()));
        Choice::new(part.as_str(), text).chosen(form.text("part"))
    });
    let orders = ["best", "newest"]
        .map(|order| Choice::new(order, page.t(&format!("doc-search-order-{order}"))).chosen(form.text("order")));
    let narrowing =
        ["kind", "part", "organ", "from.day", "from.month", "from.year", "until.day", "until.month", "until.year"];
    SearchPage {
        tabs: tabs(visitor, SEARCH),
        words: TextInput::new(field("words").hint(page.t("doc-search-words-hint")))
            .kind("search")
            .value(form.text("words")),
        kind: Select::new(field("kind").optional(true), kinds.collect()),
        part: Select::new(field("part").optional(true), parts.to_vec()),
        organ: TextInput::new(field("organ").optional(true)).value(form.text("organ")),
        from: day("from"),
        until: day("until"),
        order: Select::new(field("order"), orders.to_vec()).always(),
        narrowed: narrowing.iter().any(|name| form.filled(name).is_some()) || page.errors,
        results: None,
        errors,
        page,
    }
}

/// A day in three fields: absent, given, or not a day.
fn day(form: &FormFields, name: &str) -> Result<Option<Date>, ()> {
    let parts = ["day", "month", "year"].map(|part| form.filled(&format!("{name}.{part}")));
    let [Some(day), Some(month), Some(year)] = parts else {
        return if parts.iter().all(Option::is_none) { Ok(None) } else { Err(()) };
    };
    let number = |text: &str| text.parse::<i16>().map_err(|_| ());
    let small = |text: &str| text.parse::<i8>().map_err(|_| ());
    let year = number(year)?;
    if !(1900..=2200).contains(&year) {
        return Err(());
    }
    Date::new(year, small(month)?, small(day)?).map(Some).map_err(|_| ())
}

fn read(lang: Lang, form: &FormFields) -> Result<Find, Vec<ErrorItem>> {
    let mut errors = Vec::new();
    let mut date = |name: &str| {
        day(form, name).unwrap_or_else(|()| {
            errors.push(ErrorItem::of(name, t(lang, &format!("doc-search-error-{name}"), &[])));
            None
        })
    };
    let (from, until) = (date("from"), date("until"));
    if from.zip(until).is_some_and(|(from, until)| from > until) {
        errors.push(ErrorItem::of("until", t(lang, "doc-search-error-order", &[])));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let given = |name: &str| form.filled(name).map(str::to_owned);
    Ok(Find {
        words: form.text("words").trim().to_owned(),
        kind: given("kind"),
        part: form.filled("part").and_then(Part::parse),
        organ: given("organ"),
        from,
        until,
        newest: form.text("order") == "newest",
        page: form.text("page").parse().unwrap_or(1),
    })
}

/// The empty form.
pub(crate) async fn show_document_search(visitor: Visitor, State(room): State<OfficeRoom>) -> Answer {
    html(build(&visitor, &room, &FormFields::default(), Vec::new()))
}

/// The form with what was found.
pub(crate) async fn search_documents(visitor: Visitor, State(room): State<OfficeRoom>, form: FormFields) -> Answer {
    let find = match read(visitor.lang, &form) {
        Ok(find) => find,
        Err(errors) => return html_invalid(build(&visitor, &room, &form, errors)),
    };
    if find.is_empty() {
        let missing = ErrorItem::of("words", t(visitor.lang, "doc-search-error-words", &[]));
        return html_invalid(build(&visitor, &room, &form, vec![missing]));
    }
    let actor = visitor.require_actor()?;
    let reader = Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id };
    let found = room.find_documents(&reader, &find).await?;
    let mut page = build(&visitor, &room, &form, Vec::new());
    page.results = Some(results(&room, &page.page, &found));
    html(page)
}
