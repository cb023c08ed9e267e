//! Systems that sign people in through this city, for administrators: the list, one system, and every decision about it.

use crate::organisation::typed_date;
use crate::provider::administer::RegistrationToken;
use crate::provider::model::{Client, ClientAuth, ClientState, Profile};
use crate::provider::{Provider, RegisterError};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use haidang_kernel::problem::Problem;
use haidang_ui::component::{Cell, Column, DateField, SummaryList, SummaryRow, Table, Tag, TextInput};
use haidang_ui::field::{ErrorItem, Field};
use haidang_ui::{Html, Lang, Page, t};
use haidang_web::{Answer, Fault, FormFields, Path, Visitor, html, html_invalid, redirect};
use jiff::Timestamp;

/// Address of the list.
pub(crate) const PATH: &str = "/quan-tri/he-thong";

/// Tokens for registering that the list shows.
const SHOWN: i64 = 50;

/// A page with a secret on it, which nobody keeps.
pub(crate) fn once(answer: Answer) -> Answer {
    let mut answer = answer?;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// The kind of a client in words.
pub(crate) fn profile_text(lang: Lang, profile: Profile) -> String {
    t(lang, &format!("identity-clients-profile-{}", profile.as_str().replace('_', "-")), &[])
}

/// How a client stands, in a word.
fn state_key(client: &Client, now: Timestamp) -> &'static str {
    match client.state {
        ClientState::Revoked => "revoked",
        ClientState::Pending => "pending",
        ClientState::Approved if client.suspended_at.is_some() => "suspended",
        ClientState::Approved if client.is_open(now) => "open",
        ClientState::Approved => "ended",
    }
}

fn state_tag(lang: Lang, client: &Client, now: Timestamp) -> Tag {
    let key = state_key(client, now);
    let tag = Tag::new(&t(lang, &format!("identity-clients-state-{key}"), &[]));
    match key {
        "open" => tag.done(),
        "pending" | "suspended" => tag.wait(),
        _ => tag.late(),
    }
}

fn end_text(lang: Lang, client: &Client) -> String {
    // The approval ends with the day: the moment kept is the first of the next one.
    let last = |end: Timestamp| end.checked_sub(jiff::SignedDuration::from_micros(1)).unwrap_or(end);
    let day = |end: Timestamp| last(end).to_zoned(haidang_kernel::time::city_zone()).date();
    match client.approved_until {
        Some(end) => haidang_kernel::format::date_short(lang, day(end)),
        None => t(lang, "identity-clients-no-end", &[]),
    }
}

#[derive(Template)]
#[template(path = "clients/list.html")]
struct ListPage {
    page: Page,
    errors: Vec<ErrorItem>,
    table: Option<Table>,
    tokens: Option<Table>,
    /// A token that was just made; shown this once.
    made: Option<String>,
    name: TextInput,
}

fn client_table(page: &Page, provider: &Provider, clients: &[std::sync::Arc<Client>]) -> Option<Table> {
    let columns =
        ["name", "profile", "state", "until"].map(|key| Column::new(page.t(&format!("identity-clients-{key}"))));
    let mut table = Table::new(page.t("identity-clients-list"), columns.into()).caption_hidden();
    for client in clients {
        // Everything that stands in the markup is escaped here.
        let link = Html::trusted("<a class=\"govuk-link\" href=\"")
            .then(Html::text(page.href(format!("{PATH}/{}", client.id))))
            .then(Html::trusted("\">"))
            .then(Html::text(client.name_in(page.lang)))
            .then(Html::trusted("</a>"));
        table = table.row(vec![
            Cell::from(link),
            Cell::from(profile_text(page.lang, client.profile)),
            Cell::from(Html::trusted(state_tag(page.lang, client, provider.now()).to_string())),
            Cell::from(end_text(page.lang, client)),
        ]);
    }
    (!clients.is_empty()).then_some(table)
}

fn token_table(page: &Page, now: Timestamp, tokens: &[RegistrationToken]) -> Option<Table> {
    let columns =
        ["token-name", "token-made", "token-state"].map(|key| Column::new(page.t(&format!("identity-clients-{key}"))));
    let mut table = Table::new(page.t("identity-clients-tokens"), columns.into()).caption_hidden();
    for token in tokens {
        let state = match (&token.used_at, &token.client) {
            (Some(_), Some(client)) => page.t1("identity-clients-token-used", "client", client.as_str()),
            (Some(_), None) => page.t("identity-clients-token-over"),
            (None, _) if token.expires_at <= now => page.t("identity-clients-token-over"),
            (None, _) => page.t1(
                "identity-clients-token-until",
                "date",
                haidang_kernel::format::date_time_text(page.lang, token.expires_at),
            ),
        };
        let made = haidang_kernel::format::date_time_table(page.lang, token.created_at);
        table = table.row(vec![Cell::from(page.vietnamese(&token.name)), Cell::from(made), Cell::from(state)]);
    }
    (!tokens.is_empty()).then_some(table)
}

