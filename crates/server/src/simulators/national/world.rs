//! Who exists for the simulated registers: the people and businesses of the demonstration city with the same pack, seed,
//! scale and date, and the fictional people of the simulated e-identity. All follows from those four.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_identity::rules::RelationKind;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::text::search_key;
use haidang_kernel::time;
use haidang_services::procedure::pack::Pack;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::demo::{self, Scale};
use crate::simulators::eid;

/// A person as the national registers know them.
pub(super) struct Citizen {
    pub(super) record: PersonRecord,
    /// 12 digits.
    pub(super) number: String,
    /// Identity card of nine digits, for who was grown up before numbers of twelve digits came.
    pub(super) old_number: Option<String>,
    /// 10 digits.
    pub(super) insurance: String,
    /// Household of the social insurance.
    pub(super) household: String,
    /// Index of the spouse.
    pub(super) spouse: Option<usize>,
    /// Indexes of the registered guardians or parents.
    pub(super) guardians: Vec<usize>,
}

impl Citizen {
    /// Date of birth; all made people have one.
    pub(super) fn birth(&self) -> Option<Date> {
        self.record.birth_date.as_deref().and_then(|date| date.parse().ok())
    }

    /// Whether the person is registered as male.
    pub(super) fn male(&self) -> bool {
        self.record.sex.as_deref() == Some("male")
    }

    /// Name and date agree with what was asked, accents and letter case aside.
    pub(super) fn is_called(&self, name: &str) -> bool {
        search_key(&self.record.full_name) == search_key(name)
    }
}

/// A business as the register knows it.
pub(super) struct Enterprise {
    pub(super) id: i64,
    pub(super) record: PersonRecord,
    pub(super) tax_no: String,
    pub(super) representatives: Vec<usize>,
    pub(super) founded: Date,
    pub(super) capital: i64,
    /// Number of the receipt of its last registration case.
    pub(super) journal: i64,
    pub(super) received: Date,
    pub(super) processed: Date,
    /// Minute of the day in which it was processed.
    pub(super) minute: i64,
}

/// Everything that exists.
pub(super) struct World {
    pub(super) pack: Pack,
    pub(super) as_of: Date,
    pub(super) citizens: Vec<Citizen>,
    pub(super) enterprises: Vec<Enterprise>,
    by_number: HashMap<String, usize>,
    by_insurance: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    by_tax_no: HashMap<String, usize>,
}

/// A fictional person of the simulated e-identity as the population database would hold them.
fn of_persona(persona: &eid::personas::Persona, ambient: &Ambient) -> PersonRecord {
    PersonRecord {
        id: ambient.new_id(),
        kind: PersonKind::Person,
        full_name: persona.full_name.clone(),
        citizen_no: Some(persona.citizen_no.clone()),
        tax_no: None,
        birth_date: persona.birth_date.clone(),
        sex: persona.sex.clone(),
        ethnicity: None,
        nationality: Some(persona.nationality.clone()),
        commune_code: None,
        address: persona.address.clone(),
        phone: persona.phone.clone(),
        email: persona.email.clone(),
    }
}

/// A number that follows from a purpose and a word alone.
fn drawn(purpose: &str, word: &str, below: u64) -> u64 {
    let digest = Sha256::digest(format!("haidang-national/{purpose}/{word}").as_bytes());
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(bytes) % below.max(1)
}

/// The next free number from a drawn one on.
fn free(taken: &mut BTreeSet<String>, first: u64, modulus: u64, write: impl Fn(u64) -> String) -> String {
    let mut at = first;
    loop {
        let number = write(at % modulus);
        if taken.insert(number.clone()) {
            return number;
        }
        at += 1;
    }
}

impl World {
    /// The world of a demonstration city.
    pub(super) fn new(pack: Pack, scale: &Scale) -> World {
        let people = demo::inhabitants(scale, &pack);
        let ambient = Ambient::fixed(time::at(scale.as_of.at(8, 0, 0, 0)), scale.seed.wrapping_add(2));
        let (fictional, bonds) = eid::personas::settled(scale.as_of, &ambient);
        let everybody: Vec<PersonRecord> = people
            .residents
            .into_iter()
            .chain(people.officials.into_iter().map(|official| official.person))
            .chain(people.businesses)
            .chain(fictional.into_iter().map(|seed| seed.person))
            // Whoever else the simulated e-identity vouches for; of one number the first stands.
            .chain(eid::personas::personas(scale.as_of).iter().rev().map(|persona| of_persona(persona, &ambient)))
            .collect();
        let relations: Vec<(PersonId, PersonId, RelationKind)> =
            people.relations.into_iter().chain(bonds).map(|bond| (bond.person, bond.other, bond.kind)).collect();
        let mut world = World {
            pack,
            as_of: scale.as_of,
            citizens: Vec::new(),
            enterprises: Vec::new(),
            by_number: HashMap::new(),
            by_insurance: HashMap::new(),
            by_name: HashMap::new(),
            by_tax_no: HashMap::new(),
        };
        world.settle(everybody, &relations);
        world
    }

