-- What happened to a document, in order; the audit says the same with its own chain.
CREATE TABLE office_document_event (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    seq BIGINT NOT NULL,
    action TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    words TEXT NOT NULL,
    sha256 TEXT,
    delegation TEXT,
    acted_by TEXT NOT NULL,
    acted_name TEXT NOT NULL,
    post TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_document_event_once ON office_document_event (document, seq);
