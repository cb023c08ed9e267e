//! Pages of authority.

mod certificates;
mod give;
mod list;
mod one;
mod why;

pub(crate) use certificates::show_certificates;
pub(crate) use give::{give_delegation, give_mandate, show_delegation_form, show_mandate_form};
pub(crate) use list::list_authority;
pub(crate) use one::{end_delegation, end_mandate, show_delegation, show_mandate};
pub(crate) use why::show_why;

use crate::authority::giving::MANAGE;
use crate::authority::model::{Form, Term};
use crate::authority::settings::Named;
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::StaffMember;
use haidang_kernel::problem::Problem;
use haidang_ui::component::Tag;
use haidang_ui::field::{Choice, ErrorItem};
use haidang_ui::{Html, Page};
use haidang_web::FormFields;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Address of the list.
pub(crate) const AUTHORITY: &str = "/can-bo/tham-quyen";

/// Which agency a page is about.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AgencyQuery {
    #[serde(default)]
    co_quan: String,
}

impl AgencyQuery {
    /// The agency asked for, or that of the reader's first post.
    fn agency(&self, reader: &Reader<'_>) -> Result<String, Problem> {
        if !self.co_quan.is_empty() {
            return Ok(self.co_quan.clone());
        }
        let own = reader.actor.positions.first().map(|post| post.agency.clone());
        own.ok_or_else(|| Problem::not_found("agency_not_found", "no agency was named"))
    }
}

/// Whether the reader names heads and gives delegations there.
fn manages(reader: &Reader<'_>, agency: &str) -> bool {
    reader.actor.can_in(MANAGE, agency)
}

/// Names of the people of a page: staff of today, others by their record.
struct Names {
    known: BTreeMap<PersonId, String>,
}

impl Names {
    fn of_staff(staff: &[StaffMember]) -> Self {
        Self { known: staff.iter().map(|member| (member.person.clone(), member.name.clone())).collect() }
    }

    async fn of(&mut self, room: &OfficeRoom, person: &PersonId) -> Result<String, Problem> {
        if let Some(name) = self.known.get(person) {
            return Ok(name.clone());
        }
        let name = room.identity.person(person).await?.map(|record| record.full_name).unwrap_or_default();
        self.known.insert(person.clone(), name.clone());
        Ok(name)
    }
}

/// A form in words: `Ký thay (KT.)`.
fn form_text(page: &Page, form: Form) -> String {
    page.t(&format!("authority-form-{}", form.as_str().to_lowercase()))
}

/// From when to when, in words.
fn term_text(page: &Page, term: &Term) -> String {
    match term.to {
        Some(to) => page.t2("authority-term", "from", page.date_table(term.from), "to", page.date_table(to)),
        None => page.t1("authority-term-open", "from", page.date_table(term.from)),
    }
}

/// In force, to come, over or ended.
fn term_tag(page: &Page, term: &Term, now: Timestamp) -> Tag {
    let day = haidang_kernel::time::civil(now).date();
    let key = if term.ended_at.is_some() {
        "authority-ended"
    } else if term.holds(now) {
        return page.tag(page.t("authority-in-force")).done();
    } else if term.from > day {
        return page.tag(page.t("authority-coming")).wait();
    } else {
        "authority-over"
    };
    page.tag(page.t(key))
}

/// Names of codes, or the word for "all" when there are none.
fn codes_text(page: &Page, codes: &[String], known: &[Named], all: &str) -> Html {
    if codes.is_empty() {
        return Html::text(page.t(all));
    }
    let mut out = Html::default();
    for (index, code) in codes.iter().enumerate() {
        if index > 0 {
            out = out.then(Html::text(", "));
        }
        out = match known.iter().find(|named| named.code == *code) {
            Some(named) => out.then(page.b(&named.name())),
            None => out.then(Html::text(code)),
        };
    }
    out
}

/// The printed block, line under line.
fn block(page: &Page, lines: &[String]) -> Html {
    let mut out = Html::default();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out = out.then(Html::trusted("<br>"));
        }
        out = out.then(page.vietnamese(line));
    }
    out
}

/// Staff as choices, each person once.
fn people(staff: &[StaffMember], chosen: &str) -> Vec<Choice> {
    let mut seen = std::collections::BTreeSet::new();
    let once = staff.iter().filter(|member| seen.insert(member.person.clone()));
    once.map(|member| {
        Choice::new(member.person.as_str(), format!("{}, {}", member.name, member.title))
            .lang(haidang_ui::Lang::Vi)
            .chosen(chosen)
    })
    .collect()
}

/// A date of three fields; `Err` when something was typed that is none.
fn typed_date(form: &FormFields, name: &str) -> Result<Option<Date>, ()> {
    let part = |part: &str| form.text(&format!("{name}.{part}")).trim().to_owned();
    let (day, month, year) = (part("day"), part("month"), part("year"));
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Ok(None);
    }
    let date = || Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    date().map(Some).ok_or(())
}

/// The message of a wrong field.
fn message(page: &Page, field: &str, code: &str) -> ErrorItem {
    let key = format!("authority-error-{}-{}", field.replace('_', "-"), code.replace('_', "-"));
    ErrorItem::of(field, page.t(&key))
}

/// A refusal of a rule, above the form.
fn general(page: &Page, code: &str) -> ErrorItem {
    ErrorItem::general(page.t(&format!("authority-problem-{}", code.replace('_', "-"))))
}
