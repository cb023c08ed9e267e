//! Reading what others send. Lenient where the handbook of the exchange knows of systems in the field that deviate, with
//! a remark; strict where a message could mean two things or harm.

use std::collections::BTreeMap;

use haidang_signing::xml::{XmlDocument, XmlElement};

use super::attachment::{Content, content_of};
use super::check::{check, is_plain_name};
use super::fields::{At, Log, Need};
use super::model::{
    Attachment, Code, DocumentMessage, DocumentType, Message, Organ, OtherInfo, Promulgation, ResponseFor, SignerInfo,
    StaffInfo, StatusMessage,
};
use super::read_business::{business, trace};
use super::rule::{Fault, Rule};
use super::{ATTACHMENT_LIMIT, EdxmlError, LIMITS, NAMESPACE, name};

/// Stray bytes before the XML declaration that are looked through.
const STRAY: usize = 64;
const DECLARATION: &[u8] = b"<?xml";

/// A message whose XML was parsed: the one tree that is read and whose signature is judged.
pub struct Opened<'a> {
    pub(super) document: XmlDocument<'a>,
    stray: bool,
}

/// A message as it was read.
#[derive(Debug)]
pub struct Received<'d> {
    /// What it says.
    pub message: Message,
    /// The bytes of its attachments, in the order of [`DocumentMessage::attachments`].
    pub contents: Vec<Content<'d>>,
    /// Rules it breaks that do not keep it from being read.
    pub remarks: Vec<Fault>,
}

/// Parses a message.
///
/// # Errors
/// [`EdxmlError::Xml`]: no well-formed XML in UTF-8, a document type declaration, or a bound passed.
pub fn open(bytes: &[u8]) -> Result<Opened<'_>, EdxmlError> {
    let head = bytes.get(..bytes.len().min(STRAY)).unwrap_or_default();
    let start = head.windows(DECLARATION.len()).position(|window| window == DECLARATION).unwrap_or(0);
    let (before, text) = bytes.split_at(start);
    let stray = !before.is_empty() && before != "\u{feff}".as_bytes();
    Ok(Opened { document: XmlDocument::parse(text, &LIMITS)?, stray })
}

/// Reads a message. Whether its signature holds is another question: [`super::judge_signature`].
///
/// # Errors
/// [`EdxmlError::Refused`] with everything a receiver must not take.
pub fn read<'d>(opened: &'d Opened<'_>) -> Result<Received<'d>, EdxmlError> {
    let mut log = Log::default();
    let root = opened.document.root();
    let read = message(&mut log, root);
    let Some((message, contents)) = read.filter(|_| log.refusals.is_empty()) else {
        return Err(EdxmlError::Refused(log.refusals));
    };
    if opened.stray {
        log.remark(Rule::BytesBefore, "");
    }
    let envelope = root.children().find(|child| child.is(name("edXMLEnvelope")));
    if !root.prefix().is_empty() || envelope.is_some_and(|it| it.prefix() != "edXML") {
        log.remark(Rule::Prefixes, "edXML");
    }
    if opened.document.elements().any(|one| one.is(name("Signature"))) {
        log.remark(Rule::SignatureNamespace, "edXMLHeader/Signature");
    }
    let mut remarks = log.remarks;
    remarks.extend(check(&message));
    Ok(Received { message, contents, remarks })
}

fn message<'d>(log: &mut Log, root: XmlElement<'d>) -> Option<(Message, Vec<Content<'d>>)> {
    if !root.is(name("edXML")) {
        log.refuse(Rule::WrongRoot, "");
        return None;
    }
    let root = At { element: root, place: String::new() };
    let envelope = log.one(&root, "edXMLEnvelope", Need::Must)?;
    let header = log.one(&envelope, "edXMLHeader", Need::Must)?;
    let head = log.one(&header, "MessageHeader", Need::Must)?;
    // Places are told from the header on: what is above is always the same.
    let head = At { place: String::new(), ..head };
    if head.element.children().any(|child| child.is(name("StatusCode"))) {
        return Some((Message::Status(Box::new(status(log, &head)?)), Vec::new()));
    }
    let strange = |one: XmlElement<'_>| one.namespace() == NAMESPACE && one.local() == "Business";
    if header.element.children().flat_map(XmlElement::children).any(strange) {
        log.refuse(Rule::Spelling, "TraceHeaderList/Business");
    }
    let (attachments, contents) = parts(log, &root, &envelope);
    let header = At { place: String::new(), ..header };
    let trace_list = log.one(&header, "TraceHeaderList", Need::May);
    let trace = trace_list.as_ref().map(|list| trace(log, list)).unwrap_or_default();
    let business = trace_list.and_then(|list| business(log, &list));
    let document = DocumentMessage { trace, business, attachments, ..document(log, &head) };
    Some((Message::Document(Box::new(document)), contents))
}

