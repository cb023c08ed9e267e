//! Every statement of the store.

use crate::Sql;

pub(crate) const INSERT_AUDIT: &str = "INSERT INTO store_audit (id, at, actor_kind, person, on_behalf, agency, channel, \
     action, kind, object_kind, object_id, legal_basis, purpose, request_id, own, refused, detail, hash) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
/// The same for many rows at once.
pub(crate) const INSERT_AUDITS: &str = "INSERT INTO store_audit (id, at, actor_kind, person, on_behalf, agency, channel, \
     action, kind, object_kind, object_id, legal_basis, purpose, request_id, own, refused, detail, hash) VALUES";
pub(crate) const INSERT_AUDITS_OPEN: &str = "INSERT INTO store_audit_open (audit, hash) VALUES";
pub(crate) const INSERT_AUDIT_OPEN: &str = "INSERT INTO store_audit_open (audit, hash) VALUES ($1, $2)";
pub(crate) const INSERT_AUDIT_SUBJECT: &str = "INSERT INTO store_audit_subject (audit, subject) VALUES";

pub(crate) const ACCESSES: &str = "SELECT a.id, a.at, a.agency, a.actor_kind, a.own, a.action, a.object_kind, a.object_id, \
     a.legal_basis, a.purpose, a.refused, a.detail FROM store_audit_subject s JOIN store_audit a ON a.id = s.audit \
     WHERE s.subject = $1 ORDER BY s.audit DESC LIMIT $2";
pub(crate) const ACCESSES_BEFORE: &str = "SELECT a.id, a.at, a.agency, a.actor_kind, a.own, a.action, a.object_kind, \
     a.object_id, a.legal_basis, a.purpose, a.refused, a.detail FROM store_audit_subject s JOIN store_audit a ON a.id = s.audit \
     WHERE s.subject = $1 AND s.audit < $2 ORDER BY s.audit DESC LIMIT $3";
pub(crate) const ACCESSES_WITHIN: &str = "SELECT a.id, a.at, a.agency, a.actor_kind, a.own, a.action, a.object_kind, \
     a.object_id, a.legal_basis, a.purpose, a.refused, a.detail FROM store_audit_subject s JOIN store_audit a ON a.id = s.audit \
     WHERE s.subject = $1 AND s.audit < $2 AND a.at >= $3 AND a.at < $4 AND ($5 = '' OR a.agency = $5) \
     ORDER BY s.audit DESC LIMIT $6";
/// Who made an access.
pub(crate) const ACCESS_MADE_BY: &str = "SELECT person FROM store_audit WHERE id = $1";

/// What the audit says of objects of one kind, in the order of their ids.
pub(crate) const DETAILS_ABOUT: &str =
    "SELECT object_id, detail FROM store_audit WHERE object_kind = $1 AND object_id > $2 ORDER BY object_id LIMIT $3";

pub(crate) const INSERT_EVENT: &str =
    "INSERT INTO store_event (id, at, kind, key, payload) VALUES ($1, $2, $3, $4, $5)";
pub(crate) const INSERT_DELIVERY: &str =
    "INSERT INTO store_delivery (consumer, event, key, state, attempts, next_at) VALUES";

pub(crate) const ENQUEUE_JOB: &str = "INSERT INTO store_job (id, kind, key, payload, state, run_at, attempts, created_at) \
     VALUES ($1, $2, $3, $4, 'waiting', $5, 0, $6) ON CONFLICT (kind, key) WHERE state = 'waiting' DO NOTHING";

pub(crate) const KNOWN_BLOBS: &str = "SELECT sha256 FROM store_blob";
pub(crate) const KEEP_BLOB: &str =
    "INSERT INTO store_blob (sha256, size, created_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";

