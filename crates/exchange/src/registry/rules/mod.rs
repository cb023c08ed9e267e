//! What may happen to the registry: pure decisions, no input or output.

pub mod alerts;
pub mod certificates;
pub mod clock;
pub mod entries;
pub mod process;
pub mod proposals;
pub mod trial;
