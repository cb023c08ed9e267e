//! The addresses of RFC 7644 with their bodies.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use haidang_web::{Answer, Path, Query, Visitor};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::document::{Document, Shown, patched, regular};
use super::fault::{MEDIA, ScimFault};
use super::filter::Filter;
use super::groups::Group;
use super::schema::{Kind, LIST, PATCH};
use super::users::{By, User};
use crate::room::IdentityRoom;

/// Most resources in one answer.
pub(super) const MOST: usize = 200;
/// Resources in one answer when the client does not say.
const USUAL: usize = 100;

/// What a client asks of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    filter: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Option<String>,
    excluded_attributes: Option<String>,
}

/// The same as the body of a search.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Search {
    filter: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    attributes: Vec<String>,
    excluded_attributes: Vec<String>,
}

impl From<Search> for Asked {
    fn from(search: Search) -> Self {
        let list = |names: Vec<String>| (!names.is_empty()).then(|| names.join(","));
        Self {
            filter: search.filter,
            start_index: search.start_index,
            count: search.count,
            attributes: list(search.attributes),
            excluded_attributes: list(search.excluded_attributes),
        }
    }
}

impl Asked {
    fn shown(&self, kind: Kind) -> Shown {
        let names = |list: &Option<String>| list.clone().unwrap_or_default();
        let (only, without) = (names(&self.attributes), names(&self.excluded_attributes));
        Shown::new(kind, only.split(','), without.split(','))
    }
}

/// A resource ready to be sent.
struct Whole {
    kind: Kind,
    document: Document,
    etag: String,
    location: String,
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Where a resource is, by the public origin of the city.
fn location(visitor: &Visitor, kind: Kind, id: &str) -> String {
    format!("{}/scim/v2{}/{id}", visitor.site.settings.origin, kind.endpoint())
}

fn whole(
    visitor: &Visitor,
    kind: Kind,
    id: &str,
    mut document: Document,
    version: i64,
    times: [Timestamp; 2],
) -> Whole {
    let etag = format!("W/\"{version}\"");
    let location = location(visitor, kind, id);
    let mut schemas = vec![kind.core()];
    schemas.extend(kind.extensions().iter().copied().filter(|extension| document.contains_key(*extension)));
    document.insert("schemas".to_owned(), json!(schemas));
    document.insert("id".to_owned(), id.into());
    let meta = json!({
        "resourceType": kind.name(), "created": time(times[0]), "lastModified": time(times[1]),
        "location": location, "version": etag,
    });
    document.insert("meta".to_owned(), meta);
    Whole { kind, document, etag, location }
}

async fn whole_user(visitor: &Visitor, room: &IdentityRoom, user: User) -> Result<Whole, ScimFault> {
    let groups = room.scim_groups_of(&user.person).await?;
    Ok(with_groups(visitor, user, groups))
}

fn with_groups(visitor: &Visitor, user: User, groups: Vec<(String, String)>) -> Whole {
    let mut document = user.document;
    if !groups.is_empty() {
        let list = groups.into_iter().map(|(id, name)| {
            json!({ "value": id, "$ref": location(visitor, Kind::Group, &id), "display": name, "type": "direct" })
        });
        document.insert("groups".to_owned(), list.collect());
    }
    let times = [user.created_at, user.changed_at];
    whole(visitor, Kind::User, user.person.as_str(), document, user.version, times)
}

fn whole_group(visitor: &Visitor, group: Group) -> Whole {
    let mut document = group.document;
    for member in document.get_mut("members").and_then(Value::as_array_mut).into_iter().flatten() {
        let at = member.get("value").and_then(Value::as_str).map(|id| location(visitor, Kind::User, id));
        member["$ref"] = at.into();
    }
    whole(visitor, Kind::Group, &group.id, document, group.version, [group.created_at, group.changed_at])
}

pub(super) fn scim(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], body.to_string()).into_response()
}

fn send(status: StatusCode, whole: Whole, asked: &Asked) -> Response {
    let shown = asked.shown(whole.kind).of(whole.document);
    let mut response = scim(status, &shown.into());
    for (name, value) in [(header::ETAG, &whole.etag), (header::LOCATION, &whole.location)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn object(bytes: &Bytes) -> Result<Map<String, Value>, ScimFault> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| ScimFault::Wrong("invalidSyntax", "the body is no JSON".to_owned()))?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(ScimFault::Wrong("invalidSyntax", "the body is an object".to_owned())),
    }
}

/// Whether one of the versions named in the header is this one.
fn names_version(headers: &HeaderMap, header: header::HeaderName, version: i64) -> Option<bool> {
    let value = headers.get(header)?.to_str().ok()?;
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    Some(value.split(',').any(|tag| tag.trim() == "*" || plain(tag) == version.to_string()))
}

