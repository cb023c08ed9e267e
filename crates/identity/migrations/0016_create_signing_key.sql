CREATE TABLE identity_signing_key (
  kid TEXT PRIMARY KEY,
  algorithm TEXT NOT NULL CHECK (algorithm IN ('ES256', 'EdDSA', 'PS256', 'RS256')),
  public_key TEXT NOT NULL,
  sealed_key BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  active_from BIGINT NOT NULL
);
