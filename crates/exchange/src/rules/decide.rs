//! The order of checks as one function over a snapshot of the directory and the head of a request. The first failure
//! answers: form of the request, caller and credential, provider, service, its kind, right, switched off, purpose.
//! Quota and breaker follow; they count, so they stand outside.

use std::sync::Arc;

use jiff::Timestamp;

use super::address::Address;
use super::agreement::{Agreement, Standing};
use super::credential::{Shown, admit};
use super::fault::{Fault, Leaf};
use super::headers::RequestHead;
use super::identifier::{ClientId, MemberId};
use crate::directory::{Directory, Peer, Service, ServiceKind, Subsystem};

/// Methods of r1.
pub const METHODS: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// Reserved service codes: metadata, for which no right is needed.
pub const METADATA: &[&str] = &["listMethods", "allowedMethods", "getOpenAPI"];

/// What is to be done with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Answer from the directory.
    Metadata(Arc<Subsystem>),
    /// Pass on, under an agreement.
    Pass(Grant),
    /// Send to the exchange of the provider, where agreements are judged.
    Forward(Arc<Peer>),
}

impl Decision {
    /// The right, where the call goes by one.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Pass(grant) => Some(grant),
            Self::Metadata(_) | Self::Forward(_) => None,
        }
    }
}

/// The right a call goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What is called.
    pub service: Arc<Service>,
    /// Why it may be.
    pub agreement: Arc<Agreement>,
    /// The endpoint, where one describes the path.
    pub endpoint: Option<usize>,
}

impl Grant {
    /// What records show instead of the path.
    pub fn template(&self) -> &str {
        self.endpoint.and_then(|place| self.service.endpoints.get(place)).map_or("**", |endpoint| &endpoint.template)
    }
}

/// Who calls, and whether what they showed is what they must show. A caller that names its member alone, which has no
/// rights of its own, must show what one of the member's subsystems must.
///
/// # Errors
/// `invalid_client_identifier`, `unknown_member` or `ssl_authentication_failed`.
pub fn identify(directory: &Directory, head: &RequestHead, shown: &Shown, now: Timestamp) -> Result<ClientId, Fault> {
    let client = head.client.as_deref().and_then(ClientId::parse).ok_or_else(|| {
        Fault::consumer_side(
            Leaf::InvalidClientIdentifier,
            "X-Road-Client must be INSTANCE/CLASS/MEMBER or INSTANCE/CLASS/MEMBER/SUBSYSTEM",
        )
    })?;
    let unproved = |sentence: String| Fault::consumer_side(Leaf::SslAuthenticationFailed, sentence);
    match &client {
        ClientId::Member(id) => {
            let member = directory.member(id).ok_or_else(|| unknown("The calling member is not registered"))?;
            if !member.subsystems.iter().any(|subsystem| admit(subsystem, shown, now).is_ok()) {
                return Err(unproved(
                    "A member that names no subsystem must show what one of its subsystems must show here".to_owned(),
                ));
            }
        }
        ClientId::Subsystem(id) => {
            let subsystem = directory.subsystem(id);
            let subsystem = subsystem.ok_or_else(|| unknown("The calling member or subsystem is not registered"))?;
            admit(subsystem, shown, now).map_err(unproved)?;
        }
    }
    Ok(client)
}

fn unknown(message: &str) -> Fault {
    Fault::consumer_side(Leaf::UnknownMember, message)
}

/// Judges a call whose address and headers were read.
///
/// # Errors
/// The [`Fault`] to answer with.
pub fn decide(
    directory: &Directory,
    method: &str,
    address: &Address,
    head: &RequestHead,
    client: &ClientId,
    now: Timestamp,
) -> Result<Decision, Fault> {
    if !METHODS.contains(&method) {
        return Err(Fault::client(Leaf::InvalidHttpMethod, format!("Use one of {}", METHODS.join(", "))));
    }
    let provider = directory.subsystem(&address.service.subsystem);
    let host = provider.and_then(|provider| directory.host(provider));
    let is_its_server = |named: &str| host.map_or(directory.is_us(named), |peer| peer.id == named);
    if head.security_server.as_deref().is_some_and(|named| !is_its_server(named)) {
        return Err(Fault::consumer_side(Leaf::InvalidSecurityServer, "X-Road-Security-Server names another server"));
    }
    if head.represented_party.as_deref().is_some_and(|party| represented_party("", party).is_none()) {
        return Err(Fault::client(Leaf::BadRequest, "X-Road-Represented-Party must be CODE or CLASS/CODE"));
    }
    let Some(provider) = provider else {
        return Err(unknown("The providing member or subsystem is not registered"));
    };
    if let Some(peer) = host {
        return forward(peer, provider, address, method);
    }
    if METADATA.contains(&address.service.code.as_str()) {
        return match method {
            "GET" => Ok(Decision::Metadata(provider.clone())),
            _ => Err(Fault::client(Leaf::InvalidHttpMethod, "Metadata is read with GET")),
        };
    }
    let service = directory
        .service(&address.service)
        .ok_or_else(|| Fault::provider_side(Leaf::UnknownService, "The provider has no service of this code"))?;
    if service.kind == ServiceKind::Soap {
        return Err(Fault::provider_side(Leaf::ServiceType, "The service is called by SOAP, not by /r1"));
    }
    let grants = rights(directory, method, address, client, service, now)?;
    if let Some(notice) = &service.disabled {
        return Err(Fault::provider_side(Leaf::ServiceDisabled, format!("The service is switched off: {notice}")));
    }
    let mut refused = None;
    for grant in grants {
        match purpose(&grant, address, method, head) {
            Ok(()) => return Ok(Decision::Pass(grant)),
            Err(fault) => refused = refused.or(Some(fault)),
        }
    }
    Err(refused.unwrap_or_else(|| denied("No agreement gives this right")))
}

