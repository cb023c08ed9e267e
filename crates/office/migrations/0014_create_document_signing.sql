-- The log of signatures asked for: which exact file, by whom, in which batch. One request at a time for a file and a
-- part; a request that was interrupted lapses and may be asked again.
CREATE TABLE office_document_signing (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('initials', 'officer', 'organ')),
    sha256 TEXT NOT NULL,
    signer TEXT NOT NULL,
    batch TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'done', 'failed')),
    code TEXT,
    signed_sha256 TEXT,
    asked_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX office_document_signing_once ON office_document_signing (document, role, sha256, signer);
CREATE INDEX office_document_signing_of_signer ON office_document_signing (signer, asked_at);
