-- Certification authorities of the city, by name and key: a replaced one stays, so that its lists stay readable.
CREATE TABLE trust_authority (
    id TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('root', 'issuing')),
    certificate BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE trust_certificate (
    authority TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('issuing', 'tsa', 'ocsp', 'seal', 'personal')),
    subject TEXT NOT NULL,
    certificate BYTEA NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    revoked_at BIGINT,
    reason TEXT,
    PRIMARY KEY (authority, serial_number)
);
CREATE INDEX trust_certificate_revoked ON trust_certificate (authority, revoked_at);
-- The newest revocation list of an authority, with the revision of the authority that it shows.
CREATE TABLE trust_revocation_list (
    authority TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    this_update BIGINT NOT NULL,
    next_update BIGINT NOT NULL,
    content BYTEA NOT NULL
);