fn organ(log: &mut Log, at: &At<'_>) -> Organ {
    log.known(
        at,
        &["OrganId", "OrganizationInCharge", "OrganName", "OrganAdd", "Email", "Telephone", "Fax", "Website"],
    );
    Organ {
        organ_id: log.text(at, "OrganId", Need::Must),
        in_charge: log.text(at, "OrganizationInCharge", Need::May),
        name: log.text(at, "OrganName", Need::Must),
        address: log.text(at, "OrganAdd", Need::May),
        email: log.text(at, "Email", Need::May),
        telephone: log.text(at, "Telephone", Need::May),
        fax: log.text(at, "Fax", Need::May),
        website: log.text(at, "Website", Need::May),
    }
}

/// `None` for an empty element, as some systems send it.
fn response_for(log: &mut Log, at: &At<'_>) -> Option<ResponseFor> {
    at.element.children().next()?;
    Some(ResponseFor {
        organ_id: log.text(at, "OrganId", Need::Must),
        code: log.text(at, "Code", Need::Must),
        promulgation_date: log.date(at, "PromulgationDate", Need::Must).unwrap_or_default(),
        document_id: log.text(at, "DocumentId", Need::May),
    })
}

pub(super) fn staff(log: &mut Log, at: &At<'_>) -> StaffInfo {
    StaffInfo {
        department: log.text(at, "Department", Need::May),
        staff: log.text(at, "Staff", Need::May),
        email: log.text(at, "Email", Need::May),
        mobile: log.text(at, "Mobile", Need::May),
    }
}

fn status(log: &mut Log, head: &At<'_>) -> Option<StatusMessage> {
    let code = log.text(head, "StatusCode", Need::Must);
    let status = code.parse();
    if status.is_err() && !code.is_empty() {
        log.refuse(Rule::UnknownCode, "StatusCode");
    }
    let from = log.one(head, "From", Need::Must).map(|at| organ(log, &at)).unwrap_or_default();
    let response = log.one(head, "ResponseFor", Need::Must);
    let response_for = response.and_then(|at| response_for(log, &at));
    let description = log.text(head, "Description", Need::May);
    let at = log.moment(head, "Timestamp");
    let staff = log.one(head, "StaffInfo", Need::May).map(|at| staff(log, &at));
    log.known(head, &["ResponseFor", "From", "StatusCode", "Description", "Timestamp", "StaffInfo"]);
    Some(StatusMessage { response_for, from, status: status.ok()?, description, at, staff })
}

fn document(log: &mut Log, head: &At<'_>) -> DocumentMessage {
    log.known(
        head,
        &[
            "From",
            "To",
            "DocumentId",
            "Code",
            "PromulgationInfo",
            "DocumentType",
            "Subject",
            "Content",
            "SignerInfo",
            "DueDate",
            "ToPlaces",
            "OtherInfo",
            "ResponseFor",
            "ResponseForTask",
            "SteeringType",
            "applicationType",
        ],
    );
    let receivers = log.all(head, "To");
    if receivers.is_empty() {
        log.refuse(Rule::Missing, "To");
    }
    let answers = log.all(head, "ResponseFor");
    DocumentMessage {
        from: log.one(head, "From", Need::Must).map(|at| organ(log, &at)).unwrap_or_default(),
        to: receivers.iter().map(|at| organ(log, at)).collect(),
        document_id: log.text(head, "DocumentId", Need::Must),
        code: log.one(head, "Code", Need::Must).map(|at| code(log, &at)).unwrap_or_default(),
        promulgation: log.one(head, "PromulgationInfo", Need::Must).map(|at| issued(log, &at)).unwrap_or_default(),
        document_type: log.one(head, "DocumentType", Need::Must).map(|at| kind(log, &at)).unwrap_or_default(),
        subject: log.text(head, "Subject", Need::Must),
        content: log.text(head, "Content", Need::May),
        signer: log.one(head, "SignerInfo", Need::Must).map(|at| signer(log, &at)).unwrap_or_default(),
        due_date: log.date(head, "DueDate", Need::May),
        to_places: log.one(head, "ToPlaces", Need::May).map(|at| texts(log, &at, "Place")).unwrap_or_default(),
        other: log.one(head, "OtherInfo", Need::May).map(|at| other(log, &at)).unwrap_or_default(),
        response_for: answers.iter().filter_map(|at| response_for(log, at)).collect(),
        steering_type: log.number(head, "SteeringType", Need::May),
        response_for_task: log.text(head, "ResponseForTask", Need::May),
        application_type: log.text(head, "applicationType", Need::May),
        trace: Vec::new(),
        business: None,
        attachments: Vec::new(),
    }
}

fn code(log: &mut Log, at: &At<'_>) -> Code {
    Code { number: log.text(at, "CodeNumber", Need::Must), notation: log.text(at, "CodeNotation", Need::Must) }
}

fn issued(log: &mut Log, at: &At<'_>) -> Promulgation {
    let date = log.date(at, "PromulgationDate", Need::Must).unwrap_or_default();
    Promulgation { place: log.text(at, "Place", Need::Must), date }
}

