//! A new agreement: written by the consumer, first over made-up data, later over real data by copying it.

use haidang_kernel::problem::Problem;
use haidang_ui::component::{Choices, Select, TextArea, TextInput};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, FormFields, State, Visitor, redirect};
use serde_json::{Map, Value, json};

use super::parts::{SectionPage, SmallForm, entry_path, paragraph, refused};
use super::view::View;
use super::{AGREEMENTS, PROPOSING, Reader, RegistryRoom, author};
use crate::registry::model::Change;
use crate::registry::rules::entries::{Key, Kind};
use crate::registry::rules::process::PROCESS;
use crate::registry::rules::proposals::lines;
use crate::rules::agreement::Environment;
use crate::rules::identifier::is_registrable;

/// Longest answer to one question in bytes.
const LONGEST: usize = 64 * 1024;
/// What the id of the agreement about real data ends with.
const REAL: &str = "-THAT";

/// Questions that must be answered.
const REQUIRED: &[&str] =
    &["ma", "khai_thac", "dich_vu", "moi_truong", "van_ban", "dieu_khoan", "ma_muc_dich", "muc_dich", "truong"];

/// Shows the form.
pub(crate) async fn show_exchange_proposal(visitor: Visitor, State(room): State<RegistryRoom>) -> Answer {
    form_page(&visitor, &room, &FormFields::default(), Vec::new()).await
}

fn question(page: &Page, name: &str, errors: &[ErrorItem]) -> Field {
    let key = format!("exchange-proposal-{}", name.replace('_', "-"));
    let field = Field::new(page.lang, name, page.t(&key)).hint(page.t(&format!("{key}-hint")));
    field.optional(!REQUIRED.contains(&name)).errors(errors)
}

async fn form_page(visitor: &Visitor, room: &RegistryRoom, form: &FormFields, errors: Vec<ErrorItem>) -> Answer {
    let view = View::read(room).await?;
    let systems = view.systems(&Reader::of(visitor)?)?;
    let title = t(visitor.lang, "exchange-proposal", &[]);
    let mut answer = SectionPage::office(visitor, title, AGREEMENTS, errors.clone());
    let page = answer.page().clone();
    answer.lead(page.t("exchange-proposal-lead"));
    if systems.is_empty() {
        answer.section("exchange-proposal", paragraph(page.t("exchange-systems-none")));
        return answer.answer();
    }
    let (consumer, provider) = (form.text("khai_thac"), form.text("dich_vu"));
    let named = |name: &str, id: String| format!("{name} ({id})");
    let systems = systems.iter().map(|one| (one.id.to_string(), one.name()));
    let systems = systems.map(|(id, name)| Choice::new(id.clone(), named(name, id)).chosen(consumer)).collect();
    let services = view.services(None)?;
    let services = services.iter().map(|one| (one.id.to_string(), one.name()));
    let services = services.map(|(id, name)| Choice::new(id.clone(), named(name, id)).chosen(provider)).collect();
    let environment = form.filled("moi_truong").unwrap_or("sandbox");
    let environments = [("sandbox", "exchange-environment-sandbox"), ("production", "exchange-environment-production")];
    let environments = environments.map(|(word, key)| Choice::new(word, page.t(key)).chosen(environment));
    let ask = |name: &str| question(&page, name, &errors);
    let line = |name: &str| TextInput::new(ask(name)).value(form.text(name));
    let long = |name: &str| TextArea::new(ask(name)).value(form.text(name));
    let questions = SmallForm::new(&page, PROPOSING, page.button(page.t("exchange-proposal-send")))
        .question(line("ma").width(20))
        .question(Select::new(ask("khai_thac"), systems))
        .question(Select::new(ask("dich_vu"), services))
        .question(Choices::radios(ask("moi_truong"), Vec::from(environments)))
        .question(line("van_ban"))
        .question(line("dieu_khoan"))
        .question(line("ma_muc_dich").width(20))
        .question(line("muc_dich"))
        .question(line("thu_tuc"))
        .question(long("diem_cuoi"))
        .question(long("truong"))
        .question(line("moi_ngay").width(10).numeric());
    answer.section("exchange-proposal", questions.finish()?);
    answer.answer()
}

