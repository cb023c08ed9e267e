//! Tasks, consultations and escalations.

/// Opens a task.
pub const INSERT: &str = "INSERT INTO services_task (id, case_id, kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Open tasks of a case.
pub const OPEN_OF_CASE: &str = "SELECT id, case_id, kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at, closed_at, closed_by, outcome FROM services_task WHERE case_id = $1 AND closed_at IS NULL ORDER BY opened_at, id";

/// All tasks of a case in order, for the control slip (form 06).
pub const ALL_OF_CASE: &str = "SELECT id, case_id, kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at, closed_at, closed_by, outcome FROM services_task WHERE case_id = $1 ORDER BY opened_at, id";

/// Closes a task.
pub const CLOSE: &str =
    "UPDATE services_task SET closed_at = $2, closed_by = $3, outcome = $4 WHERE id = $1 AND closed_at IS NULL";

/// Keeps the open tasks of a case in step with it.
pub const REFRESH: &str =
    "UPDATE services_task SET case_state = $2, paused = $3, due_sort = $4 WHERE case_id = $1 AND closed_at IS NULL";

/// Gives an open task to an official.
pub const ASSIGN: &str = "UPDATE services_task SET assignee_id = $2 WHERE id = $1 AND closed_at IS NULL";

/// One task.
pub const BY_ID: &str = "SELECT id, case_id, kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at, closed_at, closed_by, outcome FROM services_task WHERE id = $1";

/// Asks another agency.
pub const INSERT_CONSULTATION: &str = "INSERT INTO services_consultation (id, case_id, task_id, agency, question, asked_by, asked_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// The other agency answers, once.
pub const ANSWER_CONSULTATION: &str = "UPDATE services_consultation SET answer = $2, answered_by = $3, answered_at = $4 WHERE id = $1 AND answered_at IS NULL";

/// Consultations of a case in order.
pub const CONSULTATIONS: &str = "SELECT id, case_id, task_id, agency, question, asked_by, asked_at, due_at, answer, answered_by, answered_at FROM services_consultation WHERE case_id = $1 ORDER BY asked_at, id";

/// Plans an escalation.
pub const INSERT_ESCALATION: &str = "INSERT INTO services_escalation (id, case_id, task_id, agency, rule, to_role, notice, fire_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Drops waiting escalations of a task.
pub const CANCEL_OF_TASK: &str =
    "UPDATE services_escalation SET cancelled_at = $2 WHERE task_id = $1 AND fired_at IS NULL AND cancelled_at IS NULL";

/// Drops waiting escalations of a whole case.
pub const CANCEL_OF_CASE: &str =
    "UPDATE services_escalation SET cancelled_at = $2 WHERE case_id = $1 AND fired_at IS NULL AND cancelled_at IS NULL";

/// Agencies with escalations that are due, so that one agency's fault harms no other.
pub const DUE_AGENCIES: &str =
    "SELECT DISTINCT agency FROM services_escalation WHERE fired_at IS NULL AND cancelled_at IS NULL AND fire_at <= $1";

/// Due escalations of one agency.
pub const DUE_OF_AGENCY: &str = "SELECT id, case_id, task_id, agency, rule, to_role, notice, fire_at FROM services_escalation WHERE agency = $1 AND fired_at IS NULL AND cancelled_at IS NULL AND fire_at <= $2 ORDER BY fire_at, id LIMIT 500";

/// Marks an escalation as fired; only the first caller succeeds.
pub const MARK_FIRED: &str =
    "UPDATE services_escalation SET fired_at = $2 WHERE id = $1 AND fired_at IS NULL AND cancelled_at IS NULL";

/// Escalations of a case, fired or waiting.
pub const ESCALATIONS_OF_CASE: &str = "SELECT id, task_id, agency, rule, to_role, notice, fire_at, fired_at, cancelled_at FROM services_escalation WHERE case_id = $1 ORDER BY fire_at, id";
