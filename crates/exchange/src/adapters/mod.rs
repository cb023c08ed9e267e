//! Adapters: providers that do not speak as the exchange does are asked in their own language. An adapter is a provider
//! inside the process: a service of the directory names it in place of an address, and whoever calls the service passes
//! agreement, quota, breaker, evidence and filter as for any other. It is reached in no other way.
//!
//! An adapter is configuration: what consumers call, what the provider is asked in which order, what is told of its answer.
//! [`check_adapter_tests`] proves such files by examples beside them, without a network.

mod answer;
mod authentication;
mod cases;
mod client;
mod codes;
mod connection;
mod data_set;
mod database;
mod draft;
mod fault;
mod folder;
mod host;
mod path;
mod request;
mod rest;
mod shape;
mod soap;
mod xml;

pub use cases::check_adapter_tests;
pub(crate) use host::Host;

pub(crate) use draft::is_adapter_name;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Map, Value};

use answer::{Field, Node, Refusal};
use authentication::{Authentication, Credentials};
use connection::Connection;
use fault::AdapterFault;
use path::Template;
use request::{Element, Input};

use crate::directory::Directory;

/// The adapters of an installation by name; read from a folder with [`Adapters::read`].
#[derive(Debug, Clone, Default)]
pub struct Adapters(BTreeMap<String, Arc<Adapter>>);

impl Adapters {
    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// What a directory names and is not here, each in a sentence.
    pub fn lacking(&self, directory: &Directory) -> Vec<String> {
        let named = directory.adapters().filter(|(_, name)| !self.has(name));
        named.map(|(service, name)| format!("service {service} names the adapter {name}, which is not there")).collect()
    }

    /// Takes in the files that have arrived in the folders of adapters; to be called now and then. Blocks.
    pub fn look(&self, now: Timestamp) {
        for (name, adapter) in &self.0 {
            if let (Manner::File(form, current), Some(Connection::Folder(folder))) =
                (&adapter.manner, &adapter.connection)
                && let Err(error) = current.look(form, folder, now)
            {
                tracing::error!(adapter = name, error = %error, "the folder of an adapter cannot be used");
            }
        }
    }

    fn get(&self, name: &str) -> Option<Arc<Adapter>> {
        self.0.get(name).cloned()
    }
}

/// One adapter.
#[derive(Debug, Clone)]
struct Adapter {
    authentication: Authentication,
    manner: Manner,
    headers: Vec<(HeaderName, HeaderValue)>,
    operations: Vec<Operation>,
    /// `None` where it is not ready, or only its mapping is looked at.
    connection: Option<Connection>,
}

/// What the operations of an adapter share.
#[derive(Debug, Clone)]
enum Manner {
    Soap(soap::Soap),
    Rest,
    Sql,
    File(data_set::Form, data_set::Current),
}

/// What stands in the places of a path, each by its name.
type Places = Vec<(String, String)>;

/// What consumers call.
#[derive(Debug, Clone)]
struct Operation {
    method: Method,
    path: Template,
    elements: Vec<Element>,
    fields: Vec<Field>,
    refusal: Option<Refusal>,
    task: Task,
}

/// What is called for it.
#[derive(Debug, Clone)]
enum Task {
    Soap(soap::SoapTask),
    Rest(rest::RestTask),
    Sql(database::SqlTask),
    File,
}

/// What is asked of a provider.
#[derive(Debug, Clone)]
enum Call<'a> {
    Http(Outgoing),
    /// The parameters of the statement.
    Statement(Vec<Value>),
    /// What rows of a table must hold.
    Rows(Vec<(&'a Element, Value)>),
}

/// A call to a provider; `target` is the path behind that of the connection, with its query.
#[derive(Debug, Clone)]
struct Outgoing {
    method: Method,
    target: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// What a provider answered.
#[derive(Debug, Clone)]
struct Received {
    status: u16,
    body: Bytes,
}

impl Adapter {
    /// The operation of a call, and what stands in the places of its path.
    ///
    /// # Errors
    /// There is none.
    fn operation(&self, method: &Method, path: &str) -> Result<(&Operation, Places), AdapterFault> {
        let mut of_method = self.operations.iter().filter(|operation| operation.method == *method);
        let found = of_method.find_map(|operation| Some((operation, operation.path.matches(path)?)));
        found.ok_or_else(AdapterFault::no_operation)
    }

    /// What is asked of the provider.
    ///
    /// # Errors
    /// What is wrong with the request.
    fn ask<'a>(
        &self,
        operation: &'a Operation,
        input: &Input,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<Call<'a>, AdapterFault> {
        let values = request::gather(&operation.elements, input)?;
        let mut outgoing = match (&self.manner, &operation.task) {
            (Manner::Soap(soap), Task::Soap(task)) => soap::ask(soap, task, &values, self.authentication, credentials)?,
            (_, Task::Soap(_)) => return Err(AdapterFault::unready()),
            (_, Task::Rest(task)) => rest::ask(task, &values)?,
            (_, Task::Sql(_)) => return Ok(Call::Statement(database::parameters(&operation.elements, &values))),
            (_, Task::File) => return Ok(Call::Rows(values)),
        };
        outgoing.headers.extend(self.headers.iter().cloned());
        outgoing.headers.extend(authentication::headers(self.authentication, credentials, now)?);
        Ok(Call::Http(outgoing))
    }

    /// What the consumer is told of an answer over HTTP.
    ///
    /// # Errors
    /// The provider's refusal, or an answer that is not as agreed.
    fn tell(&self, operation: &Operation, received: &Received) -> Result<Map<String, Value>, AdapterFault> {
        match (&self.manner, &operation.task) {
            (Manner::Soap(soap), Task::Soap(task)) => operation.tell(Node::Xml(&soap::read(soap, task, received)?)),
            _ => operation.tell(Node::Json(&rest::read(received)?)),
        }
    }
}

impl Operation {
    /// What the consumer is told.
    ///
    /// # Errors
    /// As [`Adapter::tell`].
    fn tell(&self, root: Node<'_>) -> Result<Map<String, Value>, AdapterFault> {
        if let Some(fault) = self.refusal.as_ref().and_then(|refusal| refusal.fault(root)) {
            return Err(fault);
        }
        answer::deliver(&self.fields, root)
    }
}
