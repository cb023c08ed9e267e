//! Keys, claims and tokens of the simulator, true ones and spoilt ones.

use anyhow::{Context as _, Result, anyhow};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use super::faults::Fault;
use super::manner::Manner;
use super::personas::Persona;

/// Beginning of the name of the signing key; the stranger of [`Fault::ForeignKey`] uses the whole name too.
const KEY_NAME: &str = "mo-phong-";

/// Keys made anew at every start: nothing that a simulator signed outlives it.
pub(super) struct Keys {
    own: RwLock<Own>,
    strange: EncodingKey,
    /// The key by which the city proves itself in the clean manner, and its public half.
    pub(super) client_pem: String,
    pub(super) client: DecodingKey,
}

/// The key it signs with, and what it publishes of it.
struct Own {
    name: String,
    key: EncodingKey,
    public: JwkSet,
    decoding: DecodingKey,
}

impl Own {
    fn generate(name: String) -> Result<Own> {
        let key = rsa()?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256)?;
        jwk.common.key_id = Some(name.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&jwk)?;
        Ok(Own { name, key, public: JwkSet { keys: vec![jwk] }, decoding })
    }
}

fn pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

fn rsa() -> Result<EncodingKey> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("no RSA key"))?;
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().map_err(|_| anyhow!("no RSA key"))?;
    Ok(EncodingKey::from_rsa_pem(pem(der.as_ref()).as_bytes())?)
}

impl Keys {
    pub(super) fn generate() -> Result<Keys> {
        let (own, strange) = (RwLock::new(Own::generate(format!("{KEY_NAME}1"))?), rsa()?);
        let client =
            aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING)
                .map_err(|_| anyhow!("no client key"))?;
        let der = client.to_pkcs8v1().map_err(|_| anyhow!("no client key"))?;
        let client_pem = pem(der.as_ref());
        let public = Jwk::from_encoding_key(&EncodingKey::from_ec_pem(client_pem.as_bytes())?, Algorithm::ES256)?;
        let client = DecodingKey::from_jwk(&public).context("client key")?;
        Ok(Keys { own, strange, client_pem, client })
    }

    /// Takes a new key in the place of the old one, which is published no more.
    pub(super) fn rotate(&self) -> Result<()> {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        let edition: u32 = own.name.trim_start_matches(KEY_NAME).parse().unwrap_or(1);
        *own = Own::generate(format!("{KEY_NAME}{}", edition + 1))?;
        Ok(())
    }

    fn own(&self) -> RwLockReadGuard<'_, Own> {
        self.own.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The published keys, with the simulator's mark.
    pub(super) fn document(&self) -> Result<Value> {
        let mut document = serde_json::to_value(&self.own().public)?;
        document[haidang_identity::federation::MARKER] = json!(true);
        Ok(document)
    }

    /// Claims of a token of our own.
    pub(super) fn read(&self, token: &str) -> Option<Map<String, Value>> {
        let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
        validation.validate_aud = false;
        validation.validate_exp = false;
        jsonwebtoken::decode::<Map<String, Value>>(token, &self.own().decoding, &validation)
            .ok()
            .map(|data| data.claims)
    }

    /// Signs, or spoils the signature.
    pub(super) fn sign(&self, claims: &Value, fault: Option<Fault>) -> Result<String> {
        if fault == Some(Fault::AlgorithmNone) {
            let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
            return Ok(format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(claims)));
        }
        let mut header = Header::new(Algorithm::RS256);
        let own = self.own();
        header.kid = Some(own.name.clone());
        let key = if fault == Some(Fault::ForeignKey) { &self.strange } else { &own.key };
        Ok(jsonwebtoken::encode(&header, claims, key)?)
    }
}

/// `at_hash` of an access token.
pub(super) fn half_hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    BASE64URL_NOPAD.encode(digest.get(..16).unwrap_or_default())
}

/// A sign-in that was granted.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) manner: Manner,
    pub(super) persona: Persona,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    /// 1 to 4.
    pub(super) level: u8,
    pub(super) fault: Option<Fault>,
    /// Seconds since 1970.
    pub(super) at: i64,
}

impl Grant {
    fn sub(&self) -> String {
        let digest = Sha256::digest(format!("{}/{}", self.manner.word(), self.persona.tech_id).as_bytes());
        BASE64URL_NOPAD.encode(digest.get(..16).unwrap_or_default())
    }

