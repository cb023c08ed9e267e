-- The answer to an Idempotency-Key, so that a repeated request is answered again and done once.
CREATE TABLE web_idempotency (
    id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done')),
    status BIGINT,
    media_type TEXT,
    location TEXT,
    body BYTEA,
    created_at BIGINT NOT NULL
);
CREATE INDEX web_idempotency_by_age ON web_idempotency (created_at);
