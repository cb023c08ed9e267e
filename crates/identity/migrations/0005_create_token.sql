CREATE TABLE identity_token (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  token_sha256 TEXT NOT NULL,
  agency TEXT,
  capabilities TEXT NOT NULL,
  created_by TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);
CREATE UNIQUE INDEX identity_token_sha256 ON identity_token (token_sha256);
