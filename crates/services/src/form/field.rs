//! A form and its fields.

use super::checks::Check;
use crate::procedure::expression::{Expression, Surroundings};
use crate::procedure::shape::Shape;
use haidang_kernel::bilingual::Bilingual;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a field is asked and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Widget {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// Full date: three inputs.
    Date,
    /// Year, month and year, or full date: three inputs.
    PartialDate,
    /// Hour and minute.
    Time,
    /// Số định danh cá nhân.
    CitizenNo,
    /// Mã số thuế.
    TaxNo,
    /// Identity paper: kind, number, date, issuer.
    IdPaper,
    /// Province, commune, detail.
    Address,
    /// Telephone.
    Phone,
    /// Email.
    Email,
    /// One option.
    Enum,
    /// Several options.
    Set,
    /// Integer đồng.
    Money,
    /// Whole number.
    Integer,
    /// Square metres, one decimal.
    Area,
    /// Yes or no.
    Boolean,
    /// Entries that can be added and removed.
    List,
    /// A person: name, number, birth, sex, ethnicity, nationality, residence.
    PersonRef,
}

impl Widget {
    /// The word of the format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::LongText => "long_text",
            Self::Date => "date",
            Self::PartialDate => "partial_date",
            Self::Time => "time",
            Self::CitizenNo => "citizen_no",
            Self::TaxNo => "tax_no",
            Self::IdPaper => "id_paper",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Enum => "enum",
            Self::Set => "set",
            Self::Money => "money",
            Self::Integer => "integer",
            Self::Area => "area",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::PersonRef => "person_ref",
        }
    }

    /// Whether the value is an object of named parts.
    pub fn is_record(self) -> bool {
        matches!(self, Self::IdPaper | Self::Address | Self::PersonRef)
    }

    /// Whether one option or several are picked rather than typed.
    pub fn is_choice(self) -> bool {
        matches!(self, Self::Enum | Self::Set | Self::Boolean)
    }
}

/// An option of an enum or a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Stored value.
    pub value: String,
    /// Words shown.
    pub label: Bilingual,
    /// Help under the option.
    pub hint: Option<Bilingual>,
}

/// Whether a field must be answered.
#[derive(Debug, Clone)]
pub enum Requirement {
    /// Whenever its page applies.
    Always,
    /// Never; marked "(không bắt buộc)".
    Never,
    /// When the condition holds.
    When(Expression),
}

/// One field of a form, or one part of a composite field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Key in its object.
    pub key: String,
    /// How it is asked.
    pub widget: Widget,
    /// Noun phrase; messages build on it.
    pub label: Bilingual,
    /// The label as a question, when the page shows it so.
    pub ask: Option<Bilingual>,
    /// Help under the label.
    pub hint: Option<Bilingual>,
    /// Why it is asked.
    pub why: Option<Bilingual>,
    /// Whether it must be answered.
    pub required: Requirement,
    /// Shown only when this holds.
    pub show_when: Option<Expression>,
    /// A boolean that must be true.
    pub must_be: bool,
    /// Further checks.
    pub checks: Vec<Check>,
    /// Sister fields the checks look at, by role (`birth_date`, `sex`).
    pub with: BTreeMap<String, String>,
    /// Options written in the form.
    pub options: Vec<Choice>,
    /// Code list of the pack that holds the options.
    pub options_from: Option<String>,
    /// HTML autocomplete token.
    pub autocomplete: Option<String>,
    /// Source that fills it before asking.
    pub prefill: Option<String>,
    /// Messages by keyword or check that replace the house message.
    pub errors: BTreeMap<String, Bilingual>,
    /// Unit shown behind a number.
    pub unit: Option<Bilingual>,
    /// Hidden from lists and overviews.
    pub sensitive: bool,
    /// No primary source confirmed this field.
    pub unverified: bool,
    /// Parts of a composite value, or of one entry of a list.
    pub parts: Vec<Field>,
    /// Name of one entry of a list.
    pub item: Option<Bilingual>,
    /// Complete JSON Schema of the value.
    pub schema: Json,
}

