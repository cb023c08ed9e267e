//! Registered clients and resource servers, kept in memory: a token request reads no row to know who asks.

use super::model::{Client, ClientAuth, ResourceServer};
use super::{Provider, rules, sql};
use haidang_store::{StoreError, args};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};

/// What another machine or the command line changed is known after this time at the latest.
const FRESH: SignedDuration = SignedDuration::from_secs(10);

/// Everything registered, as read at one moment.
pub(crate) struct Registry {
    clients: HashMap<String, Arc<Client>>,
    pub(crate) resources: BTreeMap<String, Arc<ResourceServer>>,
    /// Origins of applications in browsers, which may read some of our answers.
    origins: BTreeSet<String>,
    read_at: Timestamp,
}

impl Registry {
    /// A client, let in or not.
    pub(crate) fn client(&self, id: &str) -> Option<&Arc<Client>> {
        self.clients.get(id)
    }

    pub(crate) fn clients(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients.values()
    }

    pub(crate) fn is_origin(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }
}

impl Provider {
    /// Everything registered.
    pub(crate) async fn registry(&self) -> Result<Arc<Registry>, StoreError> {
        let now = self.now();
        let known = self.inner.registry.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(registry) = known.filter(|registry| now.duration_since(registry.read_at) < FRESH) {
            return Ok(registry);
        }
        let clients = self.db().fetch_all(sql::CLIENTS, args![]).await?;
        let clients = clients.iter().map(Client::read).collect::<Result<Vec<_>, _>>()?;
        let resources = self.db().fetch_all(sql::RESOURCES, args![]).await?;
        let resources = resources.iter().map(ResourceServer::read).collect::<Result<Vec<_>, _>>()?;
        let origins = clients
            .iter()
            .filter(|client| client.is_open(now) && client.metadata.token_endpoint_auth_method == ClientAuth::None)
            .flat_map(|client| &client.metadata.redirect_uris)
            .filter(|uri| uri.starts_with("http"))
            .filter_map(|uri| rules::origin(uri))
            .map(str::to_owned)
            .collect();
        let registry = Arc::new(Registry {
            clients: clients.into_iter().map(|client| (client.id.clone(), Arc::new(client))).collect(),
            resources: resources.into_iter().map(|one| (one.audience.clone(), Arc::new(one))).collect(),
            origins,
            read_at: now,
        });
        *self.inner.registry.write().unwrap_or_else(PoisonError::into_inner) = Some(registry.clone());
        Ok(registry)
    }

    /// Where the forms of signing in may lead on to: the origins of every client that people may be signed in at.
    pub(crate) async fn form_origins(&self) -> Result<Vec<String>, StoreError> {
        let (registry, now) = (self.registry().await?, self.now());
        let open = registry.clients.values().filter(|client| client.is_open(now));
        let origins: BTreeSet<String> = open.flat_map(|client| client.origins()).collect();
        Ok(origins.into_iter().collect())
    }

    /// Forgets what was read; called after every change.
    pub(crate) fn forget_registry(&self) {
        *self.inner.registry.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A client that may be used now.
    pub(crate) async fn open_client(&self, id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        let registry = self.registry().await?;
        Ok(registry.client(id).filter(|client| client.is_open(self.now())).cloned())
    }

    /// All clients by their ids.
    ///
    /// # Errors
    /// What the database says.
    pub async fn clients(&self) -> Result<Vec<Arc<Client>>, StoreError> {
        let mut clients: Vec<Arc<Client>> = self.registry().await?.clients().cloned().collect();
        clients.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(clients)
    }

    /// All resource servers by their audiences.
    ///
    /// # Errors
    /// What the database says.
    pub async fn resources(&self) -> Result<Vec<Arc<ResourceServer>>, StoreError> {
        Ok(self.registry().await?.resources.values().cloned().collect())
    }
}
