//! PINs of keys: hashed with Argon2id and sealed, tried a few times, then with growing pauses.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64URL_NOPAD;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use jiff::{SignedDuration, Timestamp};

use crate::error::TrustError;
use crate::holders::HolderKey;
use crate::room::TrustRoom;
use crate::sql;

/// Memory in KiB, passes and lanes (OWASP's second choice).
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Fewest and most digits.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=12;
/// Wrong PINs before a key is locked.
const FREE: i64 = 5;
/// First lock; each further wrong PIN doubles it, up to a day.
const LOCK: SignedDuration = SignedDuration::from_mins(15);
const LONGEST_LOCK: SignedDuration = SignedDuration::from_hours(24);

/// What came of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinAnswer {
    /// It is the one.
    Right,
    /// It is another one, or the holder has not chosen any.
    Wrong,
    /// Too many were wrong: none is looked at until then.
    Locked(Timestamp),
}

/// Whether somebody may choose this PIN: 6 to 12 digits, not all alike, not counting up or down.
pub fn is_acceptable(pin: &str) -> bool {
    let digits = pin.as_bytes();
    let steps = |step: i16| digits.windows(2).all(|two| i16::from(two[1]) - i16::from(two[0]) == step);
    DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && ![-1, 0, 1].into_iter().any(steps)
}

/// Until when a key is locked after so many wrong PINs in a row.
pub fn locked_until(attempts: i64, now: Timestamp) -> Timestamp {
    if attempts < FREE {
        return Timestamp::UNIX_EPOCH;
    }
    let doubled = 1_i32 << u32::try_from(attempts - FREE).unwrap_or(u32::MAX).min(10);
    now.saturating_add(LOCK.saturating_mul(doubled).min(LONGEST_LOCK)).unwrap_or(now)
}

fn purpose(id: &str) -> String {
    format!("holder pin {id}")
}

const FAILED: TrustError = TrustError::Request("the PIN could not be hashed");

