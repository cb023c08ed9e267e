//! The pages of one's own keys.

use super::acting::{KeyFault, Typed};
use super::rules::{KeyAct, KeyState};
use crate::error::TrustError;
use crate::holders::{Holder, HolderKey};
use crate::room::TrustRoom;
use askama::Template;
use axum::extract::State;
use haidang_contracts::identity::{Directory, Identity};
use haidang_kernel::format;
use haidang_kernel::problem::Problem;
use haidang_store::ActorRef;
use haidang_ui::component::{Button, Component as _, SummaryList, SummaryRow, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, IntoHtml, Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Routes, Row, Visitor, html, html_invalid, redirect};
use std::sync::Arc;

/// Address of the page.
const KEYS: &str = "/can-bo/khoa-ky";

/// Texts of these pages.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("trust", Lang::Vi, include_str!("../../locales/vi/trust.ftl")),
    ("trust", Lang::En, include_str!("../../locales/en/trust.ftl")),
];

/// Where officials look after their keys. Cheap to clone.
#[derive(Clone)]
pub struct KeyDesk {
    room: Option<TrustRoom>,
    identity: Arc<dyn Identity>,
    directory: Arc<dyn Directory>,
}

impl KeyDesk {
    /// Over the keys of this room; without one the page says that the city keeps no keys.
    pub fn new(room: Option<TrustRoom>, identity: Arc<dyn Identity>, directory: Arc<dyn Directory>) -> KeyDesk {
        KeyDesk { room, identity, directory }
    }

    /// The official as holder at an agency where they have a post, with the name that stands in the certificate.
    async fn holder(&self, visitor: &Visitor, agency: &str) -> Result<Holder, Fault> {
        let actor = visitor.require_actor()?;
        let missing = || Problem::not_found("signing_key_not_found", "no key at this agency");
        if !actor.agencies().iter().any(|code| code == agency) {
            return Err(missing().into());
        }
        let record = self.identity.person(&actor.person).await.map_err(Problem::from)?.ok_or_else(missing)?;
        Ok(Holder::Officer { person: actor.person.to_string(), agency: agency.to_owned(), name: record.full_name })
    }

    async fn agency_name(&self, code: &str) -> Result<String, Fault> {
        let agency = self.directory.agency(code).await.map_err(Problem::from)?;
        Ok(agency.map_or_else(|| code.to_owned(), |agency| agency.name_vi))
    }
}

/// The routes. Looking is for every official; every act asks for a fresh second factor.
pub fn key_routes(desk: KeyDesk) -> Routes<KeyDesk> {
    const ONE: &str = "/can-bo/khoa-ky/{agency}/{act}";
    Routes::new("trust", desk)
        .page(Row::get("show_signing_keys", KEYS).official().office().role("leader").example(KEYS), show_keys)
        .page(
            Row::get("show_signing_key_act", ONE)
                .official()
                .office()
                .role("leader")
                .example("/can-bo/khoa-ky/{agency}/kich-hoat"),
            show_act,
        )
        .page(
            Row::post("act_on_signing_key", ONE).official().office().fresh_factor().audit("signing_key.pin_set"),
            act_on_key,
        )
}

/// One key.
struct KeyCard {
    agency: String,
    rows: SummaryList,
    acts: Vec<Button>,
}

#[derive(Template)]
#[template(path = "signing_keys.html")]
struct KeysPage {
    page: Page,
    /// Whether the city keeps keys at all.
    kept: bool,
    cards: Vec<KeyCard>,
}

#[derive(Template)]
#[template(path = "signing_key_pass.html")]
struct PassPage {
    page: Page,
    back: String,
    rows: SummaryList,
}

#[derive(Template)]
#[template(path = "signing_key_act.html")]
struct ActPage {
    page: Page,
    errors: Vec<ErrorItem>,
    back: String,
    action: String,
    agency: Html,
    lead: String,
    fields: Vec<Html>,
    button: Button,
}

fn broken(error: TrustError) -> Fault {
    Problem::internal(error.to_string()).into()
}

fn frame(visitor: &Visitor, title: &str) -> Page {
    visitor.page(t(visitor.lang, title, &[]), "documents")
}

fn card(page: &Page, code: &str, name: String, key: Option<&HolderKey>, state: KeyState) -> KeyCard {
    let tag = page.tag(page.t(&format!("trust-key-state-{}", state.as_str())));
    let tag = match state {
        KeyState::Active => tag.done(),
        KeyState::Revoked | KeyState::Expired => tag.late(),
        KeyState::Inactive | KeyState::Suspended => tag.wait(),
    };
    let mut rows = vec![SummaryRow::new(page.t("trust-key-state"), tag.into_html())];
    if let Some(key) = key {
        let end = format::date_time_table(page.lang, key.certificate.not_after());
        rows.push(SummaryRow::new(page.t("trust-key-subject"), page.vietnamese(key.certificate.subject())));
        rows.push(SummaryRow::new(page.t("trust-key-serial"), page.code(key.certificate.serial_hex())));
        rows.push(SummaryRow::new(page.t("trust-key-until"), Html::text(end)));
        rows.push(SummaryRow::new(page.t("trust-key-credential"), page.code(&key.id)));
    }
    let buttons = state.acts().iter().enumerate().map(|(place, act)| {
        let text = page.t(&format!("trust-key-do-{}", act.word()));
        let button = page.link_button(text, format!("{KEYS}/{code}/{}", act.slug()));
        if place == 0 { button } else { button.secondary() }
    });
    KeyCard { agency: name, rows: SummaryList::new(rows), acts: buttons.collect() }
}

