//! What people see of the books: staff those of their agency, inspectors all.

use crate::authority::INSPECT;
use crate::reader::Reader;
use crate::registers::model::{Line, NumberState, Register};
use crate::registers::rules::Counts;
use crate::registers::sql;
use crate::room::OfficeRoom;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{AuditEntry, Filter, Row, StoreError, args};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

/// What lets staff see the books of their agency.
const STAFF: &[&str] = &["document.read_unit", "document.clerk"];
/// Lines of one page.
pub(crate) const PAGE: i64 = 50;

/// Which lines of a book are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookFilter {
    /// In this state.
    pub state: Option<NumberState>,
    /// With these words, accents or not; or this number.
    pub words: String,
    /// From this day.
    pub from: Option<Date>,
    /// To this day.
    pub to: Option<Date>,
    /// Below this number: the next page.
    pub below: Option<i64>,
}

/// One page of a book, the highest number first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePage {
    /// Lines.
    pub lines: Vec<Line>,
    /// The number below which the next page begins.
    pub next: Option<i64>,
}

/// The root of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The day.
    pub day: Date,
    /// Events under it.
    pub leaves: i64,
    /// 64 hex digits.
    pub root: String,
    /// When an authority stamped it.
    pub stamped_at: Option<Timestamp>,
    /// When its stamp was last followed by another one.
    pub renewed_at: Option<Timestamp>,
}

impl Root {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            day: row.date("day")?,
            leaves: row.integer("leaves")?,
            root: row.text("root")?,
            stamped_at: row.opt_timestamp("stamped_at")?,
            renewed_at: row.opt_timestamp("renewed_at")?,
        })
    }
}

impl Counts {
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            lines: row.integer("lines")?,
            issued: row.integer("issued")?,
            voided: row.integer("voided")?,
            held: row.integer("held")?,
            free: row.integer("free")?,
            lowest: row.opt_integer("lowest")?.unwrap_or(0),
            highest: row.opt_integer("highest")?.unwrap_or(0),
        })
    }
}

