//! What the pages of a PDF show: lines of text with their measures, and frames and rules.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro_interpret::font::Glyph;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings, Paint,
    PathDrawMode, SoftMask, TransformExt as _, interpret_page,
};
use kurbo::{Affine, BezPath, Point, Rect, Shape as _};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::{LintError, MOST_PAGES};

/// Letters that are kept of one file, and frames and rules.
const MOST_LETTERS: usize = 2_000_000;
const MOST_FRAMES: usize = 20_000;
/// Points in a millimetre.
pub(super) const MILLIMETRE: f64 = 72.0 / 25.4;

/// A line of text, or the part of it that stands in one column. Measures in points from the lower left corner.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) page: usize,
    pub(super) text: String,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) baseline: f64,
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) black: bool,
    pub(super) composed: bool,
}

impl Line {
    pub(super) fn middle(&self) -> f64 {
        f64::midpoint(self.left, self.right)
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Upper edge by the ascent of Times New Roman.
    pub(super) fn top(&self) -> f64 {
        self.baseline + 0.891 * self.size
    }

    /// Lower edge by its descent.
    pub(super) fn bottom(&self) -> f64 {
        self.baseline - 0.216 * self.size
    }

    /// Whether it has letters and all of them are capitals.
    pub(super) fn is_upper(&self) -> bool {
        self.text.chars().any(char::is_alphabetic) && !self.text.chars().any(char::is_lowercase)
    }

    pub(super) fn is_number(&self) -> bool {
        !self.text.is_empty() && self.text.len() <= 4 && self.text.bytes().all(|byte| byte.is_ascii_digit())
    }
}

/// One page: its size in points, lines from top to bottom, frames and rules.
#[derive(Debug, Default)]
pub(super) struct PageSheet {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<Line>,
    pub(super) frames: Vec<Rect>,
}

/// All pages.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) pages: Vec<PageSheet>,
    /// PostScript names of the faces, with the first page of each.
    pub(super) faces: Vec<(String, usize)>,
}

impl Sheet {
    pub(super) fn has_text(&self) -> bool {
        self.pages.iter().any(|page| !page.lines.is_empty())
    }

    pub(super) fn first(&self) -> Option<&PageSheet> {
        self.pages.first()
    }
}

/// Reads the pages; unwinds when told to stop.
pub(super) fn read(bytes: Vec<u8>, stop: &AtomicBool) -> Result<Sheet, LintError> {
    let pdf = Pdf::new(bytes).map_err(|_| LintError::Unreadable)?;
    let cache = InterpreterCache::new();
    let mut sheet = Sheet::default();
    let mut faces = HashMap::new();
    let mut letters = 0;
    for (index, page) in pdf.pages().iter().take(MOST_PAGES).enumerate() {
        let (width, height) = page.render_dimensions();
        let (width, height) = (f64::from(width), f64::from(height));
        let start = page.initial_transform(false).to_kurbo();
        let bounds = Rect::new(0.0, 0.0, width, height);
        let mut context = Context::new(start, bounds, &cache, pdf.xref(), InterpreterSettings::default());
        let mut reader =
            Reader { stop, faces: &mut faces, letters: Vec::new(), frames: Vec::new(), left: MOST_LETTERS - letters };
        interpret_page(page, &mut context, &mut reader);
        letters += reader.letters.len();
        let (found, frames) = (std::mem::take(&mut reader.letters), std::mem::take(&mut reader.frames));
        drop(reader);
        for letter in &found {
            if let Some(face) = &letter.face
                && !sheet.faces.iter().any(|(name, _)| name.as_str() == &**face)
            {
                sheet.faces.push((face.to_string(), index));
            }
        }
        sheet.pages.push(PageSheet { width, height, lines: lines(index, &found), frames });
    }
    if sheet.pages.is_empty() { Err(LintError::Unreadable) } else { Ok(sheet) }
}

/// What is known of a face.
#[derive(Clone)]
struct Face {
    name: Option<std::rc::Rc<str>>,
    bold: bool,
    italic: bool,
}

struct Letter {
    text: String,
    left: f64,
    right: f64,
    baseline: f64,
    size: f64,
    face: Option<std::rc::Rc<str>>,
    bold: bool,
    italic: bool,
    black: bool,
}

struct Reader<'a> {
    stop: &'a AtomicBool,
    faces: &'a mut HashMap<u128, Face>,
    letters: Vec<Letter>,
    frames: Vec<Rect>,
    left: usize,
}

impl Reader<'_> {
    fn in_time(&self) {
        if self.stop.load(Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new(LintError::TimedOut));
        }
    }

    fn face(&mut self, glyph: &hayro_interpret::font::OutlineGlyph) -> Face {
        let read = || {
            let data = glyph.font_data();
            let name = data.as_ref().and_then(|data| data.postscript_name.clone());
            let styled = |word: &str| name.as_deref().is_some_and(|name| name.contains(word));
            Face {
                bold: styled("Bold") || data.as_ref().and_then(|data| data.weight).is_some_and(|weight| weight >= 600),
                italic: styled("Italic") || styled("Oblique") || data.as_ref().is_some_and(|data| data.is_italic),
                name: name.map(Into::into),
            }
        };
        self.faces.entry(glyph.font_cache_key()).or_insert_with(read).clone()
    }
}