/// Writes down the draft of an agreement.
pub(crate) async fn propose_exchange_agreement(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let view = View::read(&room).await?;
    let systems = view.systems(&Reader::of(&visitor)?)?;
    let text = |key: &str| t(visitor.lang, key, &[]);
    let mut errors: Vec<ErrorItem> = REQUIRED
        .iter()
        .filter(|name| form.filled(name).is_none())
        .map(|name| ErrorItem::of(name, text("exchange-onboarding-missing")))
        .collect();
    if form.filled("ma").is_some_and(|id| !is_registrable(id)) {
        errors.push(ErrorItem::of("ma", text("exchange-onboarding-code-wrong")));
    }
    let most = form.filled("moi_ngay").map(str::parse::<u64>).transpose();
    if most.is_err() {
        errors.push(ErrorItem::of("moi_ngay", text("exchange-proposal-number-wrong")));
    }
    if form.pairs().iter().any(|(_, value)| value.len() > LONGEST) {
        errors.push(ErrorItem::general(text("exchange-onboarding-too-long")));
    }
    if !errors.is_empty() {
        return form_page(&visitor, &room, &form, errors).await;
    }
    if !systems.iter().any(|system| system.id.to_string() == form.text("khai_thac")) {
        return Err(Problem::forbidden("not_allowed", "an agreement is proposed by its consumer").into());
    }
    let content = content(&room, &form, most.ok().flatten());
    keep(&visitor, &room, &view, form.text("ma").trim(), content, &form).await
}

fn content(room: &RegistryRoom, form: &FormFields, most: Option<u64>) -> Value {
    let said = |name: &str| form.text(name).trim().to_owned();
    let procedures: Vec<&str> = form.text("thu_tuc").split([',', ' ']).filter(|code| !code.is_empty()).collect();
    let mut content = json!({
        "id": said("ma"),
        "version": 1,
        "state": "draft",
        "environment": said("moi_truong"),
        "consumer": said("khai_thac"),
        "service": said("dich_vu"),
        "legal_basis": { "document": said("van_ban"), "article": said("dieu_khoan") },
        "purpose_code": said("ma_muc_dich"),
        "purpose_text": said("muc_dich"),
        "procedures": procedures,
        "fields_allowed": lines(form.text("truong")),
        "valid_from": room.parts.ambient.now().to_string(),
    });
    let mut add =
        |name: &str, value: Value| content.as_object_mut().map(|content| content.insert(name.to_owned(), value));
    let endpoints = lines(form.text("diem_cuoi"));
    if !endpoints.is_empty() {
        add("endpoints", endpoints.into());
    }
    if let Some(most) = most {
        add("quota", json!({ "per_day": most }));
    }
    content
}

/// Writes a new agreement; one of this id that is there, or was, stays as it is.
async fn keep(
    visitor: &Visitor,
    room: &RegistryRoom,
    view: &View,
    id: &str,
    content: Value,
    form: &FormFields,
) -> Answer {
    let key = Key::new(Kind::Agreement, id);
    if view.content(&key).is_some() {
        let errors = vec![ErrorItem::of("ma", t(visitor.lang, "exchange-proposal-taken", &[]))];
        return form_page(visitor, room, form, errors).await;
    }
    let reason = t(Lang::Vi, "exchange-reason-proposed", &[]);
    let author = author(visitor, "exchange.agreement_proposed", reason);
    let change = Change::put(key, content).seen(0);
    match room.parts.registry.change(&author, &[change]).await {
        Ok(_) => redirect(visitor.lang, &entry_path(AGREEMENTS, id)),
        Err(error) => form_page(visitor, room, form, refused(&visitor.page("", ""), error)?).await,
    }
}

/// Copies an agreement that was tried over made-up data as a draft about real data, which is then decided on and signed
/// like any other.
pub(crate) async fn promote_exchange_agreement(
    visitor: Visitor,
    State(room): State<RegistryRoom>,
    form: FormFields,
) -> Answer {
    let view = View::read(&room).await?;
    let id = form.text("ma");
    let agreements = view.agreements(&Reader::of(&visitor)?)?;
    let agreement = agreements.into_iter().find(|agreement| agreement.draft.id == id);
    let tried = agreement.filter(|agreement| agreement.draft.environment == Environment::Sandbox);
    let agreement = tried.ok_or_else(|| Problem::not_found("entry_not_found", "there is no such agreement"))?;
    let mut content: Map<String, Value> = agreement.content.as_object().cloned().unwrap_or_default();
    PROCESS.iter().for_each(|name| drop(content.shift_remove(*name)));
    let real = format!("{id}{REAL}");
    for (name, value) in [
        ("id", Value::from(real.as_str())),
        ("version", 1.into()),
        ("state", "draft".into()),
        ("environment", "production".into()),
    ] {
        content.insert(name.to_owned(), value);
    }
    if view.content(&Key::new(Kind::Agreement, real.as_str())).is_some() {
        return redirect(visitor.lang, &entry_path(AGREEMENTS, &real));
    }
    keep(&visitor, &room, &view, &real, Value::Object(content), &form).await
}