    fn without_missing(&self, mut claims: Value) -> Value {
        if self.fault == Some(Fault::MissingClaim)
            && let Some(claims) = claims.as_object_mut()
        {
            for name in ["SoDinhDanh", "personal_id"] {
                claims.remove(name);
            }
        }
        claims
    }

    /// What the profile endpoint tells.
    pub(super) fn profile(&self, origin: &str) -> Value {
        let mut claims = self.facts(origin);
        let sub = if self.fault == Some(Fault::OtherSubject) { "somebody-else".to_owned() } else { self.sub() };
        claims["sub"] = json!(sub);
        claims[haidang_identity::federation::MARKER] = json!(true);
        self.without_missing(claims)
    }

    /// The person in the words of the manner.
    fn facts(&self, origin: &str) -> Value {
        let persona = &self.persona;
        let birth = self.manner.birth_date(persona.birth_date.as_deref().unwrap_or_default());
        let loa = format!("LoA{}", self.level);
        let sex = persona.sex.as_deref().map(|sex| if sex == "male" { "1" } else { "0" });
        match self.manner {
            Manner::Vneid => json!({
                "LoaiTaiKhoan": 1, "SoDinhDanh": persona.citizen_no, "HoVaTen": persona.full_name,
                "NgayThangNamSinh": birth, "TechID": persona.tech_id, "loAs": loa, "IAL": persona.level,
                "userProfileUri": format!("{origin}{}", Manner::Vneid.path("profile")),
                "logoutUri": format!("{origin}{}", Manner::Vneid.path("logout")),
            }),
            Manner::Dvcqg => json!({
                "LoaiTaiKhoan": "CaNhan", "MaSoThue": "", "SoCMND": "", "SoDinhDanh": persona.citizen_no, "MaBHXH": "",
                "HoChieu": "", "HoVaTen": persona.full_name, "ThuDienTu": persona.email, "SoDienThoai": persona.phone,
                "GioiTinh": sex, "DanToc": "", "NgayThangNamSinh": birth, "NoiDangKyKhaiSinh": "", "QueQuan": "",
                "ThuongTru": persona.address, "NoiOHienNay": persona.address, "QuocTich": persona.nationality,
                "NguoiDaiDien": "", "ChuHo": "", "TechID": persona.tech_id, "loAs": loa, "MaSoDoanhNghiep": "",
                "TenDoanhNghiep": "", "DiaChi": "",
            }),
            Manner::Oidc => json!({
                "name": persona.full_name, "birthdate": birth, "gender": persona.sex, "phone_number": persona.phone,
                "email": persona.email, "personal_id": persona.citizen_no, "tech_id": persona.tech_id,
                "account_level": persona.level, "acr": format!("urn:haidang:nd69:xt{}", self.level),
            }),
        }
    }

    /// The id_token that goes with this access token.
    pub(super) fn id_token(&self, keys: &Keys, origin: &str, access_token: &str) -> Result<String> {
        let issuer = self.manner.issuer(origin);
        // DVCQG keeps the person to the profile; the others say everything in the token too.
        let mut claims = if self.manner == Manner::Dvcqg { json!({}) } else { self.facts(origin) };
        let is = |fault: Fault| self.fault == Some(fault);
        claims["iss"] = json!(if is(Fault::WrongIssuer) { format!("{issuer}-khac") } else { issuer });
        claims["sub"] = json!(self.sub());
        claims["aud"] = json!(if is(Fault::WrongAudience) { "somebody-else" } else { &self.client_id });
        claims["iat"] = json!(self.at);
        claims["exp"] = json!(if is(Fault::Expired) { self.at - 60 } else { self.at + 900 });
        claims["auth_time"] = json!(self.at);
        claims["at_hash"] = json!(half_hash(if is(Fault::WrongTokenHash) { "another" } else { access_token }));
        claims["amr"] = json!(if self.level >= 3 { vec!["pin", "hwk", "face", "mfa"] } else { vec!["pwd", "otp"] });
        claims[haidang_identity::federation::MARKER] = json!(true);
        if is(Fault::WrongParty) {
            claims["azp"] = json!("somebody-else");
        }
        if let Some(nonce) = &self.nonce {
            claims["nonce"] = json!(if is(Fault::WrongNonce) { "another" } else { nonce });
        }
        keys.sign(&self.without_missing(claims), self.fault)
    }
}
