-- Work to be done later, enqueued with the fact that needs it.
CREATE TABLE store_job (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead')),
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    claimed_until BIGINT,
    created_at BIGINT NOT NULL,
    done_at BIGINT,
    error TEXT
);
-- The same work is waiting once.
CREATE UNIQUE INDEX store_job_once ON store_job (kind, key) WHERE state = 'waiting';
CREATE INDEX store_job_due ON store_job (kind, run_at, id) WHERE state IN ('waiting', 'running');
