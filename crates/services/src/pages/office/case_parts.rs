//! The parts of a case page, one function each.

use super::case::Opened;
use super::frame::{dashed, item_text, role_text, rule_text, state_text, when, word};
use crate::cases::row::DocumentRow;
use crate::cases::trail::ConsultationRow;
use crate::form;
use crate::model::CaseState;
use crate::service::Services;
use haidang_contracts::actor::Actor;
use haidang_kernel::format;
use haidang_kernel::money::Money;
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, Details, Icon, SummaryList, SummaryRow, Table};
use haidang_ui::{Html, IntoHtml, Page};

/// One file, with its picture when it is one.
pub(super) struct Paper {
    pub href: String,
    pub name: String,
    pub note: String,
    pub picture: bool,
}

/// One item of the checklist.
pub(super) struct Check {
    pub class: &'static str,
    pub icon: Icon,
    pub said: String,
    pub title: Html,
    pub note: String,
    pub papers: Vec<Paper>,
}

fn paper(page: &Page, opened: &Opened, row: &DocumentRow) -> Paper {
    let origin = page.t(&format!("office-origin-{}", row.origin));
    let size = page.size(u64::try_from(row.size).unwrap_or_default());
    let mut note = format!("{origin}, {size}, {}", format::date_time_table(page.lang, row.uploaded_at));
    if let Some(seq) = row.supplement_seq {
        note = format!("{note}, {}", page.t1("office-paper-supplement", "time", seq));
    }
    Paper {
        href: page.href(format!("/can-bo/ho-so/{}/tep/{}", opened.view.case.id, row.id)),
        name: row.file_name.clone(),
        note,
        picture: row.media_type.starts_with("image/"),
    }
}

/// The checklist of the procedure with the files under each item.
pub(super) fn checklist(page: &Page, opened: &Opened) -> Vec<Check> {
    let needs = opened.version.components(&opened.facts);
    needs
        .iter()
        .map(|need| {
            let own = opened.view.documents.iter().filter(|row| row.component == need.id);
            let papers: Vec<Paper> = own.map(|row| paper(page, opened, row)).collect();
            let missing = need.required && papers.is_empty() && !need.by_form && !need.presented;
            let (class, icon, said) = match (missing, papers.is_empty() && !need.by_form) {
                (true, _) => ("bad", "circle-x", "office-check-missing"),
                (false, true) if need.presented => ("", "eye", "office-check-presented"),
                (false, true) => ("", "circle-dashed", "office-check-optional"),
                (false, false) => ("ok", "circle-check", "office-check-there"),
            };
            let note = match (need.by_form, papers.is_empty()) {
                (true, true) => page.t("office-check-by-form"),
                (_, true) => page.t(said),
                _ => String::new(),
            };
            Check { class, icon: Icon::new(icon), said: page.t(said), title: page.b(&need.name), note, papers }
        })
        .collect()
}

/// Files that belong to no item of the checklist now.
pub(super) fn other_papers(page: &Page, opened: &Opened) -> Vec<Paper> {
    let needs = opened.version.components(&opened.facts);
    let others = opened.view.documents.iter().filter(|row| !needs.iter().any(|need| need.id == row.component));
    others.map(|row| paper(page, opened, row)).collect()
}

/// Law, limit, units.
pub(super) fn law(page: &Page, opened: &Opened) -> Vec<(String, Html)> {
    let case = &opened.view.case;
    let mut rows = Vec::new();
    let limit = opened.version.time_limit(&opened.facts);
    let basis = if case.limit.basis.is_empty() { page.t("office-law-none") } else { case.limit.basis.clone() };
    rows.push((page.t("office-law-limit"), page.vietnamese(basis)));
    if let Some(text) = limit.as_ref().and_then(|row| row.text.as_ref()) {
        rows.push((page.t("office-law-text"), page.b(text)));
    }
    if !case.limit.pauses.is_empty() {
        let pauses = case.limit.pauses.iter().map(|pause| word(page, &format!("office-pause-{pause}"), pause));
        rows.push((page.t("office-law-pauses"), pauses.collect::<Vec<_>>().join(", ").into_html()));
    }
    rows.push((page.t("office-law-receiving"), opened.names.of(page.lang, &case.receiving_agency).into_html()));
    let deciding = match &case.competent_agency {
        Some(code) => opened.names.of(page.lang, code),
        None => page.t("office-law-unknown"),
    };
    rows.push((page.t("office-law-deciding"), deciding.into_html()));
    if let Some(promised) = case.promised_at {
        rows.push((page.t("office-law-promised"), page.time(promised)));
    }
    rows.push((
        page.t("office-law-delivery"),
        word(page, &format!("office-delivery-{}", case.delivery_way), &case.delivery_way).into_html(),
    ));
    rows
}

