//! Files that travel inside a PDF (ISO 32000-1, 7.11.4). A stranger may put in as many as they like, of any size, in a
//! tree that leads in circles: what is beyond the bounds is not unpacked.

use std::collections::HashSet;

use super::object::{Dictionary, Object, Reference};
use super::view::View;
use super::{PdfError, malformed};

/// Most files that are unpacked of one document.
pub const EMBEDDED_FILES: usize = 16;
/// Largest file that is unpacked, in bytes; records of documents have a few thousand.
pub const EMBEDDED_BYTES: u64 = 256 << 10;
/// Deepest tree of names, and most nodes of it.
const TREE_DEPTH: usize = 8;
const TREE_NODES: usize = 64;

/// A file inside a PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedFile {
    /// Its name, as its sender wrote it: never a path to write to.
    pub name: String,
    /// Its media type, when the document says it.
    pub media_type: String,
    /// Description, when there is one.
    pub description: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The files inside a document as it is at a revision, in the order of their names. What is larger than
/// [`EMBEDDED_BYTES`], or packed in another way than Flate, is left out; of many, the first [`EMBEDDED_FILES`] count.
///
/// # Errors
/// [`PdfError`] when the tree of names is malformed, leads in a circle, or is deeper or wider than any of use.
pub fn embedded_files(view: &View<'_>) -> Result<Vec<EmbeddedFile>, PdfError> {
    let (_, catalog) = view.catalog()?;
    let Some(names) = view.dictionary(&catalog, "Names")? else { return Ok(Vec::new()) };
    let Some(root) = view.dictionary(&names, "EmbeddedFiles")? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let (mut seen, mut nodes) = (HashSet::<Reference>::new(), 0_usize);
    let mut waiting = vec![(root, 0_usize)];
    while let Some((node, depth)) = waiting.pop() {
        nodes += 1;
        if depth > TREE_DEPTH || nodes > TREE_NODES {
            return Err(PdfError::Limit("tree of embedded files"));
        }
        for specification in specifications(view, &node)? {
            if found.len() >= EMBEDDED_FILES {
                return Ok(found);
            }
            found.extend(unpacked(view, &specification)?);
        }
        let kids = view.value(&node, "Kids")?;
        let kids = kids.as_deref().and_then(Object::as_array).unwrap_or_default();
        // The last one goes in first, so that names come in their order.
        for kid in kids.iter().rev() {
            if let Object::Reference(reference) = kid
                && !seen.insert(*reference)
            {
                return Err(malformed("the tree of embedded files forms a circle", 0));
            }
            if let Object::Dictionary(kid) = view.resolve(kid)?.as_ref() {
                waiting.push((kid.clone(), depth + 1));
            }
            if waiting.len() > TREE_NODES {
                return Err(PdfError::Limit("tree of embedded files"));
            }
        }
    }
    Ok(found)
}

/// The descriptions of files in one node: every second value of its names.
fn specifications(view: &View<'_>, node: &Dictionary) -> Result<Vec<Dictionary>, PdfError> {
    let names = view.value(node, "Names")?;
    let names = names.as_deref().and_then(Object::as_array).unwrap_or_default();
    let mut found = Vec::new();
    for value in names.iter().skip(1).step_by(2).take(EMBEDDED_FILES) {
        if let Object::Dictionary(one) = view.resolve(value)?.as_ref() {
            found.push(one.clone());
        }
    }
    Ok(found)
}

