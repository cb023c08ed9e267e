//! `/ai-da-xem`: who looked at my data, saving the log, asking about one access.

use super::reader;
use crate::looking::Looks;
use crate::room::VaultRoom;
use crate::rules;
use askama::Template;
use axum::body::Body;
use axum::extract::State;
use haidang_contracts::access::AccessRow;
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Notification, Pagination, Tag};
use haidang_ui::{Html, Lang, Page, paths, t};
use haidang_web::{Answer, Disposition, FormFields, Path, Query, Visitor, file, html, redirect};
use jiff::Timestamp;
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
}

/// One access as the page shows it.
struct Line {
    id: String,
    at: Html,
    who: Html,
    what: String,
    purpose: Html,
    basis: Html,
    state: Tag,
    asked: String,
    said: String,
}

#[derive(Template)]
#[template(path = "accesses.html")]
struct AccessesPage {
    page: Page,
    done: Option<Notification>,
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
            _ => "other",
        };
        let Some(code) = row.agency.as_deref() else { return Ok(t(lang, &format!("vault-who-{kind}"), &[])) };
        let [vi, en] = self.of(code).await?;
        let name = if lang == Lang::Vi { vi } else { en };
        Ok(if kind == "system" { t(lang, "vault-who-system-of", &[("agency", name.into())]) } else { name })
    }
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

fn what(lang: Lang, row: &AccessRow) -> String {
    t(lang, &format!("vault-what-{}", rules::subject(&row.action, &row.object_kind)), &[])
}

async fn line(
    page: &Page,
    names: &mut Names<'_>,
    asked: &BTreeMap<String, Timestamp>,
    row: &AccessRow,
) -> Result<Line, Problem> {
    let who = names.who(page.lang, row).await?;
    let stored = |text: &Option<String>, none: &str| match text.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => page.vietnamese(text),
        None => Html::text(page.t(none)),
    };
    let asked = asked.get(&row.audit_id).map(|at| page.t1("vault-asked", "date", page.moment(*at)));
    Ok(Line {
        id: row.audit_id.clone(),
        at: page.time(row.at),
        said: format!("{}, {who}", format::date_time_table(page.lang, row.at)),
        who: Html::text(who),
        what: what(page.lang, row),
        purpose: stored(&row.purpose, "vault-no-purpose"),
        basis: stored(&row.legal_basis, "vault-no-basis"),
        state: state(page, row),
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
    let looks: Looks = room.looks(&reader, asked.truoc.as_deref(), PAGE).await?;
    let questions = room.asked(reader.actor.subject(), &looks.others).await?;
    let mut names = Names::new(&room);
    let (mut others, mut own) = (Vec::new(), Vec::new());
    for row in &looks.others {
        others.push(line(&page, &mut names, &questions, row).await?);
    }
    for row in &looks.own {
        own.push(line(&page, &mut names, &questions, row).await?);
    }
    let confirmed = asked.hoi.is_some_and(|id| questions.contains_key(&id));
    let done =
        confirmed.then(|| Notification::new("da-hoi", page.t("ui-notice-title"), page.t("vault-asked-done")).success());
    let base = page.href(paths::WHO_LOOKED);
    let first = asked.truoc.is_some().then(|| base.clone());
    let next = looks.next.map(|id| format!("{base}?truoc={id}"));
    html(AccessesPage {
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

/// The log as a file for spreadsheets.
pub(crate) async fn download_accesses(visitor: Visitor, State(room): State<VaultRoom>) -> Answer {
    let lang = visitor.lang;
    let rows = room.export_looks(&reader(&visitor)?).await?;
    let mut names = Names::new(&room);
    // With a mark of the byte order, or spreadsheets take Vietnamese for another alphabet.
    let mut text = String::from('\u{feff}');
    let heads = [
        "vault-csv-at",
        "vault-csv-who",
        "vault-csv-agency",
        "vault-csv-what",
        "vault-csv-purpose",
        "vault-csv-basis",
        "vault-csv-state",
        "vault-csv-id",
    ];
    push_row(&mut text, heads.map(|key| t(lang, key, &[])).iter().map(String::as_str));
    for row in &rows {
        let at = row.at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        let seen = match (row.refused, rules::looked(&row.action)) {
            (true, _) => "vault-seen-refused",
            (false, true) => "vault-seen-looked",
            (false, false) => "vault-seen-wrote",
        };
        let (who, what, seen) = (names.who(lang, row).await?, what(lang, row), t(lang, seen, &[]));
        let cells = [
            at.as_str(),
            &who,
            row.agency.as_deref().unwrap_or_default(),
            &what,
            row.purpose.as_deref().unwrap_or_default(),
            row.legal_basis.as_deref().unwrap_or_default(),
            &seen,
            &row.audit_id,
        ];
        push_row(&mut text, cells.into_iter());
    }
    let name = t(lang, "vault-csv-file", &[]);
    let length = u64::try_from(text.len()).ok();
    file(Body::from(text), &format!("{name}.csv"), "text/csv; charset=utf-8", length, Disposition::Attachment)
}

fn push_row<'t>(text: &mut String, cells: impl Iterator<Item = &'t str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&rules::csv_cell(cell));
    }
    text.push_str("\r\n");
}
