-- What happened in a book, linked by hashes: SHA-256 of the link before and the event in RFC 8785 form.
CREATE TABLE office_register_event (
    id TEXT PRIMARY KEY,
    register_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    entry_id TEXT,
    what TEXT NOT NULL CHECK (what IN ('held', 'issued', 'released', 'voided', 'amended', 'frozen')),
    event TEXT NOT NULL,
    hash TEXT NOT NULL,
    day TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_register_event_position ON office_register_event (register_id, position);
CREATE INDEX office_register_event_of_day ON office_register_event (day, register_id, position);
CREATE INDEX office_register_event_of_entry ON office_register_event (entry_id);
