-- The right to sign certain hashes with a key, once and soon: what a remote signing service calls signature activation
-- data. Only its digest is kept.
CREATE TABLE trust_activation (
    digest TEXT PRIMARY KEY,
    credential TEXT NOT NULL,
    caller TEXT NOT NULL,
    hashes TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX trust_activation_expires ON trust_activation (expires_at);
-- Attempts at the PIN of a key since the last right one.
CREATE TABLE trust_pin_attempt (
    credential TEXT PRIMARY KEY,
    attempts BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);
