CREATE TABLE office_meeting (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    title TEXT NOT NULL,
    place TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    chair_id TEXT NOT NULL,
    secretary_id TEXT NOT NULL,
    quorum_percent BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'open', 'closed', 'approved')),
    door TEXT NOT NULL,
    code TEXT NOT NULL,
    notes TEXT NOT NULL,
    opened_at BIGINT,
    closed_at BIGINT,
    approved_at BIGINT,
    minutes_sha256 TEXT,
    notice_id TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX office_meeting_by_start ON office_meeting (starts_at, id);
CREATE TABLE office_meeting_item (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    title TEXT NOT NULL
);
CREATE INDEX office_meeting_item_by_meeting ON office_meeting_item (meeting_id, id);
CREATE TABLE office_meeting_paper (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    item_id TEXT,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL
);
CREATE INDEX office_meeting_paper_by_meeting ON office_meeting_paper (meeting_id, id);
CREATE TABLE office_meeting_delegate (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    person_id TEXT,
    guest_name TEXT,
    agency TEXT,
    votes BOOLEAN NOT NULL,
    present_at BIGINT,
    present_by TEXT CHECK (present_by IN ('qr', 'code', 'secretary')),
    UNIQUE (meeting_id, person_id)
);
CREATE INDEX office_meeting_delegate_by_person ON office_meeting_delegate (person_id, meeting_id);
