-- Where other systems wish to be told of facts. The secret of a webhook is derived from a key outside the database.
CREATE TABLE server_webhook (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  url TEXT NOT NULL,
  kinds TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT
);
CREATE INDEX server_webhook_active ON server_webhook (active, id);
