CREATE TABLE identity_recovery (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  code TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  ready_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT CHECK (outcome IN ('done', 'stopped'))
);
CREATE INDEX identity_recovery_person ON identity_recovery (person);
