//! A new information system with a service, or a new service of a system, registered in one form. What it may be asked
//! for, and by whom, is said by agreements alone: without one nobody can call it.

use haidang_kernel::problem::Problem;
use haidang_ui::component::{Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, FormFields, State, Visitor, redirect};
use serde_json::{Map, Value, json};

use super::parts::{SectionPage, SmallForm, entry_path, paragraph, refused};
use super::view::View;
use super::{ONBOARDING, Reader, RegistryRoom, SERVICES, author};
use crate::registry::model::Change;
use crate::registry::rules::entries::{Key, Kind};
use crate::registry::rules::proposals::{describe, endpoints, proposed};
use crate::rules::identifier::{MemberId, ServiceId, SubsystemId, is_registrable};

/// Longest answer to one question in bytes.
const LONGEST: usize = 512 * 1024;

/// Questions that must be answered.
const REQUIRED: &[&str] = &["don_vi", "he_thong", "ten_he_thong", "dich_vu", "ten_dich_vu", "muc_dich", "dia_chi"];

/// Shows the form.
pub(crate) async fn show_exchange_onboarding(visitor: Visitor, State(room): State<RegistryRoom>) -> Answer {
    form_page(&visitor, &room, &FormFields::default(), "", Vec::new()).await
}

async fn form_page(
    visitor: &Visitor,
    room: &RegistryRoom,
    form: &FormFields,
    endpoints: &str,
    errors: Vec<ErrorItem>,
) -> Answer {
    let view = View::read(room).await?;
    let members = view.members(&Reader::of(visitor)?)?;
    let title = t(visitor.lang, "exchange-onboarding", &[]);
    let mut answer = SectionPage::office(visitor, title, SERVICES, errors.clone());
    let page = answer.page().clone();
    answer.lead(page.t("exchange-onboarding-lead"));
    if members.is_empty() {
        answer.section("exchange-onboarding", paragraph(page.t("exchange-onboarding-no-member")));
        return answer.answer();
    }
    let chosen = form.text("don_vi");
    let members = members.into_iter().map(|(id, name)| Choice::new(id.to_string(), name).chosen(chosen)).collect();
    let ask = |name: &str| question(&page, name, &errors);
    let line = |name: &str| TextInput::new(ask(name)).value(form.text(name));
    let long = |name: &str, rows: u8| TextArea::new(ask(name)).value(form.text(name)).rows(rows);
    let questions = SmallForm::new(&page, ONBOARDING, page.button(page.t("exchange-onboarding-send")))
        .question(Select::new(ask("don_vi"), members))
        .question(line("he_thong").width(20))
        .question(line("ten_he_thong"))
        .question(long("chung_thu", 6))
        .question(line("dich_vu").width(20))
        .question(line("ten_dich_vu"))
        .question(line("muc_dich"))
        .question(line("dia_chi"))
        .question(long("chung_thu_dich_vu", 6))
        .question(long("mo_ta", 8))
        .question(TextArea::new(ask("diem_cuoi")).value(endpoints).rows(8));
    answer.section("exchange-onboarding", questions.finish()?);
    answer.answer()
}

fn question(page: &Page, name: &str, errors: &[ErrorItem]) -> Field {
    let key = format!("exchange-onboarding-{}", name.replace('_', "-"));
    let field = Field::new(page.lang, name, page.t(&key)).hint(page.t(&format!("{key}-hint")));
    field.optional(!REQUIRED.contains(&name) && name != "diem_cuoi").errors(errors)
}

