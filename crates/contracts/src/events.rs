//! Facts other rooms may use later. They travel in the outbox, written in the same transaction as the fact.

use serde::{Deserialize, Serialize};

/// A case was submitted. Kind `case.submitted`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseSubmitted {
    /// Id of the case.
    pub case_id: String,
    /// Its number.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// Whose case it is.
    pub owner: String,
    /// Agency that receives.
    pub receiving_agency: String,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`CaseSubmitted`].
pub const CASE_SUBMITTED: &str = "case.submitted";

/// A case moved: any transition. Kind `case.moved`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CaseMoved {
    /// Id of the case.
    pub case_id: String,
    /// Its number.
    pub case_no: String,
    /// Whose case it is.
    pub owner: String,
    /// Sequence number of the event within the case, from 1.
    pub seq: i64,
    /// Action that moved it.
    pub action: String,
    /// State after the action.
    pub state: String,
    /// National status after the action.
    pub national_status: Option<i64>,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`CaseMoved`].
pub const CASE_MOVED: &str = "case.moved";

/// A result was issued. Kind `result.issued`; the vault keeps it for its owner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResultIssued {
    /// Id of the result.
    pub result_id: String,
    /// Case it decides.
    pub case_id: String,
    /// Whose vault receives it.
    pub owner: String,
    /// Result code, such as `KQ.G15.000031`.
    pub code: String,
    /// Title in Vietnamese.
    pub title: String,
    /// Official number.
    pub number: String,
    /// Issuing agency's name.
    pub issuer: String,
    /// Day of issue, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Last day of validity, when limited.
    pub valid_until: Option<String>,
    /// SHA-256 of the file, hex; also its address in the blob store.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// Public verification token.
    pub token: String,
}
/// Kind of [`ResultIssued`].
pub const RESULT_ISSUED: &str = "result.issued";

/// A document was digitised or uploaded and accepted with a case. Kind `document.kept`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentKept {
    /// Id of the document.
    pub document_id: String,
    /// Case it came with.
    pub case_id: String,
    /// Whose vault receives it.
    pub owner: String,
    /// Component code.
    pub code: String,
    /// Title in Vietnamese.
    pub title: String,
    /// `digitised` or `uploaded`.
    pub origin: String,
    /// Agency that digitised it, or the owner.
    pub issuer: String,
    /// Day, `YYYY-MM-DD`.
    pub kept_on: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
}
/// Kind of [`DocumentKept`].
pub const DOCUMENT_KEPT: &str = "document.kept";

/// Somebody should know that something happened to their account: a sign-in from a device not seen before, a changed
/// password, a recovery. Kind `account.noticed`; channels outside the city's pages may pass it on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountNoticed {
    /// Whose account.
    pub person: String,
    /// What happened, such as `new_device`.
    pub kind: String,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`AccountNoticed`].
pub const ACCOUNT_NOTICED: &str = "account.noticed";

/// A session ended before its time: sign-out, another device, a lost right. Kind `session.ended`; the provider tells
/// the systems that were signed in through it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionEnded {
    /// Name of the session, the claim `sid`.
    pub sid: String,
    /// Whose it was.
    pub person: String,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`SessionEnded`].
pub const SESSION_ENDED: &str = "session.ended";

/// Somebody took a consent back. Kind `consent.withdrawn`; the provider revokes the grants of that purpose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    /// Id of the receipt of the withdrawal.
    pub receipt: String,
    /// Whose data.
    pub subject: String,
    /// Code of the purpose.
    pub purpose: String,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`ConsentWithdrawn`].
pub const CONSENT_WITHDRAWN: &str = "consent.withdrawn";

/// A mandate changed: proposed, accepted, refused, ended. Kind `mandate.changed`; the provider ends what it gave out on
/// its strength.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MandateChanged {
    /// Id of the mandate.
    pub mandate: String,
    /// Who is acted for.
    pub principal: String,
    /// Who acts.
    pub delegate: String,
    /// State after the change, such as `ACTIVE`.
    pub state: String,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`MandateChanged`].
