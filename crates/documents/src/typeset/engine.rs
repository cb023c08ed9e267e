//! One paper through the engine, on a thread of its own, within its limits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use aws_lc_rs::digest;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Dict, NativeElement as _, Smart, Value};
use typst::introspection::{Introspector as _, MetadataElem};
use typst::{World as _, WorldExt as _};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp as PdfTimestamp};

use super::world::{Desk, OutOfTime, Stage};
use super::{
    LARGEST_ATTACHMENTS, LARGEST_DATA, LARGEST_SOURCE, MOST_ATTACHMENTS, MOST_PAGES, Paper, Place, Printed,
    TypesetError,
};

/// Stack of the thread that typesets: the engine recurses with the template, to a depth it bounds itself.
const STACK: usize = 16 << 20;
/// Papers given up whose threads have not ended yet; with so many of them nothing new is begun.
const MOST_ABANDONED: usize = 2;
/// Papers for which the engine remembers what it worked out: the next paper of a batch is often alike.
const REMEMBERED: usize = 4;
/// What became of a thread.
const RUNNING: u8 = 0;
const GIVEN_UP: u8 = 1;
const ENDED: u8 = 2;
/// Faults of a template that are named.
const MOST_FAULTS: usize = 5;

/// Typesets one paper, or says why not within `longest`.
pub(super) fn set(
    stage: Arc<Stage>,
    paper: &Paper,
    data: Vec<u8>,
    longest: Duration,
    abandoned: &Arc<AtomicUsize>,
) -> Result<Printed, TypesetError> {
    if abandoned.load(Ordering::Acquire) >= MOST_ABANDONED {
        return Err(TypesetError::TimedOut);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let identifier = identifier(paper, &data);
    let desk = Desk::new(stage, paper, data, Arc::clone(&stop))?;
    let about = About { title: paper.title.clone(), dated: paper.dated, identifier };
    let (sender, receiver) = mpsc::sync_channel(1);
    let (running, fate) = (Arc::clone(abandoned), Arc::new(AtomicU8::new(RUNNING)));
    let thread_fate = Arc::clone(&fate);
    let thread_stop = Arc::clone(&stop);
    let work = move || {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compose(&desk, &about)));
        let outcome = outcome.unwrap_or_else(|cause| {
            let late = cause.is::<OutOfTime>() || thread_stop.load(Ordering::Acquire);
            Err(if late { TypesetError::TimedOut } else { TypesetError::Engine("it stopped within itself".to_owned()) })
        });
        drop(desk);
        typst::comemo::evict(REMEMBERED);
        // Nobody hears an answer to what was given up.
        let _ = sender.send(outcome);
        if thread_fate.swap(ENDED, Ordering::AcqRel) == GIVEN_UP {
            running.fetch_sub(1, Ordering::AcqRel);
        }
    };
    // The engine hands pages to the pool of threads it runs in. In one of its own they stay on this thread; in the one of
    // the process every paper would wait for the others, and for one that was given up.
    let named = |_| "typeset".to_owned();
    let thread = rayon::ThreadPoolBuilder::new().num_threads(1).thread_name(named).stack_size(STACK).build();
    thread.map_err(|error| TypesetError::Engine(error.to_string()))?.spawn(work);
    receiver.recv_timeout(longest).unwrap_or_else(|_| {
        abandoned.fetch_add(1, Ordering::AcqRel);
        stop.store(true, Ordering::Release);
        // Counted first, so that the thread which takes itself off the count always finds itself on it.
        if fate.swap(GIVEN_UP, Ordering::AcqRel) == ENDED {
            abandoned.fetch_sub(1, Ordering::AcqRel);
        }
        Err(TypesetError::TimedOut)
    })
}

/// Judges sizes and names before any work; answers the data as the template reads them.
pub(super) fn judge(paper: &Paper) -> Result<Vec<u8>, TypesetError> {
    let data = serde_json::to_vec(&paper.data).map_err(|error| TypesetError::Engine(error.to_string()))?;
    let within = |what, size, most| if size > most { Err(TypesetError::TooLarge { what, size, most }) } else { Ok(()) };
    let source = paper.source.len() + paper.library.iter().map(|(_, text)| text.len()).sum::<usize>();
    within("template", source, LARGEST_SOURCE)?;
    within("data", data.len(), LARGEST_DATA)?;
    within("number of attachments", paper.attachments.len(), MOST_ATTACHMENTS)?;
    let attached = paper.attachments.iter().map(|file| file.bytes.len()).sum::<usize>();
    within("attachments", attached, LARGEST_ATTACHMENTS)?;
    let language = paper.language.len() == 2 && paper.language.bytes().all(|byte| byte.is_ascii_lowercase());
    if !language {
        return Err(TypesetError::Name { what: "language" });
    }
    let plain = |name: &str| !name.is_empty() && name.len() <= 200 && !name.contains(['/', '\\', '\0']) && name != "..";
    if paper.attachments.iter().any(|file| !plain(&file.name)) {
        return Err(TypesetError::Name { what: "name of an attachment" });
    }
    Ok(data)
}

