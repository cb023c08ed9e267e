//! Filters (RFC 7644, section 3.4.2.2): read into a tree, judged over a resource.

use jiff::Timestamp;
use serde_json::Value;

use super::fault::{self, ScimFault};
use super::path::Place;
use super::schema::{Attribute, Kind};

/// Longest filter in bytes.
const LONGEST: usize = 2_000;
/// Deepest nesting: a filter is judged by recursion.
const DEEPEST: usize = 20;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "co" => Self::Contains,
            "sw" => Self::StartsWith,
            "ew" => Self::EndsWith,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }
}

/// Where a filter looks.
#[derive(Debug, Clone)]
enum Target {
    /// An attribute of the resource, perhaps a part of it, perhaps of some values of a list.
    Resource(Box<Place>),
    /// A part of one value of a list; `None` for the value itself.
    Inside(Option<Attribute>),
}

/// A filter as a tree.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Present(TargetOf),
    Compare(TargetOf, Op),
}

/// A target, hidden from other files.
#[derive(Debug, Clone)]
pub(super) struct TargetOf(Target);

/// A comparison with its value.
#[derive(Debug, Clone)]
pub(super) struct Op(Comparison, Value);

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Literal(Value),
}

fn tokens(text: &str) -> Result<Vec<Token>, ScimFault> {
    if text.len() > LONGEST {
        return Err(fault::filter("the filter is too long"));
    }
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' => {
                found.push(Token::Open);
                1
            }
            ')' => {
                found.push(Token::Close);
                1
            }
            '"' => {
                let length = string_length(rest).ok_or_else(|| fault::filter("a string is not closed"))?;
                let value =
                    serde_json::from_str(&rest[..length]).map_err(|_| fault::filter("a string does not read"))?;
                found.push(Token::Literal(value));
                length
            }
            _ => {
                let length = word_length(rest);
                found.push(Token::Word(rest[..length].to_owned()));
                length
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// Bytes of a JSON string with its quotes.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Bytes up to a blank or a bracket; what stands in square brackets belongs to the word.
fn word_length(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_i32, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth -= 1,
            ' ' | '(' | ')' if !quoted && depth <= 0 => return at,
            _ => {}
        }
    }
    text.len()
}

struct Parser<'t> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    names: Names<'t>,
}

/// What names mean: of a whole resource, or of one value of a list.
#[derive(Clone, Copy)]
enum Names<'t> {
    Resource(Kind),
    Inside(Attribute, std::marker::PhantomData<&'t ()>),
}

impl Parser<'_> {
    fn word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        if found {
            self.tokens.next();
        }
        found
    }

    fn any(&mut self, depth: usize) -> Result<Filter, ScimFault> {
        let mut left = self.all(depth)?;
        while self.word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.all(depth)?));
        }
        Ok(left)
    }

    fn all(&mut self, depth: usize) -> Result<Filter, ScimFault> {
        let mut left = self.one(depth)?;
        while self.word("and") {
            left = Filter::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Ok(left)
    }

    fn one(&mut self, depth: usize) -> Result<Filter, ScimFault> {
        if depth > DEEPEST {
            return Err(fault::filter("the filter is nested too deeply"));
        }
        match self.tokens.next() {
            Some(Token::Open) => self.closed(depth),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") && self.tokens.peek() == Some(&Token::Open) => {
                self.tokens.next();
                Ok(Filter::Not(Box::new(self.closed(depth)?)))
            }
            Some(Token::Word(name)) => self.attribute(&name),
            _ => Err(fault::filter("an attribute is expected")),
        }
    }

    fn closed(&mut self, depth: usize) -> Result<Filter, ScimFault> {
        let inner = self.any(depth + 1)?;
        match self.tokens.next() {
            Some(Token::Close) => Ok(inner),
            _ => Err(fault::filter("a bracket is not closed")),
        }
    }

    fn attribute(&mut self, name: &str) -> Result<Filter, ScimFault> {
        let target = self.target(name)?;
        // `emails[type eq "work"]` alone asks whether there is such a value.
        let alone = matches!(&target, Target::Resource(place) if place.filter.is_some());
        let target = TargetOf(target);
        let operator = match self.tokens.peek() {
            Some(Token::Word(word)) if !["and", "or"].contains(&word.to_ascii_lowercase().as_str()) => word.clone(),
            _ if alone => return Ok(Filter::Present(target)),
            _ => return Err(fault::filter("an operator is expected")),
        };
        self.tokens.next();
        if operator.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(target));
        }
        let comparison = Comparison::parse(&operator).ok_or_else(|| fault::filter("an operator is not known"))?;
        let value = match self.tokens.next() {
            Some(Token::Literal(value)) => value,
            Some(Token::Word(word)) => {
                serde_json::from_str(&word.to_ascii_lowercase()).map_err(|_| fault::filter("a value does not read"))?
            }
            _ => return Err(fault::filter("a value is expected")),
        };
        Ok(Filter::Compare(target, Op(comparison, value)))
    }

    fn target(&self, name: &str) -> Result<Target, ScimFault> {
        match self.names {
            Names::Resource(kind) => {
                let place = Place::parse(kind, name).map_err(|_| fault::filter("an attribute is not known"))?;
                Ok(Target::Resource(Box::new(place)))
            }
            Names::Inside(attribute, _) if attribute.parts().is_empty() => Ok(Target::Inside(None)),
            Names::Inside(attribute, _) => {
                let part = attribute.part(name).ok_or_else(|| fault::filter("an attribute is not known"))?;
                Ok(Target::Inside(Some(part)))
            }
        }
    }
}

