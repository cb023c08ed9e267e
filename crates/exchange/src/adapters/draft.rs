//! An adapter as people write it, in TOML, and the judgement of it. Everything wrong is told at once, each thing by its
//! name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::answer::{self, FieldDraft, RefusalDraft, Statuses};
use super::authentication::Authentication;
use super::codes::{CodeList, CodeLists};
use super::connection::{Connection, ConnectionDraft};
use super::data_set::{self, Current, Form, TableDraft};
use super::path::Template;
use super::request::{Element, ElementDraft};
use super::{Adapter, Manner, Operation, Task, database, rest, soap};
use crate::directory::Complaints;

/// What language a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// JSON over HTTP.
    Rest,
    /// SOAP 1.1.
    Soap,
    /// Statements on a database.
    Sql,
    /// Tables in a folder.
    File,
}

/// An adapter as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdapterDraft {
    kind: Kind,
    /// For people: what it reaches.
    title: String,
    /// For people: where the shapes were read.
    source: String,
    #[serde(default)]
    authentication: Authentication,
    #[serde(default)]
    namespace: Option<String>,
    #[serde(default)]
    fault: Option<FaultDraft>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    code_list: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    table: Option<TableDraft>,
    #[serde(default)]
    connection: Option<ConnectionDraft>,
    #[serde(default, rename = "operation")]
    operations: Vec<OperationDraft>,
}

/// Where a SOAP fault names its code, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultDraft {
    pub(super) code: String,
    #[serde(default)]
    pub(super) status: BTreeMap<String, u16>,
}

/// What consumers call, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationDraft {
    method: String,
    path: String,
    /// SOAP: the element of the operation.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// SOAP: what `SOAPAction` says.
    #[serde(default)]
    pub(super) action: Option<String>,
    /// SOAP: the element of a good answer.
    #[serde(default)]
    pub(super) answer: Option<String>,
    /// SOAP: its namespace.
    #[serde(default)]
    pub(super) answer_namespace: Option<String>,
    /// REST: `METHOD /path` at the provider.
    #[serde(default)]
    pub(super) call: Option<String>,
    /// SQL: the statement.
    #[serde(default)]
    pub(super) query: Option<String>,
    /// SQL: rows of an answer, at most.
    #[serde(default)]
    pub(super) rows: Option<usize>,
    #[serde(default)]
    refusal: Option<RefusalDraft>,
    #[serde(default, rename = "element")]
    elements: Vec<ElementDraft>,
    #[serde(default, rename = "field")]
    fields: Vec<FieldDraft>,
}

/// Operations of one adapter.
const OPERATIONS: usize = 100;
/// Elements, and fields of one level, of one operation.
const PARTS: usize = 300;
/// Headers that an adapter makes itself.
const OWN: [&str; 8] = [
    "host",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "authorization",
    "soapaction",
    "accept",
];

/// Whether a text can name an adapter.
pub(crate) fn is_adapter_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-')
}

impl AdapterDraft {
    /// Reads TOML.
    ///
    /// # Errors
    /// The place and the reason in [`toml`]'s words.
    pub(super) fn from_toml(text: &str) -> Result<Self, Complaints> {
        toml::from_str(text).map_err(|error| Complaints(vec![error.to_string().trim().to_owned()]))
    }

    /// Judges it. `elsewhere` is the connection of this installation, in the place of its own.
    ///
    /// # Errors
    /// [`Complaints`], all of them.
    pub(super) fn judge(
        self,
        name: &str,
        elsewhere: Option<(ConnectionDraft, &Path)>,
        folder: &Path,
    ) -> Result<Adapter, Complaints> {
        let mut wrong = Vec::new();
        if !is_adapter_name(name) {
            wrong.push("its file name may use small letters, digits and -".to_owned());
        }
        if self.title.trim().is_empty() || self.source.trim().is_empty() {
            wrong.push("title and source: say what it reaches and where its messages were read".to_owned());
        }
        let list = |(name, rows): (&String, &BTreeMap<String, String>)| {
            (name.clone(), Arc::new(CodeList::new(name, rows.clone())))
        };
        let lists: CodeLists = self.code_list.iter().map(list).collect();
        self.judge_kind(&mut wrong);
        let manner = match self.kind {
            Kind::Soap => soap::judge(self.namespace.as_deref(), self.fault.as_ref(), &mut wrong).map(Manner::Soap),
            Kind::Rest => Some(Manner::Rest),
            Kind::Sql => Some(Manner::Sql),
            Kind::File => {
                let form = data_set::judge(self.table.as_ref(), &mut wrong);
                form.map(|form| Manner::File(form, Current::default()))
            }
        };
        let form = match &manner {
            Some(Manner::File(form, _)) => Some(form),
            _ => None,
        };
        let headers = static_headers(&self.headers, &mut wrong);
        let connection: Option<Connection> = match (elsewhere, self.connection) {
            (Some((draft, folder)), _) => draft.judge(self.kind, self.authentication, folder, &mut wrong),
            (None, Some(draft)) => draft.judge(self.kind, self.authentication, folder, &mut wrong),
            (None, None) => None,
        };
        if self.operations.is_empty() || self.operations.len() > OPERATIONS {
            wrong.push(format!("write 1 to {OPERATIONS} operations"));
        }
        let mut operations: Vec<Operation> = Vec::new();
        for draft in self.operations.into_iter().take(OPERATIONS) {
            let of = format!("operation {} {}", draft.method, draft.path);
            let mut complaints = Vec::new();
            if let Some(operation) = draft.judge(self.kind, form, &lists, &mut complaints) {
                if operations.iter().any(|known| known.method == operation.method && known.path == operation.path) {
                    complaints.push("is written twice".to_owned());
                }
                operations.push(operation);
            }
            wrong.extend(complaints.into_iter().map(|what| format!("{of}: {what}")));
        }
        match manner {
            Some(manner) if wrong.is_empty() => {
                Ok(Adapter { authentication: self.authentication, manner, headers, operations, connection })
            }
            _ => Err(Complaints(wrong)),
        }
    }
}

