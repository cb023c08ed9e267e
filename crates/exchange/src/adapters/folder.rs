//! Adapters lie in a folder, one file each: `dan-cu.toml` is the adapter `dan-cu`, `dan-cu.test.toml` its examples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Adapters;
use super::connection::ConnectionDraft;
use super::draft::AdapterDraft;
use crate::directory::Complaints;

/// Adapters of a folder, at most.
const MOST: usize = 200;
/// Bytes of a file.
const LONGEST: u64 = 1024 * 1024;

impl Adapters {
    /// Reads every `*.toml` of a folder but the examples. `connections` is a file with a table for each adapter, which
    /// takes the place of the connection in the adapter itself; secrets lie relative to the file that names them. A file
    /// that forgets an adapter is wrong; without a file, an adapter that has no connection of its own is there and says to
    /// whoever calls it that it is not ready. Blocks.
    ///
    /// # Errors
    /// [`Complaints`] of all files, each by the name of its adapter.
    pub fn read(folder: &Path, connections: Option<&Path>) -> Result<Self, Complaints> {
        let mut wrong = Vec::new();
        let files = files(folder, false).map_err(|what| Complaints(vec![what]))?;
        let mut elsewhere = match connections {
            Some(file) => read_connections(file).map_err(|what| Complaints(vec![what]))?,
            None => BTreeMap::new(),
        };
        let beside = connections.and_then(Path::parent).unwrap_or(Path::new(""));
        let mut adapters = BTreeMap::new();
        for (name, file) in files {
            let own = elsewhere.remove(&name).map(|draft| (draft, beside));
            let judged = text(&file)
                .map_err(|what| Complaints(vec![what]))
                .and_then(|text| AdapterDraft::from_toml(&text))
                .and_then(|draft| draft.judge(&name, own, folder));
            match judged {
                Ok(adapter) if adapter.connection.is_none() && connections.is_some() => {
                    wrong.push(format!("adapter {name}: has no connection; name one in the file of connections"));
                }
                Ok(adapter) => {
                    adapters.insert(name, Arc::new(adapter));
                }
                Err(complaints) => wrong.extend(complaints.0.iter().map(|what| format!("adapter {name}: {what}"))),
            }
        }
        wrong.extend(elsewhere.keys().map(|name| format!("connection {name}: there is no adapter of this name")));
        if wrong.is_empty() { Ok(Self(adapters)) } else { Err(Complaints(wrong)) }
    }

    /// The files that [`Adapters::read`] reads, to see whether one has changed. Blocks.
    ///
    /// # Errors
    /// [`Complaints`] when the folder cannot be read.
    pub fn files(folder: &Path, connections: Option<&Path>) -> Result<Vec<PathBuf>, Complaints> {
        let files = files(folder, false).map_err(|what| Complaints(vec![what]))?;
        Ok(files.into_values().chain(connections.map(Path::to_owned)).collect())
    }
}

/// The adapters of a folder by name, or the examples beside them.
pub(super) fn files(folder: &Path, examples: bool) -> Result<BTreeMap<String, PathBuf>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(told)? {
        let file = entry.map_err(told)?.path();
        let Some(stem) = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".toml"))
        else {
            continue;
        };
        let name = match (stem.strip_suffix(".test"), examples) {
            (Some(name), true) => name,
            (None, false) => stem,
            _ => continue,
        };
        found.insert(name.to_owned(), file.clone());
        if found.len() > MOST {
            return Err(format!("{}: holds more than {MOST} adapters", folder.display()));
        }
    }
    Ok(found)
}

/// The text of a file.
pub(super) fn text(file: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    if std::fs::metadata(file).map_err(told)?.len() > LONGEST {
        return Err(format!("{}: is longer than {LONGEST} bytes", file.display()));
    }
    std::fs::read_to_string(file).map_err(told)
}

fn read_connections(file: &Path) -> Result<BTreeMap<String, ConnectionDraft>, String> {
    toml::from_str(&text(file)?).map_err(|error| format!("{}: {}", file.display(), error.to_string().trim()))
}
