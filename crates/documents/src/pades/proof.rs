//! For how long a file proves itself.

use jiff::Timestamp;

use super::PadesError;
use super::store::read_store;
use super::validate::held_signatures;
use crate::pdf::PdfFile;

/// How long what a file shows can be proved by the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nobody has signed it.
    Unsigned,
    /// Signed, and the newest signature is covered by no document time stamp: it needs one.
    Open,
    /// A document time stamp covers everything; its certificate ends then.
    Until(Timestamp),
}

/// Looks at the newest signature or document time stamp. Whether any of them holds is judged elsewhere.
///
/// # Errors
/// [`PadesError::Pdf`] when the file cannot be read.
pub fn proof(file: &PdfFile) -> Result<Proof, PadesError> {
    let store = read_store(&file.newest())?;
    let held = held_signatures(file, &store.certificates)?;
    let Some(newest) = held.iter().max_by_key(|one| one.covered.revision) else { return Ok(Proof::Unsigned) };
    Ok(match newest.tokens.first().filter(|_| newest.covered.is_time_stamp) {
        Some(stamp) => Proof::Until(stamp.authority.not_after()),
        None => Proof::Open,
    })
}
