//! Who takes part and who may ask whom: one immutable value. Calls read a snapshot; a change swaps the whole.

mod agreement_draft;
mod certificates;
mod draft;
mod endpoint_draft;
mod metadata;
mod openapi;
mod peer;
mod provider;
pub(crate) mod wsdl;

pub use agreement_draft::AgreementDraft;
pub use draft::{Complaints, DirectoryDraft, MemberDraft, ServiceDraft, SubsystemDraft, TimeoutsDraft};
pub use endpoint_draft::EndpointDraft;
pub use peer::{Hosted, Peer, PeerDraft, PeerMemberDraft, PeerSubsystemDraft};
pub(crate) use provider::judge as judge_provider;
pub use provider::{ProviderAddress, ProviderTls, ProviderTlsDraft};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::rules::agreement::{Agreement, Environment};
use crate::rules::breaker::BreakerRules;
use crate::rules::credential::Fingerprint;
use crate::rules::fault::Style;
use crate::rules::glob::Glob;
use crate::rules::identifier::{ClientId, MemberId, ServiceId, SubsystemId};
use crate::subjects::Selectors;

/// How a subsystem proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// By being on this machine: no credential; only at the plain listener, which is on the loopback address.
    Http,
    /// By reaching the TLS listener: no credential, so only on a network where nobody else can.
    Https,
    /// By being a part of the program that runs the exchange: no port of any kind leads to it.
    Inside,
    /// By a client certificate. The default, so that forgetting to say opens nothing.
    #[default]
    HttpsClientCert,
}

/// An organisation that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Its name.
    pub name: String,
    /// What its certificates for signing may say instead of its id.
    pub signing_names: Vec<String>,
    /// Its information systems.
    pub subsystems: Vec<Arc<Subsystem>>,
}

/// An information system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subsystem {
    /// Its id.
    pub id: SubsystemId,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its credential.
    pub connection: Connection,
    /// Its client certificates.
    pub certificates: Vec<Fingerprint>,
    /// How errors are spelled for it.
    pub error_style: Style,
    /// What it provides.
    pub services: Vec<Arc<Service>>,
    /// That it is at another exchange.
    pub hosted: Option<Hosted>,
}

/// How a service is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ServiceKind {
    /// REST without a description.
    Rest,
    /// REST with an OpenAPI description.
    Openapi3,
    /// SOAP; not called through r1.
    Soap,
}

impl ServiceKind {
    /// As metadata names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rest => "REST",
            Self::Openapi3 => "OPENAPI",
            Self::Soap => "SOAP",
        }
    }
}

/// How long a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To accept a connection.
    pub connect: Duration,
    /// To begin its answer.
    pub first_byte: Duration,
    /// For the whole call.
    pub total: Duration,
}

/// What can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its version, where it has one.
    pub version: Option<String>,
    /// How it is called.
    pub kind: ServiceKind,
    /// Where it is.
    pub address: ProviderAddress,
    /// Its time.
    pub timeouts: Timeouts,
    /// Calls at a time; more wait no longer than for a connection and are then refused.
    pub concurrency: usize,
    /// When it is left alone.
    pub breaker: BreakerRules,
    /// The provider's notice while it is switched off.
    pub disabled: Option<String>,
    /// What is described of it; the first that matches is the endpoint of a call.
    pub endpoints: Vec<Endpoint>,
    /// What people call the fields of its answers, by their paths.
    pub field_names: BTreeMap<String, String>,
    /// Its OpenAPI description without server addresses, in JSON.
    pub openapi: Option<Bytes>,
}

/// A method and the paths it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The method; `None` for every one.
    pub method: Option<String>,
    /// Its paths, as a glob over the decoded path.
    pub path: Glob,
    /// What records of operation show instead of the path.
    pub template: String,
    /// Whether answers are about people: user, issue and purpose must then be said.
    pub personal_data: bool,
    /// Where the numbers of those people stand; none where nobody said it.
    pub subjects: Option<Selectors>,
    /// Whether an answer is about many people, who are told together by a notice.
    pub bulk: bool,
    /// Whether answers may hold something of people whom no selector finds; nobody gets them as proof then.
    pub third_persons: bool,
}

impl Service {
    /// What people call these fields, in this order and each once; a field without a name keeps its path.
    pub fn names_of(&self, fields: &[String]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for field in fields {
            let name = self.field_names.get(field).unwrap_or(field);
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }
}

impl Endpoint {
    /// Whether a call is of this endpoint in one reading of its path.
    pub fn matches(&self, method: &str, reading: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method) && self.path.matches(reading)
    }

