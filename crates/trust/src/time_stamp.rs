//! Questions and answers of RFC 3161 as bytes; no clock, no keys, no records.

use der::asn1::{Any, AnyRef, BitString, Int, ObjectIdentifier, Utf8StringRef};
use der::{Decode as _, DecodeValue, Encode as _, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag, Writer};
use haidang_signing::DigestAlgorithm;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_tsp::{Accuracy, MessageImprint, TimeStampReq};

/// Content type of what a stamp says (RFC 3161, 2.4.2): id-ct-TSTInfo.
pub const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A nonce is repeated in the answer, so its length is bounded; clients send 8 bytes.
const LONGEST_NONCE: usize = 64;

/// Why no stamp is given: the bits of PKIFailureInfo (RFC 3161, 2.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// The imprint was made by a hash function that is not trusted any more, or is unknown.
    BadAlgorithm = 0,
    /// What was sent is no question.
    BadDataFormat = 5,
    /// The clock is behind the last stamp.
    TimeNotAvailable = 14,
    /// Another policy was asked for.
    UnacceptedPolicy = 15,
    /// The question carries an extension; none is known.
    UnacceptedExtension = 16,
    /// Nothing can be written now.
    SystemFailure = 25,
}

impl Refusal {
    /// One sentence for the person who reads the answer.
    fn words(self) -> &'static str {
        match self {
            Self::BadAlgorithm => "imprints are taken by SHA-256, SHA-384 or SHA-512",
            Self::BadDataFormat => "not a TimeStampReq of RFC 3161",
            Self::TimeNotAvailable => "the clock of this authority is being corrected",
            Self::UnacceptedPolicy => "this authority stamps under its own policy only",
            Self::UnacceptedExtension => "extensions are not supported",
            Self::SystemFailure => "the stamp could not be recorded; ask again",
        }
    }
}

/// A question that may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Hash function of the imprint.
    pub algorithm: DigestAlgorithm,
    /// As asked; the answer repeats it byte for byte.
    imprint: MessageImprint,
    nonce: Option<Int>,
    /// Whether the authority's certificates belong into the answer.
    pub with_certificates: bool,
}

impl Question {
    /// Reads a question and decides whether it may be answered under `policy`.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn read(bytes: &[u8], policy: ObjectIdentifier) -> Result<Self, Refusal> {
        let asked = TimeStampReq::from_der(bytes).map_err(|_| Refusal::BadDataFormat)?;
        let named = &asked.message_imprint.hash_algorithm;
        let algorithm = DigestAlgorithm::from_oid(named.oid).map_err(|_| Refusal::BadAlgorithm)?;
        // RFC 5754, 2: the parameters are absent or NULL.
        if named.parameters.as_ref().is_some_and(|given| *given != Any::from(der::asn1::Null)) {
            return Err(Refusal::BadAlgorithm);
        }
        if asked.message_imprint.hashed_message.as_bytes().len() != algorithm.length() {
            return Err(Refusal::BadDataFormat);
        }
        if asked.nonce.as_ref().is_some_and(|nonce| nonce.as_bytes().len() > LONGEST_NONCE) {
            return Err(Refusal::BadDataFormat);
        }
        if asked.req_policy.is_some_and(|wanted| wanted != policy) {
            return Err(Refusal::UnacceptedPolicy);
        }
        if asked.extensions.is_some_and(|given| !given.is_empty()) {
            return Err(Refusal::UnacceptedExtension);
        }
        Ok(Self {
            algorithm,
            imprint: asked.message_imprint,
            nonce: asked.nonce,
            with_certificates: asked.cert_req,
        })
    }

    /// The imprint itself.
    pub fn hash(&self) -> &[u8] {
        self.imprint.hashed_message.as_bytes()
    }
}

/// A moment as RFC 3161 writes it: GeneralizedTime in UTC with a fraction of seconds that does not end in zero.
///
/// `der` has the type for whole seconds only (RFC 5280), and two stamps of one second must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StampTime(Timestamp);

