//! Every statement of the citizens' log.

/// Keeps whom an answer is about, until it is told.
pub const INSERT_OPEN: &str = "INSERT INTO exchange_usage_open (message, at, sealed) VALUES ($1, $2, $3)";

/// What is not told yet, after a message, in the order of messages.
pub const OPEN_AFTER: &str =
    "SELECT message, sealed FROM exchange_usage_open WHERE message > $1 ORDER BY message LIMIT $2";

/// Since when something waits to be told.
pub const OLDEST_OPEN: &str = "SELECT at FROM exchange_usage_open ORDER BY at LIMIT 1";

/// It is told now; whoever takes the row away tells it.
pub const CLOSE: &str = "DELETE FROM exchange_usage_open WHERE message = $1";

/// Notes which answer was about whom.
pub const INSERT_USAGE: &str = "INSERT INTO exchange_usage (subject, message, at, audit, action, receiver_code, receiver_name, receiver_system, visible_from, sole, facts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// How many there are of somebody within a time, as far as they may be seen.
pub const COUNT: &str = "SELECT CAST(count(*) AS BIGINT) AS n FROM exchange_usage WHERE subject = $1 AND at >= $2 AND at <= $3 AND visible_from <= $4";

/// Those, newest first.
pub const FIND: &str = "SELECT at, action, receiver_code, receiver_name, receiver_system FROM exchange_usage WHERE subject = $1 AND at >= $2 AND at <= $3 AND visible_from <= $4 ORDER BY at DESC, message DESC LIMIT $5 OFFSET $6";

/// When the first of all was delivered.
pub const FIRST: &str = "SELECT at FROM exchange_usage ORDER BY at LIMIT 1";

/// Deliveries about many, newest first, after a place.
pub const BULK: &str = "SELECT message, at, facts FROM exchange_usage WHERE subject = '' AND visible_from <= $1 AND (at < $2 OR (at = $2 AND message < $3)) ORDER BY at DESC, message DESC LIMIT $4";

/// The message behind an entry of somebody, when it may be seen and is about nobody else.
pub const PROVABLE: &str =
    "SELECT message FROM exchange_usage WHERE audit = $1 AND subject = $2 AND sole = $3 AND visible_from <= $4";
