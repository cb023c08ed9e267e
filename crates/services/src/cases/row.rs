//! Rows of this room as the code holds them.

use crate::model::{ActionKind, CaseState, Channel, DeliveryState, FinanceState, SyncState};
use haidang_contracts::actor::{Case, CaseId, PersonId};
use haidang_kernel::id::Id;
use haidang_kernel::money::Money;
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use serde_json::Value as Json;

/// Marker of a draft.
#[derive(Debug, Clone, Copy)]
pub enum Draft {}
/// Marker of a task.
#[derive(Debug, Clone, Copy)]
pub enum Task {}
/// Marker of an attached file.
#[derive(Debug, Clone, Copy)]
pub enum Document {}
/// Marker of a result.
#[derive(Debug, Clone, Copy)]
pub enum CaseResult {}
/// Marker of a consultation.
#[derive(Debug, Clone, Copy)]
pub enum Consultation {}

/// A case as stored.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// Opaque id.
    pub id: CaseId,
    /// Official number.
    pub case_no: String,
    /// Number given by the national portal.
    pub external_no: Option<String>,
    /// Procedure version pinned for life.
    pub version_id: String,
    /// Procedure code.
    pub procedure_code: String,
    /// Variant of the procedure, such as `1.001193.01`.
    pub variant: Option<String>,
    /// Who sent it: the owner, a representative, or the clerk at the counter.
    pub filed_by: PersonId,
    /// Whose case it is.
    pub owner_id: PersonId,
    /// Name of the owner as filed.
    pub owner_name: String,
    /// Citizen or tax number of the owner as filed.
    pub owner_number: Option<String>,
    /// Intake channel.
    pub channel: Channel,
    /// One-stop unit that receives and hands over.
    pub receiving_agency: String,
    /// Agency that decides; `None` while nobody knows.
    pub competent_agency: Option<String>,
    /// The answers of the form, one flat object.
    pub answers: Json,
    /// Language the applicant chose, `vi` or `en`.
    pub language: String,
    /// When it was sent.
    pub submitted_at: Timestamp,
    /// When intake was valid; the clock starts here.
    pub accepted_at: Option<Timestamp>,
    /// The date the clock gives now; `None` while paused or without a limit.
    pub due_at: Option<Timestamp>,
    /// The date last promised by a signed act (forms 01, 02, 04).
    pub promised_at: Option<Timestamp>,
    /// The limit as pinned at submission: unit, quantity, pausing reasons, legal line.
    pub limit: PinnedLimit,
    /// When work ended.
    pub ended_at: Option<Timestamp>,
    /// When the result was in the applicant's hands.
    pub returned_at: Option<Timestamp>,
    /// Business track.
    pub state: CaseState,
    /// State before a withdrawal was asked for.
    pub state_before: Option<CaseState>,
    /// Step of the procedure the case stands on.
    pub step: String,
    /// Finance track.
    pub finance_state: FinanceState,
    /// Delivery track.
    pub delivery_state: DeliveryState,
    /// `counter`, `post` or `electronic`.
    pub delivery_way: String,
    /// Synchronisation track.
    pub sync_state: SyncState,
    /// Supplements asked so far.
    pub supplements: i64,
    /// Secret of the receipt's QR code, 128 bits.
    pub lookup_token: String,
    /// Short code printed on the receipt, asked together with the number.
    pub lookup_code: String,
    /// Grows with every change; guards against two writers.
    pub revision: i64,
    /// Last change.
    pub updated_at: Timestamp,
}

/// The time limit a case was promised, kept with the case so that no later data can move it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PinnedLimit {
    /// The limit itself.
    pub limit: haidang_kernel::calendar::TimeLimit,
    /// Reasons that stop the clock.
    pub pauses: Vec<String>,
    /// Legal line.
    pub basis: String,
}

fn enumeration<T>(row: &Row, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    let text = row.text(column)?;
    parse(&text).ok_or_else(|| StoreError::Column { column: column.to_owned(), reason: "not in the list".to_owned() })
}

