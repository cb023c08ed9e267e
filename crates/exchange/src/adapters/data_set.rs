//! Files as a provider: somebody puts a table (CSV) and its checksum into a folder, the newest one is what consumers are
//! answered from. Every file ends in `taken` or in `refused`, there with the reason beside it.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::draft::OperationDraft;
use super::fault::AdapterFault;
use super::request::Element;
use super::shape::Type;

/// Bytes of a file: it is held in memory while it answers.
const LONGEST: u64 = 64 * 1024 * 1024;
/// Rows of a file.
const ROWS: usize = 200_000;
/// Rows of one answer.
const ANSWERED: usize = 1_000;
/// Files that one look takes in; the others wait for the next.
const AT_ONCE: usize = 20;
/// Folders beside the arriving files.
const TAKEN: &str = "taken";
const REFUSED: &str = "refused";

/// A table as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TableDraft {
    columns: Vec<String>,
    key: String,
    #[serde(default = "comma")]
    separator: char,
}

fn comma() -> char {
    ','
}

/// What a file must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    columns: Vec<String>,
    key: usize,
    separator: u8,
}

/// Rows by their key.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    by_key: HashMap<String, Vec<usize>>,
}

/// The file that answers now.
#[derive(Debug, Clone, Default)]
pub(super) struct Current(Arc<ArcSwapOption<Table>>);

/// Judges a table.
pub(super) fn judge(draft: Option<&TableDraft>, wrong: &mut Vec<String>) -> Option<Form> {
    let Some(draft) = draft else {
        wrong.push("table: write columns and key of the files".to_owned());
        return None;
    };
    let twice = |name: &String| draft.columns.iter().filter(|column| *column == name).count() > 1;
    if draft.columns.is_empty() || draft.columns.iter().any(|name| name.is_empty() || twice(name)) {
        wrong.push("table: write each of columns once".to_owned());
    }
    let key = draft.columns.iter().position(|column| *column == draft.key);
    if key.is_none() {
        wrong.push(format!("table: key {:?} is none of columns", draft.key));
    }
    let separator = u8::try_from(draft.separator).ok().filter(|byte| b",;\t|".contains(byte));
    if separator.is_none() {
        wrong.push("table: separator is one of , ; | and tab".to_owned());
    }
    Some(Form { columns: draft.columns.clone(), key: key?, separator: separator? })
}

/// Judges an operation: its elements are columns, the key among them.
pub(super) fn judge_operation(
    draft: &OperationDraft,
    form: Option<&Form>,
    elements: &[Element],
    wrong: &mut Vec<String>,
) -> Option<()> {
    if draft.says_more_than(&[]) {
        wrong.push("name, action, answer, answer_namespace, call, query and rows are for other kinds".to_owned());
    }
    let form = form?;
    for element in elements {
        let name = element.name.join("/");
        if !form.columns.contains(&name) {
            wrong.push(format!("element {name}: is none of the columns of the table"));
        }
        if element.kind().is_some_and(|kind| kind != Type::Text) {
            wrong.push(format!("element {name}: columns are compared as text; remove type"));
        }
    }
    let key = form.columns.get(form.key)?;
    if !elements.iter().any(|element| element.is_always_there() && element.name == [key.as_str()]) {
        wrong.push(format!("an element {key} with required = true is needed: rows are found by the key of the table"));
    }
    Some(())
}

impl Current {
    /// The rows with these values, as `{"rows": [...]}`.
    ///
    /// # Errors
    /// No file was taken yet, or too many rows have the key.
    pub(super) fn ask(&self, form: &Form, values: &[(&Element, Value)]) -> Result<Value, AdapterFault> {
        match self.0.load().as_deref() {
            Some(table) => table.ask(form, values),
            None => {
                tracing::error!("a consumer asked a folder in which no file was taken yet");
                Err(AdapterFault::unready())
            }
        }
    }

