//! Cases, their numbers, events, pauses and supplements.

/// The next number of a gapless series; rolled back with the transaction.
pub const DRAW_NUMBERS: &str = "INSERT INTO services_number (name, last) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last = services_number.last + $2 RETURNING last";

/// Creates a case.
pub const INSERT: &str = "INSERT INTO services_case (id, case_no, external_no, version_id, procedure_code, variant, filed_by, owner_id, owner_name, owner_name_key, owner_number, channel, receiving_agency, competent_agency, answers, language, submitted_at, limit_unit, limit_body, state, national_status, step, finance_state, delivery_state, delivery_way, sync_state, supplements, lookup_token, lookup_code, revision, updated_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 'none', $24, 'queued', 0, $25, $26, 0, $27)";

macro_rules! columns {
    () => {
        "id, case_no, external_no, version_id, procedure_code, variant, filed_by, owner_id, owner_name, owner_number, channel, receiving_agency, competent_agency, answers, language, submitted_at, accepted_at, due_at, promised_at, limit_unit, limit_body, ended_at, returned_at, state, state_before, national_status, step, finance_state, delivery_state, delivery_way, sync_state, supplements, lookup_token, lookup_code, revision, updated_at"
    };
}

/// One case by id.
pub const BY_ID: &str = concat!("SELECT ", columns!(), " FROM services_case WHERE id = $1");

/// One case by number.
pub const BY_NO: &str = concat!("SELECT ", columns!(), " FROM services_case WHERE case_no = $1");

/// One case by the secret of its receipt's QR code.
pub const BY_TOKEN: &str = concat!("SELECT ", columns!(), " FROM services_case WHERE lookup_token = $1");

/// A person's cases, newest first, before a point.
pub const OF_OWNER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM services_case WHERE owner_id = $1 AND submitted_at < $2 ORDER BY submitted_at DESC, id DESC LIMIT $3"
);

/// Moves a case; the revision guards against a second writer.
pub const UPDATE: &str = "UPDATE services_case SET receiving_agency = $3, competent_agency = $4, accepted_at = $5, due_at = $6, promised_at = $7, limit_unit = $8, limit_body = $9, ended_at = $10, returned_at = $11, state = $12, state_before = $13, national_status = $14, step = $15, finance_state = $16, delivery_state = $17, sync_state = $18, supplements = $19, answers = $20, updated_at = $21, revision = revision + 1 WHERE id = $1 AND revision = $2";

/// Writes one event of a case.
pub const INSERT_EVENT: &str = "INSERT INTO services_case_event (case_id, seq, action, from_state, to_state, step, actor_id, actor_name, actor_title, agency, on_behalf_of, reason, legal_basis, at, audit_id) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

/// Events of a case in order.
pub const EVENTS: &str = "SELECT case_id, seq, action, from_state, to_state, step, actor_id, actor_name, actor_title, agency, on_behalf_of, reason, legal_basis, at, audit_id FROM services_case_event WHERE case_id = $1 ORDER BY seq";

/// Opens a pause.
pub const INSERT_PAUSE: &str =
    "INSERT INTO services_case_pause (case_id, seq, reason, asked_at, counts) VALUES ($1, $2, $3, $4, $5)";

/// Ends open pauses of one reason.
pub const END_PAUSE: &str =
    "UPDATE services_case_pause SET received_at = $3 WHERE case_id = $1 AND reason = $2 AND received_at IS NULL";

/// Ends every open pause.
pub const END_ALL_PAUSES: &str =
    "UPDATE services_case_pause SET received_at = $2 WHERE case_id = $1 AND received_at IS NULL";

/// Pauses of a case in order.
pub const PAUSES: &str =
    "SELECT seq, reason, asked_at, received_at, counts FROM services_case_pause WHERE case_id = $1 ORDER BY seq";

/// Asks for a supplement.
pub const INSERT_SUPPLEMENT: &str = "INSERT INTO services_supplement (case_id, seq, reason, items, asked_by, asked_at, old_due_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// The applicant has answered.
pub const ANSWER_SUPPLEMENT: &str = "UPDATE services_supplement SET answered_at = $3, new_due_at = $4 WHERE case_id = $1 AND seq = $2 AND answered_at IS NULL";

