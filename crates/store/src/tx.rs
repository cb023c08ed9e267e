//! A running transaction.

use crate::db::Db;
use crate::link::{Link, commit_failed};
use crate::together::Together;
use crate::{Row, Statement, StoreError, Value};
use haidang_kernel::ambient::Ambient;
use std::marker::PhantomData;
use std::sync::Arc;

/// A running transaction; see [`Db::transaction`].
///
/// After a statement has failed, every later one fails too and nothing is committed, on both databases alike.
/// The lifetime lets the closure borrow what surrounds it.
pub struct Tx<'a> {
    link: Link,
    db: Db,
    failed: Option<Failure>,
    later: Together,
    sets: usize,
    events: bool,
    jobs: bool,
    surroundings: PhantomData<&'a ()>,
}

struct Failure {
    transient: bool,
    text: String,
}

pub(crate) enum TxOutcome<T, E> {
    Done(T),
    Refused(E),
    Again(E),
}

impl Tx<'_> {
    pub(crate) fn new(link: Link, db: Db) -> Self {
        let later = Together::new(link.is_postgres());
        Self { link, db, failed: None, later, sets: 0, events: false, jobs: false, surroundings: PhantomData }
    }

    /// The clock, randomness and ids of the store.
    pub fn ambient(&self) -> &Ambient {
        self.db.ambient()
    }

    /// The store this transaction runs on; for its settings only, its reads do not see this transaction.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// All rows of a statement, which may change rows and answer `RETURNING`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fetch_all(
        &mut self,
        statement: impl Into<Statement>,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let statement = statement.into();
        self.guard()?;
        let answer = self.link.wire()?.fetch_all(&statement, args).await;
        self.note(answer)
    }

    /// The first row of a statement, if any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fetch_optional(
        &mut self,
        statement: impl Into<Statement>,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        let statement = statement.into();
        self.guard()?;
        let answer = self.link.wire()?.fetch_optional(&statement, args).await;
        self.note(answer)
    }

    /// The first row of a statement.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn fetch_one(&mut self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<Row, StoreError> {
        self.fetch_optional(statement, args).await?.ok_or(StoreError::NotFound)
    }

    /// As [`Tx::fetch_optional`], and the row stays locked until the end of the transaction (`FOR UPDATE` on
    /// PostgreSQL; on SQLite the only writer holds everything). For the row a decision rests on. The statement is a
    /// plain select of one table without aggregate.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lock_optional(
        &mut self,
        statement: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        if self.link.is_postgres() {
            let native = Statement::Built(Arc::from(format!("{statement} FOR UPDATE")));
            self.fetch_optional(native, args).await
        } else {
            self.fetch_optional(statement, args).await
        }
    }

    /// As [`Tx::lock_optional`] for a row that must be there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn lock_one(&mut self, statement: &'static str, args: Vec<Value>) -> Result<Row, StoreError> {
        self.lock_optional(statement, args).await?.ok_or(StoreError::NotFound)
    }

    /// Runs a statement and answers how many rows it changed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn execute(&mut self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<u64, StoreError> {
        let statement = statement.into();
        self.guard()?;
        let answer = self.link.wire()?.execute(&statement, args).await;
        self.note(answer)
    }

    /// Leaves a write for later: it is done together with the others left, in one exchange with the database, at the
    /// latest before the commit. For the many inserts of a case that nothing in this transaction reads back: dearest
    /// about a statement is the exchange.
    ///
    /// The writes left may not depend on each other (on PostgreSQL none sees the effect of another), and what they
    /// violate shows at the commit. No `RETURNING`.
    ///
    /// # Errors
    /// What the database says, when enough has gathered to be sent.
    pub async fn later(&mut self, statement: impl Into<Statement>, args: Vec<Value>) -> Result<(), StoreError> {
        self.later.push(statement.into(), args);
        if self.later.is_full() { self.flush().await } else { Ok(()) }
    }

    /// Does now what was left for later.
    ///
    /// # Errors
    /// What the database says.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        let Some((statement, args)) = self.later.take() else { return Ok(()) };
        self.guard()?;
        let answer = self.link.wire()?.exchange(&statement, args).await;
        self.note(answer)
    }

    /// Ends a set of writes left for later, of which this transaction leaves several that are alike, as the filings of
    /// a group are. PostgreSQL takes them all in one exchange whose text does not grow with them. On SQLite the text
    /// grows, so it takes two sets at a time: few enough that the same text is met again and is still prepared.
    ///
    /// # Errors
    /// What the database says.
    pub async fn end_set(&mut self) -> Result<(), StoreError> {
        self.sets += 1;
        if !self.link.is_postgres() && self.sets.is_multiple_of(2) { self.flush().await } else { Ok(()) }
    }

    /// Rows of one table, few enough for one statement, left for later.
    pub(crate) async fn rows_later(&mut self, head: &'static str, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        let Some(width) = rows.first().map(Vec::len) else { return Ok(()) };
        // On PostgreSQL rows of one table find together by themselves.
        let at_once = if self.link.is_postgres() { 1 } else { rows.len() };
        let text: Arc<str> = Arc::from(insert_text(head, at_once, width, "", true));
        for some in rows.chunks(at_once) {
            self.later(Statement::Built(Arc::clone(&text)), some.concat()).await?;
        }
        Ok(())
    }

    /// Inserts many rows with few statements. `head` is a constant such as
    /// `INSERT INTO services_event (id, case_id, at) VALUES`; `tail` may hold `ON CONFLICT …` or be empty.
    ///
    /// # Errors
    /// What the database says.
    pub async fn insert_rows(
        &mut self,
        head: &'static str,
        rows: impl IntoIterator<Item = Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64, StoreError> {
        self.insert_built(head, rows.into_iter().collect(), tail).await
    }

    pub(crate) async fn insert_built(
        &mut self,
        head: &str,
        mut rows: Vec<Vec<Value>>,
        tail: &str,
    ) -> Result<u64, StoreError> {
        let mut changed = 0;
        while !rows.is_empty() {
            let width = rows[0].len().max(1);
            // Powers of two keep the number of different prepared texts small; PostgreSQL and SQLite both take
            // thousands of arguments, far above this.
            let most = (4096 / width).clamp(1, 256);
            let take = 1_usize << rows.len().min(most).ilog2();
            let rest = rows.split_off(take);
            let text = insert_text(head, take, width, tail, self.link.is_postgres());
            let args = rows.into_iter().flatten().collect();
            changed += self.execute(Statement::Built(Arc::from(text)), args).await?;
            rows = rest;
        }
        Ok(changed)
    }

    /// An error that makes the whole transaction run again: for a compare-and-set that lost.
    pub fn again(&mut self, reason: &str) -> StoreError {
        let failure = Failure { transient: true, text: reason.to_owned() };
        let error = failure.error();
        self.failed = Some(failure);
        error
    }

    /// Allows pauses between statements: a bulk load waits for its source.
    pub(crate) async fn be_patient(&mut self) -> Result<(), StoreError> {
        if self.link.is_postgres() {
            self.raw("SET LOCAL idle_in_transaction_session_timeout = 0".to_owned()).await?;
        }
        Ok(())
    }

    pub(crate) async fn raw(&mut self, text: String) -> Result<(), StoreError> {
        self.guard()?;
        let answer = self.link.wire()?.raw(text).await;
        self.note(answer)
    }

    pub(crate) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    pub(crate) fn ring_events(&mut self) {
        self.events = true;
    }

    pub(crate) fn ring_jobs(&mut self) {
        self.jobs = true;
    }

    fn guard(&self) -> Result<(), StoreError> {
        match &self.failed {
            None => Ok(()),
            Some(failure) => Err(failure.error()),
        }
    }

    fn note<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &answer {
            self.failed = Some(Failure { transient: error.is_transient(), text: error.to_string() });
        }
        answer
    }

    /// Commits or rolls back.
    pub(crate) async fn finish<T: Send, E: From<StoreError> + Send>(mut self, answer: Result<T, E>) -> TxOutcome<T, E> {
        let answer = match answer {
            Ok(value) if self.failed.is_none() => self.flush().await.map(|()| value).map_err(E::from),
            answer => answer,
        };
        let Self { link, db, failed, events, jobs, .. } = self;
        let transient = failed.as_ref().is_some_and(|failure| failure.transient);
        let answer = match (answer, failed) {
            (Ok(_), Some(failure)) => Err(E::from(failure.error())),
            (answer, _) => answer,
        };
        match answer {
            Ok(value) => match commit(link).await {
                Ok(()) => {
                    if events {
                        db.core.events.notify_waiters();
                    }
                    if jobs {
                        db.core.jobs.notify_waiters();
                    }
                    TxOutcome::Done(value)
                }
                Err(error) if error.is_transient() => TxOutcome::Again(error.into()),
                Err(error) => TxOutcome::Refused(error.into()),
            },
            Err(error) => match roll_back(link).await {
                // What the refusal rested on may not have become durable: decide again.
                Err(lost) if lost.is_transient() => TxOutcome::Again(error),
                _ if transient => TxOutcome::Again(error),
                _ => TxOutcome::Refused(error),
            },
        }
    }
}

