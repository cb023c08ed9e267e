//! Forms 01 to 07 of TT 03/2025/TT-VPCP, Phụ lục I: the facts printed on them, kept as they were on that day.

use super::clock;
use super::deciding::{Loaded, Plan, Post, read_all};
use super::row::{CaseRow, TaskRow};
use super::trail::FormRow;
use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::CaseId;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::args;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// The facts of a form as issued with an action.
pub(super) fn body(plan: &Plan, loaded: &Loaded, after: &CaseRow, form_no: &str, now: Timestamp, post: &Post) -> Json {
    let agency = |code: &str| {
        plan.agencies
            .iter()
            .find(|a| a.code == code)
            .map(|a| json!({ "code": a.code, "name_vi": a.name_vi, "name_en": a.name_en }))
    };
    let procedure = &plan.version.procedure;
    let mut body = json!({
        "case_no": after.case_no,
        "lookup_code": after.lookup_code,
        "lookup_token": after.lookup_token,
        "procedure": { "code": procedure.code, "name": procedure.name },
        "owner": after.owner_name,
        "channel": after.channel,
        "receiving_agency": agency(&after.receiving_agency),
        "competent_agency": agency(after.deciding_agency()),
        "official": { "name": plan.actor.display_name, "title": post.as_ref().map(|p| p.title.clone()) },
        "submitted_at": time::micros(after.submitted_at),
        "accepted_at": after.accepted_at.map(time::micros),
        "promised_at": after.promised_at.map(time::micros),
        "limit": { "body": after.limit.limit, "basis": after.limit.basis },
        "issued_at": time::micros(now),
        "reason": plan.command.reason,
    });
    if let Json::Object(map) = &mut body {
        match form_no {
            "01" => {
                let fees: Vec<Json> = loaded
                    .fees
                    .iter()
                    .map(|fee| json!({ "name": fee.name, "amount": fee.amount.dong(), "paid": fee.payment_id.is_some(), "exemption": fee.exemption, "basis": fee.basis }))
                    .collect();
                map.insert("fees".to_owned(), Json::Array(fees));
                map.insert("delivery_way".to_owned(), json!(after.delivery_way));
            }
            "02" => {
                map.insert("items".to_owned(), json!(plan.command.items));
                map.insert("supplement".to_owned(), json!(after.supplements));
            }
            "04" => {
                map.insert("promised_before".to_owned(), json!(loaded.case.promised_at.map(time::micros)));
            }
            _ => {}
        }
    }
    body
}

impl Services {
    /// One issued form.
    ///
    /// # Errors
    /// `form_not_found`.
    pub async fn form(&self, case_id: &CaseId, form_id: &str) -> Result<FormRow, Problem> {
        let row = self.db.fetch_optional(sql::record::FORM, args![form_id]).await?;
        let form = row.as_ref().map(FormRow::read).transpose()?;
        form.filter(|form| form.case_id == *case_id).ok_or_else(|| Problem::not_found("form_not_found", "no such form"))
    }

    /// Form 06, the control slip: every hop with its budget and result, as it stands now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn control_slip(&self, case_id: &CaseId) -> Result<Vec<(TaskRow, Option<&'static str>)>, Problem> {
        let rows = self.db.fetch_all(sql::task::ALL_OF_CASE, args![case_id.as_str()]).await?;
        let tasks = read_all(rows, TaskRow::read)?;
        Ok(tasks.into_iter().map(|task| (task.clone(), clock::hop_result(&task))).collect())
    }

    /// Form 07, the register of a unit over a period, at most 2,000 lines.
    ///
    /// # Errors
    /// What the database says.
    pub async fn register(&self, agency: &str, from: Timestamp, to: Timestamp) -> Result<Vec<CaseRow>, Problem> {
        read_all(self.db.fetch_all(sql::case::REGISTER, args![agency, from, to, 2000_i64]).await?, CaseRow::read)
    }
}
