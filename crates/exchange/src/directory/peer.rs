//! Other exchanges: where each of them is, by which certificates it is known, and whose systems it speaks for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::{
    Connection, Directory, Member, ProviderTlsDraft, Service, ServiceKind, Subsystem, Timeouts, TimeoutsDraft,
    certificates, provider,
};
use crate::rules::breaker::BreakerRules;
use crate::rules::credential::{Fingerprint, fingerprint};
use crate::rules::decide::METADATA;
use crate::rules::identifier::{MemberId, ServiceId, SubsystemId, is_registrable};

/// Another exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// `INSTANCE/CLASS/MEMBER/SERVER`
    pub id: String,
    /// Its certificates, one of which it shows at either end of TLS.
    pub certificates: Vec<Fingerprint>,
    /// How it is called: address, time, calls at a time, breaker. It has the form of a service, whose code nobody can
    /// name, so that calls to exchanges and to providers are one piece of work.
    pub line: Arc<Service>,
}

/// Another exchange as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerDraft {
    /// `INSTANCE/CLASS/MEMBER/SERVER`
    pub id: String,
    /// `host:port`, where it listens for exchanges.
    pub address: String,
    /// Its TLS certificates, each in PEM; several while one takes the place of another.
    pub certificates: Vec<String>,
    /// Its time: `first_byte_ms` holds all that happens over there.
    #[serde(default = "timeouts")]
    pub timeouts: TimeoutsDraft,
    /// Calls at a time.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// When it is left alone.
    #[serde(default)]
    pub breaker: BreakerRules,
    /// Whose systems it speaks for.
    #[serde(default, rename = "member")]
    pub members: Vec<PeerMemberDraft>,
}

/// A member with systems at another exchange, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerMemberDraft {
    /// The instance that registers it; this one if absent.
    #[serde(default)]
    pub instance: Option<String>,
    /// `GOV`, `COM` or `ORG`.
    pub class: String,
    /// Agency code or tax code.
    pub code: String,
    /// Name.
    pub name: String,
    /// What its certificates for signing say instead of `INSTANCE/CLASS/CODE`.
    #[serde(default)]
    pub signing_names: Vec<String>,
    /// Its information systems there.
    #[serde(default, rename = "subsystem")]
    pub subsystems: Vec<PeerSubsystemDraft>,
}

/// A system at another exchange, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerSubsystemDraft {
    /// Its code.
    pub code: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Codes of its services that are called through there.
    #[serde(default)]
    pub services: Vec<String>,
}

fn concurrency() -> usize {
    64
}

fn timeouts() -> TimeoutsDraft {
    // The other exchange takes the whole answer of its provider before it signs, so it begins to answer late.
    TimeoutsDraft { connect_ms: 5_000, first_byte_ms: 120_000, total_ms: 180_000 }
}

/// Adds a peer and those it speaks for.
pub(super) fn add(directory: &mut Directory, draft: PeerDraft, wrong: &mut Vec<String>) {
    let id = draft.id.clone();
    let mut complaints = Vec::new();
    if let Some(peer) = judge(&draft, &mut complaints) {
        let known = directory
            .peers
            .values()
            .any(|other| other.id == peer.id || other.certificates.iter().any(|one| peer.certificates.contains(one)));
        if known {
            complaints.push("it, or one of its certificates, is written twice".to_owned());
        }
        for member in draft.members {
            add_member(directory, &peer, member, &mut complaints);
        }
        directory.peers.insert(peer.id.clone(), Arc::new(peer));
    }
    wrong.extend(complaints.into_iter().map(|what| format!("peer {id}: {what}")));
}

