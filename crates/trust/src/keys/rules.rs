//! What state a key is in and what its holder may do with it. No input or output.

use crate::holders::HolderKey;
use jiff::Timestamp;

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// There is none, or its holder has not chosen a PIN: it signs nothing for anybody.
    Inactive,
    /// It signs for its PIN.
    Active,
    /// Its holder suspended it.
    Suspended,
    /// Its certificate was revoked.
    Revoked,
    /// Its certificate has ended.
    Expired,
}

impl KeyState {
    /// The word in texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// What may be done, the usual first.
    pub(super) fn acts(self) -> &'static [KeyAct] {
        match self {
            Self::Inactive => &[KeyAct::Activate],
            Self::Active => &[KeyAct::ChangePin, KeyAct::Pass, KeyAct::Suspend, KeyAct::Replace],
            Self::Suspended => &[KeyAct::Resume, KeyAct::Replace],
            Self::Revoked | Self::Expired => &[KeyAct::Replace],
        }
    }
}

/// The state of a key at a moment.
pub(crate) fn state(key: Option<&HolderKey>, now: Timestamp) -> KeyState {
    match key {
        None => KeyState::Inactive,
        Some(key) if key.revoked.is_some() => KeyState::Revoked,
        Some(key) if !key.certificate.is_valid_at(now) => KeyState::Expired,
        Some(key) if key.suspended.is_some() => KeyState::Suspended,
        Some(key) if key.pin.is_none() => KeyState::Inactive,
        Some(_) => KeyState::Active,
    }
}

/// What a holder does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyAct {
    Activate,
    ChangePin,
    /// Opens the remote signing service for this key, for some hours.
    Pass,
    Suspend,
    Resume,
    Replace,
}

impl KeyAct {
    /// The last part of its address.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Self::Activate => "kich-hoat",
            Self::ChangePin => "doi-ma-pin",
            Self::Pass => "ky-tu-xa",
            Self::Suspend => "tam-ngung",
            Self::Resume => "mo-lai",
            Self::Replace => "cap-khoa-moi",
        }
    }

    pub(super) fn parse(slug: &str) -> Option<Self> {
        [Self::Activate, Self::ChangePin, Self::Pass, Self::Suspend, Self::Resume, Self::Replace]
            .into_iter()
            .find(|act| act.slug() == slug)
    }

    /// The word in texts.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::ChangePin => "change",
            Self::Pass => "pass",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Replace => "replace",
        }
    }

    /// Whether the present PIN is asked for.
    pub(super) fn asks_pin(self) -> bool {
        matches!(self, Self::ChangePin | Self::Pass | Self::Resume)
    }

    /// Whether a new PIN is chosen.
    pub(super) fn chooses_pin(self) -> bool {
        matches!(self, Self::Activate | Self::ChangePin | Self::Replace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_an_address_of_its_own_and_every_state_a_way_on() {
        for state in [KeyState::Inactive, KeyState::Active, KeyState::Suspended, KeyState::Revoked, KeyState::Expired] {
            assert!(!state.acts().is_empty(), "{state:?}");
            for act in state.acts() {
                assert_eq!(KeyAct::parse(act.slug()), Some(*act));
            }
        }
        assert_eq!(KeyAct::parse("xoa"), None);
    }
}
