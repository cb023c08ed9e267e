//! The end of an authorization: a code or an error, sent where the client registered.

use super::error::{Refusal, Stop, put};
use super::model::{Client, Request, SignedIn};
use super::{Provider, rules, sql};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_contracts::ActorKind;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, args};
use haidang_ui::error_page::ErrorPage;
use haidang_ui::{Page, t};
use haidang_web::session::Described;
use haidang_web::{Visitor, html, html_status};
use serde_json::json;

/// What an answer needs of the request it answers, also when the request itself was refused.
pub(crate) struct Return<'a> {
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: Option<&'a str>,
    pub(crate) form_post: bool,
}

impl<'a> From<&'a Request> for Return<'a> {
    fn from(request: &'a Request) -> Self {
        Self { redirect_uri: &request.redirect_uri, state: request.state.as_deref(), form_post: request.form_post }
    }
}

#[derive(Template)]
#[template(path = "provider_return.html")]
struct ReturnPage {
    page: Page,
    action: String,
    fields: Vec<(String, String)>,
}

/// The policy of a page whose form leads to another system.
pub(crate) fn policy(origins: &[&str]) -> String {
    format!(
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}",
        origins.join(" ")
    )
}

/// No address of these pages may travel on, and nobody keeps them.
pub(crate) fn sealed(mut response: Response) -> Response {
    put(&mut response, "referrer-policy", "no-referrer");
    put(&mut response, "cache-control", "no-store");
    response
}

/// An error page: whoever sent this person here is not known well enough to be sent an answer.
pub(crate) fn refusal_page(visitor: &Visitor, what: &str) -> Result<Response, Stop> {
    let mut page = visitor.page("", "");
    page.path = "/".to_owned();
    let page = ErrorPage::new(page, 400).details(vec![t(visitor.lang, what, &[])]);
    Ok(sealed(html_status(StatusCode::BAD_REQUEST, page)?))
}

/// The one acted for, as the audit names people: a name that nobody has is nobody.
pub(crate) fn principal_of(representee: Option<&str>) -> Option<String> {
    representee.filter(|id| PersonId::parse(id).is_ok()).map(str::to_owned)
}

impl Provider {
    /// Sends an answer back, with `iss` in each (RFC 9207).
    pub(crate) fn send(&self, visitor: &Visitor, to: &Return<'_>, answer: &[(&str, &str)]) -> Result<Response, Stop> {
        let mut answer = answer.to_vec();
        answer.extend(to.state.map(|state| ("state", state)));
        answer.push(("iss", self.issuer()));
        if to.form_post {
            let mut page = visitor.page(t(visitor.lang, "identity-provider-return-title", &[]), "");
            page.path = "/".to_owned();
            page.navigation = Vec::new();
            let fields = answer.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let mut response = html(ReturnPage { page, action: to.redirect_uri.to_owned(), fields })?;
            let origin = rules::form_target(to.redirect_uri).unwrap_or_default();
            put(&mut response, "content-security-policy", &policy(&[origin]));
            return Ok(sealed(response));
        }
        let address = rules::with_answer(to.redirect_uri, &answer);
        let location =
            HeaderValue::from_str(&address).map_err(|_| Problem::internal("an answer does not fit a header"))?;
        // 303 also after a GET: a browser must never send a form on (RFC 9700 4.12).
        Ok(sealed((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()))
    }

    /// Sends a refusal back.
    pub(crate) fn send_refusal(&self, visitor: &Visitor, to: &Return<'_>, refusal: &Refusal) -> Result<Response, Stop> {
        let mut answer = vec![("error", refusal.error)];
        if !refusal.description.is_empty() {
            answer.push(("error_description", refusal.description));
        }
        self.send(visitor, to, &answer)
    }

    /// What tokens will say of a session.
    pub(crate) fn signed_in(visitor: &Visitor, session: &Described) -> SignedIn {
        SignedIn {
            person: session.person.to_string(),
            sid: session.sid.clone(),
            official: visitor.actor.as_ref().is_some_and(|actor| actor.kind == ActorKind::Official),
            auth_time: session.authenticated_at.as_second(),
            acr: session.assurance,
            amr: session.methods.clone(),
        }
    }

    /// Gives the code. `agreed` is what was agreed to just now.
    pub(crate) async fn give_code(
        &self,
        visitor: &Visitor,
        client: &Client,
        request: &Request,
        waiting: Waiting<'_>,
        session: &Described,
        agreed: Option<&[String]>,
    ) -> Result<Response, Stop> {
        let code = self.random();
        let facts = Self::signed_in(visitor, session);
        let mut request = request.clone();
        if request.representee.is_none() {
            request.representee = self.named_representee(client, &facts.person, &request.scopes).await;
        }
        let request = &request;
        let (now, expires) = (self.now(), self.after(self.lives().code));
        let request_text = serde_json::to_string(request).map_err(StoreError::from)?;
        let facts_text = serde_json::to_string(&facts).map_err(StoreError::from)?;
        let digest = haidang_web::tokens::digest(&code);
        let row = args![digest, &client.id, self.new_id(), request_text, facts_text, expires];
        let mut entry = visitor
            .audit("authorization.granted", "client", &client.id)
            .detail(json!({ "scope": request.scopes.join(" "), "asked": agreed.is_some() }));
        entry.actor.on_behalf = principal_of(request.representee.as_deref());
        let grant = agreed.map(|scopes| args![&facts.person, &client.id, scopes.join(" "), now]);
        let first = self
            .db()
            .transaction(|tx| {
                let (row, entry, grant) = (row.clone(), entry.clone(), grant.clone());
                Box::pin(async move {
                    if !waiting.finish(tx, now).await? {
                        return Ok(false);
                    }
                    if let Some(grant) = grant {
                        tx.later(sql::PUT_GRANT, grant).await?;
                    }
                    tx.later(sql::INSERT_CODE, row).await?;
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await?;
        if !first {
            return refusal_page(visitor, "identity-provider-used");
        }
        self.send(visitor, &request.into(), &[("code", &code)])
    }

    /// Ends a waiting request with an error.
    pub(crate) async fn give_error(
        &self,
        visitor: &Visitor,
        request: &Request,
        waiting: Waiting<'_>,
        refusal: &Refusal,
    ) -> Result<Response, Stop> {
        let now = self.now();
        let entry = visitor
            .audit("authorization.refused", "client", &request.client)
            .refused()
            .detail(json!({ "error": refusal.error }));
        let first = self
            .db()
            .transaction(|tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    let first = waiting.finish(tx, now).await?;
                    if first {
                        tx.audit(entry).await?;
                    }
                    Ok::<bool, StoreError>(first)
                })
            })
            .await?;
        if !first {
            return refusal_page(visitor, "identity-provider-used");
        }
        self.send_refusal(visitor, &request.into(), refusal)
    }
}

/// Rows that an answer uses up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Waiting<'a> {
    pub(crate) pushed: Option<&'a str>,
    pub(crate) authorization: Option<&'a str>,
}

impl Waiting<'_> {
    /// Uses them up; `false` when somebody did before.
    async fn finish(self, tx: &mut haidang_store::Tx<'_>, now: jiff::Timestamp) -> Result<bool, StoreError> {
        if let Some(id) = self.pushed
            && tx.execute(sql::USE_PUSHED, args![id, now]).await? == 0
        {
            return Ok(false);
        }
        if let Some(id) = self.authorization
            && tx.execute(sql::FINISH_AUTHORIZATION, args![id, now]).await? == 0
        {
            return Ok(false);
        }
        Ok(true)
    }
}
