//! What a message says. The shape is also that of the JSON at the command line (docs/guide/edxml.md).
//!
//! A text that is empty is not in the message. Days and times are those of the wall clock, as the standard writes them.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::code::{BusinessKind, StatusCode};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// Sends a document, takes it back, brings it up to date, or replaces it.
    Document(Box<DocumentMessage>),
    /// Says what became of a document.
    Status(Box<StatusMessage>),
}

/// An organ (`From`, `To`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organ {
    /// Its identifier, such as `000.00.00.H41`.
    pub organ_id: String,
    /// The organ above it.
    pub in_charge: String,
    /// Its name, at most 200 characters.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// Mail address.
    pub email: String,
    /// Telephone number.
    pub telephone: String,
    /// Fax number.
    pub fax: String,
    /// Address on the web.
    pub website: String,
}

/// Number and notation of a document, which together are `05/TB-UBND`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The number, at most 11 characters.
    pub number: String,
    /// The notation, at most 30 characters.
    pub notation: String,
}

/// Where and when a document was issued.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promulgation {
    /// The place.
    pub place: String,
    /// The day.
    pub date: Date,
}

/// The kind of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentType {
    /// Its number in the national list: 1 for legal texts, 2 for administrative ones.
    #[serde(rename = "type")]
    pub kind: u32,
    /// Its number within that.
    #[serde(default)]
    pub detail: String,
    /// Its name, at most 100 characters.
    pub name: String,
}

/// Who signed a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerInfo {
    /// By what right, such as `KT. CHỦ TỊCH`.
    #[serde(default)]
    pub competence: String,
    /// The post, at most 100 characters.
    pub position: String,
    /// The name, at most 50 characters.
    pub full_name: String,
}

/// What else the header of a document says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OtherInfo {
    /// Urgency, 0 for none.
    pub priority: Option<u32>,
    /// How far it may spread.
    pub sphere: String,
    /// Mark of whoever typed it (`TyperNotation`).
    pub typer_notation: String,
    /// Copies that were issued.
    pub promulgation_amount: Option<u32>,
    /// Pages.
    pub page_amount: Option<u32>,
    /// Whether it directs others.
    pub direction: Option<bool>,
    /// Names of appendixes.
    pub appendixes: Vec<String>,
}

/// The document that another one, or a status, answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseFor {
    /// The organ that issued it.
    pub organ_id: String,
    /// Number and notation, `05/TB-UBND`.
    pub code: String,
    /// When it was issued.
    pub promulgation_date: Date,
    /// Its identifier; some systems send none.
    #[serde(default)]
    pub document_id: String,
}

impl ResponseFor {
    /// Whether this means that document: by identifier when there is one, else by organ, number and day.
    pub fn means(&self, document: &DocumentMessage) -> bool {
        if self.organ_id != document.from.organ_id {
            return false;
        }
        if !self.document_id.is_empty() {
            return self.document_id == document.document_id;
        }
        self.code == document.code_text() && self.promulgation_date == document.promulgation.date
    }
}

/// One hop of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceHeader {
    /// The organ whose system passed it on.
    pub organ_id: String,
    /// When.
    pub at: DateTime,
}

/// Who can be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StaffInfo {
    /// Unit.
    pub department: String,
    /// Name.
    pub staff: String,
    /// Mail address.
    pub email: String,
    /// Telephone number.
    pub mobile: String,
}

/// A receiver an update concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// The organ.
    pub organ_id: String,
    /// What becomes of it: a code of the exchange.
    pub receiver_type: u32,
}

/// What an update brings up to date (`BussinessDocumentInfo`). The lists behind the codes are the exchange's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpdateInfo {
    /// Whether the document itself changes.
    pub document_info: Option<u32>,
    /// Whether its receivers change.
    pub document_receiver: Option<u32>,
    /// The receivers concerned.
    pub receivers: Vec<Receiver>,
}

