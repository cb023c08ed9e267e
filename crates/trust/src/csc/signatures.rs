//! `credentials/authorize`, `signatures/signHash` and `signatures/timestamp`.

use axum::body::Bytes;
use axum::http::HeaderMap;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use haidang_signing::time_stamp::{Imprint, TimeStampRequest, token_of};
use haidang_signing::{Authorisation, DigestAlgorithm, SignatureAlgorithm};
use haidang_store::{AuditEntry, StoreError, args};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::asked::{Authorize, SignHash, TimeStamp, check_algorithms, hashes};
use super::credentials::unusable;
use super::fault::Fault;
use super::{SigningDesk, read};
use crate::pin::PinAnswer;
use crate::sql;

/// How long an activation lives, in seconds: as long as a program needs to send the same hashes again.
const LIFE_SECONDS: i64 = 300;
/// Longest nonce of a time stamp, in bytes.
const NONCE: usize = 32;

/// Gives the right to sign exactly these hashes, for the PIN of the key.
pub(super) async fn authorize(desk: &SigningDesk, headers: &HeaderMap, body: &Bytes) -> Result<Value, Fault> {
    let caller = desk.caller(headers).await?;
    let asked: Authorize = read(headers, body)?;
    let pinned = asked.hash.ok_or(Fault::Request("Missing parameter hash: this credential has SCAL 2"))?;
    let digests = hashes(&pinned)?;
    if asked.count != digests.len() {
        return Err(Fault::Request("numSignatures is another number than that of the hashes"));
    }
    let key = desk.key(&caller, &asked.credential).await?;
    if let Some(why) = unusable(&key, desk.room.now()) {
        return Err(Fault::Disabled(why));
    }
    let pin = asked.pin.ok_or(Fault::Request("Missing (or invalid type) string parameter PIN"))?;
    match desk.room.try_pin(&key, &pin, caller.actor.clone()).await? {
        PinAnswer::Right => {}
        PinAnswer::Wrong => return Err(Fault::Pin),
        PinAnswer::Locked(_) => return Err(Fault::PinLocked),
    }
    let secret = desk.room.0.ambient.secret();
    let digest = &haidang_web::tokens::digest(&secret);
    let list = &serde_json::to_string(&pinned).map_err(|error| Fault::Internal(error.to_string()))?;
    let detail = json!({ "signatures": digests.len() });
    let entry = AuditEntry::mutation("signing_key.authorised", caller.actor.clone());
    let entry = &entry.object("signing_key", &key.id).detail(detail);
    let (key, caller) = (&key, &caller);
    desk.room
        .0
        .db
        .transaction(|tx| {
            Box::pin(async move {
                let now = tx.ambient().now();
                let ends = now.saturating_add(SignedDuration::from_secs(LIFE_SECONDS)).unwrap_or(now);
                tx.execute(sql::FORGET_ACTIVATIONS, args![now]).await?;
                let person = caller.person.as_str();
                let values = args![digest.as_str(), key.id.as_str(), person, list.as_str(), now, ends];
                tx.execute(sql::INSERT_ACTIVATION, values).await?;
                tx.audit(entry.clone()).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
    Ok(json!({ "SAD": secret, "expiresIn": LIFE_SECONDS }))
}

/// Signs hashes under an activation, which ends with it.
pub(super) async fn sign_hash(desk: &SigningDesk, headers: &HeaderMap, body: &Bytes) -> Result<Value, Fault> {
    let caller = desk.caller(headers).await?;
    let asked: SignHash = read(headers, body)?;
    let digests = hashes(&asked.hash)?;
    let key = desk.key(&caller, &asked.credential).await?;
    if let Some(why) = unusable(&key, desk.room.now()) {
        return Err(Fault::Disabled(why));
    }
    let internal = |error: &dyn std::fmt::Display| Fault::Internal(error.to_string());
    let algorithm = SignatureAlgorithm::of_public_key(key.certificate.public_key()).map_err(|e| internal(&e))?;
    check_algorithms(&asked, algorithm)?;
    let digest = &haidang_web::tokens::digest(&asked.activation);
    let found = args![digest.as_str(), key.id.as_str(), caller.person.as_str(), desk.room.now()];
    let found = desk.room.0.db.fetch_optional(sql::ACTIVATION, found).await?.ok_or(Fault::Activation)?;
    let pinned = hashes(&found.json::<Vec<String>>("hashes")?)?;
    let mut right = Authorisation::over(&pinned, None).map_err(|error| internal(&error))?;
    right.spend(&digests).map_err(|_| Fault::Hash)?;
    let opened = desk.room.open_holder_key(&key)?;
    let entry = AuditEntry::mutation("signing_key.signed", caller.actor.clone());
    let entry = &entry.object("signing_key", &key.id).detail(json!({ "signatures": digests.len() }));
    let used = desk
        .room
        .0
        .db
        .transaction(|tx| {
            Box::pin(async move {
                let now = tx.ambient().now();
                if tx.execute(sql::USE_ACTIVATION, args![digest.as_str(), now]).await? == 0 {
                    return Ok::<_, StoreError>(false);
                }
                tx.audit(entry.clone()).await?;
                Ok(true)
            })
        })
        .await?;
    if !used {
        return Err(Fault::Activation);
    }
    let signed = tokio::task::spawn_blocking(move || {
        digests.iter().map(|hash| opened.sign_digest(hash)).collect::<Result<Vec<_>, _>>()
    });
    let signed = signed.await.map_err(|error| internal(&error))?.map_err(|error| internal(&error))?;
    Ok(json!({ "signatures": signed.iter().map(|one| BASE64.encode(one)).collect::<Vec<_>>() }))
}

/// A time stamp over a hash.
pub(super) async fn time_stamp(desk: &SigningDesk, headers: &HeaderMap, body: &Bytes) -> Result<Value, Fault> {
    desk.caller(headers).await?;
    let asked: TimeStamp = read(headers, body)?;
    let algorithm = der::asn1::ObjectIdentifier::new(&asked.hash_algorithm).ok();
    let algorithm = algorithm.and_then(|oid| DigestAlgorithm::from_oid(oid).ok());
    let algorithm = algorithm.ok_or(Fault::Request("Invalid parameter hashAlgo"))?;
    let digest = BASE64.decode(asked.hash.as_bytes()).ok().filter(|hash| hash.len() == algorithm.length());
    let digest = digest.ok_or(Fault::Request("Invalid parameter hash"))?;
    let nonce = match asked.nonce.as_deref() {
        None => None,
        Some(text) => {
            let nonce = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
            let nonce = nonce.filter(|nonce| !nonce.is_empty() && nonce.len() <= NONCE);
            Some(integer(nonce.ok_or(Fault::Request("Invalid parameter nonce"))?))
        }
    };
    let mut question = TimeStampRequest::new(Imprint { algorithm, digest }, [0; 16], None);
    question.nonce = nonce;
    let question = question.to_der().map_err(|error| Fault::Internal(error.to_string()))?;
    let answer = desk.room.answer_stamp(&question).await?;
    let token = token_of(&answer.content).map_err(|_| Fault::Unavailable)?;
    Ok(json!({ "timestamp": BASE64.encode(&token) }))
}

/// The bytes of a positive DER INTEGER: no zeros before it but the one that keeps it positive.
fn integer(bytes: Vec<u8>) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let rest = bytes.get(first..).unwrap_or_default();
    match rest.first() {
        Some(byte) if byte & 0x80 != 0 => [&[0], rest].concat(),
        _ => rest.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_a_positive_integer() {
        for (given, expected) in [
            (vec![0, 0, 1], vec![1]),
            (vec![0x80], vec![0, 0x80]),
            (vec![0], vec![0]),
            (vec![0, 0], vec![0]),
            (vec![0x7f, 0], vec![0x7f, 0]),
        ] {
            assert_eq!(integer(given), expected);
        }
    }
}
