//! The lunar calendar of Việt Nam: months begin on the day of the new moon at UTC+7, and the month
//! of the winter solstice is the eleventh. Chinese tables use another meridian and differ in some
//! years (Tết 1985, 2007, 2030, …), so they are never used here.
//!
//! Positions of moon and sun follow J. Meeus, Astronomical Algorithms (1998), chapters 25 and 49,
//! good to a minute or so for the years 1900 to 2199.

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// A day of the lunar calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LunarDate {
    /// The lunar year, named by the solar year in which it begins.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
    /// Whether it is the leap month that follows the month of the same number.
    pub leap: bool,
    /// The day, 1 to 30.
    pub day: i8,
}

/// The first day of the first lunar month (mùng 1 Tết) of a year; `None` outside 1900 to 2199.
pub fn tet(year: i16) -> Option<Date> {
    solar(LunarDate { year, month: 1, leap: false, day: 1 })
}

/// Giỗ Tổ Hùng Vương, the tenth of the third month; `None` outside 1900 to 2199.
pub fn hung_kings_day(year: i16) -> Option<Date> {
    solar(LunarDate { year, month: 3, leap: false, day: 10 })
}

/// The lunar day of a date; `None` outside 1901 to 2198.
pub fn lunar(day: Date) -> Option<LunarDate> {
    if !(1901..=2198).contains(&day.year()) {
        return None;
    }
    let number = day_number(day);
    let years = [day.year() - 1, day.year()].map(|year| (year, months(year)));
    let (year, month) = years
        .iter()
        .flat_map(|(year, months)| months.iter().map(move |month| (*year, month)))
        .filter(|(_, month)| month.first <= number)
        .max_by_key(|(_, month)| month.first)?;
    let of_month = i8::try_from(number - month.first + 1).ok()?;
    Some(LunarDate { year, month: month.number, leap: month.leap, day: of_month })
}

/// The date of a lunar day; `None` when there is no such day or outside 1900 to 2199.
pub fn solar(lunar: LunarDate) -> Option<Date> {
    if !(1900..=2199).contains(&lunar.year) || lunar.day < 1 {
        return None;
    }
    let months = months(lunar.year);
    let month = months.iter().find(|month| month.number == lunar.month && month.leap == lunar.leap)?;
    if i64::from(lunar.day) > month.length {
        return None;
    }
    date(1970, 1, 1).checked_add((month.first + i64::from(lunar.day) - 1 - UNIX_EPOCH).days()).ok()
}

struct Month {
    number: i8,
    leap: bool,
    /// Julian day number of its first day.
    first: i64,
    length: i64,
}

/// Julian day number of 1970-01-01.
const UNIX_EPOCH: i64 = 2_440_588;

/// Days between two like phases of the moon, on average.
const SYNODIC: f64 = 29.530_588_861;

fn day_number(day: Date) -> i64 {
    crate::calendar::days_since_1970(day) + UNIX_EPOCH
}

/// The twelve or thirteen months of a lunar year.
fn months(year: i16) -> Vec<Month> {
    let mut found = Vec::with_capacity(13);
    // Months 1 to 10 lie between this winter's eleventh month and the next one; 11 and 12 after it.
    for (winter, wanted) in [(year - 1, 1..=10), (year, 11..=12)] {
        let from = eleventh_month(winter);
        let until = eleventh_month(winter + 1);
        let firsts: Vec<i64> = (from..=until).map(new_moon).collect();
        // Thirteen months from solstice to solstice: the first without a principal term is the leap month.
        let leap = (until - from == 13)
            .then(|| (1..firsts.len() - 1).find(|at| principal_term(firsts[*at]) == principal_term(firsts[at + 1])))
            .flatten();
        for at in 0..firsts.len() - 1 {
            let passed = leap.is_some_and(|leap| at >= leap);
            let number = (10 + at - usize::from(passed)) % 12 + 1;
            let belongs = if at - usize::from(passed) < 2 { winter == year } else { winter < year };
            if belongs && wanted.contains(&number) {
                found.push(Month {
                    number: number as i8,
                    leap: leap == Some(at),
                    first: firsts[at],
                    length: firsts[at + 1] - firsts[at],
                });
            }
        }
    }
    found
}

