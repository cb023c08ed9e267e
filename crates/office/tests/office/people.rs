//! The officials of the tests: two agencies, with whoever drafts, reviews, signs, numbers and inspects.

use async_trait::async_trait;
use haidang_contracts::actor::PersonId;
use haidang_contracts::authorizer::{Authorizer, Question, Verdict};
use haidang_contracts::identity::{Agency, Directory, Identity, NewPerson, PersonKind, PersonRecord, StaffMember};
use haidang_contracts::{Actor, ActorKind, ContractError, Position};

/// The agency most tests act in: a commune.
pub const COMMUNE: &str = "H24.11824";
/// Another agency: a department.
pub const DEPARTMENT: &str = "H24.S01";

/// (name, agency, role, title, capabilities)
const PEOPLE: &[(&str, &str, &str, &str, &[&str])] = &[
    ("drafter", COMMUNE, "commune_specialist", "Chuyên viên", &["document.draft", "document.read_unit"]),
    ("colleague", COMMUNE, "commune_specialist", "Chuyên viên", &["document.draft", "document.read_unit"]),
    (
        "reviewer",
        COMMUNE,
        "one_stop_head",
        "Chánh Văn phòng",
        &["document.draft", "document.read_unit", "document.review", "task.assign"],
    ),
    (
        "chair",
        COMMUNE,
        "leader_commune",
        "Chủ tịch",
        &[
            "authority.manage",
            "document.draft",
            "document.read_unit",
            "document.review",
            "document.route",
            "document.sign",
            "meeting.convene",
            "task.assign",
            "task.supervise",
        ],
    ),
    (
        "deputy",
        COMMUNE,
        "leader_commune",
        "Phó Chủ tịch",
        &["document.draft", "document.read_unit", "document.review", "document.route", "document.sign", "task.assign"],
    ),
    ("clerk", COMMUNE, "clerk", "Văn thư", &["document.clerk", "document.draft", "document.read_unit", "scan.upload"]),
    ("inspector", DEPARTMENT, "auditor", "Thanh tra viên", &["register.inspect"]),
    (
        "other_clerk",
        DEPARTMENT,
        "clerk",
        "Văn thư",
        &["document.clerk", "document.draft", "document.read_unit", "scan.upload"],
    ),
    (
        "other_leader",
        DEPARTMENT,
        "leader_department",
        "Giám đốc",
        &[
            "authority.manage",
            "document.draft",
            "document.read_unit",
            "document.review",
            "document.route",
            "document.sign",
            "meeting.convene",
            "task.assign",
            "task.supervise",
        ],
    ),
    ("other_drafter", DEPARTMENT, "department_specialist", "Chuyên viên", &["document.draft", "document.read_unit"]),
    ("resident", "", "", "", &[]),
];

/// Opaque id of a person of the tests.
pub fn person(name: &str) -> PersonId {
    let number = PEOPLE.iter().position(|known| known.0 == name).unwrap() + 1;
    PersonId::parse(&format!("01900000-0000-7000-8000-0000000000{number:02}")).unwrap()
}

/// Their full name.
pub fn full_name(name: &str) -> String {
    let number = PEOPLE.iter().position(|known| known.0 == name).unwrap() + 1;
    format!("Nguyễn Văn Mẫu {number:02}")
}

fn row_of(
    id: &PersonId,
) -> Option<&'static (&'static str, &'static str, &'static str, &'static str, &'static [&'static str])> {
    PEOPLE.iter().find(|known| person(known.0) == *id)
}

/// The people of the tests.
pub struct People;

#[async_trait]
impl Authorizer for People {
    async fn authorize(&self, question: &Question<'_>) -> Result<Verdict, ContractError> {
        Ok(haidang_testkit::by_capability(question))
    }
}

