//! Every statement of search.

macro_rules! columns {
    () => {
        "part, document_id, agency, unit_reads, readers, title, number, organ, kind, issued_on, body, removed"
    };
}

/// Says what can be searched of a document, replacing what was said before.
pub const PUT: &str = "INSERT INTO office_text (part, document_id, agency, unit_reads, readers, title, number, organ, kind, issued_on, body, removed, revision, changed_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, FALSE, 1, $12) \
    ON CONFLICT (part, document_id) DO UPDATE SET agency = excluded.agency, unit_reads = excluded.unit_reads, readers = excluded.readers, \
    title = excluded.title, number = excluded.number, organ = excluded.organ, kind = excluded.kind, issued_on = excluded.issued_on, \
    body = excluded.body, removed = FALSE, revision = office_text.revision + 1, changed_at = excluded.changed_at";

/// Says that a document is found no more; the row stays, so that the index hears of it, without its text.
pub const REMOVE: &str = "UPDATE office_text SET removed = TRUE, title = '', number = '', organ = '', body = '', readers = '[]', \
    revision = revision + 1, changed_at = $3 WHERE part = $1 AND document_id = $2 AND NOT removed";

/// What changed after a point, oldest first.
pub const CHANGED: &str = "SELECT part, document_id, revision, changed_at FROM office_text \
    WHERE (changed_at, part, document_id) > ($1, $2, $3) ORDER BY changed_at, part, document_id LIMIT $4";

/// Texts of some documents; their ids are added.
pub const TEXTS: &str = concat!("SELECT ", columns!(), " FROM office_text");
