//! Documents that come: arrival, number, leader, instruction, work, answer, file; and the exchange with organs outside.
//!
//! `rules` says what may happen; `arriving`, `registering` and `routing` make it happen, each in one transaction on the
//! locked row; `reading` says who may look; `exchange` speaks to senders.

mod api;
mod arriving;
mod changing;
mod exchange;
mod filing;
mod finding;
mod listening;
pub mod model;
mod pages;
mod reading;
mod record;
mod registering;
mod routing;
pub mod rules;
mod settings;
pub mod sql;

pub use arriving::{CLERK, MOST_FILES, NewArrival, NewFile, Received, refuse_secret};
pub use exchange::{EXCHANGE, ExchangeMessages, Exchanged};
pub use listening::Arrivals;
pub use reading::{Choice, Same, Tray, View, Waits, Wanted, choices, deadline, waits};
pub use registering::{Registered, Registering};
pub use routing::{Instruction, Receiver, Until};
pub use settings::{Exchange, Settings, SettingsError};

use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::interconnection::Messages;
use haidang_contracts::papers::PaperAttachments;
use haidang_kernel::problem::Problem;
use haidang_web::Routes;
use model::{Arrival, Routing};
use std::path::PathBuf;
use std::sync::Arc;

/// What lets leaders instruct.
pub const ROUTE: &str = "document.route";
/// What lets officials read the documents of their organ.
pub const READ: &str = "document.read_unit";

/// What this part needs besides the room.
#[derive(Clone, Default)]
pub struct IncomingOffice {
    /// What the pack says.
    pub settings: Settings,
    /// Reads what documents carry inside; without it the clerk types what the paper says.
    pub attachments: Option<Arc<dyn PaperAttachments>>,
    /// Reads and writes messages of the exchange; without it the city exchanges with nobody outside.
    pub messages: Option<Arc<dyn Messages>>,
    /// Folders through which messages come and go.
    pub folders: Option<Folders>,
}

/// Folders through which messages come and go: another program carries them to and from the exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Where messages for others are laid.
    pub outgoing: PathBuf,
    /// Where messages of others lie.
    pub incoming: PathBuf,
}

/// Adds the pages and endpoints of this part.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    api::routes(pages::routes(routes))
}

/// Whether an instruction means the reader: themselves, or, while nobody took it over, their post.
pub(crate) fn is_mine(reader: &Reader<'_>, arrival: &Arrival, routing: &Routing) -> bool {
    match (&routing.person, &routing.role) {
        (Some(person), _) => reader.actor.person.as_str() == person,
        (None, Some(role)) => reader.actor.holds(role, &arrival.agency),
        (None, None) => false,
    }
}

/// Refuses words that are none or too many.
pub(crate) fn words_problem(field: &'static str, words: &str) -> Result<(), Problem> {
    match rules::words_fault(words) {
        None => Ok(()),
        Some(code) => Err(Problem::invalid("arrival_invalid", "words are missing or too long").field(field, code)),
    }
}
