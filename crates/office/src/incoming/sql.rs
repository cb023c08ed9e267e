//! Every statement of the part.

macro_rules! columns {
    () => {
        "a.id, a.agency, a.channel, a.dispatch, a.document, a.from_organ, a.from_name, a.code_number, a.code_notation, a.issued_on, a.kind, a.subject, a.signer, a.urgency, a.pages, a.answer_by, a.integrity, a.identity, a.stamped, a.envelope, a.envelope_signer, a.proposed, a.state, a.arrived_at, a.act_by, a.register, a.arrival_number, a.arrived_on, a.leader, a.leader_name, a.lead_name, a.due_on, a.result_document, a.result_words, a.work_file, a.notice_kind, a.notice_reason, a.notice_document, a.told, a.revision"
    };
}

macro_rules! routing_columns {
    () => {
        "r.id, r.part, r.person, r.role, r.receiver_name, r.words, r.due_on, r.given_by, r.given_name, r.given_at, r.state, r.read_at, r.read_name, r.answer, r.closed_at"
    };
}

/// Takes a document in; the same one coming again by the same way changes nothing.
pub const INSERT: &str = "INSERT INTO office_arrival (id, agency, channel, source_key, dispatch, document, from_organ, from_name, code_number, code_notation, issued_on, kind, subject, signer, urgency, pages, answer_by, same_key, integrity, identity, stamped, envelope, envelope_signer, proposed, state, arrived_at, act_by, told, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 'arrived', $25, $26, '01', 1) ON CONFLICT (agency, source_key) DO NOTHING";

/// Keeps one of its files.
pub const INSERT_FILE: &str = "INSERT INTO office_arrival_file (arrival_id, place, sha256, name, media_type, size, judgement, layout) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// What the sender was told last.
pub const TELL: &str = "UPDATE office_arrival SET told = $2 WHERE id = $1";

/// Keeps one step of its history.
pub const INSERT_EVENT: &str = "INSERT INTO office_arrival_event (id, arrival_id, at, act, state, person, person_name, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Id of what came before by the same way.
pub const BY_SOURCE: &str = "SELECT id FROM office_arrival WHERE agency = $1 AND source_key = $2";

/// One document that came.
pub const ONE: &str = concat!("SELECT ", columns!(), " FROM office_arrival a WHERE a.id = $1");

/// What came by a dispatch of this city or a document of an organ outside.
pub const BY_DISPATCH: &str =
    concat!("SELECT ", columns!(), " FROM office_arrival a WHERE a.dispatch = $1 ORDER BY a.id");

/// What came to an organ under the identifier that its sender gave it.
pub const BY_DOCUMENT: &str =
    concat!("SELECT ", columns!(), " FROM office_arrival a WHERE a.agency = $1 AND a.document = $2 ORDER BY a.id");

/// Its files.
pub const FILES: &str = "SELECT place, sha256, name, media_type, size, judgement, layout FROM office_arrival_file WHERE arrival_id = $1 ORDER BY place";

/// Its history, oldest first.
pub const EVENTS: &str =
    "SELECT at, act, state, person_name, words FROM office_arrival_event WHERE arrival_id = $1 ORDER BY at, id";

/// Others that say of themselves the same, those returned or taken back aside.
pub const SAME: &str = "SELECT id, arrival_number, arrived_at FROM office_arrival WHERE agency = $1 AND same_key = $2 AND id <> $3 AND state NOT IN ('rejected', 'withdrawn') ORDER BY arrived_at LIMIT 5";

/// What came before with the same file, what was returned or taken back aside.
pub const SAME_FILE: &str = "SELECT a.id FROM office_arrival a JOIN office_arrival_file f ON f.arrival_id = a.id WHERE a.agency = $1 AND f.sha256 = $2 AND a.state NOT IN ('rejected', 'withdrawn') ORDER BY a.arrived_at LIMIT 1";