impl CaseRow {
    /// Reads a row of `services_case`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id::<Case>("id")?.cast(),
            case_no: row.text("case_no")?,
            external_no: row.opt_text("external_no")?,
            version_id: row.text("version_id")?,
            procedure_code: row.text("procedure_code")?,
            variant: row.opt_text("variant")?,
            filed_by: row.id("filed_by")?,
            owner_id: row.id("owner_id")?,
            owner_name: row.text("owner_name")?,
            owner_number: row.opt_text("owner_number")?,
            channel: enumeration(row, "channel", Channel::parse)?,
            receiving_agency: row.text("receiving_agency")?,
            competent_agency: row.opt_text("competent_agency")?,
            answers: row.json("answers")?,
            language: row.text("language")?,
            submitted_at: row.timestamp("submitted_at")?,
            accepted_at: row.opt_timestamp("accepted_at")?,
            due_at: row.opt_timestamp("due_at")?,
            promised_at: row.opt_timestamp("promised_at")?,
            limit: row.json("limit_body")?,
            ended_at: row.opt_timestamp("ended_at")?,
            returned_at: row.opt_timestamp("returned_at")?,
            state: enumeration(row, "state", CaseState::parse)?,
            state_before: row.opt_text("state_before")?.as_deref().and_then(CaseState::parse),
            step: row.text("step")?,
            finance_state: enumeration(row, "finance_state", FinanceState::parse)?,
            delivery_state: enumeration(row, "delivery_state", DeliveryState::parse)?,
            delivery_way: row.text("delivery_way")?,
            sync_state: enumeration(row, "sync_state", SyncState::parse)?,
            supplements: row.integer("supplements")?,
            lookup_token: row.text("lookup_token")?,
            lookup_code: row.text("lookup_code")?,
            revision: row.integer("revision")?,
            updated_at: row.timestamp("updated_at")?,
        })
    }

    /// The agency that decides, or while unknown the one that received.
    pub fn deciding_agency(&self) -> &str {
        self.competent_agency.as_deref().unwrap_or(&self.receiving_agency)
    }
}

/// An open or closed piece of work.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// Opaque id.
    pub id: Id<Task>,
    /// Case it belongs to.
    pub case_id: CaseId,
    /// `step`, `consultation` or `coordination`.
    pub kind: String,
    /// Step of the procedure.
    pub step: String,
    /// Agency whose work it is.
    pub agency: String,
    /// Role that may do it.
    pub role: String,
    /// Official who took it or was given it.
    pub assignee_id: Option<PersonId>,
    /// End of the internal budget.
    pub budget_due_at: Option<Timestamp>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Who closed it.
    pub closed_by: Option<PersonId>,
    /// Action that closed it.
    pub outcome: Option<String>,
}

impl TaskRow {
    /// Reads a row of `services_task`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            case_id: row.id("case_id")?,
            kind: row.text("kind")?,
            step: row.text("step")?,
            agency: row.text("agency")?,
            role: row.text("role")?,
            assignee_id: row.opt_id("assignee_id")?,
            budget_due_at: row.opt_timestamp("budget_due_at")?,
            opened_at: row.timestamp("opened_at")?,
            closed_at: row.opt_timestamp("closed_at")?,
            closed_by: row.opt_id("closed_by")?,
            outcome: row.opt_text("outcome")?,
        })
    }
}

/// A draft as stored.
#[derive(Debug, Clone)]
pub struct DraftRow {
    /// Opaque id.
    pub id: Id<Draft>,
    /// Procedure version the questions come from.
    pub version_id: String,
    /// Procedure code.
    pub procedure_code: String,
    /// Who types.
    pub filed_by: PersonId,
    /// Whose case it will be.
    pub owner_id: PersonId,
    /// One-stop unit when a clerk types at the counter.
    pub filed_at_agency: Option<String>,
    /// Intake channel.
    pub channel: Channel,
    /// One-stop unit chosen to receive.
    pub receiving_agency: Option<String>,
    /// Answers so far.
    pub answers: Json,
    /// What the registers said, by field key: `{ key: Known }`.
    pub known: Json,
    /// Exemptions from fees the applicant claims.
    pub claimed: Vec<String>,
    /// Pages answered without an error.
    pub pages_done: Vec<String>,
    /// Grows with every save.
    pub revision: i64,
    /// Last save.
    pub updated_at: Timestamp,
    /// When the draft is forgotten.
    pub expires_at: Timestamp,
    /// Case it became.
    pub case_id: Option<CaseId>,
}

impl DraftRow {
    /// Reads a row of `services_draft`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            version_id: row.text("version_id")?,
            procedure_code: row.text("procedure_code")?,
            filed_by: row.id("filed_by")?,
            owner_id: row.id("owner_id")?,
            filed_at_agency: row.opt_text("filed_at_agency")?,
            channel: enumeration(row, "channel", Channel::parse)?,
            receiving_agency: row.opt_text("receiving_agency")?,
            answers: row.json("answers")?,
            known: row.json("known")?,
            claimed: row.json("claimed")?,
            pages_done: row.json("pages_done")?,
            revision: row.integer("revision")?,
            updated_at: row.timestamp("updated_at")?,
            expires_at: row.timestamp("expires_at")?,
            case_id: row.opt_id("case_id")?,
        })
    }
}

