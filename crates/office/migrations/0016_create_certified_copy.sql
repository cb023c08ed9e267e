-- Certified copies (sao y, sao lục, trích sao): each a file of its own, closed by the organ's signature.
CREATE TABLE office_certified_copy (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    agency TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('copy_full', 'copy_onward', 'copy_extract')),
    number BIGINT NOT NULL,
    year BIGINT NOT NULL,
    register TEXT NOT NULL,
    extract TEXT NOT NULL,
    receivers TEXT NOT NULL,
    signer TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    sha256 TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX office_certified_copy_of ON office_certified_copy (document, made_at);
