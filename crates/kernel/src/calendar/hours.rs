//! The hours in which an office is open on its working days.

use jiff::civil::{Time, time};
use serde::{Deserialize, Serialize};

/// Sessions of a working day, ascending. A due date in days falls at the end of the last one.
///
/// Written in the pack as `[["07:30", "11:30"], ["13:00", "17:00"]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(Time, Time)>", into = "Vec<(Time, Time)>")]
pub struct OfficeHours {
    sessions: Vec<(Time, Time)>,
}

/// The sessions are empty, turned round, or overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("office hours are sessions in ascending order that do not overlap")]
pub struct OfficeHoursError;

impl OfficeHours {
    /// Office hours of these sessions (from, to).
    ///
    /// # Errors
    /// [`OfficeHoursError`] when there is none, or they are not ascending and apart.
    pub fn new(sessions: Vec<(Time, Time)>) -> Result<Self, OfficeHoursError> {
        let ordered = sessions.iter().all(|(from, to)| from < to);
        let apart = sessions.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        if sessions.is_empty() || !ordered || !apart { Err(OfficeHoursError) } else { Ok(Self { sessions }) }
    }

    /// The sessions, ascending.
    pub fn sessions(&self) -> &[(Time, Time)] {
        &self.sessions
    }

    /// When the office closes.
    pub fn close(&self) -> Time {
        self.sessions.last().map_or(time(17, 0, 0, 0), |(_, to)| *to)
    }

    /// When the office opens.
    pub fn open(&self) -> Time {
        self.sessions.first().map_or(time(7, 30, 0, 0), |(from, _)| *from)
    }

    /// Whether the office is open at this time of a working day.
    pub fn is_open(&self, at: Time) -> bool {
        self.sessions.iter().any(|(from, to)| *from <= at && at < *to)
    }
}

/// 07:30–11:30 and 13:00–17:00.
impl Default for OfficeHours {
    fn default() -> Self {
        Self { sessions: vec![(time(7, 30, 0, 0), time(11, 30, 0, 0)), (time(13, 0, 0, 0), time(17, 0, 0, 0))] }
    }
}

impl TryFrom<Vec<(Time, Time)>> for OfficeHours {
    type Error = OfficeHoursError;

    fn try_from(sessions: Vec<(Time, Time)>) -> Result<Self, Self::Error> {
        Self::new(sessions)
    }
}

impl From<OfficeHours> for Vec<(Time, Time)> {
    fn from(hours: OfficeHours) -> Self {
        hours.sessions
    }
}