impl Filter {
    /// Reads a filter over resources of a kind.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub(super) fn parse(kind: Kind, text: &str) -> Result<Filter, ScimFault> {
        Filter::read(Names::Resource(kind), text)
    }

    /// Reads a filter over the values of one list.
    ///
    /// # Errors
    /// `invalidFilter`.
    pub(super) fn parse_inside(attribute: Attribute, text: &str) -> Result<Filter, ScimFault> {
        Filter::read(Names::Inside(attribute, std::marker::PhantomData), text)
    }

    fn read(names: Names<'_>, text: &str) -> Result<Filter, ScimFault> {
        let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), names };
        let filter = parser.any(0)?;
        match parser.tokens.next() {
            None => Ok(filter),
            Some(_) => Err(fault::filter("something stands behind the end")),
        }
    }

    /// Whether a resource, or one value of a list, fits.
    pub(super) fn fits(&self, subject: &Value) -> bool {
        match self {
            Filter::And(left, right) => left.fits(subject) && right.fits(subject),
            Filter::Or(left, right) => left.fits(subject) || right.fits(subject),
            Filter::Not(inner) => !inner.fits(subject),
            Filter::Present(target) => target.0.values(subject).iter().any(|(value, _)| is_present(value)),
            Filter::Compare(target, Op(comparison, wanted)) => {
                let values = target.0.values(subject);
                match comparison {
                    // "Not equal" means that no value is equal.
                    Comparison::NotEqual => {
                        !values.iter().any(|(value, exact)| compares(Comparison::Equal, value, wanted, *exact))
                    }
                    other => values.iter().any(|(value, exact)| compares(*other, value, wanted, *exact)),
                }
            }
        }
    }

    /// The name asked for when the filter is `attribute eq "value"` and nothing else, which an index can answer.
    pub(super) fn equal_to(&self, name: &str) -> Option<&str> {
        let Filter::Compare(TargetOf(Target::Resource(place)), Op(Comparison::Equal, Value::String(value))) = self
        else {
            return None;
        };
        let plain = place.extension.is_none() && place.part.is_none() && place.filter.is_none();
        (plain && place.attribute.is_some_and(|attribute| attribute.name() == name)).then_some(value)
    }
}

impl Target {
    /// The values looked at, each with whether case matters.
    fn values<'v>(&self, subject: &'v Value) -> Vec<(&'v Value, bool)> {
        match self {
            Target::Inside(None) => vec![(subject, false)],
            Target::Inside(Some(part)) => {
                subject.get(part.name()).map(|value| (value, part.is_case_exact())).into_iter().collect()
            }
            Target::Resource(place) => {
                let holder = match place.extension {
                    Some(extension) => subject.get(extension),
                    None => Some(subject),
                };
                let Some(holder) = holder else { return Vec::new() };
                let Some(attribute) = place.attribute else { return vec![(holder, true)] };
                let found = holder.get(attribute.name());
                let list: Vec<&Value> = match found {
                    Some(Value::Array(list)) => list.iter().collect(),
                    Some(value) => vec![value],
                    None => Vec::new(),
                };
                let kept =
                    list.into_iter().filter(|value| place.filter.as_ref().is_none_or(|filter| filter.fits(value)));
                let part = place.part.or_else(|| attribute.part("value").filter(|_| attribute.is_many()));
                match part {
                    Some(part) => kept
                        .filter_map(|value| value.get(part.name()))
                        .map(|value| (value, part.is_case_exact()))
                        .collect(),
                    None => kept.map(|value| (value, attribute.is_case_exact())).collect(),
                }
            }
        }
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

fn compares(comparison: Comparison, value: &Value, wanted: &Value, exact: bool) -> bool {
    use Comparison as C;
    match (value, wanted) {
        (Value::String(value), Value::String(wanted)) => {
            let times = (value.parse::<Timestamp>().ok(), wanted.parse::<Timestamp>().ok());
            if let (Some(value), Some(wanted)) = times
                && !matches!(comparison, C::Contains | C::StartsWith | C::EndsWith)
            {
                return ordered(comparison, &value, &wanted);
            }
            let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
            let (value, wanted) = (fold(value), fold(wanted));
            match comparison {
                C::Contains => value.contains(&wanted),
                C::StartsWith => value.starts_with(&wanted),
                C::EndsWith => value.ends_with(&wanted),
                other => ordered(other, &value, &wanted),
            }
        }
        (Value::Number(value), Value::Number(wanted)) => match (value.as_f64(), wanted.as_f64()) {
            (Some(value), Some(wanted)) => ordered(comparison, &value, &wanted),
            _ => false,
        },
        (Value::Bool(value), Value::Bool(wanted)) => comparison == C::Equal && value == wanted,
        _ => false,
    }
}

fn ordered<T: PartialOrd>(comparison: Comparison, value: &T, wanted: &T) -> bool {
    match comparison {
        Comparison::Equal => value == wanted,
        Comparison::NotEqual => value != wanted,
        Comparison::Greater => value > wanted,
        Comparison::GreaterOrEqual => value >= wanted,
        Comparison::Less => value < wanted,
        Comparison::LessOrEqual => value <= wanted,
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => false,
    }
}
