-- Files known to the store, by SHA-256; a file without a row is an orphan of an aborted upload.
CREATE TABLE store_blob (
    sha256 TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
