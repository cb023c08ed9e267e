//! Pictures of signatures and seals, drawn from names (Decree 30/2020, Appendix I, II.7 and II.8): handwriting in blue, the
//! seal round and red, both PNG with nothing behind them.
//!
//! They stand for pictures that an office has not given: a signature that was really written is scanned by its owner.
//! What they show proves nothing; the signature behind them does.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use aws_lc_rs::digest::{SHA256, digest};
use tiny_skia::{Color, FillRule, LineCap, Paint, PathBuilder, Pixmap, Stroke, Transform};
use ttf_parser::{Face, OutlineBuilder};

use super::PadesError;

/// Liberation Serif, metric-equal to Times New Roman, with every Vietnamese letter: what fields and signatures are written in.
pub const OFFICIAL_FONT: &[u8] = include_bytes!("../../vendor/liberation/LiberationSerif-Regular.ttf");
/// Its italic, for dates.
pub const OFFICIAL_ITALIC: &[u8] = include_bytes!("../../vendor/liberation/LiberationSerif-Italic.ttf");
const SEAL_FONT: &[u8] = include_bytes!("../../vendor/liberation/LiberationSerif-Bold.ttf");

/// Width and height of a written signature, in pixels.
const WRITTEN: (u32, u32) = (600, 240);
/// Side of a seal in pixels: 36 mm at 340 dpi.
const SEAL: u32 = 480;
/// Longest name that is drawn, in characters.
const NAME: usize = 120;

const BLUE: (u8, u8, u8) = (0x12, 0x2c, 0x9e);
const RED: (u8, u8, u8) = (0xd0, 0x10, 0x1c);

fn refuse(why: &str) -> PadesError {
    PadesError::Picture(why.to_owned())
}

/// Letters of a line as paths, their base line at 0 and `size` pixels high, moved by `place` one after the other.
struct Letters<'a> {
    face: Face<'a>,
    scale: f32,
}

struct Outline {
    path: PathBuilder,
    at: Transform,
}

impl Outline {
    fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let mut point = tiny_skia::Point::from_xy(x, y);
        self.at.map_point(&mut point);
        (point.x, point.y)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.point(x, y);
        self.path.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.point(x, y);
        self.path.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.point(x1, y1), self.point(x, y));
        self.path.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.point(x1, y1), self.point(x2, y2), self.point(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.path.close();
    }
}

impl<'a> Letters<'a> {
    fn new(font: &'a [u8], size: f32) -> Result<Letters<'a>, PadesError> {
        let face = Face::parse(font, 0).map_err(|error| PadesError::Font(error.to_string()))?;
        let scale = size / f32::from(face.units_per_em());
        Ok(Letters { face, scale })
    }

    fn advance(&self, letter: char) -> f32 {
        let glyph = self.face.glyph_index(letter).unwrap_or_default();
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * self.scale
    }

    fn width(&self, text: &str) -> f32 {
        text.chars().map(|letter| self.advance(letter)).sum()
    }

    /// Draws a letter whose base line begins at the origin of `at`.
    fn draw(&self, into: &mut Pixmap, letter: char, at: Transform, paint: &Paint<'_>) {
        let Some(glyph) = self.face.glyph_index(letter) else { return };
        // Fonts count upwards, pictures downwards.
        let at = at.pre_concat(Transform::from_scale(self.scale, -self.scale));
        let mut outline = Outline { path: PathBuilder::new(), at };
        self.face.outline_glyph(glyph, &mut outline);
        if let Some(path) = outline.path.finish() {
            into.fill_path(&path, paint, FillRule::Winding, Transform::identity(), None);
        }
    }
}

fn paint(colour: (u8, u8, u8)) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(Color::from_rgba8(colour.0, colour.1, colour.2, 255));
    paint
}

fn clean(name: &str) -> Result<String, PadesError> {
    let name = haidang_kernel::text::nfc(name);
    let name: Vec<&str> = name.split_whitespace().collect();
    let name: String = name.join(" ").chars().take(NAME).collect();
    if name.is_empty() { Err(refuse("there is no name to draw")) } else { Ok(name) }
}

