//! What a pack says on the home page: life events, notices with their days, figures with their sources.

use super::{LifeEvent, PackError, read};
use crate::procedure::words;
use haidang_kernel::bilingual::Bilingual;
use jiff::civil::Date;
use serde::Deserialize;
use std::path::Path;

/// A notice of the city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Id, part of the page's anchors.
    pub id: String,
    /// Title.
    pub title: Bilingual,
    /// One or two sentences.
    pub body: Bilingual,
    /// The time it speaks of, in words.
    pub when: Option<Bilingual>,
    /// Legal line.
    pub basis: Option<String>,
    /// First day it is shown.
    pub from: Option<Date>,
    /// Last day it is shown.
    pub to: Option<Date>,
}

impl Notice {
    /// Whether it is shown on a day.
    pub fn shown_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// A figure about the city, typed in with its day and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it counts.
    pub name: Bilingual,
    /// The value as written.
    pub value: Bilingual,
    /// Day it was true.
    pub as_of: Date,
    /// Where it comes from.
    pub source: String,
}

/// Texts of the pack for the home page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackTexts {
    /// Groups of procedures by what happens in life, in the order of the page.
    pub life_events: Vec<LifeEvent>,
    /// Notices, in the order of the file.
    pub notices: Vec<Notice>,
    /// Figures, in the order of the file.
    pub figures: Vec<Figure>,
}

#[derive(Deserialize, Default)]
struct NoticeFile {
    #[serde(default)]
    notice: Vec<NoticeRow>,
}

#[derive(Deserialize)]
struct NoticeRow {
    id: String,
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    title: Option<Bilingual>,
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    body: Option<Bilingual>,
    #[serde(default, deserialize_with = "words::maybe_bilingual")]
    when_text: Option<Bilingual>,
    basis: Option<String>,
    #[serde(default, deserialize_with = "words::maybe_date")]
    from: Option<Date>,
    #[serde(default, deserialize_with = "words::maybe_date")]
    to: Option<Date>,
}

#[derive(Deserialize, Default)]
struct FigureFile {
    #[serde(default)]
    figure: Vec<FigureRow>,
}

#[derive(Deserialize)]
struct FigureRow {
    name: String,
    name_en: Option<String>,
    value: String,
    value_en: Option<String>,
    #[serde(deserialize_with = "words::date")]
    as_of: Date,
    source: String,
}

/// Notices of the home page; messages of escalations stand in the same files under another kind.
pub(super) fn notices(directory: &Path) -> Result<Vec<Notice>, PackError> {
    let mut found = Vec::new();
    for file in read::files_in(directory, "toml") {
        let rows: NoticeFile = read::optional(&file)?;
        for row in rows.notice.into_iter().filter(|row| row.kind == "home") {
            let (Some(title), Some(body)) = (row.title, row.body) else {
                return Err(read::fail(&file, 1, format!("the notice {} needs title and body", row.id)));
            };
            let (when, basis, from, to) = (row.when_text, row.basis, row.from, row.to);
            found.push(Notice { id: row.id, title, body, when, basis, from, to });
        }
    }
    Ok(found)
}

/// Figures of `city.toml`.
pub(super) fn figures(file: &Path) -> Result<Vec<Figure>, PackError> {
    let rows: FigureFile = read::optional(file)?;
    let figure = |row: FigureRow| Figure {
        name: Bilingual { vi: row.name, en: row.name_en },
        value: Bilingual { vi: row.value, en: row.value_en },
        as_of: row.as_of,
        source: row.source,
    };
    Ok(rows.figure.into_iter().map(figure).collect())
}
