//! A document that came, as stored, and what belongs to it.

use super::rules::{Answer, Channel, Part, RoutingState, State};
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What the paper itself says: the columns of Appendix VI that a clerk confirms when registering.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Organ that issued it.
    pub from_name: String,
    /// Number, such as `05`.
    pub code_number: String,
    /// Notation, such as `TB-UBND`.
    pub code_notation: String,
    /// Day of issue.
    pub issued_on: Option<Date>,
    /// Name of the kind (tên loại); empty for an official letter.
    pub kind: String,
    /// Summary (trích yếu).
    pub subject: String,
    /// Post and name of the signer.
    pub signer: String,
    /// 0 none, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc.
    pub urgency: i64,
    /// Pages.
    pub pages: Option<i64>,
    /// Day by which the sender wants an answer.
    pub answer_by: Option<Date>,
}

impl Details {
    /// Number and notation in one, `05/TB-UBND`.
    pub fn code(&self) -> String {
        if self.code_notation.is_empty() {
            return self.code_number.clone();
        }
        format!("{}/{}", self.code_number, self.code_notation)
    }
}

/// What the sender said later: a recall, a replacement, a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `recall`, `replace` or `corrigendum`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Number and notation of the document that replaces or corrects this one.
    pub document: Option<String>,
}

/// A document that came.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Id.
    pub id: String,
    /// Code of the organ it came to.
    pub agency: String,
    /// By which way.
    pub channel: Channel,
    /// Id of the dispatch at an organ of this city.
    pub dispatch: Option<String>,
    /// Id of the document at its sender.
    pub document: Option<String>,
    /// Code or OrganId of the sender, when a system named it.
    pub from_organ: Option<String>,
    /// What the paper says.
    pub details: Details,
    /// Toàn vẹn: whether it was changed after signing.
    pub integrity: Answer,
    /// Danh tính: whether the signer is who the certificate says.
    pub identity: Answer,
    /// Thời điểm: whether a time stamp proves when it was signed.
    pub stamped: Answer,
    /// What the signature of the message that brought it proves.
    pub envelope: Option<String>,
    /// Name in the certificate of that signature.
    pub envelope_signer: Option<String>,
    /// What the record inside the document says of it: its sender's claim.
    pub proposed: Option<Details>,
    /// Where it stands.
    pub state: State,
    /// When it came.
    pub arrived_at: Timestamp,
    /// Day by which the clerk or the leader must act.
    pub act_by: Option<Date>,
    /// Book in which it stands.
    pub register: Option<String>,
    /// Its number in it (số đến).
    pub arrival_number: Option<i64>,
    /// Day of the number (ngày đến).
    pub arrived_on: Option<Date>,
    /// The leader to whom it was submitted.
    pub leader: Option<String>,
    /// Name of the leader.
    pub leader_name: Option<String>,
    /// Name of whoever leads the work.
    pub lead_name: Option<String>,
    /// Day by which it must be handled.
    pub due_on: Option<Date>,
    /// Number of the document that answers it.
    pub result_document: Option<String>,
    /// What came of it.
    pub result_words: Option<String>,
    /// Work file it was put into.
    pub work_file: Option<String>,
    /// What the sender said later.
    pub notice: Option<Notice>,
    /// Status that the sender was told last.
    pub told: String,
    /// Grows with every change.
    pub revision: i64,
}

fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt(format!("office_arrival.{column}"))
}

impl Arrival {
    /// Reads a row of `office_arrival`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let answer = |column: &str| Answer::parse(&row.text(column)?).ok_or_else(|| corrupt(column));
        let notice = match row.opt_text("notice_kind")? {
            None => None,
            Some(kind) => Some(Notice {
                kind,
                reason: row.opt_text("notice_reason")?.unwrap_or_default(),
                document: row.opt_text("notice_document")?,
            }),
        };
        Ok(Self {
            id: row.text("id")?,
            agency: row.text("agency")?,
            channel: Channel::parse(&row.text("channel")?).ok_or_else(|| corrupt("channel"))?,
            dispatch: row.opt_text("dispatch")?,
            document: row.opt_text("document")?,
            from_organ: row.opt_text("from_organ")?,
            details: Details {
                from_name: row.text("from_name")?,
                code_number: row.text("code_number")?,
                code_notation: row.text("code_notation")?,
                issued_on: row.opt_date("issued_on")?,
                kind: row.text("kind")?,
                subject: row.text("subject")?,
                signer: row.text("signer")?,
                urgency: row.integer("urgency")?,
                pages: row.opt_integer("pages")?,
                answer_by: row.opt_date("answer_by")?,
            },
            integrity: answer("integrity")?,
            identity: answer("identity")?,
            stamped: answer("stamped")?,
            envelope: row.opt_text("envelope")?,
            envelope_signer: row.opt_text("envelope_signer")?,
            proposed: row.opt_json("proposed")?,
            state: State::parse(&row.text("state")?).ok_or_else(|| corrupt("state"))?,
            arrived_at: row.timestamp("arrived_at")?,
            act_by: row.opt_date("act_by")?,
            register: row.opt_text("register")?,
            arrival_number: row.opt_integer("arrival_number")?,
            arrived_on: row.opt_date("arrived_on")?,
            leader: row.opt_text("leader")?,
            leader_name: row.opt_text("leader_name")?,
            lead_name: row.opt_text("lead_name")?,
            due_on: row.opt_date("due_on")?,
            result_document: row.opt_text("result_document")?,
            result_words: row.opt_text("result_words")?,
            work_file: row.opt_text("work_file")?,
            notice,
            told: row.text("told")?,
            revision: row.integer("revision")?,
        })
    }
}