fn kind(log: &mut Log, at: &At<'_>) -> DocumentType {
    DocumentType {
        kind: log.number(at, "Type", Need::Must).unwrap_or_default(),
        detail: log.text(at, "TypeDetail", Need::May),
        name: log.text(at, "TypeName", Need::Must),
    }
}

fn signer(log: &mut Log, at: &At<'_>) -> SignerInfo {
    SignerInfo {
        competence: log.text(at, "Competence", Need::May),
        position: log.text(at, "Position", Need::May),
        full_name: log.text(at, "FullName", Need::Must),
    }
}

/// The texts of a list; empty ones are left out.
fn texts(log: &mut Log, at: &At<'_>, field: &str) -> Vec<String> {
    let entries = log.all(at, field);
    let texts: Vec<String> = entries.iter().map(|entry| log.own_text(entry)).collect();
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

fn other(log: &mut Log, at: &At<'_>) -> OtherInfo {
    let direction = log.text(at, "Direction", Need::May);
    let direction = match direction.to_ascii_lowercase().as_str() {
        "" => None,
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => {
            log.remark(Rule::Malformed, "OtherInfo/Direction");
            None
        }
    };
    OtherInfo {
        priority: log.number(at, "Priority", Need::May),
        sphere: log.text(at, "SphereOfPromulgation", Need::May),
        typer_notation: log.text(at, "TyperNotation", Need::May),
        promulgation_amount: log.number(at, "PromulgationAmount", Need::May),
        page_amount: log.number(at, "PageAmount", Need::May),
        direction,
        appendixes: log.one(at, "Appendixes", Need::May).map(|at| texts(log, &at, "Appendix")).unwrap_or_default(),
    }
}

/// Manifest and attachments, which must name the same files.
fn parts<'d>(log: &mut Log, root: &At<'d>, envelope: &At<'d>) -> (Vec<Attachment>, Vec<Content<'d>>) {
    let body = log.one(&At { place: String::new(), ..envelope.clone() }, "edXMLBody", Need::Must);
    let manifest = body.and_then(|body| log.one(&body, "edXMLManifest", Need::May));
    let references = manifest.as_ref().map(|at| log.all(at, "Reference")).unwrap_or_default();
    if manifest.is_some_and(|at| at.element.attribute("version") != Some("1.0")) {
        log.remark(Rule::Malformed, "edXMLBody/edXMLManifest");
    }
    let mut encoded: BTreeMap<String, At<'d>> = BTreeMap::new();
    let mut count = 0;
    for list in log.all(root, "AttachmentEncoded") {
        for one in log.all(&At { place: String::new(), ..list }, "Attachment") {
            count += 1;
            let id = log.text(&one, "ContentId", Need::Must);
            if encoded.insert(id, one.clone()).is_some() {
                log.refuse(Rule::IdentifierRepeated, one.place);
            }
        }
    }
    if references.len() > ATTACHMENT_LIMIT || count > ATTACHMENT_LIMIT {
        log.refuse(Rule::TooMany, "edXMLManifest/Reference");
        return (Vec::new(), Vec::new());
    }
    let (mut attachments, mut contents) = (Vec::new(), Vec::new());
    for reference in references {
        let id = log.text(&reference, "ContentId", Need::Must);
        if !id.starts_with("cid:") {
            log.refuse(Rule::Malformed, reference.below("ContentId"));
        }
        let Some(one) = encoded.remove(&id) else {
            let twice = attachments.iter().any(|other: &Attachment| other.content_id == id);
            let rule = if twice { Rule::IdentifierRepeated } else { Rule::IdentifierDangling };
            log.refuse(rule, reference.below("ContentId"));
            continue;
        };
        let (attachment, content) = attachment(log, &reference, &one, id);
        attachments.push(attachment);
        contents.extend(content);
    }
    for left in encoded.into_values() {
        log.refuse(Rule::IdentifierDangling, left.below("ContentId"));
    }
    (attachments, contents)
}

fn attachment<'d>(
    log: &mut Log,
    reference: &At<'d>,
    one: &At<'d>,
    content_id: String,
) -> (Attachment, Option<Content<'d>>) {
    let name = log.text(one, "AttachmentName", Need::Must);
    if log.text(reference, "AttachmentName", Need::Must) != name {
        log.refuse(Rule::NameDiffers, one.below("AttachmentName"));
    }
    if !is_plain_name(&name) {
        log.refuse(Rule::NameIsPath, one.below("AttachmentName"));
    }
    let own_type = log.text(one, "ContentType", Need::May);
    if own_type.is_empty() {
        log.remark(Rule::Missing, one.below("ContentType"));
    }
    let content = content_of(log, one, &name, &own_type);
    // Of a packed file the manifest says what is in it.
    let listed_type = log.text(reference, "ContentType", Need::May);
    let content_type = if listed_type.is_empty() { own_type } else { listed_type };
    let listed = log.text(reference, "Description", Need::May);
    let description = if listed.is_empty() { log.text(one, "Description", Need::May) } else { listed };
    (Attachment { content_id, name, description, content_type }, content)
}
