//! Residents, businesses and officials of the demonstration city.

use super::dice::Dice;
use super::names;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_identity::model::{PersonSeed, PositionSeed, RegisterSeed, RelationSeed};
use haidang_identity::rules::RelationKind;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::number::{CitizenNo, TaxNo};
use haidang_services::procedure::pack::Pack;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeSet;

/// Everybody of the city.
pub struct People {
    /// Residents, first those with a part to play.
    pub residents: Vec<PersonRecord>,
    /// Businesses.
    pub businesses: Vec<PersonRecord>,
    /// Officials.
    pub officials: Vec<Official>,
    /// Who is whose child, parent, spouse or represents which business.
    pub relations: Vec<RelationSeed>,
    /// What registers know.
    pub facts: Vec<RegisterSeed>,
}

/// An official in a post.
#[derive(Clone)]
pub struct Official {
    /// The person.
    pub person: PersonRecord,
    /// Agency of the post.
    pub agency: String,
    /// Role of the post.
    pub role: String,
    /// Title in Vietnamese.
    pub title: String,
}

/// Makes people for a pack.
pub struct Maker<'a> {
    /// Chance.
    pub dice: Dice,
    /// Ids.
    pub ambient: Ambient,
    /// The city's data.
    pub pack: &'a Pack,
    /// The day the city is shown.
    pub as_of: Date,
    numbers: BTreeSet<String>,
    communes: Vec<(String, String)>,
}

/// Provinces of birth elsewhere in the country, by their code in citizen numbers.
const ELSEWHERE: &[&str] = &["034", "022", "001", "036", "038", "040", "030"];

impl<'a> Maker<'a> {
    /// A maker over a pack; communes are the pack's agencies of today that have one.
    pub fn new(dice: Dice, ambient: Ambient, pack: &'a Pack, as_of: Date) -> Self {
        let mut communes: Vec<(String, String)> = pack
            .agencies
            .iter()
            .filter(|agency| agency.kind == "commune" && agency.works_on(as_of))
            .filter_map(|agency| agency.commune_code.clone().map(|code| (code, agency.code.clone())))
            .collect();
        communes.sort();
        Self { dice, ambient, pack, as_of, numbers: BTreeSet::new(), communes }
    }

    /// Everybody, at this scale.
    pub fn people(&mut self, residents: usize) -> People {
        let mut people = People {
            residents: Vec::new(),
            businesses: Vec::new(),
            officials: Vec::new(),
            relations: Vec::new(),
            facts: Vec::new(),
        };
        self.leading_family(&mut people);
        while people.residents.len() < residents {
            let age = *self.dice.weighted(&[(10, 5), (12, 14), (20, 24), (28, 35), (18, 48), (12, 62), (6, 78)]);
            let person = self.person(None, age);
            people.residents.push(person);
        }
        for index in 0..(residents / 25).max(3) {
            let owner = people.residents[index % people.residents.len()].clone();
            let business = self.business(&owner);
            people.relations.push(RelationSeed {
                person: owner.id.clone(),
                other: business.id.clone(),
                kind: RelationKind::Represents,
            });
            people.businesses.push(business);
        }
        people.officials = self.officials();
        people
    }

    /// A mother, her husband, their child of three weeks whose birth notice the hospital has sent.
    fn leading_family(&mut self, people: &mut People) {
        let mut mother = self.person(Some((false, "Nguyễn")), 29);
        mother.commune_code = self.communes.get(self.communes.len() / 2).map(|(code, _)| code.clone());
        let mut father = self.person(Some((true, "Phạm")), 31);
        father.commune_code.clone_from(&mother.commune_code);
        let birth = self.as_of.saturating_sub(jiff::Span::new().days(21));
        for person in [&mother, &father] {
            people.facts.push(RegisterSeed {
                number: person.citizen_no.clone().unwrap_or_default(),
                register: "birth_notice".to_owned(),
                facts: json!({
                    "birth_date": birth.to_string(), "sex": "female", "place_kind": "health_facility", "place": "Bệnh viện Phụ sản (dữ liệu minh họa)",
                    "mother_name": mother.full_name, "mother_citizen_no": mother.citizen_no, "no": "GCS-0001",
                }),
                as_of: birth.to_string(),
            });
            people.facts.push(RegisterSeed {
                number: person.citizen_no.clone().unwrap_or_default(),
                register: "civil_status".to_owned(),
                facts: json!({ "marriage": true, "marriage_no": "KH-0001", "marriage_count": 1 }),
                as_of: self.as_of.saturating_sub(jiff::Span::new().years(2)).to_string(),
            });
        }
        people.relations.push(RelationSeed {
            person: mother.id.clone(),
            other: father.id.clone(),
            kind: RelationKind::Spouse,
        });
        people.relations.push(RelationSeed {
            person: father.id.clone(),
            other: mother.id.clone(),
            kind: RelationKind::Spouse,
        });
        people.residents.push(mother);
        people.residents.push(father);
    }

