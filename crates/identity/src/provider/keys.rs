//! The provider's own keys: made here, sealed under the house's key, announced a day before they sign.

use super::register::By;
use super::{Provider, jose, sql};
use crate::sealed::Sealer;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, Row, StoreError, args};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::{Arc, PoisonError};

/// Algorithms of our own signatures, the default first.
pub(crate) const ALGORITHMS: [&str; 4] = ["ES256", "EdDSA", "PS256", "RS256"];

/// A new key is public this long before it signs, and an old one stays this long after.
pub(crate) const ANNOUNCED: SignedDuration = SignedDuration::from_hours(24);

/// Another machine's new key is known after this time at the latest.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// One of our keys, ready to sign.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) name: String,
    algorithm: Algorithm,
    encoding: EncodingKey,
    decoding: DecodingKey,
    public: Value,
    pub(crate) created_at: Timestamp,
    pub(crate) active_from: Timestamp,
}

/// All keys, and when they were read.
pub(crate) struct KeyRing {
    pub(crate) keys: Vec<Arc<SigningKey>>,
    read_at: Timestamp,
}

pub(crate) fn broken(what: &str) -> Problem {
    Problem::internal(format!("signing key: {what}"))
}

/// What a sealed key is for: the name of the key is bound to it, so that rows cannot be exchanged.
fn purpose(kid: &str) -> String {
    format!("provider key {kid}")
}

fn algorithm_of(name: &str) -> Result<Algorithm, Problem> {
    jose::algorithm(name, &ALGORITHMS).ok_or_else(|| broken("unknown algorithm"))
}

/// A fresh private key as PKCS#8.
fn generate(algorithm: Algorithm) -> Result<Vec<u8>, Problem> {
    let failed = |_| broken("could not be made");
    Ok(match algorithm {
        Algorithm::ES256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
            pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()
        }
        Algorithm::EdDSA => {
            Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8v1()).map_err(failed)?.as_ref().to_vec()
        }
        _ => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
            der.as_ref().to_vec()
        }
    })
}

fn encoding(algorithm: Algorithm, private: &[u8]) -> Result<EncodingKey, Problem> {
    match algorithm {
        Algorithm::ES256 => Ok(EncodingKey::from_ec_der(private)),
        Algorithm::EdDSA => Ok(EncodingKey::from_ed_der(private)),
        _ => {
            // The library takes PKCS#8 for RSA as PEM only; as DER it wants what lies inside.
            let text = data_encoding::BASE64.encode(private);
            let lines: String =
                text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect();
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n");
            EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| broken("no private key"))
        }
    }
}

fn read(sealer: &Sealer, row: &Row) -> Result<SigningKey, Problem> {
    let (kid, name) = (row.text("kid")?, row.text("algorithm")?);
    let algorithm = algorithm_of(&name)?;
    let public: Value = row.json("public_key")?;
    let jwk: Jwk = serde_json::from_value(public.clone()).map_err(|_| broken("no public key"))?;
    let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| broken("no public key"))?;
    let private = sealer
        .unseal(&purpose(&kid), &row.bytes("sealed_key")?)
        .map_err(|_| broken("not sealed by this house; is store.unlock_file the right one?"))?;
    let encoding = encoding(algorithm, &private)?;
    let (created_at, active_from) = (row.timestamp("created_at")?, row.timestamp("active_from")?);
    Ok(SigningKey { kid, name, algorithm, encoding, decoding, public, created_at, active_from })
}

impl KeyRing {
    /// The newest key of an algorithm that signs now.
    pub(crate) fn signing(&self, name: &str, now: Timestamp) -> Option<&Arc<SigningKey>> {
        self.keys.iter().rfind(|key| key.name == name && key.active_from <= now)
    }

    /// Whether a successor has signed for so long that nothing of this key is valid any more.
    pub(crate) fn is_over(&self, key: &SigningKey, now: Timestamp) -> bool {
        let next = self.keys.iter().find(|other| other.name == key.name && other.active_from > key.active_from);
        next.is_some_and(|next| now.duration_since(next.active_from) > ANNOUNCED)
    }
}

impl Provider {
    /// All keys, read anew when they may have changed elsewhere.
    pub(crate) async fn keys(&self) -> Result<Arc<KeyRing>, Problem> {
        let now = self.now();
        let known = self.inner.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(ring) = known.filter(|ring| now.duration_since(ring.read_at) < FRESH) {
            return Ok(ring);
        }
        let rows = self.db().fetch_all(sql::KEYS, args![]).await?;
        let sealer = self.inner.room.sealer()?;
        let keys = rows.iter().map(|row| read(sealer, row).map(Arc::new)).collect::<Result<_, _>>()?;
        let ring = Arc::new(KeyRing { keys, read_at: now });
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(ring.clone());
        Ok(ring)
    }

    /// The key that signs now. The first of an algorithm signs at once, for nobody can have kept a set without it.
    async fn signing_key(&self, name: &str) -> Result<Arc<SigningKey>, Problem> {
        if let Some(key) = self.keys().await?.signing(name, self.now()) {
            return Ok(key.clone());
        }
        self.make_key(name, self.now(), ActorRef::system().into()).await?;
        let ring = self.keys().await?;
        ring.signing(name, self.now()).cloned().ok_or_else(|| broken("none signs"))
    }

