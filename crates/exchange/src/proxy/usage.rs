//! Whom a call is about: read while it passes, and said with the answer ([`crate::usage`]).

use std::io;

use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Response, StatusCode};
use percent_encoding::percent_decode_str;

use super::body::Stored;
use super::call::Call;
use super::evidence::RequestRecord;
use super::limits::Limits;
use super::reading::Arrived;
use crate::directory::{Directory, Endpoint};
use crate::filter::{Fields, FilterLimits};
use crate::rules::address::Address;
use crate::rules::decide::Grant;
use crate::subjects::{Found, SubjectReader};
use crate::usage::UsageRecord;

/// Longest case or procedure that is told; what is longer is cut.
const LONGEST_REFERENCE: usize = 100;

/// The endpoint whose people are told, where the call is of one.
fn told<'g>(grant: &'g Grant, method: &str, address: &Address) -> Option<&'g Endpoint> {
    let endpoints = &grant.service.endpoints;
    let places = address.readings.all().filter_map(|reading| grant.service.endpoint(method, reading));
    places
        .filter_map(|place| endpoints.get(place))
        .find(|endpoint| endpoint.personal_data && (endpoint.subjects.is_some() || endpoint.bulk))
}

fn failing(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn filter_limits(limits: &Limits) -> FilterLimits {
    FilterLimits { depth: limits.filter_depth, bytes: limits.body_bytes }
}

/// Reads people out of an answer while it arrives.
#[derive(Debug, Default)]
pub(super) struct Watch {
    reader: Option<SubjectReader>,
    found: Found,
}

impl Watch {
    /// The watch over an answer of a provider; it sees what the provider sent, before anything is left out.
    pub(super) fn over(grant: &Grant, call: Call<'_>, response: &Response<Incoming>, limits: &Limits) -> Self {
        let endpoint = told(grant, call.method.as_str(), call.address).filter(|endpoint| !endpoint.bulk);
        let fields = endpoint.and_then(|endpoint| endpoint.subjects.as_ref()?.response.as_ref());
        let fields = fields.filter(|_| !failing(response.status()));
        let reader = fields.map(|fields| SubjectReader::new(fields, response.headers(), filter_limits(limits)));
        Self { reader, found: Found::default() }
    }

    pub(super) fn push(&mut self, piece: &[u8]) {
        if let Some(reader) = &mut self.reader {
            reader.push(piece, &mut self.found);
        }
    }

    /// Who was found.
    pub(super) fn finish(mut self) -> Found {
        if let Some(reader) = self.reader.take() {
            reader.finish(&mut self.found);
        }
        self.found
    }
}

/// What the people of a call are to learn of its answer; none for a call about nobody.
pub(super) async fn of_call(
    directory: &Directory,
    grant: &Grant,
    call: Call<'_>,
    arrived: &mut Arrived,
    limits: &Limits,
) -> Option<UsageRecord> {
    let endpoint = told(grant, call.method.as_str(), call.address)?;
    let asked = &call.asked.record;
    let mut found = std::mem::take(&mut arrived.subjects);
    if !endpoint.bulk {
        found.merge(of_request(endpoint, call, limits).await);
    }
    let bulk = endpoint.bulk || found.has_more();
    if !failing(arrived.status) {
        note_missing(grant, endpoint, asked, &found, bulk);
    }
    if found.is_empty() && !bulk {
        return None;
    }
    Some(record(directory, grant, endpoint, asked, arrived, found, bulk))
}

/// Tells whoever runs the exchange that people may not learn of a call: something could not be read, or the selectors
/// found nobody, which is right for an empty answer and a mistake of the directory for every other.
fn note_missing(grant: &Grant, endpoint: &Endpoint, asked: &RequestRecord, found: &Found, bulk: bool) {
    let nobody = found.is_empty() && !bulk;
    if !nobody && !found.has_unread() {
        return;
    }
    metrics::counter!("haidang_exchange_unread_people_total", "service" => grant.service.id.to_string()).increment(1);
    let (service, endpoint, request) = (&grant.service.id, endpoint.name(), &asked.request_id);
    if found.has_unread() {
        tracing::warn!(%service, endpoint, request, "people of a call are not told: subject_selector met what it cannot read");
    } else {
        tracing::info!(%service, endpoint, request, "subject_selector found nobody in a call");
    }
}

fn record(
    directory: &Directory,
    grant: &Grant,
    endpoint: &Endpoint,
    asked: &RequestRecord,
    arrived: &Arrived,
    found: Found,
    bulk: bool,
) -> UsageRecord {
    let agreement = &grant.agreement;
    let member = asked.client.member();
    let system = asked.client.subsystem().and_then(|id| directory.subsystem(id));
    let system = system.map_or_else(|| member.code.clone(), |of| of.name.clone().unwrap_or_else(|| of.id.code.clone()));
    let said = |text: &Option<String>| text.as_ref().map(|text| text.chars().take(LONGEST_REFERENCE).collect());
    let basis = &agreement.legal_basis;
    let sole = found.len() == 1 && !bulk && !found.has_unread() && !endpoint.third_persons;
    UsageRecord {
        at: asked.at,
        purpose: agreement.purpose_text.clone(),
        legal_basis: format!("{} {}", basis.document, basis.article),
        case: said(&asked.issue),
        procedure: said(&asked.procedure),
        receiver_code: member.code.clone(),
        receiver_name: directory.member(member).map_or_else(|| member.code.clone(), |of| of.name.clone()),
        receiver_system: system,
        service: grant.service.id.to_string(),
        agreement: agreement.id.clone(),
        agreement_version: agreement.version,
        fields: agreement.fields.clone(),
        field_names: grant.service.names_of(&agreement.fields),
        whole: agreement.fields.is_empty(),
        delivered: !failing(arrived.status),
        hidden: agreement
            .hidden
            .as_ref()
            .filter(|hidden| hidden.until > asked.at)
            .map(|hidden| (hidden.until, hidden.basis.clone())),
        bulk,
        sole,
        subjects: if bulk { Vec::new() } else { found.numbers().map(str::to_owned).collect() },
    }
}

/// The people whom the request names.
async fn of_request(endpoint: &Endpoint, call: Call<'_>, limits: &Limits) -> Found {
    let mut found = Found::default();
    let Some(selectors) = &endpoint.subjects else { return found };
    for pair in call.address.query.as_deref().unwrap_or_default().split('&') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if !selectors.query.iter().any(|wanted| wanted == name) {
            continue;
        }
        match percent_decode_str(value).decode_utf8() {
            Ok(text) => found.add(&text),
            Err(_) => found.leave_unread(),
        }
    }
    if let Some(fields) = &selectors.request
        && read_stored(fields, &request_headers(call), &call.asked.record.body, limits, &mut found).await.is_err()
    {
        found.leave_unread();
    }
    found
}

fn request_headers(call: Call<'_>) -> HeaderMap {
    call.asked.lines.iter().cloned().collect()
}

/// Reads a body that has arrived, in constant memory.
async fn read_stored(
    fields: &Fields,
    headers: &HeaderMap,
    body: &Stored,
    limits: &Limits,
    found: &mut Found,
) -> io::Result<()> {
    let mut reader = SubjectReader::new(fields, headers, filter_limits(limits));
    match body {
        Stored::Empty => {}
        Stored::Memory(bytes) => reader.push(bytes, found),
        Stored::Spooled(spool) => {
            let mut place = 0;
            while place < spool.length() && !found.has_more() {
                let piece = spool.read(place).await?;
                place += piece.len() as u64;
                reader.push(&piece, found);
            }
        }
    }
    reader.finish(found);
    Ok(())
}
