CREATE TABLE office_task (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    key TEXT UNIQUE,
    agency TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('document', 'meeting', 'indicator', 'hand')),
    source_id TEXT,
    source_title TEXT NOT NULL,
    quote TEXT,
    given_by TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    given_on TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    work TEXT NOT NULL,
    start_on TEXT,
    due_on TEXT NOT NULL,
    first_due_on TEXT NOT NULL,
    unit TEXT NOT NULL,
    leader_id TEXT,
    expected_product TEXT NOT NULL,
    evidence_document TEXT,
    cause TEXT,
    state TEXT NOT NULL CHECK (state IN ('assigned', 'accepted', 'in_progress', 'awaiting_approval', 'done', 'returned', 'extension_requested', 'explanation_requested')),
    state_before TEXT,
    accept_by BIGINT NOT NULL,
    accepted_at BIGINT,
    asked_due_on TEXT,
    percent BIGINT NOT NULL,
    score BIGINT NOT NULL,
    done_at BIGINT,
    done_on TEXT,
    confirmed_by TEXT,
    revision BIGINT NOT NULL
);
CREATE INDEX office_task_by_owner ON office_task (owner_id, state, due_on);
CREATE INDEX office_task_by_giver ON office_task (given_by, state, due_on);
CREATE INDEX office_task_by_unit ON office_task (unit, state, due_on);
CREATE INDEX office_task_by_state ON office_task (state, id);
CREATE TABLE office_task_series (
    agency TEXT NOT NULL,
    year BIGINT NOT NULL,
    next BIGINT NOT NULL,
    PRIMARY KEY (agency, year)
);
CREATE TABLE office_task_support (
    task_id TEXT NOT NULL REFERENCES office_task (id),
    person_id TEXT NOT NULL,
    PRIMARY KEY (task_id, person_id)
);
CREATE INDEX office_task_support_by_person ON office_task_support (person_id);
