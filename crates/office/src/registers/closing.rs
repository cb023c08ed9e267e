//! What the registers do by themselves: numbers held too long go back, a day closes, a year closes, a day gets its root.
//! Every part may run again and again.

use crate::registers::evidence;
use crate::registers::holding::{give_back, make_void};
use crate::registers::model::{Line, NumberState, Register};
use crate::registers::sql;
use crate::registers::taking::{audit, audit_of_day, happened};
use crate::room::OfficeRoom;
use haidang_kernel::chain::Hash;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{StoreError, args};
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::json;

/// Written into numbers that nothing used when their day closed.
const DAY_CLOSED: &str = "Hết ngày, số giữ chưa được cấp cho văn bản nào";
/// Written where a number was held longer than it may be.
const HELD_TOO_LONG: &str = "Quá thời gian giữ số";

/// After this long no transaction of a day that is over can still commit.
const SETTLING: SignedDuration = SignedDuration::from_mins(15);

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RegisterRound {
    /// Numbers given back because they were held too long.
    pub released: usize,
    /// Numbers voided because their day closed.
    pub voided: usize,
    /// Books closed because their year is over.
    pub frozen: usize,
    /// Days that got a root.
    pub roots: usize,
    /// Roots that got a time stamp.
    pub stamped: usize,
    /// Roots whose stamp was followed by another one before it ended.
    pub renewed: usize,
    /// Parts that failed and will be tried in the next round.
    pub failed: usize,
}

