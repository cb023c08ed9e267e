//! The API document (OpenAPI 3.1) from the rows alone: what is not a row is not in it, what is a row cannot be left out.

use crate::row::{Allow, Row, SchemaDoc, Surface};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::{RefOr, Schema};

/// The document of these rows; the same rows give the same bytes, in whatever order they were mounted.
pub fn openapi(rows: &[Row], origin: &str) -> Value {
    let mut paths: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    let mut rooms = BTreeSet::new();
    for row in rows.iter().filter(|row| row.surface == Surface::Api && !row.hidden) {
        rooms.insert(row.room);
        let operation = operation(row, &mut schemas);
        paths.entry(row.path).or_default().insert(row.method.as_str().to_ascii_lowercase(), operation);
    }
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hải Đăng",
            "version": "v1",
            "description": "Every act a page can do. Errors are RFC 9457 problems with a stable `code`. Times are RFC 3339 with offset. Lists are `{items, next}` with an opaque cursor. Send `Idempotency-Key` with every mutation.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [{ "url": origin }],
        "tags": rooms.iter().map(|room| json!({ "name": room })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "The request was refused or failed; `code` says why.",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
                }
            },
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "Token of a system or of a person's program." },
                "session": { "type": "apiKey", "in": "cookie", "name": "hd_sid", "description": "Session of a browser; unsafe requests must come from our own pages." }
            }
        }
    })
}

fn operation(row: &Row, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".into(), row.id.into());
    operation.insert("tags".into(), json!([row.room]));
    if let Some(summary) = row.summary {
        operation.insert("summary".into(), summary.into());
    }
    let description: Vec<String> = row.description.map(str::to_owned).into_iter().chain([permission(row)]).collect();
    operation.insert("description".into(), description.join("\n\n").into());
    let parameters = parameters(row);
    if !parameters.is_empty() {
        operation.insert("parameters".into(), parameters.into());
    }
    if let Some(body) = &row.body {
        let schema = reference(body, schemas);
        operation.insert(
            "requestBody".into(),
            json!({ "required": true, "content": { "application/json": { "schema": schema } } }),
        );
    } else if row.upload.is_some() {
        let file = json!({ "type": "object", "properties": { "file": { "type": "string", "contentMediaType": "application/octet-stream" } } });
        operation.insert(
            "requestBody".into(),
            json!({ "required": true, "content": { "multipart/form-data": { "schema": file } } }),
        );
    }
    operation.insert("responses".into(), responses(row, schemas));
    let security = match row.allow {
        Some(Allow::Anyone) => json!([{}, { "token": [] }, { "session": [] }]),
        Some(Allow::System) => json!([{ "token": [] }]),
        _ => json!([{ "token": [] }, { "session": [] }]),
    };
    operation.insert("security".into(), security);
    if let Some(event) = row.audit {
        operation.insert("x-audit".into(), event.into());
    }
    Value::Object(operation)
}

/// Who may, in words.
fn permission(row: &Row) -> String {
    match row.allow {
        None | Some(Allow::Anyone) => "Everybody may ask.".to_owned(),
        Some(Allow::SignedIn) => "For whoever is signed in.".to_owned(),
        Some(Allow::Resident) => "For residents and representatives of organisations.".to_owned(),
        Some(Allow::Official) => "For officials in a post.".to_owned(),
        Some(Allow::Capability(capability)) => format!("Needs the capability `{capability}`."),
        Some(Allow::AnyCapability(any)) => format!("Needs one of the capabilities `{}`.", any.join("`, `")),
        Some(Allow::System) => "For systems with a token.".to_owned(),
    }
}

fn parameters(row: &Row) -> Vec<Value> {
    let mut list: Vec<Value> = row
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')))
        .map(|name| json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(query) = row.query {
        list.extend(query().iter().filter_map(|p| serde_json::to_value(p).ok()));
    }
    if row.is_unsafe() && row.audit.is_some() && row.upload.is_none() {
        list.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same key with the same request gives the first answer again.",
            "schema": { "type": "string", "maxLength": 255 }
        }));
    }
    list
}

fn responses(row: &Row, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut answers: BTreeMap<String, Value> = BTreeMap::new();
    for returns in &row.returns {
        let mut answer = json!({ "description": status_text(returns.status) });
        match (&returns.schema, returns.media_type) {
            (Some(schema), Some(media)) => {
                answer["content"] = json!({ media: { "schema": reference(schema, schemas) } })
            }
            (None, Some(media)) => answer["content"] = json!({ media: {} }),
            _ => {}
        }
        answers.insert(returns.status.to_string(), answer);
    }
    if answers.is_empty() {
        answers.insert("200".to_owned(), json!({ "description": status_text(200) }));
    }
    for status in problem_statuses(row) {
        let refused = json!({ "$ref": "#/components/responses/Problem" });
        answers.entry(status.to_string()).or_insert(refused);
    }
    json!(answers)
}

/// Refusals that the row itself brings with it; a client must be ready for others too (`default`).
fn problem_statuses(row: &Row) -> Vec<&'static str> {
    let mut list = Vec::new();
    if row.allow != Some(Allow::Anyone) {
        list.extend(["401", "403"]);
    }
    if row.path.contains('{') {
        list.push("404");
    }
    if row.is_unsafe() {
        list.extend(["409", "422"]);
    }
    if row.body.is_some() || row.upload.is_some() {
        list.extend(["400", "413", "415"]);
    }
    if row.query.is_some() {
        list.push("422");
    }
    list.extend(["429", "default"]);
    list
}

fn status_text(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Answer")
}

/// A named schema goes under `components`, with everything it names; a nameless one (a list, a text) stands in place.
fn reference(doc: &SchemaDoc, schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    (doc.collect)(&mut found);
    for (name, schema) in found {
        if let Ok(value) = serde_json::to_value(&schema) {
            schemas.entry(name).or_insert(value);
        }
    }
    let schema = serde_json::to_value((doc.schema)()).unwrap_or_default();
    let is_object = schema.get("properties").is_some()
        || schema.get("oneOf").is_some()
        || schema.get("enum").is_some()
        || schema.get("allOf").is_some();
    if !is_object {
        return schema;
    }
    schemas.entry(doc.name.clone()).or_insert(schema);
    json!({ "$ref": format!("#/components/schemas/{}", doc.name) })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457 problem.",
        "required": ["type", "title", "status", "code", "reference"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string", "description": "In the language of `Accept-Language` (vi or en)." },
            "status": { "type": "integer" },
            "code": { "type": "string", "description": "Stable snake_case code." },
            "detail": { "type": "string" },
            "reference": { "type": "string", "description": "To be read out to the help desk." },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "code"],
                    "properties": {
                        "field": { "type": "string", "description": "Name of the field or JSON pointer." },
                        "code": { "type": "string" },
                        "message": { "type": "string" }
                    }
                }
            }
        }
    })
}
