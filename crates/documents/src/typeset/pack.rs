//! The templates of a city's pack behind the port of the office.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::papers::{LayoutFinding, PaperPlace, PaperRequest, TypesetPaper, Typesetting};
use haidang_kernel::time;

use super::{Attachment, Paper, Printed, Relationship, TypesetError, Typesetter};
use crate::lint::{self, LintError};

/// Templates of one pack.
const MOST_TEMPLATES: usize = 200;
/// Folders below each other.
const DEEPEST: usize = 3;

/// Templates of the folder `documents` of a pack, by their path without `.typ`.
#[derive(Clone, Default)]
pub struct Templates {
    files: BTreeMap<String, Arc<str>>,
}

impl Templates {
    /// Reads every `.typ` file of a folder and the folders below it; an absent folder has none.
    ///
    /// # Errors
    /// What the system answers, or that there are too many files or folders.
    pub fn read(folder: &Path) -> io::Result<Templates> {
        let mut templates = Templates::default();
        if folder.is_dir() {
            templates.read_below(folder, "", 0)?;
        }
        Ok(templates)
    }

    fn read_below(&mut self, folder: &Path, above: &str, depth: usize) -> io::Result<()> {
        if depth > DEEPEST {
            return Err(io::Error::other(format!("{}: too many folders below each other", folder.display())));
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
            if path.is_dir() {
                self.read_below(&path, &format!("{above}{stem}/"), depth + 1)?;
            } else if path.extension().is_some_and(|ending| ending == "typ") {
                if self.files.len() >= MOST_TEMPLATES {
                    return Err(io::Error::other(format!("{}: too many templates", folder.display())));
                }
                self.files.insert(format!("{above}{stem}"), std::fs::read_to_string(&path)?.into());
            }
        }
        Ok(())
    }

    /// Names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The text of a template.
    pub fn source(&self, name: &str) -> Option<&Arc<str>> {
        self.files.get(name)
    }

    /// What every template may import: the files at the top of the folder.
    pub fn library(&self) -> Vec<(String, Arc<str>)> {
        let top = self.files.iter().filter(|(name, _)| !name.contains('/'));
        top.map(|(name, text)| (format!("{name}.typ"), Arc::clone(text))).collect()
    }
}

/// The port of the office over the templates of a pack.
pub struct PackTypesetting {
    typesetter: Typesetter,
    templates: Templates,
}

impl PackTypesetting {
    /// Typesets these templates.
    pub fn new(typesetter: Typesetter, templates: Templates) -> PackTypesetting {
        PackTypesetting { typesetter, templates }
    }

    /// The paper that a request asks for.
    ///
    /// # Errors
    /// `Refused` with `template_unknown`.
    pub fn paper(&self, request: &PaperRequest) -> Result<Paper, ContractError> {
        let unknown = || refused("template_unknown", format!("no template {}", request.template));
        let source = self.templates.source(&request.template).ok_or_else(unknown)?;
        let attachments = request.attachments.iter().map(|file| Attachment {
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            description: file.description.clone(),
            // What was made from a PDF or a picture says so; a record is the data that the paper shows.
            relationship: match file.media_type.as_str() {
                "application/pdf" | "image/jpeg" | "image/png" => Relationship::Source,
                _ => Relationship::Data,
            },
            bytes: file.bytes.clone(),
        });
        Ok(Paper {
            source: source.to_string(),
            library: self.templates.library(),
            data: request.data.clone(),
            title: request.title.clone(),
            language: request.language.clone(),
            dated: time::from_micros(request.dated),
            attachments: attachments.collect(),
        })
    }
}

fn refused(code: &'static str, detail: String) -> ContractError {
    ContractError::Refused { code, detail }
}

/// Work that takes the processor for a while, away from the threads that answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ContractError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| ContractError::Internal(error.to_string()))
}

#[async_trait]
impl Typesetting for PackTypesetting {
    fn has_template(&self, name: &str) -> bool {
        self.templates.source(name).is_some()
    }

    async fn typeset(&self, request: &PaperRequest) -> Result<TypesetPaper, ContractError> {
        let (paper, typesetter) = (self.paper(request)?, self.typesetter.clone());
        let printed = blocking(move || typesetter.set(&paper)).await?;
        printed.map(answer).map_err(|error| match error {
            TypesetError::TooLarge { .. } | TypesetError::TooLong(_) => refused("paper_too_long", error.to_string()),
            TypesetError::Template(_) | TypesetError::Name { .. } => refused("template_failed", error.to_string()),
            TypesetError::TimedOut => ContractError::Unavailable(error.to_string()),
            TypesetError::Fonts(_) | TypesetError::Engine(_) => ContractError::Internal(error.to_string()),
        })
    }

    async fn lint(&self, file: &[u8]) -> Result<Vec<LayoutFinding>, ContractError> {
        let file = file.to_vec();
        let findings = blocking(move || lint::layout_lint(&file)).await?;
        findings.map(|found| found.into_iter().map(Into::into).collect()).map_err(|error| match error {
            LintError::TooLarge => refused("file_too_large", error.to_string()),
            LintError::Unreadable | LintError::Rules(_) => refused("file_unreadable", error.to_string()),
            LintError::TimedOut => ContractError::Unavailable(error.to_string()),
        })
    }
}

fn answer(printed: Printed) -> TypesetPaper {
    let places = printed.places.into_iter().map(|(name, place)| {
        let super::Place { page, x, y, width, height } = place;
        (name, PaperPlace { page, x, y, width, height })
    });
    TypesetPaper { bytes: printed.bytes, pages: printed.pages, places: places.collect() }
}