fn fresh(headers: &HeaderMap, version: i64) -> Result<(), ScimFault> {
    match names_version(headers, header::IF_MATCH, version) {
        Some(false) => Err(ScimFault::Changed),
        _ => Ok(()),
    }
}

fn unchanged(headers: &HeaderMap, version: i64) -> bool {
    names_version(headers, header::IF_NONE_MATCH, version) == Some(true)
}

fn by(visitor: &Visitor) -> By {
    By { actor: visitor.actor_ref(), request: visitor.request_id.clone() }
}

/// The address parameter of one resource.
pub(crate) type Id = Path<String>;

pub(super) fn answer(result: Result<Response, ScimFault>) -> Answer {
    Ok(result.unwrap_or_else(IntoResponse::into_response))
}

async fn listed(visitor: &Visitor, room: &IdentityRoom, kinds: &[Kind], asked: &Asked) -> Result<Response, ScimFault> {
    let mut found = Vec::new();
    for kind in kinds {
        let filter = match asked.filter.as_deref().filter(|text| !text.trim().is_empty()) {
            None => None,
            // A search over all kinds may name what only one of them has; the others have no match.
            Some(text) => match Filter::parse(*kind, text) {
                Ok(filter) => Some(filter),
                Err(_) if kinds.len() > 1 => continue,
                Err(error) => return Err(error),
            },
        };
        for whole in resources(visitor, room, *kind, filter.as_ref()).await? {
            if filter.as_ref().is_none_or(|filter| filter.fits(&Value::Object(whole.document.clone()))) {
                found.push(whole);
            }
        }
    }
    let total = found.len();
    let first = usize::try_from(asked.start_index.unwrap_or(1).max(1)).unwrap_or(1);
    let count = asked.count.map_or(USUAL, |count| usize::try_from(count.max(0)).unwrap_or(0)).min(MOST);
    let page: Vec<Value> = found
        .into_iter()
        .skip(first - 1)
        .take(count)
        .map(|whole| Value::Object(asked.shown(whole.kind).of(whole.document)))
        .collect();
    let body = json!({
        "schemas": [LIST], "totalResults": total, "startIndex": first, "itemsPerPage": page.len(), "Resources": page,
    });
    Ok(scim(StatusCode::OK, &body))
}

async fn resources(
    visitor: &Visitor,
    room: &IdentityRoom,
    kind: Kind,
    filter: Option<&Filter>,
) -> Result<Vec<Whole>, ScimFault> {
    let mut found = Vec::new();
    match kind {
        Kind::User => {
            // The question every directory asks first is answered by the index.
            if let Some(name) = filter.and_then(|filter| filter.equal_to("userName")) {
                if let Some(user) = room.scim_user_named(name).await? {
                    found.push(whole_user(visitor, room, user).await?);
                }
                return Ok(found);
            }
            let mut groups = room.scim_memberships().await?;
            for user in room.scim_users().await? {
                let own = groups.remove(user.person.as_str()).unwrap_or_default();
                found.push(with_groups(visitor, user, own));
            }
        }
        Kind::Group => {
            found.extend(room.scim_groups().await?.into_iter().map(|group| whole_group(visitor, group)));
        }
    }
    Ok(found)
}

/// Accounts.
pub(crate) async fn list_scim_users(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    answer(listed(&visitor, &room, &[Kind::User], &asked).await)
}

/// Groups.
pub(crate) async fn list_scim_groups(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(asked): Query<Asked>,
) -> Answer {
    answer(listed(&visitor, &room, &[Kind::Group], &asked).await)
}

async fn searched(visitor: &Visitor, room: &IdentityRoom, kinds: &[Kind], body: &Bytes) -> Result<Response, ScimFault> {
    let search: Search = serde_json::from_value(Value::Object(object(body)?))
        .map_err(|_| ScimFault::Wrong("invalidSyntax", "the search does not read".to_owned()))?;
    listed(visitor, room, kinds, &search.into()).await
}

/// Searches accounts.
pub(crate) async fn search_scim_users(visitor: Visitor, State(room): State<IdentityRoom>, body: Bytes) -> Answer {
    answer(searched(&visitor, &room, &[Kind::User], &body).await)
}

/// Searches groups.
pub(crate) async fn search_scim_groups(visitor: Visitor, State(room): State<IdentityRoom>, body: Bytes) -> Answer {
    answer(searched(&visitor, &room, &[Kind::Group], &body).await)
}

/// Searches both.
pub(crate) async fn search_scim(visitor: Visitor, State(room): State<IdentityRoom>, body: Bytes) -> Answer {
    answer(searched(&visitor, &room, &[Kind::User, Kind::Group], &body).await)
}

async fn user_made(visitor: &Visitor, room: &IdentityRoom, asked: &Asked, body: &Bytes) -> Result<Response, ScimFault> {
    let document = regular(Kind::User, &object(body)?)?;
    let user = room.scim_add_user(document, &by(visitor)).await?;
    Ok(send(StatusCode::CREATED, whole_user(visitor, room, user).await?, asked))
}

