//! The typefaces of official documents: Liberation Serif, or a folder of a licensed face with the same measures.
//!
//! A document never brings a font: what sets it is always ours or the operator's.

use std::path::Path;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use super::TypesetError;

/// Metric-equal with Times New Roman; four faces, SIL Open Font License.
const LIBERATION: [&[u8]; 4] = [
    include_bytes!("../../vendor/liberation/LiberationSerif-Regular.ttf"),
    include_bytes!("../../vendor/liberation/LiberationSerif-Bold.ttf"),
    include_bytes!("../../vendor/liberation/LiberationSerif-Italic.ttf"),
    include_bytes!("../../vendor/liberation/LiberationSerif-BoldItalic.ttf"),
];
/// The embedded upright or italic face, for what is filled into a paper later: a number (13 pt upright), a date (14 pt
/// italic).
pub fn face(italic: bool) -> &'static [u8] {
    if italic { LIBERATION[2] } else { LIBERATION[0] }
}

/// A face of the operator's folder above this is not a text face.
const LARGEST_FACE: u64 = 16 << 20;
/// Faces read from the operator's folder.
const MOST_FACES: usize = 16;

/// The faces at hand and the family that documents are set in.
pub(super) struct Fonts {
    pub(super) book: LazyHash<FontBook>,
    pub(super) faces: Vec<Font>,
    pub(super) family: String,
}

impl Fonts {
    /// The embedded faces, or those of this folder, where the first family found sets the documents.
    ///
    /// # Errors
    /// The folder cannot be read or holds no usable face.
    pub(super) fn load(folder: Option<&Path>) -> Result<Fonts, TypesetError> {
        let faces = match folder {
            Some(folder) => read_folder(folder)?,
            None => LIBERATION.iter().flat_map(|face| Font::iter(Bytes::new(*face))).collect(),
        };
        let Some(first) = faces.first() else {
            return Err(TypesetError::Fonts("no usable typeface (.ttf or .otf) in the configured folder".to_owned()));
        };
        let family = first.info().family.clone();
        Ok(Fonts { book: LazyHash::new(FontBook::from_fonts(&faces)), faces, family })
    }
}

/// Every face of a folder, in the order of the file names.
fn read_folder(folder: &Path) -> Result<Vec<Font>, TypesetError> {
    let failed = |error: std::io::Error| TypesetError::Fonts(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        if ending.is_some_and(|ending| ending == "ttf" || ending == "otf") {
            files.push(path);
        }
    }
    files.sort();
    let mut faces = Vec::new();
    for path in files.into_iter().take(MOST_FACES) {
        let size = std::fs::metadata(&path).map_err(failed)?.len();
        if size > LARGEST_FACE {
            return Err(TypesetError::Fonts(format!("{}: {size} bytes, more than a typeface has", path.display())));
        }
        faces.extend(Font::iter(Bytes::new(std::fs::read(&path).map_err(failed)?)));
    }
    Ok(faces)
}