/// What makes this paper the one it is; the document identifier is taken from it.
fn identifier(paper: &Paper, data: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [paper.title.as_bytes(), paper.dated.to_string().as_bytes(), paper.source.as_bytes(), data] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    data_encoding::HEXLOWER.encode(context.finish().as_ref())
}

/// What the file says of itself.
struct About {
    title: String,
    dated: jiff::Timestamp,
    identifier: String,
}

/// Layout, then PDF.
fn compose(desk: &Desk, about: &About) -> Result<Printed, TypesetError> {
    let document = typst::compile::<PagedDocument>(desk).output.map_err(|faults| named(desk, &faults))?;
    let pages = document.pages().len();
    if pages > MOST_PAGES {
        return Err(TypesetError::TooLong(pages));
    }
    let places = places(&document);
    let standards = PdfStandards::new(&[PdfStandard::A_3a, PdfStandard::Ua_1])
        .map_err(|error| TypesetError::Engine(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{}\0{}", about.title, about.identifier)),
        creator: Smart::Custom(Some("Hải Đăng".to_owned())),
        timestamp: pdf_time(about.dated),
        standards,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|faults| named(desk, &faults))?;
    Ok(Printed { bytes, pages, places })
}

/// A moment as PDF writes it, in UTC.
fn pdf_time(moment: jiff::Timestamp) -> Option<PdfTimestamp> {
    let utc = moment.to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).ok();
    let datetime = Datetime::from_ymd_hms(
        i32::from(utc.year()),
        part(utc.month())?,
        part(utc.day())?,
        part(utc.hour())?,
        part(utc.minute())?,
        part(utc.second())?,
    )?;
    Some(PdfTimestamp::new_utc(datetime))
}

/// The rectangles that the template reserved with `metadata((place: name, width: …, height: …))`.
fn places(document: &PagedDocument) -> BTreeMap<String, Place> {
    let introspector = document.introspector();
    let mut places = BTreeMap::new();
    for element in introspector.query(&MetadataElem::ELEM.select()) {
        let (Some(metadata), Some(location)) = (element.to_packed::<MetadataElem>(), element.location()) else {
            continue;
        };
        let Value::Dict(given) = &metadata.value else { continue };
        let Some(position) = introspector.position(location) else { continue };
        let page = position.page.get() - 1;
        let (Some(sheet), Some(name)) = (document.pages().get(page), text_of(given, "place")) else { continue };
        let (width, height) = (points_of(given, "width"), points_of(given, "height"));
        let lower = sheet.frame.height().to_pt() - position.point.y.to_pt() - height;
        places.insert(name, Place { page, x: position.point.x.to_pt(), y: lower, width, height });
    }
    places
}

fn text_of(given: &Dict, key: &str) -> Option<String> {
    match given.get(key) {
        Ok(Value::Str(text)) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn points_of(given: &Dict, key: &str) -> f64 {
    match given.get(key) {
        Ok(Value::Length(length)) => length.abs.to_pt(),
        _ => 0.0,
    }
}

/// The faults of a template by file and line. Messages of the engine may quote data, so only those that cannot are kept.
fn named(desk: &Desk, faults: &[SourceDiagnostic]) -> TypesetError {
    let lines = faults.iter().take(MOST_FAULTS).map(|fault| {
        let at = fault.span.id().and_then(|id| {
            let source = desk.source(id).ok()?;
            let start = desk.range(fault.span)?.start;
            let line = source.text().get(..start)?.matches('\n').count() + 1;
            Some(format!("{}:{line}", id.vpath().get_without_slash()))
        });
        let message = without_values(&fault.message);
        format!("{}: {message}", at.as_deref().unwrap_or("document"))
    });
    TypesetError::Template(lines.collect::<Vec<_>>().join("; "))
}

/// A message up to its first colon, after which `panic` and `assert` say what they were given, and without what stands
/// between quotation marks or backticks: both may be a value.
fn without_values(message: &str) -> String {
    let message = message.split_once(':').map_or(message, |(reason, _)| reason);
    let mut kept = String::with_capacity(message.len());
    let mut quote = None;
    for letter in message.chars() {
        match quote {
            Some(open) if letter == open => {
                quote = None;
                kept.push('…');
                kept.push(letter);
            }
            Some(_) => {}
            None => {
                if matches!(letter, '"' | '`') {
                    quote = Some(letter);
                }
                kept.push(letter);
            }
        }
    }
    kept
}
