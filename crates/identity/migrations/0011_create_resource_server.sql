CREATE TABLE identity_resource_server (
  audience TEXT PRIMARY KEY,
  scopes TEXT NOT NULL,
  token_format TEXT NOT NULL CHECK (token_format IN ('jwt', 'opaque')),
  access_seconds BIGINT NOT NULL,
  client TEXT,
  created_at BIGINT NOT NULL
);
