//! Claims that hold at this moment only: posts, the level of the national account, who is acted for. They are looked up
//! anew for every token and every answer, so that what ended a moment ago is told to nobody.

use super::Provider;
use super::error::Stop;
use super::model::{Client, Content};
use super::scopes::{self, Wish};
use crate::mandates::{RepresenteeClaim, RepresenteeList, representee, representee_list};
use crate::model::Represented;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity;
use serde_json::{Map, Value, json};

/// Least level at which a session bears a post.
const POST_LEVEL: u8 = 2;

/// Methods by which an upstream says who somebody is; the level of the national account is its word alone.
const UPSTREAM: [&str; 2] = ["vneid", "dvcqg"];

/// What holds now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Live {
    roles: Option<Value>,
    account_level: Option<u8>,
    representee: Option<RepresenteeClaim>,
    list: Option<RepresenteeList>,
    /// Personal numbers of those who are named, for the log of who looked.
    pub(crate) numbers: Vec<String>,
}

impl Live {
    /// What an identity token adds.
    pub(crate) fn in_id_token(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        put(&mut claims, "nd69_account_level", self.account_level.map(Value::from));
        put(&mut claims, "representee", self.representee.as_ref().map(|claim| json!(claim)));
        claims
    }

    /// What an access token adds: no name of anybody, for it passes through many hands.
    pub(crate) fn in_access_token(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        put(&mut claims, "roles", self.roles.clone());
        put(&mut claims, "nd69_account_level", self.account_level.map(Value::from));
        let nameless = self.representee.as_ref().map(|claim| {
            let mut claim = json!(claim);
            if let Some(members) = claim.as_object_mut() {
                members.remove("name");
            }
            claim
        });
        put(&mut claims, "representee", nameless);
        claims
    }

    /// What userinfo adds: everything.
    pub(crate) fn at_userinfo(&self) -> Map<String, Value> {
        let mut claims = self.in_id_token();
        put(&mut claims, "roles", self.roles.clone());
        put(&mut claims, "representee_list", self.list.as_ref().map(|list| json!(list)));
        claims
    }
}

fn put(claims: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        claims.insert(name.to_owned(), value);
    }
}

impl Provider {
    /// Looks up what the scopes and claims of a token unlock; nothing is asked of the records for other tokens.
    pub(crate) async fn live(&self, client: &Client, content: &Content) -> Result<Live, Stop> {
        let Some(who) = &content.signed_in else { return Ok(Live::default()) };
        let wanted = |scope: &str, claim: &str| {
            content.scopes.iter().any(|known| known == scope) || content.claims.iter().any(|known| known == claim)
        };
        let Ok(person) = PersonId::parse(&who.person) else { return Ok(Live::default()) };
        let mut live = Live::default();
        if wanted("roles", "roles") && who.acr >= POST_LEVEL {
            live.roles = self.roles_of(&person).await?;
        }
        if wanted("account_level", "nd69_account_level")
            && who.amr.iter().any(|method| UPSTREAM.contains(&method.as_str()))
        {
            live.account_level = self.inner.room.stored(&person).await?.map(|stored| stored.account_level);
        }
        let lists = wanted("representee_list", "representee_list");
        if lists || content.representee.is_some() {
            let everybody = self.everybody(&person).await;
            let name = |other: &Represented| self.sub(client, other.person.as_str());
            let wish = content.representee.as_deref();
            live.representee = representee(everybody.as_deref(), wish, who.acr, name);
            live.list = lists.then(|| representee_list(everybody.as_deref(), who.acr, name));
            let named = everybody.into_iter().flatten().filter(|one| lists || Some(one.person.as_str()) == wish);
            live.numbers = named.filter_map(|one| one.number).collect();
        }
        Ok(live)
    }

    /// The posts somebody holds now (RFC 9068 2.2.3.1, RFC 7643 4.1.2).
    async fn roles_of(&self, person: &PersonId) -> Result<Option<Value>, Stop> {
        let actor = self.inner.room.actor(person, None).await?;
        let posts = actor.map(|actor| actor.positions).unwrap_or_default();
        let roles: Vec<Value> = posts
            .iter()
            .map(|post| json!({ "value": post.role, "display": post.title, "agency": post.agency }))
            .collect();
        Ok((!roles.is_empty()).then(|| roles.into()))
    }

    /// Everybody for whom somebody may act now; `None` when the records do not answer, which the claim then says.
    pub(crate) async fn everybody(&self, person: &PersonId) -> Option<Vec<Represented>> {
        let found = self.inner.room.represented_by(person).await;
        if let Err(error) = &found {
            tracing::warn!(error = %error, "for whom somebody may act is not known");
        }
        found.ok()
    }

    /// The opaque id of the one a request asks to act for by name. A name that nobody has stays as it is: the claim
    /// then says that it is not allowed, as it does of somebody real.
    pub(crate) async fn named_representee(&self, client: &Client, person: &str, scopes: &[String]) -> Option<String> {
        let Some(Wish::Named(name)) = scopes::wish(scopes) else { return None };
        let person = PersonId::parse(person).ok()?;
        let everybody = self.everybody(&person).await.unwrap_or_default();
        let found = everybody.into_iter().find(|other| self.sub(client, other.person.as_str()) == name);
        Some(found.map_or_else(|| name.to_owned(), |other| other.person.to_string()))
    }
}
