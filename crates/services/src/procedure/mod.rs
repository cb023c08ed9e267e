//! Procedures as data: reading, checking, and answering what a case asks of its procedure.
//!
//! [`pack::Pack::load`] reads a city; [`Catalogue`] holds its versions; [`Version`] answers variant, time limit, fees,
//! competence, papers, pages and steps over [`Facts`]. The format is described in `docs/guide/procedure-format.md`.

mod catalogue;
pub mod expression;
mod facts;
pub mod import;
pub mod lint;
mod listed;
mod load;
pub mod model;
pub mod pack;
pub mod rows;
pub mod shape;
mod source;
mod version;
mod words;

pub use catalogue::Catalogue;
pub use facts::{
    AGENCY_KEYS, APPLICANT_KEYS, Competence, ComponentNeed, ConsultNeed, Escalation, Exemption, Facts, FeeLine,
    LimitRow, Prefill, Reuse, total,
};
pub use lint::{Finding, Severity};
pub use listed::{ListedRow, read_listed};
pub use load::{LoadError, load, load_files};
pub use model::{Level, Page, Procedure, ServiceLevel, State};
pub use rows::{ActionRow, ComponentKind, FeeKind, Seat, Step};
pub use source::Files;
pub use version::{COORDINATION_QUEUE, Version};
pub use words::{Budget, Moment};
