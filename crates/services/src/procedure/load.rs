//! One version directory to a compiled [`Version`] and its findings.

use super::expression::Expression;
use super::facts::outer_variables;
use super::lint::{Code, Finding, Reporter, Severity};
use super::model::{Procedure, State};
use super::rows::ComponentKind;
use super::shape::{Shape, Variables, nearest};
use super::source::{Files, Lines, line_of_key};
use super::version::{ComponentRules, FeeRules, Rules, Version};
use crate::form::Form;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A version that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct LoadError {
    /// File, as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// English sentence.
    pub message: String,
}

/// Reads a version directory, compiles its expressions and reports what is wrong in them and in the form.
///
/// The other lint rules need the pack around it: [`super::lint::lint`].
///
/// # Errors
/// [`LoadError`] when `procedure.toml` is absent or not of the format.
pub fn load(directory: &Path) -> Result<(Version, Vec<Finding>), LoadError> {
    let shown = directory.display().to_string();
    let files = Files::read(directory).map_err(|message| LoadError { file: shown.clone(), line: 1, message })?;
    load_files(&shown, &files)
}

/// As [`load`], from files in memory; `shown` is the directory as findings name it.
///
/// # Errors
/// As [`load`].
pub fn load_files(shown: &str, files: &Files) -> Result<(Version, Vec<Finding>), LoadError> {
    let file = format!("{shown}/procedure.toml");
    let text = files.text("procedure.toml").ok_or_else(|| LoadError {
        file: file.clone(),
        line: 1,
        message: "the file is absent or not UTF-8".to_owned(),
    })?;
    let lines = Lines::of(text);
    let procedure: Procedure = toml::from_str(text).map_err(|error| LoadError {
        file: file.clone(),
        line: error.span().map_or(1, |span| lines.of_offset(span.start)),
        message: explain(error.message()),
    })?;
    if procedure.format != 1 {
        let message = format!("format {} is unknown; this platform reads format 1", procedure.format);
        return Err(LoadError { file, line: lines.at("format"), message });
    }
    let mut report = Reporter::new(shown, &procedure, &lines);
    let version = build(procedure, files, &mut report);
    Ok((version, report.findings))
}

/// Turns serde's list of known keys into the nearest one.
fn explain(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (Some(wrong), true) = (quoted.next(), message.starts_with("unknown")) else { return message.to_owned() };
    match nearest(wrong, quoted) {
        Some(near) => format!("`{wrong}` is unknown here; nearest: `{near}`"),
        None => message.to_owned(),
    }
}

fn build(procedure: Procedure, files: &Files, report: &mut Reporter<'_>) -> Version {
    let cases: Vec<String> = procedure.cases.iter().map(|case| case.code.clone()).collect();
    let variables = outer_variables(&cases);
    let form = read_form(&procedure, files, &variables, report);
    let templates: BTreeMap<String, String> = files
        .0
        .keys()
        .filter_map(|path| Some((path.strip_suffix(".html")?.to_owned(), files.text(path)?.to_owned())))
        .collect();
    assemble(procedure, form, variables, files.sha256(), templates, report)
}

/// Compiles the rules of a procedure whose form is read.
pub(super) fn assemble(
    procedure: Procedure,
    form: Form,
    mut variables: Variables,
    sha256: String,
    templates: BTreeMap<String, String>,
    report: &mut Reporter<'_>,
) -> Version {
    variables.insert("form".to_owned(), form.shape());
    let rules = compile(&procedure, &variables, report);
    let id = format!("{}/v{}", procedure.code, procedure.version);
    Version { id, state: procedure.state, sha256, procedure, form, templates, rules, variables }
}

fn read_form(procedure: &Procedure, files: &Files, others: &Variables, report: &mut Reporter<'_>) -> Form {
    let name = procedure.form.schema.as_str();
    let Some(text) = files.text(name) else {
        let message = format!("the form file {name} is absent or not UTF-8");
        report.add(Code::FormatError, "form/schema", &message);
        return Form::default();
    };
    let (mut form, faults) = Form::parse(text, others);
    for fault in faults {
        let code = if fault.expression { Code::CelError } else { Code::FormatError };
        let what = if fault.key.is_empty() { fault.message } else { format!("{}: {}", fault.key, fault.message) };
        report.add_in(name, line_of_key(text, &fault.key), code, &what);
    }
    if let Err(message) = form.seal(&unconditional(procedure)) {
        report.add_in(name, 1, Code::FormatError, &message);
    }
    form
}

