//! One page of questions: known values first, every widget as data says, nothing typed lost.

use super::common::named;
use super::fields::{Asking, Values, error_items};
use super::filing::{behalf, case_path, draft_page, draft_path, open_draft};
use super::known::{self, CONFIRM, EDITING, RIGHT, WRONG};
use crate::api::State;
use crate::cases::drafts::DraftView;
use crate::form::{self, Button, Field};
use crate::procedure::{Facts, Page as FormPage};
use crate::service::Services;
use askama::Template;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Details, Inset, Progress};
use haidang_ui::field::{ErrorItem, LabelStyle};
use haidang_ui::{Html, Page};
use haidang_web::{
    Answer, Fault, FormFields, Path, Query, Routes, Row, State as Use, Visitor, html, html_invalid, redirect,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the address of a question says besides the page.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Way {
    /// `kiem-tra`: go back to the check page afterwards.
    #[serde(rename = "ve")]
    back: Option<String>,
    /// Known values are being corrected.
    #[serde(rename = "sua")]
    editing: Option<String>,
}

impl Way {
    fn to_check(&self) -> bool {
        self.back.as_deref() == Some("kiem-tra")
    }

    /// The same way with or without correcting.
    fn query(&self, editing: bool) -> String {
        let mut parts = Vec::new();
        if self.to_check() {
            parts.push("ve=kiem-tra");
        }
        if editing {
            parts.push("sua=1");
        }
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

#[derive(Template)]
#[template(path = "question.html")]
struct QuestionPage {
    page: Page,
    errors: Vec<ErrorItem>,
    behalf: Option<Inset>,
    back: String,
    progress: Progress,
    heading: Option<Html>,
    intro: Option<Html>,
    known: Option<Html>,
    confirm: Option<Html>,
    editing: bool,
    correction: Option<String>,
    lists: bool,
    questions: Vec<Html>,
    why: Option<Details>,
    action: String,
}

/// The page of the address, when it applies to the answers so far.
fn part_of(view: &DraftView, id: &str) -> Result<(FormPage, usize, usize), Fault> {
    let pages = view.version.pages(&view.facts);
    let found = pages.iter().position(|page| page.id == id);
    let index = found.ok_or_else(|| Problem::not_found("page_not_found", "the form has no such page now"))?;
    Ok((pages[index].clone(), index + 1, pages.len() + 1))
}

/// Fields of the page that are shown now, in order.
fn shown<'a>(view: &'a DraftView, part: &FormPage, facts: &Facts) -> Vec<&'a Field> {
    let surroundings = view.version.surroundings(facts);
    part.keys().filter_map(|key| view.version.form.field(key)).filter(|field| field.is_shown(&surroundings)).collect()
}

/// What a page is drawn from.
struct Shown<'a> {
    view: &'a DraftView,
    part: &'a FormPage,
    place: (usize, usize),
    way: &'a Way,
    values: Values,
    errors: Vec<ErrorItem>,
    editing: bool,
    confirm: &'static str,
    entries: BTreeMap<String, usize>,
}

fn draw(services: &Services, visitor: &Visitor, now: Shown<'_>) -> QuestionPage {
    let Shown { view, part, place, way, values, errors, editing, confirm, entries } = now;
    let fields = shown(view, part, &view.facts);
    let known = known::known_fields(view, &fields);
    let asked: Vec<&Field> =
        fields.iter().filter(|field| editing || !known.iter().any(|one| one.field.key == field.key)).copied().collect();
    let title = named(visitor.lang, &part.title());
    let alone = asked.len() == 1 && known.is_empty();
    let confirm_alone = asked.is_empty() && known.len() == 1;
    let single = match (alone, confirm_alone) {
        (true, _) => asked.first().copied(),
        (_, true) => known.first().map(|one| one.field),
        _ => None,
    };
    let question = single.map(|field| named(visitor.lang, field.ask.as_ref().unwrap_or(&field.label)));
    let mut page = draft_page(visitor, view, question.clone().unwrap_or_else(|| title.clone()));
    page.errors = !errors.is_empty();
    let surroundings = view.version.surroundings(&view.facts);
    let asking = Asking {
        surroundings: &surroundings,
        lang: visitor.lang,
        today: services.ambient.today(),
        codes: &services.codes,
        values: &values,
        errors: &errors,
        entries: &entries,
    };
    let style = if alone { LabelStyle::Heading } else { LabelStyle::Strong };
    let questions: Vec<Html> = asked.iter().map(|field| asking.draw(field, &field.key, style)).collect();
    let confirm = (!known.is_empty() && !editing).then(|| {
        let asked = match (&question, known.first()) {
            (Some(question), Some(one)) if confirm_alone => {
                (LabelStyle::Heading, question.clone(), Some(known::inside(&page, &services.codes, one)))
            }
            _ => (LabelStyle::Medium, page.t("services-known-question"), None),
        };
        known::question(&page, asked, confirm, &errors)
    });
    let why = why(&page, &fields);
    let path = format!("{}/cau-hoi/{}{}", draft_path(view), part.id, way.query(editing));
    let intro = part
        .intro
        .as_ref()
        .map(|vi| page.b(&haidang_kernel::bilingual::Bilingual { vi: vi.clone(), en: part.intro_en.clone() }));
    let back = if way.to_check() { format!("{}/kiem-tra", draft_path(view)) } else { draft_path(view) };
    QuestionPage {
        behalf: behalf(&page, view),
        back,
        progress: Progress::new(visitor.lang, place.0, place.1, &title),
        heading: single.is_none().then(|| page.b(&part.title())),
        intro,
        known: (!known.is_empty() && (editing || !confirm_alone)).then(|| known::block(&page, &services.codes, &known)),
        confirm,
        editing: editing && !known.is_empty(),
        correction: (editing && !known.is_empty()).then(|| page.t("services-known-correction")),
        // Enter must go on, not press the first button of a list.
        lists: asked.iter().any(|field| field.widget == form::Widget::List),
        questions,
        why,
        action: page.href(path),
        errors,
        page,
    }
}

