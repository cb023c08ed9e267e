-- A scanned paper: the file as it came, how far it has been read, what a person confirmed.
CREATE TABLE office_scan (
    id TEXT NOT NULL PRIMARY KEY,
    agency TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('uploaded', 'waiting', 'reading', 'read', 'confirmed', 'failed')),
    pages BIGINT,
    pages_read BIGINT NOT NULL,
    dpi BIGINT,
    engine TEXT,
    proposals TEXT,
    facts TEXT,
    failure TEXT,
    uploaded_by TEXT NOT NULL,
    uploaded_name TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    read_at BIGINT,
    confirmed_by TEXT,
    confirmed_name TEXT,
    confirmed_at BIGINT,
    registered_as TEXT,
    revision BIGINT NOT NULL,
    UNIQUE (agency, sha256)
);
CREATE INDEX office_scan_list ON office_scan (agency, uploaded_at, id);
