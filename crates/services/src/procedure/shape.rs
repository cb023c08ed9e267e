//! Static check of expressions: names, options, functions, cost.
//!
//! CEL itself would only notice a misspelt `form.x` when a resident's case reaches it. Here every expression is walked
//! once at load against the shapes of the variables, so that the publish gate finds it.

use cel::IdedExpr;
use cel::common::ast::{ComprehensionExpr, Expr, LiteralValue, operators as op};
use std::collections::BTreeMap;

/// What may stand at a place of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Not known before evaluation.
    Any,
    /// Yes or no.
    Truth,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A full date as ISO text.
    Date,
    /// Year, month or full date as ISO text.
    PartialDate,
    /// One of these texts.
    Choice(Vec<String>),
    /// Named parts.
    Record(BTreeMap<String, Shape>),
    /// Entries of one shape.
    List(Box<Shape>),
}

impl Shape {
    fn is_text(&self) -> bool {
        matches!(self, Self::Any | Self::Text | Self::Date | Self::PartialDate | Self::Choice(_))
    }

    fn fits(&self, wanted: &Shape) -> bool {
        match wanted {
            Shape::Any => true,
            Shape::Truth => matches!(self, Shape::Any | Shape::Truth),
            Shape::Number => matches!(self, Shape::Any | Shape::Number),
            Shape::Text => self.is_text(),
            Shape::Date => matches!(self, Shape::Any | Shape::Date | Shape::Text),
            Shape::PartialDate => matches!(self, Shape::Any | Shape::Date | Shape::PartialDate | Shape::Text),
            Shape::List(_) => matches!(self, Shape::Any | Shape::List(_)),
            other => matches!(self, Shape::Any) || self == other,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Shape::Any => "any value",
            Shape::Truth => "true or false",
            Shape::Number => "a number",
            Shape::Text => "text",
            Shape::Date => "a full date",
            Shape::PartialDate => "a partial date",
            Shape::Choice(_) => "one of the options",
            Shape::Record(_) => "an object",
            Shape::List(_) => "a list",
        }
    }
}

/// Shapes of the variables an expression may use.
pub type Variables = BTreeMap<String, Shape>;

/// Entries a list may have (the form's own limit), the factor of the cost bound.
pub const MOST_ENTRIES: u64 = 50;
const MOST_COST: u64 = 20_000;

/// Checks an expression.
///
/// # Errors
/// One English sentence naming the first fault.
pub fn check(expression: &IdedExpr, variables: &Variables, wanted: &Shape) -> Result<(), String> {
    if cost(expression, 1) > MOST_COST {
        return Err("the expression costs too much: lists inside lists are not allowed".to_owned());
    }
    let scope = Scope { locals: Vec::new(), variables };
    let shape = walk(expression, &scope)?;
    if shape.fits(wanted) {
        Ok(())
    } else {
        Err(format!("the expression gives {}, but {} is needed here", shape.words(), wanted.words()))
    }
}

/// The known word nearest to a wrong one.
pub fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::damerau_levenshtein(wrong, word), word))
        .filter(|(distance, word)| *distance <= 2.max(word.chars().count() / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

fn unknown<'a>(what: &str, wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(wrong, known) {
        Some(near) => format!("{what} `{wrong}` is unknown; nearest: `{near}`"),
        None => format!("{what} `{wrong}` is unknown"),
    }
}

struct Scope<'a> {
    locals: Vec<(&'a str, Shape)>,
    variables: &'a Variables,
}

impl Scope<'_> {
    fn find(&self, name: &str) -> Option<Shape> {
        let local = self.locals.iter().rev().find(|(known, _)| *known == name).map(|(_, shape)| shape.clone());
        local.or_else(|| self.variables.get(name).cloned())
    }
}

fn cost(expression: &IdedExpr, times: u64) -> u64 {
    let one = times;
    let sum = |list: &[IdedExpr]| list.iter().map(|e| cost(e, times)).fold(0u64, u64::saturating_add);
    match &expression.expr {
        Expr::Call(call) => {
            let target = call.target.as_ref().map_or(0, |t| cost(t, times));
            one.saturating_add(target).saturating_add(sum(&call.args))
        }
        Expr::Comprehension(c) => {
            let inner = times.saturating_mul(MOST_ENTRIES);
            [cost(&c.iter_range, times), cost(&c.accu_init, times), cost(&c.result, times), cost(&c.loop_cond, inner)]
                .into_iter()
                .fold(cost(&c.loop_step, inner), u64::saturating_add)
        }
        Expr::List(list) => one.saturating_add(sum(&list.elements)),
        Expr::Select(select) => one.saturating_add(cost(&select.operand, times)),
        _ => one,
    }
}

