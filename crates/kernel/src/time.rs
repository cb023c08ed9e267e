//! Instants and the city's wall clock. Stored times are microseconds since 1970 in UTC.

use std::sync::OnceLock;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};

/// The instant as stored in a database column: microseconds since 1970-01-01T00:00:00Z.
pub fn micros(instant: Timestamp) -> i64 {
    instant.as_microsecond()
}

/// The instant of a stored number of microseconds; numbers outside the years −9999 to 9999 are
/// clamped to the nearest instant that exists.
pub fn from_micros(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The zone of every city of the country: Asia/Ho_Chi_Minh (UTC+7 without summer time).
pub fn city_zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or_else(|_| TimeZone::fixed(Offset::constant(7))))
        .clone()
}

/// Date and time of an instant on the city's wall clock.
pub fn civil(instant: Timestamp) -> civil::DateTime {
    city_zone().to_datetime(instant)
}

/// The instant of a date and time on the city's wall clock. (In the few hours that the zone's
/// history skipped or repeated before 1975, the later reading of skipped and the earlier of
/// repeated times is taken.)
pub fn at(wall: civil::DateTime) -> Timestamp {
    city_zone().to_ambiguous_timestamp(wall).compatible().unwrap_or(if wall.year() < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;

    #[test]
    fn the_wall_clock_is_seven_hours_ahead_and_turns_back() {
        let wall = datetime(2026, 8, 27, 9, 12, 0, 0);
        assert_eq!(at(wall).to_string(), "2026-08-27T02:12:00Z");
        assert_eq!(civil(at(wall)), wall);
        assert_eq!(from_micros(micros(at(wall))), at(wall));
        assert_eq!(from_micros(i64::MAX), Timestamp::MAX);
        assert_eq!(from_micros(i64::MIN), Timestamp::MIN);
    }
}
