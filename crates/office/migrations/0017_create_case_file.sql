-- Work files (hồ sơ công việc): the yearly catalogue and what lies in each.
CREATE TABLE office_case_file (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    year BIGINT NOT NULL,
    notation TEXT NOT NULL,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    retention TEXT NOT NULL,
    rights TEXT NOT NULL,
    description TEXT NOT NULL,
    keeper TEXT NOT NULL,
    keeper_name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'handed_over')),
    revision BIGINT NOT NULL,
    opened_on TEXT NOT NULL,
    closed_on TEXT,
    hand_over_by TEXT,
    destroy_from TEXT,
    legal_hold TEXT,
    handed_over_on TEXT,
    package_sha256 TEXT,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_case_file_once ON office_case_file (agency, year, notation);
CREATE INDEX office_case_file_due ON office_case_file (agency, state, hand_over_by);
-- What lies in a file, as it was when it was laid in: its line of the list and the digest of its paper.
CREATE TABLE office_case_file_document (
    id TEXT PRIMARY KEY,
    case_file TEXT NOT NULL,
    document TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('out', 'internal', 'in')),
    ordinal BIGINT NOT NULL,
    entry TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_case_file_document_once ON office_case_file_document (case_file, document);