    /// Takes in what has arrived in a folder; at the first look also what was taken before. Blocks.
    ///
    /// # Errors
    /// The folder itself cannot be read or written; what is wrong with a file is told beside it.
    pub(super) fn look(&self, form: &Form, folder: &Path, now: Timestamp) -> std::io::Result<()> {
        for name in [TAKEN, REFUSED] {
            fs::create_dir_all(folder.join(name))?;
        }
        if self.0.load().is_none()
            && let Some(file) = newest(&folder.join(TAKEN))?
            && let Ok(table) = read(&file).and_then(|bytes| Table::read(form, &bytes))
        {
            self.0.store(Some(Arc::new(table)));
        }
        for file in arrived(folder)?.into_iter().take(AT_ONCE) {
            let verdict = check(&file).and_then(|bytes| Table::read(form, &bytes));
            let shown = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            // The time in front keeps names apart and in order.
            let stamped = format!("{}-{shown}", now.strftime("%Y%m%dT%H%M%S%3fZ"));
            match verdict {
                Ok(table) => {
                    move_both(&file, &folder.join(TAKEN).join(stamped))?;
                    tracing::info!(rows = table.rows.len(), "a file of an adapter was taken");
                    self.0.store(Some(Arc::new(table)));
                }
                Err(why) => {
                    let away = folder.join(REFUSED).join(stamped);
                    fs::write(beside(&away, "reason.txt"), format!("{why}\n"))?;
                    move_both(&file, &away)?;
                    tracing::warn!(why, "a file of an adapter was refused");
                }
            }
        }
        Ok(())
    }
}

impl Table {
    /// Reads a table with its head.
    ///
    /// # Errors
    /// What is wrong, by its line; no values.
    pub(super) fn read(form: &Form, bytes: &[u8]) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(form.separator)
            .trim(csv::Trim::All)
            .from_reader(bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes));
        let head = reader.headers().map_err(|_| "the first line is not text in UTF-8".to_owned())?.clone();
        let place = |column: &String| head.iter().position(|name| name == column);
        let mut places = Vec::with_capacity(form.columns.len());
        for column in &form.columns {
            places.push(place(column).ok_or_else(|| format!("the column {column} is missing in the first line"))?);
        }
        let mut table = Self::default();
        for (index, record) in reader.records().enumerate() {
            let line = index + 2;
            let record = record.map_err(|error| match error.kind() {
                csv::ErrorKind::Utf8 { .. } => format!("row {line}: is not text in UTF-8"),
                csv::ErrorKind::UnequalLengths { .. } => {
                    format!("row {line}: has not as many fields as the first line")
                }
                _ => format!("row {line}: cannot be read"),
            })?;
            if index >= ROWS {
                return Err(format!("there are more than {ROWS} rows"));
            }
            let text = |place: &usize| haidang_kernel::text::nfc(record.get(*place).unwrap_or_default());
            let row: Vec<String> = places.iter().map(text).collect();
            let key = row.get(form.key).filter(|key| !key.is_empty()).cloned();
            let key = key.ok_or_else(|| format!("row {line}: the key is empty"))?;
            table.by_key.entry(key).or_default().push(table.rows.len());
            table.rows.push(row);
        }
        Ok(table)
    }

    /// The rows with these values.
    ///
    /// # Errors
    /// Too many.
    pub(super) fn ask(&self, form: &Form, values: &[(&Element, Value)]) -> Result<Value, AdapterFault> {
        let wanted: Vec<(usize, &str)> = values
            .iter()
            .filter_map(|(element, value)| {
                let name = element.name.join("/");
                Some((form.columns.iter().position(|column| *column == name)?, value.as_str()?))
            })
            .collect();
        let key = wanted.iter().find(|(place, _)| *place == form.key).map(|(_, text)| *text);
        let places = key.and_then(|key| self.by_key.get(key)).map_or(&[][..], Vec::as_slice);
        let rows = places.iter().filter_map(|place| self.rows.get(*place));
        let found: Vec<Value> = rows
            .filter(|row| wanted.iter().all(|(place, text)| row.get(*place).is_some_and(|known| known == text)))
            .take(ANSWERED + 1)
            .map(|row| {
                let members = form.columns.iter().zip(row).map(|(name, text)| (name.clone(), json!(text)));
                Value::Object(members.collect::<Map<_, _>>())
            })
            .collect();
        if found.len() > ANSWERED {
            return Err(AdapterFault::answer(None, &format!("has more than {ANSWERED} rows")));
        }
        Ok(json!({ "rows": found }))
    }
}

/// `name.csv` with `suffix` behind it.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    file.with_file_name(name)
}

