//! The fictional people of the simulated national e-identity, the same in every demonstration city.
//!
//! Those who act for others are also settled in the city with their relations, as the population and the business
//! register would know them; everybody else becomes known by signing in.

use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_identity::model::{PersonSeed, RelationSeed};
use haidang_identity::rules::RelationKind;
use haidang_kernel::ambient::Ambient;
use haidang_kernel::bilingual::Bilingual;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

/// Somebody the simulator vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// Word by which tests and scripts choose the person; for people of the city their number.
    pub key: String,
    /// Why the person is on the list.
    pub what: Option<Bilingual>,
    /// Name.
    pub full_name: String,
    /// 12 digits.
    pub citizen_no: String,
    /// `YYYY-MM-DD`, or a year.
    pub birth_date: Option<String>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// Two letters.
    pub nationality: String,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Permanent residence.
    pub address: Option<String>,
    /// Identifier of the account.
    pub tech_id: String,
    /// Level of the account.
    pub level: u8,
    /// Whether the national account is locked.
    pub locked: bool,
}

/// The identifier that the simulator gives the account of a number; a second one after a change of name.
fn tech_id(number: &str, edition: u8) -> String {
    let digest = Sha256::digest(format!("haidang-simulator/{number}/{edition}").as_bytes());
    data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or_default())
}

/// A number of the legal structure. The serial lies where the people of a demonstration city have none.
fn number(birth: Date, male: bool, serial: u32) -> String {
    let century = (birth.year() / 100 - 19).clamp(0, 4);
    let sex = century * 2 + i16::from(!male);
    format!("031{sex}{:02}{:06}", birth.year() % 100, 999_900 + serial)
}

struct Row {
    key: &'static str,
    vi: &'static str,
    en: &'static str,
    name: &'static str,
    male: bool,
    birth: Date,
    serial: u32,
    level: u8,
    edition: u8,
}

fn years_before(today: Date, years: i32) -> Date {
    today.saturating_sub(jiff::Span::new().years(years))
}

fn rows(today: Date) -> Vec<Row> {
    let adult = |year: i16| Date::constant(year, 5, 12);
    let row =
        |key, vi, en, name, male, birth, serial| Row { key, vi, en, name, male, birth, serial, level: 2, edition: 1 };
    vec![
        row(
            "adult_2",
            "Người lớn, tài khoản mức độ 2",
            "Adult, account level 2",
            "Phạm Minh Hoạ",
            true,
            adult(1988),
            1,
        ),
        Row {
            level: 1,
            ..row(
                "adult_1",
                "Người lớn, tài khoản mức độ 1",
                "Adult, account level 1",
                "Vũ Thị Giản Dị",
                false,
                adult(1979),
                2,
            )
        },
        row("age_10", "Trẻ em 10 tuổi", "Child of 10", "Đỗ Bé Mười", true, years_before(today, 10), 3),
        Row {
            level: 1, ..row("age_3", "Trẻ em 3 tuổi", "Child of 3", "Đỗ Bé Ba", false, years_before(today, 3), 4)
        },
        row(
            "eighteen_tomorrow",
            "Ngày mai đủ 18 tuổi",
            "Turns 18 tomorrow",
            "Hoàng Sắp Lớn",
            true,
            years_before(today.tomorrow().unwrap_or(today), 18),
            5,
        ),
        row(
            "foreigner",
            "Người nước ngoài cư trú tại Việt Nam",
            "Foreign resident",
            "Sample Minh Park",
            true,
            adult(1985),
            6,
        ),
        row(
            "representative_1",
            "Đại diện theo pháp luật của một doanh nghiệp",
            "Legal representative of one company",
            "Bùi Đại Diện",
            true,
            adult(1975),
            7,
        ),
        row(
            "representative_3",
            "Đại diện theo pháp luật của ba doanh nghiệp",
            "Legal representative of three companies",
            "Ngô Thị Ba Nhà",
            false,
            adult(1972),
            8,
        ),
        row(
            "guardian",
            "Người giám hộ của hai trẻ em trong danh sách này",
            "Guardian of the two children on this list",
            "Đỗ Văn Giám Hộ",
            true,
            adult(1984),
            9,
        ),
        row(
            "before_rename",
            "Trước khi cải chính họ tên",
            "Before a change of name",
            "Lý Thị Tên Cũ",
            false,
            adult(1993),
            10,
        ),
        Row {
            edition: 2,
            ..row(
                "renamed",
                "Cùng người đó sau khi cải chính: tên mới, TechID mới",
                "The same person afterwards: new name, new TechID",
                "Lý Thị Tên Mới",
                false,
                adult(1993),
                10,
            )
        },
        row("locked", "Tài khoản định danh bị khoá", "Locked identity account", "Mai Bị Khoá", true, adult(1990), 11),
    ]
}

/// Everybody on the list, as old as they are today.
pub fn personas(today: Date) -> Vec<Persona> {
    rows(today)
        .into_iter()
        .map(|row| {
            let citizen_no = number(row.birth, row.male, row.serial);
            Persona {
                what: Some(Bilingual::new(row.vi, row.en)),
                full_name: row.name.to_owned(),
                tech_id: tech_id(&citizen_no, row.edition),
                citizen_no,
                birth_date: Some(row.birth.to_string()),
                sex: Some(if row.male { "male" } else { "female" }.to_owned()),
                nationality: if row.key == "foreigner" { "KR" } else { "VN" }.to_owned(),
                phone: Some(format!("09000009{:02}", row.serial)),
                email: Some(format!("{}@vi-du.example", row.key.replace('_', "-"))),
                address: Some(format!("Số {} đường Mô Phỏng", row.serial)),
                level: row.level,
                locked: row.key == "locked",
                key: row.key.to_owned(),
            }
        })
        .collect()
}

