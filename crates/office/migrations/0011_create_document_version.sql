-- Every save is a version of its own; its content is a file that never changes.
CREATE TABLE office_document_version (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    number BIGINT NOT NULL,
    content_sha256 TEXT NOT NULL,
    source_sha256 TEXT,
    note TEXT NOT NULL,
    saved_by TEXT NOT NULL,
    saved_name TEXT NOT NULL,
    saved_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_document_version_once ON office_document_version (document, number);
CREATE TABLE office_document_comment (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    words TEXT NOT NULL,
    said_by TEXT NOT NULL,
    said_name TEXT NOT NULL,
    said_at BIGINT NOT NULL
);
CREATE INDEX office_document_comment_of ON office_document_comment (document, said_at);
