//! Every statement of the store.

pub(crate) const INSERT_AUDIT: &str = "INSERT INTO store_audit (id, at, actor_kind, person, on_behalf, agency, channel, \
     action, kind, object_kind, object_id, legal_basis, purpose, request_id, own, refused, detail, hash) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
pub(crate) const INSERT_AUDIT_OPEN: &str = "INSERT INTO store_audit_open (audit, hash) VALUES ($1, $2)";
pub(crate) const INSERT_AUDIT_SUBJECT: &str = "INSERT INTO store_audit_subject (audit, subject) VALUES";

pub(crate) const ACCESSES: &str = "SELECT a.id, a.at, a.agency, a.actor_kind, a.own, a.action, a.object_kind, a.object_id, \
     a.legal_basis, a.purpose, a.refused FROM store_audit_subject s JOIN store_audit a ON a.id = s.audit \
     WHERE s.subject = $1 ORDER BY s.audit DESC LIMIT $2";
pub(crate) const ACCESSES_BEFORE: &str = "SELECT a.id, a.at, a.agency, a.actor_kind, a.own, a.action, a.object_kind, \
     a.object_id, a.legal_basis, a.purpose, a.refused FROM store_audit_subject s JOIN store_audit a ON a.id = s.audit \
     WHERE s.subject = $1 AND s.audit < $2 ORDER BY s.audit DESC LIMIT $3";

pub(crate) const INSERT_EVENT: &str =
    "INSERT INTO store_event (id, at, kind, key, payload) VALUES ($1, $2, $3, $4, $5)";
pub(crate) const INSERT_DELIVERY: &str =
    "INSERT INTO store_delivery (consumer, event, key, state, attempts, next_at) VALUES";

pub(crate) const ENQUEUE_JOB: &str = "INSERT INTO store_job (id, kind, key, payload, state, run_at, attempts, created_at) \
     VALUES ($1, $2, $3, $4, 'waiting', $5, 0, $6) ON CONFLICT (kind, key) WHERE state = 'waiting' DO NOTHING";

pub(crate) const KNOWN_BLOBS: &str = "SELECT sha256 FROM store_blob";
pub(crate) const KEEP_BLOB: &str =
    "INSERT INTO store_blob (sha256, size, created_at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
