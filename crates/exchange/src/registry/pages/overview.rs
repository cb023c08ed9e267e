//! The overview: every service, every certificate that ends, time stamping, and the requests that wait.

use std::collections::HashMap;

use haidang_kernel::problem::Problem;
use haidang_signing::Certificate;
use haidang_ui::component::{Cell, Column, EmptyState, Table, Tag};
use haidang_ui::{Html, IntoHtml as _, Page};
use haidang_web::{Answer, State, Visitor};
use jiff::{SignedDuration, Timestamp};

use super::agreements::{clock_of, clock_tag};
use super::parts::{SectionPage, entry_link, link, paragraph};
use super::view::{Agreement, Service, System, View};
use super::{AGREEMENTS, Live, OVERVIEW, Reader, RegistryRoom, SERVICES, STATUS, SYSTEMS};
use crate::operations::rules::{Health, health, hour_of};
use crate::operations::{Seen, hours_since};
use crate::registry::rules::certificates::{Term, term};
use crate::rules::agreement::{Environment, State as AgreementState};

/// Figures of the services: from the beginning of the hour before this one, and of a day.
pub(super) struct Counted {
    pub(super) from: Timestamp,
    lately: HashMap<String, Seen>,
    day: HashMap<String, Seen>,
}

impl Counted {
    pub(super) async fn read(room: &RegistryRoom) -> Result<Self, Problem> {
        let now = room.parts.ambient.now();
        let ago = |hours| now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now);
        let from = hour_of(ago(1));
        let lately = hours_since(&room.parts.db, from).await?;
        let day = hours_since(&room.parts.db, ago(23)).await?;
        Ok(Self { from, lately, day })
    }

    pub(super) fn lately(&self, service: &Service) -> Seen {
        self.lately.get(&service.id.to_string()).copied().unwrap_or_default()
    }

    fn day(&self, service: &Service) -> Seen {
        self.day.get(&service.id.to_string()).copied().unwrap_or_default()
    }

    /// How a service does.
    pub(super) fn health(&self, service: &Service, resting: bool) -> Health {
        health(service.draft.disabled.is_some(), resting, &self.lately(service).figures)
    }
}

pub(super) fn health_tag(page: &Page, health: Health) -> Tag {
    let tag = page.tag(page.t(&format!("exchange-health-{}", health.word())));
    match health {
        Health::Working => tag.done(),
        Health::Failing | Health::Resting => tag.late(),
        Health::Disabled | Health::Slow => tag.wait(),
        Health::Quiet => tag,
    }
}

/// Whether a service is left alone after failures, as far as this process knows.
pub(super) fn is_resting(live: Option<&Live>, service: &Service) -> bool {
    live.is_some_and(|live| live.exchange.resting(&service.id).is_some())
}

/// The environment in which the exchange runs, in words.
pub(super) fn environment_text(page: &Page, environment: Environment) -> String {
    page.t(match environment {
        Environment::Production => "exchange-environment-production",
        Environment::Sandbox => "exchange-environment-sandbox",
    })
}

/// Shows the state of the exchange.
pub(crate) async fn show_exchange(visitor: Visitor, State(room): State<RegistryRoom>) -> Answer {
    let reader = Reader::of(&visitor)?;
    let view = View::read(&room).await?;
    let title = haidang_ui::t(visitor.lang, "exchange-title", &[]);
    let mut answer = SectionPage::office(&visitor, title, OVERVIEW, Vec::new());
    let page = answer.page().clone();
    if view.is_empty() {
        answer.section(
            "exchange-services",
            EmptyState::new(page.t("exchange-empty")).text(page.t("exchange-empty-text")),
        );
        return answer.answer();
    }
    let (counted, live) = (Counted::read(&room).await?, room.live());
    answer.lead(environment_text(&page, view.environment()));
    answer.section("exchange-waiting", waiting(&page, &room, &view, &view.agreements(&reader)?));
    let services = view.services(Some(&reader))?;
    let public = paragraph(link(&page, STATUS, page.t("exchange-status-title")));
    answer.section("exchange-services", services_table(&page, &services, &counted, live.as_ref()).then(public));
    let now = room.parts.ambient.now();
    answer.section("exchange-certificates", certificates(&page, &view.systems(&reader)?, &services, now));
    answer.section("exchange-stamping", stamping(&page, live.as_ref()));
    answer.answer()
}

pub(super) fn services_table(page: &Page, services: &[Service], counted: &Counted, live: Option<&Live>) -> Html {
    if services.is_empty() {
        return EmptyState::new(page.t("exchange-services-none")).into_html();
    }
    let columns = vec![
        Column::new(page.t("exchange-column-service")),
        Column::new(page.t("exchange-column-owner")),
        Column::new(page.t("exchange-column-state")),
        Column::new(page.t("exchange-column-last")),
        Column::numeric(page.t1("exchange-column-lately", "time", page.moment(counted.from))),
        Column::numeric(page.t("exchange-column-mean")),
        Column::numeric(page.t("exchange-column-day")),
    ];
    let mut table = Table::new(page.t("exchange-services"), columns).caption_hidden().small();
    let failures = |seen: Seen| page.t2("exchange-calls", "calls", seen.figures.calls, "failed", seen.figures.failed);
    for service in services {
        let (lately, day) = (counted.lately(service), counted.day(service));
        let mean = if lately.figures.calls > 0 { page.number(lately.figures.mean()) } else { String::new() };
        table = table.row(vec![
            Cell::from(entry_link(page, SERVICES, &service.id.to_string(), page.vietnamese(service.name()))),
            Cell::from(page.vietnamese(&service.owner)),
            Cell::from(health_tag(page, counted.health(service, is_resting(live, service)))),
            Cell::from(day.last.map_or_else(Html::default, |at| page.time(at))),
            Cell::from(failures(lately)),
            Cell::from(mean),
            Cell::from(failures(day)),
        ]);
    }
    table.into_html()
}

