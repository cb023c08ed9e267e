//! The working days of the city, as they stand now: an act of the city may change them while the house runs.

use haidang_kernel::calendar::WorkingCalendar;
use std::sync::Arc;

/// Hands out the calendar in force.
pub trait WorkingDays: Send + Sync {
    /// The calendar as it stands now.
    fn calendar(&self) -> Arc<WorkingCalendar>;
}
