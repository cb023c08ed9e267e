//! The start page of a procedure: three answers first, one button, and the reasons after it.

use super::common::{
    channel_text, due_text, element, fee_amount, fee_reason, joined, limit_text, link, procedure_name, short_name,
};
use crate::api::State;
use crate::cases::drafts::NewDraft;
use crate::cases::filing::pinned;
use crate::model::Channel;
use crate::procedure::{ComponentNeed, Facts, FeeLine, Version, total};
use crate::service::Services;
use askama::Template;
use haidang_contracts::actor::ActorKind;
use haidang_kernel::calendar::Due;
use haidang_kernel::money::Money;
use haidang_kernel::problem::Problem;
use haidang_kernel::{format, time};
use haidang_ui::component::{Breadcrumbs, Cell, Column, Details, ExplainedDate, Facts as ThreeFacts, Reasons, Table};
use haidang_ui::{Html, IntoHtml, Page, paths};
use haidang_web::{Answer, Path, Routes, Row, State as Use, Visitor, html, or_stronger, redirect};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "procedure.html")]
struct ProcedurePage {
    page: Page,
    level: Option<String>,
    crumbs: Breadcrumbs,
    heading: Html,
    caption: Html,
    gives: Option<Html>,
    plain: Option<Html>,
    missing: Vec<Html>,
    facts: ThreeFacts,
    begin: Option<String>,
    sign_in: Option<String>,
    closed: Option<Html>,
    drafts: Vec<Html>,
    who: Vec<Html>,
    upload: Option<Reasons>,
    bring: Option<Reasons>,
    notes: Vec<Html>,
    known: Option<Reasons>,
    folded: Vec<Details>,
    fees: Table,
    limits: Vec<Html>,
    expected: Option<Html>,
    calendar: Option<Html>,
    ways: Reasons,
    laws: Vec<Html>,
    version: String,
}

fn current(services: &Services, code: &str) -> Result<Arc<Version>, Problem> {
    services
        .catalogue()
        .in_force(code, services.ambient.today())
        .ok_or_else(|| Problem::not_found("procedure_not_found", "no procedure with this code is in force today"))
}

/// Shows the start page.
pub async fn show_procedure(visitor: Visitor, Use(services): Use<State>, Path(code): Path<String>) -> Answer {
    let version = current(&services, &code)?;
    let lang = visitor.lang;
    let mut page = visitor.page(procedure_name(lang, &version), "services");
    let procedure = &version.procedure;
    page.description = procedure.about.gives.as_ref().map(|gives| gives.text(lang).to_owned());
    let first = *procedure.channels.first().unwrap_or(&Channel::Online);
    let channel = if procedure.channels.contains(&Channel::Online) { Channel::Online } else { first };
    let facts = Facts::new(channel, services.ambient.today());
    let papers = version.components(&facts);
    let limit = pinned(&version, &facts);
    let now = services.ambient.now();
    let due = if version.promises() { services.clock().due(now, &limit.limit, &[]).ok() } else { None };
    let online = procedure.channels.contains(&Channel::Online) && services.settings.portal_open;
    let resident = visitor.actor.as_ref().is_some_and(|actor| actor.kind != ActorKind::Official);
    let address = page.href(format!("/thu-tuc/{code}"));
    let explained = due.as_ref().filter(|due| due.at.is_some() && due.days.len() > 1);
    let calendar = explained.map(|due| ExplainedDate::of(lang, due, now, Some(services.ambient.today())).into_html());
    html(ProcedurePage {
        crumbs: crumbs(&page),
        heading: page.b(&short_name(&version)),
        caption: caption(&page, &version),
        gives: procedure.about.gives.as_ref().map(|text| page.b(text)),
        plain: procedure.plain.as_ref().map(|text| page.b(text)),
        missing: if version.promises() { Vec::new() } else { gaps(&page, &version) },
        facts: answers(&page, &services, &version, &facts, &papers, due.as_ref()),
        begin: (online && resident).then(|| page.href(format!("/nop-ho-so/{code}/bat-dau"))),
        sign_in: (online && visitor.actor.is_none()).then(|| format!("{}?next={address}", paths::SIGN_IN)),
        closed: (!online || visitor.is_official()).then(|| closed(&page, online)),
        drafts: own_drafts(&page, &services, &visitor, &code).await?,
        who: [&procedure.about.who, &procedure.about.duty].into_iter().flatten().map(|text| page.b(text)).collect(),
        upload: uploads(&page, &papers),
        bring: presented(&page, &version, &services),
        notes: version.notes().iter().map(|note| page.b(note)).collect(),
        known: known(&page, &version, &facts),
        folded: folded(&page, &version, &papers),
        fees: fees(&page, &services, &version),
        limits: limits(&page, &services, &version),
        expected: due.as_ref().and_then(|due| due.at).map(|at| expected(&page, &services, at)),
        calendar,
        level: procedure.min_acr.map(|level| page.t1("services-start-level", "level", i64::from(level))),
        ways: ways(&page, &version),
        laws: procedure.legal_basis.iter().map(|law| page.vietnamese(law)).collect(),
        version: version_text(&page, &version),
        page,
    })
}

