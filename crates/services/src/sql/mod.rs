//! Every SQL statement of this room, as constants, one text for both databases.

pub mod bulk;
pub mod case;
pub mod draft;
pub mod inbox;
pub mod record;
pub mod supplement;
pub mod task;
pub mod version;