/// Due deliveries of a consumer are claimed until `$3`, but none behind an earlier event of its key that must wait.
pub(crate) const CLAIM_DELIVERIES: &str = "UPDATE store_delivery SET attempts = attempts + 1, next_at = $3 \
     WHERE consumer = $1 AND state = 'waiting' AND next_at <= $2 AND event IN (\
       SELECT d.event FROM store_delivery d WHERE d.consumer = $1 AND d.state = 'waiting' AND d.next_at <= $2 \
       AND NOT EXISTS (SELECT 1 FROM store_delivery p WHERE p.consumer = $1 AND p.key = d.key AND p.state = 'waiting' \
         AND p.event < d.event AND p.next_at > $2) \
       ORDER BY d.event LIMIT $4) \
     RETURNING event, attempts";
pub(crate) const EVENTS: &str = "SELECT id, at, kind, key, payload FROM store_event";
/// Head of the update of all deliveries of a round that were taken; the conditions follow.
pub(crate) const DELIVERIES_DONE: &str = "UPDATE store_delivery SET state = 'done', done_at = $1, error = NULL";
pub(crate) const DELIVERY_LATER: &str = "UPDATE store_delivery SET next_at = $4, error = $5 \
     WHERE consumer = $1 AND event = $2 AND state = 'waiting' AND attempts = $3";
pub(crate) const DELIVERY_DEAD: &str = "UPDATE store_delivery SET state = 'dead', done_at = $4, error = $5 \
     WHERE consumer = $1 AND event = $2 AND state = 'waiting' AND attempts = $3";
/// Gives back what was claimed but not tried, because an earlier event of its key must come first.
pub(crate) const DELIVERY_UNTRIED: &str = "UPDATE store_delivery SET attempts = attempts - 1, next_at = $4 \
     WHERE consumer = $1 AND event = $2 AND state = 'waiting' AND attempts = $3";
pub(crate) const DEAD_DELIVERIES: &str = "SELECT d.consumer, d.event, e.kind, d.key, d.attempts, d.done_at, d.error \
     FROM store_delivery d JOIN store_event e ON e.id = d.event WHERE d.state = 'dead' ORDER BY d.event DESC LIMIT $1";
pub(crate) const REVIVE_DELIVERY: &str = "UPDATE store_delivery SET state = 'waiting', attempts = 0, next_at = $3, \
     done_at = NULL WHERE consumer = $1 AND event = $2 AND state = 'dead'";
pub(crate) const FORGET_DELIVERIES: &str = "DELETE FROM store_delivery WHERE state = 'done' AND done_at < $1";

/// A running job whose claim ran out belongs to a worker that died.
pub(crate) const CLAIM_JOBS: Sql = Sql {
    common: "UPDATE store_job SET state = 'running', attempts = attempts + 1, claimed_until = $3 WHERE id IN (\
       SELECT id FROM store_job WHERE kind = $1 AND run_at <= $2 AND state IN ('waiting', 'running') \
       AND (state = 'waiting' OR claimed_until <= $2) ORDER BY run_at, id LIMIT $4) \
     RETURNING id, kind, key, payload, run_at, attempts",
    // Native: two workers must take different jobs without waiting for each other; SQLite has one writer.
    postgres: Some(
        "UPDATE store_job SET state = 'running', attempts = attempts + 1, claimed_until = $3 WHERE id IN (\
       SELECT id FROM store_job WHERE kind = $1 AND run_at <= $2 AND state IN ('waiting', 'running') \
       AND (state = 'waiting' OR claimed_until <= $2) ORDER BY run_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) \
     RETURNING id, kind, key, payload, run_at, attempts",
    ),
};
pub(crate) const JOB_DONE: &str = "UPDATE store_job SET state = 'done', done_at = $3, claimed_until = NULL, error = NULL \
     WHERE id = $1 AND state = 'running' AND attempts = $2";
pub(crate) const JOB_LATER: &str = "UPDATE store_job SET state = 'waiting', run_at = $3, claimed_until = NULL, error = $4 \
     WHERE id = $1 AND state = 'running' AND attempts = $2 AND NOT EXISTS (\
       SELECT 1 FROM store_job o WHERE o.kind = $5 AND o.key = $6 AND o.state = 'waiting')";
