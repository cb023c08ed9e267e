//! Statements about consent. None changes or removes a receipt.

macro_rules! columns {
    () => {
        "id, subject, seq, purpose, controller, processor, data_categories, legal_basis, text_version, text_hash, decision, at, channel, assurance, expires_at, decided_by, mandate, about, prev_hash, hash"
    };
}

/// Adds a receipt; a number of the chain that is taken stays as it is.
pub(crate) const INSERT: &str = concat!("INSERT INTO identity_consent (", columns!(), ") VALUES");

/// The last receipt of a person's chain.
pub(crate) const LAST: &str =
    concat!("SELECT ", columns!(), " FROM identity_consent WHERE subject = $1 ORDER BY seq DESC LIMIT 1");

/// The last receipt of a person about a purpose.
pub(crate) const STANDING: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM identity_consent WHERE subject = $1 AND purpose = $2 ORDER BY seq DESC LIMIT 1"
);

/// A person's whole chain, oldest first.
pub(crate) const CHAIN: &str =
    concat!("SELECT ", columns!(), " FROM identity_consent WHERE subject = $1 ORDER BY seq LIMIT 10000");

/// Everybody's receipts, chain by chain, after a place.
pub(crate) const ALL_AFTER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM identity_consent WHERE (subject, seq) > ($1, $2) ORDER BY subject, seq LIMIT $3"
);

/// Hashes of the receipts behind one id and up to another.
pub(crate) const HASHES_BETWEEN: &str = "SELECT id, hash FROM identity_consent WHERE id > $1 AND id <= $2 ORDER BY id";
