//! Who may do what in tests of rooms that know no policies: by kind of actor and by capability, and owners their own.

use haidang_contracts::ActorKind;
use haidang_contracts::authorizer::{
    EXTRACT, Question, Resource, USE_ACCOUNT, USE_OFFICE, USE_RESIDENT, USE_SYSTEM, VIEW, Verdict,
};

/// The verdict a city with the usual policies would give.
pub fn by_capability(question: &Question<'_>) -> Verdict {
    let (actor, action) = (question.actor, question.action);
    let allowed = match (question.resource, action) {
        (Resource::Route { minimum_acr, .. }, _) if question.circumstances.acr < *minimum_acr => false,
        (Resource::Route { .. }, USE_ACCOUNT) => true,
        (Resource::Route { .. }, USE_RESIDENT) => actor.kind == ActorKind::Resident,
        (Resource::Route { .. }, USE_OFFICE) => actor.kind == ActorKind::Official && !actor.positions.is_empty(),
        (Resource::Route { .. }, USE_SYSTEM) => actor.kind == ActorKind::System,
        (Resource::Route { .. }, capability) => actor.can(capability),
        (Resource::Document { owner, .. }, VIEW | EXTRACT) => actor.subject() == owner,
        (Resource::Case { owner, units, consulted, .. }, VIEW) => {
            let unit = |unit: &String| actor.can_in("case.read_unit", unit);
            let own = actor.kind != ActorKind::Official && actor.subject() == owner;
            own || actor.can("case.read_all") || units.iter().chain(consulted).any(unit)
        }
        _ => false,
    };
    Verdict { allowed, grounds: Vec::new(), missed: Vec::new(), policy_set: "test".into() }
}
