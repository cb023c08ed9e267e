//! Endpoints of this room, one resource a file.

mod agencies;
mod me;
mod tokens;

pub(crate) use agencies::{AgencyList, AgencyView, ListAgencies, get_agency, list_agencies};
pub(crate) use me::{Me, get_me};
pub(crate) use tokens::{ListTokens, MakeToken, TokenList, TokenMade, list_tokens, make_token, revoke_token};
