//! The question: which system wants to know what, and whether the person agrees. A plain form.

use crate::model::Represented;
use crate::provider::answer::{Waiting, policy, refusal_page, sealed};
use crate::provider::authorize::{Next, WAITING, Waited, without_cookie};
use crate::provider::error::{Refusal, Stop, finish, put};
use crate::provider::model::{Client, Request, VaultRead};
use crate::provider::scopes::{self, Wish};
use crate::provider::{Provider, rules};
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::consent::{Basis, Consents, Decision, NewDecision};
use haidang_contracts::identity::Identity;
use haidang_ui::component::{Choices, SummaryList, SummaryRow};
use haidang_ui::field::{Choice, ErrorItem, Field};
use haidang_ui::{Lang, Page, t};
use haidang_web::session::{self, Described};
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
    errors: Vec<ErrorItem>,
    /// For whom the person acts there, when the system lets them pick.
    behalf: Option<Choices>,
    /// Host to which the answer goes.
    host: String,
}

/// Field in which the person picks whom to act for, and the value that stands for oneself.
const BEHALF: &str = "thay_mat";
const ONESELF: &str = "ban_than";

/// A scope in words.
pub(crate) fn scope_text(lang: Lang, scope: &str) -> String {
    if scopes::is_representee(scope) {
        return t(lang, "identity-provider-scope-representee", &[]);
    }
    match scopes::is_own(scope) {
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

/// The one named in the request, when the person may act for them, else a general word.
fn named_text(lang: Lang, provider: &Provider, client: &Client, name: &str, everybody: &[Represented]) -> String {
    let found = everybody.iter().find(|other| provider.sub(client, other.person.as_str()) == name);
    match found {
        Some(other) => {
            t(lang, "identity-provider-scope-representee-named", &[("name", other.full_name.as_str().into())])
        }
        None => t(lang, "identity-provider-scope-representee", &[]),
    }
}

/// The choice of whom to act for: oneself first. Whoever acts for nobody is not asked.
fn behalf_choice(visitor: &Visitor, everybody: &[Represented], errors: &[ErrorItem]) -> Option<Choices> {
    if everybody.is_empty() {
        return None;
    }
    let lang = visitor.lang;
    let acting = session::current(visitor).and_then(|session| session.on_behalf_of.clone());
    let mut choices = vec![Choice::new(ONESELF, t(lang, "identity-provider-behalf-oneself", &[]))];
    for other in everybody {
        let choice = Choice::new(other.person.as_str(), other.full_name.as_str()).lang(Lang::Vi);
        choices.push(choice.checked(acting.as_ref() == Some(&other.person)));
    }
    let field = Field::new(lang, BEHALF, t(lang, "identity-provider-behalf-title", &[])).errors(errors);
    Some(Choices::radios(field, choices))
}

async fn ask(
    visitor: &Visitor,
    provider: &Provider,
    waited: &Waited,
    session: &Described,
    errors: Vec<ErrorItem>,
) -> Result<Response, Stop> {
    let (lang, client) = (visitor.lang, &waited.client);
    let wish = scopes::wish(&waited.request.scopes).unwrap_or(Wish::Oneself);
    let everybody = match wish {
        Wish::Oneself => Vec::new(),
        _ => provider.everybody(&session.person).await.unwrap_or_default(),
    };
    let name = client.name_in(lang).to_owned();
    let title = t(lang, "identity-provider-consent-title", &[("client", name.as_str().into())]);
    let mut page = visitor.page(title, "");
    page.navigation = Vec::new();
    // Nothing but the question: whoever answers it in a hurry must not press another button.
    page.account = None;
    page.errors = !errors.is_empty();
    let asked = waited.request.asked_scopes();
    let line = |scope: &String| match wish {
        Wish::Named(name) if scopes::is_representee(scope) => named_text(lang, provider, client, name, &everybody),
        _ => scope_text(lang, scope),
    };
    let told = asked.iter().map(line).collect();
    let behalf = if wish == Wish::Picked { behalf_choice(visitor, &everybody, &errors) } else { None };
    let origin = rules::origin(&waited.request.redirect_uri).unwrap_or_default().to_owned();
    let host = origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned());
    let mut response = html(ConsentPage {
        action: page.href(format!("{WAITING}/{}", waited.id)),
        page,
        client: name,
        told,
        reads: waited.request.details.iter().map(|read| read_rows(lang, read)).collect(),
        behalf,
        errors,
        host,
    })?;
    let target = rules::form_target(&waited.request.redirect_uri).unwrap_or_default();
    put(&mut response, "content-security-policy", &policy(&[target]));
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
        Next::Ask(session) => ask(visitor, provider, &waited, &session, Vec::new()).await,
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
        return agree(visitor, provider, &waited, &session, form).await;
    }
    if form.has("tu_choi") {
        provider.note_purposes(visitor, &waited.request, Decision::Refused).await?;
        let waiting = Waiting { pushed: waited.pushed.as_deref(), authorization: Some(&waited.id) };
        let refusal = Refusal::new("access_denied", "the person refused");
        let response = provider.give_error(visitor, &waited.request, waiting, &refusal).await?;
        return Ok(without_cookie(visitor, &waited.id, response));
    }
    ask(visitor, provider, &waited, &session, Vec::new()).await
}

