-- Operational records of calls in X-Road's shape; no personal data. Kept for some days.
CREATE TABLE exchange_operation (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    service TEXT,
    client TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('succeeded', 'refused', 'failed')),
    millis BIGINT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX exchange_operation_by_time ON exchange_operation (at, id);

-- The same calls counted by hour and service.
CREATE TABLE exchange_hour (
    hour BIGINT NOT NULL,
    service TEXT NOT NULL,
    calls BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    millis BIGINT NOT NULL,
    slowest BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (hour, service)
);