/// The handwriting-like picture of a name: slanted, on a line that swings, with a flourish that differs from name to
/// name. The same name gives the same picture.
///
/// # Errors
/// [`PadesError::Picture`] when there is no name.
pub fn handwriting(name: &str) -> Result<Vec<u8>, PadesError> {
    written(&clean(name)?)
}

/// The picture of initials (ký nháy) for a name: the first letters of its words.
///
/// # Errors
/// As [`handwriting`].
pub fn initials(name: &str) -> Result<Vec<u8>, PadesError> {
    let name = clean(name)?;
    written(&name.split(' ').filter_map(|word| word.chars().next()).collect::<String>())
}

fn written(text: &str) -> Result<Vec<u8>, PadesError> {
    let mut pixmap = Pixmap::new(WRITTEN.0, WRITTEN.1).ok_or_else(|| refuse("it has no size"))?;
    let (width, height) = (WRITTEN.0 as f32, WRITTEN.1 as f32);
    let blue = paint(BLUE);
    let seed = digest(&SHA256, text.as_bytes());
    let random = |index: usize| f32::from(seed.as_ref().get(index % 32).copied().unwrap_or(0)) / 255.0;
    let whole = Letters::new(OFFICIAL_ITALIC, 100.0)?.width(text).max(1.0);
    let size = (100.0 * (width * 0.84) / whole).min(height * 0.5);
    let letters = Letters::new(OFFICIAL_ITALIC, size)?;
    let mut x = (width - letters.width(text)) / 2.0;
    let base = height * 0.58;
    for (index, letter) in text.chars().enumerate() {
        let swing = (x / width * TAU * (0.6 + random(0)) + random(1) * TAU).sin();
        let lean = -0.12 - 0.18 * random(index + 2);
        let at = Transform::from_translate(x, base + swing * height * 0.03)
            .pre_concat(Transform::from_row(1.0, 0.0, lean, 1.0, 0.0, 0.0));
        letters.draw(&mut pixmap, letter, at, &blue);
        x += letters.advance(letter) * 0.97;
    }
    let (mut line, low) = (PathBuilder::new(), height * (0.72 + 0.06 * random(5)));
    line.move_to(width * 0.94, base - height * 0.3 * random(6));
    line.cubic_to(width * (0.95 + 0.05 * random(7)), low, width * 0.3, low + height * 0.12, width * 0.08, low);
    line.cubic_to(
        width * 0.02,
        low - height * 0.1 * random(8),
        width * 0.3,
        low - height * 0.08,
        width * 0.9,
        low + height * 0.1,
    );
    let stroke = Stroke { width: 4.0, line_cap: LineCap::Round, ..Stroke::default() };
    if let Some(line) = line.finish() {
        pixmap.stroke_path(&line, &blue, &stroke, Transform::identity(), None);
    }
    encode(&pixmap)
}

/// The picture of an agency's seal: two circles, its name around a star.
///
/// # Errors
/// As [`handwriting`].
pub fn seal(agency: &str) -> Result<Vec<u8>, PadesError> {
    let name = haidang_kernel::text::nfc(&clean(agency)?.to_uppercase());
    let mut pixmap = Pixmap::new(SEAL, SEAL).ok_or_else(|| refuse("it has no size"))?;
    let (middle, red) = (SEAL as f32 / 2.0, paint(RED));
    for (radius, width) in [(0.97, 9.0), (0.91, 3.0), (0.56, 3.0)] {
        let mut circle = PathBuilder::new();
        circle.push_circle(middle, middle, middle * radius);
        if let Some(circle) = circle.finish() {
            let stroke = Stroke { width, ..Stroke::default() };
            pixmap.stroke_path(&circle, &red, &stroke, Transform::identity(), None);
        }
    }
    around(&mut pixmap, &name, &red)?;
    if let Some(star) = star(middle, middle * 0.4) {
        pixmap.fill_path(&star, &red, FillRule::Winding, Transform::identity(), None);
    }
    encode(&pixmap)
}

