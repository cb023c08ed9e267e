//! Who is asking.

use haidang_contracts::actor::ActorKind;
use haidang_web::{Answer, Visitor, json};
use serde::Serialize;
use utoipa::ToSchema;

/// Who is asking, with the rights of this moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Opaque id of the person or system.
    person: String,
    /// Name.
    name: String,
    /// `resident`, `official` or `system`.
    kind: &'static str,
    /// Opaque id of the one acted for.
    on_behalf_of: Option<String>,
    /// Level of assurance, 1 to 3.
    assurance: u8,
    /// Posts held now.
    positions: Vec<MyPosition>,
}

/// A post held now.
#[derive(Serialize, ToSchema)]
pub(crate) struct MyPosition {
    /// Code of the agency.
    agency: String,
    /// Role of the pack.
    role: String,
    /// Title in Vietnamese.
    title: String,
    /// What it allows.
    capabilities: Vec<String>,
}

/// Who is asking.
pub(crate) async fn get_me(visitor: Visitor) -> Answer {
    let actor = visitor.require_actor()?;
    let kind = match actor.kind {
        ActorKind::Resident => "resident",
        ActorKind::Official => "official",
        ActorKind::System => "system",
    };
    let positions = actor.positions.iter().map(|post| MyPosition {
        agency: post.agency.clone(),
        role: post.role.clone(),
        title: post.title.clone(),
        capabilities: post.capabilities.iter().cloned().collect(),
    });
    json(
        200,
        &Me {
            person: actor.person.to_string(),
            name: actor.display_name.clone(),
            kind,
            on_behalf_of: actor.on_behalf_of.as_ref().map(ToString::to_string),
            assurance: actor.assurance,
            positions: positions.collect(),
        },
    )
}
