//! Statements of federation, one text for both databases.

/// Begins a sign-in at an upstream.
pub(crate) const INSERT_LOGIN: &str = "INSERT INTO identity_upstream_login (state_sha256, tx_sha256, upstream, issuer, next, asked, person, started_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Takes a sign-in that this browser began; it can be taken once.
pub(crate) const TAKE_LOGIN: &str = "DELETE FROM identity_upstream_login WHERE state_sha256 = $1 AND tx_sha256 = $2 RETURNING upstream, issuer, next, asked, person, started_at, expires_at";

/// Forgets sign-ins that never came back.
pub(crate) const SWEEP_LOGINS: &str = "DELETE FROM identity_upstream_login WHERE expires_at < $1";

/// Whose account an identifier is.
pub(crate) const PERSON_OF_SUBJECT: &str =
    "SELECT person FROM identity_upstream_account WHERE upstream = $1 AND subject = $2";

/// Through which upstreams a person signs in.
pub(crate) const ACCOUNTS_OF: &str =
    "SELECT upstream, subject FROM identity_upstream_account WHERE person = $1 ORDER BY linked_at, upstream";

/// Notes an identifier, or its new form, for a person.
pub(crate) const PUT_ACCOUNT: &str = "INSERT INTO identity_upstream_account (upstream, subject, person, linked_at, last_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT (person, upstream) DO UPDATE SET subject = excluded.subject, last_at = excluded.last_at";

/// The account was used.
pub(crate) const TOUCH_ACCOUNT: &str =
    "UPDATE identity_upstream_account SET last_at = $3 WHERE upstream = $1 AND subject = $2";

/// Brings a person up to what the upstream says.
pub(crate) const REFRESH_PERSON: &str = "UPDATE identity_person SET full_name = $2, name_key = $3, name_sort = $4, birth_date = $5, sex = $6, phone = $7, email = $8, address = $9, nationality = $10, account_level = $11, changed_at = $12 WHERE id = $1";

/// Forgets what waited in a browser and was never joined.
pub(crate) const SWEEP_LINKS: &str = "DELETE FROM identity_upstream_link WHERE expires_at < $1";

/// Remembers an upstream that was shown and waits for the other one.
pub(crate) const PUT_LINK: &str = "INSERT INTO identity_upstream_link (tx_sha256, upstream, subject, person, proved_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tx_sha256) DO UPDATE SET upstream = excluded.upstream, subject = excluded.subject, person = excluded.person, proved_at = excluded.proved_at, expires_at = excluded.expires_at";

/// What waits in this browser.
pub(crate) const LINK: &str =
    "SELECT upstream, subject, person FROM identity_upstream_link WHERE tx_sha256 = $1 AND expires_at > $2";

/// It waits no more.
pub(crate) const DELETE_LINK: &str = "DELETE FROM identity_upstream_link WHERE tx_sha256 = $1 OR expires_at < $2";
