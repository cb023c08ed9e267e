//! Findings and how they are collected.

use super::codes::Code;
use crate::procedure::model::{Procedure, State};
use crate::procedure::source::Lines;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::format::Lang;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Shown; does not stop publication.
    Warning,
    /// Stops publication.
    Error,
}

impl Severity {
    /// The word of the output line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kind.
    pub code: Code,
    /// Weight: an error only for a published procedure.
    pub severity: Severity,
    /// Version id.
    pub version: String,
    /// File, as the pack directory was given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Clause of law or of the format.
    pub clause: &'static str,
    /// What is wrong.
    pub message: Bilingual,
    /// The sentence that repairs it.
    pub repair: Bilingual,
}

impl Finding {
    /// The line that `haidang pack lint` prints: `file:line: severity code [clause] message. Repair.`
    pub fn line_text(&self, lang: Lang) -> String {
        format!(
            "{}:{}: {} {} [{}] {}. {}",
            self.file,
            self.line,
            self.severity.as_str(),
            self.code,
            self.clause,
            self.message.text(lang).trim_end_matches('.'),
            self.repair.text(lang)
        )
    }
}

enum Place<'a> {
    Lines(String, &'a Lines),
    Fixed(String, usize),
}

/// Collects findings of one version.
pub(in crate::procedure) struct Reporter<'a> {
    place: Place<'a>,
    state: State,
    version: String,
    pub findings: Vec<Finding>,
}

impl<'a> Reporter<'a> {
    /// For a version directory.
    pub fn new(shown: &str, procedure: &Procedure, lines: &'a Lines) -> Self {
        Self::placed(Place::Lines(shown.to_owned(), lines), procedure)
    }

    /// For a line of a list.
    pub fn fixed(file: &str, line: usize, procedure: &Procedure) -> Self {
        Self::placed(Place::Fixed(file.to_owned(), line), procedure)
    }

    fn placed(place: Place<'a>, procedure: &Procedure) -> Self {
        let version = format!("{}/v{}", procedure.code, procedure.version);
        Self { place, state: procedure.state, version, findings: Vec::new() }
    }

    /// A technical finding whose detail is English: names of keys and fields are the same in both languages.
    pub fn add(&mut self, code: Code, path: &str, detail: &str) {
        self.say(code, path, technical(detail));
    }

    /// A technical finding in another file of the directory.
    pub fn add_in(&mut self, name: &str, line: usize, code: Code, detail: &str) {
        let (file, line) = match &self.place {
            Place::Lines(directory, _) => (format!("{directory}/{name}"), line),
            Place::Fixed(file, line) => (file.clone(), *line),
        };
        self.push(code, self.weight(), file, line, technical(detail));
    }

    /// A finding in both languages.
    pub fn say(&mut self, code: Code, path: &str, message: Bilingual) {
        let (file, line) = self.locate(path);
        self.push(code, self.weight(), file, line, message);
    }

    /// A finding that only warns.
    pub fn warn(&mut self, code: Code, path: &str, message: Bilingual) {
        let (file, line) = self.locate(path);
        self.push(code, Severity::Warning, file, line, message);
    }

    fn weight(&self) -> Severity {
        if self.state == State::Published { Severity::Error } else { Severity::Warning }
    }

    fn locate(&self, path: &str) -> (String, usize) {
        match &self.place {
            Place::Lines(directory, lines) => (format!("{directory}/procedure.toml"), lines.at(path)),
            Place::Fixed(file, line) => (file.clone(), *line),
        }
    }

    fn push(&mut self, code: Code, severity: Severity, file: String, line: usize, message: Bilingual) {
        let version = self.version.clone();
        let (clause, repair) = (code.clause(), code.repair());
        self.findings.push(Finding { code, severity, version, file, line, clause, message, repair });
    }
}

fn technical(detail: &str) -> Bilingual {
    Bilingual::new(format!("Lỗi kỹ thuật: {detail}"), detail)
}
