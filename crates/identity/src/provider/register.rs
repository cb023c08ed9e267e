//! Registration of clients and resource servers: what may be registered, and by whose act it counts.

use super::model::{Client, ClientAuth, ClientState, Metadata, Profile, ResourceServer, SignInDoor, TokenFormat};
use super::{Provider, device, exchange, jose, keys, rules, scopes, sql, token};
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, StoreError, Value as Bound, args};
use haidang_web::Visitor;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A client to be registered.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// `client_id`; one is made when absent.
    pub id: Option<String>,
    /// Name in Vietnamese.
    pub name: String,
    /// Kind; follows from how it proves itself when absent.
    pub profile: Option<Profile>,
    /// Registered facts.
    pub metadata: Metadata,
}

/// A client that was just registered.
#[derive(Debug, Clone)]
pub struct Registered {
    /// `client_id`.
    pub id: String,
    /// Kind.
    pub profile: Profile,
    /// Its secret, told this once.
    pub secret: Option<String>,
}

/// Why a registration is refused.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The facts do not fit; in the words of RFC 7591.
    #[error("{code}: {what}")]
    Facts {
        /// `invalid_redirect_uri` or `invalid_client_metadata`.
        code: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// There is one of this id.
    #[error("a client of this id is registered already")]
    Taken,
    /// There is none.
    #[error("no such client")]
    Unknown,
    /// It was shut out, which is for good.
    #[error("this client was shut out for good")]
    Over,
    /// It is not in the state in which this could be done.
    #[error("{0}")]
    State(&'static str),
    /// An old system may not stay for ever.
    #[error("the approval of a legacy_rp client needs an end date within three years")]
    NoEnd,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who registers or decides, and in which request.
#[derive(Debug, Clone)]
pub struct By {
    actor: ActorRef,
    request: Option<String>,
}

impl From<ActorRef> for By {
    fn from(actor: ActorRef) -> Self {
        Self { actor, request: None }
    }
}

impl From<&Visitor> for By {
    fn from(visitor: &Visitor) -> Self {
        Self { actor: visitor.actor_ref(), request: Some(visitor.request_id.clone()) }
    }
}

impl By {
    /// Somebody other than the visitor, in the visitor's request.
    pub(crate) fn in_request(actor: ActorRef, visitor: &Visitor) -> Self {
        Self { actor, request: Some(visitor.request_id.clone()) }
    }

    /// The human who acts.
    pub(crate) fn person(&self) -> Option<String> {
        self.actor.person.clone()
    }

    /// The record of what was done to a client.
    pub(crate) fn entry(self, action: &'static str, kind: &str, id: &str) -> AuditEntry {
        let entry = AuditEntry::mutation(action, self.actor).object(kind, id);
        match self.request {
            Some(request) => entry.request(&request),
            None => entry,
        }
    }
}

pub(crate) fn facts(what: &'static str) -> RegisterError {
    RegisterError::Facts { code: "invalid_client_metadata", what }
}

/// The kind that follows from how a client proves itself.
fn profile_of(metadata: &Metadata) -> Profile {
    match metadata.token_endpoint_auth_method {
        ClientAuth::PrivateKeyJwt => Profile::Fapi2,
        ClientAuth::None => Profile::Public,
        ClientAuth::ClientSecretBasic if metadata.redirect_uris.is_empty() => Profile::Service,
        ClientAuth::ClientSecretBasic => Profile::LegacyRp,
    }
}

/// Every rule about a client's facts, by its kind.
pub(crate) fn check(profile: Profile, metadata: &Metadata) -> Result<(), RegisterError> {
    let method = metadata.token_endpoint_auth_method;
    let fits = match profile {
        Profile::Fapi2 => method == ClientAuth::PrivateKeyJwt,
        Profile::Public => method == ClientAuth::None,
        Profile::Service => method != ClientAuth::None,
        Profile::LegacyRp => method == ClientAuth::ClientSecretBasic,
    };
    if !fits {
        return Err(facts("token_endpoint_auth_method does not fit the profile"));
    }
    let grants = &metadata.grant_types;
    if grants.is_empty() || grants.iter().any(|grant| !token::GRANTS.contains(&grant.as_str())) {
        return Err(facts("grant_types holds a grant that is not offered, or none"));
    }
    let has = |grant: &str| grants.iter().any(|known| known == grant);
    let by_people = has("authorization_code");
    if has("client_credentials") && method == ClientAuth::None {
        return Err(facts("a public client has no credentials"));
    }
    if by_people == metadata.redirect_uris.is_empty() || (profile == Profile::Service && by_people) {
        return Err(facts("redirect_uris and grant_types contradict each other"));
    }
    if has(device::GRANT) && !matches!(profile, Profile::Fapi2 | Profile::Public) {
        return Err(facts("the grant of devices is for clients with a key and for public ones"));
    }
    if has(exchange::GRANT) && !matches!(profile, Profile::Fapi2 | Profile::Service) {
        return Err(facts("only a confidential client exchanges tokens"));
    }
    check_addresses(profile, metadata)?;
    check_keys(method, metadata)?;
    if !keys::ALGORITHMS.contains(&metadata.id_token_signed_response_alg.as_str()) {
        return Err(facts("id_token_signed_response_alg is not offered"));
    }
    if !["pairwise", "public"].contains(&metadata.subject_type.as_str()) {
        return Err(facts("subject_type is pairwise or public"));
    }
    let scopes: Vec<&str> = metadata.scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    let clean = |scope: &&str| scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if !scopes.iter().all(clean) {
        return Err(facts("scope holds characters that no scope has"));
    }
    if profile == Profile::LegacyRp && scopes.iter().any(|scope| !["openid", "profile"].contains(scope)) {
        return Err(facts("an old system gets the scopes openid and profile only"));
    }
    if scopes.contains(&"offline_access") && profile != Profile::Public {
        return Err(facts("offline_access is for the application on a telephone"));
    }
    Ok(())
}

fn check_addresses(profile: Profile, metadata: &Metadata) -> Result<(), RegisterError> {
    for uri in metadata.redirect_uris.iter().chain(&metadata.post_logout_redirect_uris) {
        if let Some(what) = rules::redirect_fault(uri, profile == Profile::Public) {
            return Err(RegisterError::Facts { code: "invalid_redirect_uri", what });
        }
    }
    let others = [&metadata.jwks_uri, &metadata.backchannel_logout_uri];
    for uri in others.into_iter().flatten() {
        if !uri.starts_with("https://") && !uri.starts_with("http://") || uri.contains('#') {
            return Err(facts("jwks_uri and backchannel_logout_uri are absolute addresses"));
        }
    }
    Ok(())
}

fn check_keys(method: ClientAuth, metadata: &Metadata) -> Result<(), RegisterError> {
    let Some(set) = &metadata.jwks else {
        let needed = method == ClientAuth::PrivateKeyJwt && metadata.jwks_uri.is_none();
        return if needed { Err(facts("private_key_jwt needs jwks or jwks_uri")) } else { Ok(()) };
    };
    let keys = set.get("keys").and_then(Value::as_array).ok_or_else(|| facts("jwks holds no keys"))?;
    if keys.is_empty() || keys.len() > 20 || keys.iter().any(|key| jose::public_key(key).is_none()) {
        return Err(facts("jwks holds a key that is not public, or none"));
    }
    if metadata.jwks_uri.is_some() { Err(facts("jwks and jwks_uri exclude each other")) } else { Ok(()) }
}

/// Reads one registration in the words of RFC 7591. A secret of somebody's own choice is refused by being ignored:
/// ours is always random.
fn read(value: &Value) -> Result<NewClient, RegisterError> {
    let mut value = value.clone();
    let members = value.as_object_mut().ok_or_else(|| facts("a registration is an object"))?;
    let auth = members.entry("token_endpoint_auth_method").or_insert_with(|| "private_key_jwt".into());
    if !["private_key_jwt", "client_secret_basic", "none"].contains(&auth.as_str().unwrap_or_default()) {
        return Err(facts("token_endpoint_auth_method is not offered"));
    }
    members.entry("grant_types").or_insert_with(|| json!(["authorization_code"]));
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    let (id, name) = (text("client_id"), text("client_name"));
    let responses = members.get("response_types").and_then(Value::as_array);
    if responses.is_some_and(|all| all.iter().any(|one| one != "code")) {
        return Err(facts("response_types is code"));
    }
    let name = name.filter(|name| !name.trim().is_empty()).ok_or_else(|| facts("client_name is missing"))?;
    let metadata = serde_json::from_value(value).map_err(|_| facts("a member is of another kind"))?;
    Ok(NewClient { id, name, profile: None, metadata })
}

impl NewClient {
    /// Reads a registration as RFC 7591 writes it.
    ///
    /// # Errors
    /// [`RegisterError::Facts`].
    pub fn from_json(value: &Value) -> Result<Self, RegisterError> {
        read(value)
    }

    /// The same, with people signing in by officials' accounts alone.
    #[must_use]
    pub fn for_officials(mut self) -> Self {
        self.metadata.sign_in = SignInDoor::Official;
        self
    }
}

impl Provider {
    /// Registers a client; it waits for an approval.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn register(&self, new: NewClient, by: impl Into<By>) -> Result<Registered, RegisterError> {
        let (made, row, entry) = self.prepared(new, by.into()).await?;
        self.change(sql::INSERT_CLIENT, row, entry).await?;
        Ok(made)
    }

    /// A client ready to be inserted, with its record.
    pub(crate) async fn prepared(
        &self,
        new: NewClient,
        by: By,
    ) -> Result<(Registered, Vec<Bound>, AuditEntry), RegisterError> {
        let profile = new.profile.unwrap_or_else(|| profile_of(&new.metadata));
        check(profile, &new.metadata)?;
        let id = new.id.unwrap_or_else(|| self.new_id());
        let clean = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !clean || id.is_empty() || id.len() > 100 {
            return Err(facts("client_id is letters, digits, dots, dashes"));
        }
        if self.db().fetch_optional(sql::CLIENT_EXISTS, args![&id]).await?.is_some() {
            return Err(RegisterError::Taken);
        }
        let basic = new.metadata.token_endpoint_auth_method == ClientAuth::ClientSecretBasic;
        let secret = basic.then(|| self.random());
        let facts = serde_json::to_value(&new.metadata).map_err(StoreError::from)?;
        let row = args![
            &id,
            haidang_kernel::text::tidy(&new.name),
            profile.as_str(),
            ClientState::Pending.as_str(),
            None::<i64>,
            facts,
            secret.as_deref().map(haidang_web::tokens::digest),
            self.now(),
        ];
        let entry = by
            .entry("client.registered", "client", &id)
            .detail(json!({ "profile": profile.as_str(), "scope": new.metadata.scope }));
        Ok((Registered { id, profile, secret }, row, entry))
    }

    /// Lets a client in, until a moment when one is given. An old system needs one.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn approve(&self, id: &str, until: Option<Timestamp>, by: impl Into<By>) -> Result<(), RegisterError> {
        let client = self.known(id).await?;
        if client.state == ClientState::Revoked {
            return Err(RegisterError::Over);
        }
        self.check_end(client.profile, until)?;
        let entry = by
            .into()
            .entry("client.approved", "client", id)
            .detail(json!({ "until": until.map(|end| end.to_string()) }));
        self.change(sql::SET_CLIENT_STATE, args![id, ClientState::Approved.as_str(), until, self.now()], entry).await?;
        Ok(())
    }

    /// Shuts a client out for good.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn shut_out(&self, id: &str, by: impl Into<By>) -> Result<(), RegisterError> {
        let client = self.known(id).await?;
        let entry = by.into().entry("client.revoked", "client", id);
        let row = args![id, ClientState::Revoked.as_str(), client.approved_until, self.now()];
        self.change(sql::SET_CLIENT_STATE, row, entry).await?;
        Ok(())
    }

    /// Whether an approval may last until then.
    pub(crate) fn check_end(&self, profile: Profile, until: Option<Timestamp>) -> Result<(), RegisterError> {
        let latest = self.after(3 * 366 * 86_400);
        match until {
            None if profile == Profile::LegacyRp => Err(RegisterError::NoEnd),
            Some(end) if profile == Profile::LegacyRp && end > latest => Err(RegisterError::NoEnd),
            Some(end) if end <= self.now() => Err(RegisterError::State("the end of the approval is past")),
            _ => Ok(()),
        }
    }

    pub(crate) async fn known(&self, id: &str) -> Result<std::sync::Arc<Client>, RegisterError> {
        self.forget_registry();
        self.registry().await?.client(id).cloned().ok_or(RegisterError::Unknown)
    }

    /// Registers a resource server, or changes it.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn put_resource(&self, new: &ResourceServer, by: impl Into<By>) -> Result<(), RegisterError> {
        let absolute = new.audience.starts_with("https://") || new.audience.starts_with("urn:");
        if !absolute || new.audience.contains(['#', ' ']) || new.audience.len() > 500 {
            return Err(facts("an audience is an absolute address without fragment"));
        }
        if new.scopes.iter().any(|scope| scopes::is_own(scope)) || new.scopes.is_empty() {
            return Err(facts("a resource has scopes of its own"));
        }
        if !(30..=3_600).contains(&new.access_seconds) {
            return Err(facts("access tokens live between half a minute and an hour"));
        }
        let format = if new.format == TokenFormat::Jwt { "jwt" } else { "opaque" };
        let row =
            args![&new.audience, new.scopes.join(" "), format, new.access_seconds, new.client.clone(), self.now(),];
        let entry = by
            .into()
            .entry("resource_server.registered", "resource_server", &new.audience)
            .detail(json!({ "scopes": new.scopes, "format": format }));
        self.change(sql::PUT_RESOURCE, row, entry).await?;
        Ok(())
    }

    /// One change with its record; what was read before is forgotten.
    pub(crate) async fn change(
        &self,
        statement: &'static str,
        row: Vec<Bound>,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        self.db()
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(statement, row).await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        self.forget_registry();
        Ok(())
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Store(error) => error.into(),
            RegisterError::Unknown => Problem::not_found("client_not_found", "no such client"),
            RegisterError::Over => Problem::conflict("client_over", "this client was shut out for good"),
            RegisterError::State(what) => Problem::conflict("client_state", what),
            other => Problem::invalid("client_refused", other.to_string()),
        }
    }
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
