-- A person asks why somebody looked at their data; one question for one access.
CREATE TABLE vault_access_question (
    id TEXT PRIMARY KEY,
    audit_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    agency TEXT,
    action TEXT NOT NULL,
    access_at BIGINT NOT NULL,
    asked_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX vault_access_question_once ON vault_access_question (owner_id, audit_id);
