-- Messages that were time stamped together: those from first_seq to last_seq, after the top of the batch before.
CREATE TABLE exchange_batch (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    previous BYTEA NOT NULL,
    top BYTEA NOT NULL,
    token BYTEA NOT NULL
);
CREATE INDEX exchange_batch_by_last ON exchange_batch (last_seq);

-- What the authority said of a certificate when a batch was stamped (OCSP).
CREATE TABLE exchange_status (
    batch BIGINT NOT NULL,
    certificate TEXT NOT NULL,
    answer BYTEA NOT NULL,
    PRIMARY KEY (batch, certificate)
);
