CREATE TABLE identity_credential (
  person TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  totp_secret BYTEA,
  totp_last_step BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX identity_credential_username ON identity_credential (username);
CREATE TABLE identity_attempt (
  account_key TEXT PRIMARY KEY,
  failures BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  not_before BIGINT NOT NULL
);
