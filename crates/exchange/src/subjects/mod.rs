//! Whom a call is about. An endpoint says where the numbers of people stand (`subject_selector`); they are read from the
//! query, the request and what the provider answered, in constant memory, and every one of them is told
//! ([`crate::usage`]).
//!
//! What is read of a body is what the filter of allowed fields would let through if the selectors were the agreement:
//! the same paths, the same strictness ([`crate::filter`]).

mod found;
mod leaves;
mod reader;
mod selector;

pub use found::{Found, MOST_SUBJECTS};
pub use reader::SubjectReader;
pub use selector::Selectors;

#[cfg(test)]
mod tests;
