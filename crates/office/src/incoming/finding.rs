//! What the search of the office knows of a document that came: said anew whenever its number or its readers change.

use super::model::{Arrival, Routing};
use super::sql;
use crate::room::OfficeRoom;
use crate::search::{DocumentText, Part, Readers, index_document};
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::{StoreError, Tx, args};

impl OfficeRoom {
    /// Makes a registered document findable by its organ and by whoever it was given to. What was not registered is in
    /// no book, and in no search.
    pub(crate) async fn index_arrival(&self, tx: &mut Tx<'_>, id: &str) -> Result<(), Problem> {
        let arrival = Arrival::read(&tx.fetch_one(sql::ONE, args![id]).await?)?;
        if arrival.arrival_number.is_none() {
            return Ok(());
        }
        let rows = tx.fetch_all(sql::ROUTINGS, args![id]).await?;
        let routings: Vec<Routing> = rows.iter().map(Routing::read).collect::<Result<_, StoreError>>()?;
        let people: Vec<PersonId> =
            routings.iter().filter_map(|one| PersonId::parse(one.person.as_deref()?).ok()).collect();
        let details = &arrival.details;
        let kind = self.documents.kinds.iter().find(|kind| kind.name.vi == details.kind);
        let text = DocumentText {
            part: Part::Incoming,
            document: &arrival.id,
            agency: &arrival.agency,
            readers: Readers { unit: true, people: &people },
            title: &details.subject,
            number: &details.code(),
            organ: &details.from_name,
            kind: kind.map(|kind| kind.id.as_str()).unwrap_or_default(),
            issued_on: details.issued_on,
            body: &details.signer,
        };
        index_document(tx, &text).await
    }
}
