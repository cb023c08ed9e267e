//! Mode B: a number is held while its paper is made and signed, then issued; a failure gives it back.

use crate::registers::model::{Claim, Entry, Line, NumberState, Register, Taken};
use crate::registers::taking::{audit, changed_one, happened, next, open, search_key, summary_text};
use crate::registers::{RegisterSettings, rules, sql};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::chain::Hash;
use haidang_kernel::problem::Problem;
use haidang_store::{Tx, args};
use jiff::SignedDuration;
use serde_json::json;

/// Holds a number for a document for a while: the lowest that was given back, else the next.
///
/// # Errors
/// As [`crate::registers::take`].
pub async fn hold(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    settings: &RegisterSettings,
    claim: &Claim<'_>,
) -> Result<Taken, Problem> {
    let mut book = open(tx, ambient, claim).await?;
    let until = ambient.now().saturating_add(SignedDuration::from_mins(settings.hold_minutes));
    let until = until.map_err(|_| Problem::internal("the clock is at the end of time"))?;
    next(tx, ambient, &mut book, claim, NumberState::Held, Some(until)).await
}

/// A held number becomes the number of its document for good. `summary` replaces the columns, when the finished paper
/// knows more than the reservation did.
///
/// # Errors
/// `number_not_held` when it was given back, voided or issued before, or its time is over; `register_frozen`.
pub async fn issue(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    entry: &str,
    document: &str,
    summary: Option<&Entry>,
) -> Result<Taken, Problem> {
    let (mut register, line) = locked(tx, entry).await?;
    rules::is_open(register.year, register.frozen_at.is_some(), ambient.today())?;
    let over = line.held_until.is_none_or(|until| until <= ambient.now());
    if line.state != NumberState::Held || line.document.as_deref() != Some(document) || over {
        return Err(not_held(&line));
    }
    let summary = summary.unwrap_or(&line.summary);
    let text = summary_text(summary)?;
    changed_one(tx.execute(sql::ISSUE_LINE, args![entry, &text, search_key(summary), ambient.now()]).await?)?;
    let facts = json!({
        "document": document,
        "entry": Hash::of(text.as_bytes()).to_string(),
        "number": line.number,
        "on": line.on.to_string(),
    });
    happened(tx, ambient, &mut register, "issued", Some(entry), facts).await?;
    record(tx, "register.number_issued", &register, &line).await?;
    Ok(Taken { register: register.id, number: line.number, entry: line.id })
}

/// Gives a held number back: its paper did not come about. The next reservation takes it.
///
/// # Errors
/// `number_not_held`.
pub async fn release(tx: &mut Tx<'_>, ambient: &Ambient, entry: &str, reason: &str) -> Result<(), Problem> {
    let (mut register, line) = locked(tx, entry).await?;
    if line.state != NumberState::Held {
        return Err(not_held(&line));
    }
    give_back(tx, ambient, &mut register, &line, reason).await
}

/// The same for a line whose book is locked.
pub(crate) async fn give_back(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    register: &mut Register,
    line: &Line,
    reason: &str,
) -> Result<(), Problem> {
    changed_one(tx.execute(sql::RELEASE_LINE, args![&line.id, ambient.now()]).await?)?;
    let facts = json!({ "number": line.number, "reason": reason });
    happened(tx, ambient, register, "released", Some(&line.id), facts).await?;
    record(tx, "register.number_released", register, line).await
}

/// A number that nothing uses is void, with the reason; for a line whose book is locked.
pub(crate) async fn make_void(
    tx: &mut Tx<'_>,
    ambient: &Ambient,
    register: &mut Register,
    line: &Line,
    reason: &str,
) -> Result<(), Problem> {
    changed_one(tx.execute(sql::VOID_LINE, args![&line.id, reason, ambient.now()]).await?)?;
    let facts = json!({ "number": line.number, "reason": reason });
    happened(tx, ambient, register, "voided", Some(&line.id), facts).await?;
    record(tx, "register.number_voided", register, line).await
}

/// Fills in columns that are known later. Number, date and document stay; in a closed book only the columns of dispatch
/// and progress may still be filled, because what was issued on the last day of a year is sent in the next.
///
/// # Errors
/// `entry_not_found`, `number_not_issued`, `register_frozen`.
pub async fn amend(tx: &mut Tx<'_>, ambient: &Ambient, entry: &str, summary: &Entry) -> Result<(), Problem> {
    let (mut register, line) = locked(tx, entry).await?;
    if register.frozen_at.is_some() && !rules::only_later_columns(&line.summary, summary) {
        return Err(Problem::conflict("register_frozen", format!("the register {} is closed", register.name)));
    }
    if line.state != NumberState::Issued {
        return Err(Problem::conflict("number_not_issued", format!("number {} is not issued", line.number)));
    }
    let text = summary_text(summary)?;
    let values = args![entry, &text, search_key(summary), ambient.now()];
    changed_one(tx.execute(sql::AMEND_LINE, values).await?)?;
    let facts = json!({ "entry": Hash::of(text.as_bytes()).to_string(), "number": line.number });
    happened(tx, ambient, &mut register, "amended", Some(entry), facts).await?;
    record(tx, "register.entry_amended", &register, &line).await
}

/// A line with its book locked: every change of a line goes through the lock of the book.
async fn locked(tx: &mut Tx<'_>, entry: &str) -> Result<(Register, Line), Problem> {
    let missing = || Problem::not_found("entry_not_found", "no such line of a register");
    let line = tx.fetch_optional(sql::LINE, args![entry]).await?.ok_or_else(missing)?;
    let register = Register::read(&tx.lock_one(sql::REGISTER, args![line.text("register_id")?]).await?)?;
    // Read again: it may have changed while the book was waited for.
    let line = Line::read(&tx.fetch_one(sql::LINE, args![entry]).await?)?;
    Ok((register, line))
}

fn not_held(line: &Line) -> Problem {
    let detail = format!("number {} is not held for this document: hold one again", line.number);
    Problem::conflict("number_not_held", detail)
}

async fn record(tx: &mut Tx<'_>, action: &'static str, register: &Register, line: &Line) -> Result<(), Problem> {
    let entry = audit(action, &register.id, &register.agency).detail(json!({
        "register": register.name, "number": line.number, "entry": line.id, "document": line.document
    }));
    tx.audit(entry).await?;
    Ok(())
}
