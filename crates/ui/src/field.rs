//! What every question of a form has in common.
//!
//! Names and ids: a field's `name` is its key in the answers (`child_full_name`). The part of a composite answer
//! appends its key with a dot (`child_birth_date.day`, `child_birth_address.commune_code`), an item of a list its
//! number (`children.0.full_name`). The id of the control is the name with `.` and `/` replaced by `-`; the error
//! summary links to it ([`ErrorItem::of`]).

use crate::Lang;
use crate::html::{Html, IntoHtml};
use crate::texts::t;

/// One line of the error summary: the message of a field, word for word, and where to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorItem {
    /// Id of the control, without `#`; empty = no link.
    pub id: String,
    /// The message.
    pub message: String,
}

impl ErrorItem {
    /// An error of the field with this name.
    #[must_use]
    pub fn of(name: impl AsRef<str>, message: impl Into<String>) -> Self {
        Self { id: id_of(name.as_ref()), message: message.into() }
    }

    /// An error that belongs to no single field.
    #[must_use]
    pub fn general(message: impl Into<String>) -> Self {
        Self { id: String::new(), message: message.into() }
    }
}

/// Finds the message of a field by its name, or of one of its parts.
#[must_use]
pub fn error_of(errors: &[ErrorItem], name: &str) -> Option<String> {
    let id = id_of(name);
    errors
        .iter()
        .find(|error| error.id == id)
        .or_else(|| errors.iter().find(|error| error.id.strip_prefix(&id).is_some_and(|rest| rest.starts_with('-'))))
        .map(|error| error.message.clone())
}

/// The id of the control of a field name.
#[must_use]
pub fn id_of(name: &str) -> String {
    name.trim_start_matches('/').replace(['.', '/', ' '], "-")
}

/// How the label or legend of a question looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelStyle {
    /// The question is the page: the label is the `h1`.
    Heading,
    /// Large, a part of a page with several questions.
    Medium,
    /// Bold.
    Strong,
    /// Ordinary text.
    #[default]
    Plain,
}

/// A value that the city knows already, shown with its source so that it need not be typed (once only).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it is ("Bệnh viện đã báo").
    pub term: String,
    /// The value as shown.
    pub value: Html,
    /// Where from and when ("Nguồn: Cơ sở dữ liệu quốc gia về dân cư, ngày 03/09/2026").
    pub source: String,
}

/// One choice of radios, checkboxes or a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Value sent.
    pub value: String,
    /// Label.
    pub text: String,
    /// Language of the label, when it is not the language of the page.
    pub lang: Option<Lang>,
    /// Hint under the label.
    pub hint: Option<String>,
    /// Chosen now.
    pub checked: bool,
    /// Shown under the choice; other questions that belong to it.
    pub conditional: Option<Html>,
    /// A word "hoặc" stands before this choice.
    pub divider: bool,
}

impl Choice {
    /// A choice that is not made.
    #[must_use]
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            text: text.into(),
            lang: None,
            hint: None,
            checked: false,
            conditional: None,
            divider: false,
        }
    }

    /// Chosen when its value is the given one.
    #[must_use]
    pub fn chosen(mut self, value: &str) -> Self {
        self.checked = self.value == value;
        self
    }

    /// Sets whether it is chosen.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// Hint under the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The label is in this language.
    #[must_use]
    pub fn lang(mut self, lang: Lang) -> Self {
        self.lang = Some(lang);
        self
    }

    /// Content that belongs to this choice; always visible, since pages work without scripts.
    #[must_use]
    pub fn conditional(mut self, content: impl IntoHtml) -> Self {
        self.conditional = Some(content.into_html());
        self
    }

    /// Puts "hoặc" before it.
    #[must_use]
    pub fn after_divider(mut self) -> Self {
        self.divider = true;
        self
    }
}

