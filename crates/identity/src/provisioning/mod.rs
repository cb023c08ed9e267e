//! Accounts that come from outside: SCIM 2.0 (RFC 7643, RFC 7644), by which a directory of the city keeps the accounts
//! and posts of officials. Bulk, sorting and passwords are not offered: nobody's password passes through here.

mod api;
mod discovery;
mod document;
mod fault;
mod filter;
mod groups;
mod path;
mod schema;
mod sql;
#[cfg(test)]
mod tests;
mod users;

pub(crate) use groups::{Bound, bound};

use crate::room::IdentityRoom;
use haidang_web::{Routes, Row};

const MANAGE: &str = "scim.manage";

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    let get = |id, path| Row::get(id, path).capability(MANAGE);
    Routes::new("identity", room)
        .protocol(get("get_scim_config", "/scim/v2/ServiceProviderConfig"), discovery::get_scim_config)
        .protocol(get("list_scim_resource_types", "/scim/v2/ResourceTypes"), discovery::list_scim_resource_types)
        .protocol(get("get_scim_resource_type", "/scim/v2/ResourceTypes/{scim}"), discovery::get_scim_resource_type)
        .protocol(get("list_scim_schemas", "/scim/v2/Schemas"), discovery::list_scim_schemas)
        .protocol(get("get_scim_schema", "/scim/v2/Schemas/{scim}"), discovery::get_scim_schema)
        .protocol(get("list_scim_users", "/scim/v2/Users"), api::list_scim_users)
        .protocol(get("get_scim_user", "/scim/v2/Users/{scim}"), api::get_scim_user)
        .protocol(
            Row::post("make_scim_user", "/scim/v2/Users").capability(MANAGE).audit("account.provisioned"),
            api::make_scim_user,
        )
        .protocol(
            Row::put("replace_scim_user", "/scim/v2/Users/{scim}").capability(MANAGE).audit("account.changed"),
            api::replace_scim_user,
        )
        .protocol(
            Row::patch("patch_scim_user", "/scim/v2/Users/{scim}").capability(MANAGE).audit("account.changed"),
            api::patch_scim_user,
        )
        .protocol(
            Row::delete("delete_scim_user", "/scim/v2/Users/{scim}").capability(MANAGE).audit("account.removed"),
            api::delete_scim_user,
        )
        .protocol(get("list_scim_groups", "/scim/v2/Groups"), api::list_scim_groups)
        .protocol(get("get_scim_group", "/scim/v2/Groups/{scim}"), api::get_scim_group)
        .protocol(
            Row::post("make_scim_group", "/scim/v2/Groups").capability(MANAGE).audit("group.provisioned"),
            api::make_scim_group,
        )
        .protocol(
            Row::put("replace_scim_group", "/scim/v2/Groups/{scim}").capability(MANAGE).audit("group.changed"),
            api::replace_scim_group,
        )
        .protocol(
            Row::patch("patch_scim_group", "/scim/v2/Groups/{scim}").capability(MANAGE).audit("group.changed"),
            api::patch_scim_group,
        )
        .protocol(
            Row::delete("delete_scim_group", "/scim/v2/Groups/{scim}").capability(MANAGE).audit("group.removed"),
            api::delete_scim_group,
        )
        .protocol(search("search_scim", "/scim/v2/.search"), api::search_scim)
        .protocol(search("search_scim_users", "/scim/v2/Users/.search"), api::search_scim_users)
        .protocol(search("search_scim_groups", "/scim/v2/Groups/.search"), api::search_scim_groups)
        .protocol(get("no_scim_resource", "/scim/v2/{*scim}"), discovery::no_scim_resource)
}

fn search(id: &'static str, path: &'static str) -> Row {
    Row::post(id, path).capability(MANAGE).no_mutation("a search that travels in a body")
}