/// One's own keys.
async fn show_keys(visitor: Visitor, State(desk): State<KeyDesk>) -> Answer {
    let page = frame(&visitor, "trust-keys-title");
    let mut cards = Vec::new();
    if let Some(room) = &desk.room {
        for code in visitor.require_actor()?.agencies() {
            let holder = desk.holder(&visitor, &code).await?;
            let (key, state) = room.key_state(&holder).await.map_err(broken)?;
            cards.push(card(&page, &code, desk.agency_name(&code).await?, key.as_ref(), state));
        }
    }
    html(KeysPage { kept: desk.room.is_some(), cards, page })
}

fn secret(page: &Page, name: &str, hint: bool, errors: &[ErrorItem]) -> Html {
    let mut field = Field::new(page.lang, name, page.t(&format!("trust-key-field-{name}"))).errors(errors);
    if hint {
        field = field.hint(page.t("trust-key-pin-rules"));
    }
    let complete = if name == "current" { "current-password" } else { "new-password" };
    TextInput::new(field.autocomplete(complete)).kind("password").width(20).html()
}

async fn act_page(
    visitor: &Visitor,
    desk: &KeyDesk,
    agency: &str,
    act: KeyAct,
    errors: Vec<ErrorItem>,
) -> Result<ActPage, Fault> {
    let mut page = frame(visitor, &format!("trust-key-{}-title", act.word()));
    page.errors = !errors.is_empty();
    let mut fields = Vec::new();
    if act.asks_pin() {
        fields.push(secret(&page, "current", false, &errors));
    }
    if act.chooses_pin() {
        fields.push(secret(&page, "new", true, &errors));
        fields.push(secret(&page, "again", false, &errors));
    }
    let button = page.button(page.t(&format!("trust-key-do-{}", act.word())));
    let warns = matches!(act, KeyAct::Suspend | KeyAct::Replace);
    Ok(ActPage {
        back: KEYS.to_owned(),
        action: page.href(format!("{KEYS}/{agency}/{}", act.slug())),
        agency: page.vietnamese(desk.agency_name(agency).await?),
        lead: page.t(&format!("trust-key-{}-lead", act.word())),
        fields,
        button: if warns { button.warning() } else { button },
        errors,
        page,
    })
}

fn asked(desk: &KeyDesk, act: &str) -> Result<(TrustRoom, KeyAct), Fault> {
    let missing = || Problem::not_found("signing_key_not_found", "no such act, or this city keeps no keys");
    let act = KeyAct::parse(act).ok_or_else(missing)?;
    Ok((desk.room.clone().ok_or_else(missing)?, act))
}

/// The form of an act.
async fn show_act(
    visitor: Visitor,
    State(desk): State<KeyDesk>,
    Path((agency, act)): Path<(String, String)>,
) -> Answer {
    let (room, act) = asked(&desk, &act)?;
    let holder = desk.holder(&visitor, &agency).await?;
    let (_, state) = room.key_state(&holder).await.map_err(broken)?;
    if !state.acts().contains(&act) {
        return redirect(visitor.lang, KEYS);
    }
    html(act_page(&visitor, &desk, &agency, act, Vec::new()).await?)
}

fn message(lang: Lang, fault: KeyFault) -> Result<ErrorItem, Fault> {
    let text = |key: &str| t(lang, key, &[]);
    Ok(match fault {
        KeyFault::State => ErrorItem::general(text("trust-key-error-state")),
        KeyFault::Easy => ErrorItem::of("new", text("trust-key-error-easy")),
        KeyFault::Different => ErrorItem::of("again", text("trust-key-error-different")),
        KeyFault::Wrong => ErrorItem::of("current", text("trust-key-error-wrong")),
        KeyFault::Locked(until) => {
            let until = format::date_time_table(lang, until);
            ErrorItem::of("current", t(lang, "trust-key-error-locked", &[("until", until.into())]))
        }
        // The name stands in no log: only which part of it does not fit.
        KeyFault::Room(TrustError::Subject { .. }) => ErrorItem::general(text("trust-key-error-name")),
        KeyFault::Room(other) => return Err(broken(other)),
    })
}

/// Does an act with one's own key. What was typed is a secret: it is never sent back.
async fn act_on_key(
    visitor: Visitor,
    State(desk): State<KeyDesk>,
    Path((agency, act)): Path<(String, String)>,
    form: FormFields,
) -> Answer {
    let (room, act) = asked(&desk, &act)?;
    let holder = desk.holder(&visitor, &agency).await?;
    let actor = visitor.require_actor()?;
    let actor = ActorRef { agency: Some(agency.clone()), ..ActorRef::of(actor, visitor.channel.as_str()) };
    let typed = Typed { current: form.text("current"), new: form.text("new"), again: form.text("again") };
    match room.act_on_key(&holder, act, &typed, actor).await {
        Ok(None) => redirect(visitor.lang, KEYS),
        Ok(Some(pass)) => {
            let page = frame(&visitor, "trust-key-pass-made");
            let until = format::date_time_table(page.lang, pass.until);
            let address = format!("{}/csc/v1", room.0.settings.origin);
            let rows = SummaryList::new(vec![
                SummaryRow::new(page.t("trust-key-pass-service"), page.code(address)),
                SummaryRow::new(page.t("trust-key-pass-token"), page.code(&pass.secret)),
                SummaryRow::new(page.t("trust-key-pass-until"), Html::text(until)),
            ]);
            html(PassPage { back: KEYS.to_owned(), rows, page })
        }
        Err(fault) => {
            let errors = vec![message(visitor.lang, fault)?];
            html_invalid(act_page(&visitor, &desk, &agency, act, errors).await?)
        }
    }
}
