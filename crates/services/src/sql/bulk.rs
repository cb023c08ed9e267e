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