fn walk(expression: &IdedExpr, scope: &Scope<'_>) -> Result<Shape, String> {
    match &expression.expr {
        Expr::Ident(name) => {
            scope.find(name).ok_or_else(|| unknown("the name", name, scope.variables.keys().map(String::as_str)))
        }
        Expr::Literal(literal) => Ok(match literal {
            LiteralValue::Boolean(_) => Shape::Truth,
            LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => Shape::Number,
            LiteralValue::String(_) => Shape::Text,
            LiteralValue::Null | LiteralValue::Bytes(_) => Shape::Any,
        }),
        Expr::Select(select) => match walk(&select.operand, scope)? {
            Shape::Any => Ok(Shape::Any),
            Shape::Record(parts) => match parts.get(&select.field) {
                Some(shape) if select.test => Ok(if *shape == Shape::Any { Shape::Any } else { Shape::Truth }),
                Some(shape) => Ok(shape.clone()),
                None => Err(unknown(
                    "the answer",
                    &format!("{}{}", path(&select.operand), select.field),
                    parts
                        .keys()
                        .map(|k| format!("{}{k}", path(&select.operand)))
                        .collect::<Vec<_>>()
                        .iter()
                        .map(String::as_str),
                )),
            },
            other => Err(format!("`{}{}`: {} has no parts", path(&select.operand), select.field, other.words())),
        },
        Expr::List(list) => {
            let mut shape = None;
            for element in &list.elements {
                shape = Some(walk(element, scope)?);
            }
            Ok(Shape::List(Box::new(shape.unwrap_or(Shape::Any))))
        }
        Expr::Call(call) => call_shape(call, scope),
        Expr::Comprehension(comprehension) => comprehension_shape(comprehension, scope),
        Expr::Map(_) | Expr::Struct(_) => Err("objects cannot be built in an expression".to_owned()),
        Expr::Unspecified => Err("the expression is empty".to_owned()),
    }
}

fn path(expression: &IdedExpr) -> String {
    match &expression.expr {
        Expr::Ident(name) => format!("{name}."),
        Expr::Select(select) => format!("{}{}.", path(&select.operand), select.field),
        _ => String::new(),
    }
}

fn comprehension_shape(c: &ComprehensionExpr, scope: &Scope<'_>) -> Result<Shape, String> {
    let entry = match walk(&c.iter_range, scope)? {
        Shape::List(entry) => *entry,
        Shape::Any => Shape::Any,
        other => return Err(format!("{} has no entries to go through", other.words())),
    };
    let whole = walk(&c.accu_init, scope)?;
    let mut locals = scope.locals.clone();
    locals.push((c.iter_var.as_str(), entry));
    if let Some(second) = &c.iter_var2 {
        locals.push((second.as_str(), Shape::Any));
    }
    locals.push((c.accu_var.as_str(), whole.clone()));
    let inner = Scope { locals, variables: scope.variables };
    walk(&c.loop_cond, &inner)?;
    walk(&c.loop_step, &inner)?;
    walk(&c.result, &inner)?;
    Ok(match whole {
        Shape::List(_) => Shape::List(Box::new(Shape::Any)),
        Shape::Truth => Shape::Truth,
        _ => Shape::Any,
    })
}

fn literal_texts(expression: &IdedExpr) -> Vec<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => vec![text.inner()],
        Expr::List(list) => list.elements.iter().flat_map(literal_texts).collect(),
        _ => Vec::new(),
    }
}

fn options_agree(shape: &Shape, other: &IdedExpr) -> Result<(), String> {
    let Shape::Choice(options) = shape else { return Ok(()) };
    for text in literal_texts(other) {
        if !options.iter().any(|option| option == text) {
            return Err(unknown("the option", text, options.iter().map(String::as_str)));
        }
    }
    Ok(())
}

