//! The reader of a request, and the records of what they do and see.

use crate::reader::Reader;
use haidang_store::AuditEntry;
use haidang_web::{Fault, Visitor};

impl<'r> Reader<'r> {
    /// The reader of a request.
    ///
    /// # Errors
    /// `sign_in_required` when nobody is signed in.
    pub(crate) fn of(visitor: &'r Visitor) -> Result<Self, Fault> {
        let actor = visitor.require_actor()?;
        Ok(Self { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
    }

    /// The opaque id of the reader.
    pub(crate) fn person(&self) -> &str {
        self.actor.person.as_str()
    }

    /// The record of a change in the name of an agency.
    pub(crate) fn change(&self, action: &'static str, kind: &str, id: &str, agency: &str) -> AuditEntry {
        AuditEntry::mutation(action, self.actor_ref(agency)).object(kind, id).request(self.request_id)
    }

    /// The record of a look in the name of an agency.
    pub(crate) fn look(&self, action: &'static str, kind: &str, id: &str, agency: &str) -> AuditEntry {
        AuditEntry::read(action, self.actor_ref(agency)).object(kind, id).request(self.request_id)
    }
}
