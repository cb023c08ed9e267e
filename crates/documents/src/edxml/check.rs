//! What a message that we write keeps, and what is remarked about others'.

use haidang_kernel::text::is_nfc;

use super::code::{BusinessKind, DocumentIdForm, is_organ_id};
use super::model::{Attachment, Business, DocumentMessage, Message, Organ, ResponseFor, StaffInfo, StatusMessage};
use super::rule::{Fault, Rule};
use super::{ATTACHMENT_LIMIT, LIST_LIMIT, VALUE_LIMIT};

/// Longest file name, in bytes: what file systems take.
const FILE_NAME: usize = 255;

/// Judges a message by every rule of the standard and this house; empty when it keeps them all. The bytes of
/// attachments are judged where they are read and written.
pub fn check(message: &Message) -> Vec<Fault> {
    let mut found = Faults(Vec::new());
    match message {
        Message::Document(document) => found.document(document),
        Message::Status(status) => found.status(status),
    }
    found.0
}

/// Most characters of a field, by its name in the standard.
fn longest(field: &str) -> usize {
    match field {
        "Subject" => 500,
        "OrganName" => 200,
        "Position" | "TypeName" => 100,
        "FullName" => 50,
        "CodeNotation" => 30,
        "CodeNumber" => 11,
        _ => VALUE_LIMIT,
    }
}

/// Characters that XML 1.0 can carry.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether a file name leads nowhere else than to a file.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.contains(['/', '\\']) && !name.contains("..") && !name.contains(char::is_control) && name != "."
}

struct Faults(Vec<Fault>);

impl Faults {
    fn note(&mut self, rule: Rule, place: impl Into<String>) {
        self.0.push(Fault::new(rule, place));
    }

    fn need(&mut self, holds: bool, rule: Rule, place: impl Into<String>) {
        if !holds {
            self.note(rule, place);
        }
    }

    /// A text that may be missing.
    fn text(&mut self, value: &str, place: &str) {
        let field = place.rsplit('/').next().unwrap_or(place);
        let length = value.chars().take(VALUE_LIMIT + 1).count();
        self.need(length <= longest(field), Rule::TooLong, place);
        self.need(value.chars().all(is_xml), Rule::Malformed, place);
        self.need(is_nfc(value), Rule::NotComposed, place);
        self.need(value.trim() == value, Rule::BlanksAround, place);
    }

    fn required(&mut self, value: &str, place: &str) {
        self.need(!value.trim().is_empty(), Rule::Missing, place);
        self.text(value, place);
    }

    fn organ_id(&mut self, value: &str, place: &str) {
        self.required(value, place);
        self.need(value.is_empty() || is_organ_id(value), Rule::Malformed, place);
    }

    fn list(&mut self, length: usize, place: &str) {
        self.need(length <= LIST_LIMIT, Rule::TooMany, place);
    }

    fn organ(&mut self, organ: &Organ, place: &str) {
        self.organ_id(&organ.organ_id, &format!("{place}/OrganId"));
        self.required(&organ.name, &format!("{place}/OrganName"));
        for (field, value) in [
            ("OrganizationInCharge", &organ.in_charge),
            ("OrganAdd", &organ.address),
            ("Email", &organ.email),
            ("Telephone", &organ.telephone),
            ("Fax", &organ.fax),
            ("Website", &organ.website),
        ] {
            self.text(value, &format!("{place}/{field}"));
        }
    }

    fn response_for(&mut self, response: &ResponseFor, place: &str) {
        self.required(&response.organ_id, &format!("{place}/OrganId"));
        self.required(&response.code, &format!("{place}/Code"));
        self.required(&response.document_id, &format!("{place}/DocumentId"));
        self.year(response.promulgation_date, &format!("{place}/PromulgationDate"));
    }

    /// Four digits are written, so years outside them have no form.
    fn year(&mut self, date: jiff::civil::Date, place: &str) {
        self.need((1..=9999).contains(&date.year()), Rule::Malformed, place);
    }

