//! Agreements: what is agreed, where it stands, and the next step.

use haidang_kernel::problem::Problem;
use haidang_ui::component::{
    Cell, Column, EmptyState, SummaryList, SummaryRow, Table, Tag, TextArea, TextInput, WarningText,
};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, IntoHtml as _, Page, t};
use haidang_web::{Answer, FormFields, Query, State, Visitor, redirect};

use super::history::{history, name};
use super::overview::environment_text;
use super::parts::{SectionPage, SmallForm, bullets, entry_link, entry_path, link, paragraph, refused};
use super::systems::{Which, seen};
use super::trial::may_try;
use super::view::{Agreement, View};
use super::{AGREEMENTS, PROPOSING, Reader, RegistryRoom, SERVICES, TRIAL, author};
use crate::registry::model::Change;
use crate::registry::rules::clock::{Clock, clock};
use crate::registry::rules::entries::{Key, Kind};
use crate::registry::rules::process::{SignedBy, Step, StepFault, Words, offered, take, terms_digest};
use crate::rules::agreement::{Environment, State as AgreementState};

/// Longest reason in characters.
const LONGEST_REASON: usize = 2000;

/// How the answer to a request stands now, by the city's calendar.
pub(super) fn clock_of(room: &RegistryRoom, view: &View, agreement: &Agreement) -> Clock {
    let parts = &room.parts;
    let (state, process) = (agreement.draft.state, &agreement.draft.process);
    clock(state, process, view.decision_days(), &parts.days.calendar(), parts.ambient.now())
}

/// The clock as a tag; late in red.
pub(super) fn clock_tag(page: &Page, clock: Clock) -> Html {
    match clock {
        Clock::Still => Html::default(),
        Clock::Unknown => page.tag(page.t("exchange-clock-unknown")).wait().into_html(),
        Clock::Until(day) => page.tag(page.t1("exchange-clock-until", "day", page.date(day))).wait().into_html(),
        Clock::Late(day) => page.tag(page.t1("exchange-clock-late", "day", page.date(day))).late().into_html(),
    }
}

fn state_word(state: AgreementState) -> &'static str {
    match state {
        AgreementState::Draft => "draft",
        AgreementState::Requested => "requested",
        AgreementState::Approved => "approved",
        AgreementState::Refused => "refused",
        AgreementState::Active => "active",
        AgreementState::Suspended => "suspended",
        AgreementState::Ended => "ended",
    }
}

pub(super) fn state_tag(page: &Page, state: AgreementState) -> Tag {
    let tag = page.tag(page.t(&format!("exchange-state-{}", state_word(state))));
    match state {
        AgreementState::Active => tag.done(),
        AgreementState::Refused => tag.late(),
        AgreementState::Requested | AgreementState::Approved | AgreementState::Suspended => tag.wait(),
        AgreementState::Draft | AgreementState::Ended => tag,
    }
}

pub(super) fn agreements_table(page: &Page, room: &RegistryRoom, view: &View, agreements: &[Agreement]) -> Html {
    if agreements.is_empty() {
        return EmptyState::new(page.t("exchange-agreements-none")).into_html();
    }
    let columns = vec![
        Column::new(page.t("exchange-column-agreement")),
        Column::new(page.t("exchange-column-consumer")),
        Column::new(page.t("exchange-column-service")),
        Column::new(page.t("exchange-column-environment")),
        Column::new(page.t("exchange-column-state")),
    ];
    let mut table = Table::new(page.t("exchange-agreements"), columns).caption_hidden().small();
    for agreement in agreements {
        let state = state_tag(page, agreement.draft.state).into_html().then(Html::trusted(" "));
        table = table.row(vec![
            Cell::from(entry_link(page, AGREEMENTS, &agreement.draft.id, page.code(&agreement.draft.id))),
            Cell::from(page.vietnamese(view.system_name(&agreement.consumer))),
            Cell::from(page.vietnamese(view.service_name(&agreement.service))),
            Cell::from(environment_text(page, agreement.draft.environment)),
            Cell::from(state.then(clock_tag(page, clock_of(room, view, agreement)))),
        ]);
    }
    table.into_html()
}

