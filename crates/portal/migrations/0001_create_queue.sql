CREATE TABLE portal_line (
    case_id TEXT PRIMARY KEY,
    case_no TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    agency TEXT NOT NULL,
    last_seq BIGINT NOT NULL,
    last_number BIGINT NOT NULL,
    queued_status BIGINT,
    known_status BIGINT,
    halted BOOLEAN NOT NULL,
    waiting_since BIGINT,
    next_at BIGINT,
    claim TEXT,
    claimed_until BIGINT NOT NULL
);
CREATE INDEX portal_line_due ON portal_line (next_at, case_id) WHERE next_at IS NOT NULL;
CREATE INDEX portal_line_waiting ON portal_line (waiting_since) WHERE waiting_since IS NOT NULL;
CREATE INDEX portal_line_by_no ON portal_line (case_no);

CREATE TABLE portal_message (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('create', 'update', 'progress')),
    action TEXT NOT NULL,
    status_before BIGINT,
    status BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'delivered', 'refused', 'skipped')),
    attempts BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    tried_at BIGINT,
    settled_at BIGINT,
    settled_by TEXT,
    sha256 TEXT,
    body TEXT,
    reason_code TEXT,
    reason TEXT,
    note TEXT
);
CREATE UNIQUE INDEX portal_message_of_case ON portal_message (case_id, number);
CREATE INDEX portal_message_open ON portal_message (state, queued_at, id) WHERE state IN ('waiting', 'sending', 'refused');
CREATE INDEX portal_message_settled ON portal_message (settled_at) WHERE settled_at IS NOT NULL;