    /// Fractions of a second have no form.
    fn moment(&mut self, at: jiff::civil::DateTime, place: &str) {
        self.year(at.date(), place);
        self.need(at.subsec_nanosecond() == 0, Rule::Malformed, place);
    }

    fn staff(&mut self, staff: &StaffInfo, place: &str) {
        for (field, value) in [
            ("Department", &staff.department),
            ("Staff", &staff.staff),
            ("Email", &staff.email),
            ("Mobile", &staff.mobile),
        ] {
            self.text(value, &format!("{place}/{field}"));
        }
    }

    fn status(&mut self, status: &StatusMessage) {
        match &status.response_for {
            Some(response) => self.response_for(response, "ResponseFor"),
            None => self.note(Rule::NotAnswered, "ResponseFor"),
        }
        self.organ(&status.from, "From");
        self.text(&status.description, "Description");
        if status.status.needs_reason() {
            self.need(!status.description.trim().is_empty(), Rule::ReasonMissing, "Description");
        }
        self.moment(status.at, "Timestamp");
        if let Some(staff) = &status.staff {
            self.need(!staff.staff.is_empty(), Rule::Missing, "StaffInfo/Staff");
            self.staff(staff, "StaffInfo");
        }
    }

    fn document(&mut self, document: &DocumentMessage) {
        self.organ(&document.from, "From");
        self.need(!document.to.is_empty(), Rule::Missing, "To");
        self.list(document.to.len(), "To");
        for (number, organ) in document.to.iter().enumerate() {
            self.organ(organ, &format!("To[{}]", number + 1));
        }
        self.document_id(&document.document_id, "DocumentId");
        self.required(&document.code.number, "Code/CodeNumber");
        self.required(&document.code.notation, "Code/CodeNotation");
        self.required(&document.promulgation.place, "PromulgationInfo/Place");
        self.year(document.promulgation.date, "PromulgationInfo/PromulgationDate");
        self.required(&document.document_type.name, "DocumentType/TypeName");
        self.text(&document.document_type.detail, "DocumentType/TypeDetail");
        self.required(&document.subject, "Subject");
        self.text(&document.content, "Content");
        self.text(&document.signer.competence, "SignerInfo/Competence");
        self.required(&document.signer.position, "SignerInfo/Position");
        self.required(&document.signer.full_name, "SignerInfo/FullName");
        if let Some(due) = document.due_date {
            self.year(due, "DueDate");
        }
        self.other(document);
        self.list(document.response_for.len(), "ResponseFor");
        for (number, response) in document.response_for.iter().enumerate() {
            self.response_for(response, &format!("ResponseFor[{}]", number + 1));
        }
        self.text(&document.response_for_task, "ResponseForTask");
        self.text(&document.application_type, "applicationType");
        self.trace(document);
        match &document.business {
            Some(business) => self.business(business),
            None => self.note(Rule::Missing, "TraceHeaderList/Bussiness"),
        }
        self.attachments(&document.attachments);
    }

    /// An identifier of one of the two forms; the composed one names an organ.
    fn document_id(&mut self, id: &str, place: &str) {
        self.required(id, place);
        let fits = match DocumentIdForm::of(id) {
            DocumentIdForm::Uuid => true,
            DocumentIdForm::Composed { organ_id, .. } => is_organ_id(organ_id),
            DocumentIdForm::Other => false,
        };
        self.need(id.is_empty() || fits, Rule::Malformed, place);
    }

    fn other(&mut self, document: &DocumentMessage) {
        let other = &document.other;
        for (field, value) in [
            ("Priority", other.priority),
            ("PromulgationAmount", other.promulgation_amount),
            ("PageAmount", other.page_amount),
        ] {
            self.need(value.is_some(), Rule::Missing, format!("OtherInfo/{field}"));
        }
        self.text(&other.sphere, "OtherInfo/SphereOfPromulgation");
        self.text(&other.typer_notation, "OtherInfo/TyperNotation");
        for (values, place) in
            [(&other.appendixes, "OtherInfo/Appendixes/Appendix"), (&document.to_places, "ToPlaces/Place")]
        {
            self.list(values.len(), place);
            for value in values {
                self.required(value, place);
            }
        }
    }

