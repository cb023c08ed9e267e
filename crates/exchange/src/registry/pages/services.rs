//! Services: look, switch off with a notice and on again, describe.

use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, Details, EmptyState, SummaryList, SummaryRow, Table, TextArea};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, IntoHtml as _, Lang, Page, t};
use haidang_web::{Answer, FormFields, Query, State, Visitor, redirect};
use serde_json::Value;

use super::agreements::agreements_table;
use super::history::history;
use super::overview::{Counted, health_tag, is_resting, services_table};
use super::parts::{SectionPage, SmallForm, bullets, entry_path, link, paragraph, refused};
use super::systems::{Which, seen};
use super::view::{Service, View};
use super::{ONBOARDING, Reader, RegistryRoom, SERVICES, author};
use crate::directory::{EndpointDraft, wsdl};
use crate::registry::model::Change;
use crate::registry::rules::entries::{Key, Kind};
use crate::registry::rules::proposals::describe;

/// Longest notice in characters.
const LONGEST_NOTICE: usize = 500;
/// Longest description in bytes.
const LONGEST_DESCRIPTION: usize = wsdl::LARGEST;

/// Shows the services, or one of them.
pub(crate) async fn show_exchange_services(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    Query(which): Query<Which>,
) -> Answer {
    if !which.ma.is_empty() {
        return one(&visitor, &room, &which.ma, &FormFields::default(), Vec::new()).await;
    }
    let reader = Reader::of(&visitor)?;
    let view = View::read(&room).await?;
    let title = t(visitor.lang, "exchange-tab-services", &[]);
    let mut answer = SectionPage::office(&visitor, title, SERVICES, Vec::new()).at_top();
    let page = answer.page().clone();
    let counted = Counted::read(&room).await?;
    let services = view.services(Some(&reader))?;
    let new = paragraph(link(&page, ONBOARDING, page.t("exchange-onboarding")));
    answer.section("exchange-services", services_table(&page, &services, &counted, room.live().as_ref()).then(new));
    answer.answer()
}

fn find(view: &View, reader: &Reader, id: &str) -> Result<Service, Problem> {
    let found = view.services(Some(reader))?.into_iter().find(|service| service.id.to_string() == id);
    found.ok_or_else(|| Problem::not_found("entry_not_found", "there is no such service"))
}

async fn one(visitor: &Visitor, room: &RegistryRoom, id: &str, form: &FormFields, errors: Vec<ErrorItem>) -> Answer {
    let reader = Reader::of(visitor)?;
    let view = View::read(room).await?;
    let service = find(&view, &reader, id)?;
    let counted = Counted::read(room).await?;
    let mut answer = SectionPage::office(visitor, service.name().to_owned(), SERVICES, errors.clone());
    let page = answer.page().clone();
    let health = counted.health(&service, is_resting(room.live().as_ref(), &service));
    answer.lead(health_tag(&page, health));
    answer.section("exchange-facts", facts(&page, &view, &service));
    answer.section("exchange-endpoints", endpoints(&page, &service.draft.endpoints));
    let agreements = view.agreements(&reader)?;
    let own: Vec<_> = agreements.into_iter().filter(|agreement| agreement.service == service.id).collect();
    answer.section("exchange-agreements", agreements_table(&page, room, &view, &own));
    answer.section("exchange-switch", switch(&page, &service, reader.operator, form, &errors)?);
    answer.section("exchange-description", description(&page, &service, form, &errors)?);
    let key = Key::new(Kind::Service, service.id.to_string());
    answer.section("exchange-history", history(room, &page, &key).await?);
    answer.answer()
}

