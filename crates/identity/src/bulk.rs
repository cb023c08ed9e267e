//! Fast inserts inside the caller's transaction: the pack's agencies and everybody of a demonstration city.
//!
//! Callers audit what they insert as one act; a row here is no act of its own.

use haidang_contracts::identity::PersonKind;
use haidang_kernel::text;
use haidang_store::{StoreError, Tx, Value, args};

use crate::credentials::codes;
use crate::model::{AgencySeed, CredentialSeed, PersonSeed, PositionSeed, RegisterSeed, RelationSeed, TokenSeed};
use crate::sealed::Sealer;
use crate::sql;

/// The word of the database.
pub(crate) fn kind_word(kind: PersonKind) -> &'static str {
    match kind {
        PersonKind::Person => "person",
        PersonKind::Organisation => "organisation",
        PersonKind::System => "system",
    }
}

fn person_values(seed: &PersonSeed, now: i64) -> Vec<Value> {
    let person = &seed.person;
    let name = text::nfc(&person.full_name);
    let (key, sort) = (text::search_key(&name), text::person_sort_key(&name));
    args![
        &person.id,
        kind_word(person.kind),
        name,
        key,
        sort,
        &person.citizen_no,
        &person.tax_no,
        &person.birth_date,
        &person.sex,
        &person.ethnicity,
        &person.nationality,
        &person.commune_code,
        &person.address,
        &person.phone,
        &person.email,
        i64::from(seed.account_level),
        false,
        now,
        now,
    ]
}

/// Inserts agencies or replaces them by code; gives back how many rows changed.
pub async fn put_agencies(tx: &mut Tx<'_>, agencies: &[AgencySeed]) -> Result<u64, StoreError> {
    let rows = agencies.iter().map(|seed| {
        let agency = &seed.agency;
        args![
            &agency.code,
            &agency.kind,
            &agency.name_vi,
            &agency.name_en,
            &agency.parent,
            &agency.commune_code,
            &agency.valid_from,
            &agency.valid_to,
            &agency.successor,
            &seed.evidence,
        ]
    });
    tx.insert_rows(sql::INSERT_AGENCY, rows, sql::REPLACE_AGENCY).await
}

/// Inserts persons; a number that is already known keeps its row.
pub async fn insert_persons(tx: &mut Tx<'_>, persons: &[PersonSeed]) -> Result<u64, StoreError> {
    let now = haidang_kernel::time::micros(tx.ambient().now());
    tx.insert_rows(sql::INSERT_PERSON, persons.iter().map(|seed| person_values(seed, now)), sql::KEEP_EXISTING).await
}

/// Inserts posts.
pub async fn insert_positions(tx: &mut Tx<'_>, positions: &[PositionSeed]) -> Result<u64, StoreError> {
    enum Position {}
    let ambient = tx.ambient().clone();
    let rows = positions.iter().map(|seed| {
        args![
            ambient.new_id::<Position>(),
            &seed.person,
            &seed.agency,
            &seed.role,
            &seed.title,
            &seed.valid_from,
            &seed.valid_to,
        ]
    });
    tx.insert_rows(sql::INSERT_POSITION, rows, "").await
}

/// Inserts official accounts.
pub async fn insert_credentials(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    credentials: &[CredentialSeed],
) -> Result<u64, StoreError> {
    let now = haidang_kernel::time::micros(tx.ambient().now());
    let mut rows = Vec::with_capacity(credentials.len());
    for seed in credentials {
        let secret = seed.totp_secret.as_ref();
        let sealed = secret.map(|secret| codes::seal_secret(sealer, &seed.person, secret)).transpose()?;
        rows.push(args![&seed.person, &seed.username, &seed.password_hash, sealed, 0_i64, now]);
    }
    tx.insert_rows(sql::INSERT_CREDENTIAL, rows, "").await
}

/// Inserts tokens; only their digests are stored.
pub async fn insert_tokens(tx: &mut Tx<'_>, tokens: &[TokenSeed]) -> Result<u64, StoreError> {
    enum Token {}
    let ambient = tx.ambient().clone();
    let now = haidang_kernel::time::micros(ambient.now());
    let rows = tokens.iter().map(|seed| {
        args![
            ambient.new_id::<Token>(),
            &seed.person,
            &seed.name,
            haidang_web::tokens::digest(&seed.token),
            &seed.agency,
            serde_json::json!(seed.capabilities),
            None::<String>,
            now,
            None::<i64>,
            None::<i64>,
        ]
    });
    tx.insert_rows(sql::INSERT_TOKEN, rows, "").await
}

/// Inserts relations; one that is already known stays.
pub async fn insert_relations(tx: &mut Tx<'_>, relations: &[RelationSeed]) -> Result<u64, StoreError> {
    let rows = relations
        .iter()
        .map(|seed| args![&seed.person, &seed.other, seed.kind.as_str(), None::<String>, None::<String>]);
    tx.insert_rows(sql::INSERT_RELATION, rows, sql::KEEP_EXISTING).await
}

/// Inserts or replaces what registers know.
pub async fn put_facts(tx: &mut Tx<'_>, facts: &[RegisterSeed]) -> Result<u64, StoreError> {
    let rows = facts.iter().map(|seed| args![&seed.number, &seed.register, &seed.facts, &seed.as_of]);
    tx.insert_rows(sql::INSERT_FACTS, rows, sql::REPLACE_FACTS).await
}
