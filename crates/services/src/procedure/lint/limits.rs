//! Time limits: unit, quantity, agreement with the national record, order of the rows.

use super::codes::Code;
use super::report::Reporter;
use crate::model::Channel;
use crate::procedure::rows::SlaRow;
use crate::procedure::version::{Version, quantity_halves};
use crate::procedure::words::unit_named;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::Unit;

pub(super) fn check(version: &Version, report: &mut Reporter<'_>) {
    let procedure = &version.procedure;
    for (index, row) in procedure.sla.iter().enumerate() {
        let path = format!("sla/{index}");
        match unit_named(&row.unit) {
            Some(unit) => {
                quantity(row, unit, &path, report);
                declared(row, unit, &path, report);
            }
            None => report.say(
                Code::SlaUnitUnknown,
                &format!("{path}/unit"),
                Bilingual::new(
                    format!("Không có đơn vị thời gian \"{}\"", row.unit),
                    format!("There is no unit of time \"{}\"", row.unit),
                ),
            ),
        }
    }
    let limits: Vec<_> = procedure.sla.iter().map(|row| (row.when.as_str(), row.channels.as_deref(), "")).collect();
    unreachable(&limits, &procedure.channels, "sla", report);
    let fees: Vec<_> =
        procedure.fees.iter().map(|row| (row.when.as_str(), row.channels.as_deref(), row.code.as_str())).collect();
    unreachable(&fees, &procedure.channels, "fee", report);
    let always = procedure.cases.iter().position(|case| case.when.trim() == "true");
    if let Some(index) = always.filter(|_| procedure.cases.len() > 1) {
        report.say(
            Code::UnreachableRow,
            &format!("case/{index}/when"),
            Bilingual::new(
                "Trường hợp luôn đúng nên không bao giờ chỉ có đúng một trường hợp khớp",
                "This variant always holds, so exactly one can never match",
            ),
        );
    }
}

fn quantity(row: &SlaRow, unit: Unit, path: &str, report: &mut Reporter<'_>) {
    let counted = matches!(unit, Unit::WorkingDay | Unit::Day | Unit::Month | Unit::Hour | Unit::WorkingHour);
    let at = format!("{path}/quantity");
    if !counted && row.quantity.is_some() {
        let message = Bilingual::new(
            format!("Đơn vị \"{}\" không đi với số lượng", row.unit),
            format!("The unit \"{}\" has no quantity", row.unit),
        );
        report.say(Code::SlaUnitMismatch, &at, message);
    }
    if counted {
        let whole = matches!(unit, Unit::WorkingDay | Unit::Day | Unit::Month);
        let fine = quantity_halves(row.quantity).is_some_and(|halves| !whole || halves % 2 == 0);
        if !fine {
            let shown = row.quantity.map_or("không có / none".to_owned(), |quantity| quantity.to_string());
            let message = Bilingual::new(
                format!("Thời hạn {shown} không phải một khoảng thời gian"),
                format!("{shown} is not a length of time"),
            );
            report.say(Code::NegativeOrEmptyTime, &at, message);
        }
    }
    if row.cutoff.is_some() && unit != Unit::SameDay {
        let message = Bilingual::new("Giờ chốt chỉ đi với đơn vị same_day", "A cutoff belongs to the unit same_day");
        report.say(Code::SlaUnitMismatch, &format!("{path}/cutoff"), message);
    }
    if unit == Unit::Event && row.text.as_ref().is_none_or(|text| text.trim().is_empty()) {
        let message = Bilingual::new(
            "Đơn vị event cần `text` để in thay ngày",
            "The unit event needs `text` to print instead of a date",
        );
        report.say(Code::NegativeOrEmptyTime, path, message);
    }
}

/// What the national record stores, as far as it can be understood.
#[derive(Debug, PartialEq)]
enum Declared {
    Other,
    Is(Unit, Option<f64>),
    Unclear,
}

