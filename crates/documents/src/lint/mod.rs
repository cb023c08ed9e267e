//! Lint of layouts: what the layout rules of Decree 30/2020/NĐ-CP, Appendix I say of a PDF, ours or another's.
//!
//! The file is measured, never trusted: positions, sizes and faces are read from what the pages draw. Clauses and
//! measures stand in `layout.toml`, a rule to each row of the table. A finding cites its clause.

mod body;
mod foot;
mod head;
mod page;
mod rules;
mod sheet;
mod weight;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use haidang_contracts::papers::LayoutFinding;
use serde::{Deserialize, Serialize};

pub use rules::LayoutRules;

/// Largest file that is read: 64 MB.
pub const LARGEST_FILE: usize = 64 << 20;
/// Pages that are judged; of a longer file the first ones.
pub const MOST_PAGES: usize = 300;
/// How long one file may take.
pub const LONGEST: Duration = Duration::from_secs(20);
/// Findings that are listed of one rule: a fault on every page is told of the first ones.
const MOST_OF_ONE_RULE: usize = 5;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Against the clause.
    Error,
    /// Probably against it, or something a person should look at.
    Warning,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Code of the rule.
    pub rule: String,
    /// The clause.
    pub article: String,
    /// What the document shows: measures and words of the layout, no text of the content.
    pub found: String,
    /// What the clause wants.
    pub wanted: String,
    /// Page, from 1.
    pub page: Option<usize>,
    /// How much it weighs.
    pub severity: Severity,
}

impl From<Finding> for LayoutFinding {
    fn from(finding: Finding) -> LayoutFinding {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        LayoutFinding {
            rule: finding.rule,
            article: finding.article,
            found: finding.found,
            wanted: finding.wanted,
            page: finding.page,
            severity: severity.to_owned(),
        }
    }
}

/// Why a file was not judged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LintError {
    /// More than [`LARGEST_FILE`], or more than a paper inflates to.
    #[error("the file is larger than a paper may be")]
    TooLarge,
    /// No PDF, a damaged or an encrypted one.
    #[error("the file cannot be read as a PDF")]
    Unreadable,
    /// It took longer than [`LONGEST`].
    #[error("reading the file took too long and was given up")]
    TimedOut,
    /// The rule file is wrong.
    #[error("layout rules: {0}")]
    Rules(String),
}

/// Judges a PDF by the rules that come with this crate.
///
/// # Errors
/// [`LintError`]; a file that can be read is never refused for what it shows.
pub fn layout_lint(bytes: &[u8]) -> Result<Vec<Finding>, LintError> {
    layout_lint_by(&LayoutRules::standard()?, bytes)
}

/// Judges a PDF by other rules.
///
/// # Errors
/// As [`layout_lint`].
pub fn layout_lint_by(rules: &LayoutRules, bytes: &[u8]) -> Result<Vec<Finding>, LintError> {
    if bytes.len() > LARGEST_FILE {
        return Err(LintError::TooLarge);
    }
    weight::judge(bytes)?;
    let sheet = read_in_time(bytes)?;
    let mut report = Report { rules, found: Vec::new() };
    page::judge(&sheet, &mut report);
    if sheet.has_text() {
        let head = head::judge(&sheet, &mut report);
        let foot = foot::judge(&sheet, &mut report);
        body::judge(&sheet, &head, &foot, &mut report);
        head::signing_date(&head, bytes, &mut report);
    }
    Ok(report.found)
}

/// What the pages show, a line each from top to bottom, pages apart by an empty line. A file that was written by a
/// machine has text; a picture of paper has none.
///
/// # Errors
/// As [`layout_lint`].
pub fn page_text(bytes: &[u8]) -> Result<String, LintError> {
    if bytes.len() > LARGEST_FILE {
        return Err(LintError::TooLarge);
    }
    weight::judge(bytes)?;
    let sheet = read_in_time(bytes)?;
    let pages = sheet.pages.iter().map(|page| {
        let lines = page.lines.iter().map(|line| line.text.trim()).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(pages.filter(|page| !page.is_empty()).collect::<Vec<_>>().join("\n\n"))
}

/// Width and height of every page in points, with its lines from top to bottom; `None` for a file that cannot be read or
/// weighs too much. For whoever shows pages in another paper, under a limit of time of its own.
pub(crate) fn page_texts(bytes: Vec<u8>, stop: &AtomicBool) -> Option<Vec<(f64, f64, String)>> {
    weight::judge(&bytes).ok()?;
    let sheet = sheet::read(bytes, stop).ok()?;
    let lines =
        |page: &sheet::PageSheet| page.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    Some(sheet.pages.iter().map(|page| (page.width, page.height, lines(page))).collect())
}

/// Reads on a thread of its own: a hostile file ends with the time, not with the machine.
fn read_in_time(bytes: &[u8]) -> Result<sheet::Sheet, LintError> {
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = mpsc::sync_channel(1);
    let (bytes, flag) = (bytes.to_vec(), Arc::clone(&stop));
    let work = move || {
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| sheet::read(bytes, &flag)));
        // Nobody hears an answer to what was given up.
        let _ = sender.send(read.unwrap_or(Err(LintError::Unreadable)));
    };
    let spawned = std::thread::Builder::new().name("lint".to_owned()).stack_size(16 << 20).spawn(work);
    spawned.map_err(|_| LintError::TimedOut)?;
    receiver.recv_timeout(LONGEST).unwrap_or_else(|_| {
        stop.store(true, Ordering::Release);
        Err(LintError::TimedOut)
    })
}

/// Collects findings.
struct Report<'a> {
    rules: &'a LayoutRules,
    found: Vec<Finding>,
}

impl Report<'_> {
    /// Adds what a rule found; a rule that the file does not name is switched off.
    fn say(&mut self, rule: &str, found: impl Into<String>, page: Option<usize>) {
        let Some(row) = self.rules.rules.get(rule) else { return };
        if self.found.iter().filter(|other| other.rule == rule).count() >= MOST_OF_ONE_RULE {
            return;
        }
        self.found.push(Finding {
            rule: rule.to_owned(),
            article: row.0.clone(),
            found: found.into(),
            wanted: row.1.clone(),
            page: page.map(|page| page + 1),
            severity: row.2,
        });
    }
}
