//! The question before a session is ended at the wish of another system that could not show whose session it is.

use crate::provider::Provider;
use crate::provider::error::{Stop, finish};
use crate::provider::logout::{QUESTION, leave, target};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use haidang_ui::{Page, t};
use haidang_web::{Answer, FormFields, Query, Visitor, html, session};
use serde::Deserialize;

/// Who asked, and where to go afterwards.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Wish {
    client_id: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

#[derive(Template)]
#[template(path = "provider_sign_out.html")]
struct QuestionPage {
    page: Page,
    action: String,
    client: Option<String>,
    wish: Wish,
    signed_in: bool,
}

/// Asks.
pub(crate) async fn show_sign_out(
    visitor: Visitor,
    State(provider): State<Provider>,
    Query(wish): Query<Wish>,
) -> Answer {
    let client = match &wish.client_id {
        Some(id) => provider.open_client(id).await?,
        None => None,
    };
    let mut page = visitor.page(t(visitor.lang, "identity-provider-sign-out-title", &[]), "");
    page.navigation = Vec::new();
    html(QuestionPage {
        action: page.href(QUESTION),
        client: client.map(|client| client.name_in(visitor.lang).to_owned()),
        signed_in: session::current(&visitor).is_some(),
        page,
        wish,
    })
}

/// Ends the session and leads on.
pub(crate) async fn confirm_sign_out(visitor: Visitor, State(provider): State<Provider>, form: FormFields) -> Answer {
    finish(confirm(&visitor, &provider, &form).await)
}

async fn confirm(visitor: &Visitor, provider: &Provider, form: &FormFields) -> Result<Response, Stop> {
    let client = match form.filled("client_id") {
        Some(id) => provider.open_client(id).await?,
        None => None,
    };
    let uri = form.filled("post_logout_redirect_uri");
    let after = client.zip(uri).and_then(|(client, uri)| target(&client, uri, form.filled("state")));
    if session::current(visitor).is_some() {
        provider.end_session(visitor).await?;
    }
    leave(visitor, after)
}
