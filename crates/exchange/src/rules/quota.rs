//! How much an agreement allows: calls a second, a day, and a day for one user. Days are those of the city.

use std::collections::HashMap;

use haidang_kernel::time;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

/// Limits of an agreement; what is absent is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Calls a second, with a burst of one second's worth.
    pub rps: Option<u32>,
    /// Calls a day.
    pub per_day: Option<u64>,
    /// Calls a day for one acting user.
    pub per_user_day: Option<u32>,
}

/// Users counted for one agreement on one day; more are refused until midnight, so that made-up users cost no memory.
pub const MOST_USERS: usize = 100_000;

/// The quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Which limit, for the message.
    pub limit: &'static str,
    /// Seconds until another call can pass.
    pub retry_after: u64,
}

/// What one agreement has used. Users are counted by a digest: nobody's number stays in memory.
#[derive(Debug, Default)]
pub struct Meter {
    /// Millionths of a call that may still pass this second, at `refilled`.
    allowance: u64,
    refilled: Option<Timestamp>,
    day: Option<civil::Date>,
    today: u64,
    users: HashMap<[u8; 16], u32>,
}

const CALL: u64 = 1_000_000;

impl Meter {
    /// Counts one call, or refuses it and counts nothing.
    ///
    /// # Errors
    /// [`Exceeded`] with the time after which a call can pass.
    pub fn take(&mut self, quota: &Quota, user: Option<[u8; 16]>, now: Timestamp) -> Result<(), Exceeded> {
        let wall = time::civil(now);
        // A clock that was set back does not give yesterday's calls a second time.
        if self.day.is_none_or(|day| day < wall.date()) {
            self.day = Some(wall.date());
            self.today = 0;
            self.users.clear();
        }
        let midnight = || {
            let tomorrow = wall.date().tomorrow().unwrap_or(wall.date()).to_datetime(civil::Time::midnight());
            u64::try_from(time::at(tomorrow).as_second() - now.as_second()).unwrap_or(0).max(1)
        };
        if quota.per_day.is_some_and(|most| self.today >= most) {
            return Err(Exceeded { limit: "calls a day", retry_after: midnight() });
        }
        let user = user.unwrap_or_default();
        if let Some(most) = quota.per_user_day {
            let used = self.users.get(&user).copied();
            if used.unwrap_or(0) >= most || (used.is_none() && self.users.len() >= MOST_USERS) {
                return Err(Exceeded { limit: "calls a day for one user", retry_after: midnight() });
            }
        }
        if let Some(rps) = quota.rps {
            self.refill(rps, now);
            self.allowance =
                self.allowance.checked_sub(CALL).ok_or(Exceeded { limit: "calls a second", retry_after: 1 })?;
        }
        self.today += 1;
        if quota.per_user_day.is_some() {
            *self.users.entry(user).or_default() += 1;
        }
        Ok(())
    }

    fn refill(&mut self, rps: u32, now: Timestamp) {
        let full = u64::from(rps) * CALL;
        let Some(before) = self.refilled else {
            (self.allowance, self.refilled) = (full, Some(now));
            return;
        };
        // Microseconds gone, at `rps` millionths of a call each.
        let gone = u64::try_from(now.as_microsecond() - before.as_microsecond()).unwrap_or(0);
        self.allowance = self.allowance.saturating_add(gone.saturating_mul(u64::from(rps))).min(full);
        self.refilled = Some(before.max(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    const USER: Option<[u8; 16]> = Some([7; 16]);

    fn start() -> Timestamp {
        "2026-11-23T03:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_second_refills_and_a_day_ends_at_midnight_of_the_city() {
        let quota = Quota { rps: Some(2), ..Quota::default() };
        let (mut meter, now) = (Meter::default(), start());
        assert!(meter.take(&quota, USER, now).is_ok() && meter.take(&quota, USER, now).is_ok());
        assert_eq!(meter.take(&quota, USER, now), Err(Exceeded { limit: "calls a second", retry_after: 1 }));
        assert!(meter.take(&quota, USER, now + SignedDuration::from_millis(499)).is_err());
        assert!(meter.take(&quota, USER, now + SignedDuration::from_millis(500)).is_ok());

        let quota = Quota { per_day: Some(1), ..Quota::default() };
        let mut meter = Meter::default();
        assert!(meter.take(&quota, None, now).is_ok());
        // 10:00 in the city: fourteen hours to midnight.
        assert_eq!(meter.take(&quota, None, now), Err(Exceeded { limit: "calls a day", retry_after: 14 * 3600 }));
        assert!(meter.take(&quota, None, now + SignedDuration::from_hours(14)).is_ok());
        assert!(meter.take(&quota, None, now).is_err(), "a clock set back gives nothing");
    }

    #[test]
    fn one_user_does_not_use_up_another() {
        let quota = Quota { per_user_day: Some(1), ..Quota::default() };
        let mut meter = Meter::default();
        assert!(meter.take(&quota, USER, start()).is_ok());
        assert!(meter.take(&quota, USER, start()).is_err());
        assert!(meter.take(&quota, Some([8; 16]), start()).is_ok());
        for user in 0..MOST_USERS as u128 {
            let _ = meter.take(&quota, Some(user.to_be_bytes()), start());
        }
        assert!(meter.users.len() <= MOST_USERS);
        assert!(meter.take(&quota, Some([9; 16]), start()).is_err());
    }

    proptest! {
        #[test]
        fn never_more_than_promised(rps in 1u32..20, gaps in prop::collection::vec(0i64..400_000, 1..200)) {
            let quota = Quota { rps: Some(rps), ..Quota::default() };
            let (mut meter, mut now, mut passed) = (Meter::default(), start(), vec![]);
            for gap in gaps {
                now += SignedDuration::from_micros(gap);
                if meter.take(&quota, USER, now).is_ok() {
                    passed.push(now.as_microsecond());
                }
            }
            // Any window holds at most the burst and what was refilled meanwhile.
            for (i, from) in passed.iter().enumerate() {
                for (j, to) in passed.iter().enumerate().skip(i) {
                    let most = u64::from(rps) + u64::from(rps) * (to - from) as u64 / 1_000_000;
                    prop_assert!((j - i + 1) as u64 <= most, "{} in {} µs", j - i + 1, to - from);
                }
            }
        }
    }
}