impl<'a> Device<'a> for Reader<'_> {
    fn set_soft_mask(&mut self, _: Option<SoftMask<'a>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {
        self.in_time();
    }
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_path(&mut self, path: &BezPath, transform: Affine, _: &Paint<'a>, _: &PathDrawMode) {
        self.in_time();
        if self.frames.len() < MOST_FRAMES {
            self.frames.push((transform * path.clone()).bounding_box());
        }
    }

    fn draw_glyph(&mut self, glyph: &Glyph<'a>, transform: Affine, own: Affine, paint: &Paint<'a>, _: &GlyphDrawMode) {
        self.in_time();
        if self.letters.len() >= self.left {
            return;
        }
        let text = match glyph.as_unicode() {
            Some(BfString::Char(letter)) => letter.to_string(),
            Some(BfString::String(text)) => text,
            None => return,
        };
        let whole = transform * own;
        let [_, slant, _, _, _, _] = whole.as_coeffs();
        let origin = whole * Point::ORIGIN;
        let size = (whole * Point::new(0.0, 1000.0) - origin).hypot();
        // Stamps and marks that lie across the page are no text of it.
        if !(size > 0.5 && size < 400.0) || slant.abs() * 1000.0 > size * 0.1 {
            return;
        }
        let (face, advance) = match glyph {
            Glyph::Outline(outline) => (self.face(outline), outline.advance_width().unwrap_or(500.0)),
            Glyph::Type3(_) => (Face { name: None, bold: false, italic: false }, 500.0),
        };
        let right = (whole * Point::new(f64::from(advance), 0.0)).x;
        let black = match paint {
            Paint::Color(colour) => colour.to_rgba().to_rgba8().iter().take(3).all(|part| *part < 90),
            Paint::Pattern(_) => false,
        };
        let Face { name, bold, italic } = face;
        self.letters.push(Letter {
            text,
            left: origin.x,
            right,
            baseline: origin.y,
            size,
            face: name,
            bold,
            italic,
            black,
        });
    }
}

/// Letters in the order they are drawn become lines: same base line, no gap wider than a word gap.
fn lines(page: usize, letters: &[Letter]) -> Vec<Line> {
    let mut runs: Vec<Vec<&Letter>> = Vec::new();
    for letter in letters {
        let near = |last: &Letter| {
            let gap = letter.left - last.right;
            (letter.baseline - last.baseline).abs() < 1.0 && gap > -0.6 * last.size && gap < 1.3 * last.size
        };
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| near(last)) => run.push(letter),
            _ => runs.push(vec![letter]),
        }
    }
    let mut lines: Vec<Line> = runs.iter().filter_map(|run| line(page, run)).collect();
    lines.sort_by(|a, b| b.baseline.total_cmp(&a.baseline));
    // What stands on one line is read from the left, although its base lines differ by hairs.
    let level = |a: &Line, b: &Line| (a.baseline - b.baseline).abs() < 1.0;
    for row in lines.chunk_by_mut(level) {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    let mut joined: Vec<Line> = Vec::new();
    for line in lines {
        match joined.last_mut() {
            Some(last) if continues(last, &line) => {
                let gap = line.left - last.right;
                if gap > 0.15 * last.size && !last.text.ends_with(' ') {
                    last.text.push(' ');
                }
                last.text.push_str(&line.text);
                last.right = last.right.max(line.right);
                last.bold &= line.bold;
                last.italic &= line.italic;
                last.black &= line.black;
                last.composed &= line.composed;
            }
            _ => joined.push(line),
        }
    }
    joined
}

fn continues(last: &Line, next: &Line) -> bool {
    let gap = next.left - last.right;
    (last.baseline - next.baseline).abs() < 1.0 && gap > -2.0 && gap < 0.6 * last.size
}

fn line(page: usize, run: &[&Letter]) -> Option<Line> {
    let seen: Vec<&&Letter> = run.iter().filter(|letter| !letter.text.trim().is_empty()).collect();
    let (first, last) = (seen.first()?, seen.last()?);
    let mut text = String::new();
    let mut end = f64::INFINITY;
    for letter in run {
        if letter.left - end > 0.15 * letter.size && !text.ends_with(' ') && !letter.text.starts_with(' ') {
            text.push(' ');
        }
        end = letter.right;
        text.push_str(&letter.text);
    }
    let most = |of: fn(&Letter) -> bool| seen.iter().filter(|letter| of(letter)).count() * 10 >= seen.len() * 9;
    let mut sizes: Vec<f64> = seen.iter().map(|letter| letter.size).collect();
    sizes.sort_by(f64::total_cmp);
    let composed = is_nfc(text.trim());
    Some(Line {
        page,
        text: text.trim().nfc().collect(),
        left: first.left,
        right: last.right,
        baseline: first.baseline,
        size: *sizes.get(sizes.len() / 2)?,
        bold: most(|letter| letter.bold),
        italic: most(|letter| letter.italic),
        black: seen.iter().all(|letter| letter.black),
        composed,
    })
}