fn understand(text: &str) -> Declared {
    let lower = text.to_lowercase();
    if lower.contains("trong ngày") {
        return Declared::Is(Unit::SameDay, None);
    }
    let words: Vec<&str> =
        lower.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).filter(|w| !w.is_empty()).collect();
    if words.contains(&"other") {
        return Declared::Other;
    }
    let number = words.iter().position(|word| word.parse::<f64>().is_ok());
    let Some(at) = number else { return Declared::Unclear };
    let quantity = words.get(at).and_then(|word| word.parse().ok());
    let unit = match (words.get(at + 1).copied(), words.get(at + 2).copied(), words.get(at + 3).copied()) {
        (Some("working_day"), ..) | (Some("ngày"), Some("làm"), Some("việc")) => Unit::WorkingDay,
        (Some("day" | "ngày"), ..) => Unit::Day,
        (Some("month" | "tháng"), ..) => Unit::Month,
        (Some("working_hour"), ..) | (Some("giờ"), Some("làm"), Some("việc")) => Unit::WorkingHour,
        (Some("hour" | "giờ"), ..) => Unit::Hour,
        _ => return Declared::Unclear,
    };
    Declared::Is(unit, quantity)
}

fn declared(row: &SlaRow, unit: Unit, path: &str, report: &mut Reporter<'_>) {
    let Some(text) = &row.declared else { return };
    let agrees = match understand(text) {
        Declared::Other => false,
        Declared::Is(declared, quantity) => declared == unit && (quantity.is_none() || quantity == row.quantity),
        Declared::Unclear => true,
    };
    if agrees {
        return;
    }
    let ours = row.quantity.map_or(row.unit.clone(), |quantity| format!("{quantity} {}", row.unit));
    let message = Bilingual::new(
        format!("Cơ sở dữ liệu quốc gia ghi \"{text}\", tệp này ghi \"{ours}\""),
        format!("The national record says \"{text}\", this file says \"{ours}\""),
    );
    let at = format!("{path}/declared");
    if row.settled.as_ref().is_some_and(|why| !why.trim().is_empty()) {
        report.warn(Code::SlaUnitMismatch, &at, message);
    } else {
        report.say(Code::SlaUnitMismatch, &at, message);
    }
}

/// Rows behind one that always holds, or that repeats an earlier condition, on every channel they have.
fn unreachable(rows: &[(&str, Option<&[Channel]>, &str)], all: &[Channel], table: &str, report: &mut Reporter<'_>) {
    for (index, (when, channels, group)) in rows.iter().enumerate() {
        let own = channels.unwrap_or(all);
        let covered = |channel: &Channel| {
            rows.iter().take(index).any(|(earlier, on, earlier_group)| {
                earlier_group == group
                    && (earlier.trim() == "true" || earlier.trim() == when.trim())
                    && on.unwrap_or(all).contains(channel)
            })
        };
        if !own.is_empty() && own.iter().all(covered) {
            let message = Bilingual::new(
                "Dòng này không bao giờ được dùng: dòng phía trên đã nhận mọi trường hợp của nó",
                "This row is never used: rows above take every case of it",
            );
            report.say(Code::UnreachableRow, &format!("{table}/{index}"), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_national_record_are_understood() {
        let cases = [
            ("1 OTHER", Declared::Other),
            ("1 OTHER on three channels; cases say 1 WORKING_DAY", Declared::Other),
            ("1 WORKING_DAY", Declared::Is(Unit::WorkingDay, Some(1.0))),
            ("20 WORKING_DAY on three channels", Declared::Is(Unit::WorkingDay, Some(20.0))),
            ("Trong ngày", Declared::Is(Unit::SameDay, None)),
            ("5 ngày làm việc", Declared::Is(Unit::WorkingDay, Some(5.0))),
            ("30 ngày", Declared::Is(Unit::Day, Some(30.0))),
            ("0.5 giờ", Declared::Is(Unit::Hour, Some(0.5))),
            ("channel names only, number missing", Declared::Unclear),
        ];
        for (text, expected) in cases {
            assert_eq!(understand(text), expected, "{text}");
        }
    }
}
