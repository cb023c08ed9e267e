//! Documents that came and work files: a handled document is filed when it is laid into one, and not filed any more when
//! it was taken out of the last one.

use super::changing::{By, Change, locked, missing, next};
use super::model::Arrival;
use super::rules::{self, Act};
use super::{CLERK, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, Tx, args};
use serde_json::json;

impl OfficeRoom {
    /// Puts a handled document into an open work file, named by its id or notation.
    ///
    /// # Errors
    /// `case_file_unknown` with field `work_file`, `arrival_state`, `case_file_closed`.
    pub async fn file_arrival(&self, reader: &Reader<'_>, id: &str, work_file: &str) -> Result<(), Problem> {
        let arrival = self.arrival_of(reader, id).await?;
        let led = self
            .arrival_routings(id)
            .await?
            .iter()
            .any(|one| one.part == rules::Part::Lead && super::is_mine(reader, &arrival, one));
        if !led && !reader.actor.can_in(CLERK, &arrival.agency) {
            return Err(Problem::forbidden("not_allowed", "the clerk or whoever led the work puts it into a file"));
        }
        next(&arrival, Act::File)?;
        let file = self.named_case_file(reader, &arrival.agency, work_file).await?;
        self.lay_arrived(reader, &file, id).await
    }

    /// In the transaction that lays a document into a work file: one that is handled is filed. Answers whether it is.
    pub(crate) async fn arrival_laid(
        &self,
        tx: &mut Tx<'_>,
        reader: &Reader<'_>,
        id: &str,
        notation: &str,
    ) -> Result<bool, Problem> {
        let arrival = locked(tx, id, None).await?;
        let Some(state) = rules::after(arrival.state, Act::File) else { return Ok(false) };
        tx.execute(sql::FILE_AWAY, args![id, notation]).await?;
        let by = &By::official(reader, &arrival.agency);
        let change =
            Change { by, act: Act::File.as_str(), audit: "office.arrival_filed", words: notation, detail: json!({}) };
        self.record_change(tx, &arrival, state, change).await?;
        Ok(true)
    }

    /// In the transaction that takes something out of its last work file: a filed document is handled, no more. What is
    /// no document that came is nothing to change.
    pub(crate) async fn arrival_taken_out(
        &self,
        tx: &mut Tx<'_>,
        reader: &Reader<'_>,
        id: &str,
    ) -> Result<(), Problem> {
        let row: Result<_, StoreError> = tx.lock_optional(sql::ONE, args![id]).await;
        let Some(row) = row? else { return Ok(()) };
        let arrival = Arrival::read(&row)?;
        let Some(state) = rules::after(arrival.state, Act::TakeOut) else { return Ok(()) };
        let words = arrival.work_file.clone().unwrap_or_default();
        tx.execute(sql::TAKE_OUT, args![id]).await?;
        let by = &By::official(reader, &arrival.agency);
        let change = Change {
            by,
            act: Act::TakeOut.as_str(),
            audit: "office.arrival_taken_out",
            words: &words,
            detail: json!({}),
        };
        self.record_change(tx, &arrival, state, change).await
    }

    /// The text of a document that came, for rules that read it: of a scanned paper what was recognised, of any other
    /// what its pages show. The look is recorded by whoever opens the document.
    ///
    /// # Errors
    /// `text_unreadable` when it has none that can be read.
    pub(crate) async fn arrival_text(&self, reader: &Reader<'_>, id: &str) -> Result<String, Problem> {
        if let Some(text) = self.scanned_text(id).await? {
            return Ok(text);
        }
        let none =
            || Problem::invalid("text_unreadable", "no text can be read in the document").field("text", "unreadable");
        let file = self.arrival_file(reader, id, 0).await?;
        let Some(inside) = self.incoming.attachments.as_ref().filter(|_| file.media_type == "application/pdf") else {
            return Err(none());
        };
        let bytes = self.blobs.bytes(&file.sha256).await.map_err(|error| match error {
            StoreError::NotFound => missing(),
            other => other.into(),
        })?;
        match inside.text(bytes).await {
            Ok(text) if !text.trim().is_empty() => Ok(text),
            Ok(_) | Err(haidang_contracts::ContractError::Refused { .. }) => Err(none()),
            Err(error) => Err(error.into()),
        }
    }
}
