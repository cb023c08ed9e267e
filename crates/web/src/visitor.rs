//! Who asks, in which language, from which page: what a handler knows of its reader.

use crate::answer::Fault;
use crate::row::{Row, Surface};
use crate::session::{Jar, Session};
use crate::site::Site;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use haidang_contracts::Actor;
use haidang_contracts::actor::ActorKind;
use haidang_contracts::authorizer::Verdict;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry};
use haidang_ui::{Account, Lang, Page, Service, Theme};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// By which door the request came; written into the audit record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A browser on our pages.
    Web,
    /// A program on our API.
    Api,
}

impl Channel {
    /// The word in the audit record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "online",
            Self::Api => "api",
        }
    }
}

/// What htmx 4 says of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Htmx {
    /// The request was sent by htmx.
    pub request: bool,
    /// Only a part of the page will be replaced: answer with the block alone.
    pub partial: bool,
    /// `tag#id` of the element to be replaced.
    pub target: Option<String>,
    /// `tag#id` of the element that asked.
    pub source: Option<String>,
}

impl Htmx {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Self {
            request: headers.contains_key("hx-request"),
            partial: text("hx-request-type").as_deref() == Some("partial"),
            target: text("hx-target"),
            source: text("hx-source"),
        }
    }
}

/// The reader of an answer. Every handler may take it as an extractor; it is cheap to clone.
#[derive(Clone)]
pub struct Visitor {
    /// Who signed in, with the rights of this moment; `None` for everybody else.
    pub actor: Option<Arc<Actor>>,
    /// Language of the answer.
    pub lang: Lang,
    /// Address without language prefix, with its query.
    pub path: String,
    /// What htmx says of the request.
    pub htmx: Htmx,
    /// Id of this request, also in the log and in the answer's `X-Request-Id`.
    pub request_id: String,
    /// By which door the request came.
    pub channel: Channel,
    /// The row of the permission table that let the request in.
    pub row: Arc<Row>,
    /// Network address of the caller. Personal data: not for logs.
    pub address: Option<IpAddr>,
    /// Value of the header `Idempotency-Key`, for rooms that keep it beside what they made.
    pub idempotency_key: Option<String>,
    /// What every request needs: clock, records, settings.
    pub site: Arc<Site>,
    /// What the browser says of itself, in two words for the person's list of devices.
    pub device: Option<String>,
    pub(crate) session: Option<Session>,
    pub(crate) token: String,
    pub(crate) theme: Theme,
    pub(crate) jar: Arc<Mutex<Jar>>,
    /// What the row asked for and why it refused, for the page that says so.
    pub(crate) refusal: Option<Arc<(&'static str, Verdict)>>,
}

impl Visitor {
    /// The actor, or 401.
    ///
    /// # Errors
    /// `sign_in_required` when nobody is signed in.
    pub fn require_actor(&self) -> Result<&Arc<Actor>, Fault> {
        self.actor.as_ref().ok_or_else(|| Problem::unauthenticated("sign_in_required", "nobody is signed in").into())
    }

    /// The actor when a post gives the capability, else 403.
    ///
    /// # Errors
    /// `sign_in_required` when nobody is signed in, `not_allowed` when no post gives the capability.
    pub fn require(&self, capability: &str) -> Result<&Arc<Actor>, Fault> {
        let actor = self.require_actor()?;
        if actor.can(capability) {
            return Ok(actor);
        }
        Err(Problem::forbidden("not_allowed", format!("capability {capability} is missing")).into())
    }

    /// Whether a post gives the capability.
    pub fn can(&self, capability: &str) -> bool {
        self.actor.as_ref().is_some_and(|a| a.can(capability))
    }

    /// Whether only a block of the page is wanted (`HX-Request-Type: partial`).
    pub fn partial(&self) -> bool {
        self.htmx.partial
    }

    /// Value of the hidden field `csrf` of this visitor's forms.
    pub fn csrf(&self) -> String {
        crate::csrf::token(&self.site.settings.secret, &self.token)
    }

    /// The frame of a page: language, title, account, proof against forgery, city. `nav` is an entry's id or `""`.
    pub fn page(&self, title: impl Into<String>, nav: &'static str) -> Page {
        let service = if self.row.office { Service::Office } else { Service::Resident };
        let mut page = Page::new(self.lang, service, title, &self.path, self.site.city.clone());
        page.nav = nav;
        page.navigation.retain(|item| item.any_of.is_empty() || item.any_of.iter().any(|name| self.can(name)));
        page.csrf = self.csrf();
        page.demo = self.site.settings.demo;
        page.theme = self.theme;
        page.emergency = self.site.emergency(self.lang);
        let now = self.site.ambient.now();
        page.session_seconds = self.session.as_ref().map(|session| session.ends_at().duration_since(now).as_secs());
        page.private = self.row.allow != Some(crate::row::Allow::Anyone);
        page.account = self.actor.as_ref().map(|actor| Account {
            name: actor.display_name.clone(),
            position: titles(actor),
            on_behalf: actor.on_behalf_name.clone(),
        });
        page
    }

    /// The record of a change, with the actor, the door and the request already filled in.
    ///
    /// An official acts for the agency of the first post unless `entry.actor.agency` is set.
    pub fn audit(&self, action: &'static str, object_kind: &str, object_id: &str) -> AuditEntry {
        AuditEntry::mutation(action, self.actor_ref()).object(object_kind, object_id).request(&self.request_id)
    }

    /// The same for a look at personal data (give it to `db.record_read` before answering).
    pub fn audit_read(&self, action: &'static str, object_kind: &str, object_id: &str) -> AuditEntry {
        AuditEntry::read(action, self.actor_ref()).object(object_kind, object_id).request(&self.request_id)
    }

    /// The actor as audit records name them.
    pub fn actor_ref(&self) -> ActorRef {
        match &self.actor {
            Some(actor) => ActorRef::of(actor, self.channel.as_str()),
            None => ActorRef::anonymous(self.channel.as_str()),
        }
    }

    /// Whether the visitor is an official in a post.
    pub fn is_official(&self) -> bool {
        self.actor.as_ref().is_some_and(|a| a.kind == ActorKind::Official)
    }

    pub(crate) fn surface(&self) -> Surface {
        self.row.surface
    }
}

/// The titles in which somebody acts, each once: the first post, and what others handed over (TUQ.).
fn titles(actor: &Actor) -> Option<String> {
    let mut titles: Vec<&str> = Vec::new();
    for (index, post) in actor.positions.iter().enumerate() {
        if (index == 0 || post.title.starts_with("TUQ. ")) && !titles.contains(&post.title.as_str()) {
            titles.push(&post.title);
        }
    }
    (!titles.is_empty()).then(|| titles.join(" · "))
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Ids only: this may end in a log.
        f.debug_struct("Visitor")
            .field("actor", &self.actor.as_ref().map(|a| a.person.as_str()))
            .field("route", &self.row.id)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("a handler without the frame of this crate asked for its visitor").into())
    }
}

/// Address with its query, as the browser asked for it.
pub(crate) fn path_and_query(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), |p| p.as_str().to_owned())
}
