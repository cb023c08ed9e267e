//! Names of people for other systems, and what is told of them.

use super::Provider;
use super::model::Client;
use super::rules;
use haidang_contracts::identity::PersonRecord;
use haidang_kernel::keyed::hmac_sha256;
use serde_json::{Map, Value, json};

/// Claims of a scope, in the order of OIDC Core 5.4; only those the city knows.
const SCOPES: [(&str, &[&str]); 7] = [
    ("profile", &["name", "birthdate", "gender"]),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("address", &["address"]),
    // What holds at the moment of asking alone; `live` looks it up.
    ("roles", &["roles"]),
    ("account_level", &["nd69_account_level"]),
    ("representee_list", &["representee_list"]),
];

/// Every claim that may be asked for.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    SCOPES.iter().flat_map(|(_, claims)| claims.iter().copied())
}

/// The scope that covers a claim.
pub(crate) fn scope_of(claim: &str) -> Option<&'static str> {
    SCOPES.iter().find(|(_, claims)| claims.contains(&claim)).map(|(scope, _)| *scope)
}

/// The value of a claim.
fn value(person: &PersonRecord, claim: &str) -> Option<Value> {
    let text = |value: &Option<String>| value.as_ref().map(|text| json!(text));
    match claim {
        "name" => Some(json!(person.full_name)),
        "birthdate" => text(&person.birth_date),
        "gender" => text(&person.sex),
        "email" => text(&person.email),
        "phone_number" => text(&person.phone),
        // The registers hold what people said; nobody has proven an address or a number to us.
        "email_verified" => person.email.as_ref().map(|_| json!(false)),
        "phone_number_verified" => person.phone.as_ref().map(|_| json!(false)),
        "address" => person.address.as_ref().map(|text| json!({ "formatted": text, "country": "VN" })),
        _ => None,
    }
}

/// What a token's scopes and claims tell of a person, without `sub`.
pub(crate) fn told(person: &PersonRecord, scopes: &[String], claims: &[String]) -> Map<String, Value> {
    let mut told = Map::new();
    for (scope, names) in SCOPES {
        for name in names {
            let by_scope = scopes.iter().any(|asked| asked == scope);
            if (by_scope || claims.iter().any(|asked| asked == name))
                && let Some(value) = value(person, name)
            {
                told.insert((*name).to_owned(), value);
            }
        }
    }
    told
}

/// The sector in which clients know people by the same name.
fn sector(client: &Client) -> String {
    let host = client.metadata.redirect_uris.first().and_then(|uri| rules::origin(uri));
    client.metadata.sector.clone().unwrap_or_else(|| host.unwrap_or(&client.id).to_owned())
}

/// The name of a person in a sector: HMAC under the sector's own secret, so that two sectors cannot be joined.
fn pairwise(secret: &[u8; 32], sector: &str, person: &str) -> String {
    let sector = hmac_sha256(secret, format!("sector/{sector}").as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&hmac_sha256(&sector, person.as_bytes()))
}

impl Provider {
    /// `sub` by which a client knows a person.
    pub(crate) fn sub(&self, client: &Client, person: &str) -> String {
        if client.metadata.subject_type == "public" {
            return person.to_owned();
        }
        pairwise(&self.inner.settings.secret, &sector(client), person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t40_names_of_two_sectors_cannot_be_joined() {
        let name = |secret: u8, sector: &str, person: &str| pairwise(&[secret; 32], sector, person);
        let one = name(1, "https://a.example", "p");
        assert_eq!(one, name(1, "https://a.example", "p"));
        assert_eq!(one.len(), 43);
        for other in
            [name(1, "https://b.example", "p"), name(1, "https://a.example", "q"), name(2, "https://a.example", "p")]
        {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn every_claim_has_one_scope() {
        for claim in known() {
            assert!(scope_of(claim).is_some(), "{claim}");
        }
        assert_eq!(scope_of("citizen_no"), None);
    }
}
