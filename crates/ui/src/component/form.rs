//! Questions: text, long text, dates, choices, files.

use crate::field::{Choice, Field};
use askama::Template;

/// A text field. Numbers and codes too: never `type=number`, which eats zeros.
#[derive(Debug, Clone, Template)]
#[template(path = "components/text_input.html")]
pub struct TextInput {
    field: Field,
    value: String,
    kind: &'static str,
    width: Option<u8>,
    numeric: bool,
    figures: bool,
    maxlength: Option<u32>,
    prefix: Option<String>,
    suffix: Option<String>,
    list: Option<String>,
}

impl TextInput {
    /// An empty field.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self {
            field,
            value: String::new(),
            kind: "text",
            width: None,
            numeric: false,
            figures: false,
            maxlength: None,
            prefix: None,
            suffix: None,
            list: None,
        }
    }

    /// What was typed before.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Input type: `text`, `tel`, `email`, `password`, `search`.
    #[must_use]
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// Width in characters: 2, 3, 4, 5, 10, 20 or 30.
    #[must_use]
    pub fn width(mut self, characters: u8) -> Self {
        self.width = Some(characters);
        self
    }

    /// Digits: number keys on a phone, level figures.
    #[must_use]
    pub fn numeric(mut self) -> Self {
        self.numeric = true;
        self.figures = true;
        self
    }

    /// Level figures for codes.
    #[must_use]
    pub fn figures(mut self) -> Self {
        self.figures = true;
        self
    }

    /// Most characters the browser accepts.
    #[must_use]
    pub fn maxlength(mut self, characters: u32) -> Self {
        self.maxlength = Some(characters);
        self
    }

    /// Shown before the field; also say it in label or hint.
    #[must_use]
    pub fn prefix(mut self, text: impl Into<String>) -> Self {
        self.prefix = Some(text.into());
        self
    }

    /// Shown after the field (`m²`, `đồng`); also say it in label or hint.
    #[must_use]
    pub fn suffix(mut self, text: impl Into<String>) -> Self {
        self.suffix = Some(text.into());
        self
    }

    /// Id of a `datalist` with suggestions.
    #[must_use]
    pub fn suggestions(mut self, id: impl Into<String>) -> Self {
        self.list = Some(id.into());
        self
    }
}

/// A long text.
#[derive(Debug, Clone, Template)]
#[template(path = "components/text_area.html")]
pub struct TextArea {
    field: Field,
    value: String,
    rows: u8,
    limit: Option<u32>,
}

impl TextArea {
    /// An empty field of five lines.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self { field, value: String::new(), rows: 5, limit: None }
    }

    /// What was typed before.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Visible lines.
    #[must_use]
    pub fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// Most characters, counted on the page; the server checks again.
    #[must_use]
    pub fn limit(mut self, characters: u32) -> Self {
        self.limit = Some(characters);
        self
    }

    fn described_by(&self) -> String {
        let mut ids = self.field.described_by();
        if self.limit.is_some() {
            ids = format!("{} {ids}", format_args!("{}-info", self.field.id)).trim_end().to_owned();
        }
        ids
    }

    fn most(&self, limit: &u32) -> String {
        crate::t(self.field.lang, "ui-count-most", &[("count", limit.into())])
    }

    fn counting(&self) -> [(&'static str, String); 3] {
        [
            ("characters-under-limit.other", self.field.t("ui-count-left")),
            ("characters-at-limit", self.field.t("ui-count-none-left")),
            ("characters-over-limit.other", self.field.t("ui-count-over")),
        ]
    }
}

/// A date as three fields: day, month, year. No calendar picker; `5` and `05` are the same.
#[derive(Debug, Clone, Template)]
#[template(path = "components/date_input.html")]
pub struct DateField {
    field: Field,
    values: [String; 3],
    wrong: [bool; 3],
    birthday: bool,
}

struct DatePart {
    id: String,
    name: String,
    label: String,
    value: String,
    width: u8,
    wrong: bool,
    autocomplete: &'static str,
}

