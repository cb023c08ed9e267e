CREATE TABLE identity_ceremony (
  id TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('register', 'sign_in', 'step_up')),
  person TEXT,
  bound_to TEXT NOT NULL,
  state TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX identity_ceremony_expiry ON identity_ceremony (expires_at);
