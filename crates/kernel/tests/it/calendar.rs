//! The calendar files and what is wrong with bad ones.

use haidang_kernel::calendar::{DayKind, OfficeHours, WorkingCalendar};
use jiff::civil::{Date, date, datetime, time};

use crate::city_calendar;

fn check(day: Date, kind: DayKind) {
    assert_eq!(city_calendar().day(day), kind, "{day}");
}

#[test]
fn days_are_what_the_decisions_say() {
    check(date(2026, 8, 31), DayKind::Swap);
    check(date(2026, 8, 22), DayKind::ExtraWork);
    check(date(2026, 9, 2), DayKind::Holiday);
    check(date(2026, 4, 26), DayKind::Holiday);
    check(date(2026, 4, 27), DayKind::Compensatory);
    check(date(2026, 11, 24), DayKind::Holiday);
    check(date(2025, 11, 24), DayKind::Working);
    check(date(2024, 5, 4), DayKind::ExtraWork);
    check(date(2026, 8, 23), DayKind::WeeklyOff);
    check(date(2028, 1, 3), DayKind::Unknown);
    check(date(2023, 12, 29), DayKind::Unknown);
}

#[test]
fn neighbours_and_counts_agree_with_a_walk() {
    let calendar = city_calendar();
    let mut day = date(2024, 1, 1);
    let mut last_worked = None;
    let mut worked = 0;
    while day < date(2027, 12, 31) {
        assert_eq!(calendar.previous_working(day), last_worked, "{day}");
        if calendar.is_working(day) {
            last_worked = Some(day);
            worked += 1;
        }
        assert_eq!(calendar.working_days_between(date(2023, 12, 31), day), worked, "{day}");
        let mut walk = day.tomorrow().expect("a date");
        while calendar.covers(walk) && !calendar.is_working(walk) {
            walk = walk.tomorrow().expect("a date");
        }
        assert_eq!(calendar.next_working(day), Some(walk).filter(|day| calendar.covers(*day)), "{day}");
        day = day.tomorrow().expect("a date");
    }
    assert_eq!(calendar.next_working(date(2027, 12, 31)), None);
    assert_eq!(calendar.next_working(date(2020, 1, 1)), None);
    assert_eq!(calendar.previous_working(date(2029, 1, 1)), None);
    assert_eq!(calendar.years(), (2024, 2027));
}

#[test]
fn undecided_days_are_marked() {
    let calendar = city_calendar();
    assert!(!calendar.is_provisional(date(2026, 2, 17)));
    assert!(calendar.is_provisional(date(2027, 2, 4)) && calendar.is_provisional(date(2027, 6, 1)));
    assert!(calendar.is_provisional(date(2031, 1, 1)));
}

#[test]
fn bad_files_are_refused_with_file_and_reason() {
    let head = "format = 1\nyear = 2026\nstatus = \"final\"\ntimezone = \"Asia/Ho_Chi_Minh\"\nweekly_off = [\"sat\", \"sun\"]\n";
    let off = |text: &str| format!("{head}[[off]]\n{text}\nname = \"x\"\nkind = \"statutory\"\nbasis = \"y\"\n");
    let refused = |files: &[String], file: usize, part: &str| {
        let error = WorkingCalendar::from_toml(files).expect_err(part);
        assert_eq!(error.file, file, "{error}");
        assert!(error.what.contains(part), "{error} should say {part}");
    };
    assert!(WorkingCalendar::from_toml(&[head.to_owned()]).is_ok());
    let other_year = head.replace("2026", "2028");
    refused(&[], 0, "no year");
    refused(&[head.to_owned(), other_year], 1, "2027");
    refused(&[head.to_owned(), head.to_owned()], 1, "twice");
    refused(&[head.replace("format = 1", "format = 2")], 0, "format 2");
    refused(&[head.replace("Asia/Ho_Chi_Minh", "Asia/Shanghai")], 0, "Asia/Shanghai");
    refused(&[head.replace("\"sat\"", "\"samedi\"")], 0, "samedi");
    refused(&[format!("{head}colour = 1\n")], 0, "colour");
    refused(&["year = ".to_owned()], 0, "TOML parse error");
    refused(&[off("date = 2025-01-01")], 0, "not in 2026");
    refused(&[off("date = 2026-01-01T00:00:00")], 0, "not a date");
    refused(&[off("date = 2026-01-01\nworked_on = 2026-01-10")], 0, "2026-01-10");
    refused(&[off("date = 2026-01-01") + &off("date = 2026-01-01")[head.len()..]], 0, "named twice");
}

#[test]
fn a_due_date_is_so_many_working_days_away() {
    let calendar = city_calendar();
    let check = |from: (i16, i8, i8, i8), due: (i16, i8, i8), days: i64| {
        let from = datetime(from.0, from.1, from.2, from.3, 0, 0, 0);
        let due = datetime(due.0, due.1, due.2, 17, 0, 0, 0);
        let left = calendar.working_days_left(haidang_kernel::time::at(from), haidang_kernel::time::at(due));
        assert_eq!(left, days, "{from} {due}");
    };
    check((2026, 8, 27, 9), (2026, 9, 8), 5);
    check((2026, 9, 8, 9), (2026, 9, 8), 0);
    check((2026, 9, 8, 18), (2026, 9, 8), -1);
    check((2026, 9, 9, 9), (2026, 9, 8), -1);
    check((2026, 9, 14, 9), (2026, 9, 8), -4);
    check((2026, 9, 5, 9), (2026, 9, 7), 1);
    check((2023, 12, 28, 9), (2024, 1, 3), 3);
    check((2027, 12, 30, 9), (2028, 1, 4), 3);
    check((2030, 1, 7, 9), (2030, 1, 14), 5);
}

#[test]
fn office_hours_are_ascending_sessions() {
    let hours = OfficeHours::default();
    assert_eq!((hours.open(), hours.close()), (time(7, 30, 0, 0), time(17, 0, 0, 0)));
    assert!(hours.is_open(time(11, 29, 59, 0)) && !hours.is_open(time(11, 30, 0, 0)));
    assert!(OfficeHours::new(vec![]).is_err());
    assert!(OfficeHours::new(vec![(time(8, 0, 0, 0), time(8, 0, 0, 0))]).is_err());
    let overlapping = vec![(time(8, 0, 0, 0), time(12, 0, 0, 0)), (time(11, 0, 0, 0), time(17, 0, 0, 0))];
    assert!(OfficeHours::new(overlapping).is_err());
    #[derive(serde::Deserialize)]
    struct City {
        office_hours: OfficeHours,
    }
    let city: City = toml::from_str("office_hours = [[\"07:30\", \"11:30\"], [\"13:00\", \"17:00\"]]").expect("read");
    assert_eq!(city.office_hours, hours);
}