impl DateField {
    /// Three empty fields named `<name>.day`, `<name>.month`, `<name>.year`.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self { field, values: Default::default(), wrong: [false; 3], birthday: false }
    }

    /// What was typed before: day, month, year.
    #[must_use]
    pub fn values(mut self, day: impl Into<String>, month: impl Into<String>, year: impl Into<String>) -> Self {
        self.values = [day.into(), month.into(), year.into()];
        self
    }

    /// Fills the fields from `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    #[must_use]
    pub fn iso(mut self, date: &str) -> Self {
        let mut parts = date.splitn(3, '-').map(|part| part.trim_start_matches('0').to_owned());
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        self.values = [day.unwrap_or_default(), month.unwrap_or_default(), year.unwrap_or_default()];
        self
    }

    /// Which of the three are wrong; without it an error marks all three.
    #[must_use]
    pub fn wrong(mut self, day: bool, month: bool, year: bool) -> Self {
        self.wrong = [day, month, year];
        self
    }

    /// A date of birth of the person who types (autocomplete).
    #[must_use]
    pub fn birthday(mut self) -> Self {
        self.birthday = true;
        self
    }

    fn parts(&self) -> Vec<DatePart> {
        const PARTS: [(&str, &str, u8, &str); 3] = [
            ("day", "ui-day", 2, "bday-day"),
            ("month", "ui-month", 2, "bday-month"),
            ("year", "ui-year", 4, "bday-year"),
        ];
        let all_wrong = self.field.error.is_some() && self.wrong == [false; 3];
        let mut parts = Vec::with_capacity(3);
        for (index, (part, label, width, purpose)) in PARTS.into_iter().enumerate() {
            // The first field carries the id of the whole, so that the error summary can always link to it.
            let id = if index == 0 { self.field.id.clone() } else { format!("{}-{part}", self.field.id) };
            parts.push(DatePart {
                id,
                name: format!("{}.{part}", self.field.name),
                label: self.field.t(label),
                value: self.values[index].clone(),
                width,
                wrong: all_wrong || self.wrong[index],
                autocomplete: if self.birthday { purpose } else { "" },
            });
        }
        parts
    }
}

/// Radios or checkboxes.
#[derive(Debug, Clone, Template)]
#[template(path = "components/choices.html")]
pub struct Choices {
    field: Field,
    choices: Vec<Choice>,
    block: &'static str,
    kind: &'static str,
    small: bool,
    inline: bool,
}

impl Choices {
    /// One of several.
    #[must_use]
    pub fn radios(field: Field, choices: Vec<Choice>) -> Self {
        Self { field, choices, block: "radios", kind: "radio", small: false, inline: false }
    }

    /// Any of several; each sends the same name.
    #[must_use]
    pub fn checkboxes(field: Field, choices: Vec<Choice>) -> Self {
        Self { field, choices, block: "checkboxes", kind: "checkbox", small: false, inline: false }
    }

    /// Smaller boxes for officials and filters.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// Beside each other; only for two short choices.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    fn choice_id(&self, index: &usize) -> String {
        if *index == 0 { self.field.id.clone() } else { format!("{}-{}", self.field.id, index + 1) }
    }
}

/// A list to choose from, where radios would be too many.
#[derive(Debug, Clone, Template)]
#[template(path = "components/select.html")]
pub struct Select {
    field: Field,
    choices: Vec<Choice>,
    empty: bool,
}

impl Select {
    /// A list that begins with "Hãy chọn".
    #[must_use]
    pub fn new(field: Field, choices: Vec<Choice>) -> Self {
        Self { field, choices, empty: true }
    }

    /// Without the empty first line, where there is always a value.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.empty = false;
        self
    }
}

/// A file to send. Kinds and the largest size belong into the hint.
#[derive(Debug, Clone, Template)]
#[template(path = "components/file_upload.html")]
pub struct FileUpload {
    field: Field,
    accept: String,
    multiple: bool,
}

impl FileUpload {
    /// One file of any kind.
    #[must_use]
    pub fn new(field: Field) -> Self {
        Self { field, accept: String::new(), multiple: false }
    }

    /// Kinds offered by the browser (`image/*,application/pdf`); the server looks at the bytes.
    #[must_use]
    pub fn accept(mut self, kinds: impl Into<String>) -> Self {
        self.accept = kinds.into();
        self
    }

    /// Several files at once.
    #[must_use]
    pub fn multiple(mut self) -> Self {
        self.multiple = true;
        self
    }
}
