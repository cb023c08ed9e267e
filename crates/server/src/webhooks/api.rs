//! Webhooks as administrators make and end them.

use axum::extract::State;
use haidang_web::{Answer, Json, Path, Query, Routes, Row, Visitor, created, json, no_content};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{NewWebhook, Webhook, Webhooks};

/// Which webhooks.
#[derive(Deserialize, IntoParams)]
struct ListWebhooks {
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<i64>,
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
struct MakeWebhook {
    /// Opaque id of the system account it belongs to; the maker when absent.
    owner: Option<String>,
    /// Address that receives: `https`, or `http` to a host that the configuration names.
    url: String,
    /// Kinds of events: `case.submitted`, `case.moved`, `result.issued`.
    kinds: Vec<String>,
}

/// A webhook.
#[derive(Serialize, ToSchema)]
struct WebhookView {
    /// Id.
    id: String,
    /// Opaque id of its owner.
    owner: String,
    /// Address that receives.
    url: String,
    /// Kinds of events it wants.
    kinds: Vec<String>,
    /// When it was made, RFC 3339.
    created_at: String,
}

/// A webhook that was made.
#[derive(Serialize, ToSchema)]
struct WebhookMade {
    /// Id for ending it.
    id: String,
    /// Secret of its signatures, told this once.
    secret: String,
}

/// A page of webhooks.
#[derive(Serialize, ToSchema)]
struct WebhookList {
    /// In the order they were made.
    items: Vec<WebhookView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// The routes of this module.
pub fn routes(webhooks: Webhooks) -> Routes<Webhooks> {
    Routes::new("server", webhooks)
        .api(
            Row::get("list_webhooks", "/api/v1/webhooks")
                .capability("token.manage")
                .summary("Webhooks of other systems")
                .query::<ListWebhooks>()
                .returns::<WebhookList>(200),
            list_webhooks,
        )
        .api(
            Row::post("make_webhook", "/api/v1/webhooks")
                .capability("token.manage")
                .fresh_factor()
                .audit("webhook.created")
                .body::<MakeWebhook>()
                .returns::<WebhookMade>(201)
                .summary("Make a webhook; its secret is told this once")
                .description(
                    "Each delivery is a POST with the headers Haidang-Event, Haidang-Delivery (the same at every attempt) and \
                     Haidang-Signature: t=seconds,v1=hex(HMAC-SHA-256(secret, t + \".\" + body)). Any 2xx takes it; 410 ends \
                     the attempts; anything else is tried again with growing pauses.",
                ),
            make_webhook,
        )
        .api(
            Row::delete("remove_webhook", "/api/v1/webhooks/{webhook}")
                .capability("token.manage")
                .fresh_factor()
                .audit("webhook.removed")
                .returns_nothing(204)
                .summary("End a webhook"),
            remove_webhook,
        )
}

fn view(webhook: Webhook) -> WebhookView {
    let at = webhook.created_at.to_zoned(haidang_kernel::time::city_zone());
    WebhookView {
        id: webhook.id.to_string(),
        owner: webhook.owner.to_string(),
        url: webhook.url,
        kinds: webhook.kinds,
        created_at: at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}

async fn list_webhooks(State(webhooks): State<Webhooks>, Query(asked): Query<ListWebhooks>) -> Answer {
    let limit = asked.limit.unwrap_or(50).clamp(1, 100);
    let mut rows = webhooks.list(asked.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(100);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    json(200, &WebhookList { items: rows.into_iter().map(view).collect(), next })
}

async fn make_webhook(visitor: Visitor, State(webhooks): State<Webhooks>, Json(body): Json<MakeWebhook>) -> Answer {
    let actor = visitor.require("token.manage")?;
    let new = NewWebhook { owner: body.owner, url: body.url, kinds: body.kinds };
    let (made, secret) = webhooks.make(&new, visitor.actor_ref(), &actor.person, &visitor.request_id).await?;
    let location = format!("/api/v1/webhooks/{}", made.id);
    created(&location, &WebhookMade { id: made.id.to_string(), secret })
}

async fn remove_webhook(visitor: Visitor, State(webhooks): State<Webhooks>, Path(id): Path<String>) -> Answer {
    visitor.require("token.manage")?;
    webhooks.remove(&id, visitor.actor_ref(), &visitor.request_id).await?;
    Ok(no_content())
}
