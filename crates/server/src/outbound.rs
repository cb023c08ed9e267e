//! The guarded way out, as rooms below the doors ask for it.

use async_trait::async_trait;
use haidang_signing::{ServiceTransport, Transport, TransportError};
use haidang_web::client::{Guarded, OutboundAnswer, OutboundError};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};

/// Authorities of signatures, asked through the house's guarded client.
pub struct GuardedTransport {
    client: Guarded,
}

impl GuardedTransport {
    /// Asks through this client.
    pub fn new(client: Guarded) -> GuardedTransport {
        GuardedTransport { client }
    }
}

fn body(address: &str, answer: Result<OutboundAnswer, OutboundError>) -> Result<Vec<u8>, TransportError> {
    // Addresses of authorities stand in certificates and in configuration; they name no person.
    let refused = |reason: &dyn std::fmt::Display| TransportError(format!("{address}: {reason}"));
    match answer {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(refused(&format_args!("it answered {}", answer.status))),
        Err(error) => Err(refused(&error)),
    }
}

#[async_trait]
impl Transport for GuardedTransport {
    async fn post(&self, address: &str, media_type: &str, content: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        let media_type =
            HeaderValue::from_str(media_type).map_err(|_| TransportError(format!("{address}: no media type")))?;
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type)]);
        body(address, self.client.post(address, headers, content).await)
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, TransportError> {
        body(address, self.client.get(address).await)
    }
}

#[async_trait]
impl ServiceTransport for GuardedTransport {
    async fn post_json(&self, address: &str, token: &str, content: Vec<u8>) -> Result<(u16, Vec<u8>), TransportError> {
        let refused = |reason: &dyn std::fmt::Display| TransportError(format!("{address}: {reason}"));
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| refused(&"no token"))?;
        bearer.set_sensitive(true);
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json), (AUTHORIZATION, bearer)]);
        let answer = self.client.post(address, headers, content).await.map_err(|error| refused(&error))?;
        Ok((answer.status, answer.body))
    }
}
