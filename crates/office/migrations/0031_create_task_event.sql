CREATE TABLE office_task_event (
    id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES office_task (id),
    at BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    action TEXT NOT NULL,
    state_from TEXT,
    state_to TEXT NOT NULL,
    note TEXT NOT NULL,
    due_before TEXT,
    due_after TEXT,
    percent BIGINT
);
CREATE INDEX office_task_event_by_task ON office_task_event (task_id, id);
CREATE TABLE office_task_file (
    id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES office_task (id),
    role TEXT NOT NULL CHECK (role IN ('product', 'evidence')),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
CREATE INDEX office_task_file_by_task ON office_task_file (task_id, id);
