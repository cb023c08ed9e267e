//! Every statement of the registers.

/// Adds schemes; the head of a multi-row insert.
pub const INSERT_SCHEMES: &str =
    "INSERT INTO office_register_scheme (agency, direction, kind_group, title_vi, title_en) VALUES";

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

/// The book of an agency, direction, group and year.
pub const REGISTER_OF: &str =
    concat!(register!(), " WHERE agency = $1 AND direction = $2 AND kind_group = $3 AND year = $4");

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

/// Takes the next number: the count goes up and the date with it, if the book is open.
pub const TAKE_NUMBER: &str = "UPDATE office_register SET next_number = next_number + 1, last_on = $2 WHERE id = $1 AND frozen_at IS NULL RETURNING next_number - 1 AS number";

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
pub const INSERT_EVENT: &str = "INSERT INTO office_register_event (id, register_id, position, entry_id, event, hash, day, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Moves the head of the chain to its new last link.
pub const MOVE_HEAD: &str = "UPDATE office_register SET events = $2, head = $3 WHERE id = $1 AND events = $2 - 1";
