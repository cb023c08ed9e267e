CREATE TABLE identity_registration_token (
  id TEXT PRIMARY KEY,
  token_sha256 TEXT NOT NULL,
  name TEXT NOT NULL,
  made_by TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  client TEXT
);
CREATE UNIQUE INDEX identity_registration_token_digest ON identity_registration_token (token_sha256);