fn facts(page: &Page, view: &View, service: &Service) -> Html {
    let draft = &service.draft;
    let seconds = |millis: u64| page.t1("exchange-seconds", "seconds", format!("{}", millis as f64 / 1000.0));
    let mut rows = vec![
        SummaryRow::new(page.t("exchange-column-owner"), page.vietnamese(&service.owner)),
        SummaryRow::new(page.t("exchange-column-system"), page.vietnamese(view.system_name(&service.id.subsystem))),
        SummaryRow::new(page.t("exchange-column-code"), page.code(service.id.to_string())),
        SummaryRow::new(page.t("exchange-kind"), draft.kind.word()),
        SummaryRow::new(page.t("exchange-address"), address(page, service)),
        SummaryRow::new(
            page.t("exchange-timeouts"),
            [draft.timeouts.connect_ms, draft.timeouts.first_byte_ms, draft.timeouts.total_ms].map(seconds).join(" · "),
        ),
        SummaryRow::new(
            page.t("exchange-concurrency"),
            page.number(i64::try_from(draft.concurrency).unwrap_or(i64::MAX)),
        ),
    ];
    if let Some(text) = &draft.description {
        rows.insert(0, SummaryRow::new(page.t("exchange-purpose"), page.vietnamese(text)));
    }
    if let Some(notice) = &draft.disabled {
        rows.insert(0, SummaryRow::new(page.t("exchange-notice"), page.vietnamese(notice)));
    }
    SummaryList::new(rows).no_border().into_html()
}

/// Where it is: an address, or the adapter that is asked in its place.
fn address(page: &Page, service: &Service) -> Html {
    match (&service.draft.base_url, &service.draft.adapter) {
        (_, Some(adapter)) => {
            Html::text(page.t("exchange-address-adapter")).then(Html::trusted(" ")).then(page.code(adapter))
        }
        (address, None) => page.code(address.as_deref().unwrap_or_default()),
    }
}

fn endpoints(page: &Page, endpoints: &[EndpointDraft]) -> Html {
    if endpoints.is_empty() {
        return EmptyState::new(page.t("exchange-endpoints-none")).into_html();
    }
    let columns = vec![
        Column::new(page.t("exchange-column-endpoint")),
        Column::new(page.t("exchange-column-template")),
        Column::new(page.t("exchange-column-personal")),
    ];
    let mut table = Table::new(page.t("exchange-endpoints"), columns).caption_hidden().small();
    for endpoint in endpoints {
        let personal = if endpoint.personal_data { "exchange-personal-yes" } else { "exchange-personal-no" };
        table = table.row(vec![
            Cell::from(page.code(format!("{} {}", endpoint.method, endpoint.path))),
            Cell::from(page.code(endpoint.template.as_deref().unwrap_or(&endpoint.path))),
            Cell::from(page.t(personal)),
        ]);
    }
    table.into_html()
}

fn switch(
    page: &Page,
    service: &Service,
    operator: bool,
    form: &FormFields,
    errors: &[ErrorItem],
) -> Result<Html, Problem> {
    let to = "/can-bo/truc-tich-hop/dich-vu/trang-thai";
    let start = |button: Html| {
        SmallForm::new(page, to, button)
            .hidden("ma", service.id.to_string())
            .hidden("phien_ban", service.version.to_string())
    };
    if service.draft.awaiting {
        let text = paragraph(page.t(if operator { "exchange-awaiting-look" } else { "exchange-awaiting-text" }));
        let confirm = page.button(page.t("exchange-awaiting-confirm")).into_html();
        return match operator {
            true => Ok(text.then(start(confirm).hidden("viec", "bat").finish()?)),
            false => Ok(text),
        };
    }
    if service.draft.disabled.is_some() {
        return start(page.button(page.t("exchange-switch-on")).into_html()).hidden("viec", "bat").finish();
    }
    let field = Field::new(page.lang, "thong_bao", page.t("exchange-notice-field"));
    let field = field.hint(page.t("exchange-notice-hint")).errors(errors);
    start(page.button(page.t("exchange-switch-off")).warning().into_html())
        .hidden("viec", "tat")
        .question(TextArea::new(field).value(form.text("thong_bao")).rows(3))
        .finish()
}

/// A description behind a line that opens it.
fn folded(page: &Page, text: &str) -> Html {
    let block =
        Html::trusted("<pre class=\"hd-scroll\" tabindex=\"0\">").then(Html::text(text)).then(Html::trusted("</pre>"));
    Details::new(page.t("exchange-description-show"), block).into_html()
}

/// What a description in WSDL says can be done.
fn operations(page: &Page, text: &str) -> Html {
    let names = wsdl::operations(text).unwrap_or_default();
    if names.is_empty() {
        return paragraph(page.t("exchange-operations-none"));
    }
    paragraph(page.t("exchange-operations")).then(bullets(names.iter().map(|name| page.code(name))))
}

