//! Every statement of documents.

macro_rules! document {
    () => {
        "id, agency, direction, state, revision, version, kind, field, subject, urgency, due_on, drafter, drafter_name, reviewer, signer, signer_name, file_sha256, register, code_number, code_notation, issued_on, signed_at, delegation, record, by_document, token, created_at, changed_at"
    };
}

/// Begins a document.
pub const INSERT: &str = "INSERT INTO office_document (id, agency, direction, state, revision, version, kind, field, subject, subject_key, urgency, secrecy, due_on, drafter, drafter_name, signer, signer_name, token, created_at, changed_at) \
    VALUES ($1, $2, $3, 'draft', 1, 1, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14, $15, $15)";

/// One document.
pub const BY_ID: &str = concat!("SELECT ", document!(), " FROM office_document WHERE id = $1");

/// One document by its public token, once it was issued.
pub const BY_TOKEN: &str = concat!(
    "SELECT ",
    document!(),
    " FROM office_document WHERE token = $1 AND state IN ('issued', 'filed', 'recalled', 'replaced', 'corrected')"
);

/// Documents, to be narrowed.
pub const LIST: &str = concat!("SELECT ", document!(), " FROM office_document");

/// How many documents, to be narrowed.
pub const COUNT: &str = "SELECT COUNT(*) AS count FROM office_document";

/// Moves a document, when it still stands where the decision saw it.
pub const MOVE: &str = "UPDATE office_document SET state = $4, revision = revision + 1, changed_at = $5 WHERE id = $1 AND state = $2 AND revision = $3";

/// What the newest version says of the document.
pub const REVISED: &str = "UPDATE office_document SET direction = $2, kind = $3, field = $4, subject = $5, subject_key = $6, urgency = $7, due_on = $8, signer = $9, signer_name = $10, version = $11, file_sha256 = NULL WHERE id = $1";

/// Who was asked to review.
pub const SET_REVIEWER: &str = "UPDATE office_document SET reviewer = $2 WHERE id = $1";

/// The newest form of the paper.
pub const SET_FILE: &str = "UPDATE office_document SET file_sha256 = $2 WHERE id = $1";

/// The officer signed.
pub const SET_SIGNED: &str =
    "UPDATE office_document SET file_sha256 = $2, signed_at = $3, delegation = $4 WHERE id = $1";

/// The number, once.
pub const SET_NUMBER: &str = "UPDATE office_document SET register = $2, code_number = $3, code_notation = $4, issued_on = $5 WHERE id = $1 AND code_number IS NULL";

/// The Appendix VI record of an issued document.
pub const SET_RECORD: &str = "UPDATE office_document SET record = $2 WHERE id = $1";

/// The document that replaced or corrected it.
pub const SET_BY_DOCUMENT: &str = "UPDATE office_document SET by_document = $2 WHERE id = $1";

/// Adds a version.
pub const INSERT_VERSION: &str = "INSERT INTO office_document_version (id, document, number, content_sha256, source_sha256, note, saved_by, saved_name, saved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Versions, newest first.
pub const VERSIONS: &str = "SELECT number, content_sha256, note, saved_name, saved_at FROM office_document_version WHERE document = $1 ORDER BY number DESC";

/// One version.
pub const VERSION: &str = "SELECT number, content_sha256, note, saved_name, saved_at FROM office_document_version WHERE document = $1 AND number = $2";

/// Adds a remark.
pub const INSERT_COMMENT: &str = "INSERT INTO office_document_comment (id, document, version, words, said_by, said_name, said_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Remarks, newest first.
pub const COMMENTS: &str = "SELECT version, words, said_name, said_at FROM office_document_comment WHERE document = $1 ORDER BY said_at DESC, id DESC LIMIT 200";

