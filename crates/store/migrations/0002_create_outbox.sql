-- Facts that other rooms may use later.
CREATE TABLE store_event (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL
);
-- One row per event and registered consumer.
CREATE TABLE store_delivery (
    consumer TEXT NOT NULL,
    event TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    done_at BIGINT,
    error TEXT,
    PRIMARY KEY (consumer, event)
);
CREATE INDEX store_delivery_waiting ON store_delivery (consumer, next_at, event) WHERE state = 'waiting';
CREATE INDEX store_delivery_order ON store_delivery (consumer, key, event) WHERE state = 'waiting';
