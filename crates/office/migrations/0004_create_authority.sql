-- Who heads an agency, or acts as its head, between two days, by which decision. Ended early, never removed.
CREATE TABLE office_mandate (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    person_id TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('head', 'Q')),
    post TEXT NOT NULL,
    collective TEXT,
    basis TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    ended_by TEXT,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE INDEX office_mandate_of_agency ON office_mandate (agency, valid_from);
-- What a head lets somebody sign: in the head's place (KT), by order (TL), by written authorisation (TUQ).
CREATE TABLE office_delegation (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    person_id TEXT NOT NULL,
    form TEXT NOT NULL CHECK (form IN ('KT', 'TL', 'TUQ')),
    from_post TEXT NOT NULL,
    post TEXT NOT NULL,
    kinds TEXT NOT NULL,
    fields TEXT NOT NULL,
    basis TEXT NOT NULL,
    basis_document TEXT,
    reason TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    ended_by TEXT,
    ended_at BIGINT,
    end_reason TEXT
);
CREATE INDEX office_delegation_of_person ON office_delegation (agency, person_id);
-- One row an agency, locked while its head is named, so that two heads are never named at once.
CREATE TABLE office_authority_agency (
    agency TEXT PRIMARY KEY,
    touched_at BIGINT NOT NULL
);
