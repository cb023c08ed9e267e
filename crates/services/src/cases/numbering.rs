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
    Ok(tx.fetch_one(sql::case::NEXT_NUMBER, args![series]).await?.integer("last")?)
}

/// The case number `<agency>-<yyyymmdd>-<7 digits>` (handbook, 3.2): unique and gapless per agency and day.
///
/// # Errors
/// What the database says.
pub async fn next_case_no(tx: &mut Tx<'_>, agency: &str, day: Date) -> Result<String, Problem> {
    let day = format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
    let last = next(tx, &format!("case/{agency}/{day}")).await?;
    Ok(format!("{agency}-{day}-{last:07}"))
}