/// Shows the agreements, or one of them.
pub(crate) async fn show_exchange_agreements(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    Query(which): Query<Which>,
) -> Answer {
    if !which.ma.is_empty() {
        return one(&visitor, &room, &which.ma, &FormFields::default(), Vec::new()).await;
    }
    let reader = Reader::of(&visitor)?;
    let view = View::read(&room).await?;
    let title = t(visitor.lang, "exchange-tab-agreements", &[]);
    let mut answer = SectionPage::office(&visitor, title, AGREEMENTS, Vec::new()).at_top();
    let page = answer.page().clone();
    let agreements = view.agreements(&reader)?;
    let new = paragraph(link(&page, PROPOSING, page.t("exchange-proposal")));
    answer.section("exchange-agreements", agreements_table(&page, &room, &view, &agreements).then(new));
    answer.answer()
}

fn find(view: &View, reader: &Reader, id: &str) -> Result<Agreement, Problem> {
    let found = view.agreements(reader)?.into_iter().find(|agreement| agreement.draft.id == id);
    found.ok_or_else(|| Problem::not_found("entry_not_found", "there is no such agreement"))
}

async fn one(visitor: &Visitor, room: &RegistryRoom, id: &str, form: &FormFields, errors: Vec<ErrorItem>) -> Answer {
    let reader = Reader::of(visitor)?;
    let view = View::read(room).await?;
    let agreement = find(&view, &reader, id)?;
    let title = t(visitor.lang, "exchange-agreement-of", &[("id", id.into())]);
    let mut answer = SectionPage::office(visitor, title, AGREEMENTS, errors.clone());
    let page = answer.page().clone();
    let state = state_tag(&page, agreement.draft.state).into_html().then(Html::trusted(" "));
    answer.lead(state.then(clock_tag(&page, clock_of(room, &view, &agreement))));
    let mut facts = facts(&page, &view, &agreement);
    if agreement.draft.process.evidence.as_deref() == Some("unverified") {
        facts = WarningText::new(page.lang, page.t("exchange-unverified")).into_html().then(facts);
    }
    answer.section("exchange-facts", facts);
    answer.section("exchange-fields", fields(&page, &view, &agreement));
    answer.section("exchange-signatures", signatures(room, &page, &agreement).await?);
    let party = reader.party(&agreement.consumer, &agreement.service);
    answer.section("exchange-steps", steps(&page, &agreement, &offered(&agreement.content, party), form, &errors)?);
    if may_try(&reader, &agreement) {
        answer
            .section("exchange-trial", paragraph(entry_link(&page, TRIAL, id, page.t("exchange-trial-of-agreement"))));
    }
    let tried = agreement.draft.state == AgreementState::Active && agreement.draft.environment == Environment::Sandbox;
    if tried && (party.consumer || party.operator) {
        let button = page.button(page.t("exchange-promote-button")).secondary();
        let form = SmallForm::new(&page, "/can-bo/truc-tich-hop/thoa-thuan/du-lieu-that", button).hidden("ma", id);
        answer.section("exchange-promote", paragraph(page.t("exchange-promote-text")).then(form.finish()?));
    }
    answer.section("exchange-history", history(room, &page, &Key::new(Kind::Agreement, id)).await?);
    answer.answer()
}

