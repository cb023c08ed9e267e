-- Accesses that the person sees from a later day, each under a clause; the audit record itself says the same.
CREATE TABLE vault_delayed_access (
    audit_id TEXT PRIMARY KEY,
    agency TEXT,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    at BIGINT NOT NULL,
    visible_from BIGINT NOT NULL
);
CREATE INDEX vault_delayed_access_until ON vault_delayed_access (visible_from);
