//! The policies of a city: read from the pack, checked against the schema, kept ready for questions.
//!
//! A pack's folder `policies/` holds `schema.cedarschema` and any number of `*.cedar`. Every policy has an `@id` and a
//! Vietnamese `@description`, because whoever is refused is told which policy said so, in words. A fault stops the
//! start with file, line and reason: a city whose rights are not what its files say must not open.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use cedar_policy::{
    Effect, Entities, Entity, EntityTypeName, EntityUid, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use haidang_contracts::authorizer::Ground;
use haidang_kernel::bilingual::Bilingual;
use sha2::{Digest as _, Sha256};

use super::statements::{Statement, statements};
use crate::roles::CAPABILITIES;

/// Name of the schema in the folder of policies.
pub const SCHEMA_FILE: &str = "schema.cedarschema";

/// Kinds of actors as the policies call them.
pub(super) const PRINCIPALS: [&str; 3] = ["Person", "Official", "System"];
/// Kinds of things as the policies call them.
pub(super) const RESOURCES: [&str; 3] = ["Route", "Case", "Document"];

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    /// File inside the folder of policies.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policies/{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// Every fault of a folder of policies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PolicyFaults(pub Vec<PolicyFault>);

/// The policies that can speak to one kind of question.
#[derive(Debug, Clone, Default)]
pub(super) struct Slice {
    pub(super) set: PolicySet,
    /// The permits among them, for the answer to "why not".
    pub(super) permits: Vec<Arc<Ground>>,
}

/// One action with the groups above it and the policies that can speak to it.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) uid: EntityUid,
    /// The action and its groups, which policies may name.
    pub(super) entities: Vec<Entity>,
    /// By kind of actor, then kind of thing.
    slices: [[Slice; 3]; 3],
}

impl Action {
    pub(super) fn slice(&self, principal: usize, resource: usize) -> Option<&Slice> {
        self.slices.get(principal)?.get(resource)
    }
}

/// The policies of a city, parsed and checked.
#[derive(Debug)]
pub struct Policies {
    schema: Schema,
    actions: HashMap<String, Action>,
    grounds: HashMap<PolicyId, Arc<Ground>>,
    hash: Arc<str>,
}

impl Policies {
    /// Reads the folder `policies/` of a pack.
    ///
    /// # Errors
    /// Every fault with file, line and reason; a folder or schema that is missing is one.
    pub fn load(folder: &Path) -> Result<Policies, PolicyFaults> {
        let fault =
            |file: &str, reason: String| PolicyFaults(vec![PolicyFault { file: file.to_owned(), line: 1, reason }]);
        let listed = std::fs::read_dir(folder).map_err(|error| fault("", error.to_string()))?;
        let mut files = Vec::new();
        for entry in listed {
            let path = entry.map_err(|error| fault("", error.to_string()))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if name == SCHEMA_FILE || name.ends_with(".cedar") {
                let text = std::fs::read_to_string(&path).map_err(|error| fault(&name, error.to_string()))?;
                files.push((name, text));
            }
        }
        files.sort();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Policies::from_files(&files)
    }

    /// The policies of the sample city, for a city without a folder of its own and for tests.
    ///
    /// # Errors
    /// Never, as long as the sample pack passes its own lint.
    pub fn built_in() -> Result<Policies, PolicyFaults> {
        Policies::from_files(&[
            ("cases.cedar", include_str!("../../../../packs/mau/policies/cases.cedar")),
            ("routes.cedar", include_str!("../../../../packs/mau/policies/routes.cedar")),
            (SCHEMA_FILE, include_str!("../../../../packs/mau/policies/schema.cedarschema")),
        ])
    }

    /// Puts policies together from files given by name and text.
    ///
    /// # Errors
    /// Every fault with file, line and reason.
    pub fn from_files(files: &[(&str, &str)]) -> Result<Policies, PolicyFaults> {
        let schema = schema(files).map_err(|fault| PolicyFaults(vec![fault]))?;
        let mut faults = Vec::new();
        let mut read = Reading::default();
        for (file, text) in files.iter().filter(|(name, _)| *name != SCHEMA_FILE) {
            match statements(text) {
                Ok(found) => found.iter().for_each(|one| read.add(file, one, &mut faults)),
                Err(line) => faults.push(fault(file, line, "the last policy has no semicolon")),
            }
        }
        let checked = Validator::new(schema.clone()).validate(&read.set, ValidationMode::Strict);
        for error in checked.validation_errors() {
            let (file, line) = read.places.get(error.policy_id()).cloned().unwrap_or_default();
            faults.push(fault(&file, line, error.to_string()));
        }
        if read.set.is_empty() && faults.is_empty() {
            faults.push(fault("", 1, "there is no policy: nobody could do anything"));
        }
        if !faults.is_empty() {
            faults.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
            return Err(PolicyFaults(faults));
        }
        let actions = actions(&schema, &read).map_err(|reason| PolicyFaults(vec![fault(SCHEMA_FILE, 1, reason)]))?;
        let policies = Policies { schema, actions, grounds: read.grounds, hash: hash(files) };
        super::entities::probe(&policies).map_err(|reason| PolicyFaults(vec![fault(SCHEMA_FILE, 1, reason)]))?;
        Ok(policies)
    }

