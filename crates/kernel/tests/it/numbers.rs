//! Citizen and tax numbers against the vectors; telephone numbers as people write them.

use haidang_kernel::number::{CitizenNo, Phone, Reason, Sex, TaxNo};
use jiff::civil::Date;

/// Verdict, reason, province, sex and year of birth, as the vectors write them.
fn verdict(kind: &str, number: &str, birth: &str, sex: &str) -> [String; 5] {
    let refused = |reason: Reason| ["invalid", reason.code(), "", "", ""].map(str::to_owned);
    if kind == "mst" {
        return TaxNo::parse(number).map_or_else(refused, |_| ["valid", "ok", "", "", ""].map(str::to_owned));
    }
    let birth = (!birth.is_empty()).then(|| birth.parse::<Date>().expect("a date"));
    let declared = match sex {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        _ => None,
    };
    let citizen = match CitizenNo::parse(number) {
        Ok(citizen) => citizen,
        Err(reason) => return refused(reason),
    };
    let (verdict, reason) = match citizen.agrees(birth, declared) {
        Ok(()) => ("valid", "ok"),
        Err(reason) => ("invalid", reason.code()),
    };
    let sex = match citizen.sex() {
        Sex::Male => "male",
        Sex::Female => "female",
    };
    let (province, year) = (citizen.province_code().to_owned(), citizen.birth_year().to_string());
    [verdict.to_owned(), reason.to_owned(), province, sex.to_owned(), year]
}

#[test]
fn every_vector_has_its_verdict_and_reason() {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::None)
        .from_reader(include_str!("../fixtures/cccd-mst-vectors.csv").as_bytes());
    let mut rows = 0;
    for row in reader.records() {
        let row = row.expect("a row");
        let expected: Vec<&str> = (4..9).map(|column| &row[column]).collect();
        assert_eq!(verdict(&row[0], &row[1], &row[2], &row[3]).as_slice(), expected, "{row:?}");
        rows += 1;
    }
    assert_eq!(rows, 200);
}

#[test]
fn branches_are_stored_with_their_hyphen() {
    for written in ["9310780236001", "9310780236-001"] {
        let number = TaxNo::parse(written).expect("valid");
        assert_eq!((number.as_str(), number.branch()), ("9310780236-001", Some("001")));
    }
    assert_eq!(TaxNo::parse("7676284324").expect("valid").branch(), None);
    assert_eq!(TaxNo::check_digit("767628432"), Some(4));
    for odd in ["é676284324", "767628432é", "7676284324é", "7676284324-é1", "7676284324-", "-7676284324"] {
        assert!(TaxNo::parse(odd).is_err(), "{odd}");
    }
}

#[test]
fn personal_numbers_are_shown_grouped_or_masked_and_never_by_debug() {
    let citizen = CitizenNo::parse("031090000000").expect("valid");
    assert_eq!(citizen.grouped(), "031 090 000 000");
    assert_eq!(citizen.masked(), "•••••••••000");
    assert!(!format!("{citizen:?}").contains("090"));
    assert_eq!(citizen.agrees_with_year(Some(1991), Some(Sex::Female)), Err(Reason::BirthYearMismatch));
}

#[test]
fn telephones_are_read_as_people_write_them() {
    let good = |written: &str| {
        let phone = Phone::parse(written).expect(written);
        assert_eq!((phone.as_str(), phone.grouped().as_str()), ("0912345678", "0912 345 678"), "{written}");
        assert_eq!(phone.international(), "+84912345678");
    };
    good("0912345678");
    good(" 0912 345 678 ");
    good("0912.345.678");
    good("+84 912 345 678");
    good("+84 (0) 912-345-678");
    let bad = |written: &str, reason: Reason| assert_eq!(Phone::parse(written), Err(reason), "{written}");
    bad("912345678", Reason::Prefix);
    bad("09123456789", Reason::Length);
    bad("", Reason::Length);
    bad("0912345abc", Reason::NotDigits);
    bad("０912345678", Reason::NotDigits);
    bad("+1 212 555 0100", Reason::NotDigits);
}

proptest::proptest! {
    #[test]
    fn a_number_with_its_check_digit_is_valid_and_with_any_other_is_not(nine in "[0-9]{9}", last in 0i64..10) {
        let verdict = TaxNo::parse(&format!("{nine}{last}")).map(|_| ());
        let expected = match TaxNo::check_digit(&nine) {
            None => Err(Reason::NoCheckDigitExists),
            Some(digit) if digit == last => Ok(()),
            Some(_) => Err(Reason::Checksum),
        };
        proptest::prop_assert_eq!(verdict, expected);
    }

    #[test]
    fn reading_never_panics(text in "\\PC{0,16}") {
        let _ = (CitizenNo::parse(&text), TaxNo::parse(&text), Phone::parse(&text));
    }
}