fn argon() -> Result<Argon2<'static>, TrustError> {
    let params = Params::new(COST.0, COST.1, COST.2, None).map_err(|_| FAILED)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl TrustRoom {
    /// Gives a key a PIN, in the place of any other.
    ///
    /// # Errors
    /// [`TrustError::Request`] for a PIN that is too easy.
    pub async fn set_pin(&self, key: &HolderKey, pin: &str, actor: ActorRef) -> Result<(), TrustError> {
        if !is_acceptable(pin) {
            return Err(TrustError::Request(
                "a PIN has 6 to 12 digits that neither are all alike nor count up or down",
            ));
        }
        let (pin, salt) = (pin.to_owned(), self.0.ambient.bytes::<16>());
        let hashed = tokio::task::spawn_blocking(move || {
            let hash: PasswordHash = argon()?.hash_password_with_salt(pin.as_bytes(), &salt).map_err(|_| FAILED)?;
            Ok::<_, TrustError>(hash.to_string())
        });
        let hashed = hashed.await.map_err(|_| FAILED)??;
        let sealed = self.0.sealer.seal(&purpose(&key.id), hashed.as_bytes()).map_err(|_| FAILED)?;
        let (id, sealed) = (key.id.as_str(), &BASE64URL_NOPAD.encode(&sealed));
        let entry = &AuditEntry::mutation("signing_key.pin_set", actor).object("signing_key", id);
        self.0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::SET_PIN, args![id, sealed.as_str()]).await?;
                    tx.execute(sql::BEGIN_ATTEMPTS, args![id]).await?;
                    tx.execute(sql::COUNT_ATTEMPT, args![id, 0_i64, 0_i64]).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, TrustError>(())
                })
            })
            .await
    }

    /// Tries a PIN. The attempt is counted before it is looked at, so that many at once are no more than one after the
    /// other.
    ///
    /// # Errors
    /// What the database says.
    pub async fn try_pin(&self, key: &HolderKey, pin: &str, actor: ActorRef) -> Result<PinAnswer, TrustError> {
        let Some(stored) = key.pin.as_deref() else { return Ok(PinAnswer::Wrong) };
        if let Some(until) = self.count_attempt(&key.id).await? {
            return Ok(PinAnswer::Locked(until));
        }
        let sealed = BASE64URL_NOPAD.decode(stored.as_bytes()).map_err(|_| FAILED)?;
        let hash = self.0.sealer.unseal(&purpose(&key.id), &sealed).map_err(|_| FAILED)?;
        let pin = pin.to_owned();
        let right = tokio::task::spawn_blocking(move || {
            let text = String::from_utf8(hash).map_err(|_| FAILED)?;
            let hash = PasswordHash::new(&text).map_err(|_| FAILED)?;
            Ok::<_, TrustError>(argon()?.verify_password(pin.as_bytes(), &hash).is_ok())
        });
        if right.await.map_err(|_| FAILED)?? {
            self.0.db.execute(sql::COUNT_ATTEMPT, args![key.id.as_str(), 0_i64, 0_i64]).await?;
            return Ok(PinAnswer::Right);
        }
        let entry = AuditEntry::mutation("signing_key.pin_refused", actor).object("signing_key", &key.id).refused();
        self.0.db.record(entry).await?;
        Ok(PinAnswer::Wrong)
    }

    /// Counts an attempt; the end of a lock when there is one.
    async fn count_attempt(&self, id: &str) -> Result<Option<Timestamp>, TrustError> {
        self.0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    tx.execute(sql::BEGIN_ATTEMPTS, args![id]).await?;
                    let row = tx.lock_one(sql::ATTEMPTS, args![id]).await?;
                    let (attempts, until) = (row.integer("attempts")?, row.timestamp("locked_until")?);
                    let now = tx.ambient().now();
                    if now < until {
                        return Ok::<_, StoreError>(Some(until));
                    }
                    let attempts = attempts.saturating_add(1);
                    tx.execute(sql::COUNT_ATTEMPT, args![id, attempts, locked_until(attempts, now)]).await?;
                    Ok(None)
                })
            })
            .await
            .map_err(TrustError::from)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::holders::Holder;
    use crate::testing::open;
    use haidang_testkit::db_test;

    #[test]
    fn easy_pins_are_refused() {
        for (pin, good) in [
            ("271828", true),
            ("112358132134", true),
            ("12345", false),
            ("1234567890123", false),
            ("123456", false),
            ("987654", false),
            ("777777", false),
            ("27182a", false),
            ("", false),
            ("٢٧١٨٢٨", false),
        ] {
            assert_eq!(is_acceptable(pin), good, "{pin}");
        }
    }

    #[test]
    fn locks_grow_up_to_a_day() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let minutes = |attempts| locked_until(attempts, now).duration_since(now).as_mins();
        assert_eq!(locked_until(4, now), Timestamp::UNIX_EPOCH);
        assert_eq!([5, 6, 8, 40, i64::MAX].map(minutes), [15, 30, 120, 1440, 1440]);
    }

    db_test! {
        rooms = &[("trust", crate::MIGRATIONS)];

        async fn a_wrong_pin_locks_the_key_for_a_while_and_a_right_one_opens_it(db: TestDb) {
            let room = open(&db).await;
            let holder = Holder::Officer { person: "p".to_owned(), agency: "A".to_owned(), name: "Lê Thị Mẫu".to_owned() };
            let key = room.ensure_holder_key(&holder, ActorRef::system()).await.unwrap();
            let tried = async |pin: &str| {
                let key = room.holder_key(&holder).await.unwrap().unwrap();
                room.try_pin(&key, pin, ActorRef::system()).await.unwrap()
            };
            assert_eq!(tried("271828").await, PinAnswer::Wrong, "none was chosen");
            assert!(matches!(room.set_pin(&key, "111111", ActorRef::system()).await, Err(TrustError::Request(_))));
            room.set_pin(&key, "271828", ActorRef::system()).await.unwrap();
            let row = room.holder_key(&holder).await.unwrap().unwrap();
            assert!(!row.pin.unwrap().contains("argon2"), "sealed: six digits are soon guessed from a hash");
            for _ in 0..4 {
                assert_eq!(tried("271829").await, PinAnswer::Wrong);
            }
            assert_eq!(tried("271828").await, PinAnswer::Right);
            for _ in 0..5 {
                assert_eq!(tried("271829").await, PinAnswer::Wrong);
            }
            assert!(matches!(tried("271828").await, PinAnswer::Locked(_)), "not even the right one");
            db.ambient().advance(SignedDuration::from_mins(16));
            assert_eq!(tried("271829").await, PinAnswer::Wrong);
            db.ambient().advance(SignedDuration::from_mins(16));
            assert!(matches!(tried("271828").await, PinAnswer::Locked(_)), "the second lock is longer");
            db.ambient().advance(SignedDuration::from_mins(16));
            assert_eq!(tried("271828").await, PinAnswer::Right);
        }
    }
}
