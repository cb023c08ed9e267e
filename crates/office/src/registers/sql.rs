//! Every statement of the registers.

/// Adds schemes; the head of a multi-row insert.
pub const INSERT_SCHEMES: &str =
    "INSERT INTO office_register_scheme (agency, direction, kind_group, title_vi, title_en) VALUES";

/// What follows the rows: two processes may start at once.
pub const REPLACE_SCHEME: &str = "ON CONFLICT (agency, direction, kind_group) DO UPDATE SET title_vi = excluded.title_vi, title_en = excluded.title_en";

/// Forgets all schemes, before those of the pack are written.
pub const DELETE_SCHEMES: &str = "DELETE FROM office_register_scheme";

/// The scheme of an agency, or else of everybody: the agency's own line sorts first.
pub const SCHEME: &str = "SELECT title_vi, title_en FROM office_register_scheme WHERE agency IN ($1, '*') AND direction = $2 AND kind_group = $3 ORDER BY agency = '*' LIMIT 1";

/// Opens a book; opening it again changes nothing.
pub const INSERT_REGISTER: &str = "INSERT INTO office_register (id, agency, direction, kind_group, year, name, title_vi, title_en, next_number, last_on, events, head, opened_at, frozen_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, NULL, 0, $9, $10, NULL) ON CONFLICT (agency, year, direction, kind_group) DO NOTHING";

macro_rules! register {
    () => {
        "SELECT id, agency, direction, kind_group, year, name, title_vi, title_en, next_number, last_on, events, head, frozen_at FROM office_register"
    };
}

macro_rules! line {
    () => {
        "SELECT id, register_id, number, state, document_id, entered_on, summary, held_until, void_reason FROM office_register_entry"
    };
}

/// The book of an agency, direction, group and year, and the lowest number that was given back, as far as it was known
/// before the row was locked: when there is one, it is read again.
pub const REGISTER_OF: &str = "SELECT id, agency, direction, kind_group, year, name, title_vi, title_en, next_number, last_on, events, head, frozen_at, \
    (SELECT MIN(number) FROM office_register_entry WHERE register_id = office_register.id AND state = 'free') AS lowest_free \
    FROM office_register WHERE agency = $1 AND direction = $2 AND kind_group = $3 AND year = $4";

/// One book.
pub const REGISTER: &str = concat!(register!(), " WHERE id = $1");

/// One number of a book, by id.
pub const LINE: &str = concat!(line!(), " WHERE id = $1");

/// The lowest number that was given back.
pub const LOWEST_FREE: &str = concat!(line!(), " WHERE register_id = $1 AND state = 'free' ORDER BY number LIMIT 1");

/// The date of the nearest number below that stands on a document or is held.
pub const DATE_BELOW: &str = "SELECT entered_on FROM office_register_entry WHERE register_id = $1 AND number < $2 AND state IN ('issued', 'held') ORDER BY number DESC LIMIT 1";

/// The date of the nearest number above that stands on a document or is held.
pub const DATE_ABOVE: &str = "SELECT entered_on FROM office_register_entry WHERE register_id = $1 AND number > $2 AND state IN ('issued', 'held') ORDER BY number LIMIT 1";

/// Adds a line.
pub const INSERT_LINE: &str = "INSERT INTO office_register_entry (id, register_id, number, state, document_id, entered_on, summary, search_key, held_until, void_reason, changed_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10)";

/// Gives a number that was given back to another document.
pub const REUSE_LINE: &str = "UPDATE office_register_entry SET state = $2, document_id = $3, entered_on = $4, summary = $5, search_key = $6, held_until = $7, changed_at = $8 WHERE id = $1 AND state = 'free'";

/// A held number becomes the number of its document.
pub const ISSUE_LINE: &str = "UPDATE office_register_entry SET state = 'issued', summary = $2, search_key = $3, held_until = NULL, changed_at = $4 WHERE id = $1 AND state = 'held'";

/// A held number goes back to the free ones.
pub const RELEASE_LINE: &str = "UPDATE office_register_entry SET state = 'free', document_id = NULL, held_until = NULL, changed_at = $2 WHERE id = $1 AND state = 'held'";

/// A number that nothing uses is void from now on.
pub const VOID_LINE: &str = "UPDATE office_register_entry SET state = 'voided', held_until = NULL, void_reason = $2, changed_at = $3 WHERE id = $1 AND state IN ('held', 'free')";

/// The columns that are filled in later.
pub const AMEND_LINE: &str =
    "UPDATE office_register_entry SET summary = $2, search_key = $3, changed_at = $4 WHERE id = $1";

/// Adds an event.
pub const INSERT_EVENT: &str = "INSERT INTO office_register_event (id, register_id, position, entry_id, what, event, hash, day, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Moves the head of the chain to its new last link, the count to the next number and the date to the last one, of a book
/// that is locked. Two that moved it at once would add an event at the same place, which its index refuses.
pub const MOVE_HEAD: &str = "UPDATE office_register SET events = $2, head = $3, next_number = $4, last_on = $5 WHERE id = $1 AND events = $2 - 1";

/// Numbers held longer than they may be.
pub const HELD_BEFORE: &str =
    concat!(line!(), " WHERE state = 'held' AND held_until <= $1 ORDER BY register_id, number LIMIT 1000");

/// Numbers of earlier days that nothing used.
pub const UNUSED_BEFORE: &str =
    concat!(line!(), " WHERE state IN ('held', 'free') AND entered_on < $1 ORDER BY register_id, number LIMIT 1000");

