CREATE TABLE identity_pushed_request (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  request TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX identity_pushed_request_expires_at ON identity_pushed_request (expires_at);
CREATE TABLE identity_authorization (
  id TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  request TEXT NOT NULL,
  pushed TEXT,
  person TEXT,
  browser_sha256 TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  done_at BIGINT
);
CREATE INDEX identity_authorization_expires_at ON identity_authorization (expires_at);
CREATE TABLE identity_code (
  code_sha256 TEXT PRIMARY KEY,
  client TEXT NOT NULL,
  family TEXT NOT NULL,
  request TEXT NOT NULL,
  facts TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX identity_code_expires_at ON identity_code (expires_at);
