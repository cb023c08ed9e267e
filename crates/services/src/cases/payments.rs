//! Money: started at a gateway or taken at the counter, settled once, and the case goes on.

use super::command::Command;
use super::deciding::{Plan, case_not_found, load, read_all};
use super::mandate::{filed, owns};
use super::row::{CaseRow, FeeRow, PaymentRow};
use super::{clock, escalation, writing};
use crate::model::{ActionKind, CaseState, FinanceState, SyncState};
use crate::service::{Services, system_actor};
use crate::sql;
use haidang_contracts::actor::{Actor, CaseId};
use haidang_contracts::payment::{PaymentOrder, PaymentStart, PaymentStatus};
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Tx, args};
use serde_json::json;
use std::sync::Arc;

enum Payment {}

/// What is due now: everything to be paid at intake before work begins, and what falls due later once it does.
fn due_now(case: &CaseRow, fees: &[FeeRow]) -> i64 {
    let upto = if case.state == CaseState::ResultReady || case.state == CaseState::AwaitingPayment { 4 } else { 2 };
    fees.iter().filter(|fee| fee.is_due() && fee.collect_at <= upto).map(|fee| fee.amount.dong()).sum()
}

impl Services {
    /// Opens a payment of what is due now and answers where the payer goes next.
    ///
    /// # Errors
    /// `case_not_found`, `nothing_due`, what the gateway says.
    pub async fn start_payment(
        &self,
        actor: &Actor,
        case_id: &CaseId,
        return_path: &str,
        request_id: &str,
    ) -> Result<PaymentStart, Problem> {
        let case = self.case(case_id).await?;
        if !owns(actor, &case) && !filed(actor, &case) {
            return Err(case_not_found());
        }
        let amount = due_now(&case, &self.fee_rows(case_id).await?);
        if amount == 0 {
            return Err(Problem::conflict("nothing_due", "nothing is due on this case"));
        }
        let id: Id<Payment> = self.ambient.new_id();
        let order = PaymentOrder {
            payment_id: id.as_str().to_owned(),
            case_no: case.case_no.clone(),
            amount,
            return_path: return_path.to_owned(),
        };
        let start = self.payments.start(&order).await?;
        let now = self.ambient.now();
        let values = args![
            id.as_str(),
            case_id.as_str(),
            amount,
            "gateway",
            Some(start.reference.clone()),
            "pending",
            actor.person.as_str(),
            now,
            None::<i64>
        ];
        let entry = AuditEntry::mutation("payment.started", ActorRef::of(actor, "online"))
            .object("case", case_id.as_str())
            .request(request_id)
            .detail(json!({ "payment": id.as_str(), "amount": amount }));
        self.write(sql::record::INSERT_PAYMENT, values, entry).await?;
        Ok(start)
    }

    /// Asks the gateway what became of a payment and settles it once. Safe to call again and again.
    ///
    /// # Errors
    /// `payment_not_found`, what the gateway says.
    pub async fn settle_payment(&self, reference: &str) -> Result<PaymentRow, Problem> {
        let row = self.db.fetch_optional(sql::record::PAYMENT_BY_REFERENCE, args![reference]).await?;
        let payment = row
            .as_ref()
            .map(PaymentRow::read)
            .transpose()?
            .ok_or_else(|| Problem::not_found("payment_not_found", "no such payment"))?;
        let status = self.payments.status(reference).await?;
        if payment.state != "pending" || status == PaymentStatus::Pending {
            return Ok(payment);
        }
        self.settle(&system_actor(), &payment, status == PaymentStatus::Paid, "system", reference).await?;
        let row = self.db.fetch_one(sql::record::PAYMENT_BY_REFERENCE, args![reference]).await?;
        Ok(PaymentRow::read(&row)?)
    }

    /// A clerk takes the money at the counter.
    ///
    /// # Errors
    /// `case_not_found`, `nothing_due`.
    pub async fn collect_at_counter(&self, actor: &Actor, case_id: &CaseId, request_id: &str) -> Result<(), Problem> {
        let case = self.case(case_id).await?;
        if !actor.can_in("case.receive", &case.receiving_agency)
            && !actor.can_in("case.hand_over", &case.receiving_agency)
        {
            return Err(case_not_found());
        }
        let amount = due_now(&case, &self.fee_rows(case_id).await?);
        if amount == 0 {
            return Err(Problem::conflict("nothing_due", "nothing is due on this case"));
        }
        let id: Id<Payment> = self.ambient.new_id();
        let now = self.ambient.now();
        let values = args![
            id.as_str(),
            case_id.as_str(),
            amount,
            "counter",
            Some(id.as_str().to_owned()),
            "pending",
            actor.person.as_str(),
            now,
            None::<i64>
        ];
        let entry = AuditEntry::mutation("payment.taken", ActorRef::of(actor, "counter"))
            .agency(&case.receiving_agency)
            .object("case", case_id.as_str())
            .request(request_id)
            .detail(json!({ "payment": id.as_str(), "amount": amount }));
        self.write(sql::record::INSERT_PAYMENT, values, entry).await?;
        let row = self.db.fetch_one(sql::record::PAYMENT_BY_REFERENCE, args![id.as_str()]).await?;
        self.settle(actor, &PaymentRow::read(&row)?, true, "counter", request_id).await
    }

