//! Password hashing: Argon2id with a bounded queue, and the same amount of work whether or not an account exists.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use haidang_kernel::ambient::Ambient;
use tokio::sync::Semaphore;

/// Memory in KiB, passes and lanes (OWASP's second choice, 19 MiB; about 25 ms on one core).
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Checks waiting at once before callers are told to come back: a flood of sign-ins must not starve other pages.
const LONGEST_QUEUE: usize = 64;

/// Why a password could not be hashed or checked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many checks are waiting; ask again in a moment (503).
    #[error("too many sign-ins at once")]
    Busy,
    /// The hashing function failed: memory, or a stored hash that cannot be read.
    #[error("password hash failed")]
    Failed,
}

/// Hashes and checks passwords on as many threads as there are cores. Cheap to clone.
#[derive(Clone)]
pub struct PasswordHasher {
    inner: Arc<Inner>,
}

struct Inner {
    ambient: Ambient,
    running: Semaphore,
    waiting: AtomicUsize,
    runs: AtomicUsize,
    /// Memory of hashes that ended while others waited: fetched anew from the system it costs a tenth of the hash.
    memories: Mutex<Vec<Vec<Block>>>,
    decoy: String,
    cost: (u32, u32, u32),
}

impl PasswordHasher {
    /// The cost of production.
    pub fn new(ambient: Ambient) -> Result<PasswordHasher, HashError> {
        Self::with_cost(ambient, COST)
    }

    /// The cheapest permitted cost, for tests and for the thousands of accounts of a demonstration city.
    pub fn cheap(ambient: Ambient) -> Result<PasswordHasher, HashError> {
        Self::with_cost(ambient, (8, 1, 1))
    }

    fn with_cost(ambient: Ambient, cost: (u32, u32, u32)) -> Result<PasswordHasher, HashError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let decoy = hash(cost, ambient.secret().as_bytes(), &ambient.bytes::<16>(), &mut Vec::new())?;
        let inner = Inner {
            ambient,
            running: Semaphore::new(cores),
            waiting: AtomicUsize::new(0),
            runs: AtomicUsize::new(0),
            memories: Mutex::default(),
            decoy,
            cost,
        };
        Ok(PasswordHasher { inner: Arc::new(inner) })
    }

    /// Hashes a new password to a PHC string.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let (cost, salt) = (self.inner.cost, self.inner.ambient.bytes::<16>());
        let password = haidang_kernel::text::nfc(password);
        self.run(move |memory| hash(cost, password.as_bytes(), &salt, memory)).await
    }

    /// The same without a runtime, for bulk creation in a demonstration city.
    pub fn hash_now(&self, password: &str) -> Result<String, HashError> {
        let password = haidang_kernel::text::nfc(password);
        hash(self.inner.cost, password.as_bytes(), &self.inner.ambient.bytes::<16>(), &mut Vec::new())
    }

    /// Whether the password fits. Without a stored hash a decoy is checked, so that an unknown account takes as long.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, HashError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.inner.decoy).to_owned();
        let password = haidang_kernel::text::nfc(password);
        let fits = self.run(move |memory| verify(password.as_bytes(), &stored, memory)).await?;
        Ok(fits && known)
    }

    /// The hash of a password that nobody knows, for accounts whose password is kept elsewhere.
    pub fn shut(&self) -> &str {
        &self.inner.decoy
    }

    /// Whether a stored hash was made with other parameters and should be replaced at the next sign-in.
    pub fn is_outdated(&self, stored: &str) -> bool {
        let (memory, passes, lanes) = self.inner.cost;
        !stored.starts_with(&format!("$argon2id$v=19$m={memory},t={passes},p={lanes}$"))
    }

    /// Takes a place in the queue without hashing, `None` when it is full; for tests of what callers are told then.
    pub fn hold(&self) -> Option<impl Drop + use<>> {
        Held::take(self.inner.clone()).ok()
    }

    /// How many times the hashing function ran, for tests and metrics.
    pub fn runs(&self) -> usize {
        self.inner.runs.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _place = Place::take(&self.inner.waiting)?;
        let _permit = self.inner.running.acquire().await.map_err(|_| HashError::Failed)?;
        self.inner.runs.fetch_add(1, Ordering::Relaxed);
        let mut memory = self.memories().pop().unwrap_or_default();
        let task = tokio::task::spawn_blocking(move || (work(&mut memory), memory));
        let (answer, memory) = task.await.map_err(|_| HashError::Failed)?;
        let mut memories = self.memories();
        if self.inner.waiting.load(Ordering::Relaxed) > 1 {
            memories.push(memory);
        } else {
            memories.clear();
        }
        answer
    }

    fn memories(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.inner.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue; given back when dropped, also when the caller went away.
struct Place<'queue>(&'queue AtomicUsize);

