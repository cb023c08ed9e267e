//! The question: which system wants to know what, and whether the person agrees. A plain form.

use crate::provider::answer::{Waiting, policy, refusal_page, sealed};
use crate::provider::authorize::{Next, WAITING, Waited, without_cookie};
use crate::provider::error::{Refusal, Stop, finish, put};
use crate::provider::model::VaultRead;
use crate::provider::register::OWN_SCOPES;
use crate::provider::{Provider, rules};
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use haidang_ui::component::{SummaryList, SummaryRow};
use haidang_ui::{Lang, Page, t};
use haidang_web::session::Described;
use haidang_web::{Answer, FormFields, Path, Visitor, html};

#[derive(Template)]
#[template(path = "provider_consent.html")]
struct ConsentPage {
    page: Page,
    client: String,
    action: String,
    /// What is told, a line each.
    told: Vec<String>,
    reads: Vec<SummaryList>,
    /// Host to which the answer goes.
    host: String,
}

/// A scope in words.
fn scope_text(lang: Lang, scope: &str) -> String {
    match OWN_SCOPES.contains(&scope) {
        true => t(lang, &format!("identity-provider-scope-{}", scope.replace('_', "-")), &[]),
        false => t(lang, "identity-provider-scope-other", &[("scope", scope.into())]),
    }
}

fn read_rows(lang: Lang, read: &VaultRead) -> SummaryList {
    let actions: Vec<String> =
        read.actions.iter().map(|action| t(lang, &format!("identity-provider-action-{action}"), &[])).collect();
    let row = |key: &str, value: String| SummaryRow::new(t(lang, key, &[]), value);
    SummaryList::new(vec![
        row("identity-provider-read-what", read.datatypes.join(", ")),
        row("identity-provider-read-how", actions.join(", ")),
        row("identity-provider-read-why", read.purpose.clone()),
        row("identity-provider-read-case", read.case_id.clone()),
    ])
}

fn ask(visitor: &Visitor, waited: &Waited) -> Result<Response, Stop> {
    let (lang, client) = (visitor.lang, &waited.client);
    let name = client.name_in(lang).to_owned();
    let title = t(lang, "identity-provider-consent-title", &[("client", name.as_str().into())]);
    let mut page = visitor.page(title, "");
    page.navigation = Vec::new();
    // Nothing but the question: whoever answers it in a hurry must not press another button.
    page.account = None;
    let told = waited.request.asked_scopes().iter().map(|scope| scope_text(lang, scope)).collect();
    let origin = rules::origin(&waited.request.redirect_uri).unwrap_or_default().to_owned();
    let host = origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned());
    let mut response = html(ConsentPage {
        action: page.href(format!("{WAITING}/{}", waited.id)),
        page,
        client: name,
        told,
        reads: waited.request.details.iter().map(|read| read_rows(lang, read)).collect(),
        host,
    })?;
    put(&mut response, "content-security-policy", &policy(&[&origin]));
    Ok(sealed(response))
}

/// Goes on with a waiting request.
pub(crate) async fn show_authorization(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    finish(show(&visitor, &provider, &id, &headers).await)
}

async fn show(visitor: &Visitor, provider: &Provider, id: &str, headers: &HeaderMap) -> Result<Response, Stop> {
    let Some(waited) = provider.waited(visitor, headers, id).await? else {
        return refusal_page(visitor, "identity-provider-over");
    };
    match provider.go_on(visitor, &waited).await? {
        Next::Ask(_) => ask(visitor, &waited),
        Next::Done(response) => Ok(response),
    }
}

/// Takes the person's word.
pub(crate) async fn decide_authorization(
    visitor: Visitor,
    State(provider): State<Provider>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: FormFields,
) -> Answer {
    finish(decide(&visitor, &provider, &id, &headers, &form).await)
}

async fn decide(
    visitor: &Visitor,
    provider: &Provider,
    id: &str,
    headers: &HeaderMap,
    form: &FormFields,
) -> Result<Response, Stop> {
    let Some(waited) = provider.waited(visitor, headers, id).await? else {
        return refusal_page(visitor, "identity-provider-over");
    };
    let session = match provider.go_on(visitor, &waited).await? {
        Next::Ask(session) => session,
        Next::Done(response) => return Ok(response),
    };
    if form.has("dong_y") {
        return agree(visitor, provider, &waited, &session).await;
    }
    if form.has("tu_choi") {
        let waiting = Waiting { pushed: waited.pushed.as_deref(), authorization: Some(&waited.id) };
        let refusal = Refusal::new("access_denied", "the person refused");
        let response = provider.give_error(visitor, &waited.request, waiting, &refusal).await?;
        return Ok(without_cookie(visitor, &waited.id, response));
    }
    ask(visitor, &waited)
}

async fn agree(visitor: &Visitor, provider: &Provider, waited: &Waited, session: &Described) -> Result<Response, Stop> {
    let waiting = Waiting { pushed: waited.pushed.as_deref(), authorization: Some(&waited.id) };
    let scopes = waited.request.asked_scopes();
    let response =
        provider.give_code(visitor, &waited.client, &waited.request, waiting, session, Some(&scopes)).await?;
    Ok(without_cookie(visitor, &waited.id, response))
}
