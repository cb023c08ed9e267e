-- Certified copies (Decree 30/2020, Articles 25 to 27): what is copied, where the copy stands, its newest file. The
-- original is never touched; the copy is a file of its own.
CREATE TABLE office_copy (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('full', 'onward', 'extract')),
    state TEXT NOT NULL CHECK (state IN ('asked', 'signed', 'numbered', 'issued', 'withdrawn')),
    revision BIGINT NOT NULL,
    source_kind TEXT NOT NULL CHECK (source_kind IN ('document', 'arrival', 'scan', 'copy')),
    source TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    original TEXT NOT NULL,
    pages TEXT NOT NULL,
    recipients TEXT NOT NULL,
    signer TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    file_sha256 TEXT NOT NULL,
    file_pages BIGINT NOT NULL,
    places TEXT NOT NULL,
    block TEXT NOT NULL,
    register TEXT,
    code_number BIGINT,
    code_notation TEXT,
    copied_on TEXT,
    copied_at BIGINT,
    signed_at BIGINT,
    delegation TEXT,
    token TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_name TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_copy_by_token ON office_copy (token);
CREATE UNIQUE INDEX office_copy_by_number ON office_copy (register, code_number);
CREATE INDEX office_copy_of_agency ON office_copy (agency, changed_at, id);
CREATE INDEX office_copy_of_file ON office_copy (file_sha256);