/// An attached file.
#[derive(Debug, Clone)]
pub struct DocumentRow {
    /// Opaque id.
    pub id: Id<Document>,
    /// Draft it was attached to.
    pub draft_id: Option<String>,
    /// Case it belongs to.
    pub case_id: Option<CaseId>,
    /// Component id of the procedure.
    pub component: String,
    /// National code of the component.
    pub component_code: Option<String>,
    /// Name of the component.
    pub title: String,
    /// File name as the applicant knows it.
    pub file_name: String,
    /// Media type found in the bytes.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256, hex; also the address in the blob store.
    pub sha256: String,
    /// `uploaded`, `digitised` or `reused`.
    pub origin: String,
    /// Vault item it was reused from.
    pub reused_from: Option<String>,
    /// Supplement it answers.
    pub supplement_seq: Option<i64>,
    /// Who attached it.
    pub uploaded_by: PersonId,
    /// When.
    pub uploaded_at: Timestamp,
}

impl DocumentRow {
    /// Reads a row of `services_document`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            draft_id: row.opt_text("draft_id")?,
            case_id: row.opt_id("case_id")?,
            component: row.text("component")?,
            component_code: row.opt_text("component_code")?,
            title: row.text("title")?,
            file_name: row.text("file_name")?,
            media_type: row.text("media_type")?,
            size: row.integer("size")?,
            sha256: row.text("sha256")?,
            origin: row.text("origin")?,
            reused_from: row.opt_text("reused_from")?,
            supplement_seq: row.opt_integer("supplement_seq")?,
            uploaded_by: row.id("uploaded_by")?,
            uploaded_at: row.timestamp("uploaded_at")?,
        })
    }
}

/// A fee line of a case.
#[derive(Debug, Clone)]
pub struct FeeRow {
    /// Opaque id.
    pub id: String,
    /// Fee code, such as `LP01`.
    pub code: String,
    /// `phi` or `le_phi`.
    pub kind: String,
    /// Name in Vietnamese.
    pub name: String,
    /// Amount.
    pub amount: Money,
    /// 1 at intake, 2 at supplement, 4 with the result.
    pub collect_at: i64,
    /// Legal line.
    pub basis: String,
    /// Exemption that applied, with its legal line.
    pub exemption: Option<String>,
    /// Payment that settled it.
    pub payment_id: Option<String>,
}

impl FeeRow {
    /// Reads a row of `services_fee_item`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            code: row.text("code")?,
            kind: row.text("kind")?,
            name: row.text("name")?,
            amount: Money(row.integer("amount")?),
            collect_at: row.integer("collect_at")?,
            basis: row.text("basis")?,
            exemption: row.opt_text("exemption")?,
            payment_id: row.opt_text("payment_id")?,
        })
    }

    /// Whether money is still owed for this line.
    pub fn is_due(&self) -> bool {
        self.payment_id.is_none() && self.amount.dong() > 0
    }
}

/// A payment of a case.
#[derive(Debug, Clone)]
pub struct PaymentRow {
    /// Opaque id.
    pub id: String,
    /// Case.
    pub case_id: CaseId,
    /// Amount.
    pub amount: Money,
    /// `gateway` or `counter`.
    pub way: String,
    /// Reference of the gateway.
    pub reference: Option<String>,
    /// `pending`, `paid`, `failed` or `refunded`.
    pub state: String,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it was decided.
    pub settled_at: Option<Timestamp>,
}

impl PaymentRow {
    /// Reads a row of `services_payment`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?,
            case_id: row.id("case_id")?,
            amount: Money(row.integer("amount")?),
            way: row.text("way")?,
            reference: row.opt_text("reference")?,
            state: row.text("state")?,
            started_at: row.timestamp("started_at")?,
            settled_at: row.opt_timestamp("settled_at")?,
        })
    }
}

/// One event of a case.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// Number within the case, from 1.
    pub seq: i64,
    /// What was done.
    pub action: String,
    /// State before.
    pub from_state: Option<CaseState>,
    /// State after.
    pub to_state: CaseState,
    /// Step on which it was done.
    pub step: String,
    /// Who did it.
    pub actor_id: PersonId,
    /// Name at that time.
    pub actor_name: String,
    /// Title at that time.
    pub actor_title: Option<String>,
    /// Agency for which it was done.
    pub agency: Option<String>,
    /// Reason in the official's or applicant's words.
    pub reason: Option<String>,
    /// Legal line.
    pub legal_basis: String,
    /// When.
    pub at: Timestamp,
}

impl EventRow {
    /// Reads a row of `services_case_event`.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.integer("seq")?,
            action: row.text("action")?,
            from_state: row.opt_text("from_state")?.as_deref().and_then(CaseState::parse),
            to_state: enumeration(row, "to_state", CaseState::parse)?,
            step: row.text("step")?,
            actor_id: row.id("actor_id")?,
            actor_name: row.text("actor_name")?,
            actor_title: row.opt_text("actor_title")?,
            agency: row.opt_text("agency")?,
            reason: row.opt_text("reason")?,
            legal_basis: row.text("legal_basis")?,
            at: row.timestamp("at")?,
        })
    }

    /// The action, when it is one of the fixed vocabulary (submission and system steps are not).
    pub fn kind(&self) -> Option<ActionKind> {
        ActionKind::parse(&self.action)
    }
}