/// One signature of a file, as it was judged on arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Name in the certificate.
    pub signer: String,
    /// Nothing it covers was changed.
    pub integrity: Answer,
    /// The certificate leads to an anchor.
    pub identity: Answer,
    /// Time of its stamp, microseconds UTC.
    pub stamped_at: Option<i64>,
    /// `B-B` to `B-LTA`.
    pub level: String,
}

/// What was found about a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Judgement {
    /// Its signatures, oldest first.
    pub signatures: Vec<Signed>,
    /// The whole report.
    pub report: serde_json::Value,
}

/// One finding of the layout rules; information, never a reason to return a document.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Finding {
    /// The clause.
    pub article: String,
    /// What the document shows.
    pub found: String,
    /// What the clause wants.
    pub wanted: String,
}

/// A file of a document that came; place 0 is the document itself.
#[derive(Debug, Clone)]
pub struct ArrivedFile {
    /// Place, from 0.
    pub place: i64,
    /// SHA-256, hex.
    pub sha256: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size: i64,
    /// What was found about its signatures.
    pub judgement: Judgement,
    /// What was found about its layout.
    pub layout: Vec<Finding>,
}

impl ArrivedFile {
    /// Reads a row of `office_arrival_file`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            place: row.integer("place")?,
            sha256: row.text("sha256")?,
            name: row.text("name")?,
            media_type: row.text("media_type")?,
            size: row.integer("size")?,
            judgement: serde_json::from_str(&row.text("judgement")?)?,
            layout: serde_json::from_str(&row.text("layout")?)?,
        })
    }
}

/// One instruction to one receiver.
#[derive(Debug, Clone)]
pub struct Routing {
    /// Id.
    pub id: String,
    /// What the receiver is to do.
    pub part: Part,
    /// The person.
    pub person: Option<String>,
    /// Or the role whose holders are meant.
    pub role: Option<String>,
    /// Name as shown.
    pub receiver_name: String,
    /// The leader's words.
    pub words: String,
    /// Day by which.
    pub due_on: Option<Date>,
    /// Who gave it.
    pub given_by: String,
    /// Name of who gave it.
    pub given_name: String,
    /// When.
    pub given_at: Timestamp,
    /// Where it stands.
    pub state: RoutingState,
    /// When somebody meant by it first opened the document.
    pub read_at: Option<Timestamp>,
    /// Who that was.
    pub read_name: Option<String>,
    /// What the receiver answered or why it was handed back.
    pub answer: Option<String>,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
}

impl Routing {
    /// Reads a row of `office_routing`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let wrong = |column: &str| StoreError::Corrupt(format!("office_routing.{column}"));
        Ok(Self {
            id: row.text("id")?,
            part: Part::parse(&row.text("part")?).ok_or_else(|| wrong("part"))?,
            person: row.opt_text("person")?,
            role: row.opt_text("role")?,
            receiver_name: row.text("receiver_name")?,
            words: row.text("words")?,
            due_on: row.opt_date("due_on")?,
            given_by: row.text("given_by")?,
            given_name: row.text("given_name")?,
            given_at: row.timestamp("given_at")?,
            state: RoutingState::parse(&row.text("state")?).ok_or_else(|| wrong("state"))?,
            read_at: row.opt_timestamp("read_at")?,
            read_name: row.opt_text("read_name")?,
            answer: row.opt_text("answer")?,
            closed_at: row.opt_timestamp("closed_at")?,
        })
    }
}

/// One step of the history.
#[derive(Debug, Clone)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What, as [`super::rules::Act`] writes it, or `arrive`, `notice`.
    pub act: String,
    /// State after it.
    pub state: State,
    /// Who, as shown.
    pub person_name: String,
    /// What was said.
    pub words: String,
}

impl Step {
    /// Reads a row of `office_arrival_event`.
    ///
    /// # Errors
    /// When a column is absent or of another kind.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            at: row.timestamp("at")?,
            act: row.text("act")?,
            state: State::parse(&row.text("state")?).ok_or_else(|| corrupt("event state"))?,
            person_name: row.text("person_name")?,
            words: row.text("words")?,
        })
    }
}