/// One certificate with whose it is.
pub(super) struct Shown {
    pub(super) certificate: Certificate,
    whose: Html,
    client: bool,
}

/// The certificates of a list; what does not read is no certificate, and the registry takes none of that kind.
pub(super) fn read_certificates(texts: &[String]) -> Vec<Certificate> {
    texts.iter().filter_map(|text| Certificate::from_bytes(text.as_bytes()).ok()).collect()
}

fn certificates(page: &Page, systems: &[System], services: &[Service], now: Timestamp) -> Html {
    let mut found: Vec<Shown> = Vec::new();
    for system in systems {
        let whose = entry_link(page, SYSTEMS, &system.id.to_string(), page.vietnamese(system.name()));
        let list = read_certificates(&system.draft.certificates).into_iter();
        found.extend(list.map(|certificate| Shown { certificate, whose: whose.clone(), client: true }));
    }
    for service in services {
        let Some(tls) = &service.draft.tls else { continue };
        let whose = entry_link(page, SERVICES, &service.id.to_string(), page.vietnamese(service.name()));
        let list = read_certificates(&tls.certificates).into_iter().chain(read_certificates(&tls.authorities));
        found.extend(list.map(|certificate| Shown { certificate, whose: whose.clone(), client: false }));
    }
    let mut urgent: Vec<(Term, Shown)> = found
        .into_iter()
        .map(|shown| (term(shown.certificate.not_before(), shown.certificate.not_after(), now), shown))
        .filter(|(term, _)| *term != Term::Good)
        .collect();
    if urgent.is_empty() {
        return paragraph(page.t("exchange-certificates-good"));
    }
    urgent.sort_by_key(|(term, shown)| (*term, shown.certificate.not_after()));
    let columns = vec![
        Column::new(page.t("exchange-column-certificate")),
        Column::new(page.t("exchange-column-whose")),
        Column::new(page.t("exchange-column-ends")),
        Column::new(page.t("exchange-column-cause")),
        Column::new(page.t("exchange-column-remedy")),
    ];
    let mut table = Table::new(page.t("exchange-certificates"), columns).caption_hidden().small();
    for (term, shown) in &urgent {
        let certificate = &shown.certificate;
        let cause = page.t(&format!("exchange-cause-{}", term.word()));
        let remedy = match (term, shown.client) {
            (Term::NotYet, _) => "exchange-remedy-not-yet",
            (_, true) => "exchange-remedy-client",
            (_, false) => "exchange-remedy-provider",
        };
        table = table.row(vec![
            Cell::from(certificate.common_name().unwrap_or_else(|| certificate.subject())),
            Cell::from(&shown.whose),
            Cell::from(
                term_tag(page, *term).into_html().then(Html::trusted(" ")).then(page.time(certificate.not_after())),
            ),
            Cell::from(cause),
            Cell::from(page.t(remedy)),
        ]);
    }
    table.into_html()
}

pub(super) fn term_tag(page: &Page, term: Term) -> Tag {
    let tag = page.tag(page.t(&format!("exchange-term-{}", term.word())));
    match term {
        Term::Ended | Term::NotYet | Term::Days3 => tag.late(),
        Term::Days14 | Term::Days30 => tag.wait(),
        Term::Good => tag.done(),
    }
}

fn stamping(page: &Page, live: Option<&Live>) -> Html {
    let Some(log) = live.and_then(|live| live.log.as_ref()) else {
        return paragraph(page.t("exchange-stamping-elsewhere"));
    };
    let state = log.stamping_state();
    let (Some(since), Some(from)) = (state.failing_since, state.refuses_from) else {
        return paragraph(page.tag(page.t("exchange-stamping-works")).done());
    };
    let (since, from) = (page.moment(since), page.moment(from));
    let words = match state.refuses {
        true => page.t1("exchange-stamping-refuses", "since", since),
        false => page.t2("exchange-stamping-fails", "since", since, "from", from),
    };
    paragraph(
        page.tag(page.t("exchange-stamping-bad")).late().into_html().then(Html::trusted(" ")).then(Html::text(words)),
    )
}

/// Requests that wait for an answer, with their clock.
fn waiting(page: &Page, room: &RegistryRoom, view: &View, agreements: &[Agreement]) -> Html {
    let requested: Vec<&Agreement> =
        agreements.iter().filter(|agreement| agreement.draft.state == AgreementState::Requested).collect();
    if requested.is_empty() {
        return paragraph(page.t("exchange-waiting-none"));
    }
    let columns = vec![
        Column::new(page.t("exchange-column-agreement")),
        Column::new(page.t("exchange-column-consumer")),
        Column::new(page.t("exchange-column-service")),
        Column::new(page.t("exchange-column-clock")),
    ];
    let mut table = Table::new(page.t("exchange-waiting"), columns).caption_hidden().small();
    for agreement in requested {
        table = table.row(vec![
            Cell::from(entry_link(page, AGREEMENTS, &agreement.draft.id, page.code(&agreement.draft.id))),
            Cell::from(page.vietnamese(view.system_name(&agreement.consumer))),
            Cell::from(page.vietnamese(view.service_name(&agreement.service))),
            Cell::from(clock_tag(page, clock_of(room, view, agreement))),
        ]);
    }
    table.into_html()
}
