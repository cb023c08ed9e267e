CREATE TABLE identity_relying_session (
  sid TEXT NOT NULL,
  client TEXT NOT NULL,
  person TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  PRIMARY KEY (sid, client)
);
CREATE INDEX identity_relying_session_begun_at ON identity_relying_session (begun_at);
