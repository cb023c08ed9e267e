//! The golden due dates, and two ways of computing held against each other.

use haidang_kernel::calendar::{ClockError, Due, DueKind, OfficeHours, Pause, TimeLimit, Unit};
use haidang_kernel::time::at;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use crate::city_calendar;

fn pauses_of(text: &str) -> Vec<Pause> {
    let day = |text: &str| at(text.parse::<Date>().expect("a date").at(10, 0, 0, 0));
    let pairs = text.split(';').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (asked, received) = pair.split_once('/').expect("asked/received");
            Pause { asked: day(asked), received: Some(day(received)), reason: "supplement".to_owned() }
        })
        .collect()
}

#[test]
fn every_golden_row_has_its_due_date() {
    let (calendar, hours) = (city_calendar(), OfficeHours::default());
    let mut reader = csv::Reader::from_reader(include_str!("../fixtures/golden-due-dates.csv").as_bytes());
    let mut rows = 0;
    for row in reader.records() {
        let row = row.expect("a row");
        let accepted: Timestamp = row[1].replace('+', ":00+").parse().expect("an instant");
        let expected: Timestamp = row[6].replace('+', ":00+").parse().expect("an instant");
        let limit = TimeLimit {
            unit: Unit::parse(&row[2]).expect("a unit"),
            quantity_halves: if row[3].is_empty() {
                0
            } else {
                (row[3].parse::<f64>().expect("a number") * 2.0) as i64
            },
            cutoff: (!row[4].is_empty()).then(|| row[4].parse::<Time>().expect("a time")),
            text: None,
        };
        let due = calendar.due(&hours, accepted, &limit, &pauses_of(&row[5])).expect(&row[0]);
        assert_eq!((due.at, due.kind), (Some(expected), DueKind::Dated), "{} {}", &row[0], &row[7]);
        let fast = calendar.due_at(&hours, accepted, &limit, &pauses_of(&row[5])).expect(&row[0]);
        assert_eq!((fast.at, fast.kind), (due.at, due.kind), "{}", &row[0]);
        rows += 1;
    }
    assert_eq!(rows, 12);
}

#[test]
fn two_hundred_thousand_due_dates_take_seconds_at_most() {
    let (calendar, hours) = (city_calendar(), OfficeHours::default());
    let started = std::time::Instant::now();
    let mut dated = 0;
    for case in 0..200_000i64 {
        let accepted = at(date(2024, 1, 2).at(8, 0, 0, 0)) + SignedDuration::from_mins(case * 5);
        let due = calendar.due_at(&hours, accepted, &TimeLimit::working_days(1 + case % 60), &[]);
        dated += i64::from(due.is_ok_and(|due| due.kind == DueKind::Dated));
    }
    assert_eq!(dated, 200_000);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

/// Whether both ways agree, pauses and errors included.
fn both(accepted: Timestamp, limit: &TimeLimit, pauses: &[Pause]) -> Result<Due, ClockError> {
    let (calendar, hours) = (city_calendar(), OfficeHours::default());
    let explained = calendar.due(&hours, accepted, limit, pauses);
    let fast = calendar.due_at(&hours, accepted, limit, pauses);
    let short = explained.as_ref().map(|due| (due.at, due.kind)).map_err(|error| *error);
    assert_eq!(short, fast.map(|due| (due.at, due.kind)), "{accepted} {limit:?} {pauses:?}");
    explained
}

fn moment(first: Date, days: i64) -> impl Strategy<Value = DateTime> {
    (0..days, 0i64..24 * 60).prop_map(move |(day, minute)| {
        first.checked_add(day.days()).expect("in range").at(0, 0, 0, 0).checked_add(minute.minutes()).expect("in range")
    })
}

const IN_DAYS: [Unit; 3] = [Unit::WorkingDay, Unit::Day, Unit::SameDay];

fn limits(units: &[Unit], least: i64) -> impl Strategy<Value = TimeLimit> + use<> {
    let unit = prop::sample::select(units.to_vec());
    (unit, least..40, prop::option::of(7i8..18)).prop_map(|(unit, quantity, cutoff)| TimeLimit {
        cutoff: cutoff.map(|hour| Time::constant(hour, 0, 0, 0)),
        ..TimeLimit::of(unit, quantity)
    })
}

/// Pauses by offsets in hours from acceptance, some of them open.
fn pauses(most: usize) -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
    prop::collection::vec((-100i64..1_500, prop::option::weighted(0.85, 0i64..600)), 0..=most)
}

