//! What the policies see of a question: the actor with posts and agencies, the thing, the circumstances.
//!
//! Built for each question from what holds at this moment; nothing of it is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression};
use haidang_contracts::actor::PersonId;
use haidang_contracts::authorizer::{Circumstances, Question, Resource};
use haidang_contracts::{Actor, ActorKind, Position};

use super::policies::{Action, PRINCIPALS, Policies, RESOURCES};
use crate::agencies::Agencies;

/// A question as the policies read it.
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) entities: Entities,
    /// Index of the kind of actor and of the kind of thing.
    pub(super) kinds: (usize, usize),
}

/// The names of kinds, read once: each question names a dozen things, and reading a name is a run of a parser.
static KINDS: LazyLock<HashMap<&str, EntityTypeName>> = LazyLock::new(|| {
    let names = PRINCIPALS.into_iter().chain(RESOURCES).chain(["Agency", "Role"]);
    names.filter_map(|name| Some((name, name.parse().ok()?))).collect()
});

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let name = KINDS.get(kind).ok_or_else(|| format!("{kind} is no name of a kind"))?;
    Ok(EntityUid::from_type_name_and_id(name.clone(), EntityId::new(id)))
}

fn reference(kind: &str, id: &str) -> Result<RestrictedExpression, String> {
    Ok(RestrictedExpression::new_entity_uid(uid(kind, id)?))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn agencies<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<RestrictedExpression, String> {
    let items = codes.into_iter().map(|code| reference("Agency", code)).collect::<Result<Vec<_>, _>>()?;
    Ok(RestrictedExpression::new_set(items))
}

fn person(id: &PersonId) -> Result<RestrictedExpression, String> {
    reference("Person", id.as_str())
}

pub(super) fn principal_kind(kind: ActorKind) -> usize {
    match kind {
        ActorKind::Resident => 0,
        ActorKind::Official => 1,
        ActorKind::System => 2,
    }
}

/// The actor: posts as parents (agency and role), capabilities as tags with the agencies that give them.
fn principal(actor: &Actor) -> Result<Entity, String> {
    let kind = PRINCIPALS[principal_kind(actor.kind)];
    let mut attributes: Vec<(String, RestrictedExpression)> = Vec::new();
    if actor.kind != ActorKind::System {
        attributes.push(("subject".to_owned(), person(actor.subject())?));
    }
    let mut parents = HashSet::new();
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    if actor.kind != ActorKind::Resident {
        let codes: BTreeSet<&str> = actor.positions.iter().map(|post| post.agency.as_str()).collect();
        attributes.push(("posts".to_owned(), agencies(codes)?));
        for Position { agency, role, capabilities, .. } in &actor.positions {
            parents.insert(uid("Agency", agency)?);
            if actor.kind == ActorKind::Official {
                parents.insert(uid("Role", role)?);
            }
            for capability in capabilities {
                tags.entry(capability).or_default().insert(agency);
            }
        }
    }
    let tags = tags
        .into_iter()
        .map(|(capability, codes)| Ok((capability.to_owned(), agencies(codes)?)))
        .collect::<Result<Vec<_>, String>>()?;
    Entity::new_with_tags(uid(kind, actor.person.as_str())?, attributes, parents, tags).map_err(|e| e.to_string())
}

fn resource(resource: &Resource) -> Result<(usize, Entity), String> {
    let mut attributes: HashMap<String, RestrictedExpression> = HashMap::new();
    let mut put = |name: &str, value: RestrictedExpression| attributes.insert(name.to_owned(), value);
    let kind = match resource {
        Resource::Route { minimum_acr, .. } => {
            put("minimumAcr", RestrictedExpression::new_long(i64::from(*minimum_acr)));
            0
        }
        Resource::Case { owner, units, consulted, procedure, .. } => {
            put("owner", person(owner)?);
            put("units", agencies(units.iter().map(String::as_str))?);
            put("consulted", agencies(consulted.iter().map(String::as_str))?);
            put("procedure", text(procedure));
            1
        }
        Resource::Document { owner, kind, consent, .. } => {
            put("owner", person(owner)?);
            put("kind", text(kind));
            if let Some(consent) = consent {
                put("consent", text(consent));
            }
            2
        }
    };
    let uid = uid(RESOURCES[kind], resource.id())?;
    Ok((kind, Entity::new(uid, attributes, HashSet::new()).map_err(|error| error.to_string())?))
}

/// The actor's agencies with those above them.
fn tree(actor: &Actor, agencies: &Agencies) -> Result<Vec<Entity>, String> {
    let mut entities = BTreeMap::new();
    for post in &actor.positions {
        let mut code = post.agency.as_str();
        // A circle in the table of agencies ends at the first agency met twice.
        while !entities.contains_key(code) {
            let parent = agencies.get(code).and_then(|agency| agency.parent.as_deref());
            let parents = parent.map(|parent| uid("Agency", parent)).transpose()?.into_iter().collect();
            entities.insert(code, Entity::new_no_attrs(uid("Agency", code)?, parents));
            let Some(parent) = parent else { break };
            code = parent;
        }
    }
    Ok(entities.into_values().collect())
}

fn context(action: &str, circumstances: &Circumstances) -> Result<Context, String> {
    let consents = circumstances.consents.iter().map(|id| text(id));
    let mut pairs = vec![
        ("action".to_owned(), text(action)),
        ("acr".to_owned(), RestrictedExpression::new_long(i64::from(circumstances.acr))),
        ("time".to_owned(), RestrictedExpression::new_long(circumstances.at.as_second())),
        ("consents".to_owned(), RestrictedExpression::new_set(consents)),
    ];
    for (name, value) in
        [("purpose", &circumstances.purpose), ("caseId", &circumstances.case), ("mandate", &circumstances.mandate)]
    {
        pairs.extend(value.as_ref().map(|value| (name.to_owned(), text(value))));
    }
    Context::from_pairs(pairs).map_err(|error| error.to_string())
}

/// A question in the words of the policies.
pub(super) fn asked(action: &Action, question: &Question<'_>, agencies: &Agencies) -> Result<Asked, String> {
    let (resource_kind, thing) = resource(question.resource)?;
    let actor = principal(question.actor)?;
    let context = context(question.action, question.circumstances)?;
    let request =
        Request::new(actor.uid(), action.uid.clone(), thing.uid(), context, None).map_err(|e| e.to_string())?;
    let mut all = tree(question.actor, agencies)?;
    all.extend([actor, thing]);
    all.extend(action.entities.iter().cloned());
    let entities = Entities::from_entities(all, None).map_err(|error| error.to_string())?;
    Ok(Asked { request, entities, kinds: (principal_kind(question.actor.kind), resource_kind) })
}

/// Proves at start that what the program will tell the policies is what their schema expects.
pub(super) fn probe(policies: &Policies) -> Result<(), String> {
    use haidang_contracts::authorizer::{USE_ACCOUNT, USE_OFFICE, USE_RESIDENT, USE_SYSTEM, VIEW};
    let parse = |text: &str| PersonId::parse(text).map_err(|_| "sample id".to_owned());
    let (me, other) = (parse("01900000-0000-7000-8000-000000000001")?, parse("01900000-0000-7000-8000-000000000002")?);
    let post = Position {
        agency: "H24.1".to_owned(),
        role: "clerk".to_owned(),
        title: String::new(),
        capabilities: BTreeSet::from(["case.receive".to_owned()]),
    };
    let actor = |kind: ActorKind| Actor {
        person: me.clone(),
        display_name: String::new(),
        kind,
        on_behalf_of: None,
        on_behalf_name: None,
        positions: if kind == ActorKind::Resident { vec![] } else { vec![post.clone()] },
        assurance: 2,
        mandates: Vec::new(),
        second_factor_at: None,
    };
    let route = Resource::Route { id: "sample".to_owned(), minimum_acr: 2 };
    let case = Resource::Case {
        id: "sample".to_owned(),
        owner: other.clone(),
        units: vec!["H24.1".to_owned()],
        consulted: Vec::new(),
        procedure: "1.001193".to_owned(),
    };
    let document = Resource::Document {
        id: "sample".to_owned(),
        owner: other,
        kind: "x".to_owned(),
        consent: Some("c".to_owned()),
    };
    let circumstances = Circumstances {
        acr: 2,
        purpose: Some("p".to_owned()),
        case: Some("c".to_owned()),
        mandate: Some("m".to_owned()),
        consents: vec!["c".to_owned()],
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let mut questions: Vec<(&str, &Resource)> = vec![(VIEW, &case), (VIEW, &document)];
    questions.extend([USE_ACCOUNT, USE_RESIDENT, USE_OFFICE, USE_SYSTEM].map(|action| (action, &route)));
    questions.extend(crate::roles::CAPABILITIES.iter().map(|capability| (*capability, &route)));
    for kind in [ActorKind::Resident, ActorKind::Official, ActorKind::System] {
        let actor = actor(kind);
        for (name, resource) in &questions {
            let action = policies.action(name).ok_or_else(|| format!("the schema lacks the action {name}"))?;
            let question = Question { actor: &actor, action: name, resource, circumstances: &circumstances };
            let asked = asked(action, &question, &Agencies::default())?;
            let (request, schema) = (&asked.request, policies.schema());
            let (Some(principal), Some(resource), Some(context)) =
                (request.principal(), request.resource(), request.context())
            else {
                return Err("a question without its parts".to_owned());
            };
            Request::new(principal.clone(), action.uid.clone(), resource.clone(), context.clone(), Some(schema))
                .map_err(|error| format!("the program asks what the schema refuses: {error}"))?;
            let given = asked.entities.iter().filter(|entity| entity.uid().type_name().basename() != "Action").cloned();
            Entities::from_entities(given, Some(schema))
                .map_err(|error| format!("the program tells what the schema refuses: {error}"))?;
        }
    }
    Ok(())
}
