//! Every statement of this room.

use haidang_store::Sql;

/// Opens the line of a case, once.
pub(crate) const OPEN_LINE: &str = "INSERT INTO portal_line (case_id, case_no, procedure_code, agency, last_seq, last_number, halted, claimed_until) VALUES ($1, $2, $3, $4, 0, 0, $5, 0) ON CONFLICT (case_id) DO NOTHING";

/// The line of a case.
pub(crate) const LINE: &str =
    "SELECT case_id, case_no, last_seq, last_number, queued_status FROM portal_line WHERE case_id = $1";

/// Queues a message.
pub(crate) const INSERT_MESSAGE: &str = "INSERT INTO portal_message (id, case_id, number, seq, kind, action, status_before, status, state, attempts, queued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9)";

/// A line that got longer: it is due at once, unless it waits for its turn or for people.
pub(crate) const LENGTHEN: &str = "UPDATE portal_line SET last_seq = $2, last_number = $3, queued_status = $4, next_at = CASE WHEN halted THEN NULL ELSE coalesce(next_at, $5) END, waiting_since = CASE WHEN halted THEN NULL ELSE coalesce(waiting_since, $5) END WHERE case_id = $1";

/// Takes lines that are due and nobody holds; a claim that ran out belongs to a worker that died.
pub(crate) const CLAIM: Sql = Sql {
    common: "UPDATE portal_line SET claim = $2, claimed_until = $3 WHERE claimed_until <= $1 AND next_at <= $1 AND case_id IN (SELECT case_id FROM portal_line WHERE next_at <= $1 AND claimed_until <= $1 ORDER BY next_at, case_id LIMIT $4) RETURNING case_id, case_no, last_seq, last_number, queued_status",
    // Native: two workers must take different lines without waiting for each other; SQLite has one writer.
    postgres: Some(
        "UPDATE portal_line SET claim = $2, claimed_until = $3 WHERE claimed_until <= $1 AND next_at <= $1 AND case_id IN (SELECT case_id FROM portal_line WHERE next_at <= $1 AND claimed_until <= $1 ORDER BY next_at, case_id LIMIT $4 FOR UPDATE SKIP LOCKED) RETURNING case_id, case_no, last_seq, last_number, queued_status",
    ),
};

/// Whether any line is due, asked on the readers so that an idle worker takes no writer.
pub(crate) const ANY_DUE: &str =
    "SELECT case_id FROM portal_line WHERE next_at <= $1 AND claimed_until <= $1 ORDER BY next_at LIMIT 1";

/// Lets a line go.
pub(crate) const RELEASE: &str = "UPDATE portal_line SET next_at = $3, waiting_since = $4, halted = $5, claim = NULL, claimed_until = 0 WHERE case_id = $1 AND claim = $2";

/// Whether a worker still holds a line.
pub(crate) const HELD: &str = "SELECT case_id FROM portal_line WHERE case_id = $1 AND claim = $2";

/// Lets a line that waited for people go on.
pub(crate) const GO_ON: &str =
    "UPDATE portal_line SET next_at = $2, waiting_since = $2, halted = $3 WHERE case_id = $1 AND halted = $4";

/// What the portal holds of a case now.
pub(crate) const KNOWN: &str = "UPDATE portal_line SET known_status = $2 WHERE case_id = $1";

macro_rules! message_columns {
    () => {
        "m.id, m.case_id, m.number, m.seq, m.kind, m.action, m.status_before, m.status, m.state, m.attempts, m.queued_at, m.tried_at, m.sha256, m.body, m.reason_code, m.reason"
    };
}

/// The first message of a case that is not settled.
pub(crate) const HEAD: &str = concat!(
    "SELECT ",
    message_columns!(),
    " FROM portal_message m WHERE m.case_id = $1 AND m.state IN ('waiting', 'sending', 'refused') ORDER BY m.number LIMIT 1"
);

/// Begins to send a message, or begins again.
pub(crate) const BEGIN: &str = "UPDATE portal_message SET state = 'sending', attempts = attempts + 1, tried_at = $3, body = $4, sha256 = $5 WHERE id = $1 AND state = $2";

/// Settles a message; what was sent is kept no longer than it may be sent again.
pub(crate) const SETTLE: &str = "UPDATE portal_message SET state = $2, settled_at = $3, body = NULL, reason_code = $4, reason = $5 WHERE id = $1 AND state = 'sending'";

/// A message that surely did nothing waits again.
pub(crate) const WAIT: &str = "UPDATE portal_message SET state = 'waiting' WHERE id = $1 AND state = 'sending'";

