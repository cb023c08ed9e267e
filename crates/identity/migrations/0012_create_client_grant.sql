CREATE TABLE identity_client_grant (
  person TEXT NOT NULL,
  client TEXT NOT NULL,
  scopes TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (person, client)
);