async fn list(
    visitor: &Visitor,
    provider: &Provider,
    form: &FormFields,
    errors: Vec<ErrorItem>,
    made: Option<String>,
) -> Result<ListPage, Fault> {
    let lang = visitor.lang;
    let mut page = visitor.page(t(lang, "identity-clients-title", &[]), "");
    page.errors = !errors.is_empty();
    let field = Field::new(lang, "name", t(lang, "identity-clients-token-name", &[]))
        .hint(t(lang, "identity-clients-token-hint", &[]))
        .errors(&errors);
    Ok(ListPage {
        table: client_table(&page, provider, &provider.clients().await?),
        tokens: token_table(&page, provider.now(), &provider.registration_tokens(SHOWN).await?),
        made,
        name: TextInput::new(field).value(form.text("name")).maxlength(80).width(30),
        page,
        errors,
    })
}

/// Shows the systems, and the tokens with which others may register.
pub(crate) async fn list_client_page(visitor: Visitor, State(provider): State<Provider>) -> Answer {
    html(list(&visitor, &provider, &FormFields::default(), Vec::new(), None).await?)
}

/// Makes a token for registering and shows it once.
pub(crate) async fn make_registration_token_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    form: FormFields,
) -> Answer {
    match provider.make_registration_token(form.text("name"), &visitor).await {
        Ok(token) => once(html(list(&visitor, &provider, &FormFields::default(), Vec::new(), Some(token)).await?)),
        Err(RegisterError::Facts { .. }) => {
            let errors = vec![ErrorItem::of("name", t(visitor.lang, "identity-clients-token-name-missing", &[]))];
            html_invalid(list(&visitor, &provider, &form, errors, None).await?)
        }
        Err(other) => Err(Problem::from(other).into()),
    }
}

#[derive(Template)]
#[template(path = "clients/show.html")]
struct ClientPage {
    page: Page,
    errors: Vec<ErrorItem>,
    id: String,
    name: String,
    facts: SummaryList,
    /// A secret that was just made; shown this once.
    made: Option<String>,
    pending: bool,
    approved: bool,
    suspended: bool,
    has_secret: bool,
    until: DateField,
    scope: TextInput,
}

/// Several values, a line each; they may be long and break where the screen ends.
fn lines(values: &[String]) -> Html {
    let mut html = Html::text("");
    for (index, value) in values.iter().enumerate() {
        let before = if index > 0 { "<br>" } else { "" };
        html = html.then(Html::trusted(before)).then(Html::text(value));
    }
    html
}

fn facts(page: &Page, client: &Client, now: Timestamp) -> SummaryList {
    let (lang, metadata) = (page.lang, &client.metadata);
    let row = |key: &str, value: Html| SummaryRow::new(page.t(&format!("identity-clients-{key}")), value);
    let text = |value: String| Html::text(value);
    let auth = match metadata.token_endpoint_auth_method {
        ClientAuth::PrivateKeyJwt => "key",
        ClientAuth::ClientSecretBasic => "secret",
        ClientAuth::None => "none",
    };
    let mut rows = vec![
        row("state", Html::trusted(state_tag(lang, client, now).to_string())),
        row("id", text(client.id.clone())),
        row("profile", text(profile_text(lang, client.profile))),
        row("proof", text(page.t(&format!("identity-clients-proof-{auth}")))),
        row("until", text(end_text(lang, client))),
        row("registered", text(haidang_kernel::format::date_time_text(lang, client.created_at))),
        row("scope", text(metadata.scope.clone())),
        row("grants", lines(&metadata.grant_types)),
    ];
    for (key, addresses) in
        [("redirect-uris", &metadata.redirect_uris), ("logout-uris", &metadata.post_logout_redirect_uris)]
    {
        if !addresses.is_empty() {
            rows.push(row(key, lines(addresses)));
        }
    }
    let others = [
        ("backchannel", &metadata.backchannel_logout_uri),
        ("jwks-uri", &metadata.jwks_uri),
        ("sector", &metadata.sector),
    ];
    for (key, value) in others {
        rows.extend(value.clone().map(|value| row(key, text(value))));
    }
    SummaryList::new(rows)
}

