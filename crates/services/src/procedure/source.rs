//! Files of one version: bytes, hash, and the lines on which things stand.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Largest file of a version directory.
const MOST_FILE_BYTES: u64 = 2_000_000;

/// Files of a version directory by relative path with `/`.
#[derive(Debug, Clone, Default)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    /// Reads a directory with its subdirectories.
    ///
    /// # Errors
    /// What could not be read, in English.
    pub fn read(directory: &Path) -> Result<Self, String> {
        let mut files = Self::default();
        files.add(directory, "")?;
        Ok(files)
    }

    fn add(&mut self, directory: &Path, prefix: &str) -> Result<(), String> {
        let shown = directory.display();
        for entry in std::fs::read_dir(directory).map_err(|error| format!("{shown}: {error}"))? {
            let entry = entry.map_err(|error| format!("{shown}: {error}"))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|error| format!("{shown}/{name}: {error}"))?;
            let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            if kind.is_dir() {
                self.add(&entry.path(), &path)?;
            } else if kind.is_file() {
                let size = entry.metadata().map_err(|error| format!("{path}: {error}"))?.len();
                if size > MOST_FILE_BYTES {
                    return Err(format!("{path}: larger than {MOST_FILE_BYTES} bytes"));
                }
                let bytes = std::fs::read(entry.path()).map_err(|error| format!("{path}: {error}"))?;
                self.0.insert(path, bytes);
            }
        }
        Ok(())
    }

    /// A file as text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// SHA-256 over path, length and bytes of every file in path order, hex. The names belong to the content: a
    /// template under another name is another procedure.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (path, bytes) in &self.0 {
            hash.update((path.len() as u64).to_be_bytes());
            hash.update(path.as_bytes());
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        let mut hex = String::with_capacity(64);
        for byte in hash.finalize() {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// Lines of a TOML file by path, such as `["fee", "2", "amount"]`.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    starts: Vec<usize>,
    spans: BTreeMap<String, usize>,
}

impl Lines {
    /// Reads the positions of a TOML text; of one that cannot be read only offsets can be turned into lines.
    pub fn of(text: &str) -> Self {
        let mut lines = Self { starts: line_starts(text), spans: BTreeMap::new() };
        if let Ok(document) = toml_edit::Document::parse(text) {
            lines.walk(document.as_item(), String::new());
        }
        lines
    }

    fn walk(&mut self, item: &toml_edit::Item, path: String) {
        if let Some(span) = item.span() {
            self.spans.entry(path.clone()).or_insert(span.start);
        }
        if let Some(table) = item.as_table_like() {
            for (key, child) in table.iter() {
                let path = format!("{path}/{key}");
                if let Some(span) = table.get_key_value(key).and_then(|(key, _)| key.span()) {
                    self.spans.insert(path.clone(), span.start);
                }
                self.walk(child, path);
            }
        } else if let Some(tables) = item.as_array_of_tables() {
            for (index, table) in tables.iter().enumerate() {
                let path = format!("{path}/{index}");
                if let Some(span) = table.span() {
                    self.spans.insert(path.clone(), span.start);
                }
                self.table(table, &path);
            }
        } else if let Some(array) = item.as_array() {
            for (index, value) in array.iter().enumerate() {
                self.value(value, format!("{path}/{index}"));
            }
        }
    }

    fn table(&mut self, table: &dyn toml_edit::TableLike, path: &str) {
        for (key, child) in table.iter() {
            let path = format!("{path}/{key}");
            if let Some(span) = table.get_key_value(key).and_then(|(key, _)| key.span()) {
                self.spans.insert(path.clone(), span.start);
            }
            self.walk(child, path);
        }
    }

    fn value(&mut self, value: &toml_edit::Value, path: String) {
        if let Some(span) = value.span() {
            self.spans.entry(path.clone()).or_insert(span.start);
        }
        if let Some(table) = value.as_inline_table() {
            self.table(table, &path);
        } else if let Some(array) = value.as_array() {
            for (index, value) in array.iter().enumerate() {
                self.value(value, format!("{path}/{index}"));
            }
        }
    }

    /// Line of a byte offset, from 1.
    pub fn of_offset(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Line of a path such as `fee/2/amount`, or of the nearest thing that encloses it; 1 when nothing does.
    pub fn at(&self, path: &str) -> usize {
        let mut path = format!("/{path}");
        loop {
            if let Some(offset) = self.spans.get(&path) {
                return self.of_offset(*offset);
            }
            match path.rfind('/') {
                Some(cut) if cut > 0 => path.truncate(cut),
                _ => return 1,
            }
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
        .collect()
}

/// Line on which a JSON file names a key, from 1; 1 when it does not.
pub fn line_of_key(json: &str, key: &str) -> usize {
    let quoted = format!("\"{key}\"");
    let named = json.match_indices(&quoted).find(|(at, _)| json[at + quoted.len()..].trim_start().starts_with(':'));
    named.map_or(1, |(at, _)| json[..at].bytes().filter(|byte| *byte == b'\n').count() + 1)
}
