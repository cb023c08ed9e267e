-- What happened to a document that came, step by step; only added to.
CREATE TABLE office_arrival_event (
    id TEXT PRIMARY KEY,
    arrival_id TEXT NOT NULL REFERENCES office_arrival (id),
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    state TEXT NOT NULL,
    person TEXT,
    person_name TEXT NOT NULL,
    words TEXT NOT NULL
);
CREATE INDEX office_arrival_event_of_arrival ON office_arrival_event (arrival_id, at);
