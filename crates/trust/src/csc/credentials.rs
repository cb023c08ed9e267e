//! `credentials/list` and `credentials/info`.

use axum::body::Bytes;
use axum::http::HeaderMap;
use data_encoding::BASE64;
use haidang_signing::{Certificate, MAX_BATCH, SignatureAlgorithm};
use haidang_store::args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::{Info, List};
use super::fault::Fault;
use super::{SigningDesk, read};
use crate::error::TrustError;
use crate::holders::HolderKey;
use crate::room::TrustRoom;
use crate::sql;

impl TrustRoom {
    /// A key by its id, when it is its holder's present one.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn present_key(&self, id: &str) -> Result<Option<HolderKey>, TrustError> {
        let Some(row) = self.0.db.fetch_optional(sql::HOLDER_KEY_BY_ID, args![id]).await? else { return Ok(None) };
        let last = self.0.db.fetch_one(sql::IS_PRESENT, args![row.text("holder")?]).await?.integer("number")?;
        if row.integer("number")? != last {
            return Ok(None);
        }
        self.read_holder_key(&row).await.map(Some)
    }
}

/// Ids of the caller's keys.
pub(super) async fn list(desk: &SigningDesk, headers: &HeaderMap, body: &Bytes) -> Result<Value, Fault> {
    let caller = desk.caller(headers).await?;
    let asked: List = read(headers, body)?;
    if asked.user.is_some_and(|user| user != caller.person) {
        return Err(Fault::Request("Invalid parameter userID: the token says who you are"));
    }
    let rows = desk.room.0.db.fetch_all(sql::KEYS_OF_PERSON, args![caller.person.as_str()]).await?;
    let ids = rows.iter().map(|row| row.text("id")).collect::<Result<Vec<String>, _>>()?;
    let ids: Vec<String> = ids.into_iter().filter(|id| caller.opens(id)).collect();
    Ok(json!({ "credentialIDs": ids }))
}

/// What can be told of a key.
pub(super) async fn info(desk: &SigningDesk, headers: &HeaderMap, body: &Bytes) -> Result<Value, Fault> {
    let caller = desk.caller(headers).await?;
    let asked: Info = read(headers, body)?;
    let key = desk.key(&caller, &asked.credential).await?;
    let certificates: Vec<&Certificate> = match asked.certificates.as_deref() {
        Some("none") => Vec::new(),
        None | Some("single") => vec![&key.certificate],
        Some("chain") => [&key.certificate].into_iter().chain(&key.chain).collect(),
        Some(_) => return Err(Fault::Request("Invalid parameter certificates")),
    };
    let public = key.certificate.public_key();
    let algorithm = SignatureAlgorithm::of_public_key(public).map_err(|error| Fault::Internal(error.to_string()))?;
    let usable = unusable(&key, desk.room.now()).is_none();
    let mut own = json!({
        "status": if usable { "enabled" } else { "disabled" },
        "algo": [algorithm.identifier().oid.to_string()],
        "len": bits(algorithm),
    });
    if algorithm == SignatureAlgorithm::EcdsaP256 {
        own["curve"] = json!("1.2.840.10045.3.1.7");
    }
    let mut certificate = json!({
        "status": status(&key, desk.room.now()),
        "certificates": certificates.iter().map(|one| BASE64.encode(one.der())).collect::<Vec<_>>(),
    });
    if asked.names {
        let time = |at: Timestamp| at.strftime("%Y%m%d%H%M%SZ").to_string();
        certificate["issuerDN"] = json!(key.certificate.issuer_common_name());
        certificate["serialNumber"] = json!(key.certificate.serial_hex());
        certificate["subjectDN"] = json!(key.certificate.subject());
        certificate["validFrom"] = json!(time(key.certificate.not_before()));
        certificate["validTo"] = json!(time(key.certificate.not_after()));
    }
    let mut answer = json!({
        "key": own, "cert": certificate, "authMode": "explicit", "SCAL": "2", "multisign": MAX_BATCH, "lang": "vi-VN",
    });
    if asked.ways {
        answer["PIN"] = json!({ "presence": "true", "format": "N", "label": "Mã PIN" });
        answer["OTP"] = json!({ "presence": "false" });
    }
    Ok(answer)
}

fn bits(algorithm: SignatureAlgorithm) -> u32 {
    match algorithm {
        SignatureAlgorithm::EcdsaP256 => 256,
        SignatureAlgorithm::Rsa2048 => 2048,
        SignatureAlgorithm::Rsa3072 => 3072,
        SignatureAlgorithm::Rsa4096 => 4096,
    }
}

fn status(key: &HolderKey, now: Timestamp) -> &'static str {
    match () {
        () if key.revoked.is_some() => "revoked",
        () if key.certificate.is_valid_at(now) => "valid",
        () => "expired",
    }
}

/// Why a key cannot sign now; none when it can.
pub(super) fn unusable(key: &HolderKey, now: Timestamp) -> Option<&'static str> {
    match status(key, now) {
        "valid" if key.suspended.is_some() => Some("The holder suspended this credential"),
        "valid" if key.pin.is_some() => None,
        "valid" => Some("The holder has not chosen a PIN yet"),
        "revoked" => Some("The certificate of this credential was revoked"),
        _ => Some("The certificate of this credential has expired"),
    }
}
