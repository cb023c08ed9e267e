//! Number and seal (mode A): the clerk takes the next number of the register, fills number and date into the two fields
//! kept empty for them, and the organ's signature closes the paper.
//!
//! The number is taken in the transaction that moves the document, so it can be taken once only; the organ's signature
//! comes after, and when it fails or the machine stops between the two, the document waits with its number.

use super::model::{Document, code};
use super::moving::Move;
use super::paper::Paper;
use super::record;
use super::searching::Findable;
use super::signing::{ORGAN, Request};
use super::sql;
use super::table::{Action, Given, State, Step};
use crate::reader::Reader;
use crate::registers::{Claim, Columns, Direction, Entry, take};
use crate::room::OfficeRoom;
use haidang_contracts::papers::{FileToSign, RECORD_FIELD, SignatureRole, SigningOrder, SigningParty};
use haidang_kernel::problem::Problem;
use haidang_store::args;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// `ngày 05 tháng 01 năm 2026`: days below ten and the first two months padded (Appendix I, Part I, II.4).
pub(super) fn printed_date(date: Date) -> String {
    let month = if date.month() <= 2 { format!("{:02}", date.month()) } else { date.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", date.day(), date.year())
}

impl OfficeRoom {
    /// Takes the number when there is none yet, and seals. Called again after an interruption it goes on where it
    /// stopped, with the same number.
    ///
    /// # Errors
    /// `transition_not_allowed`, `document_moved`, `not_your_part`, `officer_signature_missing`, `signature_invalid`,
    /// what the register says (`register_frozen`, …) and what the keys say.
    pub async fn number_and_seal(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let document = self.document(reader, id).await?;
        let revision = if document.state == State::Numbered {
            revision
        } else {
            self.number_document(reader, id, revision).await?;
            revision + 1
        };
        self.seal_document(reader, id, revision, activation).await
    }

    /// Takes the number.
    ///
    /// # Errors
    /// As [`OfficeRoom::number_and_seal`].
    pub async fn number_document(&self, reader: &Reader<'_>, id: &str, revision: i64) -> Result<(), Problem> {
        let (document, step) = self.ready(reader, id, revision, Action::Number, Given::default()).await?;
        let content = self.content(&document, document.version).await?;
        let organ = self.organ(&document.agency).await?;
        let kind = self.documents.kind(&document.kind);
        let kind = kind.ok_or_else(|| Problem::conflict("kind_unknown", "the pack no longer knows this kind"))?;
        let notation = self.documents.notation(kind, &organ);
        let today = self.ambient.today();
        let receivers: Vec<&str> = content.recipients.iter().map(|one| one.name()).collect();
        let summary = Entry {
            notation: notation.clone(),
            kind: if kind.named { kind.name.vi.clone() } else { String::new() },
            subject: document.subject.clone(),
            signer: document.signer_name.clone(),
            receivers: receivers.join("; "),
            kept_by: "Văn thư".to_owned(),
            copies: i64::try_from(receivers.len()).ok(),
            ..Entry::default()
        };
        let direction = match document.course {
            super::model::Course::Out => Direction::Out,
            super::model::Course::Internal => Direction::Internal,
        };
        let claim = Claim {
            agency: &document.agency,
            direction,
            group: &kind.group,
            document: id,
            on: today,
            summary: Columns::of(&summary)?,
        };
        let found = self.findable(&document, &content).await?;
        self.write_number(reader, &document, step, &claim, &notation, found).await
    }

    async fn write_number(
        &self,
        reader: &Reader<'_>,
        document: &Document,
        step: &'static Step,
        claim: &Claim<'_>,
        notation: &str,
        found: Findable,
    ) -> Result<(), Problem> {
        let moved = Move::new(self, reader, document, step);
        let (moved, found, ambient, id) = (&moved, &found, &self.ambient, document.id.as_str());
        self.db
            .transaction_in_line(|tx| {
                Box::pin(async move {
                    // The document first: whoever comes second leaves before the register is touched.
                    moved.write(tx).await?;
                    let taken = take(tx, ambient, claim).await?;
                    let values = args![id, taken.register.as_str(), taken.number, notation, claim.on];
                    if tx.execute(sql::SET_NUMBER, values).await? == 0 {
                        return Err(super::moving::refused("number_taken"));
                    }
                    found.clone().numbered(&code(taken.number, notation), claim.on).write(tx).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// The record of a document that has its number.
    pub(super) async fn record_of(&self, document: &Document, paper: &Paper) -> Result<serde_json::Value, Problem> {
        let content = self.content(document, document.version).await?;
        let kind = self.documents.kind(&document.kind);
        let kind = kind.ok_or_else(|| Problem::conflict("kind_unknown", "the pack no longer knows this kind"))?;
        Ok(record::outgoing(&record::Given {
            document,
            content: &content,
            kind,
            organ: &self.organ(&document.agency).await?,
            settings: &self.documents,
            post: paper.block.last().map(String::as_str).unwrap_or_default(),
            pages: Some(paper.pages),
        }))
    }

    /// Fills number, date and record and closes the paper with the organ's signature.
    ///
    /// # Errors
    /// As [`OfficeRoom::number_and_seal`]; `number_missing`.
    pub async fn seal_document(
        &self,
        reader: &Reader<'_>,
        id: &str,
        revision: i64,
        activation: Option<String>,
    ) -> Result<(), Problem> {
        let (document, step) = self.ready(reader, id, revision, Action::Seal, Given::default()).await?;
        let (Some(number), Some(date), Some(notation)) =
            (document.code_number, document.issued_on, document.code_notation.as_deref())
        else {
            return Err(super::moving::refused("number_missing"));
        };
        let organ = self.organ(&document.agency).await?;
        let paper = self.paper(&document).await?;
        let fill = BTreeMap::from([
            ("number".to_owned(), format!("{number:02}")),
            ("date".to_owned(), printed_date(date)),
            (RECORD_FIELD.to_owned(), self.record_of(&document, &paper).await?.to_string()),
        ]);
        let file = FileToSign {
            bytes: self.paper_bytes(&paper.sha256).await?,
            place: paper.places.get(ORGAN).copied(),
            fill,
            prepare: BTreeMap::new(),
            field: ORGAN.to_owned(),
            reason: format!("Phát hành văn bản số {}", code(number, notation)),
        };
        let order = SigningOrder {
            role: SignatureRole::Organ,
            party: SigningParty::Organ { agency: document.agency.clone(), name: organ.name_vi },
            files: vec![file],
            activation,
        };
        let requests = [Request {
            document: document.id.clone(),
            role: "organ",
            sha256: paper.sha256.clone(),
            // The organ is the party, whoever of its clerks presses: two of them ask for one and the same signature.
            signer: document.agency.clone(),
        }];
        let files = self.signed_files(&requests, order).await?;
        let bytes = files.first().ok_or_else(|| super::moving::refused("paper_missing"))?;
        let paper = Paper { step: "organ".to_owned(), prepared: true, ..paper };
        let kept = self.keep_closed(reader, &document, step, &paper, bytes, &requests).await;
        if let Err(problem) = &kept {
            self.failed_signatures(&requests, problem).await?;
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_are_padded_as_the_decree_says() {
        let check = |day, expected: &str| assert_eq!(printed_date(day), expected);
        check(date(2026, 1, 5), "ngày 05 tháng 01 năm 2026");
        check(date(2026, 2, 28), "ngày 28 tháng 02 năm 2026");
        check(date(2026, 3, 3), "ngày 03 tháng 3 năm 2026");
        check(date(2026, 12, 31), "ngày 31 tháng 12 năm 2026");
    }
}
