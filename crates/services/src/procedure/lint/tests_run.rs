//! Runs the procedure's own tests.

use super::Around;
use super::codes::Code;
use super::report::Reporter;
use crate::form::validate_all;
use crate::procedure::facts::{Competence, Facts, total};
use crate::procedure::model::Test;
use crate::procedure::version::Version;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::time::{at, civil};
use serde_json::{Map, Value as Json};

pub(super) fn check(version: &Version, around: &Around, report: &mut Reporter<'_>) {
    let tests = &version.procedure.tests;
    let due = tests.iter().any(|test| test.expect.due.is_some());
    let fee = tests.iter().any(|test| test.expect.fee.is_some() || test.expect.fees.is_some());
    if !due || !fee {
        let message = Bilingual::new(
            "Cần ít nhất một trường hợp kiểm thử có ngày hẹn và một trường hợp có phí",
            "At least one test with a due date and one with a fee are needed",
        );
        report.say(Code::NoTest, "test", message);
    }
    for (index, test) in tests.iter().enumerate() {
        for (what, expected, found) in failures(version, test, around) {
            let message = Bilingual::new(
                format!("Kiểm thử \"{}\": {what} mong đợi {expected}, nhận được {found}", test.name),
                format!("Test \"{}\": {what} should be {expected}, is {found}", test.name),
            );
            report.say(Code::TestFailed, &format!("test/{index}"), message);
        }
    }
}

/// What a test found different: what, expected, found.
fn failures(version: &Version, test: &Test, around: &Around) -> Vec<(&'static str, String, String)> {
    let expect = &test.expect;
    let mut failures = Vec::new();
    let mut compare = |what, expected: String, found: String| {
        if expected != found {
            failures.push((what, expected, found));
        }
    };
    let facts = facts_of(test);
    if let Some(variant) = &expect.variant {
        compare("variant", variant.clone(), version.variant(&facts).unwrap_or_else(|| "none".to_owned()));
    }
    if let Some(due) = &expect.due {
        let dated = matches!(due, toml::Value::Datetime(stamp) if stamp.time.is_some());
        compare("due", text(due), due_text(version, test, &facts, around, dated));
    }
    let fees = version.fees(&facts);
    if let Some(fee) = &expect.fee {
        compare("fee", text(fee), total(&fees).map_or("unknown".to_owned(), |sum| sum.dong().to_string()));
    }
    for (code, amount) in expect.fees.iter().flatten() {
        let line = fees.iter().find(|line| line.code == *code);
        let found = match line.map(|line| line.amount) {
            None => "no line".to_owned(),
            Some(None) => "unknown".to_owned(),
            Some(Some(found)) => found.dong().to_string(),
        };
        compare("fees", format!("{code} {amount}"), format!("{code} {found}"));
    }
    if let Some(wanted) = &expect.components {
        let mut wanted = wanted.clone();
        let mut found: Vec<String> =
            version.components(&facts).into_iter().filter(|need| need.required).map(|need| need.id).collect();
        wanted.sort();
        found.sort();
        compare("components", wanted.join(" "), found.join(" "));
    }
    if let Some(pages) = &expect.pages {
        let found: Vec<&str> = version.pages(&facts).iter().map(|page| page.id.as_str()).collect();
        compare("pages", pages.join(" "), found.join(" "));
    }
    if let Some(wanted) = &expect.competence {
        let found = match version.competence(&facts) {
            // A test may name the commune or the agency that serves it.
            Competence::Commune(code) => {
                around.communes.get(&code).filter(|agency| *agency == wanted).cloned().unwrap_or(code)
            }
            Competence::Agency(code) => code,
            Competence::Unknown { .. } => "queue".to_owned(),
        };
        compare("competence", wanted.clone(), found);
    }
    if let Some(valid) = expect.valid {
        let errors = validate_all(version, &facts, &around.codes);
        let wrong: Vec<String> =
            errors.iter().filter(|e| !e.warning).map(|e| format!("{} {}", e.pointer, e.code)).collect();
        let found = if wrong.is_empty() { "true".to_owned() } else { format!("false ({})", wrong.join(", ")) };
        let same = valid == wrong.is_empty();
        compare("valid", valid.to_string(), if same { valid.to_string() } else { found });
    }
    failures
}

fn due_text(version: &Version, test: &Test, facts: &Facts, around: &Around, with_time: bool) -> String {
    let Some(limit) = version.time_limit(facts) else { return "no matching row".to_owned() };
    let Some(calendar) = &around.calendar else { return "no calendar".to_owned() };
    match calendar.due_at(&around.hours, at(test.accepted), &limit.limit, &[]) {
        Err(error) => error.to_string(),
        Ok(due) => match due.at.map(civil) {
            None => "none".to_owned(),
            Some(moment) if with_time => moment.to_string(),
            Some(moment) => moment.date().to_string(),
        },
    }
}

fn text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn facts_of(test: &Test) -> Facts {
    let mut facts = Facts::new(test.channel, test.submitted.unwrap_or_else(|| test.accepted.date()));
    facts.form = object(&test.form);
    facts.applicant = object(&test.applicant);
    facts.agency = object(&test.agency);
    facts.claimed.clone_from(&test.claimed);
    facts
}

fn object(table: &toml::Table) -> Json {
    Json::Object(table.iter().map(|(key, value)| (key.clone(), json(value))).collect::<Map<_, _>>())
}

/// TOML dates become the ISO text that an answer holds.
fn json(value: &toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::from(text.as_str()),
        toml::Value::Integer(number) => Json::from(*number),
        toml::Value::Float(number) => Json::from(*number),
        toml::Value::Boolean(truth) => Json::from(*truth),
        toml::Value::Datetime(stamp) => Json::from(stamp.to_string()),
        toml::Value::Array(entries) => Json::Array(entries.iter().map(json).collect()),
        toml::Value::Table(table) => object(table),
    }
}
