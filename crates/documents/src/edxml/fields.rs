//! Taking values out of the tree of a message, and noting what is wrong with them.

use haidang_signing::xml::XmlElement;
use jiff::civil::{Date, DateTime};

use super::code::{parse_date, parse_moment};
use super::rule::{Fault, Rule};
use super::{LIST_LIMIT, NAMESPACE, VALUE_LIMIT, name};

/// Longest text of a field that is looked at, in bytes.
const FIELD_BYTES: usize = 4 * VALUE_LIMIT;

/// Whether a value must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Without it the message is refused.
    Must,
    /// It may be missing.
    May,
}

/// What was found wrong so far: what nobody should take, and what is worth a remark.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) refusals: Vec<Fault>,
    pub(super) remarks: Vec<Fault>,
}

/// An element with its place, for reasons.
#[derive(Debug, Clone)]
pub(super) struct At<'d> {
    pub(super) element: XmlElement<'d>,
    pub(super) place: String,
}

impl<'d> At<'d> {
    pub(super) fn below(&self, field: &str) -> String {
        if self.place.is_empty() { field.to_owned() } else { format!("{}/{field}", self.place) }
    }
}

impl Log {
    pub(super) fn refuse(&mut self, rule: Rule, place: impl Into<String>) {
        self.refusals.push(Fault::new(rule, place));
    }

    pub(super) fn remark(&mut self, rule: Rule, place: impl Into<String>) {
        self.remarks.push(Fault::new(rule, place));
    }

    /// All elements of this name, at most [`LIST_LIMIT`], numbered when there can be several.
    pub(super) fn all<'d>(&mut self, at: &At<'d>, field: &str) -> Vec<At<'d>> {
        let found: Vec<XmlElement<'d>> = at.element.children().filter(|child| child.is(name(field))).collect();
        if found.len() > LIST_LIMIT {
            self.refuse(Rule::TooMany, at.below(field));
            return Vec::new();
        }
        let numbered = |(number, element)| At { element, place: format!("{}[{}]", at.below(field), number + 1) };
        found.into_iter().enumerate().map(numbered).collect()
    }

    /// The one element of this name.
    pub(super) fn one<'d>(&mut self, at: &At<'d>, field: &str, need: Need) -> Option<At<'d>> {
        let mut found = at.element.children().filter(|child| child.is(name(field)));
        let first = found.next();
        if found.next().is_some() {
            self.refuse(Rule::Repeated, at.below(field));
        }
        if first.is_none() && need == Need::Must {
            self.refuse(Rule::Missing, at.below(field));
        }
        first.map(|element| At { element, place: at.below(field) })
    }

    /// The text of one element, without blanks around it.
    pub(super) fn text(&mut self, at: &At<'_>, field: &str, need: Need) -> String {
        let Some(one) = self.one(at, field, need) else { return String::new() };
        let text = self.own_text(&one);
        if text.is_empty() && need == Need::Must {
            self.refuse(Rule::Missing, one.place);
        }
        text
    }

    /// The text of this element.
    pub(super) fn own_text(&mut self, at: &At<'_>) -> String {
        match at.element.text() {
            Some(text) if text.len() <= FIELD_BYTES => text.trim().to_owned(),
            Some(_) => {
                self.refuse(Rule::TooLong, at.place.clone());
                String::new()
            }
            None => {
                self.refuse(Rule::Malformed, at.place.clone());
                String::new()
            }
        }
    }

    /// The text, read by `parse`; `None` when it is empty. A text that cannot be read is refused.
    pub(super) fn parsed<T>(
        &mut self,
        at: &At<'_>,
        field: &str,
        need: Need,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(at, field, need);
        if text.is_empty() {
            return None;
        }
        let value = parse(&text);
        if value.is_none() {
            self.refuse(Rule::Malformed, at.below(field));
        }
        value
    }

    pub(super) fn date(&mut self, at: &At<'_>, field: &str, need: Need) -> Option<Date> {
        self.parsed(at, field, need, parse_date)
    }

    pub(super) fn moment(&mut self, at: &At<'_>, field: &str) -> DateTime {
        self.parsed(at, field, Need::Must, parse_moment).unwrap_or_default()
    }

    pub(super) fn number(&mut self, at: &At<'_>, field: &str, need: Need) -> Option<u32> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        self.parsed(at, field, need, digits)
    }

    /// Remarks what stands in an element beside the fields of the standard.
    pub(super) fn known(&mut self, at: &At<'_>, fields: &[&str]) {
        let strange = |child: &XmlElement<'_>| child.namespace() != NAMESPACE || !fields.contains(&child.local());
        // One remark says enough; its name is the sender's, and is not repeated here.
        if at.element.children().any(|child| strange(&child)) {
            self.remark(Rule::UnknownField, at.place.clone());
        }
    }
}
