//! Every statement about accounts and posts that come from an LDAP directory, one text for both databases.

/// Whether the directory keeps the account of a person.
pub(super) const KEPT: &str = "SELECT person FROM identity_directory_user WHERE person = $1 AND source = 'ldap'";

/// Accounts of the directory, also of those who left it.
pub(super) const KNOWN: &str = "SELECT directory.person AS person, directory.user_name AS user_name, directory.external_id AS external_id, directory.gone_at AS gone_at, person.full_name AS full_name, person.email AS email FROM identity_directory_user AS directory JOIN identity_person AS person ON person.id = directory.person WHERE directory.source = 'ldap' AND directory.external_id IS NOT NULL ORDER BY directory.person";

/// Posts that the directory gave and that are not over.
pub(super) const HELD: &str = "SELECT id, person, agency, role FROM identity_position WHERE origin = 'ldap' AND (valid_to IS NULL OR valid_to >= $1) ORDER BY id";

/// The same post of the same person, given meanwhile by another run.
pub(super) const HELD_BY: &str = "SELECT id FROM identity_position WHERE origin = 'ldap' AND person = $1 AND agency = $2 AND role = $3 AND (valid_to IS NULL OR valid_to >= $4)";

/// Every post of a person that is not over.
pub(super) const OPEN_POSTS: &str =
    "SELECT id FROM identity_position WHERE person = $1 AND (valid_to IS NULL OR valid_to >= $2)";

/// Who bears an account name, of the house or of a directory.
pub(super) const NAMED: &str = "SELECT person FROM identity_credential WHERE username = $1 UNION SELECT person FROM identity_directory_user WHERE user_name = $1";

/// Writes an account that arrived.
pub(super) const ARRIVE: &str = "INSERT INTO identity_directory_user (person, user_name, source, external_id, attributes, version, created_at, changed_at) VALUES ($1, $2, 'ldap', $3, $4, 1, $5, $5)";

/// Writes what the directory says now; whoever had left is back.
pub(super) const CHANGE: &str = "UPDATE identity_directory_user SET user_name = $2, attributes = $3, version = version + 1, changed_at = $4, gone_at = NULL WHERE person = $1";

/// An account left the directory. Its name is free for others, its person stays for the audit.
pub(super) const LEAVE: &str = "UPDATE identity_directory_user SET user_name = person, gone_at = $2, stays_locked = $3, version = version + 1, changed_at = $2 WHERE person = $1 AND gone_at IS NULL";

/// What is known of an account that may leave or come back.
pub(super) const STATE: &str = "SELECT directory.gone_at AS gone_at, directory.stays_locked AS stays_locked, person.locked AS locked FROM identity_directory_user AS directory JOIN identity_person AS person ON person.id = directory.person WHERE directory.person = $1";

/// The account name of the credentials follows.
pub(super) const RENAME: &str = "UPDATE identity_credential SET username = $2, changed_at = $3 WHERE person = $1";

/// The person's own row follows the directory.
pub(super) const DESCRIBE: &str = "UPDATE identity_person SET full_name = $2, name_key = $3, name_sort = $4, email = $5, changed_at = $6 WHERE id = $1";
