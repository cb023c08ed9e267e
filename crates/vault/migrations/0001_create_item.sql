CREATE TABLE vault_item (
    id TEXT PRIMARY KEY,
    owner_id TEXT NOT NULL,
    key TEXT NOT NULL,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    number TEXT,
    issuer TEXT NOT NULL,
    issued_on TEXT NOT NULL,
    valid_until TEXT,
    origin TEXT NOT NULL CHECK (origin IN ('result', 'digitised', 'uploaded')),
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    token TEXT,
    case_id TEXT,
    kept_at BIGINT NOT NULL,
    hidden_at BIGINT
);
CREATE UNIQUE INDEX vault_item_by_key ON vault_item (key);
CREATE INDEX vault_item_of_owner ON vault_item (owner_id, kept_at);
CREATE INDEX vault_item_by_hash ON vault_item (sha256);
