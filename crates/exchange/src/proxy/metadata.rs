//! What the directory answers itself: who takes part, and what a provider has.

use bytes::Bytes;
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};
use jiff::Timestamp;

use super::body::Playback;
use super::composing::plain;
use super::reading::Arrived;
use crate::directory::{Directory, Subsystem};
use crate::rules::address::Address;
use crate::rules::fault::{Fault, Leaf};
use crate::rules::headers;
use crate::rules::identifier::ClientId;

/// `/listClients`
pub(super) fn list_clients(directory: &Directory, parts: &Parts) -> Result<Response<Playback>, Fault> {
    if parts.method != hyper::Method::GET {
        return Err(Fault::client(Leaf::InvalidHttpMethod, "Metadata is read with GET"));
    }
    let instance = parameter(parts.uri.query(), "xRoadInstance");
    let json = headers::accept(&parts.headers).flat_map(|value| value.split(',')).any(|entry| {
        entry.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
    });
    Ok(if json {
        plain(StatusCode::OK, "application/json;charset=utf-8", directory.clients_json(instance.as_deref()))
    } else {
        plain(StatusCode::OK, "text/xml;charset=utf-8", directory.clients_xml(instance.as_deref()))
    })
}

pub(super) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    query?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| crate::rules::identifier::decode_part(value).ok())?
    })
}

/// The reserved services of a provider.
pub(super) fn metadata(
    directory: &Directory,
    provider: &Subsystem,
    address: &Address,
    client: &ClientId,
    now: Timestamp,
) -> Result<Arrived, Fault> {
    let json = match address.service.code.as_str() {
        "listMethods" => Bytes::from(directory.methods_json(provider)),
        "allowedMethods" => Bytes::from(directory.allowed_methods_json(provider, client.subsystem(), now)),
        _ => {
            let code = parameter(address.query.as_deref(), "serviceCode")
                .ok_or_else(|| Fault::provider_side(Leaf::InvalidRequest, "Add ?serviceCode= to name the service"))?;
            let service = provider.services.iter().find(|service| service.id.code == code).ok_or_else(|| {
                Fault::provider_side(Leaf::UnknownService, "The provider has no service of this code")
            })?;
            service
                .openapi
                .clone()
                .ok_or_else(|| Fault::provider_side(Leaf::InvalidRequest, "The service has no OpenAPI description"))?
        }
    };
    Ok(Arrived::json(json))
}
