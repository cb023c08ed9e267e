//! Every statement of the registry.

/// Begins the registry where there is none.
pub const BEGIN: &str =
    "INSERT INTO exchange_revision (name, revision) VALUES ('registry', 0) ON CONFLICT (name) DO NOTHING";

/// How often it was changed.
pub const REVISION: &str = "SELECT revision FROM exchange_revision WHERE name = 'registry'";

/// It was changed once more.
pub const MOVE_REVISION: &str = "UPDATE exchange_revision SET revision = $1 WHERE name = 'registry'";

/// The newest version of every entry, also of those taken out.
pub const NEWEST: &str = "SELECT kind, id, version, revision, at, person, reason, content FROM exchange_entry WHERE version = (SELECT max(later.version) FROM exchange_entry later WHERE later.kind = exchange_entry.kind AND later.id = exchange_entry.id) ORDER BY kind, id";

/// The versions of one entry, the newest first.
pub const HISTORY: &str = "SELECT kind, id, version, revision, at, person, reason, content FROM exchange_entry WHERE kind = $1 AND id = $2 ORDER BY version DESC LIMIT $3";

/// Keeps a version.
pub const INSERT_ENTRY: &str = "INSERT INTO exchange_entry (kind, id, version, revision, at, person, audit, reason, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
