CREATE TABLE server_message (
  id TEXT PRIMARY KEY,
  message_key TEXT NOT NULL,
  person TEXT NOT NULL,
  template TEXT NOT NULL,
  data TEXT NOT NULL,
  case_id TEXT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX server_message_key ON server_message (message_key);
CREATE INDEX server_message_person ON server_message (person, id);
