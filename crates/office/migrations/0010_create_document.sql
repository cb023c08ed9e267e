-- Outgoing and internal documents. A state secret never enters: secrecy can hold nothing but 0.
CREATE TABLE office_document (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'internal')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'unit_review', 'office_check', 'awaiting_signature', 'returned', 'signed', 'numbered', 'sealed', 'issued', 'filed', 'recalled', 'replaced', 'corrected', 'discarded')),
    revision BIGINT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    field TEXT,
    subject TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    urgency BIGINT NOT NULL CHECK (urgency BETWEEN 0 AND 3),
    secrecy BIGINT NOT NULL DEFAULT 0 CHECK (secrecy = 0),
    due_on TEXT,
    drafter TEXT NOT NULL,
    drafter_name TEXT NOT NULL,
    reviewer TEXT,
    signer TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    file_sha256 TEXT,
    register TEXT,
    code_number BIGINT,
    code_notation TEXT,
    issued_on TEXT,
    signed_at BIGINT,
    delegation TEXT,
    record TEXT,
    by_document TEXT,
    token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_document_by_token ON office_document (token);
CREATE UNIQUE INDEX office_document_by_number ON office_document (register, code_number);
CREATE INDEX office_document_of_agency ON office_document (agency, changed_at, id);
CREATE INDEX office_document_of_signer ON office_document (signer, state);
