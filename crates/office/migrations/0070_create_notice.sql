-- What an official should know of their work in the office: the list on the page, beside the message that was sent.
CREATE TABLE office_notice (
    id TEXT PRIMARY KEY,
    notice_key TEXT NOT NULL,
    person TEXT NOT NULL,
    template TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object TEXT NOT NULL,
    facts TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT
);
CREATE UNIQUE INDEX office_notice_once ON office_notice (notice_key);
CREATE INDEX office_notice_of_person ON office_notice (person, created_at, id);
