//! The forms of what is done with a document: each is shown, sent, and shown again with its errors in the same way.

use super::{FormPage, clerk, messages, open, path_of, reader, work};
use crate::incoming::changing::missing;
use crate::incoming::is_mine;
use crate::incoming::model::{Arrival, Routing};
use crate::room::OfficeRoom;
use haidang_kernel::problem::{Problem, ProblemKind};
use haidang_ui::field::ErrorItem;
use haidang_web::{Answer, Fault, FormFields, Visitor, redirect};

/// A form of this part.
pub(super) enum Form<'f> {
    /// Number.
    Register,
    /// Back to the sender.
    Return,
    /// Leader.
    Submit,
    /// Work file.
    File,
    /// Instruction.
    Instruct,
    /// Answer to an instruction, by its id.
    Answer(&'f str),
    /// Result.
    Finish,
}

impl Form<'_> {
    /// The page with what was typed, or with what it begins with.
    async fn page(
        &self,
        visitor: &Visitor,
        room: &OfficeRoom,
        arrival: &Arrival,
        typed: Option<&FormFields>,
        errors: Vec<ErrorItem>,
    ) -> Result<FormPage, Fault> {
        let first = match (typed, self) {
            (Some(_), _) => FormFields::default(),
            (None, Form::Register) => clerk::first_registering(arrival),
            (None, Form::Instruct) => work::first_instructing(room, arrival),
            (None, Form::Answer(_)) => work::first_answering(),
            (None, _) => FormFields::default(),
        };
        let fields = typed.unwrap_or(&first);
        Ok(match self {
            Form::Register => clerk::registering(visitor, room, arrival, fields, errors),
            Form::Return => clerk::returning(visitor, arrival, fields, errors),
            Form::Submit => clerk::submitting(visitor, room, arrival, fields, errors).await?,
            Form::File => clerk::filing(visitor, room, arrival, fields, errors).await?,
            Form::Instruct => work::instructing(visitor, room, arrival, fields, errors).await?,
            Form::Answer(routing) => {
                let routing = own_routing(visitor, room, arrival, routing).await?;
                work::answering(visitor, arrival, &routing, fields, errors)
            }
            Form::Finish => work::finishing(visitor, arrival, fields, errors),
        })
    }

    /// The form of a document, opened.
    pub(super) async fn show(&self, visitor: &Visitor, room: &OfficeRoom, id: &str) -> Answer {
        let arrival = open(visitor, room, id).await?;
        self.page(visitor, room, &arrival, None, Vec::new()).await?.answer()
    }

    /// The form again, with its errors.
    pub(super) async fn again(
        &self,
        visitor: &Visitor,
        room: &OfficeRoom,
        id: &str,
        typed: &FormFields,
        errors: Vec<ErrorItem>,
    ) -> Answer {
        let arrival = open(visitor, room, id).await?;
        self.page(visitor, room, &arrival, Some(typed), errors).await?.answer()
    }

    /// What came of a form that was sent: the document with the word for what was done, or the form again with its
    /// errors; whoever was slower than somebody else is told on the document itself.
    pub(super) async fn sent<T>(
        &self,
        visitor: &Visitor,
        room: &OfficeRoom,
        id: &str,
        typed: &FormFields,
        (outcome, done): (Result<T, Problem>, &str),
    ) -> Answer {
        match outcome {
            Err(problem) if problem.kind == ProblemKind::Invalid => {
                self.again(visitor, room, id, typed, messages(visitor, &problem)).await
            }
            other => came(visitor, id, other, done),
        }
    }
}

/// The page of the document after an act without questions.
pub(super) fn came<T>(visitor: &Visitor, id: &str, outcome: Result<T, Problem>, done: &str) -> Answer {
    let word = match outcome {
        Ok(_) => done,
        Err(Problem { code: "arrival_must_be_returned", .. }) => "phai-tra-lai",
        Err(problem) if problem.kind == ProblemKind::Conflict => "da-doi",
        Err(problem) => return Err(problem.into()),
    };
    redirect(visitor.lang, &format!("{}?bao={word}", path_of(id)))
}

/// The reader's own instruction.
pub(super) async fn own_routing(
    visitor: &Visitor,
    room: &OfficeRoom,
    arrival: &Arrival,
    routing: &str,
) -> Result<Routing, Fault> {
    let reader = reader(visitor)?;
    let found = room.arrival_routings(&arrival.id).await?.into_iter().find(|one| one.id == routing);
    let found = found.filter(|one| is_mine(&reader, arrival, one));
    found.ok_or_else(|| missing().into())
}
