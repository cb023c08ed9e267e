//! The kernel against data: golden due dates, number vectors, calendars of four years.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calendar;
mod clock;
mod clock_rules;
mod numbers;

use std::sync::OnceLock;

use haidang_kernel::calendar::WorkingCalendar;

/// The calendars of 2024 to 2027.
fn city_calendar() -> &'static WorkingCalendar {
    static CALENDAR: OnceLock<WorkingCalendar> = OnceLock::new();
    CALENDAR.get_or_init(|| {
        let files = [
            include_str!("../fixtures/calendar-2024.toml"),
            include_str!("../fixtures/calendar-2025.toml"),
            include_str!("../fixtures/calendar-2026.toml"),
            include_str!("../fixtures/calendar-2027.toml"),
        ];
        WorkingCalendar::from_toml(&files).expect("the fixtures are well formed")
    })
}
