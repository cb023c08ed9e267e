CREATE TABLE services_task (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('step', 'consultation', 'coordination')),
    step TEXT NOT NULL,
    agency TEXT NOT NULL,
    role TEXT NOT NULL,
    assignee_id TEXT,
    procedure_code TEXT NOT NULL,
    case_state TEXT NOT NULL,
    paused BOOLEAN NOT NULL,
    due_sort BIGINT NOT NULL,
    budget_due_at BIGINT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by TEXT,
    outcome TEXT
);
CREATE INDEX services_task_of_case ON services_task (case_id, opened_at);
CREATE INDEX services_task_inbox ON services_task (agency, role, due_sort, id, opened_at, procedure_code, case_state, paused, assignee_id, kind, closed_at) WHERE closed_at IS NULL;
CREATE INDEX services_task_of_assignee ON services_task (assignee_id, due_sort, id) WHERE closed_at IS NULL;

CREATE TABLE services_escalation (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    task_id TEXT,
    agency TEXT NOT NULL,
    rule TEXT NOT NULL,
    to_role TEXT NOT NULL,
    notice TEXT NOT NULL,
    fire_at BIGINT NOT NULL,
    fired_at BIGINT,
    cancelled_at BIGINT
);
CREATE INDEX services_escalation_waiting ON services_escalation (agency, fire_at) WHERE fired_at IS NULL AND cancelled_at IS NULL;
CREATE INDEX services_escalation_of_case ON services_escalation (case_id);

CREATE TABLE services_consultation (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    agency TEXT NOT NULL,
    question TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    due_at BIGINT,
    answer TEXT,
    answered_by TEXT,
    answered_at BIGINT
);
CREATE INDEX services_consultation_of_case ON services_consultation (case_id);

CREATE TABLE services_supplement (
    case_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    reason TEXT NOT NULL,
    items TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    answered_at BIGINT,
    old_due_at BIGINT,
    new_due_at BIGINT,
    PRIMARY KEY (case_id, seq)
);
