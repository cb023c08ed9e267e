CREATE TABLE identity_notice (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL,
  kind TEXT NOT NULL,
  device TEXT,
  created_at BIGINT NOT NULL,
  seen_at BIGINT
);
CREATE INDEX identity_notice_person ON identity_notice (person, created_at);
