-- Messages with organs outside the city, both ways: the same message is sent once and taken once.
CREATE TABLE office_exchange_message (
    id TEXT PRIMARY KEY,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    message_key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('document', 'recall', 'update', 'replace', 'status', 'unreadable')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'written', 'taken', 'refused')),
    organ_id TEXT NOT NULL,
    dispatch TEXT,
    document_id TEXT,
    arrival_id TEXT,
    payload TEXT NOT NULL,
    file_name TEXT,
    note TEXT,
    at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX office_exchange_message_by_key ON office_exchange_message (direction, message_key);
CREATE INDEX office_exchange_message_by_state ON office_exchange_message (direction, state, at);
CREATE INDEX office_exchange_message_by_document ON office_exchange_message (document_id);