fn crumbs(page: &Page) -> Breadcrumbs {
    let (home, all) = (page.t("services-nav-home"), page.t("services-nav-procedures"));
    page.breadcrumbs(&[(home.as_str(), paths::HOME), (all.as_str(), paths::PROCEDURES)])
}

fn caption(page: &Page, version: &Version) -> Html {
    let field = &version.procedure.field;
    let name = haidang_kernel::bilingual::Bilingual { vi: field.name.clone(), en: field.name_en.clone() };
    Html::text(page.t("services-start-caption"))
        .then(Html::text(" "))
        .then(element("span", "hd-figures", &version.procedure.code))
        .then(Html::text(", "))
        .then(Html::text(page.t("services-start-field")))
        .then(Html::text(" "))
        .then(page.b(&name))
}

fn gaps(page: &Page, version: &Version) -> Vec<Html> {
    let mut gaps: Vec<Html> = version.procedure.missing.iter().map(|text| page.b(text)).collect();
    if gaps.is_empty() {
        gaps.push(Html::text(page.t("services-start-gap-date")));
    }
    gaps
}

/// Fee today, when, what it takes.
fn answers(
    page: &Page,
    services: &Services,
    version: &Version,
    facts: &Facts,
    papers: &[ComponentNeed],
    due: Option<&Due>,
) -> ThreeFacts {
    let lang = page.lang;
    let lines = version.fees(facts);
    let (fee, remark) = fee_today(page, version, &lines);
    let way = if facts.channel == Channel::Online { page.t("services-start-if-online") } else { remark.clone() };
    let remark = if remark.is_empty() { way } else { remark };
    let today = services.ambient.today();
    let (when, why) = match due.and_then(|due| due.at) {
        Some(at) => {
            let wall = time::civil(at);
            (
                due_text(lang, at, today),
                if wall.date() == today { page.date_weekday(today) } else { limit_of(page, version, facts) },
            )
        }
        None if version.promises() => (limit_of(page, version, facts), page.t("services-start-no-date-why")),
        None => (page.t("services-start-no-date"), page.t("services-start-no-date-source")),
    };
    let needed = papers.iter().filter(|need| uploads_now(need) && need.required).count();
    let minutes = version.pages(facts).len().max(2);
    ThreeFacts::new()
        .fact("banknote", page.t("services-start-fee"), fee, remark)
        .fact("clock", page.t("services-start-when"), when, why)
        .fact(
            "file-text",
            page.t("services-start-takes"),
            page.t1("services-start-minutes", "count", minutes),
            page.t1("services-start-papers", "count", needed),
        )
}

fn limit_of(page: &Page, version: &Version, facts: &Facts) -> String {
    version.time_limit(facts).map_or_else(|| page.t("services-start-no-date"), |row| limit_text(page.lang, &row.limit))
}

fn fee_today(page: &Page, version: &Version, lines: &[FeeLine]) -> (String, String) {
    if version.procedure.fees.is_empty() {
        return if version.promises() {
            (page.money(Money(0)), String::new())
        } else {
            (page.t("services-fee-unknown"), page.t("services-start-no-fee-source"))
        };
    }
    if lines.is_empty() {
        return (page.t("services-fee-by-answers"), page.t("services-fee-by-answers-text"));
    }
    match total(lines) {
        Some(sum) => (page.money(sum), String::new()),
        None => (page.t("services-fee-unknown"), page.t("services-start-no-fee-source")),
    }
}

fn closed(page: &Page, online: bool) -> Html {
    let key = if online { "services-start-official" } else { "services-start-closed" };
    Html::text(page.t(key))
}