pub(crate) const JOB_DEAD: &str = "UPDATE store_job SET state = 'dead', done_at = $3, claimed_until = NULL, error = $4 \
     WHERE id = $1 AND state = 'running' AND attempts = $2";
pub(crate) const DEAD_JOBS: &str = "SELECT id, kind, key, attempts, done_at, error FROM store_job WHERE state = 'dead' \
     ORDER BY id DESC LIMIT $1";
pub(crate) const REVIVE_JOB: &str = "UPDATE store_job SET state = 'waiting', attempts = 0, run_at = $2, done_at = NULL \
     WHERE id = $1 AND state = 'dead'";
pub(crate) const FORGET_JOBS: &str = "DELETE FROM store_job WHERE state = 'done' AND done_at < $1";

pub(crate) const HEAD: &str = "SELECT size, link, frontier FROM store_chain_head WHERE name = 'audit'";
pub(crate) const FIRST_HEAD: &str = "INSERT INTO store_chain_head (name, size, link, frontier) \
     VALUES ('audit', 0, $1, $2) ON CONFLICT (name) DO NOTHING";
/// Compare-and-set: only the sealer that read this head moves it.
pub(crate) const MOVE_HEAD: &str =
    "UPDATE store_chain_head SET size = $2, link = $3, frontier = $4 WHERE name = 'audit' AND size = $1";
pub(crate) const ANY_OPEN: &str = "SELECT audit FROM store_audit_open LIMIT 1";
pub(crate) const COUNT_OPEN: &str = "SELECT count(*) AS n FROM store_audit_open";
pub(crate) const RECORDS_OF_OBJECT: &str = "SELECT a.id, a.at, a.actor_kind, a.person, a.agency, a.channel, a.action, \
    a.kind, a.legal_basis, a.purpose, a.request_id, a.refused, c.seq FROM store_audit a \
    LEFT JOIN store_chain c ON c.audit = a.id \
    WHERE a.object_kind = $1 AND a.object_id = $2 ORDER BY a.id DESC LIMIT $3";
pub(crate) const OPEN_RECORDS: &str = "SELECT audit, hash FROM store_audit_open ORDER BY audit LIMIT $1";
pub(crate) const INSERT_CHAIN: &str = "INSERT INTO store_chain (seq, audit, link) VALUES";
pub(crate) const CLOSE_RECORDS: &str = "DELETE FROM store_audit_open WHERE audit IN \
     (SELECT audit FROM store_chain WHERE seq > $1 AND seq <= $2)";

pub(crate) const CHAINED_RECORDS: &str = "SELECT c.seq, c.audit AS chained, c.link, a.id, a.at, a.actor_kind, a.person, \
     a.on_behalf, a.agency, a.channel, a.action, a.kind, a.object_kind, a.object_id, a.legal_basis, a.purpose, \
     a.request_id, a.own, a.refused, a.detail, a.hash \
     FROM store_chain c LEFT JOIN store_audit a ON a.id = c.audit WHERE c.seq > $1 ORDER BY c.seq LIMIT $2";
pub(crate) const CHAINED_SUBJECTS: &str = "SELECT s.audit, s.subject FROM store_chain c \
     JOIN store_audit_subject s ON s.audit = c.audit WHERE c.seq > $1 AND c.seq <= $2";
pub(crate) const UNSEALED_RECORDS: &str = "SELECT o.audit AS chained, o.hash AS open_hash, a.id, a.at, a.actor_kind, \
     a.person, a.on_behalf, a.agency, a.channel, a.action, a.kind, a.object_kind, a.object_id, a.legal_basis, a.purpose, \
     a.request_id, a.own, a.refused, a.detail, a.hash \
     FROM store_audit_open o LEFT JOIN store_audit a ON a.id = o.audit WHERE o.audit > $1 ORDER BY o.audit LIMIT $2";
