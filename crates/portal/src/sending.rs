//! Sending: lines that are due are taken, each by one worker, and their messages go one after another.

use crate::mapping;
use crate::model::{Line, Message, State};
use crate::portal::{Outgoing, RefusalKind, Sent};
use crate::room::{Connection, PortalRoom};
use crate::rules::{self, Found, Happening, Need};
use crate::sql;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use futures_util::{FutureExt, StreamExt};
use haidang_contracts::synchronisation::SyncTrack;
use haidang_store::jobs::{Handler, Job};
use haidang_store::outbox::Failure;
use haidang_store::{StoreError, args};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A line is held this long at most: longer than its messages of one turn may take, each asked about and sent.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// Messages of one line in one turn, so that a long one does not keep others waiting.
const MESSAGES: usize = 4;
/// After so many failures in a row nobody else is sent in this round: the portal is down.
const FAILURES: usize = 5;
/// Lines of one round of the job.
const LINES: usize = 64;
/// Rounds of one run of the job.
const ROUNDS: usize = 200;

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Lines that were taken.
    pub lines: usize,
    /// Calls of the portal: questions and messages.
    pub calls: usize,
    /// Messages that the portal has now.
    pub delivered: usize,
    /// Messages that it refused.
    pub refused: usize,
}

/// What lines of one round share.
struct Shared<'r> {
    connection: &'r Connection,
    claim: &'r str,
    /// Failures in a row.
    failures: AtomicUsize,
}

/// What is to happen with a line after one of its messages.
enum Turn {
    /// Go on with the next one.
    On,
    /// Nothing more can be done now.
    End,
    /// Try again later.
    Later(SignedDuration),
}