    /// Makes a key that signs from a moment on.
    pub(crate) async fn make_key(&self, name: &str, active_from: Timestamp, by: By) -> Result<(), Problem> {
        let algorithm = algorithm_of(name)?;
        // A key of RSA takes a while to find: not on a thread that answers requests.
        let private =
            tokio::task::spawn_blocking(move || generate(algorithm)).await.map_err(|_| broken("broke off"))??;
        let mut jwk =
            Jwk::from_encoding_key(&encoding(algorithm, &private)?, algorithm).map_err(|_| broken("no public key"))?;
        let kid = jose::thumbprint(&jwk).ok_or_else(|| broken("no thumbprint"))?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        let public = serde_json::to_value(&jwk).map_err(|_| broken("no public key"))?;
        let sealed = self.inner.room.sealer()?.seal(&purpose(&kid), &private).map_err(|_| broken("sealing failed"))?;
        let row = args![&kid, name, &public, sealed, self.now(), active_from];
        let entry = by
            .entry("signing_key.made", "signing_key", &kid)
            .detail(json!({ "algorithm": name, "active_from": active_from.to_string() }));
        self.db()
            .transaction(|tx| {
                let (row, entry) = (row.clone(), entry.clone());
                Box::pin(async move {
                    tx.execute(sql::INSERT_KEY, row).await?;
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        self.forget_keys();
        Ok(())
    }

    pub(crate) fn forget_keys(&self) {
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Makes the successors that are due, a day before they sign, and forgets keys of which nothing is valid any more.
    ///
    /// # Errors
    /// What the database says, or a key that cannot be made.
    pub async fn rotate_keys(&self) -> Result<(), Problem> {
        let (ring, now) = (self.keys().await?, self.now());
        let life = SignedDuration::from_hours(24 * self.inner.settings.key_days.max(2));
        for name in ALGORITHMS {
            let Some(newest) = ring.keys.iter().rfind(|key| key.name == name) else { continue };
            if now.duration_since(newest.active_from) >= life - ANNOUNCED {
                let active_from = now.checked_add(ANNOUNCED).map_err(|_| broken("no next day"))?;
                self.make_key(name, active_from, ActorRef::system().into()).await?;
            }
        }
        for key in ring.keys.iter().filter(|key| ring.is_over(key, now)) {
            self.db().execute(sql::DELETE_KEY, args![&key.kid]).await?;
            self.forget_keys();
        }
        Ok(())
    }

    /// Announces a successor for each algorithm now: it signs a day later.
    ///
    /// # Errors
    /// What the database says, or a key that cannot be made.
    pub async fn announce_keys(&self) -> Result<Vec<String>, Problem> {
        let ring = self.keys().await?;
        let active_from = self.now().checked_add(ANNOUNCED).map_err(|_| broken("no next day"))?;
        let mut announced = Vec::new();
        for name in ALGORITHMS.into_iter().filter(|name| ring.keys.iter().any(|key| key.name == *name)) {
            self.make_key(name, active_from, ActorRef::system().into()).await?;
            announced.push(name.to_owned());
        }
        Ok(announced)
    }

    /// The public keys, as `/oauth2/jwks` shows them: those that sign, the announced ones, those of valid tokens.
    pub(crate) async fn public_keys(&self) -> Result<Value, Problem> {
        // A city that never signed has its key from now on: whoever reads the set finds what will sign.
        self.signing_key(ALGORITHMS[0]).await?;
        let (ring, now) = (self.keys().await?, self.now());
        let keys: Vec<&Value> = ring.keys.iter().filter(|key| !ring.is_over(key, now)).map(|key| &key.public).collect();
        Ok(json!({ "keys": keys }))
    }

    /// Signs claims as a token of a kind (`typ`).
    pub(crate) async fn sign(&self, algorithm: &str, typ: &str, claims: &impl Serialize) -> Result<String, Problem> {
        let key = self.signing_key(algorithm).await?;
        let mut header = Header::new(key.algorithm);
        header.typ = Some(typ.to_owned());
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.encoding).map_err(|_| broken("does not sign"))
    }

    /// The claims of a token that we signed ourselves as this kind; times are judged by the caller.
    pub(crate) async fn own(&self, token: &str, typ: &str) -> Result<Option<Map<String, Value>>, Problem> {
        let Some(header) = jose::header(token) else { return Ok(None) };
        if jose::is_strange(&header) || jose::text(&header, "typ") != Some(typ) {
            return Ok(None);
        }
        let ring = self.keys().await?;
        let key = ring.keys.iter().find(|key| {
            Some(key.kid.as_str()) == jose::text(&header, "kid")
                && Some(key.name.as_str()) == jose::text(&header, "alg")
        });
        let claims = key.and_then(|key| jose::verified(token, &key.decoding, key.algorithm));
        Ok(claims.filter(|claims| jose::text(claims, "iss") == Some(&self.inner.settings.issuer)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_signs_and_verifies_with_its_public_half() {
        super::super::crypto::install();
        for name in ALGORITHMS {
            let algorithm = algorithm_of(name).unwrap();
            let key = encoding(algorithm, &generate(algorithm).unwrap()).unwrap();
            let jwk = Jwk::from_encoding_key(&key, algorithm).unwrap();
            let text = serde_json::to_value(&jwk).unwrap();
            assert!(jose::public_key(&text).is_some(), "{name}: {text}");
            let token = jsonwebtoken::encode(&Header::new(algorithm), &json!({ "a": 1 }), &key).unwrap();
            assert!(jose::verified_by(&token, &jwk, algorithm).is_some(), "{name}");
            let other = if name == "ES256" { Algorithm::EdDSA } else { Algorithm::ES256 };
            assert!(jose::verified_by(&token, &jwk, other).is_none(), "{name}: T16");
        }
    }
}
