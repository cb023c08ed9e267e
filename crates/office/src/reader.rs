//! Who works with the office, by which door, in which request.

use haidang_contracts::Actor;
use haidang_store::ActorRef;

/// Who asks, by which door, in which request.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'r> {
    /// The signed-in official.
    pub actor: &'r Actor,
    /// Door of entry as the audit names it: `online` or `api`.
    pub channel: &'r str,
    /// Id of the request.
    pub request_id: &'r str,
}

impl Reader<'_> {
    /// The reader as audit records name them, in the name of one agency.
    pub fn actor_ref(&self, agency: &str) -> ActorRef {
        ActorRef { agency: Some(agency.to_owned()), ..ActorRef::of(self.actor, self.channel) }
    }
}