/// Writes a text around the middle, its own middle at the top; a long one in smaller letters.
fn around(pixmap: &mut Pixmap, text: &str, paint: &Paint<'_>) -> Result<(), PadesError> {
    const SIZE: f32 = 56.0;
    let middle = SEAL as f32 / 2.0;
    let radius = middle * 0.64;
    let most = radius * TAU * 0.88;
    let size = SIZE * (most / Letters::new(SEAL_FONT, SIZE)?.width(text).max(1.0)).min(1.0);
    let letters = Letters::new(SEAL_FONT, size)?;
    let mut angle = -letters.width(text) / radius / 2.0;
    for letter in text.chars() {
        let half = letters.advance(letter) / radius / 2.0;
        let turn = angle + half;
        let at = Transform::from_translate(middle, middle)
            .pre_concat(Transform::from_rotate(turn * 180.0 / PI))
            .pre_concat(Transform::from_translate(-letters.advance(letter) / 2.0, -radius));
        letters.draw(pixmap, letter, at, paint);
        angle += half * 2.0;
    }
    Ok(())
}

fn star(middle: f32, radius: f32) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    for corner in 0..10_u8 {
        let reach = if corner % 2 == 0 { radius } else { radius * 0.382 };
        let angle = f32::from(corner) * PI / 5.0 - FRAC_PI_2;
        let (x, y) = (middle + reach * angle.cos(), middle + reach * angle.sin());
        if corner == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.close();
    path.finish()
}

fn encode(pixmap: &Pixmap) -> Result<Vec<u8>, PadesError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = pixmap
        .pixels()
        .iter()
        .map(|pixel| pixel.demultiply())
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()])
        .collect();
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&pixels)?;
        writer.finish()
    });
    written.map_err(|error| refuse(&error.to_string()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Colours that are seen, and the share of pixels that are not.
    fn look(file: &[u8]) -> (u32, u32, Vec<[u8; 4]>, f64) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        let all: Vec<[u8; 4]> = pixels.chunks_exact(4).map(|pixel| pixel.try_into().unwrap()).collect();
        let clear = all.iter().filter(|pixel| pixel[3] == 0).count() as f64 / all.len() as f64;
        (frame.width, frame.height, all.into_iter().filter(|pixel| pixel[3] == 255).collect(), clear)
    }

    #[test]
    fn handwriting_is_blue_and_a_seal_is_red_with_nothing_behind() {
        for name in ["Nguyễn Thị Ví Dụ", "Đỗ Ỷ", "Ủy ban nhân dân phường Hồng Bàng thành phố Hải Phòng"]
        {
            for (file, colour, size) in [
                (handwriting(name).unwrap(), BLUE, WRITTEN),
                (initials(name).unwrap(), BLUE, WRITTEN),
                (seal(name).unwrap(), RED, (SEAL, SEAL)),
            ] {
                let (width, height, seen, clear) = look(&file);
                assert_eq!((width, height), size);
                assert!(seen.len() > 2_000 && clear > 0.6, "{name}: {} {clear}", seen.len());
                let right = seen.iter().all(|p| [p[0], p[1], p[2]] == [colour.0, colour.1, colour.2]);
                assert!(right, "{name}");
            }
        }
    }

    #[test]
    fn the_same_name_gives_the_same_picture_and_another_another() {
        assert_eq!(handwriting("Lê  Thị Mẫu").unwrap(), handwriting(" Lê Thị Mẫu").unwrap());
        assert_ne!(handwriting("Lê Thị Mẫu").unwrap(), handwriting("Lê Thị Mầu").unwrap());
        assert!(matches!(handwriting(" \n"), Err(PadesError::Picture(_))));
        assert!(seal(&"Ủy ".repeat(1_000)).is_ok());
    }
}
