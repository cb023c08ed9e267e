//! An agreement as people write it, and the judgement that makes an [`Agreement`] of it.

use jiff::Timestamp;
use serde::Deserialize;

use super::Directory;
use crate::filter::Fields;
use crate::registry::rules::process::Process;
use crate::rules::agreement::{Agreement, Delivery, Environment, Hidden, Hours, LegalBasis, State};
use crate::rules::identifier::{ServiceId, SubsystemId};
use crate::rules::quota::Quota;

/// An agreement as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementDraft {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// Where it stands.
    pub state: State,
    /// Which data.
    #[serde(default)]
    pub environment: Environment,
    /// `INSTANCE/CLASS/MEMBER/SUBSYSTEM`
    pub consumer: String,
    /// `INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE`
    pub service: String,
    /// `METHOD /glob` as the service names them; absent for the whole service.
    #[serde(default)]
    pub endpoints: Option<Vec<String>>,
    /// Why it is lawful.
    pub legal_basis: LegalBasis,
    /// What for.
    pub purpose_code: String,
    /// In words.
    pub purpose_text: String,
    /// For which procedures.
    #[serde(default)]
    pub procedures: Vec<String>,
    /// Which fields are delivered: JSONPath (`$…`) for answers of JSON, XPath (`/…`) for answers of XML.
    #[serde(default)]
    pub fields_allowed: Option<Vec<String>>,
    /// Whether bodies pass as they are.
    #[serde(default)]
    pub opaque: bool,
    /// First instant.
    pub valid_from: Timestamp,
    /// First instant no more.
    #[serde(default)]
    pub valid_to: Option<Timestamp>,
    /// Limits.
    #[serde(default)]
    pub quota: Quota,
    /// Hours of the day.
    #[serde(default)]
    pub hours: Option<Hours>,
    /// Until when the people concerned do not see what was delivered; only for the `hidden_consumers` of the directory.
    #[serde(default)]
    pub hidden_until: Option<Timestamp>,
    /// The clause that allows it.
    #[serde(default)]
    pub hidden_basis: Option<String>,
    /// How it came where it stands; for people, no right comes from it.
    #[serde(default)]
    pub process: Process,
}

impl AgreementDraft {
    pub(super) fn judge(self, directory: &Directory, may_hide: &[SubsystemId]) -> Result<Agreement, Vec<String>> {
        let mut wrong = Vec::new();
        let consumer = SubsystemId::parse(&self.consumer).filter(|id| directory.subsystem(id).is_some());
        if consumer.is_none() {
            wrong.push(format!("consumer {} is not registered", self.consumer));
        }
        let service = ServiceId::parse(&self.service).and_then(|id| directory.service(&id));
        if service.is_none() {
            wrong.push(format!("service {} is not registered", self.service));
        }
        let endpoints = self.endpoints.map(|names| {
            let known = service.map_or(&[][..], |service| &service.endpoints);
            let mut places = Vec::new();
            for name in names {
                match known.iter().position(|endpoint| endpoint.name() == name) {
                    Some(place) => places.push(place),
                    None => wrong.push(format!("endpoint {name:?} is not one of the service")),
                }
            }
            places
        });
        let hidden = hidden(&self.hidden_until, &self.hidden_basis, consumer.as_ref(), may_hide, &mut wrong);
        let delivery = match (self.opaque, &self.fields_allowed) {
            (true, None) => Some(Delivery::Opaque),
            (false, Some(fields)) => match Fields::parse(fields.iter().map(String::as_str)) {
                Ok(fields) => Some(Delivery::Fields(fields)),
                Err(fault) => {
                    wrong.push(fault.to_string());
                    None
                }
            },
            _ => {
                wrong.push("write either fields_allowed or opaque = true".to_owned());
                None
            }
        };
        if self.version == 0 {
            wrong.push("versions begin with 1".to_owned());
        }
        if self.valid_to.is_some_and(|end| end <= self.valid_from) {
            wrong.push("valid_to is not after valid_from".to_owned());
        }
        for (name, text) in [
            ("legal_basis.document", &self.legal_basis.document),
            ("legal_basis.article", &self.legal_basis.article),
            ("purpose_code", &self.purpose_code),
            ("purpose_text", &self.purpose_text),
        ] {
            if text.trim().is_empty() {
                wrong.push(format!("{name} is empty"));
            }
        }
        match (consumer, service, delivery) {
            (Some(consumer), Some(service), Some(delivery)) if wrong.is_empty() => Ok(Agreement {
                id: self.id,
                version: self.version,
                state: self.state,
                environment: self.environment,
                consumer,
                service: service.id.clone(),
                endpoints,
                legal_basis: self.legal_basis,
                purpose_code: self.purpose_code,
                purpose_text: self.purpose_text,
                procedures: self.procedures,
                delivery,
                fields: self.fields_allowed.unwrap_or_default(),
                hidden,
                valid_from: self.valid_from,
                valid_to: self.valid_to,
                quota: self.quota,
                hours: self.hours,
            }),
            _ => Err(wrong),
        }
    }
}

/// What holds entries back: both the day and the clause, and only for a consumer that the directory lists.
fn hidden(
    until: &Option<Timestamp>,
    basis: &Option<String>,
    consumer: Option<&SubsystemId>,
    may_hide: &[SubsystemId],
    wrong: &mut Vec<String>,
) -> Option<Hidden> {
    match (until, basis.as_deref().map(str::trim).filter(|basis| !basis.is_empty())) {
        (None, None) if basis.is_none() => None,
        (Some(until), Some(basis)) => {
            if consumer.is_none_or(|consumer| !may_hide.contains(consumer)) {
                wrong.push("hidden_until: only a consumer of hidden_consumers may hold entries back".to_owned());
            }
            Some(Hidden { until: *until, basis: basis.to_owned() })
        }
        _ => {
            wrong.push("write hidden_until and hidden_basis, or neither".to_owned());
            None
        }
    }
}