/// The legal texts of the procedure, folded: there are many.
pub(super) fn legal_texts(page: &Page, opened: &Opened) -> Option<Details> {
    let texts = &opened.version.procedure.legal_basis;
    let list = texts.iter().fold(Html::trusted("<ul class=\"govuk-list govuk-list--bullet\">"), |list, text| {
        list.then(Html::trusted("<li>")).then(page.vietnamese(text)).then(Html::trusted("</li>"))
    });
    let summary = page.t1("office-law-texts", "count", texts.len());
    (!texts.is_empty()).then(|| Details::new(summary, list.then(Html::trusted("</ul>"))))
}

/// Who has the case now: unit, step, person.
pub(super) async fn holder(services: &Services, page: &Page, opened: &Opened) -> Result<Html, Problem> {
    let Some(task) = opened.view.tasks.iter().find(|task| task.kind != "consultation") else {
        return Ok(Html::text(page.t("office-holder-nobody")));
    };
    let who = match &task.assignee_id {
        Some(person) => {
            let known = services.directory.holders(&task.role, &task.agency).await?;
            known.into_iter().find(|(id, _)| id == person).map(|(_, name)| name)
        }
        None => None,
    };
    let who = who.unwrap_or_else(|| page.t("office-holder-free"));
    Ok(Html::text(opened.names.of(page.lang, &task.agency))
        .then(Html::text(". "))
        .then(opened.step_name(page, &task.step))
        .then(Html::text(". "))
        .then(Html::text(who)))
}

/// Labels and values of one part of the form.
pub(super) type Part = (Html, Vec<(Html, Html)>);

/// The answers by part, in the order in which the applicant gave them.
pub(super) fn answers(services: &Services, page: &Page, opened: &Opened) -> Vec<Part> {
    let lines = form::summary(&opened.version, &opened.facts, page.lang, &services.codes);
    let mut parts = Vec::new();
    for part in opened.version.pages(&opened.facts) {
        let own = lines.iter().filter(|line| line.page == part.id);
        let rows: Vec<(Html, Html)> = own.map(|line| (page.b(&line.label), value(page, &line.values))).collect();
        if !rows.is_empty() {
            parts.push((page.b(&part.title()), rows));
        }
    }
    parts
}

fn value(page: &Page, lines: &[String]) -> Html {
    if lines.is_empty() {
        return Html::trusted("<span class=\"hd-second\">")
            .then(Html::text(page.t("office-answer-none")))
            .then(Html::trusted("</span>"));
    }
    let mut html = Html::default();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            html = html.then(Html::trusted("<br>"));
        }
        html = html.then(Html::text(line));
    }
    html
}

/// Charges with law, exemption and payment.
pub(super) fn fees(page: &Page, opened: &Opened) -> Option<Table> {
    let rows = &opened.view.fees;
    if rows.is_empty() {
        return None;
    }
    let columns = vec![
        Column::new(page.t("office-column-fee")),
        Column::new(page.t("office-column-basis")),
        Column::new(page.t("office-column-paid")),
        Column::numeric(page.t("office-column-amount")),
    ];
    let mut table = Table::new(page.t("office-fees"), columns).caption_hidden();
    for row in rows {
        let paid = match (&row.exemption, row.is_due(), &row.payment_id) {
            (Some(exemption), ..) => page.vietnamese(exemption),
            (None, true, _) => Html::text(page.t(&format!("office-fee-due-{}", row.collect_at))),
            (None, false, Some(_)) => Html::text(page.t("office-fee-paid")),
            (None, false, None) => Html::text(page.t("office-fee-free")),
        };
        table = table.row(vec![
            Cell::from(page.vietnamese(&row.name)),
            Cell::from(page.vietnamese(&row.basis)),
            Cell::from(paid),
            Cell::from(page.money_table(row.amount)),
        ]);
    }
    Some(table)
}