/// Keys on pages that always apply.
pub(super) fn unconditional(procedure: &Procedure) -> BTreeSet<String> {
    let pages = procedure.form.pages.iter().filter(|page| page.when.trim() == "true");
    pages.flat_map(|page| page.keys().map(str::to_owned)).collect()
}

struct Compiler<'a, 'b> {
    variables: &'a Variables,
    report: &'a mut Reporter<'b>,
}

impl Compiler<'_, '_> {
    fn one(&mut self, path: &str, source: &str, wanted: &Shape) -> Option<Expression> {
        match Expression::compile(source, self.variables, wanted) {
            Ok(expression) => Some(expression),
            Err(message) => {
                self.report.add(Code::CelError, path, &message);
                None
            }
        }
    }

    fn maybe(&mut self, path: &str, source: Option<&str>, wanted: &Shape) -> Option<Expression> {
        source.and_then(|source| self.one(path, source, wanted))
    }
}

fn compile(procedure: &Procedure, variables: &Variables, report: &mut Reporter<'_>) -> Rules {
    let mut rules = Rules::default();
    let mut compiler = Compiler { variables, report };
    let (truth, number, text) = (Shape::Truth, Shape::Number, Shape::Text);
    for (index, row) in procedure.cases.iter().enumerate() {
        rules.variants.push(compiler.one(&format!("case/{index}/when"), &row.when, &truth));
    }
    for (index, row) in procedure.sla.iter().enumerate() {
        rules.sla.push(compiler.one(&format!("sla/{index}/when"), &row.when, &truth));
    }
    for (index, row) in procedure.components.iter().enumerate() {
        if row.kind == ComponentKind::Note {
            rules.components.push(ComponentRules::default());
            continue;
        }
        // Offered without being required is the only case in which the default of `required_when` is not "always".
        let required =
            row.required_when.as_deref().unwrap_or(if row.offered_when.is_some() { "false" } else { "true" });
        rules.components.push(ComponentRules {
            required: compiler.one(&format!("component/{index}/required_when"), required, &truth),
            offered: compiler.maybe(&format!("component/{index}/offered_when"), row.offered_when.as_deref(), &truth),
        });
    }
    for (index, row) in procedure.fees.iter().enumerate() {
        let mut fee = FeeRules {
            when: compiler.one(&format!("fee/{index}/when"), &row.when, &truth),
            amount: compiler.maybe(&format!("fee/{index}/amount"), row.amount.as_deref(), &number),
            exempt: Vec::new(),
        };
        for (at, exempt) in row.exempt.iter().enumerate() {
            fee.exempt.push(compiler.maybe(&format!("fee/{index}/exempt/{at}/when"), exempt.when.as_deref(), &truth));
        }
        rules.fees.push(fee);
    }
    for (index, page) in procedure.form.pages.iter().enumerate() {
        rules.pages.push(compiler.one(&format!("form/page/{index}/when"), &page.when, &truth));
    }
    for (index, row) in procedure.form.prefill.iter().enumerate() {
        let path = format!("form/prefill/{index}/when");
        rules.prefill.push(row.when.as_deref().map(|source| compiler.one(&path, source, &truth)));
    }
    rules.competence = procedure.competence.as_ref().and_then(|c| compiler.one("competence/rule", &c.rule, &text));
    for (step_at, step) in procedure.steps.iter().enumerate() {
        for (at, action) in step.actions.iter().enumerate() {
            let path = format!("step/{step_at}/actions/{at}/when");
            if let Some(rule) = compiler.maybe(&path, action.when.as_deref(), &truth) {
                rules.actions.insert((step_at, at), rule);
            }
        }
        for (at, consult) in step.consult.iter().enumerate() {
            let path = format!("step/{step_at}/consult/{at}");
            if let Some(rule) = compiler.maybe(&format!("{path}/when"), consult.when.as_deref(), &truth) {
                rules.consult.insert((step_at, at), rule);
            }
            if let Some(rule) = compiler.maybe(&format!("{path}/agency"), consult.agency.strip_prefix('='), &text) {
                rules.consulted.insert((step_at, at), rule);
            }
        }
    }
    rules
}

/// Whether a version with these findings may be used.
pub(super) fn usable(state: State, findings: &[Finding]) -> bool {
    state == State::Listed || !findings.iter().any(|finding| finding.severity == Severity::Error)
}
