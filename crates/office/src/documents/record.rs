//! The record of an outgoing document (Decree 30/2020/NĐ-CP, Appendix VI, 16 fields), filled as far as it is known.

use super::model::{Content, Document, Recipient};
use super::settings::{Kind, Settings};
use haidang_contracts::identity::Agency;
use jiff::civil::Date;
use serde_json::{Value, json};

/// What the record is made from.
pub(super) struct Given<'g> {
    pub(super) document: &'g Document,
    pub(super) content: &'g Content,
    pub(super) kind: &'g Kind,
    pub(super) organ: &'g Agency,
    pub(super) settings: &'g Settings,
    /// Post of the signer as printed.
    pub(super) post: &'g str,
    pub(super) pages: Option<i64>,
}

/// At most so many characters, for the S-fields of the appendix.
fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// `dd/mm/yyyy`, ten characters (D10).
fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// The record. Before there is a number, `CodeNumber` and `IssuedDate` are empty: so it is in the attachment, which cannot
/// change once the officer has signed. With both it stands in the field `appendix_vi` that the organ's signature fills
/// and covers, and in the register.
pub(super) fn outgoing(given: &Given<'_>) -> Value {
    let (document, content) = (given.document, given.content);
    let organ_id = given.settings.organ_id(&document.agency).unwrap_or_default();
    let to: Vec<Value> = content
        .recipients
        .iter()
        .map(|one| {
            let id = match one {
                Recipient::City { agency, .. } => given.settings.organ_id(agency).unwrap_or_default(),
                Recipient::Organ { organ_id, .. } => organ_id,
                Recipient::Paper { .. } => "",
            };
            json!({ "OrganId": id, "OrganName": clip(one.name(), 200) })
        })
        .collect();
    json!({
        "FileCode": { "OrganId": organ_id, "FileCatalog": null, "FileNotation": "" },
        "DocOrdinal": null,
        "TypeName": clip(&given.kind.name.vi, 100),
        "CodeNumber": document.code_number.map(|number| format!("{number:02}")).unwrap_or_default(),
        "CodeNotation": given.settings.notation(given.kind, given.organ),
        "IssuedDate": document.issued_on.map(day).unwrap_or_default(),
        "OrganName": clip(&given.organ.name_vi, 200),
        "Subject": clip(&content.subject, 500),
        "Language": "Tiếng Việt",
        "PageAmount": given.pages,
        "Description": "",
        "SignerInfo": { "Position": clip(given.post, 100), "FullName": clip(&content.signer_name, 50) },
        "To": to,
        "Priority": content.urgency,
        "IssuedAmount": content.recipients.len(),
        "DueDate": content.due_on.map(day).unwrap_or_default(),
        "DocumentId": document.id,
    })
}