/// A message that was to create a case that is there changes it instead.
pub(crate) const TURN_TO_UPDATE: &str =
    "UPDATE portal_message SET state = 'waiting', kind = 'update', body = NULL WHERE id = $1 AND state = 'sending'";

/// A refused message waits again, to be written anew.
pub(crate) const SEND_AGAIN: &str = "UPDATE portal_message SET state = 'waiting', attempts = 0, settled_at = NULL, settled_by = $2, reason_code = NULL, reason = NULL WHERE id = $1 AND state = 'refused'";

/// A refused message is left out.
pub(crate) const LEAVE_OUT: &str = "UPDATE portal_message SET state = 'skipped', settled_at = $2, settled_by = $3, note = $4 WHERE id = $1 AND state = 'refused'";

/// Messages that are not settled, by state.
pub(crate) const COUNT_OPEN: &str = "SELECT state, CAST(count(*) AS BIGINT) AS n FROM portal_message WHERE state IN ('waiting', 'sending', 'refused') GROUP BY state";

/// Messages that were settled since a moment, by state.
pub(crate) const COUNT_SETTLED: &str = "SELECT state, CAST(count(*) AS BIGINT) AS n FROM portal_message WHERE settled_at >= $1 AND state IN ('delivered', 'skipped') GROUP BY state";

/// Since when the oldest line waits.
pub(crate) const OLDEST: &str = "SELECT min(waiting_since) AS oldest FROM portal_line WHERE waiting_since IS NOT NULL";

/// Refused messages, oldest first.
pub(crate) const REFUSED: &str = concat!(
    "SELECT ",
    message_columns!(),
    ", l.case_no, l.procedure_code, l.agency FROM portal_message m JOIN portal_line l ON l.case_id = m.case_id WHERE m.state = 'refused' AND m.id > $1 ORDER BY m.id LIMIT $2"
);

/// One message.
pub(crate) const MESSAGE: &str = concat!(
    "SELECT ",
    message_columns!(),
    ", l.case_no, l.procedure_code, l.agency FROM portal_message m JOIN portal_line l ON l.case_id = m.case_id WHERE m.id = $1"
);

/// Begins a comparison.
pub(crate) const INSERT_COMPARISON: &str = "INSERT INTO portal_comparison (id, day, state, asked_by, asked_at, reached, checked, listed) VALUES ($1, $2, 'running', $3, $4, '', 0, $5)";

/// One comparison.
pub(crate) const COMPARISON: &str =
    "SELECT id, day, state, asked_at, reached, checked, listed FROM portal_comparison WHERE id = $1";

/// The newest comparisons.
pub(crate) const COMPARISONS: &str = "SELECT id, day, state, asked_at, reached, checked, listed FROM portal_comparison ORDER BY asked_at DESC, id DESC LIMIT $1";

/// Whether the platform itself compared a day.
pub(crate) const COMPARED_BY_ITSELF: &str =
    "SELECT id FROM portal_comparison WHERE day = $1 AND asked_by IS NULL AND asked_at >= $2 LIMIT 1";

/// How far a comparison came.
pub(crate) const REACH: &str = "UPDATE portal_comparison SET reached = $3, checked = checked + $4 WHERE id = $1 AND reached = $2 AND state = 'running'";

/// Ends a comparison.
pub(crate) const END_COMPARISON: &str =
    "UPDATE portal_comparison SET state = $2, ended_at = $3, listed = $4 WHERE id = $1 AND state = 'running'";

/// Notes a difference, once a comparison and case.
pub(crate) const INSERT_DIFFERENCE: &str = "INSERT INTO portal_difference (id, comparison_id, case_id, case_no, kind, ours, theirs) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (comparison_id, case_no) DO NOTHING";

/// Differences of a comparison, in order.
pub(crate) const DIFFERENCES: &str = "SELECT id, case_id, case_no, kind, ours, theirs, settled_at FROM portal_difference WHERE comparison_id = $1 AND id > $2 ORDER BY id LIMIT $3";

/// One difference of a comparison.
pub(crate) const DIFFERENCE: &str = "SELECT id, case_id, case_no, kind, ours, theirs, settled_at FROM portal_difference WHERE comparison_id = $1 AND id = $2";

/// People had a difference sent again.
pub(crate) const SETTLE_DIFFERENCE: &str =
    "UPDATE portal_difference SET settled_at = $2 WHERE id = $1 AND settled_at IS NULL";