/// Books of earlier years that are open and have no number waiting.
pub const OPEN_BEFORE_YEAR: &str = "SELECT id FROM office_register WHERE year < $1 AND frozen_at IS NULL AND NOT EXISTS (SELECT 1 FROM office_register_entry WHERE register_id = office_register.id AND state IN ('held', 'free')) ORDER BY id LIMIT 1000";

/// Closes a book for good.
pub const FREEZE: &str = "UPDATE office_register SET frozen_at = $2 WHERE id = $1 AND frozen_at IS NULL";

/// Days before a day that had events and have no root.
pub const DAYS_WITHOUT_ROOT: &str = "SELECT DISTINCT day FROM office_register_event WHERE day < $1 AND NOT EXISTS (SELECT 1 FROM office_register_root WHERE office_register_root.day = office_register_event.day) ORDER BY day LIMIT 400";

/// Events of a day in the order of their leaves.
pub const EVENTS_OF_DAY: &str =
    "SELECT id, event FROM office_register_event WHERE day = $1 ORDER BY register_id, position";

/// Keeps the root of a day, once.
pub const INSERT_ROOT: &str = "INSERT INTO office_register_root (day, leaves, root, token, made_at, stamped_at) VALUES ($1, $2, $3, NULL, $4, NULL) ON CONFLICT (day) DO NOTHING";

/// Roots that no authority stamped yet.
pub const ROOTS_WITHOUT_STAMP: &str =
    "SELECT day, root FROM office_register_root WHERE token IS NULL ORDER BY day LIMIT 400";

/// Keeps the stamp of a root, once.
pub const STAMP_ROOT: &str =
    "UPDATE office_register_root SET token = $2, stamped_at = $3 WHERE day = $1 AND token IS NULL";

/// Days whose newest stamp nobody looked at yet or is due, the most urgent first.
pub const STAMPS_TO_LOOK_AT: &str = "SELECT office_register_root.day AS day, office_register_root.root AS root FROM office_register_root LEFT JOIN office_register_root_watch ON office_register_root_watch.day = office_register_root.day WHERE office_register_root.token IS NOT NULL AND (office_register_root_watch.look_at IS NULL OR office_register_root_watch.look_at <= $1) ORDER BY office_register_root.day LIMIT $2";

/// Says when a day is looked at again.
pub const WATCH_STAMPS: &str = "INSERT INTO office_register_root_watch (day, look_at) VALUES ($1, $2) ON CONFLICT (day) DO UPDATE SET look_at = excluded.look_at";

/// Further stamps of a day, oldest first.
pub const RENEWED_STAMPS: &str =
    "SELECT token, stamped_at FROM office_register_root_stamp WHERE day = $1 ORDER BY position";

/// Keeps a further stamp; whoever comes second changes nothing.
pub const INSERT_RENEWED_STAMP: &str = "INSERT INTO office_register_root_stamp (day, position, token, stamped_at) VALUES ($1, $2, $3, $4) ON CONFLICT (day, position) DO NOTHING";

/// The root of a day.
pub const ROOT: &str = "SELECT root, token FROM office_register_root WHERE day = $1";

/// Roots, the newest first.
pub const ROOTS: &str = "SELECT day, leaves, root, stamped_at, (SELECT MAX(stamped_at) FROM office_register_root_stamp WHERE office_register_root_stamp.day = office_register_root.day) AS renewed_at FROM office_register_root ORDER BY day DESC LIMIT $1";

/// The chain of a book.
pub const EVENTS: &str =
    "SELECT position, entry_id, event, hash, day FROM office_register_event WHERE register_id = $1 ORDER BY position";

/// The event by which a line got its number for good.
pub const ISSUED_EVENT: &str = "SELECT id, event, day FROM office_register_event WHERE entry_id = $1 AND what = 'issued' ORDER BY position DESC LIMIT 1";

/// Every line of a book.
pub const LINES: &str = concat!(line!(), " WHERE register_id = $1 ORDER BY number");

/// Head of a search in a book; conditions follow.
pub const SEARCH_LINES: &str = line!();

/// How many numbers of a book are in which state, and the first and last of them.
pub const COUNTS: &str = "SELECT COUNT(*) AS lines, COUNT(CASE WHEN state = 'issued' THEN 1 END) AS issued, COUNT(CASE WHEN state = 'voided' THEN 1 END) AS voided, COUNT(CASE WHEN state = 'held' THEN 1 END) AS held, COUNT(CASE WHEN state = 'free' THEN 1 END) AS free, MIN(number) AS lowest, MAX(number) AS highest FROM office_register_entry WHERE register_id = $1";

/// Books of an agency in a year.
pub const REGISTERS_OF_AGENCY: &str =
    concat!(register!(), " WHERE agency = $1 AND year = $2 ORDER BY direction, kind_group");

/// Books of a year, of every agency.
pub const REGISTERS_OF_YEAR: &str = concat!(
    register!(),
    " WHERE year = $1 AND (agency, direction, kind_group) > ($2, $3, $4) ORDER BY agency, direction, kind_group LIMIT $5"
);

/// Years in which an agency kept books, the newest first.
pub const YEARS: &str = "SELECT DISTINCT year FROM office_register WHERE agency = $1 ORDER BY year DESC";

/// Years in which anybody kept books, the newest first.
pub const ALL_YEARS: &str = "SELECT DISTINCT year FROM office_register ORDER BY year DESC";
