//! Every statement of scanned papers.

macro_rules! columns {
    () => {
        "id, agency, name, media_type, sha256, size, state, pages, pages_read, dpi, engine, proposals, facts, failure, uploaded_name, uploaded_at, read_at, confirmed_name, confirmed_at, registered_as, withdrawn_at, withdrawn_name, withdrawn_reason, revision"
    };
}

/// Keeps a scan; the same file at the same agency never gives a second one.
pub const INSERT: &str = "INSERT INTO office_scan (id, agency, name, media_type, sha256, size, state, pages_read, uploaded_by, uploaded_name, uploaded_at, revision) \
    VALUES ($1, $2, $3, $4, $5, $6, 'uploaded', 0, $7, $8, $9, 1) ON CONFLICT (agency, sha256) DO NOTHING";

/// One scan.
pub const ONE: &str = concat!("SELECT ", columns!(), " FROM office_scan WHERE id = $1");

/// The scan of a file at an agency.
pub const OF_FILE: &str = "SELECT id FROM office_scan WHERE agency = $1 AND sha256 = $2";

/// Scans; conditions are added.
pub const LIST: &str = concat!("SELECT ", columns!(), " FROM office_scan");

/// How many scans of an agency stand where.
pub const COUNTS: &str =
    "SELECT state, COUNT(*) AS n FROM office_scan WHERE agency = $1 AND withdrawn_at IS NULL GROUP BY state";

/// Moves a scan that stands as it was seen.
pub const MOVE: &str = "UPDATE office_scan SET state = $3, engine = $4, failure = $5, revision = revision + 1 WHERE id = $1 AND state = $2 AND withdrawn_at IS NULL";

/// Notes what was seen of the file.
pub const SURVEYED: &str = "UPDATE office_scan SET pages = $2, dpi = $3, revision = revision + 1 WHERE id = $1";

/// Notes how many pages are read.
pub const COUNT_READ: &str = "UPDATE office_scan SET pages_read = (SELECT COUNT(*) FROM office_scan_page WHERE scan_id = $1), revision = revision + 1 WHERE id = $1";

/// All pages are read.
pub const FINISH: &str = "UPDATE office_scan SET state = $2, proposals = $3, read_at = $4, failure = NULL, revision = revision + 1 WHERE id = $1 AND state = 'reading' AND withdrawn_at IS NULL";

/// What a person confirmed, when nothing changed since it was shown.
pub const CONFIRM: &str = "UPDATE office_scan SET state = $3, facts = $4, confirmed_by = $5, confirmed_name = $6, confirmed_at = $7, revision = revision + 1 WHERE id = $1 AND revision = $2 AND withdrawn_at IS NULL";

/// What became of it.
pub const REGISTERED: &str = "UPDATE office_scan SET registered_as = $2, revision = revision + 1 WHERE id = $1 AND registered_as IS NULL AND withdrawn_at IS NULL";

/// Withdraws a scan that is used nowhere.
pub const WITHDRAW: &str = "UPDATE office_scan SET withdrawn_at = $2, withdrawn_by = $3, withdrawn_name = $4, withdrawn_reason = $5, revision = revision + 1 WHERE id = $1 AND withdrawn_at IS NULL AND registered_as IS NULL AND NOT EXISTS (SELECT 1 FROM office_case_file_document WHERE document = $1)";

/// The scan that an incoming document was.
pub const OF_ARRIVAL: &str = concat!("SELECT ", columns!(), " FROM office_scan WHERE registered_as = $1 LIMIT 1");

/// Keeps what was read of a page; read again it replaces what was read before.
pub const PUT_PAGE: &str = "INSERT INTO office_scan_page (scan_id, page, width, height, words, confidence, text_sha256, preview_sha256, read_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (scan_id, page) DO UPDATE SET width = excluded.width, height = excluded.height, \
    words = excluded.words, confidence = excluded.confidence, text_sha256 = excluded.text_sha256, preview_sha256 = excluded.preview_sha256, read_at = excluded.read_at";

/// Pages of a scan, in order.
pub const PAGES: &str = "SELECT page, words, confidence, text_sha256, preview_sha256 FROM office_scan_page WHERE scan_id = $1 ORDER BY page";

/// One page of a scan.
pub const PAGE: &str = "SELECT page, words, confidence, text_sha256, preview_sha256 FROM office_scan_page WHERE scan_id = $1 AND page = $2";
