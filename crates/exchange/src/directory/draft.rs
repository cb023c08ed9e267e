//! The directory as people write it, in TOML, and the judgement that makes a [`Directory`] of it. Everything wrong is
//! told at once, each thing by its name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::agreement_draft::AgreementDraft;
use super::endpoint_draft::EndpointDraft;
use super::openapi::without_servers;
use super::peer::{self, PeerDraft};
use super::provider::ProviderTlsDraft;
use super::{
    Connection, Directory, Endpoint, Member, Service, ServiceKind, Subsystem, Timeouts, certificates, provider, wsdl,
};
use crate::filter::Fields;
use crate::registry::rules::clock;
use crate::rules::agreement::Environment;
use crate::rules::breaker::BreakerRules;
use crate::rules::credential::{Fingerprint, fingerprint};
use crate::rules::decide::METADATA;
use crate::rules::fault::Style;
use crate::rules::identifier::{MemberId, ServiceId, SubsystemId, is_registrable};

/// All that is wrong with a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaints(pub Vec<String>);

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Complaints {}

/// A directory as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryDraft {
    /// The name of this exchange.
    pub instance: String,
    /// `INSTANCE/CLASS/MEMBER/SERVER`, if requests may name it.
    #[serde(default)]
    pub security_server: Option<String>,
    /// Whose agreements hold.
    #[serde(default)]
    pub environment: Environment,
    /// How errors are spelled for those who do not say.
    #[serde(default)]
    pub xroad_error_style: Style,
    /// Working days a provider has to answer a request.
    #[serde(default = "clock::decision_days")]
    pub decision_days: u8,
    /// Subsystems whose agreements may hold entries of the citizens' log back (`hidden_until`).
    #[serde(default)]
    pub hidden_consumers: Vec<String>,
    /// Members.
    #[serde(default, rename = "member")]
    pub members: Vec<MemberDraft>,
    /// Other exchanges.
    #[serde(default, rename = "peer")]
    pub peers: Vec<PeerDraft>,
    /// Agreements.
    #[serde(default, rename = "agreement")]
    pub agreements: Vec<AgreementDraft>,
}

/// A member as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberDraft {
    /// `GOV`, `COM` or `ORG`.
    pub class: String,
    /// Agency code or tax code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Information systems.
    #[serde(default, rename = "subsystem")]
    pub subsystems: Vec<SubsystemDraft>,
}

/// A subsystem as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubsystemDraft {
    /// Its code.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its credential.
    #[serde(default)]
    pub connection: Connection,
    /// Its client certificates, each in PEM; several while one takes the place of another.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// How errors are spelled for it.
    #[serde(default)]
    pub xroad_error_style: Option<Style>,
    /// Services.
    #[serde(default, rename = "service")]
    pub services: Vec<ServiceDraft>,
}

/// A service as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceDraft {
    /// Its code.
    pub code: String,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// `REST`, `OPENAPI3` or `SOAP`.
    pub kind: ServiceKind,
    /// `http://host[:port][/path]` or `https://…`; this or `adapter`.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The adapter that is asked in the place of an address.
    #[serde(default)]
    pub adapter: Option<String>,
    /// Whom to believe over TLS.
    #[serde(default)]
    pub tls: Option<ProviderTlsDraft>,
    /// Whether whoever answers over TLS must prove to be the provider.
    #[serde(default = "verify")]
    pub tls_verify: bool,
    /// Its time.
    #[serde(default)]
    pub timeouts: TimeoutsDraft,
    /// Calls at a time.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// When it is left alone.
    #[serde(default)]
    pub breaker: BreakerRules,
    /// Notice while it is switched off.
    #[serde(default)]
    pub disabled: Option<String>,
    /// Whether its owner registered it and the operator has not looked at its address yet; until then it is switched off.
    #[serde(default)]
    pub awaiting: bool,
    /// Its OpenAPI description in JSON; where the directory is a file, the name of a file beside it.
    #[serde(default)]
    pub openapi: Option<String>,
    /// Its description in WSDL, in the place of one in OpenAPI; for people.
    #[serde(default)]
    pub wsdl: Option<String>,
    /// Endpoints.
    #[serde(default, rename = "endpoint")]
    pub endpoints: Vec<EndpointDraft>,
    /// What people call the fields of its answers, by the path that agreements name them with.
    #[serde(default)]
    pub field_names: BTreeMap<String, String>,
    /// Its name, for people.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is for, for people.
    #[serde(default)]
    pub description: Option<String>,
}

