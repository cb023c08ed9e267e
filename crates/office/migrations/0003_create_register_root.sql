-- One row a day: the root of the tree over everything that happened in the books that day, and its time stamp.
CREATE TABLE office_register_root (
    day TEXT PRIMARY KEY,
    leaves BIGINT NOT NULL,
    root TEXT NOT NULL,
    token BYTEA,
    made_at BIGINT NOT NULL,
    stamped_at BIGINT
);
