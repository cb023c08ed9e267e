CREATE TABLE identity_passkey (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  credential TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  counter BIGINT NOT NULL,
  verifies BOOLEAN NOT NULL,
  synced BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  flagged_at BIGINT
);
CREATE UNIQUE INDEX identity_passkey_credential ON identity_passkey (credential);
CREATE INDEX identity_passkey_person ON identity_passkey (person);