impl AdapterDraft {
    /// What is said of another kind than its own.
    fn judge_kind(&self, wrong: &mut Vec<String>) {
        let soap = self.kind == Kind::Soap;
        let http = soap || self.kind == Kind::Rest;
        let username = self.authentication == Authentication::UsernameToken;
        for (what, of, is) in [
            ("namespace and fault are for kind = \"soap\"", soap, self.namespace.is_some() || self.fault.is_some()),
            ("authentication = \"username_token\" is for kind = \"soap\"", soap, username),
            ("authentication is for providers over HTTP", http, self.authentication != Authentication::None),
            ("headers are for providers over HTTP", http, !self.headers.is_empty()),
            ("table is for kind = \"file\"", self.kind == Kind::File, self.table.is_some()),
        ] {
            if is && !of {
                wrong.push(what.to_owned());
            }
        }
    }
}

fn static_headers(written: &BTreeMap<String, String>, wrong: &mut Vec<String>) -> Vec<(HeaderName, HeaderValue)> {
    let mut lines = Vec::new();
    for (name, text) in written {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(text)) {
            (Ok(name), _) if OWN.contains(&name.as_str()) => {
                wrong.push(format!("headers: {name} is made by the adapter itself; secrets lie in files"));
            }
            (Ok(name), Ok(value)) => lines.push((name, value)),
            _ => wrong.push(format!("headers: {name:?} cannot be sent")),
        }
    }
    lines
}

impl OperationDraft {
    /// Whether it says something of a kind of provider besides these keys.
    pub(super) fn says_more_than(&self, keys: &[&str]) -> bool {
        let said = [
            ("name", self.name.is_some()),
            ("action", self.action.is_some()),
            ("answer", self.answer.is_some()),
            ("answer_namespace", self.answer_namespace.is_some()),
            ("call", self.call.is_some()),
            ("query", self.query.is_some()),
            ("rows", self.rows.is_some()),
        ];
        said.iter().any(|(key, is)| *is && !keys.contains(key))
    }

    fn judge(self, kind: Kind, form: Option<&Form>, lists: &CodeLists, wrong: &mut Vec<String>) -> Option<Operation> {
        let method = Method::from_bytes(self.method.as_bytes())
            .ok()
            .filter(|method| [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method));
        if method.is_none() {
            wrong.push("method: write GET, POST, PUT, PATCH or DELETE".to_owned());
        }
        let path = Template::parse(&self.path);
        if path.is_none() {
            wrong.push("path: write /words/and/{places} of letters, digits and -_.~".to_owned());
        }
        if self.elements.len() > PARTS || self.fields.len() > PARTS {
            wrong.push(format!("write at most {PARTS} elements and fields"));
            return None;
        }
        let places: Vec<&str> = path.iter().flat_map(Template::places).collect();
        let judged = self.elements.iter().filter_map(|draft| draft.judge(lists, &places, wrong));
        let elements: Vec<Element> = judged.collect();
        for (place, element) in elements.iter().enumerate() {
            let clashes = |known: &Element| {
                known.place == element.place
                    && (known.name.starts_with(&element.name) || element.name.starts_with(&known.name))
            };
            if elements.iter().take(place).any(clashes) {
                wrong.push(format!("element {}: stands in the place of another", element.name.join("/")));
            }
        }
        let fields = answer::judge(&self.fields, lists, wrong);
        if fields.is_empty() {
            wrong.push("write at least one field: only what is written is delivered".to_owned());
        }
        let refusal = self.refusal.as_ref().map(|draft| draft.judge(wrong));
        let task = match kind {
            Kind::Soap => soap::judge_operation(&self, &elements, &fields, wrong).map(Task::Soap),
            Kind::Rest => rest::judge_operation(&self, &elements, wrong).map(Task::Rest),
            Kind::Sql => database::judge_operation(&self, &elements, wrong).map(Task::Sql),
            Kind::File => data_set::judge_operation(&self, form, &elements, wrong).map(|()| Task::File),
        };
        Some(Operation { method: method?, path: path?, elements, fields, refusal, task: task? })
    }
}

/// Judges where a fault names its code.
pub(super) fn judge_fault(draft: Option<&FaultDraft>, wrong: &mut Vec<String>) -> (Vec<String>, Statuses) {
    match draft {
        Some(draft) => (answer::steps(&draft.code), Statuses::judge(&draft.status, "fault", wrong)),
        None => (Vec::new(), Statuses::default()),
    }
}
