CREATE TABLE identity_upstream_link (
  tx_sha256 TEXT PRIMARY KEY,
  upstream TEXT NOT NULL,
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  proved_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
