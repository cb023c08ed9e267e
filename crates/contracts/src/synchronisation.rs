//! What `services` tells of a case to whoever reports it to others (the national portal, registers of other agencies), and
//! hears back about it.

use crate::ContractError;
use crate::actor::PersonId;
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

/// Who did something to a case, as far as others may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoryActor {
    /// An official in a post.
    Official {
        /// Name of the official.
        name: String,
        /// Title in Vietnamese as printed; empty when the post had none.
        title: String,
        /// Code of the agency for which it was done.
        agency: String,
    },
    /// Whoever the case belongs to, or somebody acting for them.
    Applicant,
    /// The platform itself.
    System,
}

/// One event of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryEvent {
    /// Number within the case, from 1.
    pub seq: i64,
    /// What was done, such as `accept`.
    pub action: String,
    /// National status (`TrangThaiHoSo`, 1 to 10) after it.
    pub status: i64,
    /// Who did it.
    pub by: StoryActor,
    /// When.
    pub at: Timestamp,
}

/// A paper that came with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryPaper {
    /// Opaque id.
    pub id: String,
    /// Code of the component, when the procedure has one.
    pub code: Option<String>,
    /// Name of the file as the applicant gave it.
    pub file_name: String,
    /// `uploaded`, `digitised` or `reused`.
    pub origin: String,
    /// When it came.
    pub at: Timestamp,
}

/// A fee line of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryFee {
    /// Code, such as `LP01`.
    pub code: String,
    /// `phi` or `le_phi`.
    pub kind: String,
    /// Name in Vietnamese.
    pub name: String,
    /// Amount in đồng.
    pub amount: i64,
    /// Moment of collection: 1 at intake, 2 with a supplement, 4 with the result.
    pub collect_at: i64,
}

/// A request for a supplement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorySupplement {
    /// 1 for the first one.
    pub seq: i64,
    /// What is missing, in the official's words.
    pub reason: String,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When the applicant answered.
    pub answered_at: Option<Timestamp>,
    /// Date promised before.
    pub due_before: Option<Timestamp>,
    /// Date promised after the answer.
    pub due_after: Option<Timestamp>,
}

/// A result that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryResult {
    /// Opaque id.
    pub id: String,
    /// Result code, such as `KQ.G15.000031`.
    pub code: String,
    /// Title in Vietnamese.
    pub title: String,
    /// Public address at which anybody checks it.
    pub address: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it was declared void.
    pub revoked_at: Option<Timestamp>,
}

/// Everything of a case that the national portal is told. Personal data: who reads it, passes it on by law and keeps it
/// no longer than that takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStory {
    /// Opaque id.
    pub id: String,
    /// Official number.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// Name of the procedure in Vietnamese.
    pub procedure_name: String,
    /// Code of its field.
    pub field: String,
    /// Name of its field in Vietnamese.
    pub field_name: String,
    /// Name of the owner as filed.
    pub owner_name: String,
    /// Whether the owner is an organisation.
    pub owner_is_organisation: bool,
    /// `online`, `direct` or `postal`.
    pub channel: String,
    /// Code of the agency that decides, or that received while nobody knows who decides.
    pub agency: String,
    /// Name of that agency in Vietnamese.
    pub agency_name: String,
    /// When intake was valid.
    pub accepted_at: Option<Timestamp>,
    /// The date last promised.
    pub promised_at: Option<Timestamp>,
    /// When work ended.
    pub ended_at: Option<Timestamp>,
    /// When the result was in the owner's hands.
    pub returned_at: Option<Timestamp>,
    /// Events in order, never empty.
    pub events: Vec<StoryEvent>,
    /// Papers that came with it.
    pub papers: Vec<StoryPaper>,
    /// Fee lines.
    pub fees: Vec<StoryFee>,
    /// Requests for supplements, in order.
    pub supplements: Vec<StorySupplement>,
    /// Issued results, newest first.
    pub results: Vec<StoryResult>,
}

/// A case that is reported to the portal, without anything personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedCase {
    /// Official number.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// Code of the agency that decides, or that received.
    pub agency: String,
    /// National status now, 1 to 10.
    pub status: i64,
    /// Number of the last event.
    pub last_seq: i64,
}

/// A case in a list of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOfDay {
    /// Opaque id.
    pub id: String,
    /// Official number.
    pub case_no: String,
    /// National status now, 1 to 10.
    pub status: i64,
    /// Whether cases of its procedure are reported.
    pub reported: bool,
}

/// Where a case stands with the national portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncTrack {
    /// The portal knows everything.
    Clean,
    /// A message was refused; people must look at it.
    Failed,
    /// The portal holds something that ours cannot follow.
    Conflict,
}

/// A case whose result was issued, with what the register of another agency must be told. Personal data, as in
/// [`CaseStory`].
#[derive(Debug, Clone, PartialEq)]
pub struct DecidedCase {
    /// Official number.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// Code of the agency that decided.
    pub agency: String,
    /// Code of its commune; none for an agency of the whole city.
    pub commune: Option<String>,
    /// Day on which it was accepted.
    pub accepted_on: Option<Date>,
    /// Day on which the result was issued; none before.
    pub issued_on: Option<Date>,
    /// Number of the result.
    pub result_no: Option<String>,
    /// Who issued it.
    pub issued_by: Option<PersonId>,
    /// Answers that count, by the keys of the form.
    pub answers: serde_json::Value,
}

/// By what law the data of a case go to whom, for the owner's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// The act.
    pub legal_basis: String,
    /// Purpose in Vietnamese.
    pub purpose: String,
}

/// Answered by the room of cases to whoever passes results on.
#[async_trait]
pub trait DecidedCases: Send + Sync {
    /// The case with this id, or `None`. With a disclosure the owner's data leave the city, and the owner's log says so
    /// before this answers.
    async fn decided_case(
        &self,
        id: &str,
        discloses: Option<&Disclosure>,
    ) -> Result<Option<DecidedCase>, ContractError>;
}

/// Answered by the room of cases.
#[async_trait]
pub trait CaseStories: Send + Sync {
    /// The case with this id; `None` when there is none or cases of its procedure are not reported.
    async fn reported_case(&self, id: &str) -> Result<Option<ReportedCase>, ContractError>;
    /// Everything about the case with this id, or `None`. Where it `discloses`, the owner's data leave the city, and the
    /// owner's log says so before this answers.
    async fn case_story(&self, id: &str, discloses: bool) -> Result<Option<CaseStory>, ContractError>;
    /// Cases that were filed on a day of the city, by id, after an id (empty for the first page).
    async fn cases_of_day(&self, day: Date, after: &str, limit: i64) -> Result<Vec<CaseOfDay>, ContractError>;
    /// Notes where the case stands with the portal, unless something happened to it after event `seq`.
    async fn note_synchronised(&self, id: &str, seq: i64, track: SyncTrack) -> Result<(), ContractError>;
}
