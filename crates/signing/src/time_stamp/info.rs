//! What a time-stamping authority signs: `TSTInfo` (RFC 3161, 2.4.2).

use der::asn1::{Int, ObjectIdentifier};
use der::{
    Any, Decode as _, DecodeValue, Encode as _, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag, Writer,
};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use x509_cert::ext::Extensions;

use super::TimeStampError;
use super::request::{Imprint, MessageImprint};

/// The content of a time stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampInfo {
    /// Under which policy it was given.
    pub policy: ObjectIdentifier,
    /// What it is over.
    pub imprint: Imprint,
    /// Its number at the authority, as the bytes of a positive DER INTEGER (up to 160 bits).
    pub serial: Vec<u8>,
    /// When the imprint was seen. Written with milliseconds.
    pub time: Timestamp,
    /// By how many microseconds the time may be off; none when the authority does not say.
    pub accuracy_micros: Option<u64>,
    /// The nonce of the request, when it had one.
    pub nonce: Option<Vec<u8>>,
    /// Name of the authority, the DER of a `GeneralName`.
    pub authority: Option<Vec<u8>>,
}

#[derive(Sequence)]
struct Wire {
    version: u8,
    policy: ObjectIdentifier,
    message_imprint: MessageImprint,
    serial: Int,
    time: PreciseTime,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    authority: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

#[derive(Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u64>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

impl Accuracy {
    fn of(total: u64) -> Accuracy {
        let part = |value: u64| u16::try_from(value % 1000).ok().filter(|value| *value > 0);
        let seconds = total / 1_000_000;
        Accuracy { seconds: (seconds > 0).then_some(seconds), millis: part(total / 1000), micros: part(total) }
    }

    fn total(&self) -> u64 {
        let seconds = self.seconds.unwrap_or(0).saturating_mul(1_000_000);
        let millis = u64::from(self.millis.unwrap_or(0)) * 1000;
        seconds.saturating_add(millis).saturating_add(u64::from(self.micros.unwrap_or(0)))
    }
}

impl TimeStampInfo {
    /// The DER that is signed as `id-ct-TSTInfo`.
    ///
    /// # Errors
    /// [`TimeStampError::Malformed`] when a part has no DER form, such as a serial number that is no INTEGER.
    pub fn to_der(&self) -> Result<Vec<u8>, TimeStampError> {
        let wire = Wire {
            version: 1,
            policy: self.policy,
            message_imprint: self.imprint.encoded()?,
            serial: Int::new(&self.serial)?,
            time: PreciseTime(self.time),
            accuracy: self.accuracy_micros.map(Accuracy::of),
            ordering: false,
            nonce: self.nonce.as_deref().map(Int::new).transpose()?,
            authority: self.authority.as_deref().map(Any::from_der).transpose()?,
            extensions: None,
        };
        Ok(wire.to_der()?)
    }

    /// Reads the content of a time stamp.
    ///
    /// # Errors
    /// [`TimeStampError::Algorithm`] for a hash that is not accepted, [`TimeStampError::Malformed`] for all else.
    pub fn from_der(bytes: &[u8]) -> Result<TimeStampInfo, TimeStampError> {
        let wire = Wire::from_der(bytes)?;
        if wire.version != 1 {
            return Err(TimeStampError::Malformed("unknown version"));
        }
        if wire.extensions.iter().flatten().any(|extension| extension.critical) {
            return Err(TimeStampError::Malformed("a critical extension nobody knows"));
        }
        Ok(TimeStampInfo {
            policy: wire.policy,
            imprint: Imprint::decoded(&wire.message_imprint)?,
            serial: wire.serial.as_bytes().to_vec(),
            time: wire.time.0,
            accuracy_micros: wire.accuracy.map(|accuracy| accuracy.total()),
            nonce: wire.nonce.map(|nonce| nonce.as_bytes().to_vec()),
            authority: wire.authority.map(|name| name.to_der()).transpose()?,
        })
    }
}

/// A GeneralizedTime with fractions of a second, which certificates may not have and time stamps may (RFC 3161, 2.4.2):
/// `YYYYMMDDhhmmss[.s…]Z`, the fraction without trailing zeros.
struct PreciseTime(Timestamp);

impl FixedTag for PreciseTime {
    const TAG: Tag = Tag::GeneralizedTime;
}

impl PreciseTime {
    fn text(&self) -> String {
        let time = self.0.to_zoned(TimeZone::UTC).datetime();
        let whole = time.strftime("%Y%m%d%H%M%S").to_string();
        let fraction = format!("{:03}", time.millisecond());
        match fraction.trim_end_matches('0') {
            "" => format!("{whole}Z"),
            fraction => format!("{whole}.{fraction}Z"),
        }
    }

    fn read(text: &[u8]) -> Option<Timestamp> {
        let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() != 14 || !digits(whole) || !digits(fraction) || !(1..=9).contains(&fraction.len()) {
            return None;
        }
        let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i8>().ok();
        let year: i16 = whole.get(..4)?.parse().ok()?;
        let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
        let time = civil::DateTime::new(
            year,
            number(4, 6)?,
            number(6, 8)?,
            number(8, 10)?,
            number(10, 12)?,
            number(12, 14)?,
            nanos,
        );
        Some(time.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }
}

impl<'a> DecodeValue<'a> for PreciseTime {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let text = reader.read_slice(header.length)?;
        PreciseTime::read(text).map(PreciseTime).ok_or_else(|| Self::TAG.value_error())
    }
}

impl EncodeValue for PreciseTime {
    fn value_len(&self) -> der::Result<Length> {
        self.text().len().try_into()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(self.text().as_bytes())
    }
}
