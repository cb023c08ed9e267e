//! Information systems with their certificates: look, add, take out.

use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, EmptyState, SummaryList, SummaryRow, Table, TextArea};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, IntoHtml as _, Lang, Page, t};
use haidang_web::{Answer, FormFields, Query, State, Visitor, redirect};
use serde::Deserialize;
use serde_json::Value;

use super::overview::{read_certificates, term_tag};
use super::parts::{SectionPage, SmallForm, bullets, entry_link, entry_path, paragraph, refused};
use super::view::{System, View};
use super::{Reader, RegistryRoom, SERVICES, SYSTEMS, author};
use crate::directory::Connection;
use crate::registry::model::Change;
use crate::registry::rules::certificates::term;
use crate::registry::rules::entries::{Key, Kind};

/// Longest text of one certificate in characters.
const LONGEST_PEM: usize = 16 * 1024;

/// Which entry.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    pub(super) ma: String,
}

/// Shows the systems, or one of them.
pub(crate) async fn show_exchange_systems(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    Query(which): Query<Which>,
) -> Answer {
    if !which.ma.is_empty() {
        return one(&visitor, &room, &which.ma, "", Vec::new()).await;
    }
    let reader = Reader::of(&visitor)?;
    let view = View::read(&room).await?;
    let mut answer =
        SectionPage::office(&visitor, t(visitor.lang, "exchange-tab-systems", &[]), SYSTEMS, Vec::new()).at_top();
    let page = answer.page().clone();
    let systems = view.systems(&reader)?;
    if systems.is_empty() {
        answer.section("exchange-systems", EmptyState::new(page.t("exchange-systems-none")));
        return answer.answer();
    }
    let columns = vec![
        Column::new(page.t("exchange-column-system")),
        Column::new(page.t("exchange-column-owner")),
        Column::new(page.t("exchange-column-code")),
        Column::numeric(page.t("exchange-column-certificates")),
    ];
    let mut table = Table::new(page.t("exchange-systems"), columns).caption_hidden().small();
    for system in &systems {
        let count = i64::try_from(system.draft.certificates.len()).unwrap_or(i64::MAX);
        table = table.row(vec![
            Cell::from(entry_link(&page, SYSTEMS, &system.id.to_string(), page.vietnamese(system.name()))),
            Cell::from(page.vietnamese(&system.owner)),
            Cell::from(page.code(system.id.to_string())),
            Cell::from(page.number(count)),
        ]);
    }
    answer.section("exchange-systems", table.into_html());
    answer.answer()
}

fn find(view: &View, reader: &Reader, id: &str) -> Result<System, Problem> {
    let found = view.systems(reader)?.into_iter().find(|system| system.id.to_string() == id);
    found.ok_or_else(|| Problem::not_found("entry_not_found", "there is no such system"))
}

async fn one(visitor: &Visitor, room: &RegistryRoom, id: &str, typed: &str, errors: Vec<ErrorItem>) -> Answer {
    let reader = Reader::of(visitor)?;
    let view = View::read(room).await?;
    let system = find(&view, &reader, id)?;
    let mut answer = SectionPage::office(visitor, system.name().to_owned(), SYSTEMS, errors.clone());
    let page = answer.page().clone();
    let connection = match system.draft.connection {
        Connection::Http => "exchange-connection-http",
        Connection::Https => "exchange-connection-https",
        Connection::Inside => "exchange-connection-inside",
        Connection::HttpsClientCert => "exchange-connection-certificate",
    };
    let facts = SummaryList::new(vec![
        SummaryRow::new(page.t("exchange-column-owner"), page.vietnamese(&system.owner)),
        SummaryRow::new(page.t("exchange-column-code"), page.code(system.id.to_string())),
        SummaryRow::new(page.t("exchange-connection"), page.t(connection)),
    ]);
    answer.section("exchange-facts", facts.no_border());
    let services = view.services(Some(&reader))?;
    let own = services.iter().filter(|service| service.id.subsystem == system.id);
    let own: Vec<Html> =
        own.map(|s| entry_link(&page, SERVICES, &s.id.to_string(), page.vietnamese(s.name()))).collect();
    if !own.is_empty() {
        answer.section("exchange-services", bullets(own));
    }
    answer.section("exchange-certificates", certificates(&page, room, &system)?);
    if system.draft.connection == Connection::HttpsClientCert {
        let label = Field::new(page.lang, "pem", page.t("exchange-certificate-pem"));
        let label = label.hint(page.t("exchange-certificate-pem-hint")).errors(&errors);
        let form = SmallForm::new(
            &page,
            "/can-bo/truc-tich-hop/he-thong/chung-thu",
            page.button(page.t("exchange-certificate-add")),
        )
        .hidden("ma", id)
        .hidden("phien_ban", system.version.to_string())
        .question(TextArea::new(label).value(typed).rows(8));
        answer.section("exchange-certificate-add", form.finish()?);
    }
    answer.answer()
}