pub const MANDATE_CHANGED: &str = "mandate.changed";

/// Somebody's data was opened in an emergency. Kind `access.emergency`; the person is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmergencyOpened {
    /// Id of the emergency access.
    pub emergency: String,
    /// Whose data.
    pub subject: String,
    /// Code of the agency that asked.
    pub agency: String,
    /// Microseconds UTC.
    pub at: i64,
}
/// Kind of [`EmergencyOpened`].
pub const EMERGENCY_OPENED: &str = "access.emergency";

/// The file of a document was taken in an emergency; the person is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmergencyTaken {
    /// Id of the emergency access.
    pub emergency: String,
    /// Id of the document.
    pub item: String,
    /// Opaque id of the person.
    pub subject: String,
    /// Code of the agency.
    pub agency: String,
    /// When, microseconds UTC.
    pub at: i64,
}
/// Kind of [`EmergencyTaken`].
pub const EMERGENCY_TAKEN: &str = "access.emergency_taken";

/// A complaint about an access was answered; whoever complained is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessAnswered {
    /// Id of the complaint.
    pub complaint: String,
    /// Opaque id of the human who complained.
    pub to: String,
    /// When, microseconds UTC.
    pub at: i64,
}
/// Kind of [`AccessAnswered`].
pub const ACCESS_ANSWERED: &str = "access.answered";

/// A document was issued to an organ of the same city. Kind `document.dispatched`; that organ's arrivals take it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentDispatched {
    /// Id of the dispatch: one receiver of one document.
    pub dispatch: String,
    /// Id of the document.
    pub document: String,
    /// Code of the organ that issued it.
    pub from_agency: String,
    /// Its name in Vietnamese.
    pub from_name: String,
    /// Code of the organ that receives it.
    pub to_agency: String,
    /// Số.
    pub code_number: i64,
    /// Ký hiệu, such as `QĐ-UBND`.
    pub code_notation: String,
    /// Date printed on it, `YYYY-MM-DD`.
    pub issued_on: String,
    /// Id of the kind, such as `quyet_dinh`.
    pub kind: String,
    /// Trích yếu.
    pub subject: String,
    /// SHA-256 of the file, hex; also its address in the blob store.
    pub sha256: String,
    /// Size in bytes.
    pub size: i64,
    /// Name of whoever signed.
    pub signer: String,
    /// 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc.
    pub urgency: i64,
    /// When an answer is due, `YYYY-MM-DD`.
    pub due_date: Option<String>,
}
/// Kind of [`DocumentDispatched`].
pub const DOCUMENT_DISPATCHED: &str = "document.dispatched";

/// A document that was dispatched no longer stands as it was sent. Kind `document.withdrawn`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentWithdrawn {
    /// Id of the dispatch that told the receiver of the document.
    pub dispatch: String,
    /// Id of the document.
    pub document: String,
    /// `recall`, `replace` or `corrigendum`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Id of the document that replaces or corrects it.
    pub by_document: Option<String>,
}
/// Kind of [`DocumentWithdrawn`].
pub const DOCUMENT_WITHDRAWN: &str = "document.withdrawn";

/// The receiver says what became of a dispatched document. Kind `document.status`; key is the dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentStatus {
    /// Id of the dispatch.
    pub dispatch: String,
    /// Code of the exchange: 01 arrived, 02 refused, 03 accepted, 04 assigned, 05 in progress, 06 done, 15 agreed and 16
    /// refused (a recall or an update).
    pub status: String,
    /// When, microseconds UTC.
    pub at: i64,
    /// Why, with 02 and 16.
    pub reason: Option<String>,
}
/// Kind of [`DocumentStatus`].
pub const DOCUMENT_STATUS: &str = "document.status";
