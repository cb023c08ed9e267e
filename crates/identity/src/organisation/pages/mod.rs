//! Pages about rights, posts and delegations, one resource a file.

pub(super) mod delegations;
pub(super) mod posts;
pub(super) mod rights;
pub(super) mod what_if;

use haidang_kernel::problem::Problem;
use haidang_ui::field::ErrorItem;
use haidang_ui::{Lang, t};
use haidang_web::FormFields;
use jiff::civil::Date;

/// What an action means, in words: `case.receive` → `identity-capability-case-receive`.
pub(super) fn action_text(lang: Lang, name: &str) -> String {
    t(lang, &format!("identity-capability-{}", name.replace(['.', '_'], "-")), &[])
}

/// A date typed in three fields: `Ok(None)` when all are empty, `Err` when they are no date.
pub(crate) fn typed_date(form: &FormFields, name: &str) -> Result<Option<Date>, ()> {
    let part = |part: &str| form.text(&format!("{name}.{part}")).trim().to_owned();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Ok(None);
    }
    match (day.parse::<i8>(), month.parse::<i8>(), year.parse::<i16>()) {
        (Ok(day), Ok(month), Ok(year)) => Date::new(year, month, day).map(Some).map_err(|_| ()),
        _ => Err(()),
    }
}

/// The faults of a form as lines of the error summary: text `identity-<part>-<field>-<code>`.
pub(super) fn items(lang: Lang, part: &str, problem: &Problem) -> Vec<ErrorItem> {
    let text = |field: &str, code: &str| {
        t(lang, &format!("identity-{part}-{}-{}", field.replace('_', "-"), code.replace('_', "-")), &[])
    };
    problem.errors.iter().map(|error| ErrorItem::of(&error.field, text(&error.field, &error.code))).collect()
}
