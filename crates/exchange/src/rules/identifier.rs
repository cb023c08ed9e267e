//! Names of members, subsystems and services: `INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE`, each part percent-encoded
//! on its own and decoded on its own (X-Road PR-REST 4.3).

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in the written form of a part; `?` does not, because it would begin a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'=');

/// Why a part of a name cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// A `%` without two hexadecimal digits.
    #[error("a broken percent escape")]
    BrokenEscape,
    /// The decoded bytes are not UTF-8.
    #[error("bytes that are not UTF-8")]
    NotUtf8,
    /// A control character, written or encoded.
    #[error("a control character")]
    Control,
    /// Nothing stands between two slashes.
    #[error("an empty part")]
    Empty,
}

/// Decodes `%XX` strictly: a `%` that begins no escape is an error, not a character.
///
/// # Errors
/// [`PartError::BrokenEscape`].
pub fn percent_decode(text: &str) -> Result<Vec<u8>, PartError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    let digit = |byte: Option<u8>| {
        byte.and_then(|byte| char::from(byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or(PartError::BrokenEscape)
    };
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = digit(bytes.next())?;
            decoded.push(high << 4 | digit(bytes.next())?);
        } else {
            decoded.push(byte);
        }
    }
    Ok(decoded)
}

/// Reads one part of a name.
///
/// # Errors
/// [`PartError`] when it is empty, broken, not UTF-8 or holds a control character.
pub fn decode_part(raw: &str) -> Result<String, PartError> {
    let text = String::from_utf8(percent_decode(raw)?).map_err(|_| PartError::NotUtf8)?;
    if text.is_empty() {
        return Err(PartError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(PartError::Control);
    }
    Ok(text)
}

/// Whether a part may be registered: the letters agency codes such as `000.00.01.H24` need, and no more.
pub fn is_registrable(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= 255
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'()+,-.=?".contains(&byte))
}

/// A member: instance, class (`GOV`, `COM`, `ORG`) and code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId {
    /// The exchange that registers it, such as `VN-HP`.
    pub instance: String,
    /// Kind of organisation.
    pub class: String,
    /// Agency code (QĐ 20/2020/QĐ-TTg) or tax code.
    pub code: String,
}

/// An information system of a member; it holds rights and credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubsystemId {
    /// Whose it is.
    pub member: MemberId,
    /// Its code within the member.
    pub code: String,
}

/// What can be called: an interface of a provider's subsystem.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    /// Who provides it.
    pub subsystem: SubsystemId,
    /// Its code within the subsystem.
    pub code: String,
}

/// Who calls, as `X-Road-Client` names it: a member (3 parts) or one of its subsystems (4 parts).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientId {
    /// The member itself; it can read metadata and has no rights to data.
    Member(MemberId),
    /// A subsystem.
    Subsystem(SubsystemId),
}

impl ClientId {
    /// The member behind the call.
    pub fn member(&self) -> &MemberId {
        match self {
            Self::Member(member) => member,
            Self::Subsystem(subsystem) => &subsystem.member,
        }
    }

    /// The subsystem, where one was named.
    pub fn subsystem(&self) -> Option<&SubsystemId> {
        match self {
            Self::Member(_) => None,
            Self::Subsystem(subsystem) => Some(subsystem),
        }
    }

    /// Reads the value of `X-Road-Client`.
    ///
    /// # Errors
    /// `None` in place of a name that has not 3 or 4 readable parts.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = parts(text)?;
        match parts.len() {
            3 => Some(Self::Member(member(parts)?.0)),
            4 => {
                let (member, mut rest) = member(parts)?;
                Some(Self::Subsystem(SubsystemId { member, code: rest.next()? }))
            }
            _ => None,
        }
    }
}

impl SubsystemId {
    /// Reads `INSTANCE/CLASS/MEMBER/SUBSYSTEM`; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        match ClientId::parse(text)? {
            ClientId::Subsystem(subsystem) => Some(subsystem),
            ClientId::Member(_) => None,
        }
    }
}

impl ServiceId {
    /// Reads `INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE`; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = parts(text)?;
        if parts.len() != 5 {
            return None;
        }
        let (member, mut rest) = member(parts)?;
        Some(Self { subsystem: SubsystemId { member, code: rest.next()? }, code: rest.next()? })
    }
}

fn parts(text: &str) -> Option<Vec<String>> {
    text.trim_matches([' ', '\t']).split('/').map(|part| decode_part(part).ok()).collect()
}

fn member(parts: Vec<String>) -> Option<(MemberId, impl Iterator<Item = String>)> {
    let mut parts = parts.into_iter();
    Some((MemberId { instance: parts.next()?, class: parts.next()?, code: parts.next()? }, parts))
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |text| utf8_percent_encode(text, PLAIN);
        write!(f, "{}/{}/{}", part(&self.instance), part(&self.class), part(&self.code))
    }
}

impl fmt::Display for SubsystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.member, utf8_percent_encode(&self.code, PLAIN))
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.subsystem, utf8_percent_encode(&self.code, PLAIN))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(member) => member.fmt(f),
            Self::Subsystem(subsystem) => subsystem.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(ClientId::parse(text).map(|client| client.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn clients_have_three_or_four_parts() {
        check("VN-HP/GOV/000.00.25.H24/MOTCUA", Some("VN-HP/GOV/000.00.25.H24/MOTCUA"));
        check("VN-HP/GOV/0001", Some("VN-HP/GOV/0001"));
        check("VN%2DHP/GOV/0001/%41", Some("VN-HP/GOV/0001/A"));
        check("VN-HP/GOV/a%2Fb/A", Some("VN-HP/GOV/a%2Fb/A"));
        check(" VN-HP/GOV/0001/A\t", Some("VN-HP/GOV/0001/A"));
        for bad in ["", "A", "A/B", "A/B/C/D/E", "A//C/D", "A/B/C/", "A/B/%/D", "A/B/%g0/D", "A/B/%ff/D", "A/B/C/a%07"]
        {
            check(bad, None);
        }
    }

    #[test]
    fn only_letters_of_agency_codes_are_registered() {
        for good in ["000.00.01.H24", "DANCU", "tra-cuu", "a'(b)+,=?"] {
            assert!(is_registrable(good), "{good}");
        }
        for bad in ["", "a/b", "a b", "a_b", "đ", "a%41", "a;b", "a\\b"] {
            assert!(!is_registrable(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(parts in prop::collection::vec("[^\\p{Cc}]{1,8}", 5)) {
            let member = MemberId { instance: parts[0].clone(), class: parts[1].clone(), code: parts[2].clone() };
            let subsystem = SubsystemId { member, code: parts[3].clone() };
            let service = ServiceId { subsystem, code: parts[4].clone() };
            prop_assert_eq!(ServiceId::parse(&service.to_string()), Some(service.clone()));
            prop_assert_eq!(SubsystemId::parse(&service.subsystem.to_string()), Some(service.subsystem));
        }
    }
}