    /// Whether it is about people and says neither who they are nor that they are many.
    fn tells_nobody(&self) -> bool {
        self.personal_data && self.subjects.is_none() && !self.bulk
    }

    /// `METHOD /glob`, the name by which agreements speak of it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method.as_deref().unwrap_or("*"), self.path.as_str())
    }
}

impl Service {
    /// The endpoint of a call in one reading of its path: the first that matches.
    pub fn endpoint(&self, method: &str, reading: &str) -> Option<usize> {
        self.endpoints.iter().position(|endpoint| endpoint.matches(method, reading))
    }
}

/// The snapshot that calls are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    instance: String,
    security_server: Option<String>,
    environment: Environment,
    error_style: Style,
    members: BTreeMap<MemberId, Member>,
    subsystems: HashMap<SubsystemId, Arc<Subsystem>>,
    services: HashMap<ServiceId, Arc<Service>>,
    agreements: HashMap<ServiceId, HashMap<SubsystemId, Vec<Arc<Agreement>>>>,
    peers: BTreeMap<String, Arc<Peer>>,
}

impl Directory {
    /// The name of this exchange, such as `VN-HP`.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The environment whose agreements hold here.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Whether a request that names an exchange server means this one.
    pub fn is_us(&self, security_server: &str) -> bool {
        self.security_server.as_deref() == Some(security_server)
    }

    /// How errors are spelled for a caller, known or not.
    pub fn style(&self, client: Option<&ClientId>) -> Style {
        client
            .and_then(ClientId::subsystem)
            .and_then(|id| self.subsystems.get(id))
            .map_or(self.error_style, |subsystem| subsystem.error_style)
    }

    /// All members in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// A member.
    pub fn member(&self, id: &MemberId) -> Option<&Member> {
        self.members.get(id)
    }

    /// A subsystem.
    pub fn subsystem(&self, id: &SubsystemId) -> Option<&Arc<Subsystem>> {
        self.subsystems.get(id)
    }

    /// A service.
    pub fn service(&self, id: &ServiceId) -> Option<&Arc<Service>> {
        self.services.get(id)
    }

    /// What its writer should know although it is allowed, each thing by its name.
    pub fn warnings(&self) -> Vec<String> {
        let members = self.members.values().flat_map(|member| &member.subsystems);
        let claimed = members.filter(|subsystem| subsystem.connection == Connection::Https).map(|subsystem| {
            format!(
                "subsystem {}: whoever reaches the TLS port may call in its name (connection = \"https\")",
                subsystem.id
            )
        });
        let services = self.members.values().flat_map(|member| &member.subsystems).flat_map(|of| &of.services);
        let believed = services.filter(|service| service.address.tls == Some(ProviderTls::Unverified)).map(|service| {
            format!(
                "service {}: whoever answers at {} is believed (tls_verify = false)",
                service.id, service.address.authority
            )
        });
        let services = self.members.values().flat_map(|member| &member.subsystems).flat_map(|of| &of.services);
        let untold = services.flat_map(|service| {
            let silent = service.endpoints.iter().filter(|endpoint| endpoint.tells_nobody());
            silent.map(|endpoint| {
                format!(
                    "service {}: endpoint {} is about people who never learn of it: write subject_selector or bulk",
                    service.id,
                    endpoint.name()
                )
            })
        });
        claimed.chain(believed).chain(untold).collect()
    }

    /// The adapters that services name, each with its service.
    pub fn adapters(&self) -> impl Iterator<Item = (&ServiceId, &str)> {
        let services = self.members.values().flat_map(|member| &member.subsystems).flat_map(|of| &of.services);
        services.filter_map(|service| Some((&service.id, service.address.adapter.as_deref()?)))
    }

    /// Whether an agreement of this id is written down, whatever its state.
    pub fn knows_agreement(&self, id: &str) -> bool {
        self.agreements.values().flat_map(HashMap::values).flatten().any(|agreement| agreement.id == id)
    }

    /// What was agreed between a consumer and a service, whatever its state, in the order of ids.
    pub fn agreements(&self, consumer: &SubsystemId, service: &ServiceId) -> &[Arc<Agreement>] {
        self.agreements.get(service).and_then(|of| of.get(consumer)).map_or(&[], Vec::as_slice)
    }
}
