-- Files whose proof is renewed before it ends. A renewed form is a file of its own; every form leads to the first one.
CREATE TABLE server_archive (
  sha256 TEXT PRIMARY KEY,
  media_type TEXT NOT NULL,
  newest TEXT NOT NULL,
  kept_at BIGINT NOT NULL,
  look_at BIGINT,
  failures BIGINT NOT NULL,
  error TEXT
);
CREATE INDEX server_archive_due ON server_archive (look_at, sha256);
CREATE TABLE server_archive_form (
  form TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL,
  made_at BIGINT NOT NULL
);