fn unpacked(view: &View<'_>, specification: &Dictionary) -> Result<Option<EmbeddedFile>, PdfError> {
    let text = |key: &str| -> Result<String, PdfError> {
        Ok(view.value(specification, key)?.and_then(|value| value.as_text()).unwrap_or_default())
    };
    let name = match text("UF")? {
        name if name.is_empty() => text("F")?,
        name => name,
    };
    let Some(files) = view.dictionary(specification, "EF")? else { return Ok(None) };
    let stream = match view.value(&files, "F")? {
        None => view.value(&files, "UF")?,
        found => found,
    };
    let Some(stream) = stream else { return Ok(None) };
    let Object::Stream(stream) = stream.as_ref() else { return Ok(None) };
    // One annex that is too large, or packed in another way, is no reason to read none.
    let bytes = match view.stream_bytes(stream, EMBEDDED_BYTES) {
        Ok(bytes) if bytes.len() as u64 <= EMBEDDED_BYTES => bytes,
        Ok(_) | Err(PdfError::Limit(_) | PdfError::Object { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let media_type = stream.dictionary.name("Subtype").map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(Some(EmbeddedFile { name, media_type: media_type.unwrap_or_default(), description: text("Desc")?, bytes }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pdf::PdfFile;

    /// A document with these objects from number 2 on; 1 is the catalog.
    fn pdf_of(catalog: &[u8], objects: &[Vec<u8>]) -> PdfFile {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for (index, object) in std::iter::once(catalog).chain(objects.iter().map(Vec::as_slice)).enumerate() {
            offsets.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n", index + 1).bytes());
            bytes.extend_from_slice(object);
            bytes.extend_from_slice(b"\nendobj\n");
        }
        let (xref, size) = (bytes.len(), offsets.len() + 1);
        bytes.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
        for offset in &offsets {
            bytes.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        bytes.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n").bytes());
        PdfFile::open(Arc::new(bytes)).unwrap()
    }

    fn pdf(catalog: &str, objects: &[String]) -> PdfFile {
        let objects: Vec<Vec<u8>> = objects.iter().map(|object| object.clone().into_bytes()).collect();
        pdf_of(catalog.as_bytes(), &objects)
    }

    fn stream(extra: &str, content: &str) -> String {
        format!("<</Type/EmbeddedFile{extra}/Length {}>>stream\n{content}\nendstream", content.len())
    }

    fn specification(name: &str, stream: u32) -> String {
        format!("<</Type/Filespec/F({name})/UF({name})/EF<</F {stream} 0 R>>>>")
    }

    fn read(catalog: &str, objects: &[String]) -> Result<Vec<(String, usize)>, PdfError> {
        let file = pdf(catalog, objects);
        let found = embedded_files(&file.newest())?;
        Ok(found.into_iter().map(|one| (one.name, one.bytes.len())).collect())
    }

    const ROOT: &str = "<</Type/Catalog/Names<</EmbeddedFiles 2 0 R>>>>";

    #[test]
    fn files_are_found_wherever_they_hang() {
        let named = |pairs: &[(&str, u32)]| {
            let pairs: Vec<String> = pairs.iter().map(|(name, at)| format!("({name}) {at} 0 R")).collect();
            format!("<</Names[{}]>>", pairs.join(" "))
        };
        let record = stream("/Subtype/application#2Fjson", "{}");
        assert_eq!(read("<</Type/Catalog>>", &[]).unwrap(), []);
        assert_eq!(read(ROOT, &["<<>>".into()]).unwrap(), []);
        let flat = [named(&[("a", 3)]), specification("a.json", 4), record.clone()];
        assert_eq!(read(ROOT, &flat).unwrap(), [("a.json".to_owned(), 2)]);
        let deep = ["<</Kids[3 0 R]>>".into(), named(&[("a", 4)]), specification("a.json", 5), record];
        assert_eq!(read(ROOT, &deep).unwrap(), [("a.json".to_owned(), 2)]);
        let file = pdf(ROOT, &flat);
        assert_eq!(embedded_files(&file.newest()).unwrap()[0].media_type, "application/json");
    }

    #[test]
    fn what_is_hostile_is_bounded() {
        let limit = |answer: Result<Vec<(String, usize)>, PdfError>| matches!(answer, Err(PdfError::Limit(_)));
        // A circle, and a ladder deeper than any tree of use.
        let circle = read(ROOT, &["<</Kids[3 0 R]>>".into(), "<</Kids[3 0 R]>>".into()]);
        assert!(circle.is_err_and(|error| error.to_string().contains("circle")));
        let ladder: Vec<String> = (3..40).map(|next| format!("<</Kids[{next} 0 R]>>")).collect();
        assert!(limit(read(ROOT, &ladder)));
        let wide: Vec<String> = (0..100).map(|_| "<<>>".to_owned()).collect();
        assert!(limit(read(ROOT, &[format!("<</Kids[{}]>>", wide.join(" "))])));
        // More files than anybody reads: the first ones.
        let many: Vec<String> = (0..500).map(|_| "(x) 3 0 R".to_owned()).collect();
        let objects = [format!("<</Names[{}]>>", many.join(" ")), specification("x", 4), stream("", "1")];
        assert_eq!(read(ROOT, &objects).unwrap().len(), EMBEDDED_FILES);
        // Too large as it lies there, too large once it is unfolded, packed in another way: left out, the rest is read.
        let large = "x".repeat(usize::try_from(EMBEDDED_BYTES).unwrap() + 1);
        let objects = [
            "<</Names[(a) 3 0 R (b) 5 0 R (c) 7 0 R (d) 9 0 R]>>".to_owned(),
            specification("large", 4),
            stream("", &large),
            specification("packed", 6),
            stream("/Filter/LZWDecode", "??"),
            specification("broken", 8),
            stream("/Filter/FlateDecode", "no zlib"),
            "<</F(none)>>".to_owned(),
        ];
        assert_eq!(read(ROOT, &objects).unwrap(), []);
    }

    #[test]
    fn a_bomb_is_not_unfolded() {
        use std::io::Write as _;
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b' '; 64 << 20]).unwrap();
        let packed = packer.finish().unwrap();
        let mut body = format!("<</Filter/FlateDecode/Length {}>>stream\n", packed.len()).into_bytes();
        body.extend_from_slice(&packed);
        body.extend_from_slice(b"\nendstream");
        let objects = [b"<</Names[(a) 3 0 R]>>".to_vec(), specification("bomb", 4).into_bytes(), body];
        let file = pdf_of(ROOT.as_bytes(), &objects);
        assert_eq!(embedded_files(&file.newest()).unwrap(), []);
    }
}
