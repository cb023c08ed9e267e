//! Small steps over `der`: fields as the exact bytes that were signed, and structures put together from such bytes.
//!
//! Certificates and attributes are never decoded and encoded again on their way through: an encoder that is stricter
//! than their author (an explicit `FALSE`, say) would change bytes under a signature.

use der::asn1::Any;
use der::{Decode as _, Encode as _, Header, Reader as _, SliceReader, Tag, TagNumber};

/// A field: its tag, the bytes of its value, and all its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) tag: Tag,
    pub(crate) value: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// The first field of `bytes` and what follows it.
pub(crate) fn split(bytes: &[u8]) -> der::Result<(Field<'_>, &[u8])> {
    let mut reader = SliceReader::new(bytes)?;
    let header = Header::decode(&mut reader)?;
    let start = usize::try_from(reader.position())?;
    let value = reader.read_slice(header.length)?;
    let (whole, rest) = bytes.split_at_checked(start + value.len()).ok_or(der::ErrorKind::Failed)?;
    Ok((Field { tag: header.tag, value, whole }, rest))
}

/// The only field of `bytes`.
pub(crate) fn only(bytes: &[u8]) -> der::Result<Field<'_>> {
    let (field, rest) = split(bytes)?;
    if rest.is_empty() { Ok(field) } else { Err(der::ErrorKind::Failed.into()) }
}

/// The fields inside a constructed value; refuses more than `limit` of them.
pub(crate) fn fields(mut value: &[u8], limit: usize) -> der::Result<Vec<Field<'_>>> {
    let mut found = Vec::new();
    while !value.is_empty() {
        if found.len() == limit {
            return Err(der::ErrorKind::Overlength.into());
        }
        let (field, rest) = split(value)?;
        found.push(field);
        value = rest;
    }
    Ok(found)
}

/// `[number]`, constructed.
pub(crate) fn context(number: TagNumber) -> Tag {
    Tag::ContextSpecific { constructed: true, number }
}

/// A constructed value out of whole fields, in the order given.
pub(crate) fn constructed(tag: Tag, parts: &[&[u8]]) -> der::Result<Vec<u8>> {
    Any::new(tag, parts.concat())?.to_der()
}

/// A value of `tag` whose fields are brought into the order of a DER SET OF (X.690, 11.6).
pub(crate) fn set_of(tag: Tag, mut parts: Vec<Vec<u8>>) -> der::Result<Vec<u8>> {
    parts.sort();
    Any::new(tag, parts.concat())?.to_der()
}

/// Seconds since 1970 as a time of this house; none outside its calendar.
pub(crate) fn timestamp(since_1970: std::time::Duration) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(i64::try_from(since_1970.as_secs()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_field_is_split_from_what_follows() {
        let (field, rest) = split(&[0x02, 0x01, 0x05, 0, 0]).unwrap();
        assert_eq!((field.tag, field.value, field.whole, rest), (Tag::Integer, &[5][..], &[2, 1, 5][..], &[0, 0][..]));
        for refused in [&[][..], &[0x02], &[0x02, 0x02, 0x01], &[0x30, 0x80, 0, 0], &[0x02, 0x81, 0x01, 0x05]] {
            assert!(split(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn sets_are_in_der_order_and_counts_are_limited() {
        let set = set_of(Tag::Set, vec![vec![0x30, 1, 2], vec![0x04, 0], vec![0x30, 0]]).unwrap();
        assert_eq!(set, [0x31, 7, 0x04, 0, 0x30, 0, 0x30, 1, 2]);
        assert_eq!(fields(&set[2..], 3).unwrap().len(), 3);
        assert!(fields(&set[2..], 2).is_err());
    }
}
