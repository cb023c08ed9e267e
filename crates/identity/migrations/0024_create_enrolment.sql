CREATE TABLE identity_enrolment (
  person TEXT PRIMARY KEY,
  sealed BYTEA NOT NULL,
  expires_at BIGINT NOT NULL
);
