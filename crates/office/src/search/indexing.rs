//! What the parts say of their documents, each in the transaction of the change.

use super::following::FOLLOW;
use super::model::{DocumentText, Part};
use super::sql;
use haidang_kernel::problem::Problem;
use haidang_kernel::text::{nfc, tidy};
use haidang_store::{Tx, args};

/// Longest text kept of one document, in bytes: some thousand pages. What follows is not found by its words.
const LONGEST: usize = 8_000_000;

/// Makes a document findable as it stands after this transaction, by whom it names and nobody else. To be called
/// again whenever its text, its number or its readers change.
///
/// # Errors
/// What the database says.
pub async fn index_document(tx: &mut Tx<'_>, text: &DocumentText<'_>) -> Result<(), Problem> {
    let people: Vec<&str> = text.readers.people.iter().map(|person| person.as_str()).collect();
    let readers = serde_json::json!(people);
    let now = tx.ambient().now();
    let args = args![
        text.part.as_str(),
        text.document,
        text.agency,
        text.readers.unit,
        readers,
        tidy(text.title),
        tidy(text.number),
        tidy(text.organ),
        text.kind,
        text.issued_on,
        nfc(head(text.body, LONGEST)),
        now
    ];
    tx.execute(sql::PUT, args).await?;
    follow(tx, text.part, text.document).await
}

/// Takes a document out of the search, as when it was refused or withdrawn as a draft.
///
/// # Errors
/// What the database says.
pub async fn forget_document(tx: &mut Tx<'_>, part: Part, document: &str) -> Result<(), Problem> {
    let now = tx.ambient().now();
    if tx.execute(sql::REMOVE, args![part.as_str(), document, now]).await? > 0 {
        follow(tx, part, document).await?;
    }
    Ok(())
}

async fn follow(tx: &mut Tx<'_>, part: Part, document: &str) -> Result<(), Problem> {
    // One key a document: a single waiting job for all would make every transaction of the office wait for the others.
    let now = tx.ambient().now();
    tx.enqueue(FOLLOW, &format!("{}:{document}", part.as_str()), &(), now).await?;
    Ok(())
}

/// The beginning of a text, cut between letters.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(head("quyết", 100), "quyết");
        assert_eq!(head("quyết", 5), "quy");
        assert_eq!(head("", 5), "");
    }
}
