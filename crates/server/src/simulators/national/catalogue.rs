//! The national systems as data (`catalogue.toml`): who owns them, what they are for, how much of their shape is known.

use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use haidang_kernel::bilingual::Bilingual;
use serde::{Deserialize, Serialize};

/// How much public documents tell of a system's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Fields and addresses are public.
    Seen,
    /// Only the address and the words of its modules are.
    Path,
    /// A public document names the system.
    Named,
    /// General knowledge.
    General,
}

impl Shape {
    /// Id of its text.
    pub(super) fn text(self) -> &'static str {
        match self {
            Shape::Seen => "server-national-shape-seen",
            Shape::Path => "server-national-shape-path",
            Shape::Named => "server-national-shape-named",
            Shape::General => "server-national-shape-general",
        }
    }
}

/// Something that a system may answer instead of data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRow {
    /// Code as sent.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its sentence.
    pub text: String,
    /// Whether a public document says so; otherwise the simulator chose it.
    pub documented: bool,
}

/// One national system.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Number in the handbook's list, 1 to 23.
    pub number: u8,
    /// Word of the control endpoint.
    pub id: String,
    /// Name.
    pub name: Bilingual,
    /// Ministry that owns it.
    pub owner: Bilingual,
    /// What it is asked for.
    pub purpose: Bilingual,
    /// How much of its shape is known.
    pub shape: Shape,
    /// Addresses at which the simulator answers.
    #[serde(default)]
    pub base: Vec<String>,
    /// Members falsified by the fault `wrong_data`.
    #[serde(default)]
    pub wrong: Vec<String>,
    /// Errors of its own.
    #[serde(default)]
    pub error: Vec<ErrorRow>,
}

#[derive(Deserialize)]
struct File {
    system: Vec<Row>,
}

/// All systems, by number.
///
/// # Errors
/// When the file beside this one cannot be read; a test holds that it can.
pub fn rows() -> Result<&'static [Row]> {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    if let Some(rows) = ROWS.get() {
        return Ok(rows);
    }
    let file: File = toml::from_str(include_str!("catalogue.toml")).context("catalogue of the national systems")?;
    Ok(ROWS.get_or_init(|| file.system))
}
