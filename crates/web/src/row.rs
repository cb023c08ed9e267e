//! One row of the permission table: what may be asked, by whom, and what it leaves behind.

use axum::http::Method;
use haidang_contracts::authorizer::{USE_ACCOUNT, USE_OFFICE, USE_RESIDENT, USE_SYSTEM};
use std::fmt;
use std::time::Duration;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::upload::UploadLimits;

/// Who may ask. Capabilities are those the pack gives to positions, never names of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allow {
    /// Everybody, also without signing in.
    Anyone,
    /// Whoever signed in, in any capacity.
    SignedIn,
    /// A resident or the representative of an organisation, not an official in a post.
    Resident,
    /// An official who holds any post now.
    Official,
    /// An official whose post gives this capability.
    Capability(&'static str),
    /// An official whose posts give at least one of these capabilities.
    AnyCapability(&'static [&'static str]),
    /// Another system with a token.
    System,
}

/// Which door a route stands behind; decides its prefix, its errors and its proof against forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// HTML under `/vi` and `/en`.
    Page,
    /// JSON under `/api`, problems as RFC 9457.
    Api,
    /// HTML or files at one address without a language prefix, such as `/kq/{token}`.
    Plain,
    /// An address that a standard names (OpenID Connect, SCIM), without language prefix and with the standard's own
    /// bodies and errors. Forms are not bound to a cookie here, since programs send them: a handler that changes
    /// something on the strength of a session asks the person first on a page.
    Protocol,
}

/// A schema known to the API document, as two functions so that a row stays cheap to copy.
#[derive(Clone)]
pub struct SchemaDoc {
    /// Name under `components.schemas`.
    pub name: String,
    /// The schema itself.
    pub schema: fn() -> RefOr<Schema>,
    /// The schemas it names.
    pub collect: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl SchemaDoc {
    /// The documentation of one wire type.
    pub fn of<T: ToSchema>() -> Self {
        Self { name: T::name().into_owned(), schema: T::schema, collect: T::schemas }
    }
}

impl fmt::Debug for SchemaDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SchemaDoc").field(&self.name).finish()
    }
}

/// One documented answer of an API row.
#[derive(Debug, Clone)]
pub struct Returns {
    /// HTTP status.
    pub status: u16,
    /// Schema of the body; `None` for an empty or binary body.
    pub schema: Option<SchemaDoc>,
    /// Media type of the body; `None` for an empty one.
    pub media_type: Option<&'static str>,
}

/// One route with its permission, its audit event and its documentation.
#[derive(Debug, Clone)]
pub struct Row {
    /// Handler name = operation id = permission id, such as `list_cases`.
    pub id: &'static str,
    /// HTTP method; `GET` also answers `HEAD`.
    pub method: Method,
    /// Path without language prefix, parameters in braces.
    pub path: &'static str,
    /// Which door; set by the builder.
    pub surface: Surface,
    /// Room that added the row; set by the builder.
    pub room: &'static str,
    /// Who may ask; `None` stops the start, for no route may lack a permission.
    pub allow: Option<Allow>,
    /// Audit event that a mutation writes, such as `case.submitted`.
    pub audit: Option<&'static str>,
    /// Why an unsafe method changes nothing, when it has no audit event.
    pub no_mutation: Option<&'static str>,
    /// Example address in the demonstration city, with `{keys}` of its example map.
    pub example: Option<&'static str>,
    /// Whether the answer is an HTML page that judges may open.
    pub html: bool,
    /// Role under which a judge opens the page; `None` derives it from `allow`.
    pub role: Option<&'static str>,
    /// Whether judges also open the page in the dark scheme.
    pub dark: bool,
    /// Expected status of the example.
    pub status: u16,
    /// Where the example leads, when the expected answer is a redirect (without language prefix).
    pub redirects_to: Option<&'static str>,
    /// Weight allowed to the page in KB, when it is not the common one.
    pub kilobytes: Option<u32>,
    /// Whether the page belongs to the officials' application.
    pub office: bool,
    /// Whether the second factor must have been shown within five minutes (signing, approving, keys).
    pub fresh_factor: bool,
    /// Least strength of the authentication, 1 to 4, where it is not the common one of the permission.
    pub min_assurance: Option<u8>,
    /// Whether the form stands on a page that sends no referrer, and so no origin.
    pub unreferred: bool,
    /// One line for the API document.
    pub summary: Option<&'static str>,
    /// Longer text for the API document.
    pub description: Option<&'static str>,
    /// Schema of the JSON body.
    pub body: Option<SchemaDoc>,
    /// Documented answers.
    pub returns: Vec<Returns>,
    /// Query parameters.
    pub query: Option<fn() -> Vec<Parameter>>,
    /// Limits of an upload; its presence permits `multipart/form-data`.
    pub upload: Option<UploadLimits>,
    /// Largest body in bytes where there is no upload.
    pub body_limit: usize,
    /// Longest run of the handler.
    pub timeout: Duration,
    /// Whether the row stays outside the API document and `haidang routes` (probes, redirects).
    pub hidden: bool,
}