/// A person of the demonstration city, as the simulator vouches for them.
pub fn of_city(record: &PersonRecord) -> Option<Persona> {
    let citizen_no = record.citizen_no.clone()?;
    Some(Persona {
        key: citizen_no.clone(),
        what: None,
        full_name: record.full_name.clone(),
        tech_id: tech_id(&citizen_no, 1),
        citizen_no,
        birth_date: record.birth_date.clone(),
        sex: record.sex.clone(),
        nationality: record.nationality.clone().unwrap_or_else(|| "VN".to_owned()),
        phone: record.phone.clone(),
        email: record.email.clone(),
        address: record.address.clone(),
        // As the demonstration settles its residents; what the city has learned since is no source for the upstream.
        level: 2,
        locked: false,
    })
}

/// Companies of the representatives: name and tax number (the check digit is the law's).
const COMPANIES: &[(&str, &str, &str)] = &[
    ("representative_1", "Công ty TNHH Một Mình (dữ liệu minh họa)", "0209999901"),
    ("representative_3", "Công ty Cổ phần Thứ Nhất (dữ liệu minh họa)", "0209999902"),
    ("representative_3", "Công ty Cổ phần Thứ Hai (dữ liệu minh họa)", "0209999903"),
    ("representative_3", "Công ty TNHH Thứ Ba (dữ liệu minh họa)", "0209999904"),
];

/// Nine digits of a company with the check digit that the law gives; some nine have none, the next is then tried.
fn tax_no(wish: &str) -> Option<String> {
    let first: u32 = wish.get(..9)?.parse().ok()?;
    (first..first.saturating_add(100)).find_map(|nine| {
        (0..10).map(|digit| format!("{nine:09}{digit}")).find(|text| haidang_kernel::number::TaxNo::parse(text).is_ok())
    })
}

/// Those who act for others, and for whom: people, organisations and relations for the store of a demonstration city.
pub fn settled(today: Date, ambient: &Ambient) -> (Vec<PersonSeed>, Vec<RelationSeed>) {
    let list = personas(today);
    let mut persons = Vec::new();
    let mut relations = Vec::new();
    let mut settle = |persona: &Persona| {
        let record = PersonRecord {
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
        };
        persons.push(PersonSeed { person: record.clone(), account_level: persona.level });
        record
    };
    let mut found = |key: &str| list.iter().find(|persona| persona.key == key).map(&mut settle);
    let (guardian, ten, three) = (found("guardian"), found("age_10"), found("age_3"));
    let representatives =
        [("representative_1", found("representative_1")), ("representative_3", found("representative_3"))];
    for child in [ten, three].into_iter().flatten() {
        relations.extend(guardian.as_ref().map(|guardian| RelationSeed {
            person: guardian.id.clone(),
            other: child.id.clone(),
            kind: RelationKind::Child,
        }));
    }
    let mut after = 0;
    for (key, name, wish) in COMPANIES {
        let owner = representatives.iter().find(|(known, _)| known == key).and_then(|(_, record)| record.as_ref());
        // Two wishes may have led to one number: the next begins behind the last.
        let wish = wish.parse::<u64>().unwrap_or_default().max(after);
        let (Some(owner), Some(tax_no)) = (owner, tax_no(&format!("{wish:010}"))) else { continue };
        after = tax_no.parse::<u64>().unwrap_or_default() / 10 * 10 + 10;
        let company = PersonRecord {
            id: ambient.new_id(),
            kind: PersonKind::Organisation,
            full_name: (*name).to_owned(),
            citizen_no: None,
            tax_no: Some(tax_no),
            birth_date: None,
            sex: None,
            nationality: None,
            ..owner.clone()
        };
        relations.push(RelationSeed {
            person: owner.id.clone(),
            other: company.id.clone(),
            kind: RelationKind::Represents,
        });
        persons.push(PersonSeed { person: company, account_level: 2 });
    }
    (persons, relations)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use haidang_kernel::number::CitizenNo;

    #[test]
    fn every_persona_has_a_number_that_agrees_with_its_birth() {
        let today: Date = "2026-03-03".parse().unwrap();
        for persona in personas(today) {
            let number = CitizenNo::parse(&persona.citizen_no).unwrap();
            let birth: Date = persona.birth_date.as_deref().unwrap().parse().unwrap();
            assert_eq!(number.agrees(Some(birth), None), Ok(()), "{}", persona.key);
        }
        let all = personas(today);
        let of = |key: &str| all.iter().find(|persona| persona.key == key).unwrap();
        assert_eq!(of("renamed").citizen_no, of("before_rename").citizen_no);
        assert_ne!(of("renamed").tech_id, of("before_rename").tech_id);
        assert_eq!(of("eighteen_tomorrow").birth_date.as_deref(), Some("2008-03-04"));
    }

    #[test]
    fn those_who_act_for_others_are_settled_with_their_relations() {
        let ambient = Ambient::fixed("2026-03-03T02:00:00Z".parse().unwrap(), 1);
        let (persons, relations) = settled(ambient.today(), &ambient);
        assert_eq!((persons.len(), relations.len()), (5 + 4, 2 + 4));
        let mut numbers: Vec<_> = persons.iter().filter_map(|seed| seed.person.personal_number().into()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 9);
    }
}