impl StampTime {
    fn text(self) -> String {
        let wall = TimeZone::UTC.to_datetime(self.0);
        let whole = wall.strftime("%Y%m%d%H%M%S");
        match wall.subsec_nanosecond() / 1_000_000 {
            0 => format!("{whole}Z"),
            milliseconds => format!("{whole}.{}Z", format!("{milliseconds:03}").trim_end_matches('0')),
        }
    }
}

impl FixedTag for StampTime {
    const TAG: Tag = Tag::GeneralizedTime;
}

impl EncodeValue for StampTime {
    fn value_len(&self) -> der::Result<Length> {
        self.text().len().try_into()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(self.text().as_bytes())
    }
}

impl<'a> DecodeValue<'a> for StampTime {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let bad = || Tag::GeneralizedTime.value_error();
        let text = reader.read_slice(header.length)?;
        let text = std::str::from_utf8(text).ok().and_then(|text| text.strip_suffix('Z')).ok_or_else(bad)?;
        let wall = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S%.f", text).map_err(|_| bad())?;
        TimeZone::UTC.to_timestamp(wall).map(Self).map_err(|_| bad())
    }
}

/// TSTInfo of RFC 3161, 2.4.2, without extensions.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct TstInfo {
    version: u8,
    policy: ObjectIdentifier,
    imprint: MessageImprint,
    serial: u64,
    time: StampTime,
    accuracy: Accuracy,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    authority: GeneralName,
}

/// What the authority says of itself in every stamp.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Policy under which it stamps.
    pub policy: ObjectIdentifier,
    /// Largest distance of its clock from UTC, in milliseconds.
    pub accuracy_milliseconds: u64,
}

/// What is to be signed: the imprint was known at `at`.
///
/// # Errors
/// When a value does not fit its form.
pub fn content(
    statement: &Statement,
    authority: &Name,
    question: &Question,
    serial: u64,
    at: Timestamp,
) -> der::Result<Vec<u8>> {
    let (seconds, rest) = (statement.accuracy_milliseconds / 1000, statement.accuracy_milliseconds % 1000);
    TstInfo {
        version: 1,
        policy: statement.policy,
        imprint: question.imprint.clone(),
        serial,
        time: StampTime(at),
        accuracy: Accuracy {
            seconds: (seconds > 0).then_some(seconds),
            // 1 to 999, so it always fits.
            millis: i16::try_from(rest).ok().filter(|rest| *rest > 0),
            micros: None,
        },
        nonce: question.nonce.clone(),
        authority: GeneralName::DirectoryName(authority.clone()),
    }
    .to_der()
}

#[derive(Sequence)]
struct Status<'a> {
    status: u8,
    #[asn1(optional = "true")]
    words: Option<Vec<Utf8StringRef<'a>>>,
    #[asn1(optional = "true")]
    failure: Option<BitString>,
}

/// TimeStampResp, with the token as the bytes that were signed.
#[derive(Sequence)]
struct Reply<'a> {
    status: Status<'a>,
    #[asn1(optional = "true")]
    token: Option<AnyRef<'a>>,
}

/// The answer that carries a stamp.
///
/// # Errors
/// When `token` is not DER.
pub fn granted(token: &[u8]) -> der::Result<Vec<u8>> {
    let token = Some(AnyRef::from_der(token)?);
    Reply { status: Status { status: 0, words: None, failure: None }, token }.to_der()
}

/// The answer that carries none: status rejection, one sentence and the reason.
///
/// # Errors
/// Never for the refusals there are.
pub fn refused(refusal: Refusal) -> der::Result<Vec<u8>> {
    // A list of named bits: as long as its last set bit (X.690, 11.2.2).
    let bit = refusal as u8;
    let mut bits = vec![0; usize::from(bit / 8) + 1];
    if let Some(last) = bits.last_mut() {
        *last = 0x80 >> (bit % 8);
    }
    let failure = Some(BitString::new(7 - bit % 8, bits)?);
    let words = Some(vec![Utf8StringRef::new(refusal.words())?]);
    Reply { status: Status { status: 2, words, failure }, token: None }.to_der()
}

#[cfg(test)]
#[path = "time_stamp_tests.rs"]
mod tests;
