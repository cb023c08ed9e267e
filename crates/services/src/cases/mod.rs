//! The life of a case: drafted, filed, decided, delivered, and looked at.

pub mod calendar_change;
pub mod clock;
pub mod command;
mod consulting;
mod deciding;
pub mod drafts;
pub mod escalation;
pub mod filing;
pub(crate) mod filing_rows;
mod forms;
pub mod inbox;
mod jobs;
mod known;
mod mandate;
mod numbering;
pub mod office;
pub mod papers;
mod payments;
pub mod reading;
mod results;
pub mod route;
pub mod row;
mod supervision;
pub mod supplementing;
pub mod trail;
mod writing;
