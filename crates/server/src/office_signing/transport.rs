//! The way to authorities: the city's own answer in this process, every other one through the guarded client.

use async_trait::async_trait;
use haidang_signing::{ServiceTransport, Transport, TransportError};
use haidang_trust::{StatusAnswer, TrustError, TrustRoom};
use haidang_web::client::{Guarded, OutboundLimits};

use crate::outbound::GuardedTransport;

/// Largest answer: a revocation list of a national authority has a few megabytes.
const ANSWER_BYTES: usize = 16 << 20;

/// Asks authorities. What a certificate of the city names leads to the city itself, so that a signature does not depend on
/// the machine in front of it.
pub struct CityTransport {
    origin: String,
    own: Option<TrustRoom>,
    outside: Option<GuardedTransport>,
}

impl CityTransport {
    /// Answers for `origin` with the city's own authorities; `private_hosts` may be called although they are private.
    pub fn new(origin: String, own: Option<TrustRoom>, private_hosts: Vec<String>) -> CityTransport {
        let limits = OutboundLimits { answer_bytes: ANSWER_BYTES, ..OutboundLimits::default() };
        let outside = Guarded::new(private_hosts, limits);
        if let Err(error) = &outside {
            tracing::warn!(error = %error, "authorities of signatures cannot be called");
        }
        CityTransport { origin, own, outside: outside.ok().map(GuardedTransport::new) }
    }

    /// The path of an address of this city, and who answers it.
    fn own<'a>(&self, address: &'a str) -> Option<(&TrustRoom, &'a str)> {
        let path = address.strip_prefix(&self.origin).filter(|path| path.starts_with('/'))?;
        Some((self.own.as_ref()?, path))
    }

    fn outside(&self, address: &str) -> Result<&GuardedTransport, TransportError> {
        self.outside.as_ref().ok_or_else(|| TransportError(format!("{address}: no client")))
    }
}

fn failed(error: &TrustError) -> TransportError {
    TransportError(format!("the city's own authority: {error}"))
}

#[async_trait]
impl Transport for CityTransport {
    async fn post(&self, address: &str, media_type: &str, content: Vec<u8>) -> Result<Vec<u8>, TransportError> {
        match self.own(address) {
            Some((trust, "/tsa")) => Ok(trust.answer_stamp(&content).await.map_err(|error| failed(&error))?.content),
            Some((trust, "/ocsp")) => match trust.answer_status(&content).await.map_err(|error| failed(&error))? {
                StatusAnswer::Signed { answer, .. } => Ok(answer.content),
                StatusAnswer::Refused(content) => Ok(content),
            },
            _ => self.outside(address)?.post(address, media_type, content).await,
        }
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, TransportError> {
        let absent = || TransportError(format!("{address}: no such authority"));
        let Some((trust, path)) = self.own(address) else { return self.outside(address)?.get(address).await };
        if let Some(list) = path.strip_prefix("/trust/crl/").and_then(|file| file.strip_suffix(".crl")) {
            let list = trust.revocation_list(list).await.map_err(|error| failed(&error))?;
            return list.map(|list| list.content).ok_or_else(absent);
        }
        if let Some(authority) = path.strip_prefix("/trust/").and_then(|file| file.strip_suffix(".cer")) {
            let row = trust.authority(authority).await.map_err(|error| failed(&error))?;
            return row.map(|row| row.certificate).ok_or_else(absent);
        }
        self.outside(address)?.get(address).await
    }
}

#[async_trait]
impl ServiceTransport for CityTransport {
    async fn post_json(&self, address: &str, token: &str, content: Vec<u8>) -> Result<(u16, Vec<u8>), TransportError> {
        self.outside(address)?.post_json(address, token, content).await
    }
}
