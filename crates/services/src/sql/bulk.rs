//! Heads of inserts of many rows, for demonstration cities and benchmarks.

/// Whole cases.
pub const CASES: &str = "INSERT INTO services_case (id, case_no, external_no, version_id, procedure_code, variant, filed_by, owner_id, owner_name, owner_name_key, owner_number, channel, receiving_agency, competent_agency, answers, language, submitted_at, accepted_at, due_at, promised_at, limit_unit, limit_body, ended_at, returned_at, state, state_before, national_status, step, finance_state, delivery_state, delivery_way, sync_state, supplements, lookup_token, lookup_code, revision, updated_at) VALUES";

/// Events of cases.
pub const EVENTS: &str = "INSERT INTO services_case_event (case_id, seq, action, from_state, to_state, step, actor_id, actor_name, actor_title, agency, on_behalf_of, reason, legal_basis, at, audit_id) VALUES";

/// Fee lines.
pub const FEES: &str = "INSERT INTO services_fee_item (id, case_id, code, kind, name, amount, collect_at, basis, exemption, payment_id) VALUES";

/// Pauses.
pub const PAUSES: &str = "INSERT INTO services_case_pause (case_id, seq, reason, asked_at, received_at, counts) VALUES";

/// Supplements.
pub const SUPPLEMENTS: &str = "INSERT INTO services_supplement (case_id, seq, reason, items, asked_by, asked_at, answered_at, old_due_at, new_due_at) VALUES";

/// Open tasks.
pub const TASKS: &str = "INSERT INTO services_task (id, case_id, kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at) VALUES";

/// Results.
pub const RESULTS: &str = "INSERT INTO services_result (id, case_id, code, title, agency, signer_id, signer_name, signer_title, signed_at, number, numbered_at, token, sha256, media_type, size, signature, key_id, issued_at) VALUES";

/// Where series of numbers stand.
pub const NUMBERS: &str = "INSERT INTO services_number (name, last) VALUES";

// Copies of the cases a benchmark began with: $1 is eight hexadecimal digits that begin the new ids (so that
// each copy lies together), $2 three digits that begin the running number. What was copied before is not copied
// again: its ids are of the year 2004 and lie before 0101, those of real cases behind it.

/// Cases.
pub const COPY_CASES: &str = "INSERT INTO services_case (id, case_no, external_no, version_id, procedure_code, variant, filed_by, owner_id, owner_name, owner_name_key, owner_number, channel, receiving_agency, competent_agency, answers, language, submitted_at, accepted_at, due_at, promised_at, limit_unit, limit_body, ended_at, returned_at, state, state_before, national_status, step, finance_state, delivery_state, delivery_way, sync_state, supplements, lookup_token, lookup_code, revision, updated_at) SELECT $1 || substr(id, 9), substr(case_no, 1, length(case_no) - 7) || $2 || substr(case_no, length(case_no) - 3), external_no, version_id, procedure_code, variant, filed_by, owner_id, owner_name, owner_name_key, owner_number, channel, receiving_agency, competent_agency, answers, language, submitted_at, accepted_at, due_at, promised_at, limit_unit, limit_body, ended_at, returned_at, state, state_before, national_status, step, finance_state, delivery_state, delivery_way, sync_state, supplements, $1 || substr(lookup_token, 9), lookup_code, revision, updated_at FROM services_case WHERE id > '0101'";

/// Events.
pub const COPY_EVENTS: &str = "INSERT INTO services_case_event (case_id, seq, action, from_state, to_state, step, actor_id, actor_name, actor_title, agency, on_behalf_of, reason, legal_basis, at, audit_id) SELECT $1 || substr(case_id, 9), seq, action, from_state, to_state, step, actor_id, actor_name, actor_title, agency, on_behalf_of, reason, legal_basis, at, audit_id FROM services_case_event WHERE case_id > '0101'";

/// Pauses.
pub const COPY_PAUSES: &str = "INSERT INTO services_case_pause (case_id, seq, reason, asked_at, received_at, counts) SELECT $1 || substr(case_id, 9), seq, reason, asked_at, received_at, counts FROM services_case_pause WHERE case_id > '0101'";

/// Supplements.
pub const COPY_SUPPLEMENTS: &str = "INSERT INTO services_supplement (case_id, seq, reason, items, asked_by, asked_at, answered_at, old_due_at, new_due_at) SELECT $1 || substr(case_id, 9), seq, reason, items, asked_by, asked_at, answered_at, old_due_at, new_due_at FROM services_supplement WHERE case_id > '0101'";

/// Tasks.
pub const COPY_TASKS: &str = "INSERT INTO services_task (id, case_id, kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at, closed_at, closed_by, outcome) SELECT $1 || substr(id, 9), $1 || substr(case_id, 9), kind, step, agency, role, assignee_id, procedure_code, case_state, paused, due_sort, budget_due_at, opened_at, closed_at, closed_by, outcome FROM services_task WHERE id > '0101'";

/// Fee lines.
pub const COPY_FEES: &str = "INSERT INTO services_fee_item (id, case_id, code, kind, name, amount, collect_at, basis, exemption, payment_id) SELECT $1 || substr(id, 9), $1 || substr(case_id, 9), code, kind, name, amount, collect_at, basis, exemption, NULL FROM services_fee_item WHERE id > '0101'";

/// Results.
pub const COPY_RESULTS: &str = "INSERT INTO services_result (id, case_id, code, title, agency, signer_id, signer_name, signer_title, signed_at, number, numbered_at, token, sha256, media_type, size, signature, key_id, issued_at, valid_until, revoked_at, revoked_reason) SELECT $1 || substr(id, 9), $1 || substr(case_id, 9), code, title, agency, signer_id, signer_name, signer_title, signed_at, number, numbered_at, $1 || substr(token, 9), sha256, media_type, size, signature, key_id, issued_at, valid_until, revoked_at, revoked_reason FROM services_result WHERE id > '0101'";
