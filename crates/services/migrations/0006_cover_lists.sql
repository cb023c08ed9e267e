DROP INDEX services_task_inbox;
CREATE INDEX services_task_inbox ON services_task (agency, role, due_sort, id, opened_at, procedure_code, case_state, paused, assignee_id, kind, closed_at) WHERE closed_at IS NULL;
DROP INDEX services_case_open;
CREATE INDEX services_case_open ON services_case (id, competent_agency, receiving_agency, due_at, ended_at) WHERE ended_at IS NULL;
DROP INDEX services_case_by_end;
CREATE INDEX services_case_by_end ON services_case (ended_at, competent_agency, receiving_agency, promised_at, supplements) WHERE ended_at IS NOT NULL;
