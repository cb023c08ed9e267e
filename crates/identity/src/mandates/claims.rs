//! What a system of the city learns of the one acted for: the claims `representee` and `representee_list`, in the shape
//! of Estonia's GovSSO. The human stays `sub`; nothing is told when somebody acts for themselves.

use crate::model::Represented;
use haidang_contracts::identity::PersonKind;
use haidang_contracts::{Mandate, MandateKind};
use serde::Serialize;

/// Whether the wanted one may be acted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The one in the claim is acted for now.
    RequestedRepresenteeCurrent,
    /// No mandate allows it; nothing else is said.
    RequestedRepresenteeNotAllowed,
    /// The registers do not answer.
    ServiceNotAvailable,
    /// The list is whole (claim `representee_list` alone).
    RepresenteeListCurrent,
}

/// A mandate as a system learns of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MandateClaim {
    /// Role in short: `REPRESENTATIVE`, `GUARDIAN`, `AUTHORISED_PERSON`.
    pub role: &'static str,
    /// Kind of mandate.
    pub kind: MandateKind,
    /// Codes of procedures, or `*` alone.
    pub procedures: Vec<String>,
}

/// Somebody acted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Representee {
    /// Pairwise name of the one acted for, as the asking system knows them.
    pub sub: String,
    /// `NATURAL_PERSON` or `LEGAL_PERSON`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Name.
    pub name: String,
    /// Why, at least one.
    pub mandates: Vec<MandateClaim>,
}

/// The claim `representee`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepresenteeClaim {
    /// How the request ended.
    pub status: Status,
    /// Who, when allowed.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub representee: Option<Representee>,
}

/// The claim `representee_list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepresenteeList {
    /// How the request ended.
    pub status: Status,
    /// Everybody who may be acted for at this level of assurance.
    pub list: Vec<Representee>,
}

fn role(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::LegalRepresentative => "REPRESENTATIVE",
        MandateKind::ParentGuardian => "GUARDIAN",
        MandateKind::Authorised => "AUTHORISED_PERSON",
    }
}

/// Somebody with the mandates that count at this assurance; `None` when none does.
fn told(other: &Represented, assurance: u8, sub: &impl Fn(&Represented) -> String) -> Option<Representee> {
    let counts = other.mandates.iter().filter(|mandate: &&Mandate| mandate.min_assurance <= assurance);
    let mandates: Vec<MandateClaim> = counts
        .map(|mandate| MandateClaim {
            role: role(mandate.kind),
            kind: mandate.kind,
            procedures: mandate.procedures.clone(),
        })
        .collect();
    let kind = if other.entity == PersonKind::Organisation { "LEGAL_PERSON" } else { "NATURAL_PERSON" };
    (!mandates.is_empty()).then(|| Representee { sub: sub(other), kind, name: other.full_name.clone(), mandates })
}

/// The claim `representee`, for the scope `representee.<id>` or the choice on our page.
///
/// `everybody` are those whom the human may act for at this moment, or `None` when the registers do not answer;
/// `wanted` is the opaque id asked for, `None` for acting for oneself (no claim then). `sub` makes the pairwise name.
pub fn representee(
    everybody: Option<&[Represented]>,
    wanted: Option<&str>,
    assurance: u8,
    sub: impl Fn(&Represented) -> String,
) -> Option<RepresenteeClaim> {
    let wanted = wanted?;
    let Some(everybody) = everybody else {
        return Some(RepresenteeClaim { status: Status::ServiceNotAvailable, representee: None });
    };
    let found = everybody.iter().find(|other| other.person.as_str() == wanted);
    let representee = found.and_then(|other| told(other, assurance, &sub));
    let status = if representee.is_some() {
        Status::RequestedRepresenteeCurrent
    } else {
        Status::RequestedRepresenteeNotAllowed
    };
    Some(RepresenteeClaim { status, representee })
}

