//! Answers back to HTML fields, so that a page shown again holds what was typed.

use super::field::{Field, Form, Widget};
use super::scalar;
use crate::procedure::model::Page;
use serde_json::Value as Json;

/// Fields of one page with the values of the answers.
pub fn encode(form: &Form, page: &Page, answers: &Json) -> Vec<(String, String)> {
    encode_fields(&page.keys().filter_map(|key| form.field(key)).collect::<Vec<_>>(), answers)
}

/// Fields of some form fields with the values of the answers; absent answers give nothing.
pub fn encode_fields(wanted: &[&Field], answers: &Json) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for field in wanted {
        if let Some(value) = answers.get(&field.key) {
            write(field, &field.key, value, &mut fields);
        }
    }
    fields
}

fn write(field: &Field, name: &str, value: &Json, fields: &mut Vec<(String, String)>) {
    match (field.widget, value) {
        (_, Json::Null) => {}
        (Widget::Date | Widget::PartialDate, _) => {
            for (part, typed) in ["day", "month", "year"].into_iter().zip(scalar::date_inputs(value)) {
                if !typed.is_empty() {
                    fields.push((format!("{name}.{part}"), typed));
                }
            }
        }
        (Widget::Set, Json::Array(chosen)) => {
            fields.extend(chosen.iter().map(|one| (name.to_owned(), scalar::written(Widget::Set, one))));
        }
        (Widget::List, Json::Array(entries)) => {
            for (index, entry) in entries.iter().enumerate() {
                write_parts(field, &format!("{name}.{index}"), entry, fields);
            }
        }
        (widget, Json::Object(_)) if widget.is_record() => write_parts(field, name, value, fields),
        (widget, _) => fields.push((name.to_owned(), scalar::written(widget, value))),
    }
}

fn write_parts(field: &Field, name: &str, value: &Json, fields: &mut Vec<(String, String)>) {
    for part in &field.parts {
        if let Some(value) = value.get(&part.key) {
            write(part, &format!("{name}.{}", part.key), value, fields);
        }
    }
}
