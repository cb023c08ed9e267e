CREATE TABLE services_document (
    id TEXT PRIMARY KEY,
    draft_id TEXT,
    case_id TEXT,
    component TEXT NOT NULL,
    component_code TEXT,
    title TEXT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('uploaded', 'digitised', 'reused')),
    reused_from TEXT,
    supplement_seq BIGINT,
    uploaded_by TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE INDEX services_document_of_draft ON services_document (draft_id);
CREATE INDEX services_document_of_case ON services_document (case_id);
CREATE INDEX services_document_by_hash ON services_document (sha256);

CREATE TABLE services_fee_item (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    code TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('phi', 'le_phi')),
    name TEXT NOT NULL,
    amount BIGINT NOT NULL,
    collect_at BIGINT NOT NULL,
    basis TEXT NOT NULL,
    exemption TEXT,
    payment_id TEXT
);
CREATE INDEX services_fee_item_of_case ON services_fee_item (case_id);

CREATE TABLE services_payment (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('gateway', 'counter')),
    reference TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'paid', 'failed', 'refunded')),
    started_by TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX services_payment_of_case ON services_payment (case_id);
CREATE UNIQUE INDEX services_payment_by_reference ON services_payment (reference);

CREATE TABLE services_form (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    form_no TEXT NOT NULL,
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    issued_by TEXT NOT NULL
);
CREATE INDEX services_form_of_case ON services_form (case_id, form_no);

CREATE TABLE services_result (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    agency TEXT NOT NULL,
    signer_id TEXT NOT NULL,
    signer_name TEXT NOT NULL,
    signer_title TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    number TEXT,
    numbered_at BIGINT,
    token TEXT,
    sha256 TEXT,
    media_type TEXT,
    size BIGINT,
    signature TEXT,
    key_id TEXT,
    issued_at BIGINT,
    valid_until TEXT,
    revoked_at BIGINT,
    revoked_reason TEXT
);
CREATE INDEX services_result_of_case ON services_result (case_id);
CREATE UNIQUE INDEX services_result_by_token ON services_result (token);
CREATE INDEX services_result_by_hash ON services_result (sha256);

CREATE TABLE services_rating (
    case_id TEXT PRIMARY KEY,
    level BIGINT NOT NULL,
    attitude BIGINT,
    timeliness BIGINT,
    words TEXT,
    rated_by TEXT NOT NULL,
    rated_at BIGINT NOT NULL
);

CREATE TABLE services_date_difference (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    case_no TEXT NOT NULL,
    agency TEXT NOT NULL,
    printed_at BIGINT NOT NULL,
    recomputed_at BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX services_date_difference_of_run ON services_date_difference (run_id, id);
