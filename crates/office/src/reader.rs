//! Who asks, by which door, in which request.

use haidang_contracts::actor::Actor;
use haidang_store::{ActorRef, AuditEntry};
use haidang_web::{Fault, Visitor};

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

impl<'r> Reader<'r> {
    /// The reader of a request.
    ///
    /// # Errors
    /// `sign_in_required` when nobody is signed in.
    pub fn of(visitor: &'r Visitor) -> Result<Self, Fault> {
        let actor = visitor.require_actor()?;
        Ok(Self { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
    }

    /// The opaque id of the reader.
    pub fn person(&self) -> &str {
        self.actor.person.as_str()
    }

    /// The reader as audit records name them.
    pub fn actor_ref(&self) -> ActorRef {
        ActorRef::of(self.actor, self.channel)
    }

    /// The record of a change in the name of an agency.
    pub fn change(&self, action: &'static str, kind: &str, id: &str, agency: &str) -> AuditEntry {
        AuditEntry::mutation(action, self.actor_ref()).object(kind, id).request(self.request_id).agency(agency)
    }

    /// The record of a look in the name of an agency.
    pub fn look(&self, action: &'static str, kind: &str, id: &str, agency: &str) -> AuditEntry {
        AuditEntry::read(action, self.actor_ref()).object(kind, id).request(self.request_id).agency(agency)
    }
}
