-- Time stamps given out: one row each, serials without a gap, nothing about who asked.
CREATE TABLE trust_stamp (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    algorithm TEXT NOT NULL,
    imprint BYTEA NOT NULL
);
CREATE TABLE trust_stamp_series (
    id TEXT PRIMARY KEY,
    last BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