    /// SHA-256 of all files, hex; stands in the audit beside every refusal.
    pub fn hash(&self) -> &Arc<str> {
        &self.hash
    }

    /// Whether the action can be asked for at all.
    pub fn knows(&self, action: &str) -> bool {
        self.actions.contains_key(action)
    }

    /// All policies with their words, by id.
    pub fn list(&self) -> Vec<Arc<Ground>> {
        let mut list: Vec<Arc<Ground>> = self.grounds.values().cloned().collect();
        list.sort_by(|a, b| a.policy.cmp(&b.policy));
        list
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(super) fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(name)
    }

    pub(super) fn ground(&self, id: &PolicyId) -> Option<&Arc<Ground>> {
        self.grounds.get(id)
    }
}

fn fault(file: &str, line: usize, reason: impl Into<String>) -> PolicyFault {
    PolicyFault { file: file.to_owned(), line, reason: reason.into() }
}

/// The schema of the pack, with one action for each capability the code asks for.
fn schema(files: &[(&str, &str)]) -> Result<Schema, PolicyFault> {
    let text = files.iter().find(|(name, _)| *name == SCHEMA_FILE).map(|(_, text)| *text);
    let text = text.ok_or_else(|| fault(SCHEMA_FILE, 1, "the schema is missing"))?;
    let capabilities = CAPABILITIES.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let whole = format!(
        "{text}\naction {capabilities} in [\"capability\"] appliesTo {{ principal: [Person, Official, System], resource: [Route], context: Circumstances }};\n"
    );
    match Schema::from_cedarschema_str(&whole) {
        Ok((schema, _)) => Ok(schema),
        Err(error) => Err(fault(SCHEMA_FILE, 1, error.to_string())),
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    set: PolicySet,
    places: HashMap<PolicyId, (String, usize)>,
    grounds: HashMap<PolicyId, Arc<Ground>>,
}

impl Reading {
    fn add(&mut self, file: &str, statement: &Statement<'_>, faults: &mut Vec<PolicyFault>) {
        let line = statement.line;
        let policy = match Policy::parse(None, statement.text) {
            Ok(policy) => policy,
            Err(error) => return faults.push(fault(file, line, error.to_string())),
        };
        let words =
            |key: &str| policy.annotation(key).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(id) = words("id") else { return faults.push(fault(file, line, "a policy needs @id(\"…\")")) };
        let Some(vi) = words("description") else {
            return faults.push(fault(file, line, format!("policy {id} needs @description(\"…\") in Vietnamese")));
        };
        let en = words("description_en");
        let key = PolicyId::new(&id);
        if let Some((other, at)) = self.places.get(&key) {
            return faults.push(fault(file, line, format!("policy {id} is already in {other}:{at}")));
        }
        if let Err(error) = self.set.add(policy.new_id(key.clone())) {
            return faults.push(fault(file, line, error.to_string()));
        }
        let permits = policy.effect() == Effect::Permit;
        self.places.insert(key.clone(), (file.to_owned(), line));
        self.grounds.insert(key, Arc::new(Ground { policy: id, permits, text: Bilingual { vi, en } }));
    }
}

fn hash(files: &[(&str, &str)]) -> Arc<str> {
    let mut sorted: Vec<_> = files.to_vec();
    sorted.sort_unstable();
    let mut digest = Sha256::new();
    for (name, text) in sorted {
        // Lengths keep two files from reading like one.
        digest.update((name.len() as u64).to_be_bytes());
        digest.update(name);
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    data_encoding::HEXLOWER.encode(&digest.finalize()).into()
}

/// Sorts the policies by the questions they can speak to. Most of a large set is about something else, and a decision
/// must not pay for it.
fn actions(schema: &Schema, read: &Reading) -> Result<HashMap<String, Action>, String> {
    let all: Entities = schema.action_entities().map_err(|error| error.to_string())?;
    let mut actions: HashMap<String, Action> = HashMap::new();
    for uid in schema.actions() {
        let above: Vec<&EntityUid> = all.ancestors(uid).into_iter().flatten().collect();
        let entities = std::iter::once(uid).chain(above).filter_map(|uid| all.get(uid)).cloned().collect();
        let action = Action { uid: uid.clone(), entities, slices: Default::default() };
        actions.insert(uid.id().unescaped().to_owned(), action);
    }
    for policy in read.set.policies() {
        let Some(ground) = read.grounds.get(policy.id()) else { continue };
        for env in policy.get_valid_request_envs(schema) {
            let index = |names: &[&str; 3], wanted: &EntityTypeName| {
                names
                    .iter()
                    .position(|name| *name == wanted.basename() && wanted.namespace_components().next().is_none())
            };
            let (Some(principal), Some(resource)) =
                (index(&PRINCIPALS, env.principal()), index(&RESOURCES, env.resource()))
            else {
                continue;
            };
            let Some(action) = actions.get_mut(env.action().id().unescaped()) else { continue };
            let slice = &mut action.slices[principal][resource];
            slice.set.add(policy.clone()).map_err(|error| error.to_string())?;
            if ground.permits {
                slice.permits.push(ground.clone());
            }
        }
    }
    for slice in actions.values_mut().flat_map(|action| action.slices.iter_mut().flatten()) {
        slice.permits.sort_by(|a, b| a.policy.cmp(&b.policy));
    }
    Ok(actions)
}
