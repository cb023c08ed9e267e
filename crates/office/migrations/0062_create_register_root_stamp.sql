-- Further stamps of the root of a day: each over the token before it, taken before the certificate of that one ends.
CREATE TABLE office_register_root_stamp (
    day TEXT NOT NULL,
    position BIGINT NOT NULL,
    token BYTEA NOT NULL,
    stamped_at BIGINT NOT NULL,
    PRIMARY KEY (day, position)
);
-- When the newest stamp of a day is looked at again.
CREATE TABLE office_register_root_watch (
    day TEXT PRIMARY KEY,
    look_at BIGINT NOT NULL
);
CREATE INDEX office_register_root_watch_due ON office_register_root_watch (look_at);
