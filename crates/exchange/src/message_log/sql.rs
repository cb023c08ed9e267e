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

/// Leaves of the messages from one place of the chain to another, in order.
pub const LEAVES: &str = "SELECT seq, leaf, certificate FROM exchange_message WHERE seq BETWEEN $1 AND $2 ORDER BY seq";

/// The last batch.
pub const LAST_BATCH: &str =
    "SELECT number, at, first_seq, last_seq, previous, top, token FROM exchange_batch ORDER BY number DESC LIMIT 1";

/// The batch that holds a place of the chain, if it was stamped.
pub const BATCH_OF: &str = "SELECT number, at, first_seq, last_seq, previous, top, token FROM exchange_batch WHERE last_seq >= $1 ORDER BY last_seq LIMIT 1";

/// Batches after a number, in order.
pub const BATCHES_AFTER: &str = "SELECT number, at, first_seq, last_seq, previous, top, token FROM exchange_batch WHERE number > $1 ORDER BY number LIMIT $2";

/// When the message at a place of the chain was signed.
pub const SIGNED_AT: &str = "SELECT signed_at FROM exchange_message WHERE seq = $1";

/// Keeps a batch; a second process that stamps the same meets the number.
pub const INSERT_BATCH: &str = "INSERT INTO exchange_batch (number, at, first_seq, last_seq, previous, top, token) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (number) DO NOTHING";

/// Keeps what was said of a certificate.
pub const INSERT_STATUS: &str = "INSERT INTO exchange_status (batch, certificate, answer) VALUES ($1, $2, $3)";

/// What was said of a certificate when a batch was stamped.
pub const STATUS: &str = "SELECT answer FROM exchange_status WHERE batch = $1 AND certificate = $2";
