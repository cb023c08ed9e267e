//! A person says what a paper is: OCR proposes, nobody but a person confirms.

use super::model::{Facts, PageText, Scan};
use super::rules::{Step, after};
use super::uploading::UPLOAD;
use super::{READ_JOB, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use crate::search::{DocumentText, Part, Readers, index_document};
use haidang_kernel::problem::{FieldError, Problem};
use haidang_kernel::text::tidy;
use haidang_store::{AuditEntry, args};

/// What was typed into the form of a scan.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Facts; texts as they were typed.
    pub facts: Facts,
    /// The day could not be read.
    pub day_wrong: bool,
    /// The person compared number and day with the picture.
    pub compared: bool,
    /// Changes of the scan when its form was shown.
    pub revision: i64,
}

/// Longest texts by Decree 30/2020/NĐ-CP, Appendix VI, part B.
const LENGTHS: [(&str, usize); 4] = [("number", 11), ("notation", 30), ("organ", 200), ("subject", 500)];

/// What is wrong with what was typed.
pub fn faults(typed: &Typed, today: jiff::civil::Date) -> Vec<FieldError> {
    let facts = &typed.facts;
    let mut faults = Vec::new();
    let values = [&facts.code_number, &facts.code_notation, &facts.organ, &facts.subject];
    for ((field, most), value) in LENGTHS.into_iter().zip(values) {
        if value.chars().count() > most {
            faults.push(FieldError::new(field, "too_long"));
        }
    }
    let digits = facts.code_number.chars().filter(char::is_ascii_digit).count();
    if !facts.code_number.is_empty() && (digits == 0 || !facts.code_number.chars().all(char::is_alphanumeric)) {
        faults.push(FieldError::new("number", "number_invalid"));
    }
    if facts.code_number.is_empty() && !facts.code_notation.is_empty() {
        faults.push(FieldError::new("number", "required"));
    }
    if typed.day_wrong {
        faults.push(FieldError::new("issued", "date_invalid"));
    } else if facts.issued_on.is_none() {
        faults.push(FieldError::new("issued", "required"));
    } else if facts.issued_on.is_some_and(|day| day > today) {
        faults.push(FieldError::new("issued", "date_future"));
    }
    for (field, value) in [("organ", &facts.organ), ("subject", &facts.subject)] {
        if value.is_empty() {
            faults.push(FieldError::new(field, "required"));
        }
    }
    if !typed.compared {
        faults.push(FieldError::new("compared", "required"));
    }
    faults
}

impl OfficeRoom {
    /// Confirms what a paper is; it is found by these words from now on.
    ///
    /// # Errors
    /// `scan_not_found`; `scan_invalid` with the fields; `scan_changed` when something happened since the form was
    /// shown; `scan_state` when it is not read yet.
    pub async fn confirm_scan(&self, reader: &Reader<'_>, id: &str, typed: &Typed) -> Result<(), Problem> {
        let scan = self.changeable(reader, id).await?;
        let facts = Facts {
            code_number: tidy(&typed.facts.code_number),
            code_notation: tidy(&typed.facts.code_notation),
            organ: tidy(&typed.facts.organ),
            subject: tidy(&typed.facts.subject),
            ..typed.facts.clone()
        };
        let typed = &Typed { facts, ..typed.clone() };
        let mut faults = faults(typed, self.ambient.today());
        if !typed.facts.kind.is_empty() && self.scans.settings.kind(&typed.facts.kind).is_none() {
            faults.push(FieldError::new("kind", "unknown"));
        }
        if !faults.is_empty() {
            return Err(Problem::invalid("scan_invalid", "what was typed does not fit").with_errors(faults));
        }
        let next = after(scan.state, Step::Confirm)
            .ok_or_else(|| Problem::conflict("scan_state", "the scan is not read yet"))?;
        let body = self.scan_texts(&scan).await?.iter().map(PageText::text).collect::<Vec<_>>().join("\n\n");
        let number = typed.facts.number();
        let found = &DocumentText {
            part: Part::Scans,
            document: id,
            agency: &scan.agency,
            readers: Readers { unit: true, people: &[] },
            title: &typed.facts.subject,
            number: &number,
            organ: &typed.facts.organ,
            kind: &typed.facts.kind,
            issued_on: typed.facts.issued_on,
            body: &body,
        };
        let facts = serde_json::to_value(&typed.facts).map_err(|_| Problem::internal("facts do not serialise"))?;
        let (scan, facts) = (&scan, &facts);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    let (who, name) = (reader.actor.person.as_str(), &reader.actor.display_name);
                    let row = args![id, typed.revision, next.as_str(), facts, who, name, now];
                    if tx.execute(sql::CONFIRM, row).await? == 0 {
                        return Err(Problem::conflict("scan_changed", "the scan changed since it was shown"));
                    }
                    index_document(tx, found).await?;
                    let entry = AuditEntry::mutation("scan.confirmed", reader.actor_ref(&scan.agency))
                        .object("scan", id)
                        .request(reader.request_id)
                        .detail(serde_json::json!({ "differs": differences(scan, &typed.facts) }));
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Lets a scan that could not be read be tried again.
    ///
    /// # Errors
    /// `scan_not_found`; `scan_state` when it did not fail.
    pub async fn retry_scan(&self, reader: &Reader<'_>, id: &str) -> Result<(), Problem> {
        let scan = &self.changeable(reader, id).await?;
        let wrong = || Problem::conflict("scan_state", "the scan did not fail");
        let next = after(scan.state, Step::Retry).ok_or_else(wrong)?;
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let row = args![id, scan.state.as_str(), next.as_str(), None::<String>, None::<String>];
                    if tx.execute(sql::MOVE, row).await? == 0 {
                        return Err(wrong());
                    }
                    let now = tx.ambient().now();
                    tx.enqueue(READ_JOB, id, &(), now).await?;
                    let entry = AuditEntry::mutation("scan.retried", reader.actor_ref(&scan.agency))
                        .object("scan", id)
                        .request(reader.request_id);
                    tx.audit(entry).await?;
                    Ok(())
                })
            })
            .await
    }

    /// A scan that the reader may change: handing in scans at its agency.
    pub(super) async fn changeable(&self, reader: &Reader<'_>, id: &str) -> Result<Scan, Problem> {
        let scan = self.scan_of(reader, id).await?;
        if scan.withdrawn.is_some() {
            return Err(Problem::conflict("scan_withdrawn", "the scan was withdrawn"));
        }
        match reader.actor.can_in(UPLOAD, &scan.agency) {
            true => Ok(scan),
            false => Err(Problem::forbidden("not_allowed", "no post at this agency works with scans")),
        }
    }
}

