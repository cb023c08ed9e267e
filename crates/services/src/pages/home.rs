//! The home page: one question, what waits for the reader, ten services, notices, open figures.

use super::common::{element, fee_amount, joined, limit_text, short_name};
use super::tracking::{TodoLine, case_line, draft_line, waits_for_owner};
use crate::api::State;
use crate::model::Channel;
use crate::procedure::pack::{LifeEvent, Notice};
use crate::procedure::{Facts, Version, total};
use crate::service::Services;
use askama::Template;
use haidang_contracts::actor::ActorKind;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::problem::Problem;
use haidang_ui::component::Icon;
use haidang_ui::{Html, Page, paths, t};
use haidang_web::{Answer, Routes, Row, State as Use, Visitor, html, redirect};

/// Most services shown; the rest is in the list.
const MOST_SERVICES: usize = 10;
/// Most groups of them.
const MOST_GROUPS: usize = 4;
/// Most notices shown.
const MOST_NOTICES: usize = 4;
/// Most lines of what waits.
const MOST_WAITING: usize = 4;

struct ServiceLine {
    href: String,
    name: Html,
    remark: Html,
}

struct Group {
    icon: Icon,
    title: Html,
    services: Vec<ServiceLine>,
}

struct NoticeLine {
    title: Html,
    body: Html,
    when: Html,
}

struct FigureLine {
    value: Html,
    name: Html,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    waiting: Vec<TodoLine>,
    own: Option<String>,
    groups: Vec<Group>,
    all: String,
    notices: Vec<NoticeLine>,
    figures: Vec<FigureLine>,
    figures_source: Option<String>,
}

/// Longest legal name on the home page, in characters; beyond it the everyday name stands there.
const LONGEST_NAME: usize = 70;

/// The legal name, or the everyday one where the legal one fills the page.
fn everyday_name(version: &Version) -> Bilingual {
    let name = short_name(version);
    match &version.procedure.plain {
        Some(plain) if name.vi.chars().count() > LONGEST_NAME => plain.clone(),
        _ => name,
    }
}

/// Time and fee of a procedure in one line, as far as they are promised.
pub(super) fn remark(page: &Page, services: &Services, version: &Version) -> Html {
    let online = version.procedure.channels.contains(&Channel::Online);
    let channel = if online { Channel::Online } else { Channel::Direct };
    let facts = Facts::new(channel, services.ambient.today());
    let mut parts = Vec::new();
    if let Some(row) = version.time_limit(&facts) {
        let text = match row.limit.unit {
            haidang_kernel::calendar::Unit::SameDay => page.t("services-limit-same-day"),
            _ => limit_text(page.lang, &row.limit),
        };
        parts.push(Html::text(super::common::capital(&text)));
    }
    let fees = version.fees(&facts);
    if let (false, Some(sum)) = (fees.is_empty(), total(&fees)) {
        let key = if online { "services-home-fee-online" } else { "services-home-fee" };
        let amount = if sum.dong() == 0 {
            page.t("services-home-free")
        } else if fees.len() == 1 {
            fees.first().map_or_else(String::new, |line| fee_amount(page, line))
        } else {
            page.money(sum)
        };
        parts.push(Html::text(page.t1(key, "amount", amount)));
    }
    if parts.is_empty() {
        parts.push(Html::text(page.t(if online { "services-home-online" } else { "services-home-counter" })));
    }
    joined(parts, ", ")
}

fn groups(page: &Page, services: &Services, events: &[LifeEvent]) -> Vec<Group> {
    let (catalogue, today) = (services.catalogue(), services.ambient.today());
    let mut left = MOST_SERVICES;
    let mut groups = Vec::new();
    for event in events.iter().take(MOST_GROUPS) {
        let versions = event.procedures.iter().filter_map(|code| catalogue.in_force(code, today));
        let lines: Vec<ServiceLine> = versions
            .take(left.min(3))
            .map(|version| ServiceLine {
                href: page.href(format!("/thu-tuc/{}", version.procedure.code)),
                name: page.b(&everyday_name(&version)),
                remark: remark(page, services, &version),
            })
            .collect();
        left -= lines.len();
        if !lines.is_empty() {
            groups.push(Group {
                icon: Icon::new(event.icon.as_deref().unwrap_or("file-text")),
                title: page.b(&event.title),
                services: lines,
            });
        }
    }
    groups
}

fn notice(page: &Page, notice: &Notice) -> NoticeLine {
    let mut body = page.b(&notice.body);
    if let Some(basis) = &notice.basis {
        body =
            body.then(Html::text(" ")).then(element("span", "hd-second", page.vietnamese(basis))).then(Html::text("."));
    }
    NoticeLine {
        title: page.b(&notice.title),
        body,
        when: notice.when.as_ref().map(|when| page.b(when)).unwrap_or_default(),
    }
}

/// What waits for the reader: supplements and payments first, then drafts.
async fn waiting(page: &Page, services: &Services, visitor: &Visitor) -> Result<Vec<TodoLine>, Problem> {
    let Some(actor) = visitor.actor.as_ref().filter(|actor| actor.kind == ActorKind::Resident) else {
        return Ok(Vec::new());
    };
    let cases = services.own_cases(actor, None, 50).await?;
    let drafts = services.open_drafts(actor).await?;
    let lines = cases.iter().filter(|case| waits_for_owner(case)).map(|case| case_line(services, page, case));
    let lines = lines.chain(drafts.iter().map(|draft| draft_line(services, page, draft)));
    Ok(lines.take(MOST_WAITING).collect())
}

/// Shows the home page. Officials have a home of their own.
pub async fn show_home(visitor: Visitor, Use(services): Use<State>) -> Answer {
    if visitor.is_official() {
        return redirect(visitor.lang, paths::WORKBENCH);
    }
    let mut page = visitor.page(t(visitor.lang, "services-home-title", &[]), "services");
    page.hero = true;
    page.description = Some(page.t("services-home-description"));
    let texts = services.pack_texts.clone();
    let today = services.ambient.today();
    let latest = texts.figures.iter().max_by_key(|figure| figure.as_of);
    let figures_source = latest.map(|figure| {
        page.t2("services-home-figures-source", "day", page.date(figure.as_of), "source", &figure.source)
    });
    let all = services.catalogue().all_current(today).len();
    html(HomePage {
        waiting: waiting(&page, &services, &visitor).await?,
        own: visitor.actor.as_ref().map(|_| page.href(paths::CASES)),
        groups: groups(&page, &services, &texts.life_events),
        all: page.t1("services-home-all", "count", page.number(all as i64)),
        notices: texts
            .notices
            .iter()
            .filter(|notice| notice.shown_on(today))
            .take(MOST_NOTICES)
            .map(|row| notice(&page, row))
            .collect(),
        figures: texts
            .figures
            .iter()
            .map(|figure| FigureLine { value: page.b(&figure.value), name: page.b(&figure.name) })
            .collect(),
        figures_source,
        page,
    })
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes.page(Row::get("show_home", "/").public().example("/"), show_home)
}