/// What the clerk may collect now, as a sentence; `None` when there is nothing or the reader is no clerk of the unit.
pub(super) fn collectable(page: &Page, actor: &Actor, opened: &Opened) -> Option<String> {
    let case = &opened.view.case;
    let unit = &case.receiving_agency;
    if !actor.can_in("case.receive", unit) && !actor.can_in("case.hand_over", unit) {
        return None;
    }
    let upto = if matches!(case.state, CaseState::ResultReady | CaseState::AwaitingPayment) { 4 } else { 2 };
    let due: i64 =
        opened.view.fees.iter().filter(|fee| fee.is_due() && fee.collect_at <= upto).map(|fee| fee.amount.dong()).sum();
    (due > 0).then(|| page.t1("office-collect", "amount", page.money(Money(due))))
}

/// One question to another agency.
pub(super) fn consultation(page: &Page, opened: &Opened, row: &ConsultationRow) -> SummaryList {
    let mut rows = vec![
        SummaryRow::new(page.t("office-consult-agency"), opened.names.of(page.lang, &row.agency)),
        SummaryRow::new(page.t("office-consult-question"), page.vietnamese(&row.question)),
        SummaryRow::new(page.t("office-consult-asked"), when(page, row.asked_at)),
    ];
    if let (Some(due), None) = (row.due_at, row.answered_at) {
        rows.push(SummaryRow::new(page.t("office-consult-due"), when(page, due)));
    }
    if let (Some(answer), Some(at)) = (&row.answer, row.answered_at) {
        rows.push(SummaryRow::new(page.t("office-consult-answer"), page.vietnamese(answer)));
        rows.push(SummaryRow::new(page.t("office-consult-answered"), when(page, at)));
    }
    SummaryList::new(rows)
}

/// Requests for a supplement, newest first.
pub(super) fn supplements(page: &Page, opened: &Opened) -> Vec<SummaryList> {
    let one = |row: &crate::cases::trail::SupplementRow| {
        let items: Vec<String> = row.items.iter().map(|item| item_text(Some(&opened.version), item)).collect();
        let mut rows = vec![
            SummaryRow::new(page.t("office-supplement-time"), page.number(row.seq)),
            SummaryRow::new(page.t("office-supplement-reason"), page.vietnamese(&row.reason)),
            SummaryRow::new(page.t("office-supplement-items"), value(page, &items)),
            SummaryRow::new(page.t("office-supplement-asked"), when(page, row.asked_at)),
        ];
        rows.push(match row.answered_at {
            Some(at) => SummaryRow::new(page.t("office-supplement-answered"), when(page, at)),
            None => SummaryRow::new(page.t("office-supplement-answered"), page.t("office-supplement-open")),
        });
        SummaryList::new(rows)
    };
    opened.view.supplements.iter().rev().map(one).collect()
}

/// Forms issued, each with the link to its paper.
pub(super) fn forms(page: &Page, opened: &Opened) -> Option<Table> {
    let case = &opened.view.case;
    let columns = vec![Column::new(page.t("office-column-form")), Column::new(page.t("office-column-issued"))];
    let mut table = Table::new(page.t("office-forms"), columns).caption_hidden();
    for form in &opened.view.forms {
        let name = page.t(&format!("office-paper-{}", form.form_no));
        let href = format!("/can-bo/ho-so/{}/giay/{}", case.id, form.id);
        table = table.row(vec![Cell::from(link(page, &href, &name)), Cell::from(when(page, form.issued_at))]);
    }
    let slip = link(page, &format!("/can-bo/ho-so/{}/phieu-kiem-soat", case.id), &page.t("office-paper-06"));
    Some(table.row(vec![Cell::from(slip), Cell::from(page.t("office-paper-now"))]))
}

