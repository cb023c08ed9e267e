-- Every message that passed, signed and chained: what was asked, what was delivered. Its head and body are sealed.
CREATE TABLE exchange_message (
    id TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('request', 'response')),
    client TEXT NOT NULL,
    service TEXT NOT NULL,
    agreement TEXT,
    agreement_version BIGINT,
    message_digest BYTEA NOT NULL,
    body_digest BYTEA,
    unfiltered_digest BYTEA,
    head BYTEA NOT NULL,
    body BYTEA,
    body_file TEXT,
    body_size BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    signature BYTEA NOT NULL,
    certificate TEXT NOT NULL,
    leaf BYTEA NOT NULL,
    link TEXT NOT NULL
);
CREATE UNIQUE INDEX exchange_message_seq ON exchange_message (seq);
CREATE INDEX exchange_message_by_message ON exchange_message (message_id, seq);

-- Where the chain of messages ends.
CREATE TABLE exchange_chain (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    link TEXT NOT NULL
);

-- The certificates that messages were signed with, each with those above it (PEM).
CREATE TABLE exchange_certificate (
    id TEXT PRIMARY KEY,
    certificate BYTEA NOT NULL,
    issuers TEXT NOT NULL
);