/// The claim `representee_list`, for the scope of that name.
pub fn representee_list(
    everybody: Option<&[Represented]>,
    assurance: u8,
    sub: impl Fn(&Represented) -> String,
) -> RepresenteeList {
    match everybody {
        None => RepresenteeList { status: Status::ServiceNotAvailable, list: Vec::new() },
        Some(everybody) => RepresenteeList {
            status: Status::RepresenteeListCurrent,
            list: everybody.iter().filter_map(|other| told(other, assurance, &sub)).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use haidang_contracts::actor::PersonId;
    use serde_json::json;

    fn id(number: u8) -> PersonId {
        PersonId::parse(&format!("01900000-0000-7000-8000-0000000000{number:02}")).unwrap()
    }

    fn everybody() -> Vec<Represented> {
        let mandate = |kind, procedures: &[&str], min_assurance| Mandate {
            id: "m".into(),
            kind,
            procedures: procedures.iter().map(|code| (*code).to_owned()).collect(),
            min_assurance,
        };
        vec![
            Represented {
                person: id(1),
                full_name: "Công ty Mẫu".into(),
                entity: PersonKind::Organisation,
                number: Some("0200000011".into()),
                mandates: vec![
                    mandate(MandateKind::LegalRepresentative, &["*"], 1),
                    mandate(MandateKind::Authorised, &["1.001193"], 3),
                ],
            },
            Represented {
                person: id(2),
                full_name: "Lê Ví Dụ Con".into(),
                entity: PersonKind::Person,
                number: None,
                mandates: vec![mandate(MandateKind::Authorised, &["1.001193"], 2)],
            },
        ]
    }

    fn claim(wanted: Option<&PersonId>, assurance: u8) -> serde_json::Value {
        let people = everybody();
        let wanted = wanted.map(|id| id.as_str().to_owned());
        let claim =
            representee(Some(&people), wanted.as_deref(), assurance, |other| format!("p-{}", &other.full_name[..3]));
        serde_json::to_value(claim).unwrap()
    }

    #[test]
    fn the_claim_names_the_one_acted_for_and_why() {
        assert_eq!(claim(None, 2), json!(null), "acting for oneself says nothing");
        assert_eq!(
            claim(Some(&id(1)), 2),
            json!({
                "status": "REQUESTED_REPRESENTEE_CURRENT", "sub": "p-Cô", "type": "LEGAL_PERSON", "name": "Công ty Mẫu",
                "mandates": [{ "role": "REPRESENTATIVE", "kind": "LEGAL_REPRESENTATIVE", "procedures": ["*"] }],
            })
        );
        assert_eq!(claim(Some(&id(1)), 3)["mandates"].as_array().unwrap().len(), 2, "the second asks for more");
        let refused = json!({ "status": "REQUESTED_REPRESENTEE_NOT_ALLOWED" });
        assert_eq!(claim(Some(&id(3)), 2), refused, "a stranger");
        assert_eq!(claim(Some(&id(2)), 1), refused, "signed in too weakly: not even the name");
    }

    #[test]
    fn the_list_holds_whom_the_assurance_reaches() {
        let people = everybody();
        let names = |assurance| {
            let list = representee_list(Some(&people), assurance, |other| other.person.to_string());
            assert_eq!(list.status, Status::RepresenteeListCurrent);
            list.list.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(names(1), ["Công ty Mẫu"]);
        assert_eq!(names(2), ["Công ty Mẫu", "Lê Ví Dụ Con"]);
        let silent = representee_list(None, 2, |other| other.person.to_string());
        assert_eq!(serde_json::to_value(silent).unwrap(), json!({ "status": "SERVICE_NOT_AVAILABLE", "list": [] }));
        let silent = representee(None, Some("x"), 2, |other| other.person.to_string());
        assert_eq!(serde_json::to_value(silent).unwrap(), json!({ "status": "SERVICE_NOT_AVAILABLE" }));
    }
}
