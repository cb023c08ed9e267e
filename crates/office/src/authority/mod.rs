//! Authority: heads of agencies, what they let others sign, and why somebody may sign.

mod model;
pub mod rules;
mod signing;
pub mod sql;

pub use model::{Allowed, Delegation, Form, HeadMandate, Refusal, Signing, Term};
