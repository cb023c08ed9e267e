-- Somebody lets another act for them in named procedures. Terms never change: another scope is another mandate.
CREATE TABLE identity_mandate (
  id TEXT PRIMARY KEY,
  principal TEXT NOT NULL,
  delegate TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('AUTHORISED')),
  delegate_name TEXT NOT NULL,
  source_document TEXT,
  procedures TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  revocable BOOLEAN NOT NULL,
  min_assurance BIGINT NOT NULL,
  evidence_hash TEXT NOT NULL,
  created_by TEXT NOT NULL,
  principal_assurance BIGINT NOT NULL,
  delegate_assurance BIGINT,
  state TEXT NOT NULL CHECK (state IN ('PROPOSED', 'ACTIVE', 'REVOKED', 'REJECTED')),
  proposed_at BIGINT NOT NULL,
  answered_at BIGINT,
  revoked_at BIGINT,
  revoked_by TEXT
);
CREATE INDEX identity_mandate_of_principal ON identity_mandate (principal, proposed_at);
CREATE INDEX identity_mandate_of_delegate ON identity_mandate (delegate, state);
