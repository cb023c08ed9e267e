//! The verdict on a question, by the policies of the city.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use cedar_policy::Decision;
use haidang_contracts::ContractError;
use haidang_contracts::authorizer::{Authorizer, Ground, Question, Verdict};

use super::entities::asked;
use super::policies::Policies;
use crate::agencies::Agencies;
use crate::room::{IdentityRoom, refused};

/// Decides without any look into the database.
///
/// # Errors
/// When a question cannot be put in the words of the policies, which is a fault of ours.
pub(crate) fn decide(policies: &Policies, agencies: &Agencies, question: &Question<'_>) -> Result<Verdict, String> {
    let nothing = |missed: Vec<Arc<Ground>>| Verdict {
        allowed: false,
        grounds: Vec::new(),
        missed,
        policy_set: policies.hash().clone(),
    };
    // What no policy can be about, nobody may.
    let Some(action) = policies.action(question.action) else { return Ok(nothing(Vec::new())) };
    let asked = asked(action, question, agencies)?;
    let Some(slice) = action.slice(asked.kinds.0, asked.kinds.1) else { return Ok(nothing(Vec::new())) };
    let response = cedar_policy::Authorizer::new().is_authorized(&asked.request, &slice.set, &asked.entities);
    for error in response.diagnostics().errors() {
        // A checked policy does not fail; should one, it neither permits nor forbids, and operators must know.
        tracing::error!(error = %error, "a policy could not be evaluated");
    }
    let mut grounds: Vec<Arc<Ground>> =
        response.diagnostics().reason().filter_map(|id| policies.ground(id)).cloned().collect();
    grounds.sort_by(|a, b| a.policy.cmp(&b.policy));
    let allowed = response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none();
    // Permits that speak of other kinds of actors are named too: they say for whom the thing is.
    let missed = if allowed || !grounds.is_empty() { Vec::new() } else { missed(action, asked.kinds.1) };
    Ok(Verdict { grounds, allowed, ..nothing(missed) })
}

/// Permits on this action and kind of thing, for whomever, each once.
fn missed(action: &super::policies::Action, resource: usize) -> Vec<Arc<Ground>> {
    let mut found: Vec<Arc<Ground>> = Vec::new();
    for principal in 0..super::policies::PRINCIPALS.len() {
        for ground in action.slice(principal, resource).into_iter().flat_map(|slice| &slice.permits) {
            if !found.iter().any(|known| known.policy == ground.policy) {
                found.push(ground.clone());
            }
        }
    }
    found
}

impl IdentityRoom {
    /// The policies in force.
    pub fn policies(&self) -> Arc<Policies> {
        self.inner.policies.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts the policies of the city's pack in the place of the sample ones.
    pub fn set_policies(&self, policies: Arc<Policies>) {
        *self.inner.policies.write().unwrap_or_else(PoisonError::into_inner) = policies;
    }
}

#[async_trait]
impl Authorizer for IdentityRoom {
    async fn authorize(&self, question: &Question<'_>) -> Result<Verdict, ContractError> {
        let agencies = self.agency_tree().await.map_err(refused)?;
        decide(&self.policies(), &agencies, question).map_err(ContractError::Internal)
    }
}
