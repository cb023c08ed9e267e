//! Taking bodies to their end: requests within the time a caller has, answers with what their agreement lets through.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use sha2::{Digest, Sha512};
use tokio::time::timeout;

use super::body::{BodyError, Collector, Stored};
use super::limits::Limits;
use super::provider::CallError;
use super::usage::Watch;
use crate::filter::{Filter, FilterError, FilterLimits};
use crate::rules::agreement::Delivery;
use crate::rules::canonical::{Hash, digest};
use crate::rules::fault::{Fault, Leaf};
use crate::subjects::Found;
use crate::usage::UsageRecord;

/// An answer that is complete.
pub(crate) struct Arrived {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Stored,
    pub(super) body_digest: Option<Hash>,
    /// Of what the provider sent, where less is delivered.
    pub(super) unfiltered_digest: Option<Hash>,
    /// Whom it is about, as far as the answer says it.
    pub(super) subjects: Found,
    /// What the people concerned are to learn of it.
    pub(super) usage: Option<UsageRecord>,
}

impl Arrived {
    /// What the exchange itself answers in the place of a provider.
    pub(super) fn json(body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
        let body_digest = Some(digest(&body));
        let subjects = Found::default();
        Self {
            status: StatusCode::OK,
            headers,
            body: body.into(),
            body_digest,
            unfiltered_digest: None,
            subjects,
            usage: None,
        }
    }
}

/// Takes the body of a request.
pub(super) async fn request(mut body: Incoming, collector: &mut Collector<'_>, limits: &Limits) -> Result<(), Fault> {
    if body.is_end_stream() {
        return Ok(());
    }
    let reading = async {
        while let Some(frame) = timeout(limits.body_silence, body.frame()).await.map_err(|_| late())? {
            let frame = frame.map_err(|_| Fault::client(Leaf::BadRequest, "The body of the request broke off"))?;
            if let Ok(piece) = frame.into_data() {
                collector.add(piece).await.map_err(kept)?;
            }
        }
        Ok(())
    };
    timeout(limits.body_time, reading).await.map_err(|_| late())?
}

fn late() -> Fault {
    Fault::client(Leaf::BadRequest, "The body of the request did not come in time")
}

/// A body of a request that could not be kept.
pub(super) fn kept(error: BodyError) -> Fault {
    match error {
        BodyError::TooLarge(_) => Fault::client(Leaf::BadRequest, format!("The request is refused: {error}")),
        BodyError::Spool(_) => {
            tracing::error!(error = %error, "a request could not be spooled");
            Fault::consumer_side(Leaf::IoError, "The body of the request could not be kept")
        }
    }
}

/// What happens to the body of an answer.
pub(super) enum Treatment {
    /// It passes as it is.
    Whole,
    /// It is cut down.
    Filter(Box<Filter>),
    /// It is left out: an error whose body cannot be cut down is delivered without it.
    Withhold,
    /// It must not be there.
    Refuse(&'static str),
}

impl Treatment {
    /// What an agreement asks for. The status of an error always passes; its body only as far as the list allows.
    pub(super) fn of(delivery: &Delivery, response: &Response<Incoming>, limits: &Limits) -> Result<Self, Fault> {
        if response.status().is_informational() {
            return Err(Fault::provider_side(Leaf::ServiceFailed, "The provider wants to change the protocol"));
        }
        let Delivery::Fields(fields) = delivery else { return Ok(Self::Whole) };
        let only = |name| {
            let mut values = response.headers().get_all(name).iter();
            (values.next().and_then(|value: &HeaderValue| value.to_str().ok()), values.next().is_some())
        };
        let failing = response.status().is_client_error() || response.status().is_server_error();
        let limits = FilterLimits { depth: limits.filter_depth, bytes: limits.body_bytes };
        let (media, encoding) = (only(CONTENT_TYPE), only(CONTENT_ENCODING));
        let filter = match (media, encoding) {
            ((Some(media), false), (None | Some("identity"), false)) => fields.filter(media, limits),
            _ => None,
        };
        Ok(match (filter, encoding) {
            (Some(filter), _) => Self::Filter(Box::new(filter)),
            _ if failing => Self::Withhold,
            (None, (Some(_), _)) => Self::Refuse("a compressed body cannot be cut down to the allowed fields"),
            _ => {
                Self::Refuse("only JSON under paths of JSONPath and XML in UTF-8 under paths of XPath can be cut down")
            }
        })
    }
}

fn filter_failed(why: &str) -> Fault {
    Fault::provider_side(Leaf::FilterFailed, format!("The answer is not delivered: {why}"))
}

/// Takes an answer to its end; the caller bounds the time.
pub(super) async fn response(
    response: &mut Response<Incoming>,
    mut treatment: Treatment,
    mut watch: Watch,
    limits: &Limits,
) -> Result<Arrived, Fault> {
    let expected = matches!(treatment, Treatment::Whole).then(|| response.body().size_hint().exact()).flatten();
    let mut collector = Collector::new(&limits.spool, limits.memory_bytes, limits.body_bytes, expected);
    let mut whole = Sha512::new();
    let (mut length, mut out) = (0u64, Vec::new());
    while let Some(frame) = response.body_mut().frame().await {
        let Ok(piece) = frame.map_err(|_| Fault::from(CallError::Broken))?.into_data() else { continue };
        length += piece.len() as u64;
        if length > limits.body_bytes {
            return Err(too_large(limits.body_bytes));
        }
        watch.push(&piece);
        match &mut treatment {
            Treatment::Whole => {
                collector.add(piece).await.map_err(delivered)?;
                continue;
            }
            Treatment::Filter(filter) if !piece.is_empty() => {
                filter.push(&piece, &mut out).map_err(|error| filter_failed(&error.to_string()))?;
                collector.add(Bytes::from(std::mem::take(&mut out))).await.map_err(delivered)?;
            }
            Treatment::Refuse(why) if !piece.is_empty() => return Err(filter_failed(why)),
            Treatment::Filter(_) | Treatment::Withhold | Treatment::Refuse(_) => {}
        }
        whole.update(&piece);
    }
    let cut = length > 0 && !matches!(treatment, Treatment::Whole);
    if let (Treatment::Filter(filter), true) = (treatment, cut) {
        let failing = response.status().is_client_error() || response.status().is_server_error();
        match filter.finish(&mut out) {
            // What the provider says about an error is not what was agreed on; that there is one passes.
            Err(FilterError::NothingAllowed) if failing => {}
            finished => finished.map_err(|error| filter_failed(&error.to_string()))?,
        }
        collector.add(Bytes::from(out)).await.map_err(delivered)?;
    }
    let (body, body_digest) = collector.finish().await.map_err(delivered)?;
    let unfiltered_digest: Option<Hash> = cut.then(|| whole.finalize().into());
    Ok(Arrived {
        status: response.status(),
        headers: std::mem::take(response.headers_mut()),
        body,
        body_digest,
        unfiltered_digest,
        subjects: watch.finish(),
        usage: None,
    })
}

fn too_large(most: u64) -> Fault {
    Fault::provider_side(Leaf::ServiceFailed, format!("The answer is longer than {most} bytes"))
}

fn delivered(error: BodyError) -> Fault {
    match error {
        BodyError::TooLarge(most) => too_large(most),
        BodyError::Spool(_) => {
            tracing::error!(error = %error, "an answer could not be spooled");
            Fault::provider_side(Leaf::InternalError, "The answer could not be kept")
        }
    }
}