/// Supplements of a case in order.
pub const SUPPLEMENTS: &str = "SELECT case_id, seq, reason, items, asked_by, asked_at, answered_at, old_due_at, new_due_at FROM services_supplement WHERE case_id = $1 ORDER BY seq";

/// Open cases with a date, for a change of calendar, by id.
pub const OPEN_WITH_DATE: &str = "SELECT id, case_no, competent_agency, receiving_agency, accepted_at, due_at, limit_body FROM services_case WHERE ended_at IS NULL AND due_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";

/// Pauses of all open cases with a date in a range of ids, for a change of calendar.
pub const PAUSES_OF_OPEN: &str = "SELECT p.case_id, p.reason, p.asked_at, p.received_at FROM services_case_pause p JOIN services_case c ON c.id = p.case_id WHERE p.counts AND c.ended_at IS NULL AND c.due_at IS NOT NULL AND c.id > $1 AND c.id <= $2 ORDER BY p.case_id, p.seq";

/// Head of an insert of differences between printed and recomputed dates.
pub const INSERT_DIFFERENCES: &str = "INSERT INTO services_date_difference (id, run_id, case_id, case_no, agency, printed_at, recomputed_at, found_at) VALUES";

/// Differences of one run.
pub const DIFFERENCES: &str = "SELECT id, case_id, case_no, agency, printed_at, recomputed_at, settled_at FROM services_date_difference WHERE run_id = $1 AND id > $2 ORDER BY id LIMIT $3";

/// The latest run.
pub const LAST_RUN: &str = "SELECT run_id FROM services_date_difference ORDER BY id DESC LIMIT 1";

/// Cases received by an agency between two moments, for register 07.
pub const REGISTER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM services_case WHERE receiving_agency = $1 AND submitted_at >= $2 AND submitted_at < $3 ORDER BY submitted_at, id LIMIT $4"
);

/// Overdue open cases of an agency, most overdue first.
pub const OVERDUE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM services_case WHERE ended_at IS NULL AND due_at IS NOT NULL AND due_at < $1 ORDER BY due_at, id LIMIT $2"
);

/// Counts of each agency's open cases and of those that ended since a moment.
pub const COUNT_BY_AGENCY: &str = "SELECT agency, CAST(sum(is_open) AS BIGINT) AS open_cases, CAST(sum(is_overdue) AS BIGINT) AS overdue, CAST(sum(is_ended) AS BIGINT) AS ended, CAST(sum(is_late) AS BIGINT) AS ended_late FROM (SELECT COALESCE(competent_agency, receiving_agency) AS agency, 1 AS is_open, CASE WHEN due_at IS NOT NULL AND due_at < $1 THEN 1 ELSE 0 END AS is_overdue, 0 AS is_ended, 0 AS is_late FROM services_case WHERE ended_at IS NULL UNION ALL SELECT COALESCE(competent_agency, receiving_agency) AS agency, 0 AS is_open, 0 AS is_overdue, 1 AS is_ended, CASE WHEN promised_at IS NOT NULL AND (ended_at > promised_at OR supplements > 1) THEN 1 ELSE 0 END AS is_late FROM services_case WHERE ended_at >= $2) AS counted GROUP BY agency ORDER BY agency";

/// Number of the last event of a case.
pub const LAST_SEQ: &str = "SELECT seq FROM services_case_event WHERE case_id = $1 ORDER BY seq DESC LIMIT 1";

/// Cases that were filed between two moments, by id.
pub const OF_DAY: &str = "SELECT id, case_no, version_id, national_status FROM services_case WHERE submitted_at >= $1 AND submitted_at < $2 AND id > $3 ORDER BY id LIMIT $4";

/// Where a case stands with the national portal; what happened later counts more.
pub const NOTE_SYNCHRONISED: &str = "UPDATE services_case SET sync_state = $3 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM services_case_event e WHERE e.case_id = $1 AND e.seq > $2)";
