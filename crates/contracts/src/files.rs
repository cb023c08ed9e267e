//! Checking files that came from outside.

use crate::ContractError;
use async_trait::async_trait;
use std::path::Path;

/// What the scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanVerdict {
    /// Nothing found.
    Clean,
    /// Harmful; the name of what was found.
    Infected(String),
}

/// A virus scanner behind a port.
#[async_trait]
pub trait FileScanner: Send + Sync {
    /// Scans a file on disk in constant memory.
    async fn scan(&self, path: &Path) -> Result<ScanVerdict, ContractError>;
}
