//! A subset of a TrueType font inside a PDF, as PDF/A wants it: embedded, with widths and the way back to Unicode.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use super::PadesError;
use super::appearance::compressed;
use crate::pdf::{Object, Reference, Update, dictionary, name, text};

/// Longest font file: the largest free faces with Vietnamese letters have 2 MB.
const FONT_LIMIT: usize = 8 << 20;
/// Longest text that a field or signature shows.
const TEXT_LIMIT: usize = 4_000;

/// A font of a revision and how its letters are written.
pub(super) struct EmbeddedFont {
    pub(super) reference: Reference,
    glyphs: BTreeMap<char, (u16, u16)>,
    /// Height of letters above the base line, for 1 pt.
    pub(super) ascent: f64,
    /// Depth of letters below it, for 1 pt, positive.
    pub(super) descent: f64,
}

impl EmbeddedFont {
    /// The text as a hexadecimal string of glyphs.
    pub(super) fn encode(&self, line: &str) -> String {
        line.chars().filter_map(|c| self.glyphs.get(&c)).fold(String::new(), |mut hex, (glyph, _)| {
            let _ = write!(hex, "{glyph:04X}");
            hex
        })
    }

    /// Width of the text for 1 pt.
    pub(super) fn width(&self, line: &str) -> f64 {
        line.chars().filter_map(|c| self.glyphs.get(&c)).map(|(_, width)| f64::from(*width)).sum::<f64>() / 1_000.0
    }
}

fn refuse(why: impl Into<String>) -> PadesError {
    PadesError::Font(why.into())
}

/// Embeds what `lines` need of a TrueType font.
pub(super) fn embed(update: &mut Update<'_>, file: &[u8], lines: &[&str]) -> Result<EmbeddedFont, PadesError> {
    if file.len() > FONT_LIMIT || lines.iter().map(|line| line.len()).sum::<usize>() > TEXT_LIMIT {
        return Err(refuse("font or text is too long"));
    }
    let face = Face::parse(file, 0).map_err(|error| refuse(error.to_string()))?;
    if face.tables().glyf.is_none() {
        return Err(refuse("it has no TrueType outlines"));
    }
    let unit = 1_000.0 / f64::from(face.units_per_em());
    let mut remapper = GlyphRemapper::new();
    let mut glyphs = BTreeMap::new();
    for letter in lines.iter().flat_map(|line| line.chars()) {
        let Some(glyph) = face.glyph_index(letter) else {
            return Err(refuse(format!("it has no letter U+{:04X}", u32::from(letter))));
        };
        let width = f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * unit;
        glyphs.insert(letter, (remapper.remap(glyph.0), rounded(width)));
    }
    let subset = subsetter::subset(file, 0, &remapper).map_err(|error| refuse(error.to_string()))?;
    let reference = write(update, &face, &subset, &glyphs, unit)?;
    let measure = |value: i16| f64::from(value) / f64::from(face.units_per_em());
    Ok(EmbeddedFont { reference, glyphs, ascent: measure(face.ascender()), descent: -measure(face.descender()) })
}

fn rounded(value: f64) -> u16 {
    // Widths of glyphs are far below the bound; a font that says otherwise gets none.
    if (0.0..=30_000.0).contains(&value) { value.round() as u16 } else { 0 }
}

fn whole(value: f64) -> Object {
    Object::Integer(value.round() as i64)
}

fn write(
    update: &mut Update<'_>,
    face: &Face<'_>,
    subset: &[u8],
    glyphs: &BTreeMap<char, (u16, u16)>,
    unit: f64,
) -> Result<Reference, PadesError> {
    let base = format!("{}+{}", tag(subset), family(face));
    let length = Object::Integer(i64::try_from(subset.len()).unwrap_or(i64::MAX));
    let file = update.add(compressed(dictionary([("Length1", length)]), subset))?;
    let bounds = face.global_bounding_box();
    let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|side| whole(f64::from(side) * unit));
    let height = f64::from(face.capital_height().unwrap_or(face.ascender())) * unit;
    let descriptor = update.add(Object::Dictionary(dictionary([
        ("Type", name("FontDescriptor")),
        ("FontName", name(&base)),
        ("Flags", Object::Integer(4)),
        ("FontBBox", Object::Array(bounds.to_vec())),
        ("ItalicAngle", whole(f64::from(face.italic_angle()))),
        ("Ascent", whole(f64::from(face.ascender()) * unit)),
        ("Descent", whole(f64::from(face.descender()) * unit)),
        ("CapHeight", whole(height)),
        ("StemV", Object::Integer(80)),
        ("FontFile2", Object::Reference(file)),
    ])))?;
    let missing = whole(f64::from(face.glyph_hor_advance(GlyphId(0)).unwrap_or(0)) * unit);
    let mut widths = BTreeMap::from([(0_u16, missing)]);
    widths.extend(glyphs.values().map(|(glyph, width)| (*glyph, Object::Integer(i64::from(*width)))));
    let widths =
        widths.into_iter().flat_map(|(glyph, width)| [Object::Integer(i64::from(glyph)), Object::Array(vec![width])]);
    let system =
        dictionary([("Registry", text("Adobe")), ("Ordering", text("Identity")), ("Supplement", Object::Integer(0))]);
    let descendant = update.add(Object::Dictionary(dictionary([
        ("Type", name("Font")),
        ("Subtype", name("CIDFontType2")),
        ("BaseFont", name(&base)),
        ("CIDSystemInfo", Object::Dictionary(system)),
        ("FontDescriptor", Object::Reference(descriptor)),
        ("W", Object::Array(widths.collect())),
        ("CIDToGIDMap", name("Identity")),
    ])))?;
    let unicode = update.add(compressed(dictionary([]), to_unicode(glyphs).as_bytes()))?;
    Ok(update.add(Object::Dictionary(dictionary([
        ("Type", name("Font")),
        ("Subtype", name("Type0")),
        ("BaseFont", name(&base)),
        ("Encoding", name("Identity-H")),
        ("DescendantFonts", Object::Array(vec![Object::Reference(descendant)])),
        ("ToUnicode", Object::Reference(unicode)),
    ])))?)
}

/// Six capital letters that differ from subset to subset (ISO 32000-1, 9.6.4).
fn tag(subset: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, subset);
    digest.as_ref().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}

fn family(face: &Face<'_>) -> String {
    let wanted = ttf_parser::name_id::POST_SCRIPT_NAME;
    let found = face.names().into_iter().filter(|name| name.name_id == wanted).find_map(|name| name.to_string());
    let clean: String = found.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if clean.is_empty() { "Font".to_owned() } else { clean }
}

fn to_unicode(glyphs: &BTreeMap<char, (u16, u16)>) -> String {
    let mut map = String::from(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
         /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
    );
    // Two letters may share a glyph; a code has one meaning.
    let back: BTreeMap<u16, char> = glyphs.iter().rev().map(|(letter, (glyph, _))| (*glyph, *letter)).collect();
    let rows: Vec<_> = back.into_iter().collect();
    for part in rows.chunks(100) {
        let _ = writeln!(map, "{} beginbfchar", part.len());
        for (glyph, letter) in part {
            let mut units = [0; 2];
            let units = letter.encode_utf16(&mut units).iter().fold(String::new(), |mut hex, unit| {
                let _ = write!(hex, "{unit:04X}");
                hex
            });
            let _ = writeln!(map, "<{glyph:04X}> <{units}>");
        }
        map.push_str("endbfchar\n");
    }
    map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    map
}