async fn build(
    visitor: &Visitor,
    provider: &Provider,
    id: &str,
    form: &FormFields,
    errors: Vec<ErrorItem>,
    made: Option<String>,
) -> Result<ClientPage, Fault> {
    let lang = visitor.lang;
    let client = provider.client(id).await.map_err(Problem::from)?;
    let name = client.name_in(lang).to_owned();
    let mut page = visitor.page(name.clone(), "");
    page.errors = !errors.is_empty();
    let part = |part: &str| form.text(&format!("until.{part}")).to_owned();
    let date = Field::new(lang, "until", t(lang, "identity-clients-until-field", &[]))
        .hint(t(lang, "identity-clients-until-hint", &[]))
        .errors(&errors)
        .optional(client.profile != Profile::LegacyRp);
    let scope = Field::new(lang, "scope", t(lang, "identity-clients-scope-field", &[]))
        .hint(t(lang, "identity-clients-scope-hint", &[]))
        .errors(&errors);
    let typed = form.first("scope").unwrap_or(&client.metadata.scope);
    Ok(ClientPage {
        facts: facts(&page, &client, provider.now()),
        id: client.id.clone(),
        name,
        made,
        pending: client.state == ClientState::Pending,
        approved: client.state == ClientState::Approved,
        suspended: client.suspended_at.is_some(),
        has_secret: client.metadata.token_endpoint_auth_method == ClientAuth::ClientSecretBasic,
        until: DateField::new(date).values(part("day"), part("month"), part("year")),
        scope: TextInput::new(scope).value(typed),
        page,
        errors,
    })
}

/// Shows one system.
pub(crate) async fn show_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    html(build(&visitor, &provider, &id, &FormFields::default(), Vec::new(), None).await?)
}

/// The last moment of the day that was typed; `Err` when it is no day.
fn typed_end(form: &FormFields) -> Result<Option<Timestamp>, ()> {
    let Some(day) = typed_date(form, "until")? else { return Ok(None) };
    let end = day.tomorrow().and_then(|day| day.to_zoned(haidang_kernel::time::city_zone())).map_err(|_| ())?;
    Ok(Some(end.timestamp()))
}

/// What a decision came to: back to the page, or the page again with what was wrong.
async fn decided(
    visitor: &Visitor,
    provider: &Provider,
    id: &str,
    form: &FormFields,
    outcome: Result<(), RegisterError>,
) -> Answer {
    let wrong = |field: &str, key: &str| ErrorItem::of(field, t(visitor.lang, &format!("identity-clients-{key}"), &[]));
    let error = match outcome {
        Ok(()) => return redirect(visitor.lang, &format!("{PATH}/{id}")),
        Err(RegisterError::NoEnd) => wrong("until", "until-needed"),
        Err(RegisterError::State(_)) if form.has("until.day") => wrong("until", "until-past"),
        Err(RegisterError::Facts { .. }) => wrong("scope", "scope-wrong"),
        Err(other) => return Err(Problem::from(other).into()),
    };
    html_invalid(build(visitor, provider, id, form, vec![error], None).await?)
}

/// Lets a system in.
pub(crate) async fn approve_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let Ok(until) = typed_end(&form) else { return wrong_date(&visitor, &provider, &id, &form).await };
    let given = match form.filled("scope") {
        Some(scope) => provider.give_scope(&id, scope, &visitor).await,
        None => Ok(()),
    };
    let outcome = match given {
        Ok(()) => provider.approve(&id, until, &visitor).await,
        Err(error) => Err(error),
    };
    decided(&visitor, &provider, &id, &form, outcome).await
}

async fn wrong_date(visitor: &Visitor, provider: &Provider, id: &str, form: &FormFields) -> Answer {
    let errors = vec![ErrorItem::of("until", t(visitor.lang, "identity-clients-until-wrong", &[]))];
    html_invalid(build(visitor, provider, id, form, errors, None).await?)
}

/// Moves the end of an approval.
pub(crate) async fn change_client_end_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let Ok(until) = typed_end(&form) else { return wrong_date(&visitor, &provider, &id, &form).await };
    let outcome = provider.change_end(&id, until, &visitor).await;
    decided(&visitor, &provider, &id, &form, outcome).await
}

/// Refuses a system that waits.
pub(crate) async fn refuse_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let outcome = provider.refuse(&id, &visitor).await;
    decided(&visitor, &provider, &id, &form, outcome).await
}

/// Shuts a system out for good.
pub(crate) async fn shut_out_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let outcome = provider.shut_out(&id, &visitor).await;
    decided(&visitor, &provider, &id, &form, outcome).await
}

/// Sets a system aside.
pub(crate) async fn suspend_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let outcome = provider.suspend(&id, true, &visitor).await;
    decided(&visitor, &provider, &id, &form, outcome).await
}

/// Takes a system back that was set aside.
pub(crate) async fn resume_client_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    form: FormFields,
) -> Answer {
    let outcome = provider.suspend(&id, false, &visitor).await;
    decided(&visitor, &provider, &id, &form, outcome).await
}

/// Makes a new secret and shows it once: the answer is the page itself, because an address must never carry a secret.
pub(crate) async fn make_client_secret_page(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
) -> Answer {
    let secret = provider.new_secret(&id, &visitor).await.map_err(Problem::from)?;
    once(html(build(&visitor, &provider, &id, &FormFields::default(), Vec::new(), Some(secret)).await?))
}
