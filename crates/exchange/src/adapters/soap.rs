//! SOAP 1.1: an ordered list of elements becomes an envelope, the one element in the body of the answer becomes JSON.

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;

use super::answer::{Field, Node, Statuses, has_json};
use super::authentication::{Authentication, Credentials};
use super::draft::{FaultDraft, OperationDraft, judge_fault};
use super::fault::AdapterFault;
use super::request::Element;
use super::shape::Type;
use super::xml::{self, Document, is_name, is_writable};
use super::{Outgoing, Received};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// WS-Security 1.0 (OASIS 200401).
const SECURITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const PASSWORD: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText";
const ACTION: HeaderName = HeaderName::from_static("soapaction");

/// What all operations of an adapter share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Soap {
    namespace: String,
    /// Where a fault names its code; empty for `faultcode` alone, which is never told.
    code: Vec<String>,
    statuses: Statuses,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SoapTask {
    name: String,
    action: HeaderValue,
    answer: String,
    answer_namespace: Option<String>,
}

/// Judges what an adapter says of SOAP.
pub(super) fn judge(namespace: Option<&str>, fault: Option<&FaultDraft>, wrong: &mut Vec<String>) -> Option<Soap> {
    let (code, statuses) = judge_fault(fault, wrong);
    let Some(namespace) = namespace.filter(|namespace| is_writable(namespace)) else {
        wrong.push("namespace: write the namespace of the requests".to_owned());
        return None;
    };
    Some(Soap { namespace: namespace.to_owned(), code, statuses })
}

/// Judges an operation.
pub(super) fn judge_operation(
    draft: &OperationDraft,
    elements: &[Element],
    fields: &[Field],
    wrong: &mut Vec<String>,
) -> Option<SoapTask> {
    if draft.says_more_than(&["name", "action", "answer", "answer_namespace"]) {
        wrong.push("call, query and rows are for other kinds".to_owned());
    }
    for element in elements {
        let name = element.name.join("/");
        if element.place.is_some() {
            wrong.push(format!("element {name}: place is for kind = \"rest\""));
        }
        if element.kind() == Some(Type::Json) {
            wrong.push(format!("element {name}: type = \"json\" is for providers that speak JSON"));
        }
        if !element.name.iter().all(|part| is_name(part)) {
            wrong.push(format!("element {name}: cannot be the name of an element"));
        }
    }
    if has_json(fields) {
        wrong.push("type = \"json\" is for answers of JSON".to_owned());
    }
    let named = |what: &str, name: &Option<String>, wrong: &mut Vec<String>| {
        let found = name.clone().filter(|name| is_name(name));
        if found.is_none() {
            wrong.push(format!("{what}: write the name of the element without a prefix"));
        }
        found
    };
    let name = named("name", &draft.name, wrong);
    let answer = named("answer", &draft.answer, wrong);
    let action = HeaderValue::from_str(&format!("\"{}\"", draft.action.as_deref().unwrap_or_default()));
    let action = action.map_err(|_| wrong.push("action: cannot stand in a header".to_owned())).ok();
    Some(SoapTask { name: name?, action: action?, answer: answer?, answer_namespace: draft.answer_namespace.clone() })
}

/// The call to the provider.
///
/// # Errors
/// A value that cannot stand in XML.
pub(super) fn ask(
    soap: &Soap,
    task: &SoapTask,
    values: &[(&Element, Value)],
    authentication: Authentication,
    credentials: &Credentials,
) -> Result<Outgoing, AdapterFault> {
    for (element, value) in values {
        if value.as_str().is_some_and(|text| !is_writable(text)) {
            let name = element.name.join("/");
            return Err(AdapterFault::request("bad_value", &name, "has a character that XML cannot hold"));
        }
    }
    let body = envelope(soap, task, values, authentication, credentials).map_err(|error| {
        tracing::error!(error = %error, "an envelope was not written");
        AdapterFault::unready()
    })?;
    let headers =
        vec![(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8")), (ACTION, task.action.clone())];
    Ok(Outgoing { method: Method::POST, target: String::new(), headers, body: body.into() })
}

fn envelope(
    soap: &Soap,
    task: &SoapTask,
    values: &[(&Element, Value)],
    authentication: Authentication,
    credentials: &Credentials,
) -> std::io::Result<Vec<u8>> {
    let mut document = Document::new();
    document.open("s:Envelope", &[("xmlns:s", SOAP)])?;
    document.open("s:Header", &[])?;
    if authentication == Authentication::UsernameToken {
        document.open("w:Security", &[("xmlns:w", SECURITY), ("s:mustUnderstand", "1")])?;
        document.open("w:UsernameToken", &[])?;
        document.text("w:Username", &[], &credentials.user)?;
        document.text("w:Password", &[("Type", PASSWORD)], &credentials.secret)?;
        document.close("w:UsernameToken")?;
        document.close("w:Security")?;
    }
    document.close("s:Header")?;
    document.open("s:Body", &[])?;
    let operation = format!("m:{}", task.name);
    document.open(&operation, &[("xmlns:m", &soap.namespace)])?;
    let mut open: Vec<String> = Vec::new();
    for (element, value) in values {
        let Some((name, groups)) = element.name.split_last() else { continue };
        let shared = open.iter().zip(groups).take_while(|(one, other)| **one == format!("m:{other}")).count();
        while open.len() > shared {
            if let Some(group) = open.pop() {
                document.close(&group)?;
            }
        }
        for group in groups.iter().skip(shared) {
            let group = format!("m:{group}");
            document.open(&group, &[])?;
            open.push(group);
        }
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match element.namespace.as_deref() {
            None => document.text(&format!("m:{name}"), &[], &text)?,
            Some("") => document.text(name, &[], &text)?,
            Some(other) => document.text(&format!("e:{name}"), &[("xmlns:e", other)], &text)?,
        }
    }
    while let Some(group) = open.pop() {
        document.close(&group)?;
    }
    document.close(&operation)?;
    document.close("s:Body")?;
    document.close("s:Envelope")?;
    Ok(document.finish())
}

/// The one element in the body of a good answer.
///
/// # Errors
/// A fault of the provider, or an answer that is not the agreed one.
pub(super) fn read(soap: &Soap, task: &SoapTask, received: &Received) -> Result<xml::Element, AdapterFault> {
    let good = (200..300).contains(&received.status);
    let root = match xml::read(&received.body) {
        Ok(root) => root,
        Err(_) if !good => return Err(AdapterFault::http(received.status)),
        Err(why) => return Err(AdapterFault::answer(None, &why.to_string())),
    };
    let is_envelope = root.name == "Envelope" && root.namespace == SOAP;
    let body = if is_envelope { root.child("Body") } else { None };
    let content = match body.map(|body| body.children.as_slice()) {
        Some([content]) => content,
        _ if !good => return Err(AdapterFault::http(received.status)),
        _ => return Err(AdapterFault::answer(None, "is no SOAP 1.1 envelope with one element in its body")),
    };
    if content.name == "Fault" && content.namespace == SOAP {
        let code = Node::Xml(content).find(&soap.code).first().and_then(|node| node.text());
        return Err(soap.statuses.fault(code.as_deref()));
    }
    if !good {
        return Err(AdapterFault::http(received.status));
    }
    let named = task.answer_namespace.as_ref().is_none_or(|namespace| *namespace == content.namespace);
    if content.name != task.answer || !named {
        return Err(AdapterFault::answer(None, "holds another element than the agreed one"));
    }
    Ok(content.clone())
}
