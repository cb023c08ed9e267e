//! "My signing key": what an official does with the keys that the city keeps for them, one at each agency. Activate it by
//! choosing a PIN, choose another PIN, suspend it and open it again, or give it up for a new one. Each asks for a second
//! factor that is fresh, so that nobody else opens a key, neither an administrator nor whoever finds a session.

mod acting;
mod pages;
mod rules;

pub use pages::{KeyDesk, TEXTS, key_routes};
pub use rules::KeyState;