/// Agencies whose books the reader sees as staff.
pub(crate) fn own_agencies(reader: &Reader<'_>) -> Vec<String> {
    let mut codes: Vec<String> = STAFF.iter().flat_map(|capability| reader.actor.agencies_with(capability)).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// Whether the reader sees the books of an agency.
pub(crate) fn may_read(reader: &Reader<'_>, agency: &str) -> bool {
    reader.actor.can(INSPECT) || STAFF.iter().any(|capability| reader.actor.can_in(capability, agency))
}

impl OfficeRoom {
    /// One book.
    ///
    /// # Errors
    /// `register_not_found`, also for whoever may not see it.
    pub async fn register(&self, reader: &Reader<'_>, id: &str) -> Result<Register, Problem> {
        let missing = || Problem::not_found("register_not_found", "no such register");
        let row = self.db.fetch_optional(sql::REGISTER, args![id]).await?.ok_or_else(missing)?;
        let register = Register::read(&row)?;
        if may_read(reader, &register.agency) { Ok(register) } else { Err(missing()) }
    }

    /// Books of a year that the reader sees, after a key; of one agency when it is named.
    ///
    /// # Errors
    /// `agency_not_found` for another's agency.
    pub async fn register_list(
        &self,
        reader: &Reader<'_>,
        agency: Option<&str>,
        year: i16,
        after: Option<&(String, String, String)>,
    ) -> Result<Vec<Register>, Problem> {
        if let Some(agency) = agency
            && !may_read(reader, agency)
        {
            return Err(Problem::not_found("agency_not_found", "no such agency"));
        }
        let year = i64::from(year);
        let mut rows = Vec::new();
        match agency {
            Some(agency) => rows = self.db.fetch_all(sql::REGISTERS_OF_AGENCY, args![agency, year]).await?,
            None if reader.actor.can(INSPECT) => {
                let empty = Default::default();
                let (agency, direction, group) = after.unwrap_or(&empty);
                let values = args![year, agency, direction, group, PAGE + 1];
                rows = self.db.fetch_all(sql::REGISTERS_OF_YEAR, values).await?;
            }
            None => {
                for agency in own_agencies(reader) {
                    rows.extend(self.db.fetch_all(sql::REGISTERS_OF_AGENCY, args![agency, year]).await?);
                }
            }
        }
        Ok(rows.iter().map(Register::read).collect::<Result<_, StoreError>>()?)
    }

    /// Years in which the reader finds books, the newest first.
    pub(crate) async fn register_years(&self, reader: &Reader<'_>) -> Result<Vec<i16>, Problem> {
        let mut rows = Vec::new();
        if reader.actor.can(INSPECT) {
            rows = self.db.fetch_all(sql::ALL_YEARS, args![]).await?;
        } else {
            for agency in own_agencies(reader) {
                rows.extend(self.db.fetch_all(sql::YEARS, args![agency]).await?);
            }
        }
        let year = |row: &Row| Ok(i16::try_from(row.integer("year")?).unwrap_or(i16::MAX));
        let mut years = rows.iter().map(year).collect::<Result<Vec<_>, StoreError>>()?;
        years.sort_unstable_by(|one, other| other.cmp(one));
        years.dedup();
        Ok(years)
    }

    /// One page of a book; the look is recorded before it is answered.
    ///
    /// # Errors
    /// As [`OfficeRoom::register`].
    pub async fn register_lines(
        &self,
        reader: &Reader<'_>,
        register: &Register,
        filter: &BookFilter,
    ) -> Result<LinePage, Problem> {
        self.record_register_look(reader, register, "register.read").await?;
        let mut lines = self.select_lines(register, filter, PAGE + 1).await?;
        let more = i64::try_from(lines.len()).is_ok_and(|count| count > PAGE);
        lines.truncate(usize::try_from(PAGE).unwrap_or(0));
        let next = lines.last().filter(|_| more).map(|line| line.number);
        Ok(LinePage { lines, next })
    }

    /// Lines of a book by a filter, the highest number first.
    pub(crate) async fn select_lines(
        &self,
        register: &Register,
        filter: &BookFilter,
        limit: i64,
    ) -> Result<Vec<Line>, Problem> {
        let words = text::search_key(&filter.words);
        let number = words.parse::<i64>().ok();
        let select = Filter::select(sql::SEARCH_LINES)
            .and("register_id = ?", args![&register.id])
            .and_some("state = ?", filter.state.map(NumberState::as_str))
            .and_some("entered_on >= ?", filter.from)
            .and_some("entered_on <= ?", filter.to)
            .and_some("number < ?", filter.below)
            .and_some("number = ?", number)
            .and_if(number.is_none() && !words.is_empty(), "search_key LIKE ?", args![format!("%{words}%")])
            .then("ORDER BY number DESC LIMIT ?", args![limit]);
        let (statement, values) = select.build();
        let rows = self.db.fetch_all(statement, values).await?;
        Ok(rows.iter().map(Line::read).collect::<Result<_, StoreError>>()?)
    }

    /// How many numbers of a book are in which state.
    pub(crate) async fn register_counts(&self, id: &str) -> Result<Counts, Problem> {
        Ok(Counts::read(&self.db.fetch_one(sql::COUNTS, args![id]).await?)?)
    }

    /// The newest roots of days.
    pub(crate) async fn register_roots(&self, limit: i64) -> Result<Vec<Root>, Problem> {
        let rows = self.db.fetch_all(sql::ROOTS, args![limit]).await?;
        Ok(rows.iter().map(Root::read).collect::<Result<_, StoreError>>()?)
    }

    /// Records that somebody looked into a book.
    pub(crate) async fn record_register_look(
        &self,
        reader: &Reader<'_>,
        register: &Register,
        action: &'static str,
    ) -> Result<(), Problem> {
        let entry = AuditEntry::read(action, reader.actor_ref(&register.agency))
            .object("register", &register.id)
            .request(reader.request_id)
            .because("30/2020/NĐ-CP Điều 15, Điều 22", "tra cứu sổ đăng ký văn bản")
            .detail(json!({ "register": register.name }));
        self.db.record_read(entry).await?;
        Ok(())
    }
}