async fn own_drafts(page: &Page, services: &Services, visitor: &Visitor, code: &str) -> Result<Vec<Html>, Problem> {
    let Some(actor) = visitor.actor.as_ref().filter(|actor| actor.kind != ActorKind::Official) else {
        return Ok(Vec::new());
    };
    let drafts = services.open_drafts(actor).await?;
    let own = drafts.iter().filter(|draft| draft.procedure_code == code);
    Ok(own
        .map(|draft| {
            let text = page.t1("services-start-resume", "at", page.moment(draft.updated_at));
            link(page.href(format!("/nop-ho-so/{}", draft.id)), text)
        })
        .collect())
}

/// Whether a file of it is uploaded: not what the questions themselves make, not what is only shown.
fn uploads_now(need: &ComponentNeed) -> bool {
    need.electronic && !need.by_form && !need.presented
}

fn paper_line(page: &Page, need: &ComponentNeed) -> Html {
    let mut parts = vec![element("strong", "", page.b(&need.name))];
    if !need.required {
        parts.push(Html::text(page.t("services-paper-if-any")));
    }
    parts.extend(need.hint.as_ref().map(|hint| page.b(hint)));
    parts.extend(need.form_name.as_ref().map(|form| page.vietnamese(form)));
    joined(parts, ". ")
}

fn uploads(page: &Page, papers: &[ComponentNeed]) -> Option<Reasons> {
    let wanted: Vec<&ComponentNeed> = papers.iter().filter(|need| uploads_now(need)).collect();
    (!wanted.is_empty())
        .then(|| wanted.iter().fold(Reasons::new(), |list, need| list.item("paperclip", paper_line(page, need))))
}

fn presented(page: &Page, version: &Version, services: &Services) -> Option<Reasons> {
    if !version.procedure.channels.contains(&Channel::Direct) {
        return None;
    }
    let needs = version.components(&Facts::new(Channel::Direct, services.ambient.today()));
    let shown: Vec<&ComponentNeed> = needs.iter().filter(|need| need.presented).collect();
    (!shown.is_empty())
        .then(|| shown.iter().fold(Reasons::new(), |list, need| list.item("eye", paper_line(page, need))))
}

/// What the registers fill in, by register.
fn known(page: &Page, version: &Version, facts: &Facts) -> Option<Reasons> {
    let mut by_register: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for prefill in version.prefills(facts) {
        let register = match prefill.source.split('.').next().unwrap_or_default() {
            "population" => "services-source-population",
            "account" => "services-source-account",
            "birth_notice" => "services-source-birth-notice",
            "civil_status" => "services-source-civil-status",
            _ => "services-source-other",
        };
        let label = version.form.field(&prefill.field).map(|field| field.label.text(page.lang).to_lowercase());
        let labels = by_register.entry(register).or_default();
        if let Some(label) = label.filter(|label| !labels.contains(label)) {
            labels.push(label);
        }
    }
    if by_register.is_empty() {
        return None;
    }
    Some(by_register.into_iter().fold(Reasons::new(), |list, (register, labels)| {
        let line = element("strong", "", page.t(register)).then(Html::text(": ")).then(Html::text(labels.join(", ")));
        list.item("check", line)
    }))
}

fn bullets(items: Vec<Html>) -> Html {
    let inside = items.into_iter().fold(Html::default(), |list, item| list.then(element("li", "", item)));
    element("ul", "govuk-list govuk-list--bullet", inside)
}

fn folded(page: &Page, version: &Version, papers: &[ComponentNeed]) -> Vec<Details> {
    let procedure = &version.procedure;
    let mut folded = Vec::new();
    for need in papers.iter().filter(|need| !need.substitutes.is_empty()) {
        let title = page.t1("services-paper-none", "name", need.name.text(page.lang));
        folded.push(Details::new(title, bullets(need.substitutes.iter().map(|text| page.b(text)).collect())));
    }
    for (key, texts) in [
        ("services-start-sequence", &procedure.sequence),
        ("services-start-mistakes", &procedure.mistakes),
        ("services-start-refused", &procedure.refuse_when),
    ] {
        if !texts.is_empty() {
            folded.push(Details::new(page.t(key), bullets(texts.iter().map(|text| page.b(text)).collect())));
        }
    }
    folded
}

