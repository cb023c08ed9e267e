//! Writing a message, in the order and with the prefixes of the standard.

use data_encoding::BASE64;
use haidang_signing::Certificate;
use haidang_signing::xml::{Canonicalization, PreparedXml, XmlSigner, prepare_enveloped, sign_enveloped};

use super::attachment::looks_like_pdf;
use super::check::check;
use super::code::{date_text, moment_text};
use super::model::{
    Business, DocumentMessage, Message, Organ, OtherInfo, ResponseFor, StaffInfo, StatusMessage, UpdateInfo,
};
use super::rule::{Fault, Rule};
use super::signature::EXPECTED;
use super::{EdxmlError, LIMITS, MESSAGE_LIMIT, NAMESPACE};

/// Room for everything but attachments when the length of a message is estimated.
const HEADER_ROOM: usize = 64 * 1024;

/// Writes a message. `contents` are the bytes of its attachments, in their order; a status has none.
///
/// # Errors
/// [`EdxmlError::Refused`] with every rule it breaks, [`EdxmlError::Limit`] when it gets longer than
/// [`MESSAGE_LIMIT`].
pub fn write(message: &Message, contents: &[&[u8]]) -> Result<String, EdxmlError> {
    let mut faults = check(message);
    let attachments = match message {
        Message::Document(document) => document.attachments.as_slice(),
        Message::Status(_) => &[],
    };
    if attachments.len() != contents.len() {
        faults.push(Fault::new(Rule::IdentifierDangling, "AttachmentEncoded"));
    }
    for (number, (one, bytes)) in attachments.iter().zip(contents).enumerate() {
        let place = format!("Attachment[{}]", number + 1);
        if bytes.is_empty() {
            faults.push(Fault::new(Rule::EmptyAttachment, place));
        } else if one.name.to_lowercase().ends_with(".pdf") && !looks_like_pdf(bytes) {
            faults.push(Fault::new(Rule::NotPdf, place));
        }
    }
    if !faults.is_empty() {
        return Err(EdxmlError::Refused(faults));
    }
    let encoded = contents.iter().map(|bytes| BASE64.encode_len(bytes.len())).sum::<usize>();
    if encoded.saturating_add(HEADER_ROOM) > MESSAGE_LIMIT {
        return Err(EdxmlError::Limit("300 MB a message"));
    }
    let mut out = Writer { text: String::with_capacity(encoded + HEADER_ROOM), prefix: "edXML:" };
    out.message(message, contents);
    if out.text.len() > MESSAGE_LIMIT { Err(EdxmlError::Limit("300 MB a message")) } else { Ok(out.text) }
}

/// Signs a written message: enveloped, in the header, over the whole message, Canonical XML 1.0. The result is checked
/// before it is given out. For receivers of the national exchange the key is RSA.
///
/// # Errors
/// [`EdxmlError::Signature`].
pub fn sign(message: &str, signer: &XmlSigner<'_>) -> Result<String, EdxmlError> {
    Ok(sign_enveloped(message, &EXPECTED, Canonicalization::Inclusive, signer, &LIMITS)?)
}

/// Lays out the signature of a written message for the key of `certificate`, wherever that is; `chain` are the
/// certificates between it and the root. The form is that of [`sign`].
///
/// # Errors
/// [`EdxmlError::Signature`].
pub fn prepare(
    message: String,
    certificate: &Certificate,
    chain: &[Certificate],
) -> Result<PreparedXml<'static>, EdxmlError> {
    Ok(prepare_enveloped(message, &EXPECTED, Canonicalization::Inclusive, (certificate, chain), &LIMITS)?)
}

struct Writer {
    text: String,
    prefix: &'static str,
}

impl Writer {
    fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(self.prefix);
        self.text.push_str(name);
        self.text.push('>');
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(self.prefix);
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// An element around others, each on its line.
    fn group(&mut self, name: &str, inner: impl FnOnce(&mut Writer)) {
        self.open(name);
        self.text.push('\n');
        inner(self);
        self.close(name);
    }

