-- A document that came to an organ of the city, from its arrival to its file.
CREATE TABLE office_arrival (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('upload', 'scan', 'city', 'exchange')),
    source_key TEXT NOT NULL,
    dispatch TEXT,
    document TEXT,
    from_organ TEXT,
    from_name TEXT NOT NULL,
    code_number TEXT NOT NULL,
    code_notation TEXT NOT NULL,
    issued_on TEXT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    signer TEXT NOT NULL,
    urgency BIGINT NOT NULL CHECK (urgency BETWEEN 0 AND 3),
    pages BIGINT,
    answer_by TEXT,
    same_key TEXT,
    integrity TEXT NOT NULL CHECK (integrity IN ('valid', 'invalid', 'unknown', 'absent')),
    identity TEXT NOT NULL CHECK (identity IN ('valid', 'invalid', 'unknown', 'absent')),
    stamped TEXT NOT NULL CHECK (stamped IN ('valid', 'invalid', 'unknown', 'absent')),
    envelope TEXT,
    state TEXT NOT NULL CHECK (state IN ('arrived', 'rejected', 'registered', 'submitted', 'assigned', 'in_progress', 'done', 'filed', 'withdrawn')),
    arrived_at BIGINT NOT NULL,
    act_by TEXT,
    register TEXT,
    arrival_number BIGINT,
    arrived_on TEXT,
    leader TEXT,
    leader_name TEXT,
    lead_name TEXT,
    due_on TEXT,
    result_document TEXT,
    result_words TEXT,
    work_file TEXT,
    notice_kind TEXT CHECK (notice_kind IN ('recall', 'replace', 'corrigendum')),
    notice_reason TEXT,
    notice_document TEXT,
    told TEXT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_arrival_by_source ON office_arrival (agency, source_key);
CREATE UNIQUE INDEX office_arrival_by_number ON office_arrival (register, arrival_number);
CREATE INDEX office_arrival_by_state ON office_arrival (agency, state, arrived_at);
CREATE INDEX office_arrival_of_agency ON office_arrival (agency, arrived_at);
CREATE INDEX office_arrival_same ON office_arrival (agency, same_key);
CREATE INDEX office_arrival_by_dispatch ON office_arrival (dispatch);
CREATE INDEX office_arrival_by_document ON office_arrival (agency, document);