impl PortalRoom {
    /// Sends what is due of up to `most` lines and answers what was done.
    ///
    /// # Errors
    /// What the database says; what the portal says is kept with its message.
    pub async fn round(&self, most: usize) -> Result<Round, StoreError> {
        let Some(connection) = &self.connection else { return Ok(Round::default()) };
        let now = self.ambient.now();
        if self.db.fetch_optional(sql::ANY_DUE, args![now]).await?.is_none() {
            return Ok(Round::default());
        }
        let claim = self.ambient.token();
        let lines = self.claim(&claim, now, most).await?;
        let shared = Shared { connection, claim: &claim, failures: AtomicUsize::new(0) };
        let mut round = Round { lines: lines.len(), ..Round::default() };
        let mut turns = Vec::with_capacity(lines.len());
        for line in &lines {
            turns.push(self.work(line, &shared).boxed());
        }
        let mut running = futures_util::stream::iter(turns).buffer_unordered(self.settings.parallel.max(1));
        let mut outcome = Ok(());
        // Nothing is written between two of them: a line that stood still in a transaction would hold the writer.
        while let Some(done) = running.next().await {
            match done {
                Ok(one) => {
                    round.calls += one.calls;
                    round.delivered += one.delivered;
                    round.refused += one.refused;
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome.map(|()| round)
    }

    async fn claim(&self, claim: &str, now: Timestamp, most: usize) -> Result<Vec<Line>, StoreError> {
        let until = now.saturating_add(LEASE).unwrap_or(now);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.db
            .transaction(|tx| {
                Box::pin(async move {
                    let rows = tx.fetch_all(sql::CLAIM, args![now, claim, until, most]).await?;
                    rows.iter().map(Line::read).collect()
                })
            })
            .await
    }

    /// The turn of one line.
    async fn work(&self, line: &Line, shared: &Shared<'_>) -> Result<Round, StoreError> {
        let mut done = Round::default();
        let mut later = None;
        for _ in 0..MESSAGES {
            let head = self.db.fetch_optional(sql::HEAD, args![line.case_id.as_str()]).await?;
            let Some(message) = head.as_ref().map(Message::read).transpose()? else { break };
            if shared.failures.load(Ordering::Relaxed) >= FAILURES {
                later = Some(self.pause(FAILURES as i64));
                break;
            }
            match self.turn(line, &message, shared, &mut done).await? {
                Turn::On => {}
                Turn::End => break,
                Turn::Later(pause) => {
                    later = Some(pause);
                    break;
                }
            }
        }
        self.release(line, shared.claim, later).await?;
        Ok(done)
    }

    async fn turn(
        &self,
        line: &Line,
        message: &Message,
        shared: &Shared<'_>,
        done: &mut Round,
    ) -> Result<Turn, StoreError> {
        match rules::need(message.state) {
            Need::People => Ok(Turn::End),
            Need::Send => self.send(line, message, shared, done).await,
            Need::Ask => {
                done.calls += 1;
                let there = match shared.connection.portal.look_up(&line.case_no).await {
                    Ok(there) => there.map(|case| case.status),
                    Err(error) => return Ok(self.failed(message, shared, error.0)),
                };
                shared.failures.store(0, Ordering::Relaxed);
                match rules::found(message.kind, message.status_before, message.status, there) {
                    Found::Arrived => self.arrived(message, done).await,
                    Found::SendAgain => self.send(line, message, shared, done).await,
                }
            }
        }
    }

    async fn send(
        &self,
        line: &Line,
        message: &Message,
        shared: &Shared<'_>,
        done: &mut Round,
    ) -> Result<Turn, StoreError> {
        let body = match &message.body {
            Some(body) => Some(body.clone()),
            None => match self.stories.case_story(&message.case_id, mapping::discloses(message.kind)).await {
                Ok(story) => story
                    .and_then(|story| mapping::row(&shared.connection.manner, &story, message))
                    .map(|row| row.to_string()),
                Err(error) => {
                    tracing::warn!(error = %error, message = message.id, "a message to the portal was not written");
                    return Ok(Turn::Later(self.pause(message.attempts + 1)));
                }
            },
        };
        let text = body.clone().unwrap_or_default();
        if !self.begin(line, message, shared.claim, &text).await? {
            return Ok(Turn::End); // somebody else holds the line by now
        }
        let Some(row) = body else {
            let gone = "the case or its event is no longer there".to_owned();
            return self.refused(line, message, RefusalKind::Content, gone, done).await;
        };
        done.calls += 1;
        let outgoing = Outgoing { kind: message.kind, key: message.key(), row };
        match shared.connection.portal.send(&outgoing).await {
            Sent::Taken => {
                shared.failures.store(0, Ordering::Relaxed);
                self.arrived(message, done).await
            }
            Sent::Refused { kind, text } => {
                shared.failures.store(0, Ordering::Relaxed);
                self.refused(line, message, kind, text, done).await
            }
            Sent::Exists if message.kind == crate::model::Kind::Create => {
                self.write(message, Happening::NotSent, sql::TURN_TO_UPDATE).await?;
                Ok(Turn::On)
            }
            Sent::Exists => {
                let text = "the portal says that the case is there already".to_owned();
                self.refused(line, message, RefusalKind::Order, text, done).await
            }
            Sent::NotSent(why) => {
                self.write(message, Happening::NotSent, sql::WAIT).await?;
                Ok(self.failed(message, shared, why))
            }
            Sent::Unknown(why) => Ok(self.failed(message, shared, why)),
        }
    }

    /// Writes down what is about to be sent, before it is: after a crash the portal is asked and nothing goes twice.
    async fn begin(&self, line: &Line, message: &Message, claim: &str, body: &str) -> Result<bool, StoreError> {
        if rules::after(message.state, Happening::Begun).is_none() {
            return Ok(false);
        }
        let sha256 = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
        let (now, state) = (self.ambient.now(), message.state.as_str());
        let begin = args![message.id.as_str(), state, now, body, sha256];
        self.db
            .transaction(|tx| {
                let begin = begin.clone();
                Box::pin(async move {
                    if tx.lock_optional(sql::HELD, args![line.case_id.as_str(), claim]).await?.is_none() {
                        return Ok(false);
                    }
                    Ok(tx.execute(sql::BEGIN, begin).await? == 1)
                })
            })
            .await
    }

    async fn write(&self, message: &Message, happening: Happening, statement: &'static str) -> Result<(), StoreError> {
        debug_assert!(rules::after(State::Sending, happening).is_some(), "{happening:?}");
        self.db.execute(statement, args![message.id.as_str()]).await.map(drop)
    }

    async fn arrived(&self, message: &Message, done: &mut Round) -> Result<Turn, StoreError> {
        self.settle(message, State::Delivered, None).await?;
        done.delivered += 1;
        Ok(Turn::On)
    }

    async fn refused(
        &self,
        line: &Line,
        message: &Message,
        kind: RefusalKind,
        text: String,
        done: &mut Round,
    ) -> Result<Turn, StoreError> {
        tracing::warn!(
            message = message.id,
            case = line.case_id,
            reason = kind.as_str(),
            "the portal refused a message"
        );
        self.settle(message, State::Refused, Some((kind, text))).await?;
        done.refused += 1;
        let track = if rules::is_conflict(kind) { SyncTrack::Conflict } else { SyncTrack::Failed };
        self.note(&message.case_id, line.last_seq, track).await;
        Ok(Turn::End)
    }

    async fn settle(
        &self,
        message: &Message,
        state: State,
        reason: Option<(RefusalKind, String)>,
    ) -> Result<(), StoreError> {
        let now = self.ambient.now();
        let (code, text) = reason.map_or((None, None), |(kind, text)| (Some(kind.as_str().to_owned()), Some(text)));
        let settle = args![message.id.as_str(), state.as_str(), now, code, text];
        self.db
            .transaction(|tx| {
                let settle = settle.clone();
                Box::pin(async move {
                    if tx.execute(sql::SETTLE, settle).await? == 1 && state == State::Delivered {
                        tx.execute(sql::KNOWN, args![message.case_id.as_str(), message.status]).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await
    }

    /// Lets the line go; with a pause, or at once when more can be done.
    async fn release(&self, line: &Line, claim: &str, later: Option<SignedDuration>) -> Result<(), StoreError> {
        let now = self.ambient.now();
        let next = now.saturating_add(later.unwrap_or(SignedDuration::ZERO)).unwrap_or(now);
        let empty = self
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let case = line.case_id.as_str();
                    // Held first: a message that is queued meanwhile is either seen here or makes the line due afterwards.
                    if tx.lock_optional(sql::HELD, args![case, claim]).await?.is_none() {
                        return Ok(false);
                    }
                    let head = tx.fetch_optional(sql::HEAD, args![case]).await?;
                    let head = head.as_ref().map(Message::read).transpose()?;
                    let halted = head.as_ref().is_some_and(|message| message.state == State::Refused);
                    let waits = head.as_ref().filter(|_| !halted);
                    let since = waits.map(|message| message.queued_at);
                    let row = args![case, claim, waits.map(|_| next), since, halted];
                    tx.execute(sql::RELEASE, row).await?;
                    Ok::<bool, StoreError>(head.is_none())
                })
            })
            .await?;
        if empty {
            self.note(&line.case_id, line.last_seq, SyncTrack::Clean).await;
        }
        Ok(())
    }

    /// Tells the room of cases where a case stands. Nothing depends on it but a word on a page, so a failure is told in
    /// the log alone; the next message tells it anew.
    async fn note(&self, case: &str, seq: i64, track: SyncTrack) {
        if let Err(error) = self.stories.note_synchronised(case, seq, track).await {
            tracing::warn!(error = %error, case, "where a case stands with the portal was not noted");
        }
    }

    fn failed(&self, message: &Message, shared: &Shared<'_>, why: &str) -> Turn {
        shared.failures.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(message = message.id, why, "a message to the portal waits");
        Turn::Later(self.pause(message.attempts + 1))
    }

    fn pause(&self, attempt: i64) -> SignedDuration {
        let [random] = self.ambient.bytes::<1>();
        rules::pause(attempt, self.settings.longest_pause, random)
    }
}

/// Sends what is due, again and again, and compares yesterday each night.
pub struct Deliveries(pub PortalRoom);

#[async_trait]
impl Handler for Deliveries {
    fn kind(&self) -> &'static str {
        "portal.round"
    }

    fn every(&self) -> Option<SignedDuration> {
        Some(self.0.settings.look)
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::from_hours(1)
    }

    async fn run(&self, _: &Job) -> Result<(), Failure> {
        let mut all = Round::default();
        for _ in 0..ROUNDS {
            let round = self.0.round(LINES).await?;
            all.delivered += round.delivered;
            all.refused += round.refused;
            if round.lines == 0 {
                break;
            }
        }
        if all.delivered + all.refused > 0 {
            tracing::info!(delivered = all.delivered, refused = all.refused, "told the national portal");
        }
        self.0.compare_yesterday().await?;
        Ok(())
    }
}
