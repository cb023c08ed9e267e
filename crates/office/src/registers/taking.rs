//! Taking a number: inside the transaction of the document it belongs to, so that a document that is not written leaves
//! no gap.
//!
//! The order of the events is the order of the chain: whoever takes a number holds the row of the book until the commit,
//! so this comes as late in a transaction as possible.

use crate::registers::chain::{canonical, link};
use crate::registers::model::{Claim, Columns, Entry, Line, NumberState, Register, Taken};
use crate::registers::{rules, sql};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::chain::Hash;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::{text, time};
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, Tx, args};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Markers of ids.
enum RegisterRow {}
enum EntryRow {}
enum EventRow {}

/// Under which clause numbers are given.
pub(crate) const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 15, Điều 22";

/// Gives the next number of a book to a document, for good. Opens the book of the year when the pack names it.
///
/// # Errors
/// `register_unknown` when the pack names no such book for the agency, `register_frozen`, `register_backdated`,
/// `register_date_in_future`.
pub async fn take(tx: &mut Tx<'_>, ambient: &Ambient, claim: &Claim<'_>) -> Result<Taken, Problem> {
    let mut book = open(tx, ambient, claim).await?;
    next(tx, ambient, &mut book, claim, NumberState::Issued, None).await
}

/// A locked book that is open.
pub(crate) struct Book {
    register: Register,
    /// Numbers were given back and wait for another document.
    has_free: bool,
}

impl Book {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { register: Register::read(row)?, has_free: row.opt_integer("lowest_free")?.is_some() })
    }
}

/// The open book that a claim asks for, locked.
pub(crate) async fn open(tx: &mut Tx<'_>, ambient: &Ambient, claim: &Claim<'_>) -> Result<Book, Problem> {
    let (direction, year) = (claim.direction.as_str(), claim.on.year());
    let key = args![claim.agency, direction, claim.group, i64::from(year)];
    if let Some(row) = tx.lock_optional(sql::REGISTER_OF, key.clone()).await? {
        let book = Book::read(&row)?;
        rules::is_open(year, book.register.frozen_at.is_some(), ambient.today())?;
        return Ok(book);
    }
    rules::is_open(year, false, ambient.today())?;
    rules::may_date(claim.on, None, ambient.today())?;
    let scheme = tx.fetch_optional(sql::SCHEME, args![claim.agency, direction, claim.group]).await?;
    let scheme = scheme.ok_or_else(|| {
        let missing =
            format!("no register {direction}/{} for {}: name it in office/registers.toml", claim.group, claim.agency);
        Problem::conflict("register_unknown", missing)
    })?;
    let id: Id<RegisterRow> = ambient.new_id();
    let name = rules::register_name(claim.direction, year, claim.group);
    let values = args![
        &id,
        claim.agency,
        direction,
        claim.group,
        i64::from(year),
        &name,
        scheme.text("title_vi")?,
        scheme.text("title_en")?,
        Hash::GENESIS.to_string(),
        ambient.now()
    ];
    if tx.execute(sql::INSERT_REGISTER, values).await? == 1 {
        let entry = audit("register.opened", &id, claim.agency).detail(json!({ "register": name }));
        tx.audit(entry).await?;
    }
    // Whoever was faster may have opened it: the row that is there counts.
    Ok(Book::read(&tx.lock_one(sql::REGISTER_OF, key).await?)?)
}

/// The next number of a locked book: the lowest that was given back and fits the date, else a new one. Whoever waits for
/// the book waits for every exchange with the database from its lock to the commit, so what is written goes in one.
pub(crate) async fn next(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    Book { register, has_free }: &mut Book,
    claim: &Claim<'_>,
    state: NumberState,
    held_until: Option<Timestamp>,
) -> Result<Taken, Problem> {
    rules::may_date(claim.on, None, ambient.today())?;
    let (Columns { text, key, digest }, now) = (&claim.summary, ambient.now());
    let free = if *has_free { free_number(tx, register, claim).await? } else { None };
    let (entry, number) = if let Some(free) = free {
        let id = free.id.as_str();
        let values = args![id, state.as_str(), claim.document, claim.on, text, key, held_until, now];
        changed_one(tx.execute(sql::REUSE_LINE, values).await?)?;
        (free.id, free.number)
    } else {
        rules::may_date(claim.on, register.last_on, ambient.today())?;
        let number = register.next;
        let id: Id<EntryRow> = ambient.new_id();
        let (book, word) = (register.id.as_str(), state.as_str());
        let values = args![&id, book, number, word, claim.document, claim.on, text, key, held_until, now];
        tx.later(sql::INSERT_LINE, values).await?;
        register.next = number + 1;
        register.last_on = Some(claim.on);
        (id.to_string(), number)
    };
    let facts = json!({
        "document": claim.document,
        "entry": digest,
        "number": number,
        "on": claim.on.to_string(),
    });
    let action = if state == NumberState::Held { "register.number_held" } else { "register.number_issued" };
    let entry_of_audit = audit(action, &register.id, claim.agency).detail(json!({
        "register": register.name, "number": number, "entry": entry, "document": claim.document
    }));
    tx.audit(entry_of_audit).await?;
    happened(tx, ambient, register, state.as_str(), Some(&entry), facts).await?;
    Ok(Taken { register: register.id.clone(), number, entry })
}

