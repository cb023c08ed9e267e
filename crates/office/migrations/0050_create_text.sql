-- What can be searched of every document of the office, written in the transaction of the document itself.
-- The index on disk is derived from it and follows changed_at.
CREATE TABLE office_text (
    part TEXT NOT NULL CHECK (part IN ('documents', 'incoming', 'scans')),
    document_id TEXT NOT NULL,
    agency TEXT NOT NULL,
    unit_reads BOOLEAN NOT NULL,
    readers TEXT NOT NULL,
    title TEXT NOT NULL,
    number TEXT NOT NULL,
    organ TEXT NOT NULL,
    kind TEXT NOT NULL,
    issued_on TEXT,
    body TEXT NOT NULL,
    removed BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (part, document_id)
);
CREATE INDEX office_text_changed ON office_text (changed_at, part, document_id);
