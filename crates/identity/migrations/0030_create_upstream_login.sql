CREATE TABLE identity_upstream_login (
  state_sha256 TEXT PRIMARY KEY,
  tx_sha256 TEXT NOT NULL,
  upstream TEXT NOT NULL,
  issuer TEXT NOT NULL,
  next TEXT NOT NULL,
  asked BIGINT NOT NULL,
  person TEXT,
  started_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX identity_upstream_login_expires ON identity_upstream_login (expires_at);
