-- How often the registry was changed; every change locks this row.
CREATE TABLE exchange_revision (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
);

-- Every version of every entry of the registry. Nothing is changed or deleted: an entry without content was taken out.
CREATE TABLE exchange_entry (
    kind TEXT NOT NULL CHECK (kind IN ('head', 'member', 'subsystem', 'service', 'agreement')),
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    person TEXT,
    audit TEXT NOT NULL,
    reason TEXT NOT NULL,
    content TEXT,
    PRIMARY KEY (kind, id, version)
);
CREATE INDEX exchange_entry_by_revision ON exchange_entry (revision);
