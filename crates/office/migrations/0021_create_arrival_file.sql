-- A file of a document that came, as it came, with what was found about it.
CREATE TABLE office_arrival_file (
    arrival_id TEXT NOT NULL REFERENCES office_arrival (id),
    place BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    judgement TEXT NOT NULL,
    layout TEXT NOT NULL,
    PRIMARY KEY (arrival_id, place)
);
CREATE INDEX office_arrival_file_by_hash ON office_arrival_file (sha256);
