CREATE TABLE services_procedure_version (
    id TEXT PRIMARY KEY,
    procedure_code TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('published', 'listed')),
    effective_from TEXT NOT NULL,
    effective_to TEXT,
    sha256 TEXT NOT NULL,
    files TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX services_procedure_version_by_code ON services_procedure_version (procedure_code, number);

CREATE TABLE services_calendar (
    year BIGINT PRIMARY KEY,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    imported_at BIGINT NOT NULL
);
