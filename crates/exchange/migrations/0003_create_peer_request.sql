-- Requests of other exchanges that have been here: a signed request counts once. A row may go when its time is over.
CREATE TABLE exchange_peer_request (
    peer TEXT NOT NULL,
    request_id TEXT NOT NULL,
    forget_at BIGINT NOT NULL,
    PRIMARY KEY (peer, request_id)
);
CREATE INDEX exchange_peer_request_by_end ON exchange_peer_request (forget_at);

-- What another exchange enclosed last about a certificate of its members (OCSP); its authority may be out of reach here.
CREATE TABLE exchange_enclosed_status (
    certificate TEXT PRIMARY KEY,
    answer BYTEA NOT NULL
);