/// Puts it into the book.
pub const REGISTER: &str = "UPDATE office_arrival SET state = 'registered', from_name = $2, code_number = $3, code_notation = $4, issued_on = $5, kind = $6, subject = $7, signer = $8, urgency = $9, pages = $10, answer_by = $11, same_key = $12, register = $13, arrival_number = $14, arrived_on = $15, act_by = $16, revision = revision + 1 WHERE id = $1";

/// Returns it.
pub const REJECT: &str =
    "UPDATE office_arrival SET state = 'rejected', act_by = NULL, revision = revision + 1 WHERE id = $1";

/// Lays it before a leader.
pub const SUBMIT: &str = "UPDATE office_arrival SET state = 'submitted', leader = $2, leader_name = $3, act_by = $4, revision = revision + 1 WHERE id = $1";

/// Gives it to whoever leads the work.
pub const INSTRUCT: &str = "UPDATE office_arrival SET state = $2, leader = $3, leader_name = $4, lead_name = $5, due_on = $6, act_by = NULL, revision = revision + 1 WHERE id = $1";

/// Whoever leads took it over from their unit.
pub const NAME_LEAD: &str = "UPDATE office_arrival SET lead_name = $2 WHERE id = $1";

/// Changes its state alone.
pub const MOVE: &str = "UPDATE office_arrival SET state = $2, act_by = $3, revision = revision + 1 WHERE id = $1";

/// It is handled.
pub const FINISH: &str = "UPDATE office_arrival SET state = 'done', result_document = $2, result_words = $3, act_by = NULL, revision = revision + 1 WHERE id = $1";

/// It is in a work file.
pub const FILE_AWAY: &str =
    "UPDATE office_arrival SET state = 'filed', work_file = $2, revision = revision + 1 WHERE id = $1";

/// It is in no work file any more.
pub const TAKE_OUT: &str =
    "UPDATE office_arrival SET state = 'done', work_file = NULL, revision = revision + 1 WHERE id = $1";

/// What the sender said later.
pub const NOTICE: &str = "UPDATE office_arrival SET state = $2, notice_kind = $3, notice_reason = $4, notice_document = $5, act_by = $6, revision = revision + 1 WHERE id = $1";

/// Gives an instruction.
pub const INSERT_ROUTING: &str = "INSERT INTO office_routing (id, arrival_id, agency, part, person, role, receiver_name, words, due_on, given_by, given_name, given_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open')";

/// Instructions of a document, oldest first.
pub const ROUTINGS: &str =
    concat!("SELECT ", routing_columns!(), " FROM office_routing r WHERE r.arrival_id = $1 ORDER BY r.id");

/// One instruction of a document.
pub const ROUTING: &str =
    concat!("SELECT ", routing_columns!(), " FROM office_routing r WHERE r.id = $1 AND r.arrival_id = $2");

/// Whoever led before leads no more.
pub const REPLACE_LEADS: &str = "UPDATE office_routing SET state = 'replaced', closed_at = $2 WHERE arrival_id = $1 AND part = 'lead' AND state IN ('open', 'begun')";

/// Everything that was still open ends with the document.
pub const END_ROUTINGS: &str =
    "UPDATE office_routing SET state = 'ended', closed_at = $2 WHERE arrival_id = $1 AND state IN ('open', 'begun')";

/// An instruction goes on or ends.
pub const MOVE_ROUTING: &str = "UPDATE office_routing SET state = $2, answer = $3, closed_at = $4 WHERE id = $1";

/// Whoever begins takes over what was given to the holders of a post.
pub const TAKE_ROUTING: &str =
    "UPDATE office_routing SET state = 'begun', person = $2, receiver_name = $3 WHERE id = $1 AND state = 'open'";

/// Somebody meant by an instruction opened the document for the first time.
pub const MARK_READ: &str =
    "UPDATE office_routing SET read_at = $2, read_by = $3, read_name = $4 WHERE id = $1 AND read_at IS NULL";