impl Field {
    /// Longest text in characters, when the value is text.
    pub fn max_length(&self) -> Option<u64> {
        self.schema.get("maxLength").and_then(Json::as_u64)
    }

    /// Most entries of a list or set.
    pub fn max_items(&self) -> usize {
        let most = self.schema.get("maxItems").and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
        most.unwrap_or(50)
    }

    /// Whether it is asked as optional whatever the other answers are.
    pub fn is_optional(&self) -> bool {
        matches!(self.required, Requirement::Never)
    }

    /// Whether it must be answered now.
    pub fn is_required(&self, surroundings: &Surroundings) -> bool {
        match &self.required {
            Requirement::Always => true,
            Requirement::Never => false,
            Requirement::When(condition) => condition.truth(surroundings).holds(),
        }
    }

    /// Whether it is shown now.
    pub fn is_shown(&self, surroundings: &Surroundings) -> bool {
        self.show_when.as_ref().is_none_or(|condition| condition.truth(surroundings).holds())
    }

    /// The part with this key.
    pub fn part(&self, key: &str) -> Option<&Field> {
        self.parts.iter().find(|part| part.key == key)
    }

    /// HTML name of the first input that an error should lead to.
    pub fn first_input(&self, name: &str) -> String {
        match self.widget {
            Widget::Date | Widget::PartialDate => format!("{name}.day"),
            Widget::List => match self.parts.first() {
                Some(part) => part.first_input(&format!("{name}.0.{}", part.key)),
                None => name.to_owned(),
            },
            widget if widget.is_record() => match self.parts.first() {
                Some(part) => part.first_input(&format!("{name}.{}", part.key)),
                None => name.to_owned(),
            },
            _ => name.to_owned(),
        }
    }

    /// Shape for the check of expressions.
    pub fn shape(&self) -> Shape {
        let record = || Shape::Record(self.parts.iter().map(|part| (part.key.clone(), part.shape())).collect());
        match self.widget {
            Widget::Date => Shape::Date,
            Widget::PartialDate => Shape::PartialDate,
            Widget::Enum if !self.options.is_empty() => {
                Shape::Choice(self.options.iter().map(|o| o.value.clone()).collect())
            }
            Widget::Set => {
                let entry = if self.options.is_empty() {
                    Shape::Text
                } else {
                    Shape::Choice(self.options.iter().map(|o| o.value.clone()).collect())
                };
                Shape::List(Box::new(entry))
            }
            Widget::Money | Widget::Integer | Widget::Area => Shape::Number,
            Widget::Boolean => Shape::Truth,
            Widget::List => Shape::List(Box::new(record())),
            Widget::IdPaper | Widget::Address | Widget::PersonRef => record(),
            _ => Shape::Text,
        }
    }
}

/// The form of a procedure version.
#[derive(Clone, Default)]
pub struct Form {
    /// Fields in the order of the file.
    pub fields: Vec<Field>,
    pub(super) schema: Json,
    pub(super) validator: Option<Arc<jsonschema::Validator>>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({} fields)", self.fields.len())
    }
}

impl Form {
    /// The field with this key.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The complete, self-contained JSON Schema, as published and as judged from outside.
    pub fn schema(&self) -> &Json {
        &self.schema
    }

    /// Verdict of the JSON Schema alone on a whole answer.
    pub fn schema_accepts(&self, answers: &Json) -> bool {
        self.validator.as_ref().is_some_and(|validator| validator.is_valid(answers))
    }

    /// Shape of `form` for the check of expressions.
    pub fn shape(&self) -> Shape {
        Shape::Record(self.fields.iter().map(|field| (field.key.clone(), field.shape())).collect())
    }
}

/// HTML element id of an input name.
pub fn html_id(name: &str) -> String {
    name.replace('.', "-")
}