fn fees(page: &Page, services: &Services, version: &Version) -> Table {
    let columns = vec![
        Column::new(page.t("services-fees-way")),
        Column::numeric(page.t("services-fees-amount")),
        Column::new(page.t("services-fees-basis")),
    ];
    let mut table = Table::new(page.t("services-fees-caption"), columns).caption_hidden();
    for channel in &version.procedure.channels {
        let lines = version.fees(&Facts::new(*channel, services.ambient.today()));
        let way = channel_text(page.lang, *channel);
        if lines.is_empty() {
            let (amount, why) = fee_today(page, version, &lines);
            table = table.row(vec![Cell::from(way), Cell::from(amount), Cell::from(element("span", "hd-small", why))]);
            continue;
        }
        for line in &lines {
            let name = Html::text(&way).then(Html::text(": ")).then(page.b(&line.name));
            let mut why = vec![fee_reason(page, line)];
            if !line.may_exempt.is_empty() {
                let names: Vec<&str> = line.may_exempt.iter().map(|exempt| exempt.name.text(page.lang)).collect();
                why.push(Html::text(page.t1("services-fees-exempt", "names", names.join(", ").to_lowercase())));
            }
            table = table.row(vec![
                Cell::from(name),
                Cell::from(fee_amount(page, line)),
                Cell::from(element("span", "hd-small", joined(why, ". "))),
            ]);
        }
    }
    table
}

fn limits(page: &Page, services: &Services, version: &Version) -> Vec<Html> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for channel in &version.procedure.channels {
        let Some(row) = version.time_limit(&Facts::new(*channel, services.ambient.today())) else { continue };
        let mut text =
            row.text.as_ref().map_or_else(|| limit_text(page.lang, &row.limit), |text| text.text(page.lang).to_owned());
        if let Some(basis) = &row.basis {
            text = format!("{text} ({basis})");
        }
        let way = channel_text(page.lang, *channel);
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, ways)) => ways.push(way),
            None => found.push((text, vec![way])),
        }
    }
    found
        .into_iter()
        .map(|(text, ways)| element("strong", "", ways.join(", ")).then(Html::text(": ")).then(Html::text(text)))
        .collect()
}

fn expected(page: &Page, services: &Services, due: jiff::Timestamp) -> Html {
    let now = time::civil(services.ambient.now());
    let time = format::time_text(page.lang, now.time());
    let text = page.tn(
        "services-start-expected",
        &[
            ("time", time.into()),
            ("day", page.date_weekday(now.date()).into()),
            ("due", due_text(page.lang, due, now.date()).into()),
        ],
    );
    Html::text(text)
}

fn ways(page: &Page, version: &Version) -> Reasons {
    let mut list = Reasons::new();
    let strong = |key: &str, text: Html| element("strong", "", page.t(key)).then(Html::text(": ")).then(text);
    let anywhere = version.procedure.scope.as_ref().is_some_and(|scope| scope.non_territorial);
    if version.procedure.channels.contains(&Channel::Direct) {
        let key = if anywhere { "services-way-direct-any" } else { "services-way-direct-competent" };
        list = list.item("building-2", strong("services-channel-direct", Html::text(page.t(key))));
    }
    if version.procedure.channels.contains(&Channel::Postal) {
        list = list.item("mail", strong("services-channel-postal", Html::text(page.t("services-way-postal"))));
    }
    if !page.city.phone.is_empty() {
        let call = link(page.phone_href(), &page.city.phone)
            .then(Html::text(". "))
            .then(Html::text(page.t("services-way-phone-text")));
        list = list.item("phone", strong("services-way-phone", call));
    }
    list
}

fn version_text(page: &Page, version: &Version) -> String {
    let effective = &version.procedure.effective;
    let from = page.date_table(effective.from);
    match effective.to {
        Some(to) => page.tn(
            "services-start-version-until",
            &[("number", version.procedure.version.into()), ("from", from.into()), ("to", page.date_table(to).into())],
        ),
        None => page.t2("services-start-version", "number", version.procedure.version, "from", from),
    }
}

/// Begins a draft and opens its task list.
pub async fn begin_filing(visitor: Visitor, Use(services): Use<State>, Path(code): Path<String>) -> Answer {
    let actor = visitor.require_actor()?;
    let new = NewDraft {
        procedure: code.clone(),
        channel: Channel::Online,
        owner: None,
        agency: None,
        request_id: visitor.request_id.clone(),
    };
    match services.start_draft(actor, new).await {
        Ok(draft) => redirect(visitor.lang, &format!("/nop-ho-so/{draft}")),
        Err(problem) => or_stronger(&visitor, problem, &format!("/thu-tuc/{code}")),
    }
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .page(Row::get("show_procedure", "/thu-tuc/{code}").public().example("/thu-tuc/{procedure}"), show_procedure)
        .page(Row::post("begin_filing", "/nop-ho-so/{code}/bat-dau").resident().audit("draft.started"), begin_filing)
}
