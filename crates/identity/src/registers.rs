//! The registers that answer before a resident is asked: their names, their legal basis, and how a fact is found.

use std::collections::BTreeMap;

use haidang_contracts::identity::PersonRecord;
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;
use serde_json::{Value, json};

/// What a resident reads about a register before agreeing to the use of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Name in both languages.
    pub name: Bilingual,
    /// Legal basis of the reuse.
    pub legal_basis: String,
}

/// All registers by id (`population`, `birth_notice` …).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registers {
    registers: BTreeMap<String, Register>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    register: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    vi: String,
    en: String,
    legal_basis: String,
    #[serde(default, rename = "evidence")]
    _evidence: Option<String>,
}

/// The file shipped with the crate; national law, so the same in every city.
const BUILT_IN: &str = include_str!("../registers.toml");

impl Registers {
    /// The national registers as shipped.
    pub fn built_in() -> Result<Registers, toml::de::Error> {
        Registers::from_toml(BUILT_IN)
    }

    /// Reads a `registers.toml` of a pack.
    pub fn from_toml(text: &str) -> Result<Registers, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let registers = file.register.into_iter().map(|entry| {
            (entry.id, Register { name: Bilingual::new(entry.vi, entry.en), legal_basis: entry.legal_basis })
        });
        Ok(Registers { registers: registers.collect() })
    }

    /// One register by id.
    pub fn get(&self, id: &str) -> Option<&Register> {
        self.registers.get(id)
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.registers.keys().map(String::as_str)
    }
}

/// Splits a source key into register and path: `civil_status.death.date` → (`civil_status`, [`death`, `date`]).
pub fn split(source: &str) -> Option<(&str, Vec<&str>)> {
    let mut parts = source.split('.');
    let register = parts.next().filter(|part| !part.is_empty())?;
    let path: Vec<&str> = parts.collect();
    (!path.is_empty() && path.iter().all(|part| !part.is_empty())).then_some((register, path))
}

/// Finds a fact by its path; null counts as unknown.
pub fn find<'facts>(facts: &'facts Value, path: &[&str]) -> Option<&'facts Value> {
    path.iter().try_fold(facts, |value, part| value.get(part)).filter(|value| !value.is_null())
}

/// The facts that the person's own row gives to `account` and `population`, in the shapes forms use.
pub fn facts_of(person: &PersonRecord, province_code: &str) -> BTreeMap<&'static str, Value> {
    let residence = person
        .commune_code
        .as_ref()
        .map(|commune| json!({ "province_code": province_code, "commune_code": commune, "detail": person.address }));
    let account = json!({
        "full_name": person.full_name,
        "citizen_no": person.citizen_no,
        "tax_no": person.tax_no,
        "phone": person.phone,
        "email": person.email,
        "birth_date": person.birth_date,
        "sex": person.sex,
        "residence": residence,
    });
    let mut facts = BTreeMap::from([("account", account)]);
    // The population register answers for natural persons with a citizen number only.
    if person.citizen_no.is_some() {
        facts.insert(
            "population",
            json!({
                "full_name": person.full_name,
                "citizen_no": person.citizen_no,
                "birth_date": person.birth_date,
                "sex": person.sex,
                "ethnicity": person.ethnicity,
                "nationality": person.nationality,
                "residence": residence,
            }),
        );
    }
    facts
}

/// Lays the facts of a register row over those of the person's row: the register wins, key by key.
pub fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                base.insert(key, value);
            }
        }
        (base, over) => *base = over,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use haidang_contracts::identity::PersonKind;
    use haidang_kernel::id::Id;

    fn person() -> PersonRecord {
        PersonRecord {
            id: Id::parse("0193f000-0000-7000-8000-000000000001").unwrap(),
            kind: PersonKind::Person,
            full_name: "Nguyễn Thị Mẫu".into(),
            citizen_no: Some("031190000017".into()),
            tax_no: None,
            birth_date: Some("1990-05-01".into()),
            sex: Some("female".into()),
            ethnicity: Some("01".into()),
            nationality: Some("VN".into()),
            commune_code: Some("11824".into()),
            address: Some("Số 5 đường Mẫu".into()),
            phone: Some("0912345678".into()),
            email: None,
        }
    }

    #[test]
    fn the_shipped_registers_are_complete() {
        let registers = Registers::built_in().unwrap();
        for id in
            ["account", "population", "civil_status", "birth_notice", "death_notice", "business", "land", "social"]
        {
            assert!(registers.get(id).unwrap().name.en.is_some(), "{id}");
        }
    }

    #[test]
    fn keys_are_split_and_found() {
        for (source, expected) in [
            ("population.birth_date", Some(("population", vec!["birth_date"]))),
            ("civil_status.death.date", Some(("civil_status", vec!["death", "date"]))),
            ("population", None),
            ("population.", None),
            (".x", None),
        ] {
            assert_eq!(split(source), expected, "{source}");
        }
        let facts = json!({ "death": { "date": "2026-01-02", "cause": null } });
        assert_eq!(find(&facts, &["death", "date"]), Some(&json!("2026-01-02")));
        assert_eq!(find(&facts, &["death", "cause"]), None);
        assert_eq!(find(&facts, &["birth"]), None);
    }

    #[test]
    fn a_row_gives_forms_their_shapes_and_absent_values_stay_unknown() {
        let facts = facts_of(&person(), "31");
        assert_eq!(
            find(&facts["population"], &["residence"]),
            Some(&json!({ "province_code": "31", "commune_code": "11824", "detail": "Số 5 đường Mẫu" }))
        );
        assert_eq!(find(&facts["account"], &["email"]), None);
        let company = PersonRecord { citizen_no: None, tax_no: Some("0200000011".into()), ..person() };
        assert!(!facts_of(&company, "31").contains_key("population"));
    }

    #[test]
    fn the_register_wins_over_the_row() {
        let mut base = json!({ "sex": "female", "phone": "0912345678" });
        overlay(&mut base, json!({ "sex": "male", "household": "x" }));
        assert_eq!(base, json!({ "sex": "male", "phone": "0912345678", "household": "x" }));
    }
}
