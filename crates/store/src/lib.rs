//! Records, audit, outbox, jobs and files on SQLite or PostgreSQL.