fn description(page: &Page, service: &Service, form: &FormFields, errors: &[ErrorItem]) -> Result<Html, Problem> {
    let now = match (&service.draft.openapi, &service.draft.wsdl) {
        (Some(text), _) => {
            let value: Value = serde_json::from_str(text).unwrap_or_default();
            folded(page, &serde_json::to_string_pretty(&value).unwrap_or_default())
        }
        (None, Some(text)) => operations(page, text).then(folded(page, text)),
        (None, None) => paragraph(page.t("exchange-description-none")),
    };
    let field = Field::new(page.lang, "mo_ta", page.t("exchange-description-field"));
    let field = field.hint(page.t("exchange-description-hint")).errors(errors);
    let button = page.button(page.t("exchange-description-send")).secondary();
    let form = SmallForm::new(page, "/can-bo/truc-tich-hop/dich-vu/mo-ta", button)
        .hidden("ma", service.id.to_string())
        .hidden("phien_ban", service.version.to_string())
        .question(TextArea::new(field).value(form.text("mo_ta")).rows(8));
    Ok(now.then(form.finish()?))
}

/// Switches a service off with a notice for callers, or on again.
pub(crate) async fn switch_exchange_service(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let notice = form.text("thong_bao").trim().to_owned();
    let off = form.text("viec") != "bat";
    let length = notice.chars().count();
    if off && (length == 0 || length > LONGEST_NOTICE) {
        let errors = vec![ErrorItem::of("thong_bao", t(visitor.lang, "exchange-notice-missing", &[]))];
        return one(&visitor, &room, form.text("ma"), &form, errors).await;
    }
    let reader = Reader::of(&visitor)?;
    let service = find(&View::read(&room).await?, &reader, form.text("ma"))?;
    if service.draft.awaiting && !reader.operator {
        return Err(Problem::forbidden("not_allowed", "the operator looks at a new service first").into());
    }
    let reason = match (off, service.draft.awaiting) {
        (true, _) => notice.clone(),
        (false, true) => t(Lang::Vi, "exchange-reason-confirmed", &[]),
        (false, false) => t(Lang::Vi, "exchange-reason-switched-on", &[]),
    };
    change(&visitor, &room, &form, ("exchange.service_switched", reason), |content| match off {
        true => drop(content.insert("disabled".to_owned(), Value::String(notice))),
        false => content.retain(|name, _| !["awaiting", "disabled"].contains(&name.as_str())),
    })
    .await
}

/// Takes a description: OpenAPI in JSON, or WSDL.
pub(crate) async fn describe_exchange_service(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let text = form.text("mo_ta").trim().to_owned();
    if text.is_empty() || text.len() > LONGEST_DESCRIPTION {
        let errors = vec![ErrorItem::of("mo_ta", t(visitor.lang, "exchange-description-missing", &[]))];
        return one(&visitor, &room, form.text("ma"), &form, errors).await;
    }
    let reason = t(Lang::Vi, "exchange-reason-described", &[]);
    change(&visitor, &room, &form, ("exchange.service_described", reason), |content| {
        describe(content, &text);
    })
    .await
}

async fn change(
    visitor: &Visitor,
    room: &RegistryRoom,
    form: &FormFields,
    (action, reason): (&'static str, String),
    change: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> Answer {
    let id = form.text("ma");
    let view = View::read(room).await?;
    let service = find(&view, &Reader::of(visitor)?, id)?;
    let key = Key::new(Kind::Service, service.id.to_string());
    let mut content = view.content(&key).map(|(_, content)| content.clone()).unwrap_or_default();
    if let Some(content) = content.as_object_mut() {
        change(content);
    }
    let author = author(visitor, action, reason);
    match room.parts.registry.change(&author, &[Change::put(key, content).seen(seen(form))]).await {
        Ok(_) => redirect(visitor.lang, &entry_path(SERVICES, id)),
        Err(error) => {
            let errors = refused(&visitor.page("", ""), error)?;
            one(visitor, room, id, form, errors).await
        }
    }
}
