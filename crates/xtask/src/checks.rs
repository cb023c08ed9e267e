//! The checks, each in a module of its own with the defects that it must find planted in its tests.

use crate::tree::Tree;

mod decisions;
mod edges;
mod glossary;
mod map;
mod sources;
mod sql;
pub mod texts;

/// What one check found; empty is good.
#[derive(Default)]
pub struct Report {
    /// One sentence each, beginning with the file and line that must change.
    pub findings: Vec<String>,
    /// How much was looked at, for the reader who wonders whether anything was.
    pub seen: String,
}

impl Report {
    /// A report on so many things.
    pub fn over(count: usize, what: &str) -> Self {
        Self { findings: Vec::new(), seen: format!("{count} {what}") }
    }

    /// Adds a finding.
    pub fn find(&mut self, text: impl Into<String>) {
        self.findings.push(text.into());
    }

    /// `: 12 crates`, or nothing.
    pub fn figure(&self) -> String {
        if self.seen.is_empty() { String::new() } else { format!(": {}", self.seen) }
    }
}

/// A named check.
pub struct Check {
    /// What it holds, as a short sentence.
    pub name: &'static str,
    /// Runs it.
    pub run: fn(&Tree) -> anyhow::Result<Report>,
}

/// All checks, in the order in which they are printed.
pub fn all() -> Vec<Check> {
    let check = |name, run| Check { name, run };
    vec![
        check("crates depend only downwards", edges::tiers as fn(&Tree) -> anyhow::Result<Report>),
        check("heavy libraries stay behind one crate", edges::exclusive),
        check("crates take versions and lints from the workspace", edges::manifests),
        check("the map names every crate and no other", map::rooms),
        check("links between documents lead somewhere", map::links),
        check("files are short enough to be read", sources::length),
        check("routes are added only through web", sources::routers),
        check("nothing is left undone, ignored, sleeping or silenced", sources::words),
        check("migrations keep the common dialect", sql::migrations),
        check("statements keep the common dialect, the room's own tables, and their place", sql::statements),
        check("native overrides carry a reason", sql::overrides),
        check("both languages say the same things", texts::languages),
        check("every text is used and every used text exists", texts::used),
        check("templates hold no text of their own", texts::literal),
        check("the glossary names every table", glossary::tables),
        check("decisions have the agreed form", decisions::form),
    ]
}
