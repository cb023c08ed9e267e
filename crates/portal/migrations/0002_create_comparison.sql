CREATE TABLE portal_comparison (
    id TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')),
    asked_by TEXT,
    asked_at BIGINT NOT NULL,
    ended_at BIGINT,
    reached TEXT NOT NULL,
    checked BIGINT NOT NULL,
    listed BOOLEAN NOT NULL
);
CREATE INDEX portal_comparison_newest ON portal_comparison (asked_at, id);

CREATE TABLE portal_difference (
    id TEXT PRIMARY KEY,
    comparison_id TEXT NOT NULL,
    case_id TEXT,
    case_no TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('missing_there', 'missing_here', 'other_status')),
    ours BIGINT,
    theirs BIGINT,
    settled_at BIGINT
);
CREATE UNIQUE INDEX portal_difference_of ON portal_difference (comparison_id, case_no);
