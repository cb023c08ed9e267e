//! Every statement of the message log.

/// Begins the chain where there is none.
pub const BEGIN_CHAIN: &str =
    "INSERT INTO exchange_chain (name, seq, link) VALUES ('messages', 0, $1) ON CONFLICT (name) DO NOTHING";

/// Where the chain ends.
pub const CHAIN: &str = "SELECT seq, link FROM exchange_chain WHERE name = 'messages'";

/// The chain has grown.
pub const MOVE_CHAIN: &str = "UPDATE exchange_chain SET seq = $1, link = $2 WHERE name = 'messages'";

/// Keeps a message.
pub const INSERT_MESSAGE: &str = "INSERT INTO exchange_message (id, seq, at, message_id, request_id, direction, client, service, agreement, agreement_version, message_digest, body_digest, unfiltered_digest, head, body, body_file, body_size, signed_at, signature, certificate, leaf, link) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)";

/// Keeps a certificate once.
pub const INSERT_CERTIFICATE: &str =
    "INSERT INTO exchange_certificate (id, certificate, issuers) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";

/// A certificate.
pub const CERTIFICATE: &str = "SELECT certificate, issuers FROM exchange_certificate WHERE id = $1";

/// Messages under one id of their caller, oldest first.
pub const MESSAGES: &str = "SELECT id, seq, at, message_id, request_id, direction, client, service, agreement, agreement_version, message_digest, body_digest, unfiltered_digest, head, body, body_file, body_size, signed_at, signature, certificate, leaf, link FROM exchange_message WHERE message_id = $1 ORDER BY seq LIMIT $2";

/// A message by its record.
pub const MESSAGE: &str = "SELECT id, seq, at, message_id, request_id, direction, client, service, agreement, agreement_version, message_digest, body_digest, unfiltered_digest, head, body, body_file, body_size, signed_at, signature, certificate, leaf, link FROM exchange_message WHERE id = $1";

/// Messages after a place of the chain, in order.
pub const MESSAGES_AFTER: &str = "SELECT id, seq, at, message_id, request_id, direction, client, service, agreement, agreement_version, message_digest, body_digest, unfiltered_digest, head, body, body_file, body_size, signed_at, signature, certificate, leaf, link FROM exchange_message WHERE seq > $1 ORDER BY seq LIMIT $2";

/// What is stamped of the messages from one place of the chain to another, in order.
pub const LEAVES: &str =
    "SELECT seq, leaf, certificate, link FROM exchange_message WHERE seq BETWEEN $1 AND $2 ORDER BY seq";

/// The last batch.
pub const LAST_BATCH: &str =
    "SELECT number, at, first_seq, last_seq, previous, top, token FROM exchange_batch ORDER BY number DESC LIMIT 1";

/// The batch that holds a place of the chain, if it was stamped.
pub const BATCH_OF: &str = "SELECT number, at, first_seq, last_seq, previous, top, token FROM exchange_batch WHERE last_seq >= $1 ORDER BY last_seq LIMIT 1";

/// Batches after a number, in order.
pub const BATCHES_AFTER: &str = "SELECT number, at, first_seq, last_seq, previous, top, token FROM exchange_batch WHERE number > $1 ORDER BY number LIMIT $2";

/// When the message at a place of the chain was signed.
pub const SIGNED_AT: &str = "SELECT signed_at FROM exchange_message WHERE seq = $1";

/// When each certificate signed last among the messages after a place of the chain, and the first message it signed.
pub const SIGNERS_AFTER: &str = "SELECT certificate, MAX(signed_at) AS signed_at, MIN(seq) AS seq FROM exchange_message WHERE seq > $1 GROUP BY certificate ORDER BY certificate";

/// Keeps a batch; a second process that stamps the same meets the number.
pub const INSERT_BATCH: &str = "INSERT INTO exchange_batch (number, at, first_seq, last_seq, previous, top, token) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (number) DO NOTHING";

/// Keeps what was said of a certificate.
pub const INSERT_STATUS: &str = "INSERT INTO exchange_status (batch, certificate, answer) VALUES ($1, $2, $3)";

/// What was said of certificates when a batch was stamped.
pub const STATUSES: &str = "SELECT certificate, answer FROM exchange_status WHERE batch = $1";

/// Remembers a request of another exchange; one that has been here meets its id.
pub const INSERT_PEER_REQUEST: &str = "INSERT INTO exchange_peer_request (peer, request_id, forget_at) VALUES ($1, $2, $3) ON CONFLICT (peer, request_id) DO NOTHING";

/// Forgets requests whose time is over.
pub const FORGET_PEER_REQUESTS: &str = "DELETE FROM exchange_peer_request WHERE forget_at < $1";

/// Keeps what another exchange enclosed about a certificate.
pub const PUT_ENCLOSED_STATUS: &str = "INSERT INTO exchange_enclosed_status (certificate, answer) VALUES ($1, $2) ON CONFLICT (certificate) DO UPDATE SET answer = excluded.answer";

/// What another exchange enclosed about a certificate.
pub const ENCLOSED_STATUS: &str = "SELECT answer FROM exchange_enclosed_status WHERE certificate = $1";
