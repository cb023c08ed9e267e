CREATE TABLE services_case (
    id TEXT PRIMARY KEY,
    case_no TEXT NOT NULL,
    external_no TEXT,
    version_id TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    variant TEXT,
    filed_by TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    owner_name_key TEXT NOT NULL,
    owner_number TEXT,
    channel TEXT NOT NULL CHECK (channel IN ('online', 'direct', 'postal')),
    receiving_agency TEXT NOT NULL,
    competent_agency TEXT,
    answers TEXT NOT NULL,
    language TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    accepted_at BIGINT,
    due_at BIGINT,
    promised_at BIGINT,
    limit_unit TEXT NOT NULL,
    limit_body TEXT NOT NULL,
    ended_at BIGINT,
    returned_at BIGINT,
    state TEXT NOT NULL CHECK (state IN ('submitted', 'coordinating', 'accepted', 'refused', 'in_progress', 'consulting', 'awaiting_signature', 'awaiting_issue', 'awaiting_supplement', 'awaiting_payment', 'withdrawal_requested', 'stopped', 'withdrawn', 'result_ready', 'returned')),
    state_before TEXT,
    national_status BIGINT NOT NULL,
    step TEXT NOT NULL,
    finance_state TEXT NOT NULL CHECK (finance_state IN ('none', 'due', 'partly', 'paid', 'refunded')),
    delivery_state TEXT NOT NULL CHECK (delivery_state IN ('none', 'ready', 'posted', 'handed_over')),
    delivery_way TEXT NOT NULL CHECK (delivery_way IN ('counter', 'post', 'electronic')),
    sync_state TEXT NOT NULL CHECK (sync_state IN ('clean', 'queued', 'failed', 'conflict')),
    supplements BIGINT NOT NULL,
    lookup_token TEXT NOT NULL,
    lookup_code TEXT NOT NULL,
    revision BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX services_case_by_no ON services_case (case_no);
CREATE UNIQUE INDEX services_case_by_token ON services_case (lookup_token);
CREATE INDEX services_case_by_owner ON services_case (owner_id, submitted_at);
CREATE INDEX services_case_by_owner_number ON services_case (owner_number);
CREATE INDEX services_case_by_owner_name ON services_case (owner_name_key, id);
CREATE INDEX services_case_by_receiving ON services_case (receiving_agency, submitted_at);
CREATE INDEX services_case_by_competent ON services_case (competent_agency, submitted_at);
CREATE INDEX services_case_open ON services_case (id, competent_agency, receiving_agency, due_at, ended_at) WHERE ended_at IS NULL;
CREATE INDEX services_case_by_end ON services_case (ended_at, competent_agency, receiving_agency, promised_at, supplements) WHERE ended_at IS NOT NULL;
CREATE INDEX services_case_open_by_due ON services_case (due_at, id) WHERE ended_at IS NULL AND due_at IS NOT NULL;

CREATE TABLE services_number (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE services_case_event (
    case_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    action TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    step TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    actor_title TEXT,
    agency TEXT,
    on_behalf_of TEXT,
    reason TEXT,
    legal_basis TEXT NOT NULL,
    at BIGINT NOT NULL,
    audit_id TEXT NOT NULL,
    PRIMARY KEY (case_id, seq)
);

CREATE TABLE services_case_pause (
    case_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    reason TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    received_at BIGINT,
    counts BOOLEAN NOT NULL,
    PRIMARY KEY (case_id, seq)
);