fn placed(accepted: Timestamp, pauses: &[(i64, Option<i64>)]) -> Vec<Pause> {
    let place = |&(asked, length): &(i64, Option<i64>)| Pause {
        asked: accepted + SignedDuration::from_hours(asked),
        received: length.map(|length| accepted + SignedDuration::from_hours(asked + length)),
        reason: "supplement".to_owned(),
    };
    pauses.iter().map(place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_jump_and_the_walk_agree(wall in moment(date(2023, 12, 20), 1_480), limit in limits(&Unit::ALL, 0), pauses in pauses(4)) {
        let accepted = at(wall);
        if let Ok(due) = both(accepted, &limit, &placed(accepted, &pauses)) {
            let counted = due.days.iter().filter_map(|day| day.number).collect::<Vec<_>>();
            prop_assert!(counted.iter().copied().eq(1..=counted.len() as u32), "numbers run from 1: {:?}", counted);
            prop_assert!(due.days.windows(2).all(|pair| pair[0].date.tomorrow().ok() == Some(pair[1].date)));
            prop_assert_eq!(due.at.is_some(), due.kind == DueKind::Dated);
        }
    }

    #[test]
    fn in_days_the_due_date_is_a_working_day_at_close(wall in moment(date(2024, 1, 2), 1_200), limit in limits(&IN_DAYS, 0)) {
        let due = both(at(wall), &limit, &[]).expect("within the calendar");
        let end = haidang_kernel::time::civil(due.at.expect("dated"));
        prop_assert!(city_calendar().is_working(end.date()));
        prop_assert_eq!(end.time(), Time::constant(17, 0, 0, 0));
        prop_assert!(end.date() >= wall.date());
        let last = due.days.last().expect("explained");
        prop_assert_eq!(last.date, end.date());
    }

    #[test]
    fn later_acceptance_and_longer_limits_are_never_due_earlier(wall in moment(date(2024, 1, 2), 1_000), later in 0i64..200, limit in limits(&[Unit::WorkingDay, Unit::Day, Unit::SameDay, Unit::Hour, Unit::WorkingHour], 1), more in 0i64..10) {
        let first = both(at(wall), &limit, &[]).expect("in range").at;
        let second = both(at(wall) + SignedDuration::from_hours(later), &limit, &[]).expect("in range").at;
        prop_assert!(first <= second);
        let longer = TimeLimit { quantity_halves: limit.quantity_halves + 2 * more, ..limit };
        prop_assert!(first <= both(at(wall), &longer, &[]).expect("in range").at);
    }

    #[test]
    fn a_pause_of_k_working_days_moves_the_date_by_k(wall in moment(date(2024, 1, 2), 1_000), quantity in 1i64..40, from in 0i64..60, length in 0i64..60) {
        let calendar = city_calendar();
        let limit = TimeLimit::working_days(quantity);
        let accepted = at(wall);
        let plain = both(accepted, &limit, &[]).expect("in range").at.expect("dated");
        let asked = accepted + SignedDuration::from_hours(from * 12);
        prop_assume!(asked < plain);
        let received = asked + SignedDuration::from_hours(length * 12);
        let civil_date = |instant| haidang_kernel::time::civil(instant).date();
        // Received on a day off on or after the last counted day, the date waits for the next working day.
        prop_assume!(civil_date(asked) < civil_date(plain) || calendar.is_working(civil_date(received)));
        let pause = Pause { asked, received: Some(received), reason: "supplement".to_owned() };
        let moved = both(accepted, &limit, &[pause]).expect("in range").at.expect("dated");
        let k = calendar.working_days_between(civil_date(asked).max(wall.date()), civil_date(received));
        prop_assert_eq!(calendar.working_days_between(civil_date(plain), civil_date(moved)), k);
    }

    #[test]
    fn a_pause_stops_hours_for_exactly_its_length(wall in moment(date(2024, 1, 2), 1_000), halves in 1i64..200, from in 0i64..100, length in 0i64..3_000) {
        let limit = TimeLimit { quantity_halves: halves, ..TimeLimit::of(Unit::Hour, 0) };
        let accepted = at(wall);
        let plain = both(accepted, &limit, &[]).expect("no calendar needed").at.expect("dated");
        let asked = accepted + SignedDuration::from_mins(from);
        prop_assume!(asked < plain);
        let received = asked + SignedDuration::from_mins(length);
        let pause = Pause { asked, received: Some(received), reason: "payment".to_owned() };
        let moved = both(accepted, &limit, &[pause]).expect("no calendar needed").at.expect("dated");
        prop_assert_eq!(moved.duration_since(plain), SignedDuration::from_mins(length));
    }
}
