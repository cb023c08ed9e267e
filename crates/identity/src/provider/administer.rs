//! What officials decide about clients after their registration: scopes, refusal, end of the approval, suspension, a
//! new secret, and who may register at all.

use super::model::{Client, ClientAuth, ClientState};
use super::register::{By, RegisterError, check};
use super::{Provider, sql};
use haidang_store::{StoreError, args};
use jiff::Timestamp;
use serde_json::json;

/// Days for which a token for registering is good.
const TOKEN_DAYS: i64 = 14;

/// Longest name of a token for registering.
const NAME_MAX: usize = 80;

/// A token for registering, as officials see it: never the token itself.
#[derive(Debug, Clone)]
pub struct RegistrationToken {
    /// Id.
    pub id: String,
    /// Whom it was made for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// The client that was registered with it.
    pub client: Option<String>,
}

impl Provider {
    /// A client by its id, let in or not.
    ///
    /// # Errors
    /// [`RegisterError::Unknown`], or what the database says.
    pub async fn client(&self, id: &str) -> Result<std::sync::Arc<Client>, RegisterError> {
        self.known(id).await
    }

    async fn standing(&self, id: &str) -> Result<std::sync::Arc<Client>, RegisterError> {
        let client = self.known(id).await?;
        if client.state == ClientState::Revoked { Err(RegisterError::Over) } else { Ok(client) }
    }

    /// Gives a client other scopes than it asked for; this is how it gets those that it may not take itself.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn give_scope(&self, id: &str, scope: &str, by: impl Into<By>) -> Result<(), RegisterError> {
        let client = self.standing(id).await?;
        let mut metadata = client.metadata.clone();
        metadata.scope = scope.split_whitespace().collect::<Vec<_>>().join(" ");
        if metadata.scope == client.metadata.scope {
            return Ok(());
        }
        check(client.profile, &metadata)?;
        let entry = by
            .into()
            .entry("client.scope_given", "client", id)
            .detail(json!({ "before": client.metadata.scope, "scope": metadata.scope }));
        let facts = serde_json::to_value(&metadata).map_err(StoreError::from)?;
        self.change(sql::SET_CLIENT_SCOPE, args![id, facts, self.now()], entry).await?;
        Ok(())
    }

    /// Refuses a client that waits; it may register again.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn refuse(&self, id: &str, by: impl Into<By>) -> Result<(), RegisterError> {
        let client = self.standing(id).await?;
        if client.state != ClientState::Pending {
            return Err(RegisterError::State("only a client that waits is refused"));
        }
        let entry = by.into().entry("client.refused", "client", id);
        let row = args![id, ClientState::Revoked.as_str(), None::<i64>, self.now()];
        self.change(sql::SET_CLIENT_STATE, row, entry).await?;
        Ok(())
    }

    /// Moves the end of an approval.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn change_end(&self, id: &str, until: Option<Timestamp>, by: impl Into<By>) -> Result<(), RegisterError> {
        let client = self.standing(id).await?;
        if client.state != ClientState::Approved {
            return Err(RegisterError::State("only an approved client has an end"));
        }
        self.check_end(client.profile, until)?;
        let entry = by
            .into()
            .entry("client.end_changed", "client", id)
            .detail(json!({ "until": until.map(|end| end.to_string()) }));
        self.change(sql::SET_CLIENT_STATE, args![id, ClientState::Approved.as_str(), until, self.now()], entry).await?;
        Ok(())
    }

    /// Sets a client aside, or takes it back: its requests are refused and its tokens count for nothing meanwhile.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn suspend(&self, id: &str, suspended: bool, by: impl Into<By>) -> Result<(), RegisterError> {
        let client = self.standing(id).await?;
        if client.suspended_at.is_some() == suspended {
            return Ok(());
        }
        let action = if suspended { "client.suspended" } else { "client.resumed" };
        let row = args![id, suspended.then(|| self.now()), self.now()];
        self.change(sql::SET_CLIENT_SUSPENDED, row, by.into().entry(action, "client", id)).await?;
        Ok(())
    }

    /// Makes a new secret, told this once; the old one ends at once.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn new_secret(&self, id: &str, by: impl Into<By>) -> Result<String, RegisterError> {
        let client = self.standing(id).await?;
        if client.metadata.token_endpoint_auth_method != ClientAuth::ClientSecretBasic {
            return Err(RegisterError::State("this client has no secret"));
        }
        let secret = self.random();
        let row = args![id, haidang_web::tokens::digest(&secret), self.now()];
        self.change(sql::SET_CLIENT_SECRET, row, by.into().entry("client.secret_made", "client", id)).await?;
        Ok(secret)
    }

    /// Makes a token with which one system may register itself once; told this once.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn make_registration_token(&self, name: &str, by: impl Into<By>) -> Result<String, RegisterError> {
        let name = haidang_kernel::text::tidy(name);
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(super::register::facts("client_name is missing"));
        }
        let (id, token, by) = (self.new_id(), format!("hdr_{}", self.random()), by.into());
        let maker = by.person();
        let until = self.after(TOKEN_DAYS * 86_400);
        let row = args![&id, haidang_web::tokens::digest(&token), name, maker, self.now(), until];
        let entry = by.entry("registration_token.made", "registration_token", &id);
        self.change(sql::INSERT_REGISTRATION_TOKEN, row, entry).await?;
        Ok(token)
    }

    /// The newest tokens for registering.
    ///
    /// # Errors
    /// What the database says.
    pub async fn registration_tokens(&self, limit: i64) -> Result<Vec<RegistrationToken>, StoreError> {
        let rows = self.db().fetch_all(sql::REGISTRATION_TOKENS, args![limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(RegistrationToken {
                    id: row.text("id")?,
                    name: row.text("name")?,
                    created_at: row.timestamp("created_at")?,
                    expires_at: row.timestamp("expires_at")?,
                    used_at: row.opt_timestamp("used_at")?,
                    client: row.opt_text("client")?,
                })
            })
            .collect()
    }
}
