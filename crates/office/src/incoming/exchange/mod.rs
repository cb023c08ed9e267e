//! Documents to and from organs outside the city, as messages in two folders: another program carries them to and from
//! the national exchange (VXP), so that its addresses and keys are no business of this room.
//!
//! A message is known by who sent it and by the identifier of its document: written under a name that stays the same
//! when it is written again, taken once however often it lies there.

mod sending;
mod taking;

use super::IncomingOffice;
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_kernel::problem::Problem;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use jiff::SignedDuration;

/// Kind of the job that looks into the folders.
pub const EXCHANGE: &str = "office.exchange";
/// Messages of one round and one direction.
const ROUND: usize = 100;
/// Longest message that is read, in bytes: 300 MB, as the standard allows.
const MOST_BYTES: u64 = 300 << 20;

/// What one look into the folders did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// Messages laid out for others.
    pub written: usize,
    /// Messages of others taken.
    pub taken: usize,
    /// Messages of others put aside.
    pub refused: usize,
    /// Messages that wait for the next look.
    pub waiting: usize,
}

/// Looks into the folders every minute.
pub struct ExchangeMessages(pub OfficeRoom);

#[async_trait]
impl Handler for ExchangeMessages {
    fn kind(&self) -> &'static str {
        EXCHANGE
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let done = self.0.exchange_messages().await.map_err(super::listening::failure)?;
        if done != Exchanged::default() {
            tracing::info!(done.written, done.taken, done.refused, done.waiting, "messages exchanged");
        }
        Ok(())
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(SignedDuration::from_mins(1))
    }
}

impl OfficeRoom {
    /// Writes what waits for organs outside, takes what lies there from them. Nothing where the city exchanges with
    /// nobody.
    ///
    /// # Errors
    /// What the database or the file system says.
    pub async fn exchange_messages(&self) -> Result<Exchanged, Problem> {
        let IncomingOffice { messages: Some(messages), folders: Some(folders), .. } = &self.incoming else {
            return Ok(Exchanged::default());
        };
        for folder in [&folders.outgoing, &folders.incoming] {
            tokio::fs::create_dir_all(folder).await.map_err(|error| file_problem(folder, &error))?;
        }
        let written = self.send_messages(messages, &folders.outgoing).await?;
        let taken = self.take_messages(messages, &folders.incoming).await?;
        Ok(Exchanged { written, ..taken })
    }
}

/// A fault of the file system, with the place an operator looks at.
fn file_problem(path: &std::path::Path, error: &std::io::Error) -> Problem {
    Problem::unavailable("exchange_folder", format!("{}: {error}", path.display()))
}