fn concurrency() -> usize {
    64
}

fn verify() -> bool {
    true
}

/// Time-outs as written, in milliseconds.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeoutsDraft {
    /// For a connection.
    pub connect_ms: u64,
    /// For the beginning of the answer.
    pub first_byte_ms: u64,
    /// For all.
    pub total_ms: u64,
}

impl Default for TimeoutsDraft {
    fn default() -> Self {
        Self { connect_ms: 5_000, first_byte_ms: 30_000, total_ms: 60_000 }
    }
}

impl DirectoryDraft {
    /// Reads TOML.
    ///
    /// # Errors
    /// The place and the reason in [`toml`]'s words.
    pub fn from_toml(text: &str) -> Result<Self, Complaints> {
        toml::from_str(text).map_err(|error| Complaints(vec![error.to_string().trim().to_owned()]))
    }

    /// Judges the whole and makes a directory of it.
    ///
    /// # Errors
    /// [`Complaints`], all of them.
    pub fn build(self) -> Result<Directory, Complaints> {
        let mut wrong = Vec::new();
        if !is_registrable(&self.instance) {
            wrong.push(format!("instance {:?}: use letters, digits and '()+,-.=?", self.instance));
        }
        let mut directory = Directory {
            instance: self.instance,
            security_server: self.security_server,
            environment: self.environment,
            error_style: self.xroad_error_style,
            members: BTreeMap::new(),
            subsystems: Default::default(),
            services: Default::default(),
            agreements: Default::default(),
            peers: BTreeMap::new(),
        };
        for member in self.members {
            add_member(&mut directory, member, &mut wrong);
        }
        for peer in self.peers {
            peer::add(&mut directory, peer, &mut wrong);
        }
        let hidden: Vec<SubsystemId> =
            self.hidden_consumers.iter().filter_map(|text| SubsystemId::parse(text)).collect();
        if hidden.len() < self.hidden_consumers.len() {
            wrong.push("hidden_consumers: write INSTANCE/CLASS/MEMBER/SUBSYSTEM".to_owned());
        }
        let mut ids = std::collections::BTreeSet::new();
        for agreement in self.agreements {
            let id = agreement.id.clone();
            if !ids.insert(id.clone()) {
                wrong.push(format!("agreement {id}: is written twice"));
            }
            match agreement.judge(&directory, &hidden) {
                Ok(agreement) => {
                    let of = directory.agreements.entry(agreement.service.clone()).or_default();
                    of.entry(agreement.consumer.clone()).or_default().push(Arc::new(agreement));
                }
                Err(complaints) => wrong.extend(complaints.into_iter().map(|what| format!("agreement {id}: {what}"))),
            }
        }
        for of in directory.agreements.values_mut().flat_map(|of| of.values_mut()) {
            of.sort_by(|one, other| one.id.cmp(&other.id));
        }
        if wrong.is_empty() { Ok(directory) } else { Err(Complaints(wrong)) }
    }
}

fn add_member(directory: &mut Directory, draft: MemberDraft, wrong: &mut Vec<String>) {
    let id = MemberId { instance: directory.instance.clone(), class: draft.class, code: draft.code };
    if ![&id.class, &id.code].into_iter().all(|part| is_registrable(part)) {
        wrong.push(format!("member {id}: use letters, digits and '()+,-.=?"));
    }
    let mut member = Member { id: id.clone(), name: draft.name, signing_names: Vec::new(), subsystems: Vec::new() };
    for draft in draft.subsystems {
        let id = SubsystemId { member: id.clone(), code: draft.code };
        if !is_registrable(&id.code) {
            wrong.push(format!("subsystem {id}: use letters, digits and '()+,-.=?"));
        }
        let certificates = client_certificates(&id, draft.connection, &draft.certificates, wrong);
        let mut services = Vec::new();
        for service in draft.services {
            let id = ServiceId { subsystem: id.clone(), code: service.code.clone() };
            match service.judge(id.clone()) {
                Ok(service) => {
                    let service = Arc::new(service);
                    services.push(service.clone());
                    if directory.services.insert(id.clone(), service).is_some() {
                        wrong.push(format!("service {id}: is written twice"));
                    }
                }
                Err(complaints) => wrong.extend(complaints.into_iter().map(|what| format!("service {id}: {what}"))),
            }
        }
        let subsystem = Arc::new(Subsystem {
            id: id.clone(),
            name: draft.name,
            connection: draft.connection,
            certificates,
            error_style: draft.xroad_error_style.unwrap_or(directory.error_style),
            services,
            hosted: None,
        });
        member.subsystems.push(subsystem.clone());
        if directory.subsystems.insert(id.clone(), subsystem).is_some() {
            wrong.push(format!("subsystem {id}: is written twice"));
        }
    }
    if directory.members.insert(id.clone(), member).is_some() {
        wrong.push(format!("member {id}: is written twice"));
    }
}

