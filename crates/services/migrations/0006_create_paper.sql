CREATE TABLE services_paper (
    id TEXT PRIMARY KEY,
    form_no TEXT NOT NULL,
    case_id TEXT,
    form_id TEXT,
    agency TEXT NOT NULL,
    about TEXT NOT NULL,
    period TEXT,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    made_by TEXT NOT NULL
);
CREATE UNIQUE INDEX services_paper_of_form ON services_paper (form_id);
CREATE INDEX services_paper_by_hash ON services_paper (sha256);
