-- What happened to a certified copy, in order; never changed.
CREATE TABLE office_copy_event (
    id TEXT PRIMARY KEY,
    copy TEXT NOT NULL,
    seq BIGINT NOT NULL,
    action TEXT NOT NULL,
    words TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    acted_by TEXT NOT NULL,
    acted_name TEXT NOT NULL,
    post TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_copy_event_once ON office_copy_event (copy, seq);