/// What every question has: name, label, hint, error, source.
#[derive(Debug, Clone)]
pub struct Field {
    /// Language of the page.
    pub lang: Lang,
    /// Name sent.
    pub name: String,
    /// Id of the control.
    pub id: String,
    /// Label or legend.
    pub label: String,
    /// Language of label and hint, when it is not the language of the page.
    pub label_lang: Option<Lang>,
    /// How the label looks.
    pub style: LabelStyle,
    /// Hint under the label.
    pub hint: Option<String>,
    /// Message of a wrong answer.
    pub error: Option<String>,
    /// Marks the label "(không bắt buộc)".
    pub optional: bool,
    /// The `autocomplete` purpose (WCAG 1.3.5).
    pub autocomplete: Option<String>,
    /// Known value with its source.
    pub known: Option<Known>,
    /// A small line above the heading ("Thông tin của trẻ").
    pub caption: Option<String>,
}

impl Field {
    /// A required question with a plain label.
    #[must_use]
    pub fn new(lang: Lang, name: impl Into<String>, label: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            lang,
            id: id_of(&name),
            name,
            label: label.into(),
            label_lang: None,
            style: LabelStyle::Plain,
            hint: None,
            error: None,
            optional: false,
            autocomplete: None,
            known: None,
            caption: None,
        }
    }

    /// Sets the look of the label.
    #[must_use]
    pub fn style(mut self, style: LabelStyle) -> Self {
        self.style = style;
        self
    }

    /// The label is the `h1` of the page.
    #[must_use]
    pub fn heading(self) -> Self {
        self.style(LabelStyle::Heading)
    }

    /// Hint under the label.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into()).filter(|text| !text.is_empty());
        self
    }

    /// Message of a wrong answer.
    #[must_use]
    pub fn error(mut self, error: Option<String>) -> Self {
        self.error = error;
        self
    }

    /// Takes the message for this field out of the errors of the page.
    #[must_use]
    pub fn errors(mut self, errors: &[ErrorItem]) -> Self {
        self.error = error_of(errors, &self.name);
        self
    }

    /// Marks it "(không bắt buộc)".
    #[must_use]
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// The `autocomplete` purpose.
    #[must_use]
    pub fn autocomplete(mut self, purpose: impl Into<String>) -> Self {
        self.autocomplete = Some(purpose.into());
        self
    }

    /// Label and hint are in this language.
    #[must_use]
    pub fn label_lang(mut self, lang: Lang) -> Self {
        self.label_lang = Some(lang).filter(|own| *own != self.lang);
        self
    }

    /// Shows a known value with its source.
    #[must_use]
    pub fn known(mut self, known: Option<Known>) -> Self {
        self.known = known;
        self
    }

    /// Small line above the heading.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = Some(caption.into());
        self
    }

    /// Text of the frame in the language of the page.
    pub(crate) fn t(&self, key: &str) -> String {
        t(self.lang, key, &[])
    }

    /// Ids that describe the control, or nothing.
    pub(crate) fn described_by(&self) -> String {
        let mut ids = Vec::new();
        if self.known.is_some() {
            ids.push(format!("{}-known", self.id));
        }
        if self.hint.is_some() {
            ids.push(format!("{}-hint", self.id));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id));
        }
        ids.join(" ")
    }

    pub(crate) fn label_class(&self) -> &'static str {
        match self.style {
            LabelStyle::Heading => " govuk-label--xl",
            LabelStyle::Medium => " govuk-label--m",
            LabelStyle::Strong => " govuk-label--s",
            LabelStyle::Plain => "",
        }
    }

    pub(crate) fn legend_class(&self) -> &'static str {
        match self.style {
            LabelStyle::Heading => " govuk-fieldset__legend--xl",
            LabelStyle::Medium => " govuk-fieldset__legend--m",
            LabelStyle::Strong => " govuk-fieldset__legend--s",
            LabelStyle::Plain => "",
        }
    }

    pub(crate) fn is_heading(&self) -> bool {
        self.style == LabelStyle::Heading
    }

    pub(crate) fn label_lang_code(&self) -> Option<&'static str> {
        self.label_lang.map(|lang| lang.code())
    }
}
