//! One portable form of a whole city: backup while serving, restore into an empty city, copy from one database to
//! another, and verification offline.
//!
//! A zip file holds `tables/<name>.jsonl` (one row a line, in key order), `blobs/<xx>.tar` (files by the first two
//! digits of their SHA-256), the signed checkpoints, and `manifest.json` with row counts and a SHA-256 per table.
//! Both databases give the same bytes for the same rows, so a digest compares them across databases.

mod archive;
mod copy;
mod export;
mod lines;
mod manifest;
mod offline;
mod restore;

pub use copy::copy_db;
pub use export::{Checkpoints, export};
pub use manifest::{BlobsDigest, Manifest, TableDigest};
pub use offline::{ExportReport, verify_export, verify_export_with};
pub use restore::restore;

/// Called with the name of the table or `blobs` and the rows or files done so far.
pub type Progress<'a> = &'a (dyn Fn(&str, u64) + Send + Sync);
