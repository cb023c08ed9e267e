//! Tables; on a phone every row becomes a list of labelled values.

use crate::html::{Html, IntoHtml};
use askama::Template;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    text: String,
    numeric: bool,
}

impl Column {
    /// A column of text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), numeric: false }
    }

    /// A column of figures: right-aligned, level digits.
    #[must_use]
    pub fn numeric(text: impl Into<String>) -> Self {
        Self { text: text.into(), numeric: true }
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell(Html);

impl<T: IntoHtml> From<T> for Cell {
    fn from(content: T) -> Self {
        Self(content.into_html())
    }
}

/// A table with caption and scopes; the first cell of a row is its header.
#[derive(Debug, Clone, Template)]
#[template(path = "components/table.html")]
pub struct Table {
    caption: String,
    caption_hidden: bool,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    total: Option<Vec<Cell>>,
    stack: bool,
    small: bool,
}

impl Table {
    /// With a visible caption; stacks on a phone.
    #[must_use]
    pub fn new(caption: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            caption: caption.into(),
            caption_hidden: false,
            columns,
            rows: Vec::new(),
            total: None,
            stack: true,
            small: false,
        }
    }

    /// Hides the caption where the heading above says the same.
    #[must_use]
    pub fn caption_hidden(mut self) -> Self {
        self.caption_hidden = true;
        self
    }

    /// Small type.
    #[must_use]
    pub fn small(mut self) -> Self {
        self.small = true;
        self
    }

    /// A wide table scrolls inside its own focusable region instead of stacking.
    #[must_use]
    pub fn scroll(mut self) -> Self {
        self.stack = false;
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, cells: Vec<Cell>) -> Self {
        self.rows.push(cells);
        self
    }

    /// Adds the last row with the sum.
    #[must_use]
    pub fn total(mut self, cells: Vec<Cell>) -> Self {
        self.total = Some(cells);
        self
    }

    fn numeric(&self, index: &usize) -> bool {
        self.columns.get(*index).is_some_and(|column| column.numeric)
    }

    fn label(&self, index: &usize) -> &str {
        self.columns.get(*index).map_or("", |column| column.text.as_str())
    }
}
