CREATE TABLE identity_token_family (
  family TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  person TEXT NOT NULL,
  principal TEXT,
  purposes TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX identity_token_family_person ON identity_token_family (person);
CREATE INDEX identity_token_family_principal ON identity_token_family (principal);
CREATE INDEX identity_token_family_expires_at ON identity_token_family (expires_at);
