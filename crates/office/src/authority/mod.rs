//! Authority: heads of agencies, what they let others sign, and why somebody may sign.

mod giving;
mod model;
pub mod rules;
mod settings;
mod signing;
pub mod sql;

pub use giving::{MANAGE, NewDelegation, NewMandate};
pub use model::{Allowed, Delegation, Form, HeadMandate, Refusal, Signing, Term};
pub use settings::{AuthoritySettings, AuthoritySettingsError, Named, Organ, PLAIN_LETTER};
pub(crate) use signing::INSPECT;
