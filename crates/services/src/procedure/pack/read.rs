//! The pack's own files.

use super::{Agency, City, LifeEvent, Pack, PackError, PackTexts, Role, Synonym, home};
use crate::form::{Code, CodeLists};
use crate::procedure::catalogue::Catalogue;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::{OfficeHours, WorkingCalendar};
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) fn fail(file: &Path, line: usize, message: impl Into<String>) -> PackError {
    PackError { file: file.display().to_string(), line, message: message.into() }
}

fn text(file: &Path) -> Result<String, PackError> {
    std::fs::read_to_string(file).map_err(|error| fail(file, 1, error.to_string()))
}

fn toml_file<T: DeserializeOwned>(file: &Path) -> Result<T, PackError> {
    let text = text(file)?;
    toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start.min(text.len())].bytes().filter(|b| *b == b'\n').count() + 1);
        fail(file, line, error.message())
    })
}

pub(super) fn optional<T: DeserializeOwned + Default>(file: &Path) -> Result<T, PackError> {
    if file.is_file() { toml_file(file) } else { Ok(T::default()) }
}

/// Rows of a CSV file with their lines.
fn rows<T: DeserializeOwned>(file: &Path) -> Result<Vec<(usize, T)>, PackError> {
    let text = text(file)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| fail(file, 1, error.to_string()))?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record
            .map_err(|error| fail(file, error.position().map_or(1, |at| at.line() as usize), error.to_string()))?;
        let line = record.position().map_or(1, |at| at.line() as usize);
        rows.push((line, record.deserialize(Some(&headers)).map_err(|error| fail(file, line, error.to_string()))?));
    }
    Ok(rows)
}