/// Registers what the form says. A description without endpoints first proposes them, to be looked through.
pub(crate) async fn onboard_exchange_service(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let view = View::read(&room).await?;
    let reader = Reader::of(&visitor)?;
    let member = view.members(&reader)?.into_iter().find(|(id, _)| id.to_string() == form.text("don_vi"));
    let typed = form.text("diem_cuoi").to_owned();
    let text = |key: &str| t(visitor.lang, key, &[]);
    let mut errors = wrong(&form, &text);
    if typed.trim().is_empty() {
        let lines = proposed(form.text("mo_ta"));
        let key =
            if lines.is_empty() { "exchange-onboarding-endpoints-missing" } else { "exchange-onboarding-proposed" };
        errors.push(ErrorItem::of("diem_cuoi", text(key)));
        return form_page(&visitor, &room, &form, &lines.join("\n"), errors).await;
    }
    let endpoints = match endpoints(&typed) {
        Ok(endpoints) => endpoints,
        Err(line) => {
            let text = t(visitor.lang, "exchange-onboarding-endpoint-wrong", &[("line", line.into())]);
            errors.push(ErrorItem::of("diem_cuoi", text));
            Vec::new()
        }
    };
    if !errors.is_empty() {
        return form_page(&visitor, &room, &form, &typed, errors).await;
    }
    let Some((member, _)) = member else {
        return Err(Problem::not_found("entry_not_found", "there is no such member").into());
    };
    let (service, changes) = changes(&view, &form, member, endpoints, reader.operator);
    if view.content(&Key::new(Kind::Service, service.as_str())).is_some() {
        let errors = vec![ErrorItem::of("dich_vu", text("exchange-onboarding-taken"))];
        return form_page(&visitor, &room, &form, &typed, errors).await;
    }
    let author = author(&visitor, "exchange.service_registered", t(Lang::Vi, "exchange-reason-registered", &[]));
    match room.parts.registry.change(&author, &changes).await {
        Ok(_) => redirect(visitor.lang, &entry_path(SERVICES, &service)),
        Err(error) => {
            let errors = refused(&visitor.page("", ""), error)?;
            form_page(&visitor, &room, &form, &typed, errors).await
        }
    }
}

/// What is missing, too long or no code.
fn wrong(form: &FormFields, text: &impl Fn(&str) -> String) -> Vec<ErrorItem> {
    let mut errors = Vec::new();
    for name in REQUIRED {
        if form.filled(name).is_none() {
            errors.push(ErrorItem::of(name, text("exchange-onboarding-missing")));
        }
    }
    for name in ["he_thong", "dich_vu"] {
        if form.filled(name).is_some_and(|code| !is_registrable(code)) {
            errors.push(ErrorItem::of(name, text("exchange-onboarding-code-wrong")));
        }
    }
    if form.pairs().iter().any(|(_, value)| value.len() > LONGEST) {
        errors.push(ErrorItem::general(text("exchange-onboarding-too-long")));
    }
    errors
}

/// The service, and the system where it is new; neither takes the place of what is there. The exchange reaches addresses
/// that officials do not: what an owner registers is switched off until the operator has looked at where it leads.
fn changes(
    view: &View,
    form: &FormFields,
    member: MemberId,
    endpoints: Vec<Value>,
    operator: bool,
) -> (String, Vec<Change>) {
    let said = |name: &str| form.text(name).trim().to_owned();
    let subsystem = SubsystemId { member, code: said("he_thong") };
    let id = ServiceId { subsystem: subsystem.clone(), code: said("dich_vu") }.to_string();
    let mut changes = Vec::new();
    let key = Key::new(Kind::Subsystem, subsystem.to_string());
    if view.content(&key).is_none() {
        let certificates: Vec<String> = form.filled("chung_thu").map(|pem| format!("{pem}\n")).into_iter().collect();
        let content = json!({ "code": subsystem.code, "name": said("ten_he_thong"), "certificates": certificates });
        changes.push(Change::put(key, content).seen(0));
    }
    let mut content: Map<String, Value> = [
        ("code", said("dich_vu").into()),
        ("kind", "REST".into()),
        ("name", said("ten_dich_vu").into()),
        ("description", said("muc_dich").into()),
        ("base_url", said("dia_chi").into()),
        ("endpoint", Value::Array(endpoints)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if !operator {
        content.insert("disabled".to_owned(), t(Lang::Vi, "exchange-awaiting-notice", &[]).into());
        content.insert("awaiting".to_owned(), true.into());
    }
    if let Some(description) = form.filled("mo_ta") {
        describe(&mut content, description);
    }
    if let Some(pem) = form.filled("chung_thu_dich_vu") {
        content.insert("tls".to_owned(), json!({ "certificates": [format!("{pem}\n")] }));
    }
    let key = Key::new(Kind::Service, id.clone());
    changes.push(Change::put(key, Value::Object(content)).seen(0));
    (id, changes)
}
