//! Every statement about operational records.

/// Keeps a record.
pub const INSERT: &str = "INSERT INTO exchange_operation (id, at, service, client, outcome, millis, record) VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Counts calls of one hour and service.
pub const COUNT: &str = "INSERT INTO exchange_hour (hour, service, calls, refused, failed, millis, slowest, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hour, service) DO UPDATE SET calls = exchange_hour.calls + excluded.calls, refused = exchange_hour.refused + excluded.refused, failed = exchange_hour.failed + excluded.failed, millis = exchange_hour.millis + excluded.millis, slowest = CASE WHEN excluded.slowest > exchange_hour.slowest THEN excluded.slowest ELSE exchange_hour.slowest END, last_at = CASE WHEN excluded.last_at > exchange_hour.last_at THEN excluded.last_at ELSE exchange_hour.last_at END";

/// Records before an instant go.
pub const FORGET: &str = "DELETE FROM exchange_operation WHERE at < $1";

/// Hours before an instant go.
pub const FORGET_HOURS: &str = "DELETE FROM exchange_hour WHERE hour < $1";

/// Figures of every service since the beginning of an hour, from the hours.
pub const HOURS_SINCE: &str = "SELECT service, CAST(sum(calls) AS BIGINT) AS calls, CAST(sum(refused) AS BIGINT) AS refused, CAST(sum(failed) AS BIGINT) AS failed, CAST(sum(millis) AS BIGINT) AS millis, max(slowest) AS slowest, max(last_at) AS last_at FROM exchange_hour WHERE hour >= $1 GROUP BY service";
