-- Answers about people whose entries are not yet on the access log: who they are, sealed. Goes with the entries.
CREATE TABLE exchange_usage_open (
    message TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    sealed BYTEA NOT NULL
);

-- Which answer was about whom (keyed digest of the personal number; empty for one about many, which is published).
CREATE TABLE exchange_usage (
    subject TEXT NOT NULL,
    message TEXT NOT NULL,
    at BIGINT NOT NULL,
    audit TEXT NOT NULL,
    action TEXT NOT NULL,
    receiver_code TEXT NOT NULL,
    receiver_name TEXT NOT NULL,
    receiver_system TEXT NOT NULL,
    visible_from BIGINT NOT NULL,
    sole BOOLEAN NOT NULL,
    facts TEXT,
    PRIMARY KEY (subject, message)
);
CREATE INDEX exchange_usage_by_time ON exchange_usage (subject, at, message);
CREATE INDEX exchange_usage_by_audit ON exchange_usage (audit);
CREATE INDEX exchange_usage_first ON exchange_usage (at);
