//! `/ai-da-xem`: who looked at my data, saving the log, asking about one access.

use super::{deliveries, reader};
use crate::answering::Complaint;
use crate::looking::Looks;
use crate::room::VaultRoom;
use crate::rules;
use askama::Template;
use axum::extract::State;
use haidang_contracts::access::{AccessFilter, AccessRow};
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Notification, Pagination, Select, Tag, TextInput};
use haidang_ui::field::{Choice, Field};
use haidang_ui::{Html, Lang, Page, paths, t};
use haidang_web::{Answer, FormFields, Path, Query, Visitor, html, redirect};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Looks of others on one page.
const PAGE: usize = 20;

/// Which part of the log.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// Audit id before which the page begins.
    truoc: Option<String>,
    /// Audit id of the access asked about a moment ago.
    hoi: Option<String>,
    /// First day.
    tu: Option<String>,
    /// Last day.
    den: Option<String>,
    /// Agency by code.
    #[serde(rename = "co-quan")]
    co_quan: Option<String>,
    /// Form of the saved file: `csv` or `json`.
    dang: Option<String>,
}

impl Asked {
    /// The filter that the address names; a day that is none filters nothing.
    pub(super) fn filter(&self) -> AccessFilter {
        let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
        let start = |day: Date| haidang_kernel::time::at(day.at(0, 0, 0, 0));
        AccessFilter {
            from: day(&self.tu).map(start),
            until: day(&self.den).and_then(|day| day.tomorrow().ok()).map(start),
            agency: self.co_quan.clone().filter(|code| !code.is_empty()),
        }
    }

    /// Whether the file is wanted as JSON.
    pub(super) fn wants_json(&self) -> bool {
        self.dang.as_deref() == Some("json")
    }

    /// The filter as it stands in an address.
    fn query(&self) -> Vec<(&'static str, String)> {
        let pairs = [("tu", &self.tu), ("den", &self.den), ("co-quan", &self.co_quan)];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value.clone().filter(|v| !v.is_empty())?))).collect()
    }
}

/// One access as the page shows it.
struct Line {
    id: String,
    at: Html,
    who: Html,
    what: String,
    purpose: Html,
    basis: Html,
    /// Further facts: post, mandate, case, emergency, delay.
    more: Vec<Html>,
    state: Tag,
    asked: String,
    /// What was answered to the complaint.
    answer: Html,
    said: String,
}

#[derive(Template)]
#[template(path = "accesses.html")]
struct AccessesPage {
    page: Page,
    done: Option<Notification>,
    from: TextInput,
    to: TextInput,
    agency: Select,
    csv: String,
    json: String,
    others: Vec<Line>,
    own: Vec<Line>,
    own_title: String,
    before: String,
    pages: Pagination,
}

/// Names of agencies, each asked for once.
pub(crate) struct Names<'r> {
    room: &'r VaultRoom,
    known: BTreeMap<String, [String; 2]>,
}

impl<'r> Names<'r> {
    /// Nothing is known yet.
    pub(crate) fn new(room: &'r VaultRoom) -> Self {
        Self { room, known: BTreeMap::new() }
    }

    /// The name of an agency in Vietnamese and English; its code when nobody knows it any more.
    pub(crate) async fn of(&mut self, code: &str) -> Result<[String; 2], Problem> {
        if let Some(names) = self.known.get(code) {
            return Ok(names.clone());
        }
        let agency = self.room.inner().directory.agency(code).await?;
        let names = agency.map_or_else(|| [code.to_owned(), code.to_owned()], |a| [a.name_vi, a.name_en]);
        self.known.insert(code.to_owned(), names.clone());
        Ok(names)
    }

    /// Who looked, in words.
    pub(crate) async fn who(&mut self, lang: Lang, row: &AccessRow) -> Result<String, Problem> {
        let kind = match (row.own, row.actor_kind.as_str()) {
            (true, _) => return Ok(t(lang, "vault-who-own", &[])),
            (_, "official") => "official",
            (_, "system") => "system",
            (_, "resident") => "resident",
            (_, "analysis") => "analysis",
            _ => "other",
        };
        let Some(code) = row.agency.as_deref() else { return Ok(t(lang, &format!("vault-who-{kind}"), &[])) };
        let [vi, en] = self.of(code).await?;
        let name = if lang == Lang::Vi { vi } else { en };
        // Organisations outside the city take part in the exchange; its directory knows their names.
        let name = match &row.delivery {
            Some(delivery) if name == *code => delivery.receiver_name.clone(),
            _ => name,
        };
        Ok(if kind == "system" { t(lang, "vault-who-system-of", &[("agency", name.into())]) } else { name })
    }
}

/// What else is known of an access: the post, the mandate, the case, the emergency, why it shows late.
fn more(page: &Page, row: &AccessRow) -> Vec<Html> {
    let said = |key: &str, value: &str| Html::text(page.t(key)).then(Html::text(" ")).then(page.vietnamese(value));
    let mut more = Vec::new();
    more.extend(row.post.as_deref().map(|post| said("vault-more-post", post)));
    more.extend(row.mandate.as_deref().map(|id| said("vault-more-mandate", id)));
    more.extend(row.case_id.as_deref().map(|id| said("vault-more-case", id)));
    more.extend(row.emergency.as_deref().map(|reason| said("vault-more-emergency", reason)));
    if let Some(delayed) = &row.delayed {
        more.push(said("vault-more-delayed", &delayed.legal_basis));
    }
    more.extend(row.delivery.iter().flat_map(|delivery| deliveries::facts(page, row, delivery)));
    more
}

