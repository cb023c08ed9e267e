CREATE TABLE identity_directory_user (
  person TEXT PRIMARY KEY,
  user_name TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('local', 'scim', 'ldap')),
  external_id TEXT,
  attributes TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_directory_user_name ON identity_directory_user (user_name);
