//! The text of a word-processor file (ISO/IEC 29500, `word/document.xml`): its paragraphs, nothing else of it.
//!
//! The file comes from outside: what it unpacks to is limited, its XML is read piece by piece and knows no entities
//! but the five of XML itself.

use quick_xml::events::{BytesRef, Event};
use quick_xml::{Reader, XmlVersion};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Most bytes of `word/document.xml` unpacked.
const XML: u64 = 32 * 1024 * 1024;
/// Most characters taken out.
const TEXT: usize = 200_000;
/// Most parts of the archive.
const PARTS: usize = 2_000;

/// Why a file gives no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocxFault {
    /// No archive, no document in it, or no XML.
    #[error("the file is no readable DOCX")]
    Unreadable,
    /// It unpacks to more than is read.
    #[error("the file holds more text than a document may have")]
    TooLarge,
    /// There is no text in it.
    #[error("the file has no text")]
    Empty,
}

impl DocxFault {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::Empty => "required",
        }
    }
}

/// The unpacked `word/document.xml`.
fn document(bytes: &[u8]) -> Result<Vec<u8>, DocxFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DocxFault::Unreadable)?;
    if archive.len() > PARTS {
        return Err(DocxFault::TooLarge);
    }
    let part = archive.by_name("word/document.xml").map_err(|_| DocxFault::Unreadable)?;
    let mut xml = Vec::new();
    // What the archive says of sizes is a claim: the limit counts what really comes out.
    part.take(XML + 1).read_to_end(&mut xml).map_err(|_| DocxFault::Unreadable)?;
    if xml.len() as u64 > XML { Err(DocxFault::TooLarge) } else { Ok(xml) }
}

/// The character of a reference; none but the five of XML and numbers, so nothing grows.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match reference.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

#[derive(Default)]
struct Taken {
    text: String,
    characters: usize,
    /// Inside `w:t`.
    words: bool,
    /// Inside `w:del`: what somebody struck out is not the text.
    struck: usize,
}

impl Taken {
    fn push(&mut self, piece: &str) -> Result<(), DocxFault> {
        self.characters += piece.chars().count();
        if self.characters > TEXT {
            return Err(DocxFault::TooLarge);
        }
        self.text.push_str(piece);
        Ok(())
    }

    fn opened(&mut self, name: &str) {
        match name {
            "t" => self.words = true,
            "del" => self.struck += 1,
            _ => {}
        }
    }

    fn closed(&mut self, name: &str) -> Result<(), DocxFault> {
        match name {
            "t" => self.words = false,
            "del" => self.struck = self.struck.saturating_sub(1),
            "p" | "br" => return self.push("\n"),
            "tab" => return self.push(" "),
            _ => {}
        }
        Ok(())
    }
}

/// The paragraphs of the text, one a line, in Unicode NFC.
///
/// # Errors
/// See [`DocxFault`].
pub fn text(bytes: &[u8]) -> Result<String, DocxFault> {
    let xml = document(bytes)?;
    let xml = std::str::from_utf8(&xml).map_err(|_| DocxFault::Unreadable)?;
    let mut reader = Reader::from_str(xml);
    let mut taken = Taken::default();
    loop {
        let event = reader.read_event().map_err(|_| DocxFault::Unreadable)?;
        match event {
            Event::Eof => break,
            // A document type could declare entities: no DOCX has one.
            Event::DocType(_) => return Err(DocxFault::Unreadable),
            Event::Start(element) => taken.opened(element.local_name().as_ref()),
            Event::End(element) => taken.closed(element.local_name().as_ref())?,
            Event::Empty(element) => {
                let name = element.local_name();
                // An empty `w:t` opens nothing.
                if name.as_ref() != "t" && name.as_ref() != "del" {
                    taken.closed(name.as_ref())?;
                }
            }
            Event::Text(piece) if taken.words && taken.struck == 0 => {
                taken.push(&piece.xml_content(XmlVersion::Implicit1_0))?;
            }
            Event::GeneralRef(reference) if taken.words && taken.struck == 0 => {
                let found = character(&reference).ok_or(DocxFault::Unreadable)?;
                taken.push(found.encode_utf8(&mut [0; 4]))?;
            }
            _ => {}
        }
    }
    let lines = taken.text.lines().map(haidang_kernel::text::tidy).filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join("\n");
    if text.is_empty() { Err(DocxFault::Empty) } else { Ok(text) }
}