pub(crate) const SUBJECTS_OF: &str = "SELECT subject FROM store_audit_subject WHERE audit = $1";
/// Records that are neither chained nor waiting: someone removed the tail of the chain, or added a record by hand.
pub(crate) const STRAY_RECORDS: &str = "SELECT count(*) AS n FROM store_audit a \
     WHERE NOT EXISTS (SELECT 1 FROM store_chain c WHERE c.audit = a.id) \
     AND NOT EXISTS (SELECT 1 FROM store_audit_open o WHERE o.audit = a.id)";

pub(crate) const BLOBS_AFTER: &str = "SELECT sha256, size FROM store_blob WHERE sha256 > $1 ORDER BY sha256 LIMIT $2";
pub(crate) const COLUMNS_THERE: Sql = Sql {
    common: "SELECT m.name AS table_name, c.name AS column_name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_'",
    // Native: each database keeps its catalogue in a form of its own.
    postgres: Some(
        "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name \
     FROM information_schema.columns WHERE table_schema = current_schema()",
    ),
};

/// Indexes of a table that a statement of its own made, not those of its primary key and constraints.
pub(crate) const INDEXES_OF: Sql = Sql {
    common: "SELECT name, sql AS definition FROM sqlite_master WHERE type = 'index' AND tbl_name = $1 \
     AND sql IS NOT NULL ORDER BY name",
    // Native: each database keeps its catalogue in a form of its own.
    postgres: Some(
        "SELECT CAST(indexname AS TEXT) AS name, indexdef AS definition FROM pg_indexes \
     WHERE schemaname = current_schema() AND tablename = $1 AND NOT EXISTS (SELECT 1 FROM pg_constraint c \
       WHERE c.conname = indexname AND c.conrelid = CAST(quote_ident(tablename) AS regclass)) ORDER BY indexname",
    ),
};

pub(crate) const ANY_DUE_DELIVERY: &str =
    "SELECT event FROM store_delivery WHERE consumer = $1 AND state = 'waiting' AND next_at <= $2 LIMIT 1";
pub(crate) const ANY_DUE_JOB: &str = "SELECT id FROM store_job WHERE kind = $1 AND run_at <= $2 \
     AND state IN ('waiting', 'running') AND (state = 'waiting' OR claimed_until <= $2) LIMIT 1";
pub(crate) const ANY_JOB_ALIVE: &str =
    "SELECT id FROM store_job WHERE kind = $1 AND state IN ('waiting', 'running') LIMIT 1";

pub(crate) const CREATE_LEDGER: &str = "CREATE TABLE IF NOT EXISTS store_migration (\
     room TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, applied_at BIGINT NOT NULL, \
     PRIMARY KEY (room, name))";
pub(crate) const READ_LEDGER: &str = "SELECT room, name, digest FROM store_migration ORDER BY room, name";
pub(crate) const WRITE_LEDGER: &str =
    "INSERT INTO store_migration (room, name, digest, applied_at) VALUES ($1, $2, $3, $4)";
/// True where texts sort by the rules of a language and not byte by byte.
pub(crate) const SORTS_BY_LANGUAGE: &str = "SELECT CAST('a' AS TEXT) < 'B' AS linguistic";

/// The statement of somebody else on SQLite, with one row more than `most`.
pub(crate) fn outside_sqlite(statement: &str, most: usize) -> String {
    format!("SELECT * FROM ({statement}) AS asked LIMIT {}", most.saturating_add(1))
}

/// The same on PostgreSQL, each row as JSON: its types are as many as there are databases.
pub(crate) fn outside_postgres(statement: &str, most: usize) -> String {
    format!(
        "SELECT CAST(row_to_json(asked) AS TEXT) AS told FROM ({statement}) AS asked LIMIT {}",
        most.saturating_add(1)
    )
}
