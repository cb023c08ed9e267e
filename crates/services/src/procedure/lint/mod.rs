//! The publish gate: what is wrong with a procedure, where, by which clause, and the sentence that repairs it.

mod codes;
mod limits;
mod money;
mod pages;
mod papers;
mod parts;
mod report;
mod route;
mod tests_run;

pub use codes::Code;
pub(super) use report::Reporter;
pub use report::{Finding, Severity};

use super::source::Lines;
use super::version::Version;
use crate::form::CodeLists;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::{OfficeHours, WorkingCalendar};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the lint knows of the pack around a procedure. What is absent is not checked.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Working calendar.
    pub calendar: Option<Arc<WorkingCalendar>>,
    /// Office hours.
    pub hours: OfficeHours,
    /// Role id to the kinds and codes of agencies that hold it (empty = all).
    pub roles: BTreeMap<String, Vec<String>>,
    /// Code lists.
    pub codes: Arc<CodeLists>,
    /// Ids of notices.
    pub notices: BTreeSet<String>,
    /// Commune code to the code of the agency that serves it now.
    pub communes: BTreeMap<String, String>,
}

/// Runs every rule but those that [`super::load`] runs while reading.
///
/// `shown` is the directory as findings name it, `text` the procedure file.
pub fn lint(version: &Version, shown: &str, text: &str, around: &Around) -> Vec<Finding> {
    let lines = Lines::of(text);
    let mut report = Reporter::new(shown, &version.procedure, &lines);
    parts::check(version, &mut report);
    limits::check(version, &mut report);
    route::check(version, around, &mut report);
    money::check(version, &mut report);
    papers::check(version, &mut report);
    pages::check(version, around, &mut report);
    parts::deadlines(version, around, &mut report);
    tests_run::check(version, around, &mut report);
    report.findings
}

/// Two versions of one procedure in force on the same day.
pub fn overlaps(versions: &[(&Version, &str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, (version, shown, text)) in versions.iter().enumerate() {
        let others = versions.iter().take(index).map(|(other, ..)| other);
        let same = |other: &&&Version| {
            other.procedure.code == version.procedure.code
                && other.procedure.effective.overlaps(&version.procedure.effective)
        };
        for other in others.filter(same) {
            let lines = Lines::of(text);
            let mut report = Reporter::new(shown, &version.procedure, &lines);
            report.say(
                Code::EffectiveOverlap,
                "effective",
                Bilingual::new(
                    format!("Có ngày mà cả {} và {} cùng có hiệu lực", other.id, version.id),
                    format!("{} and {} are in force on the same day", other.id, version.id),
                ),
            );
            findings.append(&mut report.findings);
        }
    }
    findings
}