fn client_certificates(
    id: &SubsystemId,
    connection: Connection,
    texts: &[String],
    wrong: &mut Vec<String>,
) -> Vec<Fingerprint> {
    let mut complaints = Vec::new();
    let found = certificates::read("certificates", texts, &mut complaints);
    if !texts.is_empty() && connection != Connection::HttpsClientCert {
        complaints.push("certificates are asked for only with connection = \"https_client_cert\"".to_owned());
    }
    wrong.extend(complaints.into_iter().map(|what| format!("subsystem {id}: {what}")));
    found.iter().map(fingerprint).collect()
}

impl ServiceDraft {
    fn judge(self, id: ServiceId) -> Result<Service, Vec<String>> {
        let mut wrong = Vec::new();
        if !is_registrable(&id.code) {
            wrong.push("its code may use letters, digits and '()+,-.=?".to_owned());
        }
        if METADATA.contains(&id.code.as_str()) {
            wrong.push("its code is reserved for metadata; choose another".to_owned());
        }
        let written = (self.base_url.as_deref(), self.adapter.as_deref());
        let address = provider::judge_either(written, self.tls, self.tls_verify, &mut wrong);
        let times = self.timeouts;
        if times.connect_ms == 0
            || times.first_byte_ms == 0
            || times.total_ms < times.connect_ms.max(times.first_byte_ms)
        {
            wrong.push("timeouts must be above zero, and total_ms the longest".to_owned());
        }
        if self.concurrency == 0 {
            wrong.push("concurrency must be at least 1".to_owned());
        }
        let openapi = match self.openapi.as_deref().map(without_servers) {
            Some(Err(what)) => {
                wrong.push(format!("openapi: {what}"));
                None
            }
            Some(Ok(document)) => Some(document),
            None => None,
        };
        if let Some(Err(what)) = self.wsdl.as_deref().map(wsdl::operations) {
            wrong.push(format!("wsdl: {what}"));
        }
        if self.awaiting && self.disabled.is_none() {
            wrong.push("awaiting: a service that awaits the operator is switched off (disabled)".to_owned());
        }
        judge_names(&self.field_names, &mut wrong);
        if self.openapi.is_some() && self.wsdl.is_some() {
            wrong.push("write openapi or wsdl, not both".to_owned());
        }
        if self.kind == ServiceKind::Openapi3 && self.openapi.is_none() {
            wrong.push("a service of kind OPENAPI3 needs openapi".to_owned());
        }
        let mut endpoints: Vec<Endpoint> = Vec::new();
        for draft in self.endpoints {
            let endpoint = draft.judge(&mut wrong);
            if endpoints.iter().any(|other| other.name() == endpoint.name()) {
                wrong.push(format!("endpoint {}: is written twice", endpoint.name()));
            }
            endpoints.push(endpoint);
        }
        match address {
            Some(address) if wrong.is_empty() => Ok(Service {
                id,
                version: self.version,
                kind: self.kind,
                address,
                timeouts: Timeouts {
                    connect: Duration::from_millis(times.connect_ms),
                    first_byte: Duration::from_millis(times.first_byte_ms),
                    total: Duration::from_millis(times.total_ms),
                },
                concurrency: self.concurrency,
                breaker: self.breaker,
                disabled: self.disabled,
                endpoints,
                field_names: self.field_names,
                openapi,
            }),
            _ => Err(wrong),
        }
    }
}

/// Names of fields stand on the pages of residents: each is said, is short, and belongs to a path that can be allowed.
fn judge_names(names: &BTreeMap<String, String>, wrong: &mut Vec<String>) {
    const LONGEST: usize = 120;
    for (path, name) in names {
        if let Err(fault) = Fields::parse([path.as_str()]) {
            wrong.push(format!("field_names: {fault}"));
        }
        if name.trim().is_empty() || name.chars().count() > LONGEST {
            wrong.push(format!("field_names: the name of {path} needs 1 to {LONGEST} characters"));
        }
    }
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