    async fn settle(
        &self,
        actor: &Actor,
        payment: &PaymentRow,
        paid: bool,
        channel: &'static str,
        request_id: &str,
    ) -> Result<(), Problem> {
        let case = self.case(&payment.case_id).await?;
        let plan = Arc::new(Plan {
            actor: actor.clone(),
            case_id: case.id.clone(),
            command: Command::new(ActionKind::RequestPayment, request_id),
            version: self.version(&case.version_id)?,
            clock: self.clock(),
            ambient: self.ambient.clone(),
            agencies: Vec::new(),
            owner_number: case.owner_number.clone(),
            coordination: self.settings.coordination.clone(),
            fresh_factor_seconds: self.settings.fresh_factor_seconds,
        });
        let payment = payment.clone();
        self.db
            .transaction(move |tx| {
                let (plan, payment) = (plan.clone(), payment.clone());
                Box::pin(async move { settle_in(tx, &plan, &payment, paid, channel).await })
            })
            .await
    }

    /// Payments whose answer never came back through the browser. Answers their references.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pending_payments(&self) -> Result<Vec<String>, Problem> {
        let rows = self.db.fetch_all(sql::record::PENDING_PAYMENTS, args![]).await?;
        Ok(rows.iter().map(|row| row.text("reference")).collect::<Result<_, _>>()?)
    }

    /// Payments of a case, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn payments_of(&self, case_id: &CaseId) -> Result<Vec<PaymentRow>, Problem> {
        read_all(self.db.fetch_all(sql::record::PAYMENTS, args![case_id.as_str()]).await?, PaymentRow::read)
    }
}

async fn settle_in(
    tx: &mut Tx<'_>,
    plan: &Plan,
    payment: &PaymentRow,
    paid: bool,
    channel: &'static str,
) -> Result<(), Problem> {
    let now = plan.ambient.now();
    let state = if paid { "paid" } else { "failed" };
    if tx.execute(sql::record::SETTLE_PAYMENT, args![payment.id.as_str(), state, now]).await? == 0 {
        return Ok(()); // decided before
    }
    let loaded = load(tx, &plan.case_id).await?;
    let mut after = loaded.case.clone();
    if paid {
        let upto: i64 =
            if after.state == CaseState::ResultReady || after.state == CaseState::AwaitingPayment { 4 } else { 2 };
        tx.execute(sql::record::SETTLE_FEES, args![after.id.as_str(), payment.id.as_str(), upto]).await?;
        let left = loaded.fees.iter().any(|fee| fee.is_due() && fee.collect_at > upto);
        after.finance_state = if left { FinanceState::Partly } else { FinanceState::Paid };
        if after.state == CaseState::AwaitingPayment {
            after.state = CaseState::InProgress;
            after.due_at = writing::resume(tx, plan, &loaded.case, "payment", now).await?;
            after.promised_at = after.due_at.or(after.promised_at);
        }
    }
    after.sync_state = SyncState::Queued;
    after.updated_at = now;
    writing::save_case(tx, &loaded.case, &after).await?;
    tx.execute(
        sql::task::REFRESH,
        args![after.id.as_str(), after.state.as_str(), false, clock::due_sort(after.due_at)],
    )
    .await?;
    if after.due_at != loaded.case.due_at {
        escalation::replan_case(tx, plan, &after, now).await?;
    }
    let mut actor = ActorRef::of(&plan.actor, channel);
    if channel == "counter" {
        actor.agency = Some(after.receiving_agency.clone());
    }
    let entry = AuditEntry::mutation(if paid { "payment.settled" } else { "payment.failed" }, actor)
        .object("case", after.id.as_str())
        .request(&plan.command.request_id)
        .because(writing::LEGAL_BASIS, "thu phí, lệ phí")
        .subjects(plan.owner_number.clone())
        .detail(json!({ "case_no": after.case_no, "payment": payment.id, "amount": payment.amount.dong() }));
    let audit_id = tx.audit(entry).await?;
    let seq = loaded.events + 1;
    let action = if paid { "paid" } else { "payment_failed" };
    tx.execute(
        sql::case::INSERT_EVENT,
        args![
            after.id.as_str(),
            seq,
            action,
            Some(loaded.case.state.as_str()),
            after.state.as_str(),
            after.step.as_str(),
            plan.actor.person.as_str(),
            plan.actor.display_name.as_str(),
            None::<String>,
            (channel == "counter").then(|| after.receiving_agency.clone()),
            None::<String>,
            None::<String>,
            writing::LEGAL_BASIS,
            now,
            audit_id.as_str()
        ],
    )
    .await?;
    writing::emit_moved(tx, &after, seq, action, now).await
}