fn why(page: &Page, fields: &[&Field]) -> Option<Details> {
    let reasons: Vec<(&Field, Html)> =
        fields.iter().filter_map(|field| Some((*field, page.b(field.why.as_ref()?)))).collect();
    if reasons.is_empty() {
        return None;
    }
    let mut inside = Html::default();
    for (field, reason) in reasons {
        inside = inside
            .then(Html::trusted("<p class=\"govuk-body\"><strong>"))
            .then(page.b(&field.label))
            .then(Html::trusted("</strong>: "))
            .then(reason)
            .then(Html::trusted("</p>"));
    }
    Some(Details::new(page.t("services-why"), inside))
}

/// Shows one page of questions with what is known and what was answered before.
pub async fn show_question(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, part)): Path<(String, String)>,
    Query(way): Query<Way>,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    if let Some(path) = case_path(&view) {
        return redirect(visitor.lang, &path);
    }
    let (part, number, all) = part_of(&view, &part)?;
    let fields = shown(&view, &part, &view.facts);
    let known = known::known_fields(&view, &fields);
    let editing = !known.is_empty() && (way.editing.is_some() || known::differs(&view, &known));
    let mut answers = view.row.answers.clone();
    if editing && !known::differs(&view, &known) {
        // Nobody types again what only needs a small change.
        form::apply(&mut answers, &known::values(&known));
    }
    let values = Values::new(&form::encode(&view.version.form, &part, &answers));
    let confirm = if known::confirmed(&view, &known) { RIGHT } else { "" };
    let shown = Shown {
        view: &view,
        part: &part,
        place: (number, all),
        way: &way,
        values,
        errors: Vec::new(),
        editing,
        confirm,
        entries: BTreeMap::new(),
    };
    html(draw(&services, &visitor, shown))
}

