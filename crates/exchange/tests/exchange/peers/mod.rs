//! Two exchanges, each with its own records, keys and directory, over real sockets.

mod faults;
mod pair;
mod passing;
mod refusals;