impl OfficeRoom {
    /// One round of the registers; the server calls it every minute. A part that fails does not stop the others.
    pub async fn tick_registers(&self) -> RegisterRound {
        let mut round = RegisterRound::default();
        let mut note = |part: &'static str, answer: Result<usize, Problem>| match answer {
            Ok(count) => count,
            Err(problem) => {
                tracing::error!(part, code = problem.code, detail = %problem.detail, "a part of the registers' round failed");
                round.failed += 1;
                0
            }
        };
        let released = note("held", self.give_back_held_numbers().await);
        let voided = note("day", self.close_register_days().await);
        // A year closes after its last numbers are void, a root comes after everything that happened on its day.
        let frozen = note("year", self.close_register_years().await);
        let roots = note("roots", self.make_register_roots().await);
        let stamped = note("stamps", self.stamp_register_roots().await);
        let renewed = note("renewals", self.renew_register_stamps().await);
        RegisterRound { released, voided, frozen, roots, stamped, renewed, ..round }
    }

    /// Numbers held longer than they may be go back to the free ones.
    async fn give_back_held_numbers(&self) -> Result<usize, Problem> {
        let rows = self.db.fetch_all(sql::HELD_BEFORE, args![self.ambient.now()]).await?;
        let mut count = 0;
        for row in &rows {
            count += self.settle_number(Line::read(row)?, false).await?;
        }
        Ok(count)
    }

    /// What is held or free from an earlier day is void.
    async fn close_register_days(&self) -> Result<usize, Problem> {
        let rows = self.db.fetch_all(sql::UNUSED_BEFORE, args![self.ambient.today()]).await?;
        let mut count = 0;
        for row in &rows {
            count += self.settle_number(Line::read(row)?, true).await?;
        }
        Ok(count)
    }

    /// Releases or voids one number, unless somebody used it meanwhile.
    async fn settle_number(&self, line: Line, day_closed: bool) -> Result<usize, Problem> {
        let ambient = self.ambient.clone();
        self.db
            .transaction(move |tx| {
                let (ambient, line) = (ambient.clone(), line.clone());
                Box::pin(async move {
                    let row = tx.lock_one(sql::REGISTER, args![&line.register]).await?;
                    let mut register = Register::read(&row)?;
                    let now = Line::read(&tx.fetch_one(sql::LINE, args![&line.id]).await?)?;
                    if now != line {
                        return Ok(0);
                    }
                    if day_closed {
                        make_void(tx, &ambient, &mut register, &now, DAY_CLOSED).await?;
                    } else if now.state == NumberState::Held {
                        give_back(tx, &ambient, &mut register, &now, HELD_TOO_LONG).await?;
                    }
                    Ok::<_, Problem>(1)
                })
            })
            .await
    }

    /// Books of earlier years are closed for good.
    async fn close_register_years(&self) -> Result<usize, Problem> {
        let year = i64::from(self.ambient.today().year());
        let rows = self.db.fetch_all(sql::OPEN_BEFORE_YEAR, args![year]).await?;
        let mut count = 0;
        for row in &rows {
            let (id, ambient) = (row.text("id")?, self.ambient.clone());
            count += self
                .db
                .transaction(move |tx| {
                    let (id, ambient) = (id.clone(), ambient.clone());
                    Box::pin(async move {
                        let mut register = Register::read(&tx.lock_one(sql::REGISTER, args![&id]).await?)?;
                        if register.frozen_at.is_some() {
                            return Ok(0);
                        }
                        let last = register.next - 1;
                        happened(tx, &ambient, &mut register, "frozen", None, json!({ "last": last })).await?;
                        tx.execute(sql::FREEZE, args![&id, ambient.now()]).await?;
                        let entry = audit("register.frozen", &id, &register.agency)
                            .detail(json!({ "register": register.name, "last": last }));
                        tx.audit(entry).await?;
                        Ok::<_, Problem>(1)
                    })
                })
                .await?;
        }
        Ok(count)
    }

    /// Days that are over and had events get their root.
    async fn make_register_roots(&self) -> Result<usize, Problem> {
        // A transaction that began before midnight may still commit an event of its day a little later.
        let over =
            self.ambient.now().saturating_sub(SETTLING).map_or(self.ambient.today(), |at| time::civil(at).date());
        let days = self.db.fetch_all(sql::DAYS_WITHOUT_ROOT, args![over]).await?;
        for row in &days {
            let day = row.date("day")?;
            let leaves = self.register_leaves(day).await?;
            let (root, count) = (evidence::root(&leaves), i64::try_from(leaves.len()).unwrap_or(i64::MAX));
            let entry = audit_of_day("register.root_made", day).detail(json!({ "root": root, "leaves": count }));
            let values = args![day, count, root.to_string(), self.ambient.now()];
            self.db
                .transaction(move |tx| {
                    let (values, entry) = (values.clone(), entry.clone());
                    Box::pin(async move {
                        if tx.execute(sql::INSERT_ROOT, values).await? == 1 {
                            tx.audit(entry).await?;
                        }
                        Ok::<_, StoreError>(())
                    })
                })
                .await?;
        }
        Ok(days.len())
    }

    /// Leaves of a day: its events in the order of books and chains.
    pub(crate) async fn register_leaves(&self, day: Date) -> Result<Vec<Hash>, Problem> {
        let rows = self.db.fetch_all(sql::EVENTS_OF_DAY, args![day]).await?;
        let leaf = |row: &haidang_store::Row| Ok(evidence::leaf(row.text("event")?.as_bytes()));
        Ok(rows.iter().map(leaf).collect::<Result<_, StoreError>>()?)
    }

    /// Roots without a stamp are stamped. The authority is asked outside the transaction; asking twice is harmless.
    async fn stamp_register_roots(&self) -> Result<usize, Problem> {
        let rows = self.db.fetch_all(sql::ROOTS_WITHOUT_STAMP, args![]).await?;
        for row in &rows {
            let (day, root) = (row.text("day")?, row.text("root")?);
            let root = Hash::parse(&root).map_err(|_| Problem::internal(format!("the root of {day} is no hash")))?;
            // The stamp is over the 32 bytes of the root, so its imprint is their digest.
            let token = self.signing.stamp(&Hash::of(&root.0).0).await?;
            let values = args![&day, token, self.ambient.now()];
            let entry = audit_of_day("register.root_stamped", &day).detail(json!({ "root": root }));
            self.db
                .transaction(move |tx| {
                    let (values, entry) = (values.clone(), entry.clone());
                    Box::pin(async move {
                        if tx.execute(sql::STAMP_ROOT, values).await? == 1 {
                            tx.audit(entry).await?;
                        }
                        Ok::<_, StoreError>(())
                    })
                })
                .await?;
        }
        Ok(rows.len())
    }
}
