//! A city's pack: calendars, agencies, communes, roles, code lists, procedures.

use super::catalogue::Catalogue;
use super::facts::Competence;
use super::lint::{self, Around, Code, Finding};
use super::listed::{self, read_listed};
use super::load::{LoadError, load_files, usable};
use super::source::Files;
use super::version::Version;
use crate::form::CodeLists;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::calendar::{OfficeHours, WorkingCalendar};
use jiff::civil::{Date, Time};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod home;
mod read;

pub use home::{Figure, Notice, PackTexts};

/// What `city.toml` says that this room needs; further keys belong to other rooms.
#[derive(Debug, Clone, Deserialize)]
pub struct City {
    /// Short code of the pack.
    pub code: String,
    /// Name.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Name of the residents' portal.
    pub portal: String,
    /// Name of the officials' service.
    pub office: String,
    /// Telephone for help.
    #[serde(default)]
    pub phone: String,
    /// First part of agency codes, such as `H24`.
    pub agency_prefix: String,
    /// Province code whose communes the pack lists.
    pub province_code: String,
    /// Agency that leads the city.
    pub city_agency: Option<String>,
    #[serde(default)]
    office_hours: Option<HoursTable>,
}

#[derive(Debug, Clone, Deserialize)]
struct HoursTable {
    open: Vec<(Time, Time)>,
}

/// An agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    /// Code, such as `H24.11824`.
    pub code: String,
    /// `commune`, `department`, `office`, `centre`, …
    pub kind: String,
    /// Name.
    pub name: Bilingual,
    /// Commune it serves.
    pub commune_code: Option<String>,
    /// Agency above it.
    pub parent: Option<String>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Code of the agency that took over.
    pub successor: Option<String>,
    /// Whether a primary source confirms the code.
    pub unverified: bool,
}

impl Agency {
    /// Whether the agency works on a day.
    pub fn works_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// A role of `positions.toml`; what it allows is read by the room of identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id.
    pub id: String,
    /// Title.
    pub name: Bilingual,
    /// Kinds and codes of agencies that hold it; empty for all.
    pub agencies: Vec<String>,
}

/// Words that mean the same to the search.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Synonym {
    /// What people type.
    pub words: Vec<String>,
    /// What procedures say.
    pub means: Vec<String>,
}

/// A life event and its procedures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// Id, part of the address.
    pub id: String,
    /// Title.
    pub title: Bilingual,
    /// Icon of the sprite beside it.
    pub icon: Option<String>,
    /// Sentence under it.
    pub text: Option<Bilingual>,
    /// Codes of procedures.
    pub procedures: Vec<String>,
}

/// A city as data. Immutable once loaded.
#[derive(Debug, Clone)]
pub struct Pack {
    /// City.
    pub city: City,
    /// Working calendar.
    pub calendar: Arc<WorkingCalendar>,
    /// Office hours.
    pub hours: OfficeHours,
    /// Agencies in the order of the file.
    pub agencies: Vec<Agency>,
    /// Roles by id.
    pub roles: BTreeMap<String, Role>,
    /// Code lists.
    pub codes: Arc<CodeLists>,
    /// Synonyms.
    pub synonyms: Vec<Synonym>,
    /// Life events.
    pub life_events: Vec<LifeEvent>,
    /// Texts of the home page.
    pub texts: Arc<PackTexts>,
    /// Ids of notices.
    pub notices: BTreeSet<String>,
    /// Versions that may be used.
    pub catalogue: Arc<Catalogue>,
    /// Everything the lint found.
    pub findings: Vec<Finding>,
    /// Versions refused for their errors, by id.
    pub refused: Vec<String>,
}

/// A pack that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct PackError {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// English sentence.
    pub message: String,
}

impl From<LoadError> for PackError {
    fn from(error: LoadError) -> Self {
        Self { file: error.file, line: error.line, message: error.message }
    }
}

/// A version directory on its way into the catalogue.
struct Loaded {
    version: Version,
    shown: String,
    text: String,
    findings: Vec<Finding>,
}

impl Pack {
    /// Reads a pack directory with all its procedures and lints them.
    ///
    /// A procedure with errors is left out and named in [`Pack::refused`]; what is broken in the pack's own files
    /// (calendar, agencies, lists) stops the load.
    ///
    /// # Errors
    /// File, line and what is wrong.
    pub fn load(directory: &Path) -> Result<Self, PackError> {
        let mut pack = read::shell(directory)?;
        let around = pack.around();
        let mut versions = Vec::new();
        let root = directory.join("procedures");
        for code in subdirectories(&root)? {
            pack.add_code(&root.join(&code), &around, &mut versions)?;
        }
        let listed = root.join("listed.csv");
        if listed.is_file() {
            pack.add_listed(&listed, &mut versions)?;
        }
        pack.catalogue = Arc::new(Catalogue::new(versions));
        pack.findings.sort_by(|a, b| (&a.file, a.line, a.code).cmp(&(&b.file, b.line, b.code)));
        Ok(pack)
    }

    /// What the lint knows of this pack.
    pub fn around(&self) -> Around {
        Around {
            calendar: Some(Arc::clone(&self.calendar)),
            hours: self.hours.clone(),
            roles: self.roles.values().map(|role| (role.id.clone(), role.agencies.clone())).collect(),
            codes: Arc::clone(&self.codes),
            notices: self.notices.clone(),
            communes: self
                .agencies
                .iter()
                .filter(|agency| agency.kind == "commune" && agency.to.is_none())
                .filter_map(|agency| Some((agency.commune_code.clone()?, agency.code.clone())))
                .collect(),
        }
    }