fn judge(draft: &PeerDraft, wrong: &mut Vec<String>) -> Option<Peer> {
    let Some(server) = SubsystemId::parse(&draft.id) else {
        wrong.push("write its id as INSTANCE/CLASS/MEMBER/SERVER".to_owned());
        return None;
    };
    if draft.certificates.is_empty() {
        wrong.push("write certificates = [\"…\"] with those it shows over TLS".to_owned());
        return None;
    }
    let times = draft.timeouts;
    if times.connect_ms == 0 || times.first_byte_ms == 0 || times.total_ms < times.connect_ms.max(times.first_byte_ms) {
        wrong.push("timeouts must be above zero, and total_ms the longest".to_owned());
    }
    if draft.concurrency == 0 {
        wrong.push("concurrency must be at least 1".to_owned());
    }
    let plain_address = !draft.address.contains(['/', '@']) && draft.address.contains(':');
    if !plain_address {
        wrong.push(format!("address {:?}: write host:port", draft.address));
    }
    let shown = certificates::read("certificates", &draft.certificates, wrong);
    let tls = ProviderTlsDraft { certificates: draft.certificates.clone(), authorities: Vec::new() };
    // What is wrong with the certificates was told once.
    let mut told = Vec::new();
    let address = provider::judge(&format!("https://{}", draft.address), Some(tls), true, &mut told)?;
    let line = Service {
        id: ServiceId { subsystem: server.clone(), code: "/peer".to_owned() },
        version: None,
        kind: ServiceKind::Rest,
        address,
        timeouts: Timeouts {
            connect: Duration::from_millis(times.connect_ms),
            first_byte: Duration::from_millis(times.first_byte_ms),
            total: Duration::from_millis(times.total_ms),
        },
        concurrency: draft.concurrency,
        breaker: draft.breaker,
        disabled: None,
        endpoints: Vec::new(),
        field_names: BTreeMap::new(),
        openapi: None,
    };
    Some(Peer { id: server.to_string(), certificates: shown.iter().map(fingerprint).collect(), line: Arc::new(line) })
}

fn add_member(directory: &mut Directory, peer: &Peer, draft: PeerMemberDraft, wrong: &mut Vec<String>) {
    let instance = draft.instance.unwrap_or_else(|| directory.instance.clone());
    let id = MemberId { instance, class: draft.class, code: draft.code };
    if ![&id.instance, &id.class, &id.code].into_iter().all(|part| is_registrable(part)) {
        wrong.push(format!("member {id}: use letters, digits and '()+,-.=?"));
    }
    // A member may have systems here and there.
    let member = directory.members.entry(id.clone()).or_insert_with(|| Member {
        id: id.clone(),
        name: draft.name,
        signing_names: Vec::new(),
        subsystems: Vec::new(),
    });
    member.signing_names.extend(draft.signing_names);
    for draft in draft.subsystems {
        let id = SubsystemId { member: id.clone(), code: draft.code };
        if !is_registrable(&id.code) {
            wrong.push(format!("subsystem {id}: use letters, digits and '()+,-.=?"));
        }
        for code in &draft.services {
            if !is_registrable(code) || METADATA.contains(&code.as_str()) {
                wrong.push(format!("subsystem {id}: {code:?} cannot be the code of a service"));
            }
        }
        let subsystem = Arc::new(Subsystem {
            id: id.clone(),
            name: draft.name,
            connection: Connection::HttpsClientCert,
            certificates: Vec::new(),
            error_style: directory.error_style,
            services: Vec::new(),
            hosted: Some(Hosted { peer: peer.id.clone(), services: draft.services }),
        });
        member.subsystems.push(subsystem.clone());
        if directory.subsystems.insert(id.clone(), subsystem).is_some() {
            wrong.push(format!("subsystem {id}: is written twice"));
        }
    }
}

/// That a subsystem is at another exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosted {
    /// The id of that exchange.
    pub peer: String,
    /// Codes of its services that are called through there.
    pub services: Vec<String>,
}

impl Directory {
    /// The other exchanges in the order of their ids.
    pub fn peers(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.peers.values()
    }

    /// The exchange that shows this certificate.
    pub fn peer_by_certificate(&self, shown: &Fingerprint) -> Option<&Arc<Peer>> {
        self.peers.values().find(|peer| peer.certificates.contains(shown))
    }

    /// The exchange at which a subsystem is, where it is not this one.
    pub fn host(&self, subsystem: &Subsystem) -> Option<&Arc<Peer>> {
        self.peers.get(&subsystem.hosted.as_ref()?.peer)
    }

    /// What is called under this id: a service, or the line to another exchange.
    pub fn called(&self, id: &ServiceId) -> Option<&Arc<Service>> {
        self.service(id).or_else(|| self.peers.values().map(|peer| &peer.line).find(|line| line.id == *id))
    }
}
