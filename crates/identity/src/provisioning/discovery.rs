//! What the server says of itself (RFC 7644, section 4).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use haidang_web::{Answer, Path, Visitor};
use serde_json::{Value, json};

use super::api::{Id, MOST, answer, scim};
use super::fault::ScimFault;
use super::schema::{Kind, LIST, SCHEMAS};

fn all(resources: Vec<Value>) -> Response {
    let body = json!({
        "schemas": [LIST], "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    scim(StatusCode::OK, &body)
}

/// What this server can do.
pub(crate) async fn get_scim_config(visitor: Visitor) -> Answer {
    let origin = &visitor.site.settings.origin;
    let token = json!({
        "type": "oauthbearertoken", "name": "Bearer token of a system",
        "description": "A token with the capability scim.manage", "primary": true,
    });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [token],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{origin}/scim/v2/ServiceProviderConfig") },
    });
    Ok(scim(StatusCode::OK, &body))
}

fn resource_types(visitor: &Visitor) -> Vec<Value> {
    let one = |kind: Kind| {
        let extensions: Vec<Value> =
            kind.extensions().iter().map(|schema| json!({ "schema": schema, "required": false })).collect();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": kind.name(), "name": kind.name(), "endpoint": kind.endpoint(), "schema": kind.core(),
            "schemaExtensions": extensions,
            "meta": {
                "resourceType": "ResourceType",
                "location": format!("{}/scim/v2/ResourceTypes/{}", visitor.site.settings.origin, kind.name()),
            },
        })
    };
    vec![one(Kind::User), one(Kind::Group)]
}

/// The kinds of resources.
pub(crate) async fn list_scim_resource_types(visitor: Visitor) -> Answer {
    Ok(all(resource_types(&visitor)))
}

fn one_of(list: &[Value], id: &str) -> Answer {
    answer(list.iter().find(|one| one["id"] == id).map(|one| scim(StatusCode::OK, one)).ok_or(ScimFault::NotFound))
}

/// One kind of resources.
pub(crate) async fn get_scim_resource_type(visitor: Visitor, Path(id): Id) -> Answer {
    one_of(&resource_types(&visitor), &id)
}

/// The published schemas.
pub(crate) async fn list_scim_schemas() -> Answer {
    Ok(all(SCHEMAS.clone()))
}

/// One schema.
pub(crate) async fn get_scim_schema(Path(id): Id) -> Answer {
    one_of(&SCHEMAS, &id)
}

/// Whatever else is asked for below this address does not exist, in words of this standard.
pub(crate) async fn no_scim_resource() -> Answer {
    Ok(ScimFault::NotFound.into_response())
}
