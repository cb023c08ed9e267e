//! Telling other systems that a session ended (OIDC Back-Channel Logout 1.0): the fact comes from the outbox, each
//! system is told by a job of its own, so that one that is down holds up no other.

use super::{Provider, sql};
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue, header};
use haidang_contracts::events::{SESSION_ENDED, SessionEnded};
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::{Consumer, Event, Failure};
use haidang_store::{StoreError, args};
use haidang_web::client::OutboundError;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Kind of the jobs that tell.
const NOTICE: &str = "identity.backchannel_logout";

/// Life of a logout token in seconds.
const LIFE: i64 = 120;

/// One system that must be told, as its job holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Notice {
    client: String,
    person: String,
    sid: String,
}

/// Takes ended sessions from the outbox: tokens bound to them end, and their systems are told.
pub struct LogoutNotices(pub Provider);

#[async_trait]
impl Consumer for LogoutNotices {
    fn name(&self) -> &'static str {
        "identity.logout"
    }

    fn wants(&self, kind: &str) -> bool {
        kind == SESSION_ENDED
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let ended: SessionEnded = event.read()?;
        let provider = &self.0;
        let rows = provider.db().fetch_all(sql::RELYING, args![&ended.sid]).await?;
        let notices = rows
            .iter()
            .map(|row| Ok(Notice { client: row.text("client")?, person: row.text("person")?, sid: ended.sid.clone() }))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let (notices, sid, now) = (&notices, &ended.sid, provider.now());
        provider
            .db()
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::REVOKE_TOKENS_OF_SESSION, args![sid, now]).await?;
                    tx.execute(sql::REVOKE_REFRESH_OF_SESSION, args![sid, now]).await?;
                    for notice in notices {
                        tx.enqueue(NOTICE, &format!("{sid}.{}", notice.client), notice, now).await?;
                    }
                    tx.execute(sql::FORGET_RELYING, args![sid]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        provider.inner.asked.forget();
        Ok(())
    }
}

/// Tells one system.
pub struct LogoutDelivery(pub Provider);

#[async_trait]
impl Handler for LogoutDelivery {
    fn kind(&self) -> &'static str {
        NOTICE
    }

    async fn run(&self, job: &Job) -> Result<(), Failure> {
        self.0.tell(&job.read()?).await
    }
}

impl Provider {
    async fn tell(&self, notice: &Notice) -> Result<(), Failure> {
        let Some(client) = self.open_client(&notice.client).await? else { return Ok(()) };
        let Some(uri) = &client.metadata.backchannel_logout_uri else { return Ok(()) };
        let outbound = self.inner.settings.outbound.as_ref();
        let outbound = outbound.ok_or_else(|| Failure::Later("no outbound client".to_owned()))?;
        let now = self.seconds();
        // No nonce: that is how a logout token can never pass for an identity token.
        let claims = json!({
            "iss": self.issuer(),
            "aud": client.id,
            "iat": now,
            "exp": now + LIFE,
            "jti": self.new_id(),
            "sub": self.sub(&client, &notice.person),
            "sid": notice.sid,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let token = self
            .sign(&client.metadata.id_token_signed_response_alg, "logout+jwt", &claims)
            .await
            .map_err(|problem| Failure::Later(problem.code.to_owned()))?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let body = haidang_web::encode([("logout_token", token.as_str())]);
        match outbound.post(uri, headers, body.into_bytes()).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            // What it says of the session is its own business; it was told.
            Ok(answer) if answer.status == 400 => Err(Failure::Never("the system refused the notice".to_owned())),
            Ok(answer) => Err(Failure::Later(format!("the system answered {}", answer.status))),
            Err(error @ (OutboundError::Address | OutboundError::Private)) => Err(Failure::Never(error.to_string())),
            Err(error) => Err(Failure::Later(error.to_string())),
        }
    }
}
