-- Each form of the paper is a file of its own: typeset, initialled, signed, sealed, copied. Earlier ones stay.
CREATE TABLE office_document_paper (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('typeset', 'initials', 'officer', 'organ')),
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    places TEXT NOT NULL,
    block TEXT NOT NULL,
    prepared BOOLEAN NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX office_document_paper_of ON office_document_paper (document, made_at);
