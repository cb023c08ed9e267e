//! The rules of the clock one by one, as a clerk would say them.

use haidang_kernel::calendar::{
    ClockError, DayReason, Due, DueKind, OfficeHours, Pause, TimeLimit, Timeliness, Unit, timeliness,
};
use haidang_kernel::time::{at, civil};
use jiff::Timestamp;
use jiff::civil::{DateTime, time};

use crate::city_calendar;

fn moment(text: &str) -> Timestamp {
    at(text.parse::<DateTime>().expect("a date and time"))
}

fn pause(asked: &str, received: &str) -> Pause {
    let received = (!received.is_empty()).then(|| moment(received));
    Pause { asked: moment(asked), received, reason: "supplement".to_owned() }
}

fn due(accepted: &str, limit: &TimeLimit, pauses: &[Pause]) -> Result<Due, ClockError> {
    let (calendar, hours) = (city_calendar(), OfficeHours::default());
    let due = calendar.due(&hours, moment(accepted), limit, pauses);
    let fast = calendar.due_at(&hours, moment(accepted), limit, pauses);
    assert_eq!(due.as_ref().map(|due| (due.at, due.kind)), fast.as_ref().map(|due| (due.at, due.kind)));
    due
}

fn check(rule: &str, accepted: &str, limit: &TimeLimit, pauses: &[Pause], expected: &str) {
    let found = match due(accepted, limit, pauses) {
        Ok(Due { at: Some(at), .. }) => civil(at).strftime("%Y-%m-%dT%H:%M").to_string(),
        Ok(due) => format!("{:?}", due.kind),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{rule}");
}

fn hours(unit: Unit, halves: i64) -> TimeLimit {
    TimeLimit { quantity_halves: halves, ..TimeLimit::of(unit, 0) }
}

#[test]
fn working_days() {
    let n = TimeLimit::working_days;
    check("tiếp nhận thứ Sáu 16:40, 3 ngày làm việc, 24/11 nghỉ", "2026-11-20T16:40", &n(3), &[], "2026-11-26T17:00");
    check("tiếp nhận trong ngày nghỉ", "2026-11-22T09:00", &n(1), &[], "2026-11-23T17:00");
    check("qua Tết", "2026-02-13T09:00", &n(1), &[], "2026-02-23T17:00");
    check("không ngày nào: trong ngày", "2026-11-20T09:00", &n(0), &[], "2026-11-20T17:00");
    check("năm chưa có lịch", "2027-12-31T09:00", &n(1), &[], "calendar_missing(2028)");
    check("tiếp nhận trước năm có lịch", "2023-12-29T09:00", &n(5), &[], "calendar_missing(2023)");
    check("nửa ngày không có nghĩa", "2026-11-20T09:00", &hours(Unit::WorkingDay, 1), &[], "invalid_quantity");
    check("số âm", "2026-11-20T09:00", &n(-25), &[], "invalid_quantity");
    check("quá dài", "2026-11-20T09:00", &n(i64::MAX / 4), &[], "calendar_missing(2028)");
}

#[test]
fn calendar_days_and_months() {
    let day = |n| TimeLimit::of(Unit::Day, n);
    let month = |n| TimeLimit::of(Unit::Month, n);
    check("ngày cuối là ngày làm việc", "2026-11-20T09:00", &day(10), &[], "2026-11-30T17:00");
    check("ngày cuối là Chủ nhật", "2026-11-20T09:00", &day(9), &[], "2026-11-30T17:00");
    check("tháng thiếu ngày 31", "2026-01-31T09:00", &month(1), &[], "2026-03-02T17:00");
    check("năm nhuận", "2024-01-31T09:00", &month(1), &[], "2024-02-29T17:00");
    check("cùng ngày của tháng sau", "2026-10-05T09:00", &month(2), &[], "2026-12-07T17:00");
    let paused = [pause("2026-11-23T09:00", "2026-11-26T09:00")];
    check("dừng 3 ngày dời 3 ngày", "2026-11-20T09:00", &day(10), &paused, "2026-12-03T17:00");
    check("tháng cũng dời theo ngày lịch", "2026-11-05T09:00", &month(1), &paused, "2026-12-08T17:00");
}

#[test]
fn the_same_day_and_its_cutoff() {
    let limit = TimeLimit::same_day(time(15, 0, 0, 0));
    check("đúng 15:00:00", "2026-11-20T15:00:00", &limit, &[], "2026-11-20T17:00");
    check("sau 15:00 một giây", "2026-11-20T15:00:01", &limit, &[], "2026-11-23T17:00");
    check("ngày nghỉ", "2026-11-24T08:00", &limit, &[], "2026-11-25T17:00");
    check(
        "không có giờ chốt: đến giờ đóng cửa",
        "2026-11-20T16:59",
        &TimeLimit::of(Unit::SameDay, 0),
        &[],
        "2026-11-20T17:00",
    );
    let asked = "2026-11-20T10:00";
    check("đang chờ bổ sung", "2026-11-20T09:00", &limit, &[pause(asked, "")], "Paused");
    check(
        "bổ sung ngay trong ngày",
        "2026-11-20T09:00",
        &limit,
        &[pause(asked, "2026-11-20T14:00")],
        "2026-11-20T17:00",
    );
    check(
        "bổ sung sau 2 ngày làm việc",
        "2026-11-20T09:00",
        &limit,
        &[pause(asked, "2026-11-25T08:00")],
        "2026-11-25T17:00",
    );
    check("bổ sung vào Chủ nhật", "2026-11-20T09:00", &limit, &[pause(asked, "2026-11-22T08:00")], "2026-11-23T17:00");
    check("hỏi sau khi đã quá hạn", "2026-11-20T09:00", &limit, &[pause("2026-11-20T17:00", "")], "2026-11-20T17:00");
}

#[test]
fn hours_and_office_hours() {
    let hour = |halves| hours(Unit::Hour, halves);
    let working = |halves| hours(Unit::WorkingHour, halves);
    check("nửa giờ", "2026-11-20T23:45", &hour(1), &[], "2026-11-21T00:15");
    check("không cần lịch", "2030-01-01T00:00", &hour(4), &[], "2030-01-01T02:00");
    let stop = [pause("2026-11-20T09:15", "2026-11-20T10:45")];
    check("dừng 90 phút", "2026-11-20T09:00", &hour(4), &stop, "2026-11-20T12:30");
    check("đang dừng", "2026-11-20T09:00", &hour(4), &[pause("2026-11-20T09:15", "")], "Paused");
    check(
        "hai lần dừng chồng nhau",
        "2026-11-20T09:00",
        &hour(4),
        &[pause("2026-11-20T09:30", "2026-11-20T10:30"), pause("2026-11-20T10:00", "2026-11-20T11:00")],
        "2026-11-20T12:30",
    );
    check("vừa đúng lúc đóng cửa", "2026-11-20T15:00", &working(4), &[], "2026-11-20T17:00");
    check("tiếp nhận buổi trưa", "2026-11-20T12:00", &working(2), &[], "2026-11-20T14:00");
    check("tiếp nhận ban đêm", "2026-11-20T22:00", &working(2), &[], "2026-11-23T08:30");
    check("tiếp nhận ngày nghỉ", "2026-11-24T09:00", &working(16), &[], "2026-11-25T17:00");
    check(
        "dừng qua buổi trưa",
        "2026-11-20T09:00",
        &working(4),
        &[pause("2026-11-20T10:00", "2026-11-20T14:00")],
        "2026-11-20T15:00",
    );
    check(
        "dừng qua đêm",
        "2026-11-20T16:30",
        &working(2),
        &[pause("2026-11-20T16:45", "2026-11-23T07:00")],
        "2026-11-23T08:15",
    );
    check(
        "dừng ngoài giờ không đổi gì",
        "2026-11-20T16:30",
        &working(2),
        &[pause("2026-11-20T18:00", "2026-11-21T07:00")],
        "2026-11-23T08:00",
    );
    check("năm chưa có lịch", "2027-12-31T16:30", &working(2), &[], "calendar_missing(2028)");
    check("0 giờ là trả ngay", "2026-11-20T09:00", &hour(0), &[], "Instant");
    check("số âm", "2026-11-20T09:00", &hour(-50), &[], "invalid_quantity");
}

#[test]
fn limits_without_a_date() {
    for (unit, kind) in [(Unit::Instant, "Instant"), (Unit::NoLimit, "NoDate"), (Unit::Event, "NoDate")] {
        check("không in ngày", "1990-01-01T09:00", &TimeLimit::of(unit, 0), &[pause("1990-01-01T09:00", "")], kind);
    }
}

#[test]
fn pauses() {
    let n = TimeLimit::working_days;
    let accepted = "2026-06-01T08:00";
    check("dừng 4/6 đến 10/6", accepted, &n(7), &[pause("2026-06-03T09:00", "2026-06-10T15:00")], "2026-06-17T17:00");
    check(
        "hai lần bổ sung",
        accepted,
        &n(7),
        &[pause("2026-06-03T09:00", "2026-06-05T15:00"), pause("2026-06-08T09:00", "2026-06-10T15:00")],
        "2026-06-16T17:00",
    );
    check(
        "hỏi và nhận trong ngày",
        accepted,
        &n(3),
        &[pause("2026-06-02T08:00", "2026-06-02T16:00")],
        "2026-06-04T17:00",
    );
    check(
        "hỏi ngay ngày đến hạn",
        accepted,
        &n(2),
        &[pause("2026-06-03T09:00", "2026-06-05T15:00")],
        "2026-06-05T17:00",
    );
    check("hỏi sau giờ đến hạn", accepted, &n(2), &[pause("2026-06-03T17:30", "2026-06-05T15:00")], "2026-06-03T17:00");
    check("hỏi sau khi quá hạn, chưa nhận", accepted, &n(2), &[pause("2026-06-04T09:00", "")], "2026-06-03T17:00");
    check("đang chờ", accepted, &n(7), &[pause("2026-06-03T09:00", "")], "Paused");
    check("nhận trước khi hỏi", accepted, &n(7), &[pause("2026-06-03T09:00", "2026-06-02T09:00")], "invalid_pause");
    check(
        "thứ tự ghi không quan trọng",
        accepted,
        &n(7),
        &[pause("2026-06-08T09:00", "2026-06-10T15:00"), pause("2026-06-03T09:00", "2026-06-05T15:00")],
        "2026-06-16T17:00",
    );
}

#[test]
fn every_day_is_explained() {
    let limit = TimeLimit::working_days(5);
    let explained = due("2026-08-27T09:12", &limit, &[]).expect("dated");
    assert_eq!(explained.kind, DueKind::Dated);
    let days: Vec<(String, Option<u32>, DayReason)> =
        explained.days.iter().map(|day| (day.date.to_string(), day.number, day.reason)).collect();
    let expected = [
        ("2026-08-27", None, DayReason::Accepted),
        ("2026-08-28", Some(1), DayReason::Working),
        ("2026-08-29", None, DayReason::WeeklyOff),
        ("2026-08-30", None, DayReason::WeeklyOff),
        ("2026-08-31", None, DayReason::Swap),
        ("2026-09-01", None, DayReason::Holiday),
        ("2026-09-02", None, DayReason::Holiday),
        ("2026-09-03", Some(2), DayReason::Working),
        ("2026-09-04", Some(3), DayReason::Working),
        ("2026-09-05", None, DayReason::WeeklyOff),
        ("2026-09-06", None, DayReason::WeeklyOff),
        ("2026-09-07", Some(4), DayReason::Working),
        ("2026-09-08", Some(5), DayReason::Working),
    ];
    assert_eq!(days, expected.map(|(date, number, reason)| (date.to_owned(), number, reason)));
    assert!(explained.days[0].basis.as_deref().is_some_and(|basis| basis.contains("Điều 147")));
    assert_eq!(explained.days[6].name.as_deref(), Some("Quốc khánh"));

    let moved = due("2026-02-06T09:00", &TimeLimit::of(Unit::Day, 12), &[]).expect("dated");
    let last = moved.days.last().expect("explained");
    assert_eq!((last.reason, last.counted), (DayReason::Moved, false));
    assert!(last.basis.as_deref().is_some_and(|basis| basis.contains("Điều 148 khoản 5")));

    let minutes = due("2026-10-09T15:30", &hours(Unit::WorkingHour, 12), &[]).expect("dated");
    let minutes: Vec<Option<u32>> = minutes.days.iter().map(|day| day.minutes).collect();
    assert_eq!(minutes, [Some(90), Some(0), Some(0), Some(270)]);

    let paused = due("2026-06-01T08:00", &TimeLimit::working_days(7), &[pause("2026-06-03T09:00", "2026-06-10T15:00")]);
    let paused = paused.expect("dated").days.into_iter().filter(|day| day.reason == DayReason::Paused);
    assert!(paused.map(|day| (day.date.day(), day.name)).eq((4..=10).map(|day| (day, Some("supplement".to_owned())))));
}

#[test]
fn early_on_time_and_late() {
    let due = moment("2026-09-08T17:00");
    let check = |ended: &str, expected: Timeliness| assert_eq!(timeliness(moment(ended), due), expected, "{ended}");
    check("2026-09-07T23:59", Timeliness::Early);
    check("2026-09-08T00:00", Timeliness::OnTime);
    check("2026-09-08T17:00", Timeliness::OnTime);
    check("2026-09-08T17:00:01", Timeliness::Late);
}

#[test]
fn limits_are_read_from_packs_and_written_back() {
    let read = |text: &str| toml::from_str::<TimeLimit>(text).map_err(|error| error.message().to_owned());
    assert_eq!(read("unit = \"working_day\"\nquantity = 5"), Ok(TimeLimit::working_days(5)));
    assert_eq!(read("unit = \"hour\"\nquantity = 0.5"), Ok(hours(Unit::Hour, 1)));
    assert_eq!(read("unit = \"same_day\"\ncutoff = 15:00:00"), Ok(TimeLimit::same_day(time(15, 0, 0, 0))));
    assert_eq!(read("unit = \"same_day\"\ncutoff = \"15:00\""), Ok(TimeLimit::same_day(time(15, 0, 0, 0))));
    assert_eq!(read("unit = \"none\"").map(|limit| limit.unit), Ok(Unit::NoLimit));
    assert!(read("unit = \"hour\"\nquantity = 0.3").is_err());
    assert!(read("unit = \"same_day\"\ncutoff = 2026-01-01").is_err());
    assert!(read("unit = \"week\"\nquantity = 1").is_err());
    for limit in [hours(Unit::Hour, 1), TimeLimit::same_day(time(15, 0, 0, 0)), TimeLimit::working_days(5)] {
        let written = toml::to_string(&limit).expect("written");
        assert_eq!(read(&written), Ok(limit), "{written}");
    }
    for unit in Unit::ALL {
        assert_eq!(Unit::parse(unit.code()), Some(unit));
        assert_eq!(
            toml::to_string(&TimeLimit::of(unit, 1)).expect("written").lines().next(),
            Some(format!("unit = \"{}\"", unit.code()).as_str())
        );
    }
}
