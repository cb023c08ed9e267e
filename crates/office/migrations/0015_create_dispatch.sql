-- One row a receiver of an issued document, and what was told to it later.
CREATE TABLE office_dispatch (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    seq BIGINT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('city', 'edxml', 'paper')),
    to_agency TEXT,
    to_organ_id TEXT,
    to_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'received', 'refused', 'withdrawn')),
    words TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_dispatch_once ON office_dispatch (document, seq);
CREATE INDEX office_dispatch_waiting ON office_dispatch (channel, state, made_at);
