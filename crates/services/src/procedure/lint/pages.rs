//! Form pages, prefill and templates.

use super::Around;
use super::codes::Code;
use super::report::Reporter;
use crate::form::{Field, Form};
use crate::procedure::shape::nearest;
use crate::procedure::version::Version;
use haidang_kernel::bilingual::Bilingual;
use std::collections::BTreeMap;

/// Registers that a field may be filled from (interfaces behind the once-only contract).
const REGISTERS: [&str; 10] = [
    "account",
    "population",
    "civil_status",
    "birth_notice",
    "death_notice",
    "business",
    "land",
    "social",
    "case",
    "vneid",
];

/// Variables of a result template beside the answers.
const TEMPLATE_VARIABLES: [(&str, &[&str]); 10] = [
    ("case", &["no", "code", "submitted_on", "accepted_on", "channel"]),
    (
        "applicant",
        &["kind", "full_name", "citizen_no", "tax_no", "birth_date", "sex", "nationality", "ethnicity", "residence"],
    ),
    ("agency", &["code", "name", "name_en", "commune_code"]),
    ("result", &["code", "name", "name_en", "number", "issued_on", "place", "register", "originals"]),
    ("signer", &["name", "title"]),
    ("procedure", &["code", "name", "name_en", "legal_basis"]),
    ("city", &["name", "name_en"]),
    ("qr", &[]),
    ("verify_url", &[]),
    ("demo", &[]),
];

pub(super) fn check(version: &Version, around: &Around, report: &mut Reporter<'_>) {
    pages(version, report);
    prefill(version, report);
    lists(version, around, report);
    for (name, source) in &version.templates {
        template(version, name, source, report);
    }
    if let Some(name) = version.procedure.result.as_ref().and_then(|result| result.template.as_ref())
        && !version.templates.contains_key(name)
    {
        let message =
            Bilingual::new(format!("Không có tệp mẫu {name}.html"), format!("There is no template file {name}.html"));
        report.say(Code::TemplateVariableMissing, "result/template", message);
    }
}

fn pages(version: &Version, report: &mut Reporter<'_>) {
    let mut placed: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, page) in version.procedure.form.pages.iter().enumerate() {
        for (at, key) in page.keys().enumerate() {
            let path = format!("form/page/{index}/fields/{at}");
            if version.form.field(key).is_none() {
                let near = nearest(key, version.form.fields.iter().map(|field| field.key.as_str()));
                let near = near.map(|word| format!("; nearest: `{word}`")).unwrap_or_default();
                report.add(Code::FormatError, &path, &format!("the form has no field `{key}`{near}"));
            }
            if let Some(first) = placed.insert(key, &page.id) {
                report.add(
                    Code::FormatError,
                    &path,
                    &format!("the field `{key}` stands on the pages `{first}` and `{}`", page.id),
                );
            }
        }
    }
    for field in &version.form.fields {
        if !placed.contains_key(field.key.as_str()) {
            report.add(Code::FormatError, "form/page", &format!("the field `{}` stands on no page", field.key));
        }
    }
}

fn prefill(version: &Version, report: &mut Reporter<'_>) {
    for (index, row) in version.procedure.form.prefill.iter().enumerate() {
        let path = format!("form/prefill/{index}");
        let key = row.to.strip_prefix('/').unwrap_or(&row.to);
        if version.form.field(key).is_none() {
            let message =
                Bilingual::new(format!("Biểu mẫu không có trường {key}"), format!("The form has no field {key}"));
            report.say(Code::PrefillTargetMissing, &path, message);
        }
        source(&row.from, &path, report);
    }
    for field in &version.form.fields {
        if let Some(from) = &field.prefill {
            source(from, "form/schema", report);
        }
    }
}

fn source(from: &str, path: &str, report: &mut Reporter<'_>) {
    let bare = from.strip_prefix("once_only:").unwrap_or(from);
    let known = bare.split_once('.').is_some_and(|(register, item)| REGISTERS.contains(&register) && !item.is_empty());
    if !known {
        let message = Bilingual::new(format!("Không có nguồn \"{from}\""), format!("There is no source \"{from}\""));
        report.say(Code::PrefillTargetMissing, path, message);
    }
}

fn lists(version: &Version, around: &Around, report: &mut Reporter<'_>) {
    if around.codes.names().next().is_none() {
        return;
    }
    let mut waiting: Vec<&Field> = version.form.fields.iter().collect();
    while let Some(field) = waiting.pop() {
        waiting.extend(&field.parts);
        if let Some(list) = field.options_from.as_ref().filter(|list| !around.codes.has(list)) {
            let near =
                nearest(list, around.codes.names()).map(|word| format!("; nearest: `{word}`")).unwrap_or_default();
            report.add(
                Code::FormatError,
                "form/schema",
                &format!("{}: the pack has no code list `{list}`{near}", field.key),
            );
        }
    }
}

fn template(version: &Version, name: &str, source: &str, report: &mut Reporter<'_>) {
    let file = format!("{name}.html");
    let mut environment = minijinja::Environment::new();
    if let Err(error) = environment.add_template(&file, source) {
        report.add_in(&file, error.line().unwrap_or(1), Code::TemplateVariableMissing, &error.to_string());
        return;
    }
    let Ok(template) = environment.get_template(&file) else { return };
    let mut used: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    used.sort();
    for variable in used {
        if let Some(wrong) = unknown_variable(&version.form, &variable) {
            report.add_in(&file, line_of(source, &variable), Code::TemplateVariableMissing, &wrong);
        }
    }
}

fn line_of(source: &str, variable: &str) -> usize {
    source.find(variable).map_or(1, |at| source[..at].bytes().filter(|byte| *byte == b'\n').count() + 1)
}

fn unknown_variable(form: &Form, variable: &str) -> Option<String> {
    let mut parts = variable.split('.');
    let root = parts.next().unwrap_or_default();
    if matches!(root, "form" | "view") {
        let key = parts.next()?;
        let Some(field) = form.field(key) else {
            let near = nearest(key, form.fields.iter().map(|field| field.key.as_str()));
            let near = near.map(|word| format!("; nearest: `{root}.{word}`")).unwrap_or_default();
            return Some(format!("`{variable}` is no answer of the form{near}"));
        };
        let part = parts.next()?;
        let known = root == "form" && (field.part(part).is_some() || part.parse::<usize>().is_ok());
        return (!known).then(|| format!("`{variable}`: `{key}` has no part `{part}`"));
    }
    match TEMPLATE_VARIABLES.iter().find(|(known, _)| *known == root) {
        None => {
            let near = nearest(root, TEMPLATE_VARIABLES.iter().map(|(known, _)| *known));
            let near = near.map(|word| format!("; nearest: `{word}`")).unwrap_or_default();
            Some(format!("there is no template variable `{variable}`{near}"))
        }
        Some((_, known)) => {
            let part = parts.next()?;
            (!known.contains(&part)).then(|| format!("there is no template variable `{variable}`"))
        }
    }
}
