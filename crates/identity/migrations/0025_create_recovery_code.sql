CREATE TABLE identity_recovery_code (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  code_sha256 TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE UNIQUE INDEX identity_recovery_code_sha256 ON identity_recovery_code (person, code_sha256);
