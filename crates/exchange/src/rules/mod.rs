//! What may be asked and how it is written on the wire: pure decisions, no input or output.

pub mod address;
pub mod agreement;
pub mod breaker;
pub mod canonical;
pub mod credential;
pub mod decide;
pub mod fault;
pub mod glob;
pub mod headers;
pub mod identifier;
pub mod path;
pub mod quota;
pub mod record;