/// Adds a form of the paper.
pub const INSERT_PAPER: &str = "INSERT INTO office_document_paper (id, document, version, step, sha256, size, pages, places, block, prepared, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// The newest form of the paper.
pub const PAPER: &str = "SELECT version, step, sha256, size, pages, places, block, prepared FROM office_document_paper WHERE document = $1 AND sha256 = $2 ORDER BY made_at DESC, id DESC LIMIT 1";

/// Adds to the history.
pub const INSERT_EVENT: &str = "INSERT INTO office_document_event (id, document, seq, action, from_state, to_state, words, sha256, delegation, acted_by, acted_name, post, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// The history, newest first.
pub const EVENTS: &str = "SELECT action, from_state, to_state, words, sha256, acted_name, post, at FROM office_document_event WHERE document = $1 ORDER BY seq DESC";

/// Asks for a signature on one file, or takes up a request that failed or was interrupted before `$8`.
pub const ASK_SIGNING: &str = "INSERT INTO office_document_signing (id, document, role, sha256, signer, batch, state, asked_at) VALUES ($1, $2, $3, $4, $5, $6, 'asked', $7) \
    ON CONFLICT (document, role, sha256, signer) DO UPDATE SET batch = excluded.batch, state = 'asked', code = NULL, asked_at = excluded.asked_at, ended_at = NULL \
    WHERE office_document_signing.state = 'failed' OR (office_document_signing.state = 'asked' AND office_document_signing.asked_at < $8)";

/// A request for a signature ended.
pub const END_SIGNING: &str = "UPDATE office_document_signing SET state = $5, code = $6, signed_sha256 = $7, ended_at = $8 WHERE document = $1 AND role = $2 AND sha256 = $3 AND signer = $4";

/// Signatures a person asked for, newest first, with the subjects of their documents.
pub const SIGNINGS: &str = "SELECT s.document, s.role, s.sha256, s.batch, s.state, s.code, s.asked_at, d.subject FROM office_document_signing s JOIN office_document d ON d.id = s.document WHERE s.signer = $1 ORDER BY s.asked_at DESC, s.id DESC LIMIT 100";

/// Adds a receiver.
pub const INSERT_DISPATCH: &str = "INSERT INTO office_dispatch (id, document, seq, channel, to_agency, to_organ_id, to_name, state, words, made_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $9)";

/// Receivers of a document.
pub const DISPATCHES: &str = "SELECT id, channel, to_agency, to_organ_id, to_name, state, words, changed_at FROM office_dispatch WHERE document = $1 ORDER BY seq";

/// Messages to and from organs outside about the dispatches of a document, in their order.
pub const MESSAGES: &str = "SELECT m.dispatch, m.direction, m.kind, m.payload, m.at FROM office_exchange_message m JOIN office_dispatch d ON d.id = m.dispatch WHERE d.document = $1 ORDER BY m.at, m.id LIMIT 500";

/// What became of a dispatch.
pub const DISPATCH_STATE: &str =
    "UPDATE office_dispatch SET state = $2, words = $3, changed_at = $4 WHERE id = $1 AND state <> 'withdrawn'";

/// A paper or message left the house.
pub const DISPATCH_SENT: &str =
    "UPDATE office_dispatch SET state = 'sent', changed_at = $3 WHERE id = $1 AND document = $2 AND state = 'waiting'";

/// The document no longer stands: its receivers are told.
pub const DISPATCHES_WITHDRAWN: &str =
    "UPDATE office_dispatch SET state = 'withdrawn', words = $2, changed_at = $3 WHERE document = $1";

/// Documents of an agency with this number; of different years or books there may be several, the newest first.
pub const BY_CODE: &str = concat!(
    "SELECT ",
    document!(),
    " FROM office_document WHERE agency = $1 AND code_number = $2 AND code_notation = $3 ORDER BY changed_at DESC LIMIT 20"
);

/// What a receiver said of a document that was withdrawn.
pub const DISPATCH_WORDS: &str = "UPDATE office_dispatch SET words = $2, changed_at = $3 WHERE id = $1";
