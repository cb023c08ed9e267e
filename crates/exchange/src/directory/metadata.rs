//! What the exchange tells about itself: `listClients`, `listMethods`, `allowedMethods` (X-Road PR-META, PR-MREST).

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Directory, Endpoint, Member, Service, ServiceKind, Subsystem};
use crate::rules::agreement::{Agreement, Standing};
use crate::rules::fault::escaped;
use crate::rules::identifier::SubsystemId;

impl Directory {
    fn clients(&self, instance: Option<&str>) -> impl Iterator<Item = (&Member, Option<&Subsystem>)> {
        let wanted = instance.unwrap_or(&self.instance).to_owned();
        self.members().filter(move |member| member.id.instance == wanted).flat_map(|member| {
            let subsystems = member.subsystems.iter().map(move |subsystem| (member, Some(subsystem.as_ref())));
            std::iter::once((member, None)).chain(subsystems)
        })
    }

    /// Members and subsystems of an instance as JSON; of this one where none is named.
    pub fn clients_json(&self, instance: Option<&str>) -> String {
        let mut list = Vec::new();
        for (member, subsystem) in self.clients(instance) {
            let mut id = json!({ "member_class": member.id.class, "member_code": member.id.code });
            if let Some(subsystem) = subsystem {
                id["subsystem_code"] = json!(subsystem.id.code);
            }
            id["object_type"] = json!(object_type(subsystem));
            id["xroad_instance"] = json!(member.id.instance);
            let mut entry = json!({ "id": id, "name": member.name });
            if let Some(name) = subsystem.and_then(|subsystem| subsystem.name.as_ref()) {
                entry["subsystem_name"] = json!(name);
            }
            list.push(entry);
        }
        json!({ "member": list }).to_string()
    }

    /// The same as XML.
    pub fn clients_xml(&self, instance: Option<&str>) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        xml.push_str("<xroad:clientList xmlns:xroad=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:id=\"http://x-road.eu/xsd/identifiers\">");
        for (member, subsystem) in self.clients(instance) {
            let _ = write!(xml, "<xroad:member><xroad:id id:objectType=\"{}\">", object_type(subsystem));
            let code = subsystem.map(|subsystem| ("subsystemCode", &subsystem.id.code));
            let parts = [
                ("xRoadInstance", &member.id.instance),
                ("memberClass", &member.id.class),
                ("memberCode", &member.id.code),
            ];
            for (name, text) in parts.into_iter().chain(code) {
                let _ = write!(xml, "<id:{name}>{}</id:{name}>", escaped(text));
            }
            let _ = write!(xml, "</xroad:id><xroad:name>{}</xroad:name></xroad:member>", escaped(&member.name));
        }
        xml.push_str("</xroad:clientList>");
        xml
    }

    /// Services of a provider that are called through r1, with all their endpoints.
    pub fn methods_json(&self, provider: &Subsystem) -> String {
        listing(provider.services.iter().map(|service| (service.as_ref(), service.endpoints.iter().collect())))
    }

    /// The same, cut down to what a caller may call at this instant.
    pub fn allowed_methods_json(&self, provider: &Subsystem, caller: Option<&SubsystemId>, now: Timestamp) -> String {
        listing(provider.services.iter().filter_map(|service| {
            let agreements = self.agreements(caller?, &service.id);
            let in_force = |agreement: &&Arc<Agreement>| agreement.standing(now, self.environment) == Standing::InForce;
            let held: Vec<_> = agreements.iter().filter(in_force).collect();
            if held.is_empty() {
                return None;
            }
            let covered = |place| held.iter().any(|agreement| agreement.covers(Some(place)));
            let endpoints = service.endpoints.iter().enumerate().filter(|(place, _)| covered(*place));
            Some((service.as_ref(), endpoints.map(|(_, endpoint)| endpoint).collect()))
        }))
    }
}

fn object_type(subsystem: Option<&Subsystem>) -> &'static str {
    if subsystem.is_some() { "SUBSYSTEM" } else { "MEMBER" }
}

fn listing<'a>(services: impl Iterator<Item = (&'a Service, Vec<&'a Endpoint>)>) -> String {
    let rest = services.filter(|(service, _)| service.kind != ServiceKind::Soap);
    json!({ "service": rest.map(|(service, endpoints)| entry(service, &endpoints)).collect::<Vec<_>>() }).to_string()
}

fn entry(service: &Service, endpoints: &[&Endpoint]) -> Value {
    let member = &service.id.subsystem.member;
    let endpoints: Vec<Value> = endpoints
        .iter()
        .map(|endpoint| json!({ "method": endpoint.method.as_deref().unwrap_or("*"), "path": endpoint.path.as_str() }))
        .collect();
    json!({
        "member_class": member.class,
        "member_code": member.code,
        "object_type": "SERVICE",
        "service_code": service.id.code,
        "service_type": service.kind.word(),
        "subsystem_code": service.id.subsystem.code,
        "xroad_instance": member.instance,
        "endpoint_list": endpoints,
    })
}
