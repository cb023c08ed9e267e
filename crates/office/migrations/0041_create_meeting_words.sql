CREATE TABLE office_meeting_comment (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    item_id TEXT,
    person_id TEXT NOT NULL,
    said TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX office_meeting_comment_by_meeting ON office_meeting_comment (meeting_id, id);
CREATE TABLE office_meeting_speaker (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    person_id TEXT NOT NULL,
    about TEXT NOT NULL,
    at BIGINT NOT NULL,
    called_at BIGINT
);
CREATE INDEX office_meeting_speaker_by_meeting ON office_meeting_speaker (meeting_id, id);
CREATE TABLE office_meeting_conclusion (
    id TEXT PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES office_meeting (id),
    said TEXT NOT NULL,
    owner_id TEXT,
    unit TEXT,
    due_on TEXT,
    task_id TEXT
);
CREATE INDEX office_meeting_conclusion_by_meeting ON office_meeting_conclusion (meeting_id, id);
