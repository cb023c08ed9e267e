//! What a signature or a filled field looks like on paper (Decree 30/2020, Appendix I: handwriting blue, seal red).

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use super::PadesError;
use super::font::{self, EmbeddedFont};
use crate::pdf::{Dictionary, Object, Reference, Update, dictionary, name};

/// Longest side of a picture in pixels; a seal of 40 mm at 600 dpi has under 1,000.
const PICTURE_SIDE: u32 = 3_000;
/// Longest PNG file.
const PICTURE_BYTES: usize = 4 << 20;

/// What a visible signature shows; nothing of it is an empty frame.
#[derive(Debug, Clone, Default)]
pub struct Appearance {
    /// A PNG of the handwriting or the seal, with transparency; drawn as large as fits, in the middle.
    pub picture: Option<Arc<[u8]>>,
    /// Lines of text, drawn over the picture from the top left.
    pub text: Option<AppearanceText>,
}

/// Lines with the font they are drawn in.
#[derive(Debug, Clone)]
pub struct AppearanceText {
    /// Lines from top to bottom.
    pub lines: Vec<String>,
    /// A TrueType font file; only the letters used are embedded.
    pub font: Arc<[u8]>,
    /// Size in points.
    pub size: f64,
    /// Red, green, blue.
    pub colour: [u8; 3],
}

/// A stream of compressed bytes.
pub(super) fn compressed(mut dictionary: Dictionary, bytes: &[u8]) -> Object {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    // Writing into memory cannot fail.
    let _ = encoder.write_all(bytes);
    dictionary.set("Filter", name("FlateDecode"));
    Object::stream(dictionary, encoder.finish().unwrap_or_default())
}

/// A number with at most three digits after the point.
pub(super) fn number(value: f64) -> Object {
    Object::Real(format!("{value:.3}"))
}

/// A form XObject of this size with this content.
pub(super) fn form(
    update: &mut Update<'_>,
    size: (f64, f64),
    resources: Dictionary,
    content: &str,
) -> Result<Reference, PadesError> {
    let sides = vec![Object::Integer(0), Object::Integer(0), number(size.0), number(size.1)];
    let head = dictionary([
        ("Type", name("XObject")),
        ("Subtype", name("Form")),
        ("BBox", Object::Array(sides)),
        ("Resources", Object::Dictionary(resources)),
    ]);
    Ok(update.add(compressed(head, content.as_bytes()))?)
}

/// Draws the appearance of a signature of this size.
pub(super) fn draw(
    update: &mut Update<'_>,
    appearance: &Appearance,
    size: (f64, f64),
) -> Result<Reference, PadesError> {
    let mut resources = Dictionary::default();
    let mut content = String::new();
    if let Some(picture) = &appearance.picture {
        let (reference, width, height) = embed_picture(update, picture)?;
        let scale = (size.0 / f64::from(width)).min(size.1 / f64::from(height));
        let (w, h) = (f64::from(width) * scale, f64::from(height) * scale);
        let (x, y) = ((size.0 - w) / 2.0, (size.1 - h) / 2.0);
        let _ = writeln!(content, "q {w:.3} 0 0 {h:.3} {x:.3} {y:.3} cm /Picture Do Q");
        resources.set("XObject", Object::Dictionary(dictionary([("Picture", Object::Reference(reference))])));
    }
    if let Some(text) = &appearance.text {
        let lines: Vec<&str> = text.lines.iter().map(String::as_str).collect();
        let font = font::embed(update, &text.font, &lines)?;
        resources.set("Font", Object::Dictionary(dictionary([("F", Object::Reference(font.reference))])));
        let mut y = size.1 - font.ascent * text.size;
        for line in lines {
            draw_line(&mut content, &font, line, (0.0, y), text.size, text.colour);
            y -= text.size * 1.15;
        }
    }
    form(update, size, resources, &content)
}

/// One line of text, its base line beginning at a point.
pub(super) fn draw_line(
    content: &mut String,
    font: &EmbeddedFont,
    line: &str,
    at: (f64, f64),
    size: f64,
    colour: [u8; 3],
) {
    let [r, g, b] = colour.map(|part| f64::from(part) / 255.0);
    let (x, y) = at;
    let hex = font.encode(line);
    let _ = writeln!(content, "BT {r:.3} {g:.3} {b:.3} rg /F {size:.3} Tf 1 0 0 1 {x:.3} {y:.3} Tm <{hex}> Tj ET");
}

/// A picture with its transparency as a soft mask; width and height in pixels.
fn embed_picture(update: &mut Update<'_>, file: &[u8]) -> Result<(Reference, u32, u32), PadesError> {
    let (width, height, colours, mask) = decode_picture(file)?;
    let head = |space: &str| {
        dictionary([
            ("Type", name("XObject")),
            ("Subtype", name("Image")),
            ("Width", Object::Integer(i64::from(width))),
            ("Height", Object::Integer(i64::from(height))),
            ("ColorSpace", name(space)),
            ("BitsPerComponent", Object::Integer(8)),
        ])
    };
    let mut picture = head("DeviceRGB");
    if let Some(mask) = mask {
        picture.set("SMask", Object::Reference(update.add(compressed(head("DeviceGray"), &mask))?));
    }
    Ok((update.add(compressed(picture, &colours))?, width, height))
}

type Picture = (u32, u32, Vec<u8>, Option<Vec<u8>>);

fn decode_picture(file: &[u8]) -> Result<Picture, PadesError> {
    let refuse = |why: &str| PadesError::Picture(why.to_owned());
    if file.len() > PICTURE_BYTES {
        return Err(refuse("longer than 4 MB"));
    }
    let limits = png::Limits { bytes: 64 << 20 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| refuse(&error.to_string()))?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > PICTURE_SIDE || height > PICTURE_SIDE {
        return Err(refuse("larger than 3,000 pixels"));
    }
    let size = reader.output_buffer_size().ok_or_else(|| refuse("too large"))?;
    let mut pixels = vec![0; size];
    reader.next_frame(&mut pixels).map_err(|error| refuse(&error.to_string()))?;
    let (colour, _) = reader.output_color_type();
    let (mut colours, mut mask) = (Vec::new(), Vec::new());
    for pixel in pixels.chunks_exact(colour.samples()) {
        match *pixel {
            [r, g, b] => colours.extend([r, g, b]),
            [r, g, b, alpha] => {
                colours.extend([r, g, b]);
                mask.push(alpha);
            }
            [grey] => colours.extend([grey; 3]),
            [grey, alpha] => {
                colours.extend([grey; 3]);
                mask.push(alpha);
            }
            _ => return Err(refuse("an unknown kind of colour")),
        }
    }
    Ok((width, height, colours, (!mask.is_empty()).then_some(mask)))
}
