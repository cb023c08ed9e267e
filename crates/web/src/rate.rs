//! How much one caller may ask, and how fast one may guess. Both forget in bounded memory.

use jiff::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Requests one caller may send in a minute. Zero switches the limit off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Of one network address, signed in or not (a village may share one).
    pub per_address: u32,
    /// Of one person.
    pub per_person: u32,
    /// Of one token of a program.
    pub per_system: u32,
    /// Unsafe requests (filing, uploading, signing in) of one address without a session.
    pub anonymous_writes: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { per_address: 6_000, per_person: 600, per_system: 6_000, anonymous_writes: 120 }
    }
}

impl Rates {
    /// No limit at all, for benchmarks.
    pub fn unlimited() -> Self {
        Self { per_address: 0, per_person: 0, per_system: 0, anonymous_writes: 0 }
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A network address.
    Address(String),
    /// A person by opaque id.
    Person(String),
    /// Programs with the tokens of one actor, by opaque id.
    System(String),
    /// Unsafe requests of an address without a session.
    AnonymousWrite(String),
}

/// Entries kept in each of two generations; beyond it the older generation is forgotten.
const CAPACITY: usize = 50_000;
const MINUTE: i64 = 60_000_000;

/// A map of two generations: reading moves an entry to the young one, a full young one replaces the old.
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    capacity: usize,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    fn new(capacity: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), capacity }
    }

    /// The entry of the key, made by `start` when it is unknown or forgotten.
    fn entry(&mut self, key: K, start: impl FnOnce() -> V) -> &mut V {
        if !self.young.contains_key(&key) && self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        let known = self.old.remove(&key);
        self.young.entry(key).or_insert_with(|| known.unwrap_or_else(start))
    }

    fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    fn forget(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

struct Bucket {
    tokens: f64,
    at: i64,
}

/// Token buckets per caller.
pub(crate) struct RateLimiter {
    rates: Rates,
    buckets: Mutex<Generations<Caller, Bucket>>,
}

impl RateLimiter {
    pub(crate) fn new(rates: Rates) -> Self {
        Self::with_capacity(rates, CAPACITY)
    }

    fn with_capacity(rates: Rates, capacity: usize) -> Self {
        Self { rates, buckets: Mutex::new(Generations::new(capacity)) }
    }

    /// Takes one request; `Err` says after how many seconds the next one may come.
    pub(crate) fn take(&self, caller: Caller, now: Timestamp) -> Result<(), u64> {
        let rate = match caller {
            Caller::Address(_) => self.rates.per_address,
            Caller::Person(_) => self.rates.per_person,
            Caller::System(_) => self.rates.per_system,
            Caller::AnonymousWrite(_) => self.rates.anonymous_writes,
        };
        if rate == 0 {
            return Ok(());
        }
        let full = f64::from(rate);
        let now = now.as_microsecond();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(caller, || Bucket { tokens: full, at: now });
        let per_micro = full / MINUTE as f64;
        bucket.tokens = (bucket.tokens + (now - bucket.at).max(0) as f64 * per_micro).min(full);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let seconds = ((1.0 - bucket.tokens) / per_micro / 1_000_000.0).ceil();
        Err((seconds as u64).max(1))
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.buckets.lock().unwrap().len()
    }
}

/// Failures after which the waiting begins. An office or a village shares one address, so it is far more than an
/// account is allowed.
const FREE_FAILURES: u32 = 30;
/// Longest wait in seconds: whoever guesses must not be able to keep the neighbours out.
const LONGEST_WAIT: i64 = 60;
/// Minutes without a failure after which an address starts afresh.
const FORGIVEN_AFTER: i64 = 15;

struct Failures {
    count: u32,
    last: i64,
}

/// Slows down guessing: after thirty failures of one key each further one doubles the wait, up to a minute.
///
/// A key is an address of the network. Keys live in memory only and never reach a log; the failures of one account
/// are counted by `identity`, in the database.
pub struct LoginThrottle {
    failures: Mutex<Generations<String, Failures>>,
}

impl Default for LoginThrottle {
    fn default() -> Self {
        Self { failures: Mutex::new(Generations::new(CAPACITY)) }
    }
}

impl LoginThrottle {
    /// Whether another try is allowed now; `Err` says after how many seconds.
    pub fn check(&self, key: &str, now: Timestamp) -> Result<(), u64> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = failures.get(&key.to_owned()) else { return Ok(()) };
        if known.count < FREE_FAILURES {
            return Ok(());
        }
        if now.as_microsecond() - known.last > FORGIVEN_AFTER * MINUTE {
            return Ok(());
        }
        let doubled = 1_i64 << (known.count - FREE_FAILURES).min(20);
        let wait = doubled.min(LONGEST_WAIT);
        let passed = (now.as_microsecond() - known.last) / 1_000_000;
        if passed >= wait { Ok(()) } else { Err((wait - passed).max(1) as u64) }
    }

    /// A try failed.
    pub fn failed(&self, key: &str, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.as_microsecond();
        let known = failures.entry(key.to_owned(), || Failures { count: 0, last: now });
        if now - known.last > FORGIVEN_AFTER * MINUTE {
            known.count = 0;
        }
        known.count = known.count.saturating_add(1);
        known.last = now;
    }

    /// A try succeeded: the key starts afresh.
    pub fn succeeded(&self, key: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.forget(&key.to_owned());
    }

    /// Keys remembered now.
    pub fn len(&self) -> usize {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether no failure is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + n).unwrap()
    }

    #[test]
    fn a_caller_over_the_rate_waits_and_others_do_not() {
        let limiter = RateLimiter::new(Rates { per_person: 60, ..Rates::unlimited() });
        let one = || Caller::Person("one".into());
        for _ in 0..60 {
            limiter.take(one(), second(0)).unwrap();
        }
        assert_eq!(limiter.take(one(), second(0)), Err(1));
        assert_eq!(limiter.take(Caller::Person("two".into()), second(0)), Ok(()));
        assert_eq!(limiter.take(one(), second(1)), Ok(()));
        assert_eq!(limiter.take(one(), second(1)), Err(1));
        assert_eq!(limiter.take(Caller::Address("one".into()), second(0)), Ok(()), "zero switches a limit off");
    }

    #[test]
    fn memory_stays_bounded_whoever_calls() {
        let limiter = RateLimiter::with_capacity(Rates { per_address: 2, ..Rates::unlimited() }, 100);
        for n in 0..10_000 {
            limiter.take(Caller::Address(n.to_string()), second(0)).unwrap();
        }
        assert!(limiter.len() <= 200, "{}", limiter.len());
        let frequent = || Caller::Address("frequent".into());
        limiter.take(frequent(), second(0)).unwrap();
        limiter.take(frequent(), second(0)).unwrap();
        for n in 0..50 {
            limiter.take(Caller::Address(format!("other {n}")), second(0)).unwrap();
        }
        assert!(limiter.take(frequent(), second(0)).is_err(), "whoever keeps calling is not forgotten");
    }

    #[test]
    fn guessing_becomes_slow_and_success_forgives() {
        let throttle = LoginThrottle::default();
        for _ in 0..30 {
            assert_eq!(throttle.check("lan", second(0)), Ok(()));
            throttle.failed("lan", second(0));
        }
        assert_eq!(throttle.check("lan", second(0)), Err(1));
        assert_eq!(throttle.check("minh", second(0)), Ok(()));
        assert_eq!(throttle.check("lan", second(10)), Ok(()));
        for _ in 0..30 {
            throttle.failed("lan", second(10));
        }
        assert_eq!(throttle.check("lan", second(10)), Err(60));
        assert_eq!(throttle.check("lan", second(10 + 15 * 60 + 1)), Ok(()), "forgiven after a quarter of an hour");
        throttle.succeeded("lan");
        assert_eq!(throttle.check("lan", second(10)), Ok(()));
    }
}
