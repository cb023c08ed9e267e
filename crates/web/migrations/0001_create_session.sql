-- One row per signed-in browser. The token itself is only in the browser's cookie; here is its SHA-256.
CREATE TABLE web_session (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    on_behalf_of TEXT,
    assurance BIGINT NOT NULL,
    second_factor_at BIGINT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    idle_seconds BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX web_session_by_person ON web_session (person);
CREATE INDEX web_session_by_expiry ON web_session (expires_at);
