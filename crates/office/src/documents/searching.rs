//! What a search finds of a document: its newest text, by whoever may read it. Said in the transaction of the change.

use super::model::{Content, Document};
use crate::room::OfficeRoom;
use crate::search::{DocumentText, Part, Readers, index_document};
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_store::Tx;
use jiff::civil::Date;

/// A document as it becomes findable.
#[derive(Clone)]
pub(super) struct Findable {
    document: String,
    agency: String,
    people: Vec<PersonId>,
    title: String,
    number: String,
    organ: String,
    kind: String,
    issued_on: Option<Date>,
    body: String,
}

impl Findable {
    /// With the number it takes in this transaction.
    pub(super) fn numbered(mut self, number: &str, on: Date) -> Self {
        self.number = number.to_owned();
        self.issued_on = Some(on);
        self
    }

    pub(super) async fn write(&self, tx: &mut Tx<'_>) -> Result<(), Problem> {
        let text = DocumentText {
            part: Part::Documents,
            document: &self.document,
            agency: &self.agency,
            readers: Readers { unit: true, people: &self.people },
            title: &self.title,
            number: &self.number,
            organ: &self.organ,
            kind: &self.kind,
            issued_on: self.issued_on,
            body: &self.body,
        };
        index_document(tx, &text).await
    }
}

impl OfficeRoom {
    /// A new document with its first text.
    pub(super) async fn findable_new(
        &self,
        id: &str,
        agency: &str,
        drafter: &PersonId,
        content: &Content,
    ) -> Result<Findable, Problem> {
        let people = PersonId::parse(&content.signer).into_iter().chain([drafter.clone()]);
        Ok(Findable {
            document: id.to_owned(),
            agency: agency.to_owned(),
            people: people.collect(),
            title: content.subject.clone(),
            number: String::new(),
            organ: self.organ(agency).await?.name_vi,
            kind: content.kind.clone(),
            issued_on: None,
            body: format!("{}\n{}", content.bases.join("\n"), content.body),
        })
    }

    /// A document with the text of one of its versions.
    pub(super) async fn findable(&self, document: &Document, content: &Content) -> Result<Findable, Problem> {
        let drafter = PersonId::parse(&document.drafter).map_err(|_| Problem::internal("the drafter is no id"))?;
        let mut found = self.findable_new(&document.id, &document.agency, &drafter, content).await?;
        found.people.extend(document.reviewer.as_deref().and_then(|asked| PersonId::parse(asked).ok()));
        found.number = document.code().unwrap_or_default();
        found.issued_on = document.issued_on;
        Ok(found)
    }
}