/// Files whose checksum has arrived too, in the order of their names.
fn arrived(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.path();
        let is_table = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        // A link could lead to any file of this machine.
        if is_table && entry.file_type()?.is_file() && beside(&file, "sha256").is_file() {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

fn newest(folder: &Path) -> std::io::Result<Option<PathBuf>> {
    let mut found = None;
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
            && Some(&file) > found.as_ref()
        {
            found = Some(file);
        }
    }
    Ok(found)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let opened = fs::File::open(file).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    opened.map_err(|error| format!("the file cannot be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("the file is longer than {LONGEST} bytes"));
    }
    Ok(bytes)
}

/// The bytes of a file that is what its checksum (the form of `sha256sum`) says.
fn check(file: &Path) -> Result<Vec<u8>, String> {
    let bytes = read(file)?;
    let written = read(&beside(file, "sha256"))?;
    let said = written.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    let is = HEXLOWER.encode(&Sha256::digest(&bytes));
    if said.eq_ignore_ascii_case(is.as_bytes()) {
        return Ok(bytes);
    }
    Err("the checksum is another than that of the file".to_owned())
}

/// Moves a file and its checksum.
fn move_both(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::rename(beside(from, "sha256"), beside(to, "sha256"))?;
    fs::rename(from, to)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form() -> Form {
        let draft: TableDraft = toml::from_str("columns = [\"ma\", \"ten\"]\nkey = \"ma\"\nseparator = \";\"").unwrap();
        let mut wrong = Vec::new();
        let form = judge(Some(&draft), &mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        form.unwrap()
    }

    fn put(folder: &Path, name: &str, text: &[u8], sum: Option<&str>) {
        let is = HEXLOWER.encode(&Sha256::digest(text));
        fs::write(folder.join(name), text).unwrap();
        let line = format!("{}  {name}\n", sum.unwrap_or(&is));
        fs::write(folder.join(format!("{name}.sha256")), line).unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_taken_or_refused_with_the_reason() {
        for (text, sum, reason) in [
            ("ma;ten\n1;A\n1;B\n2;C\n".as_bytes(), None, None),
            ("\u{feff}ten;khac;ma\nA;x;1\n".as_bytes(), None, None),
            (b"ma;ten\n", None, None),
            (b"ma;ten\n1;A\n", Some("00"), Some("the checksum is another")),
            (b"ma\n1\n", None, Some("the column ten is missing")),
            (b"ma;ten\n1;A;B\n", None, Some("row 2: has not as many fields")),
            (b"ma;ten\n1;A\n;B\n", None, Some("row 3: the key is empty")),
            (b"ma;ten\n1;\xff\n", None, Some("row 2: is not text in UTF-8")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let current = Current::default();
            put(folder.path(), "a.csv", text, sum);
            current.look(&form(), folder.path(), Timestamp::UNIX_EPOCH).unwrap();
            let (taken, refused) = (names(&folder.path().join(TAKEN)), names(&folder.path().join(REFUSED)));
            match reason {
                None => assert_eq!(taken, ["19700101T000000000Z-a.csv", "19700101T000000000Z-a.csv.sha256"]),
                Some(reason) => {
                    assert!(taken.is_empty() && refused.len() == 3, "{reason}: {refused:?}");
                    let file = folder.path().join(REFUSED).join("19700101T000000000Z-a.csv.reason.txt");
                    assert!(fs::read_to_string(file).unwrap().starts_with(reason), "{reason}");
                    assert!(current.0.load().is_none());
                }
            }
            assert_eq!(names(folder.path()), [REFUSED, TAKEN], "nothing stays behind");
        }
    }

    #[test]
    fn the_newest_file_answers_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (form, current) = (form(), Current::default());
        let rows = |current: &Current| current.0.load().as_deref().map(|table| table.rows.len());
        put(folder.path(), "a.csv", b"ma;ten\n1;A\n2;B\n", None);
        current.look(&form, folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(rows(&current), Some(2));
        put(folder.path(), "b.csv", b"broken", None);
        fs::write(folder.path().join("c.csv"), "ma;ten\n").unwrap();
        current.look(&form, folder.path(), Timestamp::from_second(1).unwrap()).unwrap();
        assert_eq!(rows(&current), Some(2), "what is refused, or waits for its checksum, changes nothing");
        put(folder.path(), "0.csv", b"ma;ten\n1;A\n", None);
        current.look(&form, folder.path(), Timestamp::from_second(2).unwrap()).unwrap();
        assert_eq!(rows(&current), Some(1));
        let after = Current::default();
        after.look(&form, folder.path(), Timestamp::from_second(3).unwrap()).unwrap();
        assert_eq!(rows(&after), Some(1));
    }

    proptest! {
        #[test]
        fn nothing_breaks_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Table::read(&form(), &[b"ma;ten\n".as_slice(), &bytes].concat());
        }
    }
}