/// The count of the new moon that begins the month with the winter solstice of a solar year.
fn eleventh_month(year: i16) -> i64 {
    let last = day_number(date(year, 12, 31));
    let mut moon = ((last as f64 - 2_451_550.1) / SYNODIC).floor() as i64 + 1;
    while new_moon(moon) > last {
        moon -= 1;
    }
    // The month that holds the solstice (270°) begins with the sun before it.
    if principal_term(new_moon(moon)) >= 9 { moon - 1 } else { moon }
}

/// In which twelfth of its circle the sun stands when a day begins at UTC+7, from 0 at the spring equinox.
fn principal_term(day: i64) -> i64 {
    (sun_longitude(day as f64 - 0.5 - 7.0 / 24.0) / 30.0).floor() as i64
}

/// Apparent longitude of the sun in degrees, 0 to 360, at a Julian date.
fn sun_longitude(julian: f64) -> f64 {
    let t = (julian - 2_451_545.0) / 36_525.0;
    let mean = 280.466_46 + t * (36_000.769_83 + t * 0.000_303_2);
    let anomaly = (357.529_11 + t * (35_999.050_29 - t * 0.000_153_7)).to_radians();
    let centre = (1.914_602 - t * (0.004_817 + t * 0.000_014)) * anomaly.sin()
        + (0.019_993 - t * 0.000_101) * (2.0 * anomaly).sin()
        + 0.000_289 * (3.0 * anomaly).sin();
    let node = (125.04 - 1_934.136 * t).to_radians();
    (mean + centre - 0.005_69 - 0.004_78 * node.sin()).rem_euclid(360.0)
}

/// Julian day number of the day at UTC+7 on which the new moon of this count (0 on 2000-01-06) falls.
fn new_moon(count: i64) -> i64 {
    let k = count as f64;
    let t = k / 1_236.85;
    let mean = 2_451_550.097_66 + SYNODIC * k + t * t * (0.000_154_37 - t * 0.000_000_15);
    let e = 1.0 - t * (0.002_516 + t * 0.000_007_4);
    let sun = (2.5534 + 29.105_356_70 * k - t * t * 0.000_001_4).to_radians();
    let moon = (201.5643 + 385.816_935_28 * k + t * t * 0.010_758_2).to_radians();
    let latitude = (160.7108 + 390.670_502_84 * k - t * t * 0.001_611_8).to_radians();
    let node = (124.7746 - 1.563_755_88 * k + t * t * 0.002_067_2).to_radians();
    let terms = [
        (-0.407_20, moon),
        (0.172_41 * e, sun),
        (0.016_08, 2.0 * moon),
        (0.010_39, 2.0 * latitude),
        (0.007_39 * e, moon - sun),
        (-0.005_14 * e, moon + sun),
        (0.002_08 * e * e, 2.0 * sun),
        (-0.001_11, moon - 2.0 * latitude),
        (-0.000_57, moon + 2.0 * latitude),
        (0.000_56 * e, 2.0 * moon + sun),
        (-0.000_42, 3.0 * moon),
        (0.000_42 * e, sun + 2.0 * latitude),
        (0.000_38 * e, sun - 2.0 * latitude),
        (-0.000_24 * e, 2.0 * moon - sun),
        (-0.000_17, node),
        (0.000_325, (299.77 + 0.107_408 * k - 0.009_173 * t * t).to_radians()),
        (0.000_165, (251.88 + 0.016_321 * k).to_radians()),
        (0.000_164, (251.83 + 26.651_886 * k).to_radians()),
        (0.000_126, (349.42 + 36.412_478 * k).to_radians()),
        (0.000_110, (84.66 + 18.206_239 * k).to_radians()),
    ];
    let dynamical = mean + terms.iter().map(|(size, angle)| size * angle.sin()).sum::<f64>();
    let universal = dynamical - seconds_ahead(2000.0 + t * 100.0) / 86_400.0;
    (universal + 0.5 + 7.0 / 24.0).floor() as i64
}

