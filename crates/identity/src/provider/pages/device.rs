//! The page of a device: the person types the code it shows, sees which system stands where and wants to know what, and
//! says yes or no. Works without scripts.

use super::consent::scope_text;
use crate::account::{Guessed, SignInRefusal};
use crate::pages::official::{guarded, refusal, with_retry};
use crate::provider::answer::refusal_page;
use crate::provider::device::{DeviceState, PAGE, Waiting, typed_code};
use crate::provider::error::{Stop, finish};
use crate::provider::model::Client;
use crate::provider::{Provider, sql};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use haidang_contracts::actor::PersonId;
use haidang_store::args;
use haidang_ui::component::{SummaryList, SummaryRow, TextInput, WarningText};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::{Answer, FormFields, Path, StatusCode, Visitor, html, html_status, redirect, session};

#[derive(Template)]
#[template(path = "provider_device.html")]
struct EntryPage {
    page: Page,
    errors: Vec<ErrorItem>,
    code: TextInput,
    warning: WarningText,
}

fn entry_page(visitor: &Visitor, typed: &str, errors: Vec<ErrorItem>) -> EntryPage {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-provider-device-title", &[]), "");
    page.errors = !errors.is_empty();
    page.navigation = Vec::new();
    let field = Field::new(lang, "user_code", t(lang, "identity-provider-device-code", &[]))
        .hint(t(lang, "identity-provider-device-code-hint", &[]))
        .autocomplete("off")
        .errors(&errors);
    EntryPage { code: TextInput::new(field).value(typed).width(10).maxlength(20), warning: warning(lang), page, errors }
}

/// Whoever was sent a code by somebody else is being deceived: the device must stand before the person.
fn warning(lang: Lang) -> WarningText {
    WarningText::new(lang, t(lang, "identity-provider-device-warning", &[]))
}

/// Shows the field for the code.
pub(crate) async fn show_device_entry(visitor: Visitor) -> Answer {
    html(entry_page(&visitor, "", Vec::new()))
}

/// Takes the code. Five wrong ones end it for a quarter of an hour.
pub(crate) async fn enter_device_code(visitor: Visitor, State(provider): State<Provider>, form: FormFields) -> Answer {
    let (typed, person) = (form.text("user_code"), visitor.require_actor()?.person.clone());
    let Some(code) = form.filled("user_code") else {
        let errors = vec![ErrorItem::of("user_code", t(visitor.lang, "identity-provider-device-empty", &[]))];
        return html_status(StatusCode::UNPROCESSABLE_ENTITY, entry_page(&visitor, "", errors));
    };
    let room = &provider.inner.room;
    let attempt = provider.take_device(&person, code);
    match guarded(&visitor, room.throttled(Guessed::DeviceCode, person.as_str(), attempt)).await {
        Ok(id) => redirect(visitor.lang, &format!("{PAGE}/{id}")),
        Err(error) => {
            let refusal = refusal(&visitor, error, "identity-provider-device-wrong")?;
            let page = entry_page(&visitor, typed, vec![ErrorItem::of("user_code", refusal.text)]);
            with_retry(html_status(refusal.status, page), refusal.retry_after)
        }
    }
}

#[derive(Template)]
#[template(path = "provider_device_ask.html")]
struct AskPage {
    page: Page,
    action: String,
    facts: SummaryList,
    told: Vec<String>,
    warning: WarningText,
}

#[derive(Template)]
#[template(path = "provider_device_done.html")]
struct DonePage {
    page: Page,
    text: String,
}

async fn ask(visitor: &Visitor, provider: &Provider, waiting: &Waiting, client: &Client) -> Result<Response, Stop> {
    let lang = visitor.lang;
    let name = client.name_in(lang).to_owned();
    let mut page = visitor.page(t(lang, "identity-provider-device-ask", &[("client", name.as_str().into())]), "");
    page.navigation = Vec::new();
    let agencies = provider.inner.room.agency_tree().await?;
    let agency = waiting.place.as_deref().and_then(|code| agencies.get(code));
    let place = agency.map(|agency| if lang == Lang::En { agency.name_en.clone() } else { agency.name_vi.clone() });
    let row = |key: &str, value: String| SummaryRow::new(t(lang, key, &[]), value);
    let facts = SummaryList::new(vec![
        row("identity-provider-device-system", name),
        row(
            "identity-provider-device-place",
            place.unwrap_or_else(|| t(lang, "identity-provider-device-no-place", &[])),
        ),
        row("identity-provider-device-begun", haidang_kernel::format::date_time_text(lang, waiting.begun_at)),
    ]);
    let told = waiting.scopes.iter().map(|scope| scope_text(lang, scope)).collect();
    let action = page.href(format!("{PAGE}/{}", waiting.id));
    Ok(html(AskPage { action, facts, told, warning: warning(lang), page })?)
}

fn done(visitor: &Visitor, state: DeviceState) -> Result<Response, Stop> {
    let key = if state == DeviceState::Refused { "refused" } else { "approved" };
    let mut page = visitor.page(t(visitor.lang, &format!("identity-provider-device-{key}"), &[]), "");
    page.navigation = Vec::new();
    let text = t(visitor.lang, &format!("identity-provider-device-{key}-text"), &[]);
    Ok(html(DonePage { page, text })?)
}

/// Shows what the device asks, or how it was answered.
pub(crate) async fn show_device(visitor: Visitor, State(provider): State<Provider>, Path(id): Path<String>) -> Answer {
    finish(show(&visitor, &provider, &id, None).await)
}

/// Takes the person's word.
pub(crate) async fn decide_device(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let word = if form.has("dong_y") { Some(true) } else { form.has("tu_choi").then_some(false) };
    finish(show(&visitor, &provider, &id, word).await)
}

async fn show(visitor: &Visitor, provider: &Provider, id: &str, word: Option<bool>) -> Result<Response, Stop> {
    let over = || refusal_page(visitor, "identity-provider-device-over");
    let Some(session) = session::current(visitor) else { return over() };
    // To everybody but the one who typed the code the device does not exist.
    let waiting = provider.device(id).await?;
    let mine = waiting.filter(|waiting| waiting.person.as_deref() == Some(session.person.as_str()));
    let Some(waiting) = mine else { return over() };
    if waiting.state != DeviceState::Waiting {
        return done(visitor, waiting.state);
    }
    let client = provider.open_client(&waiting.client).await?;
    let Some(client) = client.filter(|_| waiting.expires_at > provider.now()) else { return over() };
    let Some(agreed) = word else { return ask(visitor, provider, &waiting, &client).await };
    let facts = Provider::signed_in(visitor, session);
    if !provider.decide_device(visitor, &waiting, &facts, agreed).await? {
        return over();
    }
    Ok(redirect(visitor.lang, &format!("{PAGE}/{id}"))?)
}

impl Provider {
    /// The device whose code was typed, from now on this person's alone.
    async fn take_device(&self, person: &PersonId, typed: &str) -> Result<String, SignInRefusal> {
        // What can be no code is looked for too: it costs and says the same.
        let code = typed_code(typed).unwrap_or_default();
        let hmac = self.code_hmac(&code);
        if self.db().execute(sql::TAKE_DEVICE_GRANT, args![&hmac, person, self.now()]).await? == 0 {
            return Err(SignInRefusal::Wrong);
        }
        let row = self.db().fetch_optional(sql::TAKEN_DEVICE_GRANT, args![&hmac, person]).await?;
        Ok(row.ok_or(SignInRefusal::Wrong)?.text("id")?)
    }
}