/// Largest body of a request that uploads nothing, in bytes.
pub const DEFAULT_BODY_LIMIT: usize = 2 * 1024 * 1024;

/// Longest run of a handler.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl Row {
    /// A row for any method; the shorthands below read better.
    pub fn new(method: Method, id: &'static str, path: &'static str) -> Self {
        Self {
            id,
            method,
            path,
            surface: Surface::Page,
            room: "",
            allow: None,
            audit: None,
            no_mutation: None,
            example: None,
            html: true,
            role: None,
            dark: true,
            status: 200,
            redirects_to: None,
            kilobytes: None,
            office: false,
            fresh_factor: false,
            min_assurance: None,
            unreferred: false,
            summary: None,
            description: None,
            body: None,
            returns: Vec::new(),
            query: None,
            upload: None,
            body_limit: DEFAULT_BODY_LIMIT,
            timeout: DEFAULT_TIMEOUT,
            hidden: false,
        }
    }

    /// A reading row.
    pub fn get(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::GET, id, path)
    }

    /// A row that adds or acts.
    pub fn post(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::POST, id, path)
    }

    /// A row that replaces.
    pub fn put(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::PUT, id, path)
    }

    /// A row that changes a part.
    pub fn patch(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::PATCH, id, path)
    }

    /// A row that removes.
    pub fn delete(id: &'static str, path: &'static str) -> Self {
        Self::new(Method::DELETE, id, path)
    }

    /// Everybody may ask.
    pub fn public(self) -> Self {
        self.allow(Allow::Anyone)
    }

    /// Whoever signed in may ask.
    pub fn signed_in(self) -> Self {
        self.allow(Allow::SignedIn)
    }

    /// Residents and representatives may ask.
    pub fn resident(self) -> Self {
        self.allow(Allow::Resident)
    }

    /// Officials in any post may ask; the page wears the officials' frame.
    pub fn official(self) -> Self {
        self.allow(Allow::Official).office()
    }

    /// Officials with the capability may ask; the page wears the officials' frame.
    pub fn capability(self, capability: &'static str) -> Self {
        self.allow(Allow::Capability(capability)).office()
    }

    /// Officials with one of the capabilities may ask; the page wears the officials' frame.
    pub fn any_capability(self, capabilities: &'static [&'static str]) -> Self {
        self.allow(Allow::AnyCapability(capabilities)).office()
    }

    /// Other systems with a token may ask.
    pub fn system(self) -> Self {
        self.allow(Allow::System)
    }

    /// Who may ask.
    pub fn allow(mut self, allow: Allow) -> Self {
        self.allow = Some(allow);
        self
    }

    /// The audit event this mutation writes.
    pub fn audit(mut self, event: &'static str) -> Self {
        self.audit = Some(event);
        self
    }

    /// Says why an unsafe method leaves no audit event, such as "calculates, stores nothing".
    pub fn no_mutation(mut self, reason: &'static str) -> Self {
        self.no_mutation = Some(reason);
        self
    }

    /// Example address of the demonstration city, without language prefix; `{keys}` are looked up in its example map.
    pub fn example(mut self, address: &'static str) -> Self {
        self.example = Some(address);
        self
    }

    /// The answer is not a page (a file, a redirect, a fragment): judges do not open it.
    pub fn not_html(mut self) -> Self {
        self.html = false;
        self
    }

    /// The role under which judges open the page, such as `leader`.
    pub fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }

    /// Judges do not open the page in the dark scheme (printed forms).
    pub fn light_only(mut self) -> Self {
        self.dark = false;
        self
    }

    /// Expected status of the example when it is not 200.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The example answers with a redirect to this address (without language prefix).
    pub fn redirects_to(mut self, address: &'static str) -> Self {
        self.redirects_to = Some(address);
        self
    }

    /// Weight allowed to the page in KB.
    pub fn kilobytes(mut self, kilobytes: u32) -> Self {
        self.kilobytes = Some(kilobytes);
        self
    }

    /// The page wears the officials' frame.
    pub fn office(mut self) -> Self {
        self.office = true;
        self
    }

    /// The second factor must be at most five minutes old.
    pub fn fresh_factor(mut self) -> Self {
        self.fresh_factor = true;
        self
    }

    /// The person must be authenticated at least this strongly, 1 to 4 (Decree 69/2024/NĐ-CP, Article 20): whoever is
    /// not is asked to prove more.
    pub fn min_assurance(mut self, level: u8) -> Self {
        self.min_assurance = Some(level);
        self
    }

    /// Whether only a post can open the row; a post needs a second factor.
    pub fn needs_post(&self) -> bool {
        matches!(self.allow, Some(Allow::Official | Allow::Capability(_) | Allow::AnyCapability(_)))
    }

    /// Least strength of the authentication: two factors where a post is needed, else one.
    pub fn minimum_acr(&self) -> u8 {
        self.min_assurance.unwrap_or(if self.needs_post() { 2 } else { 1 })
    }

    /// What the policies are asked for; any one of several is enough. Empty for a row open to everybody.
    pub fn actions(&self) -> Vec<&'static str> {
        match self.allow {
            None | Some(Allow::Anyone) => Vec::new(),
            Some(Allow::SignedIn) => vec![USE_ACCOUNT],
            Some(Allow::Resident) => vec![USE_RESIDENT],
            Some(Allow::Official) => vec![USE_OFFICE],
            Some(Allow::System) => vec![USE_SYSTEM],
            Some(Allow::Capability(capability)) => vec![capability],
            Some(Allow::AnyCapability(any)) => any.to_vec(),
        }
    }

    /// The form stands on a page that sends no referrer.
    pub fn unreferred(mut self) -> Self {
        self.unreferred = true;
        self
    }

    /// One line for the API document.
    pub fn summary(mut self, text: &'static str) -> Self {
        self.summary = Some(text);
        self
    }

    /// Longer text for the API document.
    pub fn description(mut self, text: &'static str) -> Self {
        self.description = Some(text);
        self
    }

    /// Type of the JSON body.
    pub fn body<T: ToSchema>(mut self) -> Self {
        self.body = Some(SchemaDoc::of::<T>());
        self
    }

    /// Type of a JSON answer with its status.
    pub fn returns<T: ToSchema>(mut self, status: u16) -> Self {
        self.returns.push(Returns { status, schema: Some(SchemaDoc::of::<T>()), media_type: Some("application/json") });
        self
    }

    /// An answer without body.
    pub fn returns_nothing(mut self, status: u16) -> Self {
        self.returns.push(Returns { status, schema: None, media_type: None });
        self
    }

    /// An answer that is a file of this media type.
    pub fn returns_file(mut self, status: u16, media_type: &'static str) -> Self {
        self.returns.push(Returns { status, schema: None, media_type: Some(media_type) });
        self
    }

    /// Type of the query parameters.
    pub fn query<T: IntoParams>(mut self) -> Self {
        self.query = Some(|| T::into_params(|| Some(ParameterIn::Query)));
        self
    }

    /// Permits an upload within these limits.
    pub fn upload(mut self, limits: UploadLimits) -> Self {
        self.timeout = limits.timeout;
        self.upload = Some(limits);
        self
    }

    /// Largest body in bytes.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Longest run of the handler.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Keeps the row out of the API document and of `haidang routes`.
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Whether the method may change something.
    pub fn is_unsafe(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// Role under which outside judges open the page: empty for everybody.
    pub fn judge_role(&self) -> &'static str {
        match (self.role, self.allow) {
            (Some(role), _) => role,
            (None, None | Some(Allow::Anyone)) => "",
            (None, Some(Allow::SignedIn | Allow::Resident)) => "resident",
            (None, Some(Allow::System)) => "system",
            (None, Some(Allow::Official | Allow::Capability(_) | Allow::AnyCapability(_))) => "official",
        }
    }
}