/// Name, shapes of the arguments, whether the last one may repeat, shape of the outcome.
const FUNCTIONS: [(&str, &[Shape], bool, Shape); 11] = [
    ("date", &[Shape::Text], false, Shape::Date),
    ("days_between", &[Shape::Date, Shape::Date], false, Shape::Number),
    ("age_on", &[Shape::Date, Shape::Date], false, Shape::Number),
    ("first_day", &[Shape::PartialDate], false, Shape::Date),
    ("last_day", &[Shape::PartialDate], false, Shape::Date),
    ("min", &[Shape::Any], true, Shape::Any),
    ("max", &[Shape::Any], true, Shape::Any),
    ("sum", &[Shape::Any], false, Shape::Number),
    ("size", &[Shape::Any], false, Shape::Number),
    ("int", &[Shape::Any], false, Shape::Number),
    ("string", &[Shape::Any], false, Shape::Text),
];

fn call_shape(call: &cel::common::ast::CallExpr, scope: &Scope<'_>) -> Result<Shape, String> {
    let mut given = Vec::new();
    for argument in call.target.iter().map(|t| &**t).chain(&call.args) {
        given.push(walk(argument, scope)?);
    }
    let arguments: Vec<&IdedExpr> = call.target.iter().map(|t| &**t).chain(&call.args).collect();
    let name = call.func_name.as_str();
    match name {
        op::EQUALS | op::NOT_EQUALS => {
            if let ([left, right], [a, b]) = (given.as_slice(), arguments.as_slice()) {
                options_agree(left, b)?;
                options_agree(right, a)?;
                if comparable(left, right) {
                    return Ok(Shape::Truth);
                }
                return Err(format!("{} is never equal to {}", left.words(), right.words()));
            }
            Ok(Shape::Truth)
        }
        op::IN => {
            if let ([left, _], [_, b]) = (given.as_slice(), arguments.as_slice()) {
                options_agree(left, b)?;
            }
            if let ([_, Shape::List(entry)], [a, _]) = (given.as_slice(), arguments.as_slice()) {
                options_agree(entry, a)?;
            }
            Ok(Shape::Truth)
        }
        op::GREATER | op::GREATER_EQUALS | op::LESS | op::LESS_EQUALS => match given.as_slice() {
            [left, right] if !comparable(left, right) => {
                Err(format!("{} cannot be compared with {}", left.words(), right.words()))
            }
            _ => Ok(Shape::Truth),
        },
        op::LOGICAL_AND | op::LOGICAL_OR | op::LOGICAL_NOT => {
            match given.iter().find(|shape| !shape.fits(&Shape::Truth)) {
                Some(wrong) => Err(format!("{} stands where true or false is needed", wrong.words())),
                None => Ok(Shape::Truth),
            }
        }
        op::CONDITIONAL => match given.as_slice() {
            [condition, _, _] if !condition.fits(&Shape::Truth) => {
                Err(format!("{} stands where true or false is needed", condition.words()))
            }
            [_, yes, no] if yes == no => Ok(yes.clone()),
            [_, yes, no] if yes.is_text() && no.is_text() && *yes != Shape::Any && *no != Shape::Any => Ok(Shape::Text),
            _ => Ok(Shape::Any),
        },
        op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO | op::NEGATE => {
            Ok(if name == op::ADD && !given.iter().all(|s| *s == Shape::Number) { Shape::Any } else { Shape::Number })
        }
        op::INDEX => Ok(match given.into_iter().next() {
            Some(Shape::List(entry)) => *entry,
            _ => Shape::Any,
        }),
        op::NOT_STRICTLY_FALSE => Ok(Shape::Truth),
        "matches" | "contains" | "startsWith" | "endsWith" => Ok(Shape::Truth),
        _ => function_shape(name, &given),
    }
}

fn comparable(left: &Shape, right: &Shape) -> bool {
    left == right || *left == Shape::Any || *right == Shape::Any || (left.is_text() && right.is_text())
}

fn function_shape(name: &str, given: &[Shape]) -> Result<Shape, String> {
    let Some((_, wanted, repeats, outcome)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
        return Err(unknown("the function", name, FUNCTIONS.iter().map(|(known, ..)| *known)));
    };
    if given.len() != wanted.len() && !(*repeats && given.len() > wanted.len()) {
        return Err(format!("`{name}` takes {} values, {} are given", wanted.len(), given.len()));
    }
    for (position, shape) in given.iter().enumerate() {
        let Some(wanted) = wanted.get(position.min(wanted.len().saturating_sub(1))) else { continue };
        if !shape.fits(wanted) {
            return Err(format!("`{name}` needs {}, not {}", wanted.words(), shape.words()));
        }
    }
    Ok(match outcome {
        Shape::Any if !given.is_empty() && given.iter().all(|s| *s == Shape::Number) => Shape::Number,
        other => other.clone(),
    })
}