pub(super) fn files_in(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn filled(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn day(file: &Path, line: usize, value: &str) -> Result<Option<Date>, PackError> {
    filled(value).map(|day| day.parse().map_err(|_| fail(file, line, format!("\"{day}\" is not a date")))).transpose()
}

/// The pack without its procedures.
pub(super) fn shell(directory: &Path) -> Result<Pack, PackError> {
    let city: City = toml_file(&directory.join("city.toml"))?;
    let hours = match &city.office_hours {
        None => OfficeHours::default(),
        Some(table) => OfficeHours::new(table.open.clone())
            .map_err(|error| fail(&directory.join("city.toml"), 1, error.to_string()))?,
    };
    let agencies = agencies(&directory.join("agencies.csv"))?;
    let codes = code_lists(directory, &city)?;
    Ok(Pack {
        hours,
        calendar: Arc::new(calendar(&directory.join("calendars"))?),
        agencies,
        roles: roles(&directory.join("positions.toml"))?,
        codes: Arc::new(codes),
        synonyms: optional::<Synonyms>(&directory.join("synonyms.toml"))?.synonym,
        texts: Arc::new(PackTexts {
            life_events: life_events(&directory.join("life-events.toml"))?,
            notices: home::notices(&directory.join("notices"))?,
            figures: home::figures(&directory.join("city.toml"))?,
        }),
        life_events: life_events(&directory.join("life-events.toml"))?,
        notices: notices(&directory.join("notices"))?,
        catalogue: Arc::new(Catalogue::default()),
        findings: Vec::new(),
        refused: Vec::new(),
        city,
    })
}

fn calendar(directory: &Path) -> Result<WorkingCalendar, PackError> {
    let files = files_in(directory, "toml");
    let texts = files.iter().map(|file| text(file)).collect::<Result<Vec<_>, _>>()?;
    WorkingCalendar::from_toml(&texts).map_err(|error| {
        let file = files.get(error.file).cloned().unwrap_or_else(|| directory.to_owned());
        fail(&file, 1, error.what)
    })
}

#[derive(Deserialize)]
struct AgencyRow {
    code: String,
    kind: String,
    name_vi: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    commune_code: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
    #[serde(default)]
    successor: String,
    #[serde(default)]
    evidence: String,
}

fn agencies(file: &Path) -> Result<Vec<Agency>, PackError> {
    let mut agencies = Vec::new();
    let mut known = BTreeSet::new();
    for (line, row) in rows::<AgencyRow>(file)? {
        if !known.insert(row.code.clone()) {
            return Err(fail(file, line, format!("the agency {} is given twice", row.code)));
        }
        agencies.push(Agency {
            from: day(file, line, &row.valid_from)?,
            to: day(file, line, &row.valid_to)?,
            name: Bilingual { vi: row.name_vi, en: filled(&row.name_en) },
            commune_code: filled(&row.commune_code),
            parent: filled(&row.parent),
            successor: filled(&row.successor),
            unverified: row.evidence.trim() == "unverified",
            code: row.code,
            kind: row.kind,
        });
    }
    Ok(agencies)
}

#[derive(Deserialize)]
struct CodeRow {
    code: String,
    #[serde(alias = "name")]
    vi: String,
    #[serde(alias = "name_en", default)]
    en: String,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_to: String,
    #[serde(default)]
    successor: String,
}

fn codes(file: &Path) -> Result<Vec<Code>, PackError> {
    let mut codes = Vec::new();
    for (line, row) in rows::<CodeRow>(file)? {
        codes.push(Code {
            from: day(file, line, &row.valid_from)?,
            to: day(file, line, &row.valid_to)?,
            name: Bilingual { vi: row.vi, en: filled(&row.en) },
            successor: filled(&row.successor),
            code: row.code,
        });
    }
    Ok(codes)
}

fn code_lists(directory: &Path, city: &City) -> Result<CodeLists, PackError> {
    let mut lists = CodeLists::new(Some(city.province_code.clone()));
    lists.insert("communes", codes(&directory.join("communes.csv"))?);
    for file in files_in(&directory.join("code-lists"), "csv") {
        if let Some(name) = file.file_stem() {
            lists.insert(name.to_string_lossy(), codes(&file)?);
        }
    }
    Ok(lists)
}

#[derive(Deserialize, Default)]
struct Roles {
    #[serde(default)]
    role: Vec<RoleRow>,
}

#[derive(Deserialize)]
struct RoleRow {
    id: String,
    vi: String,
    en: Option<String>,
    #[serde(default)]
    agencies: Vec<String>,
}

fn roles(file: &Path) -> Result<BTreeMap<String, Role>, PackError> {
    let roles: Roles = toml_file(file)?;
    let role = |row: RoleRow| {
        let name = Bilingual { vi: row.vi, en: row.en };
        (row.id.clone(), Role { id: row.id, name, agencies: row.agencies })
    };
    Ok(roles.role.into_iter().map(role).collect())
}

#[derive(Deserialize, Default)]
struct Synonyms {
    #[serde(default)]
    synonym: Vec<Synonym>,
}

#[derive(Deserialize, Default)]
struct Events {
    #[serde(default)]
    event: Vec<EventRow>,
}

#[derive(Deserialize)]
struct EventRow {
    id: String,
    title: String,
    title_en: Option<String>,
    icon: Option<String>,
    text: Option<String>,
    text_en: Option<String>,
    #[serde(default)]
    procedures: Vec<String>,
}

fn life_events(file: &Path) -> Result<Vec<LifeEvent>, PackError> {
    let events: Events = optional(file)?;
    let event = |row: EventRow| LifeEvent {
        id: row.id,
        title: Bilingual { vi: row.title, en: row.title_en },
        icon: row.icon,
        text: row.text.map(|vi| Bilingual { vi, en: row.text_en }),
        procedures: row.procedures,
    };
    Ok(events.event.into_iter().map(event).collect())
}

#[derive(Deserialize, Default)]
struct Notices {
    #[serde(default)]
    notice: Vec<NoticeRow>,
}

#[derive(Deserialize)]
struct NoticeRow {
    id: String,
}

fn notices(directory: &Path) -> Result<BTreeSet<String>, PackError> {
    let mut ids = BTreeSet::new();
    for file in files_in(directory, "toml") {
        let notices: Notices = optional(&file)?;
        ids.extend(notices.notice.into_iter().map(|notice| notice.id));
    }
    Ok(ids)
}
