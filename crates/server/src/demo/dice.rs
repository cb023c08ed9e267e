//! Chance that is the same again for the same seed.

use haidang_kernel::ambient::Ambient;

/// Draws from the fixed stream of a seeded [`Ambient`].
#[derive(Clone)]
pub struct Dice(Ambient);

impl Dice {
    /// Dice over a stream.
    pub fn new(ambient: Ambient) -> Self {
        Self(ambient)
    }

    /// A number from 0 up to, not including, `most`.
    pub fn below(&self, most: u64) -> u64 {
        u64::from_le_bytes(self.0.bytes::<8>()) % most.max(1)
    }

    /// A number between two ends, both included.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(u64::try_from(high - low + 1).unwrap_or(1))).unwrap_or(0)
    }

    /// Whether something with this chance in a thousand happens.
    pub fn chance(&self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the things.
    pub fn pick<'a, T>(&self, things: &'a [T]) -> &'a T {
        &things[usize::try_from(self.below(things.len() as u64)).unwrap_or(0)]
    }

    /// One of the things, by weight.
    pub fn weighted<'a, T>(&self, things: &'a [(u64, T)]) -> &'a T {
        let total: u64 = things.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(total);
        for (weight, thing) in things {
            if at < *weight {
                return thing;
            }
            at -= weight;
        }
        &things[0].1
    }
}