impl<'queue> Place<'queue> {
    fn take(queue: &'queue AtomicUsize) -> Result<Place<'queue>, HashError> {
        let place = Place(queue);
        if queue.fetch_add(1, Ordering::Relaxed) >= LONGEST_QUEUE { Err(HashError::Busy) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A place of the queue that outlives the call.
struct Held(Arc<Inner>);

impl Held {
    fn take(inner: Arc<Inner>) -> Result<Held, HashError> {
        let place = Place::take(&inner.waiting)?;
        std::mem::forget(place);
        Ok(Held(inner))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The hash of a password in memory that may have served others before.
fn digest(params: &Params, password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Result<Output, HashError> {
    memory.resize(params.block_count(), Block::new());
    let mut bytes = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon.hash_password_into_with_memory(password, salt, &mut bytes, memory).map_err(|_| HashError::Failed)?;
    Output::new(&bytes).map_err(|_| HashError::Failed)
}

fn hash(cost: (u32, u32, u32), password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Result<String, HashError> {
    let params = Params::new(cost.0, cost.1, cost.2, None).map_err(|_| HashError::Failed)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: (&params).try_into().map_err(|_| HashError::Failed)?,
        salt: Some(Salt::new(salt).map_err(|_| HashError::Failed)?),
        hash: Some(digest(&params, password, salt, memory)?),
    };
    Ok(hash.to_string())
}

/// Judges with the cost that the stored hash was made with.
fn verify(password: &[u8], stored: &str, memory: &mut Vec<Block>) -> Result<bool, HashError> {
    let stored = PasswordHash::new(stored).map_err(|_| HashError::Failed)?;
    let ours = stored.algorithm == Algorithm::Argon2id.ident() && stored.version == Some(Version::V0x13.into());
    let (true, Some(salt), Some(expected)) = (ours, &stored.salt, &stored.hash) else { return Err(HashError::Failed) };
    let params = Params::try_from(&stored).map_err(|_| HashError::Failed)?;
    // `Output` compares in constant time.
    Ok(digest(&params, password, salt, memory)? == *expected)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hasher() -> PasswordHasher {
        PasswordHasher::cheap(Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), 1)).unwrap()
    }

    #[tokio::test]
    async fn right_wrong_and_unknown_cost_one_run_each() {
        let hasher = hasher();
        let stored = hasher.hash("con mèo trèo cây cau").await.unwrap();
        let before = hasher.runs();
        assert!(hasher.verify("con mèo trèo cây cau", Some(&stored)).await.unwrap());
        assert_eq!(hasher.runs(), before + 1);
        assert!(!hasher.verify("con mèo trèo cây cao", Some(&stored)).await.unwrap());
        assert_eq!(hasher.runs(), before + 2);
        assert!(!hasher.verify("con mèo trèo cây cau", None).await.unwrap());
        assert_eq!(hasher.runs(), before + 3);
    }

    #[tokio::test]
    async fn the_same_letters_typed_decomposed_are_the_same_password() {
        let hasher = hasher();
        let stored = hasher.hash("con m\u{e8}o").await.unwrap();
        assert!(hasher.verify("con me\u{300}o", Some(&stored)).await.unwrap());
    }

    #[test]
    fn changed_cost_is_noticed() {
        let cheap = hasher();
        let stored = cheap.hash_now("một hai ba bốn").unwrap();
        assert!(!cheap.is_outdated(&stored));
        let dear = PasswordHasher::new(Ambient::fixed("2026-11-24T02:00:00Z".parse().unwrap(), 1)).unwrap();
        assert!(dear.is_outdated(&stored));
    }

    #[test]
    fn a_full_queue_refuses_and_gives_places_back() {
        let queue = AtomicUsize::new(LONGEST_QUEUE - 1);
        let last = Place::take(&queue).unwrap();
        assert!(Place::take(&queue).is_err());
        drop(last);
        assert!(Place::take(&queue).is_ok());
        assert_eq!(queue.load(Ordering::Relaxed), LONGEST_QUEUE - 1);
    }
}
