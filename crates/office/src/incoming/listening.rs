//! What organs of the city tell each other, from the outbox: a dispatch arrives, a withdrawal takes it out of
//! hand. Each may come again and changes nothing then.

use super::arriving::{NewArrival, NewFile};
use super::changing::By;
use super::model::{Arrival, Details, Notice};
use super::rules::Channel;
use super::sql;
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_contracts::events::{DOCUMENT_DISPATCHED, DOCUMENT_WITHDRAWN, DocumentDispatched, DocumentWithdrawn};
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_store::args;
use haidang_store::outbox::{Consumer, Event, Failure};

/// Takes what other organs of the city send.
pub struct Arrivals(pub OfficeRoom);

/// A fault of the moment is tried again; what can never be taken is put aside with its reason.
pub(crate) fn failure(problem: Problem) -> Failure {
    let text = format!("{}: {}", problem.code, problem.detail);
    match problem.kind {
        ProblemKind::Internal | ProblemKind::Unavailable | ProblemKind::Conflict => Failure::Later(text),
        _ => Failure::Never(text),
    }
}

#[async_trait]
impl Consumer for Arrivals {
    fn name(&self) -> &'static str {
        "office.arrivals"
    }

    fn wants(&self, kind: &str) -> bool {
        kind == DOCUMENT_DISPATCHED || kind == DOCUMENT_WITHDRAWN
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        if event.kind == DOCUMENT_DISPATCHED {
            let sent: DocumentDispatched = event.read()?;
            self.0.take_dispatch(&sent).await.map_err(failure)
        } else {
            let told: DocumentWithdrawn = event.read()?;
            self.0.take_withdrawal(&told).await.map_err(failure)
        }
    }
}

impl OfficeRoom {
    /// A document that another organ of the city issued to one of ours.
    async fn take_dispatch(&self, sent: &DocumentDispatched) -> Result<(), Problem> {
        let kind = self.documents.kind(&sent.kind).filter(|kind| kind.named);
        let new = NewArrival {
            agency: sent.to_agency.clone(),
            channel: Channel::City,
            source_key: Some(format!("city/{}", sent.dispatch)),
            dispatch: Some(sent.dispatch.clone()),
            document: Some(sent.document.clone()),
            from_organ: Some(sent.from_agency.clone()),
            envelope: None,
            envelope_signer: None,
            details: Details {
                from_name: sent.from_name.clone(),
                code_number: format!("{:02}", sent.code_number),
                code_notation: sent.code_notation.clone(),
                issued_on: sent.issued_on.parse().ok(),
                kind: kind.map(|kind| kind.name.vi.clone()).unwrap_or_default(),
                subject: sent.subject.clone(),
                signer: sent.signer.clone(),
                urgency: sent.urgency,
                pages: None,
                answer_by: sent.due_date.as_deref().and_then(|day| day.parse().ok()),
            },
            secrecy: 0,
            files: vec![NewFile {
                sha256: sent.sha256.clone(),
                name: file_name(sent),
                media_type: "application/pdf".to_owned(),
                size: sent.size,
            }],
        };
        self.take_in(&By::system(), &new, false).await.map(drop)
    }

    /// The sender took a document back, replaced or corrected it. Events of one document come in order, so that what was
    /// dispatched has arrived by now.
    async fn take_withdrawal(&self, told: &DocumentWithdrawn) -> Result<(), Problem> {
        let notice =
            Notice { kind: told.kind.clone(), reason: told.reason.clone(), document: told.by_document.clone() };
        for row in self.db.fetch_all(sql::BY_DISPATCH, args![told.dispatch.as_str()]).await? {
            self.note_withdrawal(&Arrival::read(&row)?.id, &notice, &[]).await?;
        }
        Ok(())
    }
}

/// `05-QD-UBND.pdf`: what a person would name the file.
fn file_name(sent: &DocumentDispatched) -> String {
    let notation = haidang_kernel::text::fold(&sent.code_notation).to_uppercase();
    let plain: String = notation.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{:02}-{plain}.pdf", sent.code_number)
}