#[async_trait]
impl Identity for People {
    async fn actor(&self, id: &PersonId, behalf: Option<&PersonId>) -> Result<Option<Actor>, ContractError> {
        let Some((name, agency, role, title, capabilities)) = row_of(id) else { return Ok(None) };
        let official = !agency.is_empty();
        let post = Position {
            agency: (*agency).into(),
            role: (*role).into(),
            title: (*title).into(),
            capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
        };
        Ok(Some(Actor {
            person: id.clone(),
            display_name: full_name(name),
            kind: if official { ActorKind::Official } else { ActorKind::Resident },
            on_behalf_of: behalf.cloned(),
            on_behalf_name: None,
            mandates: Vec::new(),
            positions: if official { vec![post] } else { vec![] },
            assurance: 3,
            second_factor_at: None,
        }))
    }

    async fn actor_by_token(&self, token: &str) -> Result<Option<Actor>, ContractError> {
        self.actor(&person(token), None).await
    }

    async fn person(&self, id: &PersonId) -> Result<Option<PersonRecord>, ContractError> {
        Ok(row_of(id).map(|(name, ..)| PersonRecord {
            id: id.clone(),
            kind: PersonKind::Person,
            full_name: full_name(name),
            citizen_no: None,
            tax_no: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: None,
        }))
    }

    async fn person_by_number(&self, _: &str) -> Result<Option<PersonRecord>, ContractError> {
        Ok(None)
    }

    async fn find_or_create(&self, _: &NewPerson) -> Result<PersonRecord, ContractError> {
        Err(ContractError::NotFound("person"))
    }
}

fn agency_of(code: &str) -> Option<Agency> {
    let (kind, name_vi, name_en, commune_code) = match code {
        COMMUNE => ("commune", "Ủy ban nhân dân xã Mẫu", "People's Committee of Mẫu Commune", Some("11824".into())),
        DEPARTMENT => ("department", "Sở Mẫu", "Department of Samples", None),
        _ => return None,
    };
    Some(Agency {
        code: code.into(),
        kind: kind.into(),
        name_vi: name_vi.into(),
        name_en: name_en.into(),
        parent: None,
        commune_code,
        valid_from: None,
        valid_to: None,
        successor: None,
    })
}

#[async_trait]
impl Directory for People {
    async fn is_held(&self, capability: &str, agency: &str, besides: Option<&PersonId>) -> Result<bool, ContractError> {
        let staff = self.staff(agency).await?;
        Ok(staff.iter().any(|member| member.capabilities.contains(capability) && besides != Some(&member.person)))
    }

    async fn agency(&self, code: &str) -> Result<Option<Agency>, ContractError> {
        Ok(agency_of(code))
    }

    async fn agencies(&self) -> Result<Vec<Agency>, ContractError> {
        Ok([COMMUNE, DEPARTMENT].into_iter().filter_map(agency_of).collect())
    }

    async fn agency_of_commune(&self, _: &str) -> Result<Option<Agency>, ContractError> {
        Ok(agency_of(COMMUNE))
    }

    async fn holders(&self, role: &str, agency: &str) -> Result<Vec<(PersonId, String)>, ContractError> {
        let staff = self.staff(agency).await?;
        Ok(staff.into_iter().filter(|member| member.role == role).map(|member| (member.person, member.name)).collect())
    }

    async fn staff(&self, agency: &str) -> Result<Vec<StaffMember>, ContractError> {
        let there = PEOPLE.iter().filter(|known| known.1 == agency);
        let member = |(name, _, role, title, capabilities): &(&str, &str, &str, &str, &[&str])| StaffMember {
            person: person(name),
            name: full_name(name),
            role: (*role).to_owned(),
            title: (*title).to_owned(),
            capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
        };
        Ok(there.map(member).collect())
    }
}

/// What the sample pack says of documents.
pub fn documents() -> haidang_office::documents::Settings {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/mau/office");
    let text = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let files = [text("kinds.toml"), text("organs.toml"), text("files.toml")];
    haidang_office::documents::Settings::from_toml(&files[0], &files[1], &files[2]).unwrap()
}