fn facts(page: &Page, view: &View, agreement: &Agreement) -> Html {
    let draft = &agreement.draft;
    let basis = &draft.legal_basis;
    let service = entry_link(page, SERVICES, &draft.service, page.vietnamese(view.service_name(&agreement.service)));
    let number = |count: u64| page.number(i64::try_from(count).unwrap_or(i64::MAX));
    let quota = [
        draft.quota.rps.map(|most| page.t1("exchange-quota-second", "most", number(most.into()))),
        draft.quota.per_day.map(|most| page.t1("exchange-quota-day", "most", number(most))),
        draft.quota.per_user_day.map(|most| page.t1("exchange-quota-user", "most", number(most.into()))),
    ];
    let quota: Vec<String> = quota.into_iter().flatten().collect();
    let mut rows = vec![
        SummaryRow::new(
            page.t("exchange-column-consumer"),
            page.vietnamese(format!(
                "{} ({})",
                view.system_name(&agreement.consumer),
                view.member(&agreement.consumer.member)
            )),
        ),
        SummaryRow::new(page.t("exchange-column-service"), service),
        SummaryRow::new(
            page.t("exchange-column-owner"),
            page.vietnamese(view.member(&agreement.service.subsystem.member)),
        ),
        SummaryRow::new(page.t("exchange-column-environment"), environment_text(page, draft.environment)),
        SummaryRow::new(page.t("exchange-column-version"), page.number(i64::from(draft.version))),
        SummaryRow::new(page.t("exchange-basis"), page.vietnamese(format!("{}, {}", basis.document, basis.article))),
        SummaryRow::new(page.t("exchange-purpose"), page.vietnamese(&draft.purpose_text)),
        SummaryRow::new(page.t("exchange-purpose-code"), page.code(&draft.purpose_code)),
        SummaryRow::new(
            page.t("exchange-procedures"),
            if draft.procedures.is_empty() { page.t("exchange-procedures-any") } else { draft.procedures.join(", ") },
        ),
        SummaryRow::new(page.t("exchange-valid-from"), page.moment(draft.valid_from)),
        SummaryRow::new(
            page.t("exchange-valid-to"),
            draft.valid_to.map_or_else(|| page.t("exchange-valid-open"), |at| page.moment(at)),
        ),
        SummaryRow::new(
            page.t("exchange-quota"),
            if quota.is_empty() { page.t("exchange-quota-none") } else { quota.join(" · ") },
        ),
    ];
    if let Some(hours) = draft.hours {
        let time = |time: jiff::civil::Time| time.strftime("%H:%M").to_string();
        rows.push(SummaryRow::new(
            page.t("exchange-hours"),
            page.t2("exchange-hours-between", "from", time(hours.from), "to", time(hours.to)),
        ));
    }
    if let Some(refusal) = &draft.process.refusal {
        rows.push(SummaryRow::new(page.t("exchange-refusal"), page.vietnamese(&refusal.reason)));
        rows.push(SummaryRow::new(page.t("exchange-refusal-ground"), page.vietnamese(&refusal.legal_ground)));
    }
    SummaryList::new(rows).no_border().into_html()
}

fn fields(page: &Page, view: &View, agreement: &Agreement) -> Html {
    let draft = &agreement.draft;
    let names = view.service_draft(&agreement.service).map(|service| service.field_names).unwrap_or_default();
    let endpoints = match &draft.endpoints {
        None => paragraph(page.t("exchange-endpoints-all")),
        Some(list) => bullets(list.iter().map(|endpoint| page.code(endpoint))),
    };
    let delivered = match &draft.fields_allowed {
        None => paragraph(page.t("exchange-fields-opaque")),
        Some(list) => bullets(list.iter().map(|field| match names.get(field) {
            Some(name) => page.vietnamese(name).then(Html::text(" ")).then(page.code(field)),
            None => page.code(field),
        })),
    };
    paragraph(page.t("exchange-fields-endpoints"))
        .then(endpoints)
        .then(paragraph(page.t("exchange-fields-delivered")))
        .then(delivered)
}

async fn signatures(room: &RegistryRoom, page: &Page, agreement: &Agreement) -> Result<Html, Problem> {
    let digest = terms_digest(&agreement.content);
    let process = &agreement.draft.process;
    let mut rows = Vec::new();
    for (key, signed) in [
        ("exchange-signed-provider", &process.signed_by_provider),
        ("exchange-signed-consumer", &process.signed_by_consumer),
    ] {
        let words = match signed {
            None => Html::text(page.t("exchange-signed-not")),
            Some(signed) => signature(room, page, signed, &digest).await?,
        };
        rows.push(SummaryRow::new(page.t(key), words));
    }
    rows.push(SummaryRow::new(page.t("exchange-terms-digest"), page.code(&digest)));
    Ok(SummaryList::new(rows).no_border().into_html())
}