    /// One person of about this age.
    pub fn person(&mut self, wish: Option<(bool, &str)>, age: i64) -> PersonRecord {
        let male = wish.map_or_else(|| self.dice.chance(500), |(male, _)| male);
        let family = wish.map_or_else(|| names::family(&self.dice).to_owned(), |(_, family)| family.to_owned());
        let days = age * 365 + self.dice.between(0, 364);
        let birth = self.as_of.saturating_sub(jiff::Span::new().days(days));
        let commune = self.dice.pick(&self.communes).0.clone();
        PersonRecord {
            id: self.ambient.new_id(),
            kind: PersonKind::Person,
            full_name: names::full(&self.dice, &family, male),
            citizen_no: Some(self.citizen_no(birth, male)),
            tax_no: None,
            birth_date: Some(birth.to_string()),
            sex: Some(if male { "male" } else { "female" }.to_owned()),
            ethnicity: self.first_code("ethnic_groups"),
            nationality: Some("VN".to_owned()),
            commune_code: Some(commune),
            address: Some(format!("Số {} đường Minh Họa {}", self.dice.between(1, 250), self.dice.between(1, 40))),
            phone: Some(format!("09{:08}", self.dice.below(100_000_000))),
            email: None,
        }
    }

    fn first_code(&self, list: &str) -> Option<String> {
        self.pack.codes.all(list).first().map(|code| code.code.clone())
    }

    /// A number of the legal structure (no check digit exists) that nobody else of the city has.
    fn citizen_no(&mut self, birth: Date, male: bool) -> String {
        let century = i64::from(birth.year() / 100 - 19).clamp(0, 4);
        let sex = century * 2 + i64::from(!male);
        let code = &self.pack.city.province_code;
        // A made-up city never issued numbers: all its people were born elsewhere.
        let issues = CitizenNo::is_issued_by(code);
        let here = format!("0{code}");
        loop {
            let province = if issues && self.dice.chance(850) { here.as_str() } else { *self.dice.pick(ELSEWHERE) };
            let number = format!("{province}{sex}{:02}{:06}", birth.year() % 100, self.dice.between(1, 999_999));
            if self.numbers.insert(number.clone()) {
                return number;
            }
        }
    }

    fn business(&mut self, owner: &PersonRecord) -> PersonRecord {
        let name = if self.dice.chance(700) {
            names::household(&self.dice, &owner.full_name)
        } else {
            names::company(&self.dice)
        };
        PersonRecord {
            id: self.ambient.new_id(),
            kind: PersonKind::Organisation,
            full_name: name,
            citizen_no: None,
            tax_no: Some(self.tax_no()),
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            ..owner.clone()
        }
    }

    /// Nine digits and the check digit that the law gives; for some nine there is none.
    fn tax_no(&mut self) -> String {
        loop {
            let nine = format!("0{:08}", self.dice.below(100_000_000));
            let valid = (0..10).map(|digit| format!("{nine}{digit}")).find(|number| TaxNo::parse(number).is_ok());
            if let Some(number) = valid.filter(|number| self.numbers.insert(number.clone())) {
                return number;
            }
        }
    }

    /// One holder of each role in each agency that has it, two at the counters of communes.
    fn officials(&mut self) -> Vec<Official> {
        let mut officials = Vec::new();
        let agencies: Vec<(String, String)> = self
            .pack
            .agencies
            .iter()
            .filter(|a| a.works_on(self.as_of))
            .map(|a| (a.code.clone(), a.kind.clone()))
            .collect();
        let roles: Vec<_> = self.pack.roles.values().cloned().collect();
        for (code, kind) in &agencies {
            for role in roles.iter().filter(|role| role.agencies.iter().any(|held| held == kind || held == code)) {
                let holders = if role.id == "one_stop_officer" && kind == "commune" { 2 } else { 1 };
                for _ in 0..holders {
                    let age = self.dice.between(26, 57);
                    let person = self.person(None, age);
                    officials.push(Official {
                        person,
                        agency: code.clone(),
                        role: role.id.clone(),
                        title: role.name.vi.clone(),
                    });
                }
            }
        }
        officials
    }
}

/// Seeds for the records of identity.
pub fn person_seeds<'p>(people: impl IntoIterator<Item = &'p PersonRecord>) -> Vec<PersonSeed> {
    people.into_iter().map(|person| PersonSeed { person: person.clone(), account_level: 2 }).collect()
}

/// Posts of the officials, held since before the history begins.
pub fn position_seeds(officials: &[Official], from: Date) -> Vec<PositionSeed> {
    officials
        .iter()
        .map(|official| PositionSeed {
            person: official.person.id.clone(),
            agency: official.agency.clone(),
            role: official.role.clone(),
            title: official.title.clone(),
            valid_from: from.to_string(),
            valid_to: None,
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn everybody_of_every_pack_has_a_number_with_which_one_signs_in() {
        for pack in ["mau", "haiphong"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack);
            let pack = Pack::load(&folder).unwrap();
            let ambient = Ambient::fixed("2026-11-20T01:00:00Z".parse().unwrap(), 3);
            let mut maker = Maker::new(Dice::new(ambient.clone()), ambient, &pack, jiff::civil::date(2026, 11, 20));
            let people = maker.people(60);
            assert!(people.residents.len() >= 60);
            for person in &people.residents {
                let number = person.citizen_no.as_deref().unwrap();
                assert!(CitizenNo::parse(number).is_ok(), "{}: {number}", pack.city.code);
            }
        }
    }
}
