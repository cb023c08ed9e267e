-- Certificates that officials were seen to hold, so that the answer about an earlier moment stays what it was after a
-- renewal.
CREATE TABLE office_certificate (
    person_id TEXT NOT NULL,
    agency TEXT NOT NULL,
    serial TEXT NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    source TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (person_id, agency, serial, issuer)
);
