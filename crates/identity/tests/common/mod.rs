//! A room with people, procedures and purposes, for the tests of mandates and consents.
#![allow(dead_code)]

pub mod town;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::actor::Actor;
use haidang_contracts::cases::{CaseFacts, Cases, ProcedureName};
use haidang_contracts::identity::{Identity as _, PersonKind, PersonRecord};
use haidang_identity::consent::purposes::Purposes;
use haidang_identity::mandates::model::Proposal;
use haidang_identity::model::{PersonSeed, RelationSeed};
use haidang_identity::registers::Registers;
use haidang_identity::roles::Roles;
use haidang_identity::{IdentityRoom, Settings, bulk};
use haidang_kernel::bilingual::Bilingual;
use haidang_store::StoreError;
use haidang_testkit::TestDb;
use std::sync::Arc;

/// Two purposes: one that rests on consent, one on a law.
pub const PURPOSES: &str = r#"
    [[purpose]]
    code = "vault_reuse"
    title = { vi = "Dùng lại giấy tờ", en = "Reuse" }
    text = { vi = "Dùng lại", en = "Reused" }
    refusal = { vi = "Tải lên", en = "Upload" }
    controller = { vi = "Thành phố", en = "City" }
    data = [{ vi = "Giấy tờ", en = "Documents" }]
    basis = "consent"
    legal_basis = "91/2025/QH15 Điều 9"
    version = "1"
    valid_days = 30

    [[purpose]]
    code = "case_processing"
    title = { vi = "Giải quyết hồ sơ", en = "Deciding" }
    text = { vi = "Xem hồ sơ", en = "Looked at" }
    controller = { vi = "Cơ quan", en = "Agency" }
    data = [{ vi = "Hồ sơ", en = "Case" }]
    basis = "law"
    legal_basis = "118/2025/NĐ-CP"
    version = "1"
"#;

/// Two procedures and one kind of paper.
pub struct Procedures;

#[async_trait]
impl Cases for Procedures {
    async fn case_facts(&self, _: &str) -> Result<Option<CaseFacts>, ContractError> {
        Ok(None)
    }

    async fn knows_document_kind(&self, code: &str) -> Result<bool, ContractError> {
        Ok(code == "KQ.1")
    }

    async fn find_procedures(&self, _: &str, _: usize) -> Result<Vec<ProcedureName>, ContractError> {
        self.procedure_names(&["1.001193".to_owned()]).await
    }

    async fn procedure_names(&self, codes: &[String]) -> Result<Vec<ProcedureName>, ContractError> {
        let known = codes.iter().filter(|code| ["1.001193", "1.000001"].contains(&code.as_str()));
        Ok(known
            .map(|code| ProcedureName { code: code.clone(), name: Bilingual::new("Thủ tục", "Procedure") })
            .collect())
    }
}

/// A room that knows two procedures and two purposes.
pub fn room(db: &TestDb) -> IdentityRoom {
    let settings = Settings {
        simulated: true,
        province_code: "31".into(),
        roles: Roles::from_toml("").unwrap(),
        registers: Registers::built_in().unwrap(),
        cheap_passwords: true,
    };
    let room = IdentityRoom::new(db.db(), db.ambient().clone(), settings).unwrap();
    room.meet_cases(Arc::new(Procedures));
    room.settle_purposes(Purposes::from_toml(PURPOSES).unwrap());
    room
}

/// Somebody, by a citizen number of twelve digits or a tax number.
pub fn person(db: &TestDb, name: &str, number: &str, birth: &str) -> PersonSeed {
    let organisation = number.len() != 12;
    PersonSeed {
        person: PersonRecord {
            id: db.ambient().new_id(),
            kind: if organisation { PersonKind::Organisation } else { PersonKind::Person },
            full_name: name.into(),
            citizen_no: (!organisation).then(|| number.into()),
            tax_no: organisation.then(|| number.into()),
            birth_date: (!organisation).then(|| birth.into()),
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: None,
        },
        account_level: 2,
    }
}

/// Puts people and relations into the records.
pub async fn seed(db: &TestDb, persons: &[PersonSeed], relations: &[RelationSeed]) {
    db.transaction(|tx| {
        Box::pin(async move {
            bulk::insert_persons(tx, persons).await?;
            bulk::insert_relations(tx, relations).await?;
            Ok::<(), StoreError>(())
        })
    })
    .await
    .unwrap();
}

/// The actor behind somebody, acting for another where the room allows it.
pub async fn acting(room: &IdentityRoom, person: &PersonSeed, other: Option<&PersonSeed>) -> Actor {
    room.actor(&person.person.id, other.map(|other| &other.person.id)).await.unwrap().unwrap()
}

/// A proposal for one procedure from today until a day.
pub fn proposal(db: &TestDb, delegate: &PersonSeed, to: &str) -> Proposal {
    Proposal {
        delegate_number: delegate.person.citizen_no.clone().unwrap(),
        delegate_name: delegate.person.full_name.clone(),
        procedures: vec!["1.001193".into()],
        from: db.ambient().today(),
        to: to.parse().unwrap(),
        source_document: None,
        min_assurance: 2,
        revocable: true,
    }
}