/// The lowest number that was given back, if the date fits between its neighbours.
async fn free_number(tx: &mut Tx<'_>, register: &Register, claim: &Claim<'_>) -> Result<Option<Line>, StoreError> {
    let Some(row) = tx.fetch_optional(sql::LOWEST_FREE, args![&register.id]).await? else { return Ok(None) };
    let line = Line::read(&row)?;
    let below = tx.fetch_optional(sql::DATE_BELOW, args![&register.id, line.number]).await?;
    let above = tx.fetch_optional(sql::DATE_ABOVE, args![&register.id, line.number]).await?;
    let below = below.map(|row| row.date("entered_on")).transpose()?;
    let above = above.map(|row| row.date("entered_on")).transpose()?;
    Ok(rules::fits_between(claim.on, below, above).then_some(line))
}

/// Adds one event to the chain of a locked book, with everything left for later before it. `facts` is an object; what, when, whose and which book are added here.
pub(crate) async fn happened(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    register: &mut Register,
    what: &str,
    entry: Option<&str>,
    mut facts: Value,
) -> Result<(), Problem> {
    let now = ambient.now();
    if let Value::Object(members) = &mut facts {
        members.insert("agency".to_owned(), json!(register.agency));
        members.insert("at".to_owned(), json!(moment(now)));
        members.insert("event".to_owned(), json!(what));
        members.insert("register".to_owned(), json!(register.name));
    }
    let event = canonical(&facts).map_err(|error| Problem::internal(format!("event of a register: {error}")))?;
    let head = link(&register.head, &event);
    let (id, position): (Id<EventRow>, i64) = (ambient.new_id(), register.events + 1);
    let day = time::civil(now).date();
    let values = args![&id, &register.id, position, entry, what, &event, head.to_string(), day, now];
    tx.later(sql::INSERT_EVENT, values).await?;
    let values = args![&register.id, position, head.to_string(), register.next, register.last_on];
    tx.later(sql::MOVE_HEAD, values).await?;
    tx.flush().await?;
    register.head = head;
    register.events = position;
    Ok(())
}

/// A moment in events: the city's wall clock to the second, with its offset.
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_zoned(time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Columns {
    /// Writes them.
    ///
    /// # Errors
    /// `internal` when a column cannot be written.
    pub fn of(entry: &Entry) -> Result<Self, Problem> {
        let text = summary_text(entry)?;
        let digest = Hash::of(text.as_bytes()).to_string();
        Ok(Self { text, key: search_key(entry), digest })
    }
}

/// The columns as they are stored and as their digest is taken: one form for the same content.
pub(crate) fn summary_text(entry: &Entry) -> Result<String, Problem> {
    let value = serde_json::to_value(entry).map_err(StoreError::from)?;
    canonical(&value).map_err(|error| Problem::internal(format!("columns of a register: {error}")))
}

/// What the book is searched by.
pub(crate) fn search_key(entry: &Entry) -> String {
    let parts = [
        &entry.kind,
        &entry.subject,
        &entry.notation,
        &entry.signer,
        &entry.receivers,
        &entry.author,
        &entry.original_number,
    ];
    let words: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    text::search_key(&words.join(" "))
}

/// The record of a change of a book. The platform gives numbers; who asked is in the record of the document beside it.
pub(crate) fn audit(action: &'static str, register: impl ToString, agency: &str) -> AuditEntry {
    AuditEntry::mutation(action, ActorRef::system())
        .object("register", &register.to_string())
        .agency(agency)
        .because(LEGAL_BASIS, "đăng ký văn bản vào sổ")
}

/// The record of what the registers do as a whole, for a day.
pub(crate) fn audit_of_day(action: &'static str, day: impl ToString) -> AuditEntry {
    AuditEntry::mutation(action, ActorRef::system())
        .object("register_day", &day.to_string())
        .because(LEGAL_BASIS, "chứng minh sổ đăng ký không bị sửa")
}

/// Something else changed the row between reading and writing: the book is locked, so this is a fault.
pub(crate) fn changed_one(rows: u64) -> Result<(), Problem> {
    if rows == 1 { Ok(()) } else { Err(Problem::internal("a register changed while it was locked")) }
}
