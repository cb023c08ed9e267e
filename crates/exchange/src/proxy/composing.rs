//! The message that goes back: the head of an answer as it is hashed, signed and sent, and the answer over HTTP.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, DATE, HeaderValue};
use hyper::{Response, StatusCode};
use jiff::Timestamp;

use super::body::{Playback, Stored};
use super::evidence::{RequestRecord, ResponseRecord};
use super::reading::Arrived;
use crate::rules::canonical::response_bytes;
use crate::rules::fault::{Fault, Leaf};
use crate::rules::headers::{self, Line, grouped};
use crate::rules::record::OperationalRecord;
use crate::usage::UsageRecord;

/// An answer that may go back once it is kept.
pub(crate) struct Composed {
    pub(crate) record: ResponseRecord,
    pub(crate) status: StatusCode,
    pub(crate) lines: Vec<Line>,
}

impl Composed {
    /// Writes the head of an answer to a request.
    pub(crate) fn new(asked: &RequestRecord, arrived: Arrived, now: Timestamp) -> Result<Self, Fault> {
        let mut lines = headers::read_response(&arrived.headers, arrived.unfiltered_digest.is_some());
        if !lines.iter().any(|(name, _)| name == DATE) {
            let mut date = String::with_capacity(32);
            if jiff::fmt::rfc2822::DateTimePrinter::new().print_timestamp_rfc9110(&now, &mut date).is_ok() {
                lines.push((DATE, value(&date)?));
            }
        }
        lines.push((headers::MESSAGE_ID, value(&asked.message_id)?));
        lines.push((headers::CLIENT, value(&asked.client.to_string())?));
        lines.push((headers::SERVICE, value(&asked.service.to_string())?));
        lines.push((headers::REQUEST_ID, value(&asked.request_id)?));
        lines.push((headers::REQUEST_HASH, value(&asked.hash)?));
        let lines = grouped(lines);
        let reason = arrived.status.canonical_reason().unwrap_or_default();
        let record = ResponseRecord {
            at: now,
            bytes: Bytes::from(response_bytes(arrived.status.as_u16(), reason, shown(&lines))),
            body: arrived.body,
            body_digest: arrived.body_digest,
            unfiltered_digest: arrived.unfiltered_digest,
            usage: arrived.usage.map(|usage| Box::new(UsageRecord { at: now, ..usage })),
        };
        Ok(Self { record, status: arrived.status, lines })
    }

    /// Notes what is delivered.
    pub(crate) fn note(&self, record: &mut OperationalRecord) {
        record.response_size = Some(self.record.bytes.len() as u64 + self.record.body.length());
        record.response_attachment_count = Some(u8::from(self.record.body_digest.is_some()));
        record.succeeded = self.status.as_u16() < 400;
    }

    /// The answer over HTTP.
    pub(crate) fn response(self) -> Response<Playback> {
        let mut response = Response::new(Playback::from(self.record.body));
        *response.status_mut() = self.status;
        for (name, value) in self.lines {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// A text of ours as the value of a header.
pub(super) fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| Fault::client(Leaf::BadRequest, "An identifier of the message cannot stand in a header"))
}

pub(super) fn shown(lines: &[Line]) -> impl Iterator<Item = (&str, &[u8])> {
    lines.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
}

pub(super) fn plain(status: StatusCode, content_type: &'static str, body: String) -> Response<Playback> {
    let mut response = Response::new(Playback::from(Stored::from(Bytes::from(body))));
    *response.status_mut() = status;
    response.headers_mut().append(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
