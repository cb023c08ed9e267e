//! Endpoints of this part, one resource a file.

mod sessions;

pub(crate) use sessions::{SessionList, end_my_session, list_my_sessions};
