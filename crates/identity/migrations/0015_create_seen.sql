CREATE TABLE identity_seen (
  seen_key TEXT PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX identity_seen_expires_at ON identity_seen (expires_at);
