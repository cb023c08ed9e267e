//! Records, audit, outbox, jobs and files on SQLite or PostgreSQL.
//!
//! Rooms hold a [`Db`]. They read through it and write in [`Db::transaction`], where the new state, its audit record
//! ([`Tx::audit`]), its events ([`Tx::emit`]) and its jobs ([`Tx::enqueue`]) become durable together. Statements are
//! one text for both databases in the strict common dialect of `docs/guide/sql.md`.

mod access;
mod audit;
mod blobs;
mod bulk_load;
mod checkpoint;
mod columns;
mod db;
mod dialect;
mod dispatch;
mod error;
mod filter;
pub mod inspect;
pub mod jobs;
mod link;
mod migrate;
mod options;
pub mod outbox;
mod outside;
mod reads;
mod row;
mod schema;
mod sealer;
mod sql;
mod statement;
mod stop;
mod together;
pub mod transfer;
mod tx;
mod value;
mod verify;
mod writer;

pub use audit::{ActorRef, AuditEntry, AuditId, AuditKind, AuditRecord, StoredRecord};
pub use blobs::{Blobs, Stored};
pub use bulk_load::BulkLoad;
pub use checkpoint::{CHECKPOINTS, Checkpoint, CheckpointWriter, Evidence, secret_file};
pub use db::{Db, Isolation, Snapshot};
pub use dispatch::{DeadDelivery, Dispatcher};
pub use error::StoreError;
pub use filter::Filter;
pub use inspect::{ChainState, ObjectRecord};
pub use jobs::{JobId, JobRecord, Jobs};
pub use migrate::{LEDGER, MIGRATIONS, Migration, ROOM, migrate};
pub use options::{DatabaseUrl, Kind, Options};
pub use outside::Outside;
pub use row::Row;
pub use schema::{Column, ColumnKind, Schema, Table};
pub use sealer::{Head, Sealer};
pub use statement::{Sql, Statement};
pub use stop::{Stop, Stopper, stopper};
pub use tx::Tx;
pub use value::{Bind, Value};
pub use verify::{Finding, Report, verify};
