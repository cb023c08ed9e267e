-- Results that registers of other agencies are told of, through the data exchange: each once for each register.
CREATE TABLE server_shared_result (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  entry TEXT NOT NULL,
  case_no TEXT NOT NULL,
  agency TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  reason TEXT,
  message TEXT,
  queued_at BIGINT NOT NULL,
  tried_at BIGINT,
  told_at BIGINT,
  UNIQUE (case_id, entry)
);
CREATE INDEX server_shared_result_open ON server_shared_result (state, queued_at, id);
