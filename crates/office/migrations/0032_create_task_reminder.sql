CREATE TABLE office_task_reminder (
    task_id TEXT NOT NULL REFERENCES office_task (id),
    rule TEXT NOT NULL,
    due_on TEXT NOT NULL,
    day TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (task_id, rule, due_on, day)
);