/// By how much the even time of the planets runs ahead of the turning earth, in seconds
/// (after Espenak and Meeus, in pieces of a few decades).
fn seconds_ahead(year: f64) -> f64 {
    match year {
        ..1920.0 => {
            let t = year - 1900.0;
            -2.79 + t * (1.494_119 + t * (-0.059_893_9 + t * (0.006_196_6 - t * 0.000_197)))
        }
        ..1941.0 => {
            let t = year - 1920.0;
            21.20 + t * (0.844_93 + t * (-0.076_100 + t * 0.002_093_6))
        }
        ..1961.0 => {
            let t = year - 1950.0;
            29.07 + t * (0.407 + t * (-1.0 / 233.0 + t / 2547.0))
        }
        ..1986.0 => {
            let t = year - 1975.0;
            45.45 + t * (1.067 + t * (-1.0 / 260.0 - t / 718.0))
        }
        ..2005.0 => {
            let t = year - 2000.0;
            63.86 + t * (0.3345 + t * (-0.060_374 + t * (0.001_727_5 + t * (0.000_651_814 + t * 0.000_023_735_99))))
        }
        ..2050.0 => {
            let t = year - 2000.0;
            62.92 + t * (0.322_17 + t * 0.005_589)
        }
        _ => {
            let u = (year - 1820.0) / 100.0;
            -20.0 + 32.0 * u * u - 0.5628 * (2150.0 - year)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tet_falls_where_it_fell() {
        let check = |year: i16, month: i8, day: i8| assert_eq!(tet(year), Some(date(year, month, day)));
        // Years in which the Chinese calendar differs.
        check(1968, 1, 29);
        check(1969, 2, 16);
        check(1985, 1, 21);
        check(2007, 2, 17);
        check(2030, 2, 2);
        check(2053, 2, 18);
        check(1975, 2, 11);
        check(2000, 2, 5);
        check(2020, 1, 25);
        check(2023, 1, 22);
        check(2024, 2, 10);
        check(2025, 1, 29);
        check(2026, 2, 17);
        check(2027, 2, 6);
        check(2028, 1, 26);
        check(2033, 1, 31);
        check(2034, 2, 19);
        assert_eq!((tet(1899), tet(2200)), (None, None));
    }

    #[test]
    fn the_hung_kings_are_remembered_on_the_tenth_of_the_third_month() {
        let check = |year: i16, month: i8, day: i8| assert_eq!(hung_kings_day(year), Some(date(year, month, day)));
        check(2024, 4, 18);
        check(2025, 4, 7);
        check(2026, 4, 26);
        check(2027, 4, 16);
    }

    #[test]
    fn every_day_has_one_lunar_day_and_leads_back() {
        let mut day = date(1990, 1, 1);
        let mut before: Option<LunarDate> = None;
        while day < date(2060, 1, 1) {
            let found = lunar(day).unwrap();
            assert_eq!(solar(found), Some(day), "{found:?}");
            if let Some(before) = before {
                let same_month = (before.year, before.month, before.leap) == (found.year, found.month, found.leap);
                assert_eq!(found.day, if same_month { before.day + 1 } else { 1 }, "{day}");
                assert!(same_month || before.day >= 29, "{day}");
            }
            before = Some(found);
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn leap_months_are_those_of_the_almanac() {
        let leap = |year: i16| months(year).iter().find(|month| month.leap).map(|month| month.number);
        let check = |year: i16, month: Option<i8>| assert_eq!(leap(year), month, "{year}");
        check(2014, Some(9));
        check(2017, Some(6));
        check(2020, Some(4));
        check(2023, Some(2));
        check(2024, None);
        check(2025, Some(6));
        check(2026, None);
        check(2028, Some(5));
        check(2031, Some(3));
        check(2033, Some(11));
        check(1985, Some(2));
        check(1987, Some(7));
    }
}