/// A link inside a cell.
pub(super) fn link(page: &Page, path: &str, text: &str) -> Html {
    Html::trusted("<a class=\"govuk-link\" href=\"")
        .then(Html::text(page.href(path)))
        .then(Html::trusted("\">"))
        .then(Html::text(text))
        .then(Html::trusted("</a>"))
}

/// Results of the case.
pub(super) fn results(page: &Page, opened: &Opened) -> Option<Table> {
    if opened.results.is_empty() {
        return None;
    }
    let columns = ["result", "number", "signer", "state"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-results"), columns).caption_hidden();
    for row in &opened.results {
        let state = match (row.revoked_at, row.issued_at) {
            (Some(_), _) => page.tag(page.t("office-result-void")).late(),
            (None, Some(_)) => page.tag(page.t("office-result-issued")).done(),
            (None, None) => page.tag(page.t("office-result-signed")),
        };
        let title = match &row.token {
            // The public page carries no language prefix.
            Some(token) => Html::trusted("<a class=\"govuk-link\" lang=\"vi\" href=\"/kq/")
                .then(Html::text(token))
                .then(Html::trusted("\">"))
                .then(Html::text(&row.title))
                .then(Html::trusted("</a>")),
            None => page.vietnamese(&row.title),
        };
        table = table.row(vec![
            Cell::from(title),
            Cell::from(row.number.clone().unwrap_or_else(|| page.t("office-result-unnumbered"))),
            Cell::from(page.vietnamese(format!("{}, {}", row.signer_name, row.signer_title))),
            Cell::from(state),
        ]);
    }
    Some(table)
}

/// Reminders and escalations, fired and waiting.
pub(super) async fn escalations(services: &Services, page: &Page, opened: &Opened) -> Result<Option<Table>, Problem> {
    let rows = services.escalations(opened.view.case.id.as_str()).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let columns = ["when", "rule", "told", "state"];
    let columns = columns.map(|key| Column::new(page.t(&format!("office-column-{key}")))).to_vec();
    let mut table = Table::new(page.t("office-escalations"), columns).caption_hidden();
    for (row, fired) in rows {
        let state = if fired.is_some() { "office-escalation-fired" } else { "office-escalation-planned" };
        table = table.row(vec![
            Cell::from(when(page, fired.unwrap_or(row.fire_at))),
            Cell::from(rule_text(page, &row.rule)),
            Cell::from(role_text(services, page, &row.to_role)),
            Cell::from(page.t(state)),
        ]);
    }
    Ok(Some(table))
}

/// What happened, newest first.
pub(super) fn history(page: &Page, opened: &Opened) -> Table {
    let columns = vec![Column::new(page.t("office-column-when")), Column::new(page.t("office-column-what"))];
    let mut table = Table::new(page.t("office-history"), columns).caption_hidden();
    for event in opened.view.events.iter().rev() {
        let mut text = Html::trusted("<strong>")
            .then(Html::text(page.t(&format!("office-event-{}", dashed(&event.action)))))
            .then(Html::trusted("</strong> "));
        let who = match &event.actor_title {
            Some(title) => format!("{}, {title}", event.actor_name),
            None => event.actor_name.clone(),
        };
        text = text.then(page.vietnamese(who));
        if let Some(agency) = &event.agency {
            text = text.then(Html::text(", ")).then(Html::text(opened.names.of(page.lang, agency)));
        }
        if event.from_state != Some(event.to_state) {
            text = text.then(Html::text(". ")).then(Html::text(state_text(page.lang, event.to_state)));
        }
        if let Some(reason) = event.reason.as_ref().filter(|reason| !reason.is_empty()) {
            text = text.then(Html::trusted("<br><span class=\"hd-second\">"));
            text = text.then(page.vietnamese(reason)).then(Html::trusted("</span>"));
        }
        table = table.row(vec![Cell::from(when(page, event.at)), Cell::from(text)]);
    }
    table
}
