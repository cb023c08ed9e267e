//! The official's inbox. The agencies and roles come as one text list each, because the dialect has no arrays;
//! filters are added by the store's builder as further clauses of fixed text.

/// Head of an inbox query: which tasks a page shows, read from the inbox's index alone; clauses follow, the first of
/// them `t.closed_at IS NULL`, then the order and one of the tails.
pub const HEAD: &str = "SELECT t.id AS task_id, t.kind AS task_kind, t.step AS task_step, t.agency AS task_agency, t.role AS task_role, t.assignee_id AS assignee_id, t.paused AS paused, t.due_sort AS due_sort, t.budget_due_at AS budget_due_at, t.opened_at AS opened_at, c.id AS case_id, c.case_no AS case_no, c.procedure_code AS procedure_code, c.version_id AS version_id, c.owner_name AS owner_name, c.state AS state, c.channel AS channel, c.supplements AS supplements, c.submitted_at AS submitted_at, c.accepted_at AS accepted_at, c.due_at AS due_at, c.receiving_agency AS receiving_agency, c.competent_agency AS competent_agency FROM (SELECT t.id AS id FROM services_task t";

/// Least time left first; so many tasks.
pub const BY_DUE: &str = "ORDER BY t.due_sort, t.id LIMIT ?) page JOIN services_task t ON t.id = page.id JOIN services_case c ON c.id = t.case_id ORDER BY t.due_sort, t.id";

/// Oldest first; so many tasks.
pub const OLDEST: &str = "ORDER BY t.opened_at, t.id LIMIT ?) page JOIN services_task t ON t.id = page.id JOIN services_case c ON c.id = t.case_id ORDER BY t.opened_at, t.id";

/// Newest first; so many tasks.
pub const NEWEST: &str = "ORDER BY t.opened_at DESC, t.id DESC LIMIT ?) page JOIN services_task t ON t.id = page.id JOIN services_case c ON c.id = t.case_id ORDER BY t.opened_at DESC, t.id DESC";

/// Counting head over the same clauses: now, now and end of today, end of today and end of the week, the official.
pub const COUNT_HEAD: &str = "SELECT count(*) AS total, count(*) FILTER (WHERE t.due_sort < ? AND NOT t.paused) AS overdue, count(*) FILTER (WHERE t.due_sort >= ? AND t.due_sort < ? AND NOT t.paused) AS today, count(*) FILTER (WHERE t.due_sort >= ? AND t.due_sort < ? AND NOT t.paused) AS week, count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned, count(*) FILTER (WHERE t.assignee_id = ?) AS mine, count(*) FILTER (WHERE t.case_state = 'awaiting_supplement' AND NOT t.paused) AS supplemented, count(*) FILTER (WHERE t.kind = 'consultation') AS consultations FROM services_task t";

macro_rules! case_columns {
    () => {
        "id, case_no, external_no, version_id, procedure_code, variant, filed_by, owner_id, owner_name, owner_number, channel, receiving_agency, competent_agency, answers, language, submitted_at, accepted_at, due_at, promised_at, limit_unit, limit_body, ended_at, returned_at, state, state_before, national_status, step, finance_state, delivery_state, delivery_way, sync_state, supplements, lookup_token, lookup_code, revision, updated_at"
    };
}

/// Cases of a person by citizen or tax number, newest first.
pub const FIND_BY_NUMBER: &str = concat!(
    "SELECT ",
    case_columns!(),
    " FROM services_case WHERE owner_number = $1 ORDER BY submitted_at DESC LIMIT $2"
);

/// Cases whose owner's folded name begins so.
pub const FIND_BY_NAME: &str = concat!(
    "SELECT ",
    case_columns!(),
    " FROM services_case WHERE owner_name_key >= $1 AND owner_name_key < $2 ORDER BY owner_name_key, id LIMIT $3"
);
