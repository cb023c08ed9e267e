//! Endpoints of this room, one resource a file.

mod accesses;
mod disclosures;
mod items;

pub(crate) use accesses::{
    AccessList, AskedView, ListLog, QuestionList, ask_about_access_api, list_access_questions, list_own_accesses,
};
pub(crate) use disclosures::{Disclosure, Extract, extract_under_grant, read_under_grant};
pub(crate) use items::{ItemList, ItemView, ListItems, get_item, get_item_file, list_items};

use jiff::Timestamp;

/// An instant in the time of the city, RFC 3339.
fn instant(at: Timestamp) -> String {
    at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
