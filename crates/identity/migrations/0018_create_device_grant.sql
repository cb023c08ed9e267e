CREATE TABLE identity_device_grant (
  id TEXT PRIMARY KEY,
  device_sha256 TEXT NOT NULL,
  user_code_hmac TEXT NOT NULL,
  client TEXT NOT NULL,
  scopes TEXT NOT NULL,
  resource TEXT,
  place TEXT,
  family TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('WAITING', 'APPROVED', 'REFUSED', 'USED')),
  person TEXT,
  facts TEXT,
  interval_seconds BIGINT NOT NULL,
  polled_at BIGINT,
  begun_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE UNIQUE INDEX identity_device_grant_device ON identity_device_grant (device_sha256);
CREATE UNIQUE INDEX identity_device_grant_user_code ON identity_device_grant (user_code_hmac);
CREATE INDEX identity_device_grant_expires_at ON identity_device_grant (expires_at);
