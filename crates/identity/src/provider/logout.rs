//! Signing out at the wish of another system (OIDC RP-Initiated Logout 1.0). Whoever shows an identity token of this
//! very session may end it; everybody else is led to a page that asks the person.

use super::answer::{refusal_page, sealed};
use super::error::{Refusal, Stop, finish};
use super::model::Client;
use super::params::Params;
use super::{Provider, jose, rules};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_kernel::problem::Problem;
use haidang_store::StoreError;
use haidang_ui::page::localised;
use haidang_web::{Answer, Visitor, session};
use std::sync::Arc;

/// Page that asks the person, without language prefix.
pub(crate) const QUESTION: &str = "/dang-xuat/xac-nhan";

/// A wish by GET.
pub(crate) async fn begin_logout(
    visitor: Visitor,
    State(provider): State<Provider>,
    RawQuery(query): RawQuery,
) -> Answer {
    let params = Params::decode(query.unwrap_or_default().as_bytes());
    finish(provider.log_out(&visitor, params).await)
}

/// A wish by POST.
pub(crate) async fn post_logout(
    visitor: Visitor,
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    finish(provider.log_out(&visitor, Params::of_form(&headers, &body)).await)
}

/// Where the person goes afterwards, once it is known that it is registered.
pub(crate) fn target(client: &Client, uri: &str, state: Option<&str>) -> Option<String> {
    let known = client.metadata.post_logout_redirect_uris.iter().any(|known| known == uri);
    let answer: Vec<(&str, &str)> = state.map(|state| ("state", state)).into_iter().collect();
    known.then(|| if answer.is_empty() { uri.to_owned() } else { rules::with_answer(uri, &answer) })
}

/// 303 to a registered address, or to the city's own first page.
pub(crate) fn leave(visitor: &Visitor, target: Option<String>) -> Result<Response, Stop> {
    let address = target.unwrap_or_else(|| localised(visitor.lang, "/"));
    let location =
        HeaderValue::from_str(&address).map_err(|_| Problem::internal("an address does not fit a header"))?;
    Ok(sealed((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()))
}

impl Provider {
    async fn log_out(&self, visitor: &Visitor, params: Result<Params, Refusal>) -> Result<Response, Stop> {
        let Ok(params) = params else { return refusal_page(visitor, "identity-provider-malformed") };
        let mut client: Option<Arc<Client>> = None;
        let mut sid = None;
        if let Some(hint) = params.get("id_token_hint") {
            // A hint may be over, but never somebody else's work.
            let Some(claims) = self.own(hint, "JWT").await? else {
                return refusal_page(visitor, "identity-provider-bad-hint");
            };
            let audience = jose::text(&claims, "aud").unwrap_or_default().to_owned();
            if params.get("client_id").is_some_and(|id| id != audience) {
                return refusal_page(visitor, "identity-provider-bad-hint");
            }
            client = self.open_client(&audience).await?;
            sid = jose::text(&claims, "sid").map(str::to_owned);
        } else if let Some(id) = params.get("client_id") {
            client = self.open_client(id).await?;
        }
        let after = match params.get("post_logout_redirect_uri") {
            None => None,
            Some(uri) => match client.as_ref().and_then(|client| target(client, uri, params.get("state"))) {
                Some(target) => Some(target),
                None => return refusal_page(visitor, "identity-provider-unknown-redirect"),
            },
        };
        let Some(current) = session::current(visitor) else { return leave(visitor, after) };
        if sid.as_ref() == Some(&current.sid) {
            self.end_session(visitor).await?;
            return leave(visitor, after);
        }
        let mut query: Vec<(&str, &str)> = Vec::new();
        if let Some(client) = &client {
            query.push(("client_id", &client.id));
            query.extend(
                ["post_logout_redirect_uri", "state"].iter().filter_map(|name| params.get(name).map(|v| (*name, v))),
            );
        }
        leave(visitor, Some(localised(visitor.lang, &format!("{QUESTION}?{}", haidang_web::encode(query)))))
    }

    /// Ends the session of this browser; the systems it was signed in to are told by the outbox.
    pub(crate) async fn end_session(&self, visitor: &Visitor) -> Result<(), Stop> {
        let entry = visitor.audit("session.ended", "session", session::current(visitor).map_or("", |s| &s.sid));
        self.db()
            .transaction(|tx| {
                let entry = entry.clone();
                Box::pin(async move { tx.audit(entry).await.map(|_| ()) })
            })
            .await
            .map_err(|error: StoreError| Stop::from(error))?;
        session::sign_out(visitor).await?;
        Ok(())
    }
}