    fn element(&mut self, name: &str, value: &str) {
        self.open(name);
        for c in value.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                // A reader would take it for a line end and make it a line feed.
                '\r' => self.text.push_str("&#13;"),
                other => self.text.push(other),
            }
        }
        self.close(name);
    }

    /// A value that is left out when it is empty.
    fn optional(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.element(name, value);
        }
    }

    fn number(&mut self, name: &str, value: Option<u32>) {
        if let Some(value) = value {
            self.element(name, &value.to_string());
        }
    }

    fn message(&mut self, message: &Message, contents: &[&[u8]]) {
        self.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edXML xmlns=\"");
        self.text.push_str(NAMESPACE);
        self.text.push_str("\">\n<edXML:edXMLEnvelope xmlns:edXML=\"");
        self.text.push_str(NAMESPACE);
        self.text.push_str("\">\n");
        self.group("edXMLHeader", |out| match message {
            Message::Document(document) => out.document(document),
            Message::Status(status) => out.group("MessageHeader", |out| out.status(status)),
        });
        if let Message::Document(document) = message {
            self.group("edXMLBody", |out| out.manifest(document));
        }
        self.close("edXMLEnvelope");
        self.prefix = "";
        if let Message::Document(document) = message {
            self.group("AttachmentEncoded", |out| out.attachments(document, contents));
        }
        self.text.push_str("</edXML>\n");
    }

    fn status(&mut self, status: &StatusMessage) {
        if let Some(response) = &status.response_for {
            self.response_for(response);
        }
        self.organ("From", &status.from);
        self.element("StatusCode", status.status.code());
        self.optional("Description", &status.description);
        self.element("Timestamp", &moment_text(status.at));
        if let Some(staff) = &status.staff {
            self.staff(staff);
        }
    }

    fn organ(&mut self, name: &str, organ: &Organ) {
        self.group(name, |out| {
            out.element("OrganId", &organ.organ_id);
            out.optional("OrganizationInCharge", &organ.in_charge);
            out.element("OrganName", &organ.name);
            out.optional("OrganAdd", &organ.address);
            out.optional("Email", &organ.email);
            out.optional("Telephone", &organ.telephone);
            out.optional("Fax", &organ.fax);
            out.optional("Website", &organ.website);
        });
    }

    fn response_for(&mut self, response: &ResponseFor) {
        self.group("ResponseFor", |out| {
            out.element("OrganId", &response.organ_id);
            out.element("Code", &response.code);
            out.element("PromulgationDate", &date_text(response.promulgation_date));
            out.optional("DocumentId", &response.document_id);
        });
    }

    fn staff(&mut self, staff: &StaffInfo) {
        self.group("StaffInfo", |out| {
            out.optional("Department", &staff.department);
            out.optional("Staff", &staff.staff);
            out.optional("Email", &staff.email);
            out.optional("Mobile", &staff.mobile);
        });
    }

    fn document(&mut self, document: &DocumentMessage) {
        self.group("MessageHeader", |out| out.header(document));
        self.group("TraceHeaderList", |out| {
            for hop in &document.trace {
                out.group("TraceHeader", |out| {
                    out.element("OrganId", &hop.organ_id);
                    out.element("Timestamp", &moment_text(hop.at));
                });
            }
            if let Some(business) = &document.business {
                out.group("Bussiness", |out| out.business(business));
            }
        });
    }

    fn header(&mut self, document: &DocumentMessage) {
        self.organ("From", &document.from);
        for organ in &document.to {
            self.organ("To", organ);
        }
        self.element("DocumentId", &document.document_id);
        self.group("Code", |out| {
            out.element("CodeNumber", &document.code.number);
            out.element("CodeNotation", &document.code.notation);
        });
        self.group("PromulgationInfo", |out| {
            out.element("Place", &document.promulgation.place);
            out.element("PromulgationDate", &date_text(document.promulgation.date));
        });
        self.group("DocumentType", |out| {
            out.element("Type", &document.document_type.kind.to_string());
            out.optional("TypeDetail", &document.document_type.detail);
            out.element("TypeName", &document.document_type.name);
        });
        self.element("Subject", &document.subject);
        self.optional("Content", &document.content);
        self.group("SignerInfo", |out| {
            out.optional("Competence", &document.signer.competence);
            out.element("Position", &document.signer.position);
            out.element("FullName", &document.signer.full_name);
        });
        if let Some(due) = document.due_date {
            self.element("DueDate", &date_text(due));
        }
        self.texts("ToPlaces", "Place", &document.to_places);
        self.group("OtherInfo", |out| out.other(&document.other));
        for response in &document.response_for {
            self.response_for(response);
        }
        self.number("SteeringType", document.steering_type);
        self.optional("ResponseForTask", &document.response_for_task);
        self.optional("applicationType", &document.application_type);
    }

    fn texts(&mut self, list: &str, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.group(list, |out| values.iter().for_each(|value| out.element(name, value)));
        }
    }

    fn other(&mut self, other: &OtherInfo) {
        self.number("Priority", other.priority);
        self.optional("SphereOfPromulgation", &other.sphere);
        self.optional("TyperNotation", &other.typer_notation);
        self.number("PromulgationAmount", other.promulgation_amount);
        self.number("PageAmount", other.page_amount);
        if let Some(direction) = other.direction {
            self.element("Direction", if direction { "true" } else { "false" });
        }
        self.texts("Appendixes", "Appendix", &other.appendixes);
    }

    fn business(&mut self, business: &Business) {
        self.optional("DocumentId", &business.document_id);
        self.element("BussinessDocType", business.kind.code());
        self.optional("BussinessDocReason", &business.reason);
        if let Some(paper) = business.paper {
            self.element("Paper", if paper { "1" } else { "0" });
        }
        if let Some(update) = &business.update {
            self.group("BussinessDocumentInfo", |out| out.update(update));
        }
        if !business.replacements.is_empty() {
            self.group("ReplacementInfoList", |out| {
                for replaced in &business.replacements {
                    out.group("ReplacementInfo", |out| {
                        out.element("DocumentId", &replaced.document_id);
                        out.texts("OrganIdList", "OrganId", &replaced.organ_ids);
                    });
                }
            });
        }
        if let Some(staff) = &business.staff {
            self.staff(staff);
        }
    }

    fn update(&mut self, update: &UpdateInfo) {
        self.number("DocumentInfo", update.document_info);
        self.number("DocumentReceiver", update.document_receiver);
        if !update.receivers.is_empty() {
            self.group("ReceiverList", |out| {
                for receiver in &update.receivers {
                    out.group("Receiver", |out| {
                        out.element("OrganId", &receiver.organ_id);
                        out.element("ReceiverType", &receiver.receiver_type.to_string());
                    });
                }
            });
        }
    }

    fn manifest(&mut self, document: &DocumentMessage) {
        self.text.push_str("<edXML:edXMLManifest version=\"1.0\">\n");
        for one in &document.attachments {
            self.group("Reference", |out| {
                out.element("ContentId", &one.content_id);
                out.element("ContentType", &one.content_type);
                out.element("AttachmentName", &one.name);
                out.optional("Description", &one.description);
            });
        }
        self.close("edXMLManifest");
    }

    fn attachments(&mut self, document: &DocumentMessage, contents: &[&[u8]]) {
        for (one, bytes) in document.attachments.iter().zip(contents) {
            self.group("Attachment", |out| {
                out.element("ContentId", &one.content_id);
                out.element("AttachmentName", &one.name);
                out.optional("Description", &one.description);
                out.element("ContentType", &one.content_type);
                out.open("ContentTransferEncoded");
                BASE64.encode_append(bytes, &mut out.text);
                out.close("ContentTransferEncoded");
            });
        }
    }
}