/// Fields in which the person and the machine differ: how good the machine is shows in the record.
fn differences(scan: &Scan, facts: &Facts) -> Vec<&'static str> {
    let number = facts.number();
    let day = facts.issued_on.map(|day| day.to_string()).unwrap_or_default();
    let confirmed = [
        ("number", number.as_str()),
        ("date", day.as_str()),
        ("kind", &facts.kind),
        ("organ", &facts.organ),
        ("subject", &facts.subject),
    ];
    let proposed = |field: &str| scan.proposal(field).map_or("", |proposal| proposal.value.as_str());
    confirmed.into_iter().filter(|(field, value)| proposed(field) != *value).map(|(field, _)| field).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_judged_field_by_field() {
        let good = Typed {
            facts: Facts {
                code_number: "05".into(),
                code_notation: "QĐ-UBND".into(),
                issued_on: Some("2026-01-05".parse().unwrap()),
                kind: String::new(),
                organ: "Sở Mẫu".into(),
                subject: "Về việc mẫu".into(),
            },
            day_wrong: false,
            compared: true,
            revision: 1,
        };
        let check = |change: fn(&mut Typed), expected: &[(&str, &str)]| {
            let mut typed = good.clone();
            change(&mut typed);
            let found = faults(&typed, "2026-03-01".parse().unwrap());
            let found: Vec<(&str, &str)> = found.iter().map(|f| (f.field.as_str(), f.code.as_ref())).collect();
            assert_eq!(found, expected);
        };
        check(|_| {}, &[]);
        check(|t| t.facts.code_number = "12a".into(), &[]);
        check(|t| t.facts.code_number = "O5/".into(), &[("number", "number_invalid")]);
        check(|t| t.facts.code_number = "OS".into(), &[("number", "number_invalid")]);
        check(|t| t.facts.code_number.clear(), &[("number", "required")]);
        check(
            |t| {
                t.facts.code_number.clear();
                t.facts.code_notation.clear()
            },
            &[],
        );
        check(|t| t.facts.issued_on = None, &[("issued", "required")]);
        check(|t| t.day_wrong = true, &[("issued", "date_invalid")]);
        check(|t| t.facts.issued_on = Some("2026-03-02".parse().unwrap()), &[("issued", "date_future")]);
        check(|t| t.facts.subject = "a".repeat(501), &[("subject", "too_long")]);
        check(|t| t.facts.organ.clear(), &[("organ", "required")]);
        check(|t| t.compared = false, &[("compared", "required")]);
    }
}
