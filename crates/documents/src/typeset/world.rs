//! All that a template can see: the files of one paper, our typefaces, no clock.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook, FontFamily, FontList, TextElem};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

use super::fonts::Fonts;
use super::sheets::Sheets;
use super::{Paper, TypesetError};

/// Parsed library files kept for the next paper; a pack has a few dozen.
const MOST_PARSED: usize = 64;

/// What every paper shares: loaded once, with the first paper.
pub(super) struct Stage {
    fonts: Fonts,
    library: LazyHash<Library>,
    parsed: Mutex<HashMap<FileId, Source>>,
}

impl Stage {
    pub(super) fn load(folder: Option<&Path>) -> Result<Stage, TypesetError> {
        let fonts = Fonts::load(folder)?;
        let mut library = Library::default();
        library.styles.set(TextElem::font, FontList(vec![FontFamily::new(&fonts.family)]));
        // A letter that the face lacks is a fault to be seen, not one to be hidden by another face.
        library.styles.set(TextElem::fallback, false);
        Ok(Stage { fonts, library: LazyHash::new(library), parsed: Mutex::default() })
    }

    /// A library file, parsed once for as long as its text stays the same.
    fn parsed(&self, id: FileId, text: &str) -> Source {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = parsed.get(&id)
            && source.text() == text
        {
            return source.clone();
        }
        let source = Source::new(id, text.to_owned());
        if parsed.len() >= MOST_PARSED {
            parsed.clear();
        }
        parsed.insert(id, source.clone());
        source
    }
}

/// Unwound with when the time of a paper is over.
pub(super) struct OutOfTime;

/// The files of one paper.
pub(super) struct Desk {
    stage: Arc<Stage>,
    main: FileId,
    sources: HashMap<FileId, Source>,
    files: HashMap<FileId, Bytes>,
    sheets: Sheets,
    stop: Arc<AtomicBool>,
}

impl Desk {
    /// Lays out the files of a paper: `/main.typ` (ours), `/paper.typ`, the library, `/data.json`, the attachments and,
    /// of those that are PDF, their pages ([`Sheets`]).
    pub(super) fn new(
        stage: Arc<Stage>,
        paper: &Paper,
        data: Vec<u8>,
        stop: Arc<AtomicBool>,
    ) -> Result<Desk, TypesetError> {
        let main = file_id("main.typ")?;
        let mut sources = HashMap::new();
        for (name, text) in &paper.library {
            let id = file_id(name)?;
            sources.insert(id, stage.parsed(id, text));
        }
        sources.insert(main, stage.parsed(main, MAIN));
        let own = file_id("paper.typ")?;
        sources.insert(own, stage.parsed(own, &paper.source));
        let mut files = HashMap::new();
        files.insert(file_id("data.json")?, Bytes::new(data));
        files.insert(file_id("about.json")?, Bytes::new(about(paper)?));
        for (index, attachment) in paper.attachments.iter().enumerate() {
            files.insert(file_id(&format!("attachments/{index}"))?, Bytes::new(attachment.bytes.clone()));
        }
        let sheets = Sheets::new(paper.attachments.iter().map(|file| file.bytes.clone()).collect());
        Ok(Desk { stage, main, sources, files, sheets, stop })
    }

    /// Ends the thread that typesets once its time is over; the engine asks for faces and files all the time.
    fn in_time(&self) {
        if self.stop.load(Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new(OutOfTime));
        }
    }
}

/// The frame around every template: metadata first, then the paper, then the files inside it. No value is in its text.
const MAIN: &str = r#"#let about = json("/about.json")
#set document(title: about.title)
#set text(lang: about.language)
#include "/paper.typ"
#for (index, file) in about.attachments.enumerate() {
  pdf.attach(
    file.name,
    read("/attachments/" + str(index), encoding: none),
    relationship: file.relationship,
    mime-type: file.media_type,
    description: file.description,
  )
}
"#;

/// What the frame reads: title, language, names of the attachments.
fn about(paper: &Paper) -> Result<Vec<u8>, TypesetError> {
    let attachments = paper.attachments.iter().map(|file| {
        serde_json::json!({
            "name": file.name, "media_type": file.media_type, "description": file.description,
            "relationship": file.relationship,
        })
    });
    let about = serde_json::json!({
        "title": paper.title, "language": paper.language, "attachments": attachments.collect::<Vec<_>>(),
    });
    serde_json::to_vec(&about).map_err(|error| TypesetError::Engine(error.to_string()))
}

/// Names are few and of a kind: the engine keeps every name it ever saw.
fn file_id(name: &str) -> Result<FileId, TypesetError> {
    let usable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
    let wrong = || TypesetError::Name { what: "file name of a template" };
    if name.is_empty() || name.len() > 200 || name.contains("..") || !name.bytes().all(usable) {
        return Err(wrong());
    }
    let path = VirtualPath::new(name).map_err(|_| wrong())?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.stage.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.stage.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.in_time();
        self.sources.get(&id).cloned().ok_or_else(|| absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.in_time();
        match self.sources.get(&id) {
            Some(source) => Ok(Bytes::from_string(source.clone())),
            None => match self.files.get(&id) {
                Some(bytes) => Ok(bytes.clone()),
                None => self.sheets.file(id.vpath().get_without_slash(), &self.stop).ok_or_else(|| absent(id)),
            },
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.in_time();
        self.stage.fonts.faces.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn absent(id: FileId) -> FileError {
    match id.root() {
        VirtualRoot::Project => FileError::NotFound(PathBuf::from(id.vpath().get_without_slash())),
        VirtualRoot::Package(_) => FileError::AccessDenied,
    }
}
