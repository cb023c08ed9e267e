CREATE TABLE server_pack (
  part TEXT PRIMARY KEY,
  sha256 TEXT NOT NULL,
  loaded_at BIGINT NOT NULL
);