/// Makes an account.
pub(crate) async fn make_scim_user(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(asked): Query<Asked>,
    body: Bytes,
) -> Answer {
    answer(user_made(&visitor, &room, &asked, &body).await)
}

async fn group_made(
    visitor: &Visitor,
    room: &IdentityRoom,
    asked: &Asked,
    body: &Bytes,
) -> Result<Response, ScimFault> {
    let document = regular(Kind::Group, &object(body)?)?;
    let group = room.scim_add_group(&document, &by(visitor)).await?;
    Ok(send(StatusCode::CREATED, whole_group(visitor, group), asked))
}

/// Makes a group.
pub(crate) async fn make_scim_group(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Query(asked): Query<Asked>,
    body: Bytes,
) -> Answer {
    answer(group_made(&visitor, &room, &asked, &body).await)
}

/// One account.
pub(crate) async fn get_scim_user(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    let shown = async {
        let user = room.scim_user(&id).await?;
        if unchanged(&headers, user.version) {
            return Ok(StatusCode::NOT_MODIFIED.into_response());
        }
        Ok(send(StatusCode::OK, whole_user(&visitor, &room, user).await?, &asked))
    };
    answer(shown.await)
}

/// One group.
pub(crate) async fn get_scim_group(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Answer {
    let shown = async {
        let group = room.scim_group(&id).await?;
        if unchanged(&headers, group.version) {
            return Ok(StatusCode::NOT_MODIFIED.into_response());
        }
        Ok(send(StatusCode::OK, whole_group(&visitor, group), &asked))
    };
    answer(shown.await)
}

/// How a resource is changed: as a whole, or in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Put,
    Patch,
}

fn changed(kind: Kind, how: How, before: &Document, body: &Bytes) -> Result<Document, ScimFault> {
    let body = object(body)?;
    if how == How::Put {
        return regular(kind, &body);
    }
    let named = body.get("schemas").and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == PATCH));
    if !named {
        return Err(ScimFault::Wrong("invalidSyntax", "the body is no PatchOp".to_owned()));
    }
    patched(kind, before, &body)
}

async fn user_changed(
    visitor: &Visitor,
    room: &IdentityRoom,
    request: (&str, &Asked, &HeaderMap, &Bytes),
    how: How,
) -> Result<Response, ScimFault> {
    let (id, asked, headers, body) = request;
    let before = room.scim_user(id).await?;
    fresh(headers, before.version)?;
    let after = changed(Kind::User, how, &before.document, body)?;
    let user = room.scim_write_user(&visitor.site, &before, after, &by(visitor)).await?;
    Ok(send(StatusCode::OK, whole_user(visitor, room, user).await?, asked))
}

async fn group_changed(
    visitor: &Visitor,
    room: &IdentityRoom,
    request: (&str, &Asked, &HeaderMap, &Bytes),
    how: How,
) -> Result<Response, ScimFault> {
    let (id, asked, headers, body) = request;
    let before = room.scim_group(id).await?;
    fresh(headers, before.version)?;
    let after = changed(Kind::Group, how, &before.document, body)?;
    let group = room.scim_write_group(&visitor.site, &before, &after, &by(visitor)).await?;
    Ok(send(StatusCode::OK, whole_group(visitor, group), asked))
}

/// Replaces an account.
pub(crate) async fn replace_scim_user(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    answer(user_changed(&visitor, &room, (&id, &asked, &headers, &body), How::Put).await)
}

/// Changes parts of an account.
pub(crate) async fn patch_scim_user(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    answer(user_changed(&visitor, &room, (&id, &asked, &headers, &body), How::Patch).await)
}

/// Replaces a group.
pub(crate) async fn replace_scim_group(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    answer(group_changed(&visitor, &room, (&id, &asked, &headers, &body), How::Put).await)
}

/// Changes parts of a group.
pub(crate) async fn patch_scim_group(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    answer(group_changed(&visitor, &room, (&id, &asked, &headers, &body), How::Patch).await)
}

/// Takes an account out of the directory.
pub(crate) async fn delete_scim_user(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    headers: HeaderMap,
) -> Answer {
    let removed = async {
        let known = room.scim_user(&id).await?;
        fresh(&headers, known.version)?;
        room.scim_remove_user(&visitor.site, &known, &by(&visitor)).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer(removed.await)
}

/// Removes a group.
pub(crate) async fn delete_scim_group(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Id,
    headers: HeaderMap,
) -> Answer {
    let removed = async {
        let known = room.scim_group(&id).await?;
        fresh(&headers, known.version)?;
        room.scim_remove_group(&visitor.site, &known, &by(&visitor)).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer(removed.await)
}
