-- Which books an agency keeps, as the pack says; '*' stands for every agency without a line of its own.
CREATE TABLE office_register_scheme (
    agency TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'in', 'internal')),
    kind_group TEXT NOT NULL,
    title_vi TEXT NOT NULL,
    title_en TEXT NOT NULL,
    PRIMARY KEY (agency, direction, kind_group)
);
-- One book of one agency, direction, group of kinds and year; `head` is the last link of its chain.
CREATE TABLE office_register (
    id TEXT PRIMARY KEY,
    agency TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'in', 'internal')),
    kind_group TEXT NOT NULL,
    year BIGINT NOT NULL,
    name TEXT NOT NULL,
    title_vi TEXT NOT NULL,
    title_en TEXT NOT NULL,
    next_number BIGINT NOT NULL,
    last_on TEXT,
    events BIGINT NOT NULL,
    head TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    frozen_at BIGINT
);
CREATE UNIQUE INDEX office_register_of_year ON office_register (agency, year, direction, kind_group);
-- One number of a book with the columns of Appendix IV. A number is held, free again, issued or voided; never removed.
CREATE TABLE office_register_entry (
    id TEXT PRIMARY KEY,
    register_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'free', 'issued', 'voided')),
    document_id TEXT,
    entered_on TEXT NOT NULL,
    summary TEXT NOT NULL,
    search_key TEXT NOT NULL,
    held_until BIGINT,
    void_reason TEXT,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX office_register_entry_number ON office_register_entry (register_id, number);
CREATE INDEX office_register_entry_state ON office_register_entry (state, register_id);
CREATE INDEX office_register_entry_of_document ON office_register_entry (document_id);
