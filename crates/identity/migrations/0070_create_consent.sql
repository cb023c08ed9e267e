-- What somebody agreed to, refused or took back: append-only, one chain of hashes for each person.
CREATE TABLE identity_consent (
  id TEXT PRIMARY KEY,
  subject TEXT NOT NULL,
  seq BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  controller TEXT NOT NULL,
  processor TEXT,
  data_categories TEXT NOT NULL,
  legal_basis TEXT NOT NULL,
  text_version TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('GRANTED', 'REFUSED', 'WITHDRAWN')),
  at BIGINT NOT NULL,
  channel TEXT NOT NULL,
  assurance BIGINT NOT NULL,
  expires_at BIGINT,
  decided_by TEXT NOT NULL,
  mandate TEXT,
  about TEXT,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE UNIQUE INDEX identity_consent_chain ON identity_consent (subject, seq);
CREATE INDEX identity_consent_of_purpose ON identity_consent (subject, purpose, seq);
