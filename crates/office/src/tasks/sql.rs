//! Every statement about tasks.

/// The next number of an agency's tasks in a year.
pub const TAKE_NUMBER: &str = "INSERT INTO office_task_series (agency, year, next) VALUES ($1, $2, 2) ON CONFLICT (agency, year) DO UPDATE SET next = office_task_series.next + 1 RETURNING next - 1 AS number";

/// Adds a task.
pub const INSERT: &str = "INSERT INTO office_task (id, code, key, agency, source, source_id, source_title, quote, given_by, given_at, given_on, owner_id, work, start_on, due_on, first_due_on, unit, leader_id, expected_product, state, accept_by, percent, score, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17, $18, 'assigned', $19, 0, $20, 1)";

/// The task of a key.
pub const BY_KEY: &str = "SELECT id FROM office_task WHERE key = $1";

/// Adds somebody who supports a task.
pub const INSERT_SUPPORT: &str =
    "INSERT INTO office_task_support (task_id, person_id) VALUES ($1, $2) ON CONFLICT (task_id, person_id) DO NOTHING";

/// Who supports a task.
pub const SUPPORT: &str = "SELECT person_id FROM office_task_support WHERE task_id = $1 ORDER BY person_id";

/// Adds a step of the history.
pub const INSERT_EVENT: &str = "INSERT INTO office_task_event (id, task_id, at, person_id, action, state_from, state_to, note, due_before, due_after, percent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// The history of a task, oldest first.
pub const EVENTS: &str = "SELECT at, person_id, action, state_to, note, due_before, due_after, percent FROM office_task_event WHERE task_id = $1 ORDER BY id";

macro_rules! columns {
    () => {
        "id, code, agency, source, source_id, source_title, quote, given_by, given_at, owner_id, work, start_on, due_on, first_due_on, unit, leader_id, expected_product, evidence_document, cause, state, state_before, accept_by, asked_due_on, percent, score, done_on, confirmed_by, revision"
    };
}

/// One task.
pub const ONE: &str = concat!("SELECT ", columns!(), " FROM office_task WHERE id = $1");

/// Tasks, for a filter.
pub const LIST: &str = concat!("SELECT ", columns!(), " FROM office_task");

/// What somebody owns or supports.
pub const MINE: &str = "(owner_id = ? OR id IN (SELECT task_id FROM office_task_support WHERE person_id = ?))";

/// What somebody gave or leads.
pub const GIVEN: &str = "(given_by = ? OR leader_id = ?)";

/// What an agency gave or answers for.
pub const OF_UNIT: &str = "(agency = ? OR unit = ?)";

/// Everything that is not done.
pub const OPEN: &str = "state <> 'done'";

/// The order of a list: what is due first comes first.
pub const ORDER: &str = "ORDER BY CASE WHEN state = 'done' THEN 1 ELSE 0 END, due_on, id LIMIT ?";

/// Open tasks that are due until a day or not accepted by a moment, after an id.
pub const TO_REMIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM office_task WHERE state <> 'done' AND id > $1 AND (due_on <= $2 OR (state = 'assigned' AND accept_by < $3)) ORDER BY id LIMIT $4"
);

/// Moves a task on; only from the revision that was read.
pub const MOVE: &str = "UPDATE office_task SET state = $3, state_before = $4, owner_id = $5, unit = $6, due_on = $7, asked_due_on = $8, cause = $9, evidence_document = $10, confirmed_by = $11, percent = $12, score = $13, done_at = $14, done_on = $15, accept_by = $16, accepted_at = coalesce(accepted_at, $17), revision = revision + 1 WHERE id = $1 AND revision = $2";

/// Adds a file.
pub const INSERT_FILE: &str = "INSERT INTO office_task_file (id, task_id, role, name, media_type, size, sha256, added_by, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// The files of a task, oldest first.
pub const FILES: &str =
    "SELECT id, role, name, media_type, size, sha256, added_at FROM office_task_file WHERE task_id = $1 ORDER BY id";

/// How many files prove the result of a task.
pub const FILE_COUNT: &str = "SELECT COUNT(*) AS found FROM office_task_file WHERE task_id = $1";

/// Whether a reminder has been sent.
pub const REMINDED: &str =
    "SELECT 1 AS found FROM office_task_reminder WHERE task_id = $1 AND rule = $2 AND due_on = $3 AND day = $4";

/// Remembers that a reminder was sent.
pub const REMEMBER: &str = "INSERT INTO office_task_reminder (task_id, rule, due_on, day, sent_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (task_id, rule, due_on, day) DO NOTHING";

/// Tasks given in a period by responsible agency; `$4` is today.
pub const STATISTICS: &str = "SELECT unit, COUNT(*) AS given, COUNT(CASE WHEN state = 'done' AND done_on <= due_on THEN 1 END) AS in_time, COUNT(CASE WHEN state = 'done' AND done_on > due_on THEN 1 END) AS late, COUNT(CASE WHEN state <> 'done' THEN 1 END) AS open, COUNT(CASE WHEN state <> 'done' AND due_on < $4 THEN 1 END) AS overdue, CAST(sum(score) AS BIGINT) AS score FROM office_task WHERE (agency = $1 OR unit = $1) AND given_on >= $2 AND given_on <= $3 GROUP BY unit ORDER BY unit";