/// The head of a list; its conditions follow.
pub const LIST: &str = concat!("SELECT ", columns!(), " FROM office_arrival a");

/// Condition: still open for a person, by an instruction to them.
pub const OPEN_FOR_PERSON: &str = "EXISTS (SELECT 1 FROM office_routing r WHERE r.arrival_id = a.id AND r.person = ? AND r.state IN ('open', 'begun'))";

/// Condition: still open for the holders of a role in an agency.
pub const OPEN_FOR_ROLE: &str = "EXISTS (SELECT 1 FROM office_routing r WHERE r.arrival_id = a.id AND r.agency = ? AND r.role = ? AND r.person IS NULL AND r.state IN ('open', 'begun'))";

/// How many of an agency stand in each state.
pub const COUNTS: &str =
    "SELECT state, CAST(COUNT(*) AS BIGINT) AS number FROM office_arrival WHERE agency = $1 GROUP BY state";

/// What an agency registered in a span of days, by number: the tracking book.
pub const BOOK: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM office_arrival a WHERE a.agency = $1 AND a.arrived_on >= $2 AND a.arrived_on <= $3 ORDER BY a.arrived_on, a.arrival_number LIMIT 2000"
);

/// Leaves a message to be written, or keeps one that was taken; the same one a second time changes nothing.
pub const INSERT_MESSAGE: &str = "INSERT INTO office_exchange_message (id, direction, message_key, kind, state, organ_id, dispatch, document_id, arrival_id, payload, file_name, note, at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (direction, message_key) DO NOTHING";

/// Statuses that wait to be written.
pub const WAITING_MESSAGES: &str = "SELECT id, organ_id, arrival_id, payload FROM office_exchange_message WHERE direction = 'out' AND state = 'waiting' ORDER BY at, id LIMIT $1";

/// A message lies in the folder.
pub const MESSAGE_WRITTEN: &str =
    "UPDATE office_exchange_message SET state = 'written', file_name = $2, ended_at = $3 WHERE id = $1";

/// Dispatches to organs outside that wait.
pub const WAITING_DISPATCHES: &str = "SELECT id, document, to_organ_id, to_name FROM office_dispatch WHERE channel = 'edxml' AND state = 'waiting' AND to_organ_id IS NOT NULL ORDER BY made_at, id LIMIT $1";

/// Dispatches to organs outside that went out, whose document was recalled, replaced or corrected since, and to whom
/// that is not yet told. A document is corrected once at most, and recalled or replaced at most once after that.
pub const CHANGED_DISPATCHES: &str = "SELECT d.id, d.document, d.to_organ_id, d.to_name, o.state, o.by_document FROM office_document o JOIN office_dispatch d ON d.document = o.id JOIN office_exchange_message m ON m.direction = 'out' AND m.message_key = 'document/' || d.id WHERE o.state IN ('recalled', 'replaced', 'corrected') AND d.channel = 'edxml' AND NOT EXISTS (SELECT 1 FROM office_exchange_message w WHERE w.direction = 'out' AND w.message_key = CASE WHEN o.state = 'corrected' THEN 'update/' ELSE 'withdraw/' END || d.id) ORDER BY o.changed_at, d.id LIMIT $1";

/// Why a document no longer stands as it was: the words of that change.
pub const CHANGE_WORDS: &str = "SELECT words FROM office_document_event WHERE document = $1 AND action IN ('recall', 'replace', 'correct') ORDER BY seq DESC LIMIT 1";

/// A dispatch went out.
pub const DISPATCH_SENT: &str =
    "UPDATE office_dispatch SET state = 'sent', changed_at = $2 WHERE id = $1 AND state = 'waiting'";

/// The dispatch by which a document went to an organ outside: its own, else that of the document it replaced there.
pub const SENT_TO: &str = "SELECT dispatch FROM office_exchange_message WHERE direction = 'out' AND kind IN ('document', 'replace') AND document_id = $1 AND organ_id = $2 ORDER BY kind, at DESC LIMIT 1";
