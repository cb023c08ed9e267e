//! Gapless numbers: drawn inside the transaction that uses them, so that a rollback gives them back.

use crate::sql;
use haidang_kernel::problem::Problem;
use haidang_store::{Tx, args};
use jiff::civil::Date;

/// The next number of a series, from 1.
///
/// # Errors
/// What the database says.
pub async fn next(tx: &mut Tx<'_>, series: &str) -> Result<i64, Problem> {
    reserve(tx, series, 1).await
}

/// Draws `count` numbers of a series at once and answers the last of them.
///
/// # Errors
/// What the database says.
pub async fn reserve(tx: &mut Tx<'_>, series: &str, count: i64) -> Result<i64, Problem> {
    Ok(tx.fetch_one(sql::case::DRAW_NUMBERS, args![series, count]).await?.integer("last")?)
}

/// Series of the case numbers of an agency on a day.
pub fn case_series(agency: &str, day: Date) -> String {
    format!("case/{agency}/{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// The case number `<agency>-<yyyymmdd>-<7 digits>` (handbook, 3.2): unique and gapless per agency and day.
pub fn case_no(agency: &str, day: Date, number: i64) -> String {
    format!("{agency}-{:04}{:02}{:02}-{number:07}", day.year(), day.month(), day.day())
}
