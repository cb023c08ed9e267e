//! Who is asking: a person or a system with the rights that hold at this moment.

use haidang_kernel::id::Id;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Marker of a person, an organisation or a system account; rows live in `identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Person {}

/// Marker of an administrative case; rows live in `services`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Case {}

/// Opaque id of a person, an organisation or a system account.
pub type PersonId = Id<Person>;

/// Id of a case.
pub type CaseId = Id<Case>;

/// In which capacity the actor came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A resident or a representative of a business.
    Resident,
    /// An official acting in a post.
    Official,
    /// Another system with a token.
    System,
}

/// A post held now: a role in an agency and what it allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Code of the agency, such as `H24.11824`.
    pub agency: String,
    /// Role id of the pack, such as `one_stop_officer`.
    pub role: String,
    /// Title in Vietnamese as printed on documents.
    pub title: String,
    /// Capabilities the pack gives to the role, such as `case.receive`.
    pub capabilities: BTreeSet<String>,
}

/// Why somebody may act for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MandateKind {
    /// Legal representative of an organisation, as the business registry says.
    LegalRepresentative,
    /// Father, mother or guardian, as the population registry says.
    ParentGuardian,
    /// Authorised by the one acted for, and willing.
    Authorised,
}

impl MandateKind {
    /// The word in claims and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            MandateKind::LegalRepresentative => "LEGAL_REPRESENTATIVE",
            MandateKind::ParentGuardian => "PARENT_GUARDIAN",
            MandateKind::Authorised => "AUTHORISED",
        }
    }
}

/// The mandate that stands for every procedure.
pub const EVERY_PROCEDURE: &str = "*";

/// A right that holds at this moment to act for the one named in [`Actor::on_behalf_of`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandate {
    /// Id of the mandate, for the audit.
    pub id: String,
    /// Why.
    pub kind: MandateKind,
    /// Codes of procedures, or [`EVERY_PROCEDURE`] alone.
    pub procedures: Vec<String>,
    /// Lowest level of assurance at which it may be used, 1 to 4.
    pub min_assurance: u8,
}

impl Mandate {
    /// Whether the mandate names the procedure, or every one.
    pub fn covers(&self, procedure: &str) -> bool {
        self.procedures.iter().any(|code| code == EVERY_PROCEDURE || code == procedure)
    }
}

/// Who is asking. The human stays `person` even when acting for someone else.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Actor {
    /// The human or system that acts.
    pub person: PersonId,
    /// Name for greeting and for printed forms; never for logs.
    pub display_name: String,
    /// In which capacity the actor came in.
    pub kind: ActorKind,
    /// The person or organisation acted for, when it is another one.
    pub on_behalf_of: Option<PersonId>,
    /// Name of the person acted for, for the banner on every page.
    pub on_behalf_name: Option<String>,
    /// What allows acting for that one, the widest first; empty when acting for oneself.
    #[serde(default)]
    pub mandates: Vec<Mandate>,
    /// Posts held now; empty for residents.
    pub positions: Vec<Position>,
    /// Level of assurance of the sign-in, 1 to 3 (Decree 69/2024/NĐ-CP knows two for citizens).
    pub assurance: u8,
    /// When a second factor was last shown; officials need one.
    pub second_factor_at: Option<Timestamp>,
}

impl Actor {
    /// The person whose business it is: the one acted for, else the actor.
    pub fn subject(&self) -> &PersonId {
        self.on_behalf_of.as_ref().unwrap_or(&self.person)
    }

    /// The mandate under which the actor may act in this procedure now; `None` also when acting for oneself.
    pub fn mandate_for(&self, procedure: &str) -> Option<&Mandate> {
        self.mandates.iter().find(|m| m.covers(procedure) && m.min_assurance <= self.assurance)
    }

    /// Whether the actor may act in this procedure: for oneself always, for another within a mandate.
    pub fn may_act_in(&self, procedure: &str) -> bool {
        self.on_behalf_of.is_none() || self.mandate_for(procedure).is_some()
    }

    /// Whether everything of the subject is open to the actor: one's own, or that of somebody whom the law lets the
    /// actor represent. Whoever is authorised for some procedures sees those alone.
    pub fn acts_in_full(&self) -> bool {
        self.on_behalf_of.is_none() || self.mandate_for(EVERY_PROCEDURE).is_some()
    }

    /// The actor with the one mandate that counts in this procedure, so that the audit names it.
    #[must_use]
    pub fn within(&self, procedure: &str) -> Actor {
        let mandates = self.mandate_for(procedure).cloned().into_iter().collect();
        Actor { mandates, ..self.clone() }
    }

    /// Whether any post gives the capability.
    pub fn can(&self, capability: &str) -> bool {
        self.positions.iter().any(|p| p.capabilities.contains(capability))
    }

    /// Whether a post in this agency gives the capability.
    pub fn can_in(&self, capability: &str, agency: &str) -> bool {
        self.positions.iter().any(|p| p.agency == agency && p.capabilities.contains(capability))
    }

    /// Whether the actor holds the role in the agency.
    pub fn holds(&self, role: &str, agency: &str) -> bool {
        self.positions.iter().any(|p| p.agency == agency && p.role == role)
    }

    /// Agencies in which a post gives the capability, each once, in order.
    pub fn agencies_with(&self, capability: &str) -> Vec<String> {
        let set: BTreeSet<&str> =
            self.positions.iter().filter(|p| p.capabilities.contains(capability)).map(|p| p.agency.as_str()).collect();
        set.into_iter().map(str::to_owned).collect()
    }

    /// Agencies in which the actor holds any post, each once, in order.
    pub fn agencies(&self) -> Vec<String> {
        let set: BTreeSet<&str> = self.positions.iter().map(|p| p.agency.as_str()).collect();
        set.into_iter().map(str::to_owned).collect()
    }
}
