//! Saving the log of who looked: a table for spreadsheets, or JSON for programs.

use super::accesses::{Asked, Names, what};
use super::reader;
use crate::room::VaultRoom;
use crate::rules;
use axum::body::Body;
use axum::extract::State;
use haidang_contracts::access::AccessRow;
use haidang_contracts::exchange::Delivery;
use haidang_kernel::problem::Problem;
use haidang_ui::{Lang, t};
use haidang_web::{Answer, Disposition, Query, Visitor, file};
use serde_json::json;

/// Columns of the table, in order.
const HEADS: [&str; 16] = [
    "vault-csv-at",
    "vault-csv-who",
    "vault-csv-agency",
    "vault-csv-post",
    "vault-csv-what",
    "vault-csv-purpose",
    "vault-csv-basis",
    "vault-csv-case",
    "vault-csv-mandate",
    "vault-csv-emergency",
    "vault-csv-delayed",
    "vault-csv-state",
    "vault-csv-id",
    "vault-csv-system",
    "vault-csv-fields",
    "vault-csv-digest",
];

fn instant(at: jiff::Timestamp) -> String {
    at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn push_row<'t>(text: &mut String, cells: impl Iterator<Item = &'t str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&rules::csv_cell(cell));
    }
    text.push_str("\r\n");
}

async fn table(lang: Lang, names: &mut Names<'_>, rows: &[AccessRow]) -> Result<String, Problem> {
    // With a mark of the byte order, or spreadsheets take Vietnamese for another alphabet.
    let mut text = String::from('\u{feff}');
    push_row(&mut text, HEADS.map(|key| t(lang, key, &[])).iter().map(String::as_str));
    let said = |value: &Option<String>| value.clone().unwrap_or_default();
    for row in rows {
        let seen = match (row.refused, rules::looked(&row.action)) {
            (true, _) => "vault-seen-refused",
            (false, true) => "vault-seen-looked",
            (false, false) => "vault-seen-wrote",
        };
        let delivered = |fact: fn(&Delivery) -> String| row.delivery.as_ref().map(fact).unwrap_or_default();
        let cells = [
            instant(row.at),
            names.who(lang, row).await?,
            said(&row.agency),
            said(&row.post),
            what(lang, row),
            said(&row.purpose),
            said(&row.legal_basis),
            said(&row.case_id),
            said(&row.mandate),
            said(&row.emergency),
            row.delayed.as_ref().map(|delayed| delayed.legal_basis.clone()).unwrap_or_default(),
            t(lang, seen, &[]),
            row.audit_id.clone(),
            delivered(|delivery| delivery.receiver_system.clone()),
            delivered(|delivery| match (delivery.whole, delivery.field_names.is_empty()) {
                (true, _) => "*".to_owned(),
                (false, true) => delivery.fields.join(", "),
                (false, false) => delivery.field_names.join(", "),
            }),
            delivered(|delivery| delivery.digest.clone()),
        ];
        push_row(&mut text, cells.iter().map(String::as_str));
    }
    Ok(text)
}

fn record(row: &AccessRow) -> serde_json::Value {
    json!({
        "id": row.audit_id, "at": instant(row.at), "actor_kind": row.actor_kind, "agency": row.agency, "post": row.post,
        "own": row.own, "action": row.action, "object_kind": row.object_kind, "object_id": row.object_id,
        "purpose": row.purpose, "legal_basis": row.legal_basis, "case_id": row.case_id, "mandate": row.mandate,
        "emergency": row.emergency, "refused": row.refused, "delivery": row.delivery,
        "delayed": row.delayed.as_ref().map(|d| json!({ "visible_from": instant(d.visible_from), "legal_basis": d.legal_basis })),
    })
}

/// The log as a file.
pub(crate) async fn download_accesses(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    let rows = room.export_looks(&reader(&visitor)?, &asked.filter()).await?;
    let name = t(visitor.lang, "vault-csv-file", &[]);
    let (text, ending, kind) = if asked.wants_json() {
        let all: Vec<_> = rows.iter().map(record).collect();
        (json!({ "items": all }).to_string(), "json", "application/json")
    } else {
        (table(visitor.lang, &mut Names::new(&room), &rows).await?, "csv", "text/csv; charset=utf-8")
    };
    let length = u64::try_from(text.len()).ok();
    file(Body::from(text), &format!("{name}.{ending}"), kind, length, Disposition::Attachment)
}