    fn trace(&mut self, document: &DocumentMessage) {
        self.need(!document.trace.is_empty(), Rule::Missing, "TraceHeaderList/TraceHeader");
        self.list(document.trace.len(), "TraceHeaderList/TraceHeader");
        for hop in &document.trace {
            self.required(&hop.organ_id, "TraceHeaderList/TraceHeader/OrganId");
            self.moment(hop.at, "TraceHeaderList/TraceHeader/Timestamp");
        }
        let ordered = document.trace.is_sorted_by_key(|hop| hop.at);
        self.need(ordered, Rule::TraceOrder, "TraceHeaderList");
    }

    fn business(&mut self, business: &Business) {
        self.need(business.paper.is_some(), Rule::Missing, "Bussiness/Paper");
        self.text(&business.reason, "Bussiness/BussinessDocReason");
        self.text(&business.document_id, "Bussiness/DocumentId");
        if business.kind != BusinessKind::New {
            self.need(!business.reason.trim().is_empty(), Rule::ReasonMissing, "Bussiness/BussinessDocReason");
        }
        if matches!(business.kind, BusinessKind::Recall | BusinessKind::Update) {
            self.required(&business.document_id, "Bussiness/DocumentId");
        }
        let place = "Bussiness/BussinessDocumentInfo";
        match &business.update {
            Some(update) => {
                self.need(update.document_info.is_some(), Rule::Missing, format!("{place}/DocumentInfo"));
                self.need(update.document_receiver.is_some(), Rule::Missing, format!("{place}/DocumentReceiver"));
                self.list(update.receivers.len(), place);
                for receiver in &update.receivers {
                    self.organ_id(&receiver.organ_id, &format!("{place}/ReceiverList/Receiver/OrganId"));
                }
            }
            None => self.need(business.kind != BusinessKind::Update, Rule::Missing, place),
        }
        let place = "Bussiness/ReplacementInfoList";
        let replaces = business.kind == BusinessKind::Replace;
        self.need(!replaces || !business.replacements.is_empty(), Rule::Missing, place);
        self.list(business.replacements.iter().map(|one| one.organ_ids.len()).sum(), place);
        for replaced in &business.replacements {
            self.required(&replaced.document_id, &format!("{place}/ReplacementInfo/DocumentId"));
            self.need(!replaced.organ_ids.is_empty(), Rule::Missing, format!("{place}/ReplacementInfo/OrganIdList"));
            for organ_id in &replaced.organ_ids {
                self.organ_id(organ_id, &format!("{place}/ReplacementInfo/OrganIdList/OrganId"));
            }
        }
        if let Some(staff) = &business.staff {
            self.staff(staff, "Bussiness/StaffInfo");
        }
    }

    fn attachments(&mut self, attachments: &[Attachment]) {
        self.need(!attachments.is_empty(), Rule::NoAttachment, "edXMLManifest");
        self.need(attachments.len() <= ATTACHMENT_LIMIT, Rule::TooMany, "edXMLManifest");
        let mut ids: Vec<&str> = attachments.iter().map(|one| one.content_id.as_str()).collect();
        ids.sort_unstable();
        let twice = ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
        self.need(!twice, Rule::IdentifierRepeated, "edXMLManifest/Reference/ContentId");
        for (number, one) in attachments.iter().enumerate() {
            let place = format!("Attachment[{}]", number + 1);
            self.text(&one.content_id, &format!("{place}/ContentId"));
            let rest = one.content_id.strip_prefix("cid:").unwrap_or_default();
            let plain = !rest.is_empty() && !rest.contains(char::is_whitespace);
            self.need(plain, Rule::Malformed, format!("{place}/ContentId"));
            self.required(&one.name, &format!("{place}/AttachmentName"));
            self.need(is_plain_name(&one.name), Rule::NameIsPath, format!("{place}/AttachmentName"));
            self.need(one.name.len() <= FILE_NAME, Rule::TooLong, format!("{place}/AttachmentName"));
            self.text(&one.description, &format!("{place}/Description"));
            self.required(&one.content_type, &format!("{place}/ContentType"));
        }
    }
}