/// A document that is replaced, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The document that no longer holds.
    pub document_id: String,
    /// The organs that had it.
    pub organ_ids: Vec<String>,
}

/// What a message does with a document (`Bussiness`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// What it does.
    #[serde(rename = "type")]
    pub kind: BusinessKind,
    /// The document it concerns; none for a new one.
    #[serde(default)]
    pub document_id: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Whether paper follows.
    #[serde(default)]
    pub paper: Option<bool>,
    /// What an update changes.
    #[serde(default)]
    pub update: Option<UpdateInfo>,
    /// What a replacement replaces.
    #[serde(default)]
    pub replacements: Vec<Replacement>,
    /// Who can be asked.
    #[serde(default)]
    pub staff: Option<StaffInfo>,
}

/// A file of a document; its bytes stand beside the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// `cid:` and a text that no other attachment of the message has.
    pub content_id: String,
    /// The file name, no path.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// Its media type.
    #[serde(default)]
    pub content_type: String,
}

/// A message that carries a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentMessage {
    /// Who sends it.
    pub from: Organ,
    /// Who gets it.
    pub to: Vec<Organ>,
    /// Its identifier: a UUID, or `OrganId,yyyy/MM/dd,number/notation`.
    #[serde(default)]
    pub document_id: String,
    /// Number and notation.
    pub code: Code,
    /// Where and when it was issued.
    pub promulgation: Promulgation,
    /// What kind it is.
    pub document_type: DocumentType,
    /// What it is about, at most 500 characters.
    pub subject: String,
    /// What it says, in short.
    #[serde(default)]
    pub content: String,
    /// Who signed it.
    pub signer: SignerInfo,
    /// Until when an answer is wanted.
    #[serde(default)]
    pub due_date: Option<Date>,
    /// Places of deposit (`Nơi nhận`).
    #[serde(default)]
    pub to_places: Vec<String>,
    /// What else there is to say.
    #[serde(default)]
    pub other: OtherInfo,
    /// What it answers.
    #[serde(default)]
    pub response_for: Vec<ResponseFor>,
    /// How it directs: a code of the exchange.
    #[serde(default)]
    pub steering_type: Option<u32>,
    /// Code of the task it answers.
    #[serde(default)]
    pub response_for_task: String,
    /// Which application it belongs to.
    #[serde(default)]
    pub application_type: String,
    /// Its way so far.
    #[serde(default)]
    pub trace: Vec<TraceHeader>,
    /// What it does; some systems leave it out, and mean a new document.
    #[serde(default)]
    pub business: Option<Business>,
    /// Its files.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

impl DocumentMessage {
    /// Number and notation in one, as `ResponseFor` writes it.
    pub fn code_text(&self) -> String {
        format!("{}/{}", self.code.number, self.code.notation)
    }

    /// How an answer names this document.
    pub fn as_response_for(&self) -> ResponseFor {
        ResponseFor {
            organ_id: self.from.organ_id.clone(),
            code: self.code_text(),
            promulgation_date: self.promulgation.date,
            document_id: self.document_id.clone(),
        }
    }
}

/// A message that says what became of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusMessage {
    /// Of which document; some systems leave it empty.
    pub response_for: Option<ResponseFor>,
    /// Who says it.
    pub from: Organ,
    /// What became of it.
    pub status: StatusCode,
    /// Why, or more about it; mandatory with a refusal.
    #[serde(default)]
    pub description: String,
    /// When.
    pub at: DateTime,
    /// Who can be asked.
    #[serde(default)]
    pub staff: Option<StaffInfo>,
}

impl StatusMessage {
    /// The status an organ gives to a document it received.
    pub fn answer(document: &DocumentMessage, from: Organ, status: StatusCode, at: DateTime) -> StatusMessage {
        let response_for = Some(document.as_response_for());
        StatusMessage { response_for, from, status, description: String::new(), at, staff: None }
    }
}
