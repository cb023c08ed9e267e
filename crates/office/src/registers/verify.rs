//! Finding where a book was changed after the fact: its chain is walked, its events are played again, and the lines must
//! be what they say. No input or output.

use crate::registers::chain::link;
use crate::registers::model::{Line, NumberState, Register};
use crate::registers::taking::summary_text;
use haidang_kernel::chain::Hash;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the chain, from 1.
    pub position: i64,
    /// The event as it was hashed.
    pub event: String,
    /// The link that was stored with it.
    pub hash: String,
    /// The day whose root covers it.
    pub day: Date,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// An event is gone.
    EventMissing,
    /// An event, or its link, is not what was hashed; or events were exchanged.
    EventChanged,
    /// The end of the chain is not where the book says: events were cut off or added.
    HeadDiffers,
    /// An event speaks of another book.
    EventForeign,
    /// A line of the book is gone.
    LineMissing,
    /// A line stands in the book that no event wrote.
    LineAdded,
    /// A line says something else than its events.
    LineChanged,
    /// Numbers and dates do not go forward together.
    OrderBroken,
    /// The events of a day do not give its stamped root any more.
    RootDiffers,
    /// The stamps of a day do not prove its root.
    StampBroken,
    /// The newest stamp of a day ended before another one followed it.
    StampExpired,
}

impl Fault {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventMissing => "event_missing",
            Self::EventChanged => "event_changed",
            Self::HeadDiffers => "head_differs",
            Self::EventForeign => "event_foreign",
            Self::LineMissing => "line_missing",
            Self::LineAdded => "line_added",
            Self::LineChanged => "line_changed",
            Self::OrderBroken => "order_broken",
            Self::RootDiffers => "root_differs",
            Self::StampBroken => "stamp_broken",
            Self::StampExpired => "stamp_expired",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// Place in the chain.
    pub position: Option<i64>,
    /// Number of the line.
    pub number: Option<i64>,
    /// The day.
    #[schema(value_type = Option<String>, format = "date")]
    pub day: Option<Date>,
}

impl Finding {
    fn at(fault: Fault, position: i64) -> Self {
        Self { fault, position: Some(position), number: None, day: None }
    }

    fn of_line(fault: Fault, number: i64) -> Self {
        Self { fault, position: None, number: Some(number), day: None }
    }

    /// A day whose root differs.
    pub fn of_day(day: Date) -> Self {
        Self::of_stamps(Fault::RootDiffers, day)
    }

    /// A day whose stamps do not prove its root.
    pub fn of_stamps(fault: Fault, day: Date) -> Self {
        Self { fault, position: None, number: None, day: Some(day) }
    }
}

/// What the events say of one number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Told {
    state: Option<NumberState>,
    document: Option<String>,
    digest: Option<String>,
    on: Option<String>,
    reason: Option<String>,
}

/// Everything that is wrong with a book, in the order of its chain, then of its lines.
pub fn judge(register: &Register, events: &[Event], lines: &[Line]) -> Vec<Finding> {
    let mut findings = chain_findings(register, events);
    let (told, mut foreign) = replay(register, events);
    findings.append(&mut foreign);
    findings.extend(line_findings(&told, lines));
    findings.extend(order_findings(lines));
    findings
}

/// Walks the chain. Each link is judged from the one stored before it, so that one changed event is one finding.
fn chain_findings(register: &Register, events: &[Event]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut previous, mut expected) = (Some(Hash::GENESIS), 1);
    for event in events {
        while expected < event.position {
            findings.push(Finding::at(Fault::EventMissing, expected));
            expected += 1;
            previous = None;
        }
        let stored = Hash::parse(&event.hash).ok();
        // After a missing event nothing is known of the link before; the next one is judged again.
        if let Some(previous) = previous
            && stored != Some(link(&previous, &event.event))
        {
            findings.push(Finding::at(Fault::EventChanged, event.position));
        }
        previous = stored;
        expected = event.position + 1;
    }
    let end = events.last().map_or(Some(Hash::GENESIS), |last| Hash::parse(&last.hash).ok());
    if end != Some(register.head) || expected != register.events + 1 {
        findings.push(Finding::at(Fault::HeadDiffers, expected.min(register.events)));
    }
    findings
}

/// Plays the events again: what should stand on each line.
fn replay(register: &Register, events: &[Event]) -> (BTreeMap<i64, Told>, Vec<Finding>) {
    let mut told: BTreeMap<i64, Told> = BTreeMap::new();
    let mut findings = Vec::new();
    for event in events {
        let value: Value = serde_json::from_str(&event.event).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        if text("register").as_deref() != Some(&register.name) || text("agency").as_deref() != Some(&register.agency) {
            findings.push(Finding::at(Fault::EventForeign, event.position));
            continue;
        }
        let Some(number) = value.get("number").and_then(Value::as_i64) else { continue };
        let line = told.entry(number).or_default();
        match text("event").as_deref() {
            Some(word @ ("held" | "issued")) => {
                line.state = NumberState::parse(word);
                line.document = text("document");
                line.digest = text("entry");
                line.on = text("on");
            }
            Some("released") => {
                line.state = Some(NumberState::Free);
                line.document = None;
            }
            Some("voided") => {
                line.state = Some(NumberState::Voided);
                line.reason = text("reason");
            }
            Some("amended") => line.digest = text("entry"),
            _ => {}
        }
    }
    (told, findings)
}

fn line_findings(told: &BTreeMap<i64, Told>, lines: &[Line]) -> Vec<Finding> {
    let standing: BTreeMap<i64, &Line> = lines.iter().map(|line| (line.number, line)).collect();
    let mut findings = Vec::new();
    for (number, told) in told {
        match standing.get(number) {
            None => findings.push(Finding::of_line(Fault::LineMissing, *number)),
            Some(line) if !agrees(told, line) => findings.push(Finding::of_line(Fault::LineChanged, *number)),
            Some(_) => {}
        }
    }
    let added = lines.iter().filter(|line| !told.contains_key(&line.number));
    findings.extend(added.map(|line| Finding::of_line(Fault::LineAdded, line.number)));
    findings
}

fn agrees(told: &Told, line: &Line) -> bool {
    let digest = summary_text(&line.summary).ok().map(|text| Hash::of(text.as_bytes()).to_string());
    told.state == Some(line.state)
        && told.document == line.document
        && told.digest == digest
        && told.on.as_deref() == Some(line.on.to_string().as_str())
        && told.reason == line.void_reason
}

fn order_findings(lines: &[Line]) -> Vec<Finding> {
    let issued: Vec<&Line> = lines.iter().filter(|line| line.state == NumberState::Issued).collect();
    let pairs = issued.windows(2);
    pairs
        .filter_map(|pair| match pair {
            [one, next] if next.on < one.on => Some(Finding::of_line(Fault::OrderBroken, next.number)),
            _ => None,
        })
        .collect()
}
