//! Pure rules and values every room shares; no input or output.
//!
//! Time, randomness and ids come from [`ambient::Ambient`], so that tests own them. Dates are
//! decided by the city's working calendar ([`calendar`]), texts are compared by [`text`] and shown
//! by [`format`](mod@format), and what must not be mixed up has a type of its own ([`id`], [`code`], [`number`]).

pub mod ambient;
pub mod bilingual;
pub mod calendar;
pub mod chain;
pub mod code;
pub mod format;
pub mod id;
pub mod keyed;
pub mod lunar;
pub mod money;
pub mod national;
pub mod number;
pub mod problem;
pub mod text;
pub mod time;