    fn add_code(&mut self, directory: &Path, around: &Around, versions: &mut Vec<Version>) -> Result<(), PackError> {
        let mut loaded: Vec<Loaded> = Vec::new();
        for name in subdirectories(directory)? {
            match load_one(&directory.join(&name), around) {
                Ok(one) => loaded.push(one),
                // One unreadable version is a finding, not the end of the city.
                Err(error) => self.unreadable(directory, &name, error),
            }
        }
        loaded.sort_by_key(|one| one.version.procedure.version);
        let refs: Vec<(&Version, &str, &str)> =
            loaded.iter().map(|one| (&one.version, one.shown.as_str(), one.text.as_str())).collect();
        let overlaps = lint::overlaps(&refs);
        for one in loaded {
            let mut own: Vec<Finding> =
                overlaps.iter().filter(|finding| finding.version == one.version.id).cloned().collect();
            let misplaced = !Path::new(&one.shown).ends_with(&one.version.id);
            if misplaced {
                own.push(misplaced_finding(&one));
            }
            own.extend(one.findings);
            if usable(one.version.state, &own) && !misplaced {
                versions.push(one.version);
            } else {
                self.refused.push(one.version.id);
            }
            self.findings.extend(own);
        }
        Ok(())
    }

    fn unreadable(&mut self, directory: &Path, name: &str, error: LoadError) {
        let code = directory.file_name().map(|code| code.to_string_lossy().into_owned()).unwrap_or_default();
        let version = format!("{code}/{name}");
        self.refused.push(version.clone());
        let message = Bilingual::new(format!("Không đọc được tệp: {}", error.message), error.message);
        self.findings.push(of_file(version, error.file, error.line, message));
    }

    fn add_listed(&mut self, file: &Path, versions: &mut Vec<Version>) -> Result<(), PackError> {
        let shown = file.display().to_string();
        let fail = |line, message| PackError { file: shown.clone(), line, message };
        let text = std::fs::read_to_string(file).map_err(|error| fail(1, error.to_string()))?;
        let rows = read_listed(&text).map_err(|(line, message)| fail(line, message))?;
        let full: BTreeSet<String> = versions.iter().map(|version| version.procedure.code.clone()).collect();
        for row in rows.iter().filter(|row| !full.contains(&row.code)) {
            let (version, findings) = listed::version(row, &shown).map_err(|message| fail(row.line, message))?;
            versions.push(version);
            self.findings.extend(findings);
        }
        Ok(())
    }

    /// Agency with this code.
    pub fn agency(&self, code: &str) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.code == code)
    }

    /// The people's committee of a commune on a day.
    pub fn commune_agency(&self, commune: &str, day: Date) -> Option<&Agency> {
        let serving = self.agencies.iter().filter(|agency| agency.kind == "commune" && agency.works_on(day));
        serving.into_iter().find(|agency| agency.commune_code.as_deref() == Some(commune))
    }

    /// The agency a competence means on a day; of an agency that ended, its successor. None goes to the queue.
    pub fn competent_agency(&self, competence: &Competence, day: Date) -> Option<&Agency> {
        match competence {
            Competence::Commune(code) => self.commune_agency(code, day).or_else(|| {
                let successor = self.codes.find("communes", code)?.successor.clone()?;
                self.commune_agency(&successor, day)
            }),
            Competence::Agency(code) => self.working_agency(code, day),
            Competence::Unknown { .. } => None,
        }
    }

    fn working_agency(&self, code: &str, day: Date) -> Option<&Agency> {
        let mut agency = self.agency(code)?;
        // A chain of successors is short; the bound keeps a ring in the data from turning for ever.
        for _ in 0..10 {
            if agency.works_on(day) {
                return Some(agency);
            }
            agency = self.agency(agency.successor.as_deref()?)?;
        }
        None
    }
}

/// A fault of a file as a whole: an error in whatever state the procedure is.
fn of_file(version: String, file: String, line: usize, message: Bilingual) -> Finding {
    Finding {
        code: Code::FormatError,
        severity: lint::Severity::Error,
        version,
        file,
        line,
        clause: Code::FormatError.clause(),
        message,
        repair: Code::FormatError.repair(),
    }
}

/// Directory and content name different versions: a case would pin one and find the other.
fn misplaced_finding(one: &Loaded) -> Finding {
    let id = &one.version.id;
    let message = Bilingual::new(
        format!("Thư mục không trùng với mã và phiên bản trong tệp ({id})"),
        format!("The directory is not the code and version of the file ({id})"),
    );
    of_file(id.clone(), format!("{}/procedure.toml", one.shown), 1, message)
}

fn load_one(directory: &Path, around: &Around) -> Result<Loaded, LoadError> {
    let shown = directory.display().to_string();
    let files = Files::read(directory).map_err(|message| LoadError { file: shown.clone(), line: 1, message })?;
    let (version, mut findings) = load_files(&shown, &files)?;
    let text = files.text("procedure.toml").unwrap_or_default().to_owned();
    findings.extend(lint::lint(&version, &shown, &text, around));
    Ok(Loaded { version, shown, text, findings })
}

/// Names of the directories inside a directory, in order; none when it does not exist.
fn subdirectories(directory: &Path) -> Result<Vec<String>, PackError> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let shown = directory.display().to_string();
    let fail = |error: std::io::Error| PackError { file: shown.clone(), line: 1, message: error.to_string() };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.file_type().map_err(fail)?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

/// Directory of a version inside a pack, for tools.
pub fn version_directory(pack: &Path, id: &str) -> PathBuf {
    pack.join("procedures").join(id)
}
