//! What is registered, in the words of the pages.

use haidang_kernel::problem::Problem;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Reader, RegistryRoom};
use crate::directory::{AgreementDraft, MemberDraft, ServiceDraft, SubsystemDraft};
use crate::registry::Registered;
use crate::registry::rules::clock::DECISION_DAYS;
use crate::registry::rules::entries::{Key, Kind};
use crate::rules::agreement::Environment;
use crate::rules::identifier::{ClientId, MemberId, ServiceId, SubsystemId};

/// An information system.
pub(super) struct System {
    pub(super) id: SubsystemId,
    pub(super) version: i64,
    pub(super) draft: SubsystemDraft,
    pub(super) owner: String,
}

impl System {
    /// Its name, or its code.
    pub(super) fn name(&self) -> &str {
        self.draft.name.as_deref().unwrap_or(&self.draft.code)
    }
}

/// A service.
pub(super) struct Service {
    pub(super) id: ServiceId,
    pub(super) version: i64,
    pub(super) draft: ServiceDraft,
    pub(super) owner: String,
}

impl Service {
    /// Its name, or its code.
    pub(super) fn name(&self) -> &str {
        self.draft.name.as_deref().unwrap_or(&self.draft.code)
    }
}

/// An agreement.
pub(super) struct Agreement {
    pub(super) version: i64,
    pub(super) content: Value,
    pub(super) draft: AgreementDraft,
    pub(super) consumer: SubsystemId,
    pub(super) service: ServiceId,
}

/// All that is registered.
pub(super) struct View(Registered);

impl View {
    pub(super) async fn read(room: &RegistryRoom) -> Result<Self, Problem> {
        Ok(Self(room.parts.registry.registered().await?))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Whose agreements hold.
    pub(super) fn environment(&self) -> Environment {
        let head = self.0.entries.get(&Key::head()).and_then(|head| head.content.as_ref());
        let environment = head.and_then(|head| head.get("environment"));
        environment.and_then(|word| Environment::deserialize(word).ok()).unwrap_or_default()
    }

    /// Working days a provider has to answer a request.
    pub(super) fn decision_days(&self) -> u8 {
        let head = self.0.entries.get(&Key::head()).and_then(|head| head.content.as_ref());
        let days = head.and_then(|head| head.get("decision_days")).and_then(Value::as_u64);
        days.and_then(|days| u8::try_from(days).ok()).unwrap_or(DECISION_DAYS)
    }

    /// What an entry holds now, with its version; nothing when it is not there.
    pub(super) fn content(&self, key: &Key) -> Option<(i64, &Value)> {
        let version = self.0.entries.get(key)?;
        Some((version.version, version.content.as_ref()?))
    }

    fn each<T: DeserializeOwned>(&self, kind: Kind) -> impl Iterator<Item = Result<(&str, i64, T), Problem>> {
        let entries = self.0.entries.iter().filter(move |(key, _)| key.kind == kind);
        entries.map(|(key, version)| {
            let content = version.content.as_ref().unwrap_or(&Value::Null);
            let read = T::deserialize(content).map_err(|error| {
                tracing::error!(entry = %key, error = %error, "an entry of the registry cannot be read");
                Problem::internal("an entry of the registry cannot be read")
            });
            Ok((key.id.as_str(), version.version, read?))
        })
    }

    /// Name of a member; its id when it is not there.
    pub(super) fn member(&self, id: &MemberId) -> String {
        let content = self.content(&Key::new(Kind::Member, id.to_string()));
        let draft = content.and_then(|(_, content)| MemberDraft::deserialize(content).ok());
        draft.map_or_else(|| id.to_string(), |draft| draft.name)
    }

    /// Name of a system; its id when it is not there.
    pub(super) fn system_name(&self, id: &SubsystemId) -> String {
        let content = self.content(&Key::new(Kind::Subsystem, id.to_string()));
        let draft = content.and_then(|(_, content)| SubsystemDraft::deserialize(content).ok());
        draft.and_then(|draft| draft.name).unwrap_or_else(|| id.to_string())
    }

    /// A service as it was written; nothing when it is not there.
    pub(super) fn service_draft(&self, id: &ServiceId) -> Option<ServiceDraft> {
        let (_, content) = self.content(&Key::new(Kind::Service, id.to_string()))?;
        ServiceDraft::deserialize(content).ok()
    }

    /// Name of a service; its id when it is not there.
    pub(super) fn service_name(&self, id: &ServiceId) -> String {
        self.service_draft(id).and_then(|draft| draft.name).unwrap_or_else(|| id.to_string())
    }

    /// Members whose systems the reader may register, with their names.
    pub(super) fn members(&self, reader: &Reader) -> Result<Vec<(MemberId, String)>, Problem> {
        let mut found = Vec::new();
        for entry in self.each::<MemberDraft>(Kind::Member) {
            let (id, _, draft) = entry?;
            if let Some(ClientId::Member(id)) = ClientId::parse(id)
                && reader.owns(&id)
            {
                found.push((id, draft.name));
            }
        }
        Ok(found)
    }

    /// Systems that the reader may see.
    pub(super) fn systems(&self, reader: &Reader) -> Result<Vec<System>, Problem> {
        let systems = self.all_systems()?.into_iter();
        Ok(systems.filter(|system| reader.owns(&system.id.member)).collect())
    }

    /// All systems.
    pub(super) fn all_systems(&self) -> Result<Vec<System>, Problem> {
        let mut found = Vec::new();
        for entry in self.each::<SubsystemDraft>(Kind::Subsystem) {
            let (id, version, draft) = entry?;
            if let Some(id) = SubsystemId::parse(id) {
                let owner = self.member(&id.member);
                found.push(System { id, version, draft, owner });
            }
        }
        Ok(found)
    }

    /// Services, all of them for `None`.
    pub(super) fn services(&self, reader: Option<&Reader>) -> Result<Vec<Service>, Problem> {
        let mut found = Vec::new();
        for entry in self.each::<ServiceDraft>(Kind::Service) {
            let (id, version, draft) = entry?;
            let id = ServiceId::parse(id);
            let seen = |id: &ServiceId| reader.is_none_or(|reader| reader.owns(&id.subsystem.member));
            if let Some(id) = id.filter(seen) {
                let owner = self.member(&id.subsystem.member);
                found.push(Service { id, version, draft, owner });
            }
        }
        Ok(found)
    }

    /// Agreements that the reader may see: those on one side of which they stand.
    pub(super) fn agreements(&self, reader: &Reader) -> Result<Vec<Agreement>, Problem> {
        let mut found = Vec::new();
        for entry in self.each::<AgreementDraft>(Kind::Agreement) {
            let (id, version, draft) = entry?;
            let sides = SubsystemId::parse(&draft.consumer).zip(ServiceId::parse(&draft.service));
            let Some((consumer, service)) = sides else { continue };
            if reader.party(&consumer, &service).takes_part() {
                let content = self.content(&Key::new(Kind::Agreement, id)).map(|(_, content)| content.clone());
                let content = content.unwrap_or_default();
                found.push(Agreement { version, content, draft, consumer, service });
            }
        }
        Ok(found)
    }
}
