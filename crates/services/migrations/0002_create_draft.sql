CREATE TABLE services_draft (
    id TEXT PRIMARY KEY,
    version_id TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    filed_at_agency TEXT,
    channel TEXT NOT NULL CHECK (channel IN ('online', 'direct', 'postal')),
    receiving_agency TEXT,
    answers TEXT NOT NULL,
    known TEXT NOT NULL,
    claimed TEXT NOT NULL,
    pages_done TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    case_id TEXT
);
CREATE INDEX services_draft_by_owner ON services_draft (owner_id, updated_at);
CREATE INDEX services_draft_by_filer ON services_draft (filed_by, updated_at);
CREATE INDEX services_draft_by_expiry ON services_draft (expires_at);
