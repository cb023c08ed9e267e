//! Secrets of this room at rest: sealed by `signing` under the house's secret.

pub(crate) use haidang_signing::{SealError, Sealer};
use haidang_store::StoreError;

/// A seal that does not fit, as the store tells of what it cannot read.
pub(crate) fn failed(error: SealError) -> StoreError {
    StoreError::Corrupt(format!("sealed secret: {error}"))
}