fn certificates(page: &Page, room: &RegistryRoom, system: &System) -> Result<Html, Problem> {
    let certificates = read_certificates(&system.draft.certificates);
    if certificates.is_empty() {
        return Ok(paragraph(page.t("exchange-certificates-none")));
    }
    let columns = vec![
        Column::new(page.t("exchange-column-certificate")),
        Column::new(page.t("exchange-column-issuer")),
        Column::new(page.t("exchange-column-fingerprint")),
        Column::new(page.t("exchange-column-ends")),
        Column::new(page.t("exchange-column-act")),
    ];
    let mut table = Table::new(page.t("exchange-certificates"), columns).caption_hidden().small();
    for certificate in &certificates {
        let fingerprint = data_encoding::HEXLOWER.encode(&certificate.fingerprint());
        let standing = term(certificate.not_before(), certificate.not_after(), room.parts.ambient.now());
        let name = certificate.common_name().unwrap_or_else(|| certificate.subject());
        let button = page.button(page.t("exchange-certificate-remove")).secondary().small().hidden(&name);
        let remove = SmallForm::new(page, "/can-bo/truc-tich-hop/he-thong/go-chung-thu", button)
            .hidden("ma", system.id.to_string())
            .hidden("phien_ban", system.version.to_string())
            .hidden("van_tay", &fingerprint);
        table = table.row(vec![
            Cell::from(name),
            Cell::from(certificate.issuer_common_name().unwrap_or_else(|| certificate.issuer())),
            Cell::from(page.code(&fingerprint)),
            Cell::from(
                term_tag(page, standing).into_html().then(Html::trusted(" ")).then(page.time(certificate.not_after())),
            ),
            Cell::from(remove.finish()?),
        ]);
    }
    Ok(table.into_html())
}

/// The version that the form was made from; a form without one has seen nothing.
pub(super) fn seen(form: &FormFields) -> i64 {
    form.text("phien_ban").trim().parse().unwrap_or(-1)
}

/// Adds a certificate that was pasted as PEM.
pub(crate) async fn add_exchange_certificate(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let (id, pem) = (form.text("ma").to_owned(), form.text("pem").trim().to_owned());
    let text = |key: &str| vec![ErrorItem::of("pem", t(visitor.lang, key, &[]))];
    if pem.is_empty() || pem.len() > LONGEST_PEM {
        return one(&visitor, &room, &id, "", text("exchange-certificate-missing")).await;
    }
    // A private key is refused with its certificate; it is not sent back over the wire once more.
    let shown = if pem.contains("PRIVATE KEY") { "" } else { pem.as_str() };
    change(&visitor, &room, &form, "exchange.certificate_added", shown, |certificates| {
        certificates.push(Value::String(format!("{pem}\n")));
        true
    })
    .await
}

/// Takes a certificate out.
pub(crate) async fn remove_exchange_certificate(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let fingerprint = form.text("van_tay").to_owned();
    change(&visitor, &room, &form, "exchange.certificate_removed", "", |certificates| {
        let before = certificates.len();
        certificates.retain(|text| {
            let found = read_certificates(&[text.as_str().unwrap_or_default().to_owned()]);
            found.iter().all(|one| data_encoding::HEXLOWER.encode(&one.fingerprint()) != fingerprint)
        });
        certificates.len() < before
    })
    .await
}

async fn change(
    visitor: &Visitor,
    room: &RegistryRoom,
    form: &FormFields,
    action: &'static str,
    typed: &str,
    change: impl FnOnce(&mut Vec<Value>) -> bool,
) -> Answer {
    let id = form.text("ma");
    let view = View::read(room).await?;
    let system = find(&view, &Reader::of(visitor)?, id)?;
    let key = Key::new(Kind::Subsystem, system.id.to_string());
    let mut content = view.content(&key).map(|(_, content)| content.clone()).unwrap_or_default();
    let list = content
        .as_object_mut()
        .map(|content| content.entry("certificates").or_insert_with(|| Value::Array(Vec::new())));
    if !list.and_then(Value::as_array_mut).is_some_and(change) {
        return Err(Problem::not_found("certificate_not_found", "there is no such certificate").into());
    }
    let reason =
        t(Lang::Vi, &format!("exchange-reason-{}", action.trim_start_matches("exchange.").replace('_', "-")), &[]);
    let author = author(visitor, action, reason);
    match room.parts.registry.change(&author, &[Change::put(key, content).seen(seen(form))]).await {
        Ok(_) => redirect(visitor.lang, &entry_path(SYSTEMS, id)),
        Err(error) => {
            let errors = refused(&visitor.page("", ""), error)?;
            one(visitor, room, id, typed, errors).await
        }
    }
}
