//! Pages of an attached PDF as pictures that a template can show: `/attachments/0.json` lists the pages of the first
//! attachment with their size in points and their text, `/attachments/0/3.svg` is its third page.
//!
//! PDF/A-3a and PDF/UA-1 let the engine embed no PDF, so that a page is drawn anew as vectors, with what stands in its
//! fields and signatures; its letters become outlines, and the text goes into the description of the picture. Files are
//! strangers': they are read here only where the process is bounded from outside.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use hayro_svg::hayro_interpret::InterpreterSettings;
use hayro_svg::hayro_syntax::Pdf;
use hayro_svg::{RenderCache, SvgRenderSettings, convert};
use serde::Serialize;
use typst::foundations::Bytes;

use crate::lint::page_texts;

/// Letters of a page that describe it; what is beyond is left to the attached file.
const LONGEST_TEXT: usize = 6_000;

/// The pages of the attachments of one paper, drawn when they are asked for and kept until it is set: the engine asks
/// again with every round of layout.
pub(super) struct Sheets {
    attachments: Vec<Vec<u8>>,
    drawn: Mutex<HashMap<String, Option<Bytes>>>,
}

/// One page as a template sees it.
#[derive(Serialize)]
struct Described {
    width: f64,
    height: f64,
    text: String,
}

impl Sheets {
    pub(super) fn new(attachments: Vec<Vec<u8>>) -> Sheets {
        Sheets { attachments, drawn: Mutex::default() }
    }

    /// The list of pages or one of them; `None` for a name that is neither, or a file that is no PDF.
    pub(super) fn file(&self, name: &str, stop: &AtomicBool) -> Option<Bytes> {
        let wanted = name.strip_prefix("attachments/")?;
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = drawn.get(wanted) {
            return found.clone();
        }
        let made = self.make(wanted, stop).map(Bytes::new);
        drawn.insert(wanted.to_owned(), made.clone());
        made
    }

    fn make(&self, wanted: &str, stop: &AtomicBool) -> Option<Vec<u8>> {
        if let Some(index) = wanted.strip_suffix(".json") {
            return list(self.attachments.get(index.parse::<usize>().ok()?)?, stop);
        }
        let (index, page) = wanted.strip_suffix(".svg")?.split_once('/')?;
        let page: usize = page.parse().ok()?;
        draw(self.attachments.get(index.parse::<usize>().ok()?)?, page.checked_sub(1)?)
    }
}

/// The pages with their measures and texts, as JSON.
fn list(file: &[u8], stop: &AtomicBool) -> Option<Vec<u8>> {
    let pages = page_texts(file.to_vec(), stop)?;
    let described: Vec<Described> = pages
        .into_iter()
        .map(|(width, height, text)| Described { width, height, text: text.chars().take(LONGEST_TEXT).collect() })
        .collect();
    serde_json::to_vec(&described).ok()
}

/// A page as SVG.
fn draw(file: &[u8], index: usize) -> Option<Vec<u8>> {
    let pdf = Pdf::new(file.to_vec()).ok()?;
    let page = pdf.pages().get(index)?;
    let svg = convert(page, &RenderCache::new(), &InterpreterSettings::default(), &SvgRenderSettings::default());
    Some(svg.into_bytes())
}
