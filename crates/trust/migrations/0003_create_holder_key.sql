-- Keys that the city keeps for those who sign: officials and agencies. One row each; a new one has the next number, and
-- the earlier ones stay for what they signed. The PIN is kept as an Argon2 hash, the key sealed.
CREATE TABLE trust_holder_key (
    id TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    number BIGINT NOT NULL,
    person TEXT,
    authority TEXT NOT NULL,
    serial_number TEXT NOT NULL,
    sealed_key BYTEA NOT NULL,
    pin TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (holder, number)
);
CREATE INDEX trust_holder_key_person ON trust_holder_key (person, number);