/// What this exchange knows of a service at another one: that it is there.
fn forward(peer: &Arc<Peer>, provider: &Subsystem, address: &Address, method: &str) -> Result<Decision, Fault> {
    let code = address.service.code.as_str();
    if METADATA.contains(&code) && method != "GET" {
        return Err(Fault::client(Leaf::InvalidHttpMethod, "Metadata is read with GET"));
    }
    let listed = provider.hosted.as_ref().is_some_and(|hosted| hosted.services.iter().any(|service| service == code));
    if !listed && !METADATA.contains(&code) {
        return Err(Fault::provider_side(Leaf::UnknownService, "The provider has no service of this code"));
    }
    Ok(Decision::Forward(peer.clone()))
}

fn denied(message: &str) -> Fault {
    Fault::provider_side(Leaf::AccessDenied, message)
}

/// The agreements that give the right now; at least one.
fn rights(
    directory: &Directory,
    method: &str,
    address: &Address,
    client: &ClientId,
    service: &Arc<Service>,
    now: Timestamp,
) -> Result<Vec<Grant>, Fault> {
    let Some(consumer) = client.subsystem() else {
        return Err(denied("Rights belong to subsystems: X-Road-Client must name one"));
    };
    let endpoints: Vec<Option<usize>> =
        address.readings.all().map(|reading| service.endpoint(method, reading)).collect();
    let mut grants = Vec::new();
    let mut nearest = None;
    for agreement in directory.agreements(consumer, &service.id) {
        // Whatever the provider takes the path for, it must be allowed.
        if !endpoints.iter().all(|endpoint| agreement.covers(*endpoint)) {
            continue;
        }
        match agreement.standing(now, directory.environment()) {
            Standing::InForce => grants.push(Grant {
                service: service.clone(),
                agreement: agreement.clone(),
                endpoint: endpoints.first().copied().flatten(),
            }),
            other => nearest = Some(nearest.map_or(other, |before: Standing| before.min(other))),
        }
    }
    if !grants.is_empty() {
        return Ok(grants);
    }
    Err(match nearest {
        Some(Standing::Expired) => {
            Fault::provider_side(Leaf::AgreementExpired, "The agreement has ended; ask for a new one")
        }
        Some(Standing::OutsideHours) => denied("The agreement allows no calls at this hour"),
        Some(Standing::Suspended) => denied("The agreement is suspended"),
        Some(Standing::NotYet) => denied("The agreement is not valid yet"),
        Some(Standing::OtherEnvironment) => denied("The agreement is for another environment"),
        _ => denied("No agreement gives this right"),
    })
}

/// What must be said before data about people is asked for. Where a service has endpoints about people, a path that
/// nobody described counts as one of them.
fn purpose(grant: &Grant, address: &Address, method: &str, head: &RequestHead) -> Result<(), Fault> {
    let endpoints = &grant.service.endpoints;
    let about_people = address.readings.all().any(|reading| {
        match grant.service.endpoint(method, reading).and_then(|place| endpoints.get(place)) {
            Some(endpoint) => endpoint.personal_data,
            None => endpoints.iter().any(|endpoint| endpoint.personal_data),
        }
    });
    if !about_people {
        return Ok(());
    }
    if !head.user_id.as_deref().is_some_and(is_user) {
        return Err(Fault::client(
            Leaf::UserMissing,
            "X-Road-UserId must name the acting user with the country before, as in VN…",
        ));
    }
    if head.issue.is_none() {
        return Err(Fault::client(Leaf::MissingHeader, "X-Road-Issue must name the case or request"));
    }
    let Some(purpose) = &head.purpose else {
        return Err(Fault::client(Leaf::PurposeMissing, "X-HD-Purpose must name the purpose of the agreement"));
    };
    if *purpose != grant.agreement.purpose_code {
        return Err(denied("The agreement is for another purpose"));
    }
    let procedures = &grant.agreement.procedures;
    match &head.procedure {
        _ if procedures.is_empty() => Ok(()),
        None => Err(Fault::client(Leaf::PurposeMissing, "X-HD-Procedure must name a procedure of the agreement")),
        Some(procedure) if procedures.contains(procedure) => Ok(()),
        Some(_) => Err(denied("The agreement is not for this procedure")),
    }
}

fn is_user(text: &str) -> bool {
    let (country, rest) = text.split_at_checked(2).unwrap_or_default();
    country.bytes().all(|byte| byte.is_ascii_uppercase()) && !country.is_empty() && !rest.trim().is_empty()
}

/// The represented party as a member of an instance: `CODE` alone is an organisation without a class.
pub fn represented_party(instance: &str, text: &str) -> Option<MemberId> {
    let mut parts = text.split('/').map(|part| super::identifier::decode_part(part).ok());
    let first = parts.next()??;
    let (class, code) = match parts.next() {
        Some(second) => (first, second?),
        None => (String::new(), first),
    };
    parts.next().is_none().then(|| MemberId { instance: instance.to_owned(), class, code })
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
