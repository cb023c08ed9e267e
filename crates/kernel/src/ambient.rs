//! Where time, randomness and ids come from. Production takes them from the machine; tests and the
//! demonstration city fix both, so that the same seed gives the same bytes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp, civil};
use rand::Rng;
use sha2::{Digest, Sha256};

use crate::id::Id;
use crate::time;

/// Clock and randomness of this process; cheap to clone, and clones share one state.
#[derive(Clone)]
pub struct Ambient {
    source: Arc<Source>,
}

enum Source {
    System,
    Fixed(Mutex<Fixed>),
}

/// A block of the fixed stream is SHA-256(seed, block number): stable across releases of libraries.
struct Fixed {
    now: Timestamp,
    seed: u64,
    block: u64,
    left: Vec<u8>,
    ids: u32,
}

impl Fixed {
    fn fill(&mut self, target: &mut [u8]) {
        for byte in target {
            if self.left.is_empty() {
                let mut digest = Sha256::new();
                digest.update(b"haidang ambient");
                digest.update(self.seed.to_be_bytes());
                digest.update(self.block.to_be_bytes());
                self.left = digest.finalize().to_vec();
                self.block += 1;
            }
            if let Some(next) = self.left.pop() {
                *byte = next;
            }
        }
    }
}

impl Ambient {
    /// The machine's clock and its secure random numbers.
    pub fn system() -> Self {
        Self { source: Arc::new(Source::System) }
    }

    /// A clock that stands still until told, and bytes that follow from the seed.
    pub fn fixed(now: Timestamp, seed: u64) -> Self {
        let state = Fixed { now, seed, block: 0, left: Vec::new(), ids: 0 };
        Self { source: Arc::new(Source::Fixed(Mutex::new(state))) }
    }

    fn state(&self) -> Option<MutexGuard<'_, Fixed>> {
        match self.source.as_ref() {
            Source::System => None,
            Source::Fixed(state) => Some(state.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// This instant.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the machine is asked")]
    pub fn now(&self) -> Timestamp {
        self.state().map_or_else(Timestamp::now, |state| state.now)
    }

    /// Today's date in the city.
    pub fn today(&self) -> civil::Date {
        time::civil(self.now()).date()
    }

    /// Whether the clock is fixed and may be moved by [`Ambient::advance`] and [`Ambient::set`].
    pub fn is_fixed(&self) -> bool {
        matches!(self.source.as_ref(), Source::Fixed(_))
    }

    /// Moves a fixed clock; a system clock is left alone.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(mut state) = self.state() {
            state.now = state.now.saturating_add(by).unwrap_or(state.now);
        }
    }

    /// Sets a fixed clock; a system clock is left alone.
    pub fn set(&self, now: Timestamp) {
        if let Some(mut state) = self.state() {
            state.now = now;
        }
    }

    /// `N` random bytes.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the machine is asked")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0u8; N];
        match self.state() {
            Some(mut state) => state.fill(&mut bytes),
            None => rand::rng().fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A new id; ids of one process come out in ascending order while its clock does not go back.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the machine is asked")]
    pub fn new_id<T>(&self) -> Id<T> {
        let Some(mut state) = self.state() else {
            return Id::from_uuid(uuid::Uuid::now_v7());
        };
        let mut random = [0u8; 10];
        state.fill(&mut random);
        // A counter in the leading free bits (4 + 8 + 6 + 8 + 6) keeps ids of one instant in order.
        let count = state.ids;
        state.ids = state.ids.wrapping_add(1);
        random[0] = (count >> 28) as u8;
        random[1] = (count >> 20) as u8;
        random[2] = (count >> 14) as u8 & 0x3f;
        random[3] = (count >> 6) as u8;
        random[4] = ((count << 2) as u8) | (random[4] & 0x03);
        let millis = u64::try_from(state.now.as_millisecond()).unwrap_or(0);
        Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// A token for public links: 128 random bits as 26 characters of lowercase base32.
    pub fn token(&self) -> String {
        let mut text = data_encoding::BASE32_NOPAD.encode(&self.bytes::<16>());
        text.make_ascii_lowercase();
        text
    }

    /// A secret for sessions and API tokens: 256 random bits as 43 characters of base64url.
    pub fn secret(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.bytes::<32>())
    }
}

impl std::fmt::Debug for Ambient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_fixed() { "Ambient(fixed)" } else { "Ambient(system)" })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Case;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_clones_share_them() {
        let now: Timestamp = "2026-11-24T01:00:00Z".parse().unwrap();
        let (one, two) = (Ambient::fixed(now, 7), Ambient::fixed(now, 7));
        assert_eq!(one.bytes::<40>(), two.bytes::<40>());
        assert_eq!(one.token(), two.token());
        assert_eq!(one.new_id::<Case>(), two.new_id::<Case>());
        let clone = one.clone();
        assert_ne!(clone.secret(), one.secret());
        assert_ne!(Ambient::fixed(now, 8).bytes::<8>(), Ambient::fixed(now, 7).bytes::<8>());
        clone.advance(SignedDuration::from_hours(24));
        assert_eq!(one.today().to_string(), "2026-11-25");
        one.set(now);
        assert_eq!(clone.now(), now);
    }

    #[test]
    fn ids_are_valid_distinct_and_ascending() {
        for ambient in [Ambient::system(), Ambient::fixed(Timestamp::UNIX_EPOCH, 1)] {
            let ids: Vec<Id<Case>> = (0..5_000).map(|_| ambient.new_id()).collect();
            assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ambient:?}");
            assert!(ids.iter().all(|id| Id::<Case>::parse(id.as_str()).as_ref() == Ok(id)));
        }
    }

    #[test]
    fn tokens_have_the_promised_length_and_letters() {
        for ambient in [Ambient::system(), Ambient::fixed(Timestamp::UNIX_EPOCH, 1)] {
            let token = ambient.token();
            assert_eq!(token.len(), 26);
            assert!(token.chars().all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)), "{token}");
            assert_eq!(ambient.secret().len(), 43);
        }
    }
}
