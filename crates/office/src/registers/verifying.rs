//! Verification of a book as it lies in the database, and proofs of single entries.

use crate::reader::Reader;
use crate::registers::evidence::{self, ALGORITHM, Proof};
use crate::registers::model::{Line, NumberState, Register};
use crate::registers::verify::{self, Event, Fault, Finding};
use crate::registers::{rules::Counts, sql};
use crate::room::OfficeRoom;
use data_encoding::BASE64;
use haidang_contracts::papers::JudgedAs;
use haidang_kernel::chain::Hash;
use haidang_kernel::problem::Problem;
use haidang_store::{Row, StoreError, args};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// What was found about a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdict {
    /// Whether nothing is wrong: chain, lines, invariant and roots.
    pub sound: bool,
    /// Events that were walked.
    pub events: i64,
    /// The last link, 64 hex digits.
    pub head: String,
    /// How many numbers are in which state.
    pub counts: Counts,
    /// Days of the book whose root was recomputed and agreed.
    pub roots_agreed: i64,
    /// Days of the book whose root has a time stamp.
    pub roots_stamped: i64,
    /// Days of the book whose stamp was followed by another one.
    pub roots_renewed: i64,
    /// Days of the book that have no root yet.
    pub days_open: i64,
    /// What is wrong, and where.
    pub findings: Vec<Finding>,
}

impl Event {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            position: row.integer("position")?,
            event: row.text("event")?,
            hash: row.text("hash")?,
            day: row.date("day")?,
        })
    }
}

impl OfficeRoom {
    /// Walks the chain of a book, plays its events again, counts its numbers and recomputes the roots of its days.
    ///
    /// # Errors
    /// `register_not_found`, also for whoever may not see it.
    pub async fn verify_register(&self, reader: &Reader<'_>, id: &str) -> Result<Verdict, Problem> {
        self.register(reader, id).await?;
        // One view of the whole book, while others go on taking numbers.
        let mut view = self.db.snapshot().await?;
        let register = Register::read(&view.fetch_one(sql::REGISTER, args![id]).await?)?;
        let events = view.fetch_all(sql::EVENTS, args![id]).await?;
        let events: Vec<Event> = events.iter().map(Event::read).collect::<Result<_, _>>()?;
        let lines = view.fetch_all(sql::LINES, args![id]).await?;
        let lines: Vec<Line> = lines.iter().map(Line::read).collect::<Result<_, _>>()?;
        let counts = Counts::read(&view.fetch_one(sql::COUNTS, args![id]).await?)?;
        drop(view);
        let mut findings = verify::judge(&register, &events, &lines);
        let mut days: Vec<Date> = events.iter().map(|event| event.day).collect();
        days.dedup();
        let (mut agreed, mut stamped, mut renewed, mut open) = (0, 0, 0, 0);
        for day in days {
            let Some(root) = self.db.fetch_optional(sql::ROOT, args![day]).await? else {
                open += 1;
                continue;
            };
            let stamps = self.register_stamps(&day.to_string()).await?.tokens;
            stamped += i64::from(!stamps.is_empty());
            renewed += i64::from(stamps.len() > 1);
            findings.extend(
                self.stamp_fault(&root.text("root")?, &stamps).await?.map(|fault| Finding::of_stamps(fault, day)),
            );
            if evidence::root(&self.register_leaves(day).await?).to_string() == root.text("root")? {
                agreed += 1;
            } else {
                findings.push(Finding::of_day(day));
            }
        }
        Ok(Verdict {
            sound: findings.is_empty() && counts.whole(),
            events: register.events,
            head: register.head.to_string(),
            counts,
            roots_agreed: agreed,
            roots_stamped: stamped,
            roots_renewed: renewed,
            days_open: open,
            findings,
        })
    }

    /// What is wrong with the stamps of a root; a root that waits for its first is not yet at fault.
    async fn stamp_fault(&self, root: &str, stamps: &[Vec<u8>]) -> Result<Option<Fault>, Problem> {
        let Some(root) = Hash::parse(root).ok().filter(|_| !stamps.is_empty()) else { return Ok(None) };
        Ok(match self.judge_register_stamps(&root, stamps).await?.answer {
            JudgedAs::Valid => None,
            JudgedAs::Invalid => Some(Fault::StampBroken),
            JudgedAs::Unknown => Some(Fault::StampExpired),
        })
    }

    /// The proof that a number stood on its document on a day, as soon as the day has its root.
    ///
    /// # Errors
    /// `entry_not_found`, `number_not_issued`, `root_missing` before the day is over.
    pub async fn prove_entry(&self, reader: &Reader<'_>, entry: &str) -> Result<Proof, Problem> {
        let missing = || Problem::not_found("entry_not_found", "no such line of a register");
        let line = self.db.fetch_optional(sql::LINE, args![entry]).await?.ok_or_else(missing)?;
        let line = Line::read(&line)?;
        let register = self.register(reader, &line.register).await.map_err(|_| missing())?;
        let not_issued = || Problem::conflict("number_not_issued", format!("number {} is not issued", line.number));
        let document = line.document.clone().filter(|_| line.state == NumberState::Issued).ok_or_else(not_issued)?;
        let issued = self.db.fetch_optional(sql::ISSUED_EVENT, args![entry]).await?.ok_or_else(not_issued)?;
        let (id, day) = (issued.text("id")?, issued.date("day")?);
        let root = self.db.fetch_optional(sql::ROOT, args![day]).await?;
        let root = root
            .ok_or_else(|| Problem::conflict("root_missing", format!("{day} has no root yet: come back tomorrow")))?;
        let rows = self.db.fetch_all(sql::EVENTS_OF_DAY, args![day]).await?;
        let mut leaves = Vec::with_capacity(rows.len());
        let mut place = None;
        for (index, row) in rows.iter().enumerate() {
            leaves.push(evidence::leaf(row.text("event")?.as_bytes()));
            if row.text("id")? == id {
                place = Some(index);
            }
        }
        let text = issued.text("event")?;
        let path = place.and_then(|index| evidence::path(&leaves, index));
        let path = path.ok_or_else(|| Problem::internal(format!("an event of {} is not in its day", register.name)))?;
        let root_hash = Hash::parse(&root.text("root")?).map_err(|_| Problem::internal("a root is no hash"))?;
        let stamps = self.register_stamps(&day.to_string()).await?.tokens;
        let mut stamps = stamps.iter().map(|token| BASE64.encode(token));
        let proof = Proof {
            v: 1,
            alg: ALGORITHM.to_owned(),
            document,
            leaf: evidence::leaf(text.as_bytes()),
            entry: text,
            path,
            root: root_hash,
            day,
            tst: stamps.next(),
            renewals: stamps.collect(),
        };
        if !proof.holds() {
            // Handing out a proof that proves nothing would hide the tampering.
            return Err(Problem::conflict(
                "root_differs",
                format!("the events of {day} do not give its root any more"),
            ));
        }
        Ok(proof)
    }
}
