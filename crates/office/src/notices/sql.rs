//! Every statement of notices.

/// Keeps a notice once.
pub const INSERT: &str = "INSERT INTO office_notice (id, notice_key, person, template, object_kind, object, facts, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (notice_key) DO NOTHING";

/// Notices of a person, newest first.
pub const OF_PERSON: &str = "SELECT id, template, object_kind, object, facts, created_at, seen_at FROM office_notice WHERE person = $1 ORDER BY created_at DESC, id DESC LIMIT $2";

/// How many a person has not put away.
pub const UNSEEN: &str = "SELECT COUNT(*) AS count FROM office_notice WHERE person = $1 AND seen_at IS NULL";

/// The person puts away everything that was there when they looked.
pub const SEEN: &str =
    "UPDATE office_notice SET seen_at = $2 WHERE person = $1 AND seen_at IS NULL AND created_at <= $3";