async fn agree(
    visitor: &Visitor,
    provider: &Provider,
    waited: &Waited,
    session: &Described,
    form: &FormFields,
) -> Result<Response, Stop> {
    let mut request = waited.request.clone();
    if request.lets_pick() {
        let everybody = provider.everybody(&session.person).await.unwrap_or_default();
        let picked = form.filled(BEHALF).filter(|picked| *picked != ONESELF);
        request.representee =
            everybody.iter().find(|o| Some(o.person.as_str()) == picked).map(|o| o.person.to_string());
        // Nothing picked, or somebody for whom one may not act: the question stands.
        if !everybody.is_empty() && request.representee.is_none() && form.filled(BEHALF) != Some(ONESELF) {
            let errors = vec![ErrorItem::of(BEHALF, t(visitor.lang, "identity-provider-behalf-missing", &[]))];
            return ask(visitor, provider, waited, session, errors).await;
        }
    }
    provider.note_purposes(visitor, &request, Decision::Granted).await?;
    let waiting = Waiting { pushed: waited.pushed.as_deref(), authorization: Some(&waited.id) };
    let scopes = request.asked_scopes();
    let response = provider.give_code(visitor, &waited.client, &request, waiting, session, Some(&scopes)).await?;
    Ok(without_cookie(visitor, &waited.id, response))
}

impl Provider {
    /// Writes down what the person decided about each purpose that rests on consent, so that it can be taken back.
    async fn note_purposes(&self, visitor: &Visitor, request: &Request, decision: Decision) -> Result<(), Stop> {
        let room = &self.inner.room;
        let person = visitor.require_actor()?.person.clone();
        let principal = request.representee.as_deref().and_then(|id| PersonId::parse(id).ok());
        let mut purposes: Vec<&str> = request.details.iter().map(|read| read.purpose.as_str()).collect();
        purposes.sort_unstable();
        purposes.dedup();
        for code in purposes {
            if !Consents::purpose(room, code).is_some_and(|purpose| purpose.basis == Basis::Consent) {
                continue;
            }
            let Some(actor) = room.actor(&person, principal.as_ref()).await? else { continue };
            let new = NewDecision {
                subject: actor.subject().clone(),
                actor,
                purpose: code.to_owned(),
                decision,
                channel: visitor.channel.as_str().to_owned(),
                about: Some(format!("client {}", request.client)),
                request_id: visitor.request_id.clone(),
            };
            match room.decide(&new).await {
                // An agreement that stands is taken back on its own page, not by refusing one system.
                Ok(_) | Err(ContractError::Refused { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }
}
