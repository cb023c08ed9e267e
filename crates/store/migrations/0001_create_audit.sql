-- One append-only record per act; never updated, never deleted.
CREATE TABLE store_audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    person TEXT,
    on_behalf TEXT,
    agency TEXT,
    channel TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('mutation', 'read')),
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    legal_basis TEXT,
    purpose TEXT,
    request_id TEXT NOT NULL,
    own BOOLEAN NOT NULL,
    refused BOOLEAN NOT NULL,
    detail TEXT NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX store_audit_object ON store_audit (object_kind, object_id, id);
-- Keyed digests of the personal numbers concerned.
CREATE TABLE store_audit_subject (
    subject TEXT NOT NULL,
    audit TEXT NOT NULL,
    PRIMARY KEY (subject, audit)
);
CREATE INDEX store_audit_subject_audit ON store_audit_subject (audit);
-- Records that wait for the sealer; stays small, so that sealing never searches the large table.
CREATE TABLE store_audit_open (
    audit TEXT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL
);
-- The chain: link = H(previous link, hash of the record).
CREATE TABLE store_chain (
    seq BIGINT NOT NULL PRIMARY KEY,
    audit TEXT NOT NULL,
    link BYTEA NOT NULL
);
CREATE UNIQUE INDEX store_chain_audit ON store_chain (audit);
-- The head, moved by compare-and-set, and the Merkle frontier over the record hashes (JSON).
CREATE TABLE store_chain_head (
    name TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    link BYTEA NOT NULL,
    frontier TEXT NOT NULL
);