    fn settle(&mut self, everybody: Vec<PersonRecord>, relations: &[(PersonId, PersonId, RelationKind)]) {
        let (mut cards, mut insured) = (BTreeSet::new(), BTreeSet::new());
        let (people, businesses): (Vec<_>, Vec<_>) =
            everybody.into_iter().partition(|record| record.citizen_no.is_some());
        let province = format!("{:0>2}", self.pack.city.province_code);
        for record in people {
            let Some(number) = record.citizen_no.clone() else { continue };
            if self.by_number.contains_key(&number) {
                continue; // one who appears twice on a list is one person
            }
            let grown = record.birth_date.as_deref().is_some_and(|date| date < "2002");
            let old_number = grown.then(|| {
                free(&mut cards, drawn("card", &number, 10_000_000), 10_000_000, |n| format!("{province}{n:07}"))
            });
            let insurance = free(&mut insured, drawn("insurance", &number, 100_000_000), 100_000_000, |n| {
                format!("{province}{n:08}")
            });
            let index = self.citizens.len();
            self.by_number.insert(number.clone(), index);
            old_number.iter().for_each(|card| {
                self.by_number.insert(card.clone(), index);
            });
            self.by_insurance.insert(insurance.clone(), index);
            self.by_name.entry(search_key(&record.full_name)).or_default().push(index);
            let household = format!("{province}{:08}", drawn("household", &number, 100_000_000));
            let (spouse, guardians) = (None, Vec::new());
            self.citizens.push(Citizen { record, number, old_number, insurance, household, spouse, guardians });
        }
        self.relate(relations);
        self.found(businesses, relations);
    }

    fn relate(&mut self, relations: &[(PersonId, PersonId, RelationKind)]) {
        let at: BTreeMap<PersonId, usize> =
            self.citizens.iter().enumerate().map(|(index, citizen)| (citizen.record.id.clone(), index)).collect();
        for (person, other, kind) in relations {
            let (Some(&person), Some(&other)) = (at.get(person), at.get(other)) else { continue };
            let household = self.citizens[person].household.clone();
            match kind {
                RelationKind::Spouse => self.citizens[person].spouse = Some(other),
                RelationKind::Child => self.citizens[other].guardians.push(person),
                _ => continue,
            }
            // One household: the number of whoever was named first.
            self.citizens[other].household = household;
        }
    }

    fn found(&mut self, businesses: Vec<PersonRecord>, relations: &[(PersonId, PersonId, RelationKind)]) {
        let at: BTreeMap<PersonId, usize> =
            self.citizens.iter().enumerate().map(|(index, citizen)| (citizen.record.id.clone(), index)).collect();
        for record in businesses {
            let Some(tax_no) = record.tax_no.clone() else { continue };
            let leads = |(_, other, kind): &&(PersonId, PersonId, RelationKind)| {
                *kind == RelationKind::Represents && *other == record.id
            };
            let representatives =
                relations.iter().filter(leads).filter_map(|(person, ..)| at.get(person).copied()).collect();
            let days =
                |purpose, below| jiff::Span::new().days(i64::try_from(drawn(purpose, &tax_no, below)).unwrap_or(0));
            let index = self.enterprises.len();
            let id = i64::try_from(index).unwrap_or(0) + 1;
            let received = self.as_of.saturating_sub(days("received", 12));
            self.by_tax_no.insert(tax_no.clone(), index);
            self.enterprises.push(Enterprise {
                id: 1_000_000 + id,
                representatives,
                founded: received.saturating_sub(days("founded", 4_000)),
                capital: i64::try_from(drawn("capital", &tax_no, 100) + 1).unwrap_or(1) * 50_000_000,
                journal: 5_000_000 + id,
                received,
                processed: received.saturating_add(days("processed", 3)),
                minute: i64::try_from(drawn("minute", &tax_no, 540)).unwrap_or(0) + 450,
                tax_no,
                record,
            });
        }
    }

    /// By the number of twelve digits or the card of nine.
    pub(super) fn citizen(&self, number: &str) -> Option<&Citizen> {
        self.by_number.get(number).and_then(|index| self.citizens.get(*index))
    }

    /// By the number of the social insurance.
    pub(super) fn insured(&self, number: &str) -> Option<&Citizen> {
        self.by_insurance.get(number).and_then(|index| self.citizens.get(*index))
    }

    /// Everybody with a name, accents and letter case aside.
    pub(super) fn called(&self, name: &str) -> impl Iterator<Item = &Citizen> {
        let found = self.by_name.get(&search_key(name)).map_or(&[][..], Vec::as_slice);
        found.iter().filter_map(|index| self.citizens.get(*index))
    }

    /// By tax number, the one that is also the enterprise's.
    pub(super) fn enterprise(&self, tax_no: &str) -> Option<&Enterprise> {
        self.by_tax_no.get(tax_no).and_then(|index| self.enterprises.get(*index))
    }

    /// Name of a commune of the city.
    pub(super) fn commune(&self, code: &str) -> Option<String> {
        self.pack.codes.find("communes", code).map(|found| found.name.vi.clone())
    }

    /// Name of the city's province.
    pub(super) fn province(&self) -> String {
        let code = &self.pack.city.province_code;
        self.pack
            .codes
            .find("provinces", code)
            .map_or_else(|| self.pack.city.name.clone(), |found| found.name.vi.clone())
    }
}
