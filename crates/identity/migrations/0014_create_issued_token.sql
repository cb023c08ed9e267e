CREATE TABLE identity_issued_token (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  family TEXT,
  sid TEXT,
  audience TEXT NOT NULL,
  content TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX identity_issued_token_family ON identity_issued_token (family);
CREATE INDEX identity_issued_token_sid ON identity_issued_token (sid);
CREATE INDEX identity_issued_token_expires_at ON identity_issued_token (expires_at);
CREATE TABLE identity_refresh_token (
  token_sha256 TEXT PRIMARY KEY,
  family TEXT NOT NULL,
  client TEXT NOT NULL,
  sid TEXT,
  content TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  rotated_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX identity_refresh_token_family ON identity_refresh_token (family);
CREATE INDEX identity_refresh_token_sid ON identity_refresh_token (sid);
CREATE INDEX identity_refresh_token_expires_at ON identity_refresh_token (expires_at);
