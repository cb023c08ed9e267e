-- What was found about the signatures of a stored file when an official had it judged; time stamped, destroyed after its
-- term.
CREATE TABLE office_validation (
    id TEXT PRIMARY KEY,
    about TEXT NOT NULL CHECK (about IN ('arrival', 'document', 'result')),
    object TEXT NOT NULL,
    title TEXT NOT NULL,
    agency TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    integrity TEXT NOT NULL CHECK (integrity IN ('valid', 'invalid', 'unknown', 'absent')),
    identity TEXT NOT NULL CHECK (identity IN ('valid', 'invalid', 'unknown', 'absent')),
    authority TEXT NOT NULL CHECK (authority IN ('valid', 'invalid', 'unknown', 'absent')),
    report TEXT NOT NULL,
    token BYTEA,
    judged_by TEXT NOT NULL,
    judged_name TEXT NOT NULL,
    judged_at BIGINT NOT NULL,
    keep_until TEXT NOT NULL
);
CREATE INDEX office_validation_of_agency ON office_validation (agency, id);
CREATE INDEX office_validation_by_file ON office_validation (sha256, id);
CREATE INDEX office_validation_due ON office_validation (keep_until);