fn state(page: &Page, row: &AccessRow) -> Tag {
    if row.refused {
        page.tag(page.t("vault-seen-refused")).late().icon("circle-x")
    } else if rules::looked(&row.action) {
        page.tag(page.t("vault-seen-looked")).icon("eye")
    } else {
        page.tag(page.t("vault-seen-wrote")).icon("pencil")
    }
}

pub(super) fn what(lang: Lang, row: &AccessRow) -> String {
    t(lang, &format!("vault-what-{}", rules::subject(&row.action, &row.object_kind)), &[])
}

async fn line(
    page: &Page,
    names: &mut Names<'_>,
    asked: &BTreeMap<String, Complaint>,
    row: &AccessRow,
) -> Result<Line, Problem> {
    let who = names.who(page.lang, row).await?;
    let stored = |text: &Option<String>, none: &str| match text.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => page.vietnamese(text),
        None => Html::text(page.t(none)),
    };
    let complaint = asked.get(&row.audit_id);
    let asked = complaint.map(|one| page.t1("vault-asked", "date", page.moment(one.asked_at)));
    let answer = complaint.and_then(|one| {
        let state = page.t(&format!("vault-complaint-{}", one.state.as_str().to_lowercase()));
        Some(Html::text(format!("{state}: ")).then(page.vietnamese(one.answer.as_deref()?)))
    });
    Ok(Line {
        id: row.audit_id.clone(),
        at: page.time(row.at),
        said: format!("{}, {who}", format::date_time_table(page.lang, row.at)),
        who: Html::text(who),
        what: what(page.lang, row),
        purpose: stored(&row.purpose, "vault-no-purpose"),
        basis: stored(&row.legal_basis, "vault-no-basis"),
        more: more(page, row),
        state: state(page, row),
        answer: answer.unwrap_or_else(|| Html::text("")),
        asked: asked.unwrap_or_default(),
    })
}

/// Shows who looked at the reader's data.
pub(crate) async fn list_accesses(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let mut page = visitor.page(t(visitor.lang, "vault-accesses-title", &[]), "vault");
    page.private = true;
    let reader = reader(&visitor)?;
    let filter = asked.filter();
    let looks: Looks = room.looks_within(&reader, &filter, asked.truoc.as_deref(), PAGE).await?;
    let questions = room.asked(reader.actor.subject(), &looks.others).await?;
    let mut names = Names::new(&room);
    let (mut others, mut own) = (Vec::new(), Vec::new());
    for row in &looks.others {
        others.push(line(&page, &mut names, &questions, row).await?);
    }
    for row in &looks.own {
        own.push(line(&page, &mut names, &questions, row).await?);
    }
    let confirmed = asked.hoi.as_ref().is_some_and(|id| questions.contains_key(id));
    let done =
        confirmed.then(|| Notification::new("da-hoi", page.t("ui-notice-title"), page.t("vault-asked-done")).success());
    let query = asked.query();
    let with = |path: &str, more: &[(&'static str, String)]| {
        let pairs: Vec<(&str, String)> = query.iter().chain(more).cloned().collect();
        if pairs.is_empty() { page.href(path) } else { format!("{}?{}", page.href(path), haidang_web::encode(pairs)) }
    };
    let first = asked.truoc.is_some().then(|| with(paths::WHO_LOOKED, &[]));
    let next = looks.next.map(|id| with(paths::WHO_LOOKED, &[("truoc", id)]));
    let mut agencies = vec![Choice::new("", page.t("vault-filter-agency-all"))];
    for code in room.agencies_that_looked(&reader).await? {
        let [vi, en] = names.of(&code).await?;
        agencies.push(Choice::new(&code, if page.lang == Lang::Vi { vi } else { en }));
    }
    let chosen = asked.co_quan.clone().unwrap_or_default();
    let agencies = agencies.into_iter().map(|choice| choice.chosen(&chosen)).collect();
    let day = |name: &str, key: &str, value: &Option<String>| {
        TextInput::new(Field::new(page.lang, name, page.t(key)))
            .kind("date")
            .value(value.clone().unwrap_or_default())
            .width(10)
    };
    html(AccessesPage {
        from: day("tu", "vault-filter-from", &asked.tu),
        to: day("den", "vault-filter-to", &asked.den),
        agency: Select::new(Field::new(page.lang, "co-quan", page.t("vault-filter-agency")), agencies),
        csv: with("/ai-da-xem/tai-ve", &[]),
        json: with("/ai-da-xem/tai-ve", &[("dang", "json".to_owned())]),
        done,
        others,
        own,
        own_title: page.t1("vault-own-looks", "count", looks.own_count as i64),
        pages: Pagination::simple(page.lang, first, next),
        before: asked.truoc.unwrap_or_default(),
        page,
    })
}

/// The reader asks why somebody looked; one press, no form.
pub(crate) async fn ask_about_access(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(audit): Path<String>,
    form: FormFields,
) -> Answer {
    room.ask(&reader(&visitor)?, &audit).await?;
    // The page from which the question came begins where its reader was, so that the confirmation stands beside it.
    let before = form.text("truoc");
    let known = !before.is_empty() && before.len() <= 64 && before.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let place = if known { format!("&truoc={before}") } else { String::new() };
    redirect(visitor.lang, &format!("{}?hoi={audit}{place}", paths::WHO_LOOKED))
}
