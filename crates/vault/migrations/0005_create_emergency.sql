-- Somebody's documents opened in an emergency: asked by one official, confirmed by another.
CREATE TABLE vault_emergency (
    id TEXT PRIMARY KEY,
    subject_id TEXT NOT NULL,
    agency TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ASKED', 'OPEN', 'REFUSED')),
    asked_by TEXT NOT NULL,
    asked_name TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    answered_by TEXT,
    answered_name TEXT,
    answered_at BIGINT
);
CREATE INDEX vault_emergency_of_agency ON vault_emergency (agency, asked_at);
