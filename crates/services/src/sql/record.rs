//! What a case leaves behind: fees, payments, forms, results, ratings.

/// Adds a fee line.
pub const INSERT_FEE: &str = "INSERT INTO services_fee_item (id, case_id, code, kind, name, amount, collect_at, basis, exemption) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Fee lines of a case.
pub const FEES: &str = "SELECT id, case_id, code, kind, name, amount, collect_at, basis, exemption, payment_id FROM services_fee_item WHERE case_id = $1 ORDER BY id";

/// Ties unpaid fee lines of these moments of collection to a payment.
pub const SETTLE_FEES: &str = "UPDATE services_fee_item SET payment_id = $2 WHERE case_id = $1 AND payment_id IS NULL AND amount > 0 AND collect_at <= $3";

/// Opens a payment.
pub const INSERT_PAYMENT: &str = "INSERT INTO services_payment (id, case_id, amount, way, reference, state, started_by, started_at, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// One payment by the gateway's reference.
pub const PAYMENT_BY_REFERENCE: &str = "SELECT id, case_id, amount, way, reference, state, started_by, started_at, settled_at FROM services_payment WHERE reference = $1";

/// Payments of a case, newest first.
pub const PAYMENTS: &str = "SELECT id, case_id, amount, way, reference, state, started_by, started_at, settled_at FROM services_payment WHERE case_id = $1 ORDER BY started_at DESC, id DESC";

/// Decides a pending payment, once.
pub const SETTLE_PAYMENT: &str =
    "UPDATE services_payment SET state = $2, settled_at = $3 WHERE id = $1 AND state = 'pending'";

/// Issues a form of TT 03/2025/TT-VPCP.
pub const INSERT_FORM: &str = "INSERT INTO services_form (id, case_id, form_no, seq, body, issued_at, issued_by) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Forms issued on a case.
pub const FORMS: &str = "SELECT id, case_id, form_no, seq, body, issued_at, issued_by FROM services_form WHERE case_id = $1 ORDER BY issued_at, id";

/// One form.
pub const FORM: &str = "SELECT id, case_id, form_no, seq, body, issued_at, issued_by FROM services_form WHERE id = $1";

/// Keeps a signed paper; a form has one for good.
pub const INSERT_PAPER: &str = "INSERT INTO services_paper (id, form_no, case_id, form_id, agency, about, period, sha256, size, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (form_id) DO NOTHING";

/// The signed paper of a form.
pub const PAPER_OF_FORM: &str =
    "SELECT id, form_no, case_id, agency, about, sha256, size, made_at FROM services_paper WHERE form_id = $1";

/// One signed paper by its id.
pub const PAPER: &str =
    "SELECT id, form_no, case_id, agency, about, sha256, size, made_at FROM services_paper WHERE id = $1";

/// The signed paper with this SHA-256.
pub const PAPER_BY_HASH: &str =
    "SELECT id, form_no, case_id, agency, about, sha256, size, made_at FROM services_paper WHERE sha256 = $1";

/// The leader's signature on the decision; the paper follows with its number.
pub const INSERT_RESULT: &str = "INSERT INTO services_result (id, case_id, code, title, agency, signer_id, signer_name, signer_title, signed_at, valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// Gives the result its number and public token.
pub const NUMBER_RESULT: &str =
    "UPDATE services_result SET number = $2, numbered_at = $3, token = $4 WHERE id = $1 AND number IS NULL";

/// Ties the signed file to the result.
pub const COMPLETE_RESULT: &str = "UPDATE services_result SET sha256 = $2, media_type = $3, size = $4, signature = $5, key_id = $6, issued_at = $7 WHERE id = $1 AND issued_at IS NULL";

/// Declares a result void, with the reason.
pub const REVOKE_RESULT: &str =
    "UPDATE services_result SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL";

macro_rules! result_columns {
    () => {
        "id, case_id, code, title, agency, signer_id, signer_name, signer_title, signed_at, number, numbered_at, token, sha256, media_type, size, signature, key_id, issued_at, valid_until, revoked_at, revoked_reason"
    };
}

/// Results of a case, newest first.
pub const RESULTS: &str =
    concat!("SELECT ", result_columns!(), " FROM services_result WHERE case_id = $1 ORDER BY signed_at DESC, id DESC");

/// One result by id.
pub const RESULT: &str = concat!("SELECT ", result_columns!(), " FROM services_result WHERE id = $1");

/// One result by its public token.
pub const RESULT_BY_TOKEN: &str = concat!("SELECT ", result_columns!(), " FROM services_result WHERE token = $1");

/// The result whose signed file has this SHA-256.
pub const RESULT_BY_HASH: &str = concat!("SELECT ", result_columns!(), " FROM services_result WHERE sha256 = $1");

/// Numbered results whose file is not there yet, after a crash between the two.
pub const RESULTS_UNFINISHED: &str = concat!(
    "SELECT ",
    result_columns!(),
    " FROM services_result WHERE number IS NOT NULL AND issued_at IS NULL ORDER BY numbered_at LIMIT 100"
);

/// Rates a finished case, once.
pub const INSERT_RATING: &str = "INSERT INTO services_rating (case_id, level, attitude, timeliness, words, rated_by, rated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (case_id) DO NOTHING";

/// The rating of a case.
pub const RATING: &str =
    "SELECT case_id, level, attitude, timeliness, words, rated_at FROM services_rating WHERE case_id = $1";

/// Gateway payments that wait for an answer.
pub const PENDING_PAYMENTS: &str = "SELECT reference FROM services_payment WHERE state = 'pending' AND way = 'gateway' AND reference IS NOT NULL ORDER BY started_at LIMIT 200";