/// Keeps the answers of a page and goes on to the next.
pub async fn answer_question(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((draft, part)): Path<(String, String)>,
    Query(way): Query<Way>,
    typed: FormFields,
) -> Answer {
    let view = open_draft(&services, &visitor, &draft).await?;
    if let Some(path) = case_path(&view) {
        return redirect(visitor.lang, &path);
    }
    let (part, number, all) = part_of(&view, &part)?;
    let decoded = form::decode(&view.version.form, &part, typed.pairs())?;
    let before = shown(&view, &part, &view.facts);
    let known = known::known_fields(&view, &before);
    let editing = typed.text(CONFIRM) == EDITING;
    let mut patch = decoded.patch;
    let mut errors = Vec::new();
    if !known.is_empty() && !editing {
        for one in &known {
            patch.remove(&one.field.key);
        }
        match typed.text(CONFIRM) {
            RIGHT => patch.extend(known::values(&known)),
            WRONG => {
                services
                    .save_answers(visitor.require_actor()?, &view.row.id, &part.id, patch, false, &visitor.request_id)
                    .await?;
                let path = format!("{}/cau-hoi/{}{}", draft_path(&view), part.id, way.query(true));
                return redirect(visitor.lang, &path);
            }
            _ => errors.push(ErrorItem::of(CONFIRM, haidang_ui::t(visitor.lang, "services-known-choose", &[]))),
        }
    }
    let mut facts = view.facts.clone();
    form::apply(&mut facts.form, &patch);
    facts.variant = None;
    facts.variant = view.version.variant(&facts);
    let after: Vec<&Field> = shown(&view, &part, &facts);
    let fresh: Vec<&str> = after
        .iter()
        .filter(|field| !before.iter().any(|known| known.key == field.key))
        .map(|field| field.key.as_str())
        .collect();
    let faults = form::validate_page(&view.version, &part, &facts, &services.codes);
    let wrong: Vec<_> = faults.into_iter().filter(|fault| !fault.warning).collect();
    let (new, old): (Vec<_>, Vec<_>) = wrong
        .into_iter()
        .partition(|fault| fresh.iter().any(|key| fault.field == **key || fault.field.starts_with(&format!("{key}."))));
    let unconfirmed = !errors.is_empty();
    errors.extend(error_items(visitor.lang, &old).into_iter().filter(|item| {
        // A value that only waits for its confirmation is asked for once, by the radio.
        !unconfirmed || !known.iter().any(|one| belongs(&item.id, &one.field.key))
    }));
    let done = errors.is_empty() && new.is_empty() && decoded.button.is_none();
    services.save_answers(visitor.require_actor()?, &view.row.id, &part.id, patch, done, &visitor.request_id).await?;
    if typed.has("luu") {
        return redirect(visitor.lang, &format!("{}?da-luu=1", draft_path(&view)));
    }
    let here = format!("{}/cau-hoi/{}{}", draft_path(&view), part.id, way.query(editing));
    if let Some(button) = decoded.button {
        // The new or shortened list is drawn at once; reloading only repeats what is stored already.
        let view = open_draft(&services, &visitor, &draft).await?;
        let shown = Shown {
            values: Values::new(&form::encode(&view.version.form, &part, &view.row.answers)),
            entries: entries(&view, button),
            view: &view,
            part: &part,
            place: (number, all),
            way: &way,
            errors: Vec::new(),
            editing,
            confirm: "",
        };
        return html(draw(&services, &visitor, shown));
    }
    if !errors.is_empty() {
        // What the register says may not satisfy the form; then its inputs must be there to be corrected.
        let of_known = |id: &str| known.iter().any(|one| belongs(id, &one.field.key));
        let stuck = !editing && !unconfirmed && errors.iter().any(|error| of_known(&error.id));
        let values = if stuck {
            Values::new(&form::encode(&view.version.form, &part, &facts.form))
        } else {
            Values::new(typed.pairs())
        };
        let shown = Shown {
            view: &view,
            part: &part,
            place: (number, all),
            way: &way,
            values,
            errors,
            editing: editing || stuck,
            confirm: if typed.text(CONFIRM) == RIGHT { RIGHT } else { "" },
            entries: BTreeMap::new(),
        };
        return html_invalid(draw(&services, &visitor, shown));
    }
    if !new.is_empty() {
        // The answer opened further questions of this page.
        return redirect(visitor.lang, &here);
    }
    next(&services, &visitor, &draft, &part.id, &way).await
}

/// Whether the id of an input belongs to a field.
fn belongs(id: &str, key: &str) -> bool {
    id.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// How many entries a list shows after its button.
fn entries(view: &DraftView, button: Button) -> BTreeMap<String, usize> {
    let count = |key: &str| view.row.answers.get(key).and_then(|list| list.as_array()).map_or(0, Vec::len);
    match button {
        Button::Add(key) | Button::Remove(key, _) => {
            let entries = count(&key);
            BTreeMap::from([(key, entries)])
        }
    }
}

/// The page after this one, the papers after the last, or back to where the change came from.
async fn next(services: &Services, visitor: &Visitor, draft: &str, part: &str, way: &Way) -> Answer {
    let view = open_draft(services, visitor, draft).await?;
    let base = draft_path(&view);
    if way.to_check() {
        return redirect(visitor.lang, &format!("{base}/kiem-tra"));
    }
    let pages = view.version.pages(&view.facts);
    let place = pages.iter().position(|page| page.id == part).unwrap_or(pages.len());
    if let Some(next) = pages.get(place + 1) {
        return redirect(visitor.lang, &format!("{base}/cau-hoi/{}", next.id));
    }
    if !super::filing::papers_to_upload(&view).is_empty() {
        return redirect(visitor.lang, &format!("{base}/giay-to"));
    }
    redirect(visitor.lang, &base)
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(
            Row::get("show_question", "/nop-ho-so/{draft}/cau-hoi/{page}")
                .signed_in()
                .example("/nop-ho-so/{draft}/cau-hoi/{page}")
                .role("resident"),
            show_question,
        )
        .page(
            Row::post("answer_question", "/nop-ho-so/{draft}/cau-hoi/{page}").signed_in().audit("draft.saved"),
            answer_question,
        )
}