impl Failure {
    fn error(&self) -> StoreError {
        if self.transient {
            StoreError::Transient(self.text.clone())
        } else {
            StoreError::Database(format!("the transaction failed before: {}", self.text))
        }
    }
}

async fn commit(link: Link) -> Result<(), StoreError> {
    match link {
        Link::Lease(lease) => lease.finish(true).await,
        Link::Sqlite(_) => Err(StoreError::Database("a snapshot cannot commit".to_owned())),
        Link::Postgres(transaction) => transaction.commit().await.map_err(commit_failed),
    }
}

async fn roll_back(link: Link) -> Result<(), StoreError> {
    match link {
        Link::Lease(lease) => lease.finish(false).await,
        Link::Sqlite(_) => Ok(()),
        Link::Postgres(transaction) => {
            // A connection that cannot roll back is closed by the pool; either way nothing stays.
            let _ = transaction.rollback().await;
            Ok(())
        }
    }
}

/// `head ($1, $2), ($3, $4) tail`; without numbers `?` stands for each.
pub(crate) fn insert_text(head: &str, rows: usize, width: usize, tail: &str, numbered: bool) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(head.len() + tail.len() + rows * width * 6);
    text.push_str(head);
    let mut number = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..width {
            number += 1;
            text.push_str(if column == 0 { "" } else { ", " });
            if numbered {
                let _ = write!(text, "${number}");
            } else {
                text.push('?');
            }
        }
        text.push(')');
    }
    if !tail.is_empty() {
        text.push(' ');
        text.push_str(tail);
    }
    text
}
