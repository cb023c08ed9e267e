//! What the room does by itself while time passes. Every part is idempotent; the server calls it again and again.

use crate::service::Services;
use haidang_kernel::problem::Problem;

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Escalations fired.
    pub escalations: usize,
    /// Agencies whose escalations failed.
    pub failed_agencies: usize,
    /// Interrupted results finished.
    pub results: usize,
    /// Payments settled.
    pub payments: usize,
    /// Drafts forgotten.
    pub drafts: usize,
}

impl Services {
    /// One round: escalations, interrupted results, payments whose answer got lost, expired drafts. A part that
    /// fails is logged and does not stop the others.
    pub async fn tick(&self) -> Round {
        let mut round = Round::default();
        match self.fire_escalations().await {
            Ok((fired, failed)) => {
                round.escalations = fired;
                round.failed_agencies = failed.len();
                for (agency, problem) in failed {
                    tracing::error!(agency.code = %agency, code = problem.code, "escalations of an agency failed");
                }
            }
            Err(problem) => report("escalations", &problem),
        }
        match self.sweep_results().await {
            Ok(count) => round.results = count,
            Err(problem) => report("results", &problem),
        }
        match self.settle_pending().await {
            Ok(count) => round.payments = count,
            Err(problem) => report("payments", &problem),
        }
        match self.sweep_drafts().await {
            Ok(count) => round.drafts = count,
            Err(problem) => report("drafts", &problem),
        }
        round
    }

    async fn settle_pending(&self) -> Result<usize, Problem> {
        let mut settled = 0;
        for reference in self.pending_payments().await? {
            if self.settle_payment(&reference).await?.state != "pending" {
                settled += 1;
            }
        }
        Ok(settled)
    }
}

fn report(part: &'static str, problem: &Problem) {
    tracing::error!(part, code = problem.code, detail = %problem.detail, "a part of the room's round failed");
}
