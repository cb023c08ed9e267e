CREATE TABLE identity_client (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  profile TEXT NOT NULL CHECK (profile IN ('fapi2', 'public', 'service', 'legacy_rp')),
  state TEXT NOT NULL CHECK (state IN ('PENDING', 'APPROVED', 'REVOKED')),
  approved_until BIGINT,
  metadata TEXT NOT NULL,
  secret_sha256 TEXT,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