async fn signature(room: &RegistryRoom, page: &Page, signed: &SignedBy, digest: &str) -> Result<Html, Problem> {
    let tag = match signed.sha256 == digest {
        true => page.tag(page.t("exchange-signed-holds")).done(),
        false => page.tag(page.t("exchange-signed-other")).late(),
    };
    let who = name(room, page, &signed.by).await?;
    Ok(tag.into_html().then(Html::trusted(" ")).then(who).then(Html::trusted(", ")).then(page.time(signed.at)))
}

fn steps(
    page: &Page,
    agreement: &Agreement,
    steps: &[Step],
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Html, Problem> {
    if steps.is_empty() {
        return Ok(paragraph(page.t("exchange-steps-none")));
    }
    let mut buttons = Html::default();
    for step in steps {
        let button = page.button(page.t(&format!("exchange-step-{}", step.word()))).named("buoc", step.word());
        let button = match step {
            Step::Refuse | Step::Suspend | Step::End => button.warning(),
            Step::SignAsProvider | Step::SignAsConsumer => button.secondary(),
            Step::Request | Step::Approve | Step::Activate | Step::Resume => button,
        };
        buttons = buttons.then(button);
    }
    let field = |name: &str, key: &str| Field::new(page.lang, name, page.t(key)).errors(errors);
    let mut asked = SmallForm::new(page, "/can-bo/truc-tich-hop/thoa-thuan/buoc", buttons)
        .hidden("ma", &agreement.draft.id)
        .hidden("phien_ban", agreement.version.to_string());
    if steps.iter().any(|step| step.needs_reason()) {
        let reason = field("ly_do", "exchange-reason-field").hint(page.t("exchange-reason-hint"));
        asked = asked.question(TextArea::new(reason).value(form.text("ly_do")).rows(3));
    }
    if steps.contains(&Step::Refuse) {
        let ground = field("can_cu", "exchange-ground-field").hint(page.t("exchange-ground-hint"));
        asked = asked.question(TextInput::new(ground).value(form.text("can_cu")));
    }
    asked.finish()
}

/// Takes a step.
pub(crate) async fn step_exchange_agreement(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let id = form.text("ma");
    let view = View::read(&room).await?;
    let reader = Reader::of(&visitor)?;
    let agreement = find(&view, &reader, id)?;
    let step =
        Step::parse(form.text("buoc")).ok_or_else(|| Problem::invalid("step_unknown", "there is no such step"))?;
    let short = |name: &str| form.text(name).trim().chars().take(LONGEST_REASON).collect::<String>();
    let words = Words { reason: short("ly_do"), legal_ground: short("can_cu") };
    let party = reader.party(&agreement.consumer, &agreement.service);
    let by = visitor.require_actor()?.person.to_string();
    let content = match take(&agreement.content, step, &words, party, &by, room.parts.ambient.now()) {
        Ok(content) => content,
        Err(StepFault::NotYours) => {
            return Err(Problem::forbidden("not_allowed", "this step belongs to another side").into());
        }
        Err(fault) => {
            let text = t(visitor.lang, &format!("exchange-step-fault-{}", fault.word()), &[]);
            let error = match fault {
                StepFault::NoReason => ErrorItem::of("ly_do", text),
                StepFault::NoLegalGround => ErrorItem::of("can_cu", text),
                _ => ErrorItem::general(text),
            };
            return one(&visitor, &room, id, &form, vec![error]).await;
        }
    };
    let step_text = t(haidang_ui::Lang::Vi, &format!("exchange-step-{}", step.word()), &[]);
    let reason = if words.reason.is_empty() { step_text } else { format!("{step_text}: {}", words.reason) };
    let change = Change::put(Key::new(Kind::Agreement, id), content).seen(seen(&form));
    let author = author(&visitor, "exchange.agreement_stepped", reason);
    match room.parts.registry.change(&author, &[change]).await {
        Ok(_) => redirect(visitor.lang, &entry_path(AGREEMENTS, id)),
        Err(error) => {
            let errors = refused(&visitor.page("", ""), error)?;
            one(&visitor, &room, id, &form, errors).await
        }
    }
}
