//! What an upstream says of a person, in our words.

use haidang_kernel::number::CitizenNo;
use haidang_kernel::text;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::config::{LevelMap, Upstream};

/// A person as an upstream asserts them, with the two levels that are never merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asserted {
    /// Identifier of the account there (TechID).
    pub(crate) subject: String,
    /// Personal identification number.
    pub(crate) personal_id: String,
    pub(crate) full_name: String,
    /// `YYYY-MM-DD`, or a year alone.
    pub(crate) birth_date: Option<String>,
    pub(crate) sex: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) nationality: Option<String>,
    /// How well the person was identified: 1 or 2.
    pub(crate) account_level: u8,
    /// How strongly this session was authenticated: 1 to 4.
    pub(crate) acr: u8,
}

/// A claim as text; numbers are told the same as texts.
fn word(claims: &Map<String, Value>, names: &[String]) -> Option<String> {
    names.iter().find_map(|name| match claims.get(name)? {
        Value::String(text) => Some(text::tidy(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Reads a person out of verified claims; the name of our own claim that is missing or malformed otherwise.
pub(crate) fn read(upstream: &Upstream, claims: &Map<String, Value>) -> Result<Asserted, &'static str> {
    let map = &upstream.claims;
    let personal_id = word(claims, &map.personal_id).ok_or("personal_id")?;
    let personal_id = CitizenNo::parse(&personal_id).map_err(|_| "personal_id")?;
    let birth_date = match word(claims, &map.birth_date) {
        Some(text) => Some(birth_date(&text).ok_or("birth_date")?),
        None => None,
    };
    let (account_level, acr) = levels(&upstream.levels, claims);
    Ok(Asserted {
        subject: word(claims, &map.subject).ok_or("subject")?,
        personal_id: personal_id.as_str().to_owned(),
        full_name: word(claims, &map.name).ok_or("name")?,
        birth_date,
        sex: word(claims, &map.sex).and_then(|word| sex(&word)),
        phone: word(claims, &map.phone),
        email: word(claims, &map.email),
        address: word(claims, &map.address),
        nationality: word(claims, &map.nationality).and_then(|word| nationality(&word)),
        account_level,
        acr,
    })
}

/// Level of the account and of the authentication; what the map does not know is the lowest.
pub(crate) fn levels(map: &LevelMap, claims: &Map<String, Value>) -> (u8, u8) {
    let account = word(claims, &map.account_claim).and_then(|word| map.account.get(&word).copied()).unwrap_or(1);
    let acr = word(claims, &map.acr_claim).and_then(|word| map.acr.get(&word).copied()).unwrap_or(1);
    (account, acr)
}

/// `yyyyMMdd`, `dd/MM/yyyy` or ISO; older papers know the year alone.
pub(crate) fn birth_date(text: &str) -> Option<String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.len() == 4 {
        return Some(text.to_owned());
    }
    let format = match text.len() {
        8 if digits => "%Y%m%d",
        _ if text.contains('/') => "%d/%m/%Y",
        _ => "%Y-%m-%d",
    };
    Date::strptime(format, text).ok().map(|date| date.to_string())
}

/// The register's codes and the words people write.
fn sex(word: &str) -> Option<String> {
    match text::search_key(word).as_str() {
        "1" | "nam" | "male" | "m" => Some("male".to_owned()),
        "0" | "2" | "nu" | "female" | "f" => Some("female".to_owned()),
        _ => None,
    }
}

fn nationality(word: &str) -> Option<String> {
    if word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(word.to_ascii_uppercase());
    }
    (text::search_key(word) == "viet nam").then(|| "VN".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn upstream() -> Upstream {
        let text = r#"
            [[upstream]]
            id = "mau"
            name = { vi = "Mẫu", en = "Sample" }
            issuer = "https://id.example.vn"
            method = "vneid"
            [upstream.claims]
            subject = ["TechID"]
            personal_id = ["SoDinhDanh", "SoCMND"]
            name = ["HoVaTen"]
            birth_date = ["NgayThangNamSinh"]
            sex = ["GioiTinh"]
            [upstream.levels]
            account_claim = ["IAL"]
            account = { 1 = 1, 2 = 2 }
            acr_claim = ["loAs"]
            acr = { LoA1 = 1, LoA2 = 2, LoA3 = 3, LoA4 = 4 }
        "#;
        Upstream::from_toml(text).unwrap().remove(0)
    }

    fn claims() -> Value {
        json!({ "TechID": "t-1", "SoDinhDanh": "031190000015", "HoVaTen": "Lê  Thị Ví Dụ", "NgayThangNamSinh": "19900501", "GioiTinh": "Nữ", "IAL": 2, "loAs": "LoA3" })
    }

    #[test]
    fn claims_are_read_by_their_names() {
        let read = read(&upstream(), claims().as_object().unwrap()).unwrap();
        assert_eq!(read.personal_id, "031190000015");
        assert_eq!(read.full_name, "Lê Thị Ví Dụ");
        assert_eq!(read.birth_date.as_deref(), Some("1990-05-01"));
        assert_eq!(read.sex.as_deref(), Some("female"));
        assert_eq!((read.account_level, read.acr), (2, 3));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (name, expected) in [("TechID", "subject"), ("SoDinhDanh", "personal_id"), ("HoVaTen", "name")] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&upstream(), claims.as_object().unwrap()), Err(expected), "{name}");
        }
        let mut claims = claims();
        claims["SoDinhDanh"] = json!("123");
        assert_eq!(read(&upstream(), claims.as_object().unwrap()), Err("personal_id"));
    }

    #[test]
    fn an_unmapped_level_is_the_lowest() {
        let map = upstream().levels;
        for (claims, expected) in [
            (json!({}), (1, 1)),
            (json!({ "IAL": 2 }), (2, 1)),
            (json!({ "IAL": 3, "loAs": "LoA9" }), (1, 1)),
            (json!({ "IAL": "2", "loAs": "loa3" }), (2, 1)),
            (json!({ "IAL": true, "loAs": ["LoA4"] }), (1, 1)),
            (json!({ "IAL": 1, "loAs": "LoA4" }), (1, 4)),
        ] {
            assert_eq!(levels(&map, claims.as_object().unwrap()), expected, "{claims}");
        }
    }

    #[test]
    fn dates_of_birth_in_three_writings() {
        for (text, expected) in [
            ("19900501", Some("1990-05-01")),
            ("01/05/1990", Some("1990-05-01")),
            ("1/5/1990", Some("1990-05-01")),
            ("1990-05-01", Some("1990-05-01")),
            ("1957", Some("1957")),
            ("31/02/1990", None),
            ("1990", Some("1990")),
            ("sinh năm 1990", None),
        ] {
            assert_eq!(birth_date(text).as_deref(), expected, "{text}");
        }
    }
}
