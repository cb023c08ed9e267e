//! Clients and signing keys for programs of the city's administration, and what a person agreed to tell systems.

pub(crate) mod clients;
pub(crate) mod grants;
pub(crate) mod keys;

use jiff::Timestamp;

/// A moment as the API writes it.
pub(crate) fn text(instant: Timestamp) -> String {
    instant.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
