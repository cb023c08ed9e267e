//! Documents that prove themselves: files that carry their signatures, and judging them.
//!
//! `pdf` reads and extends files, `pades` signs and judges them (ETSI EN 319 142-1). Keys, certificates and time
//! stamps are those of `signing`; who may sign is decided elsewhere. `edxml` writes and reads the messages in which offices
//! send documents to each other. `typeset` makes papers from templates of the pack,
//! `lint` judges their layout.

pub mod edxml;
pub mod lint;
pub mod pades;
pub mod pdf;
pub mod typeset;
