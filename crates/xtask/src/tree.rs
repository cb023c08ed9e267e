//! The files of the repository, read once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Every text file that git tracks or would add, with its path from the root.
pub struct Tree {
    /// Where the repository lies; `None` in tests, which bring their files as literals.
    pub root: Option<PathBuf>,
    /// Sorted by path.
    pub files: Vec<File>,
}

/// One text file.
pub struct File {
    /// From the root, with `/` between the parts.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Tree {
    /// Reads the repository this binary was built from.
    pub fn read() -> anyhow::Result<Self> {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().context("root of the repository")?;
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root)
            .output()
            .context("git ls-files")?;
        ensure!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
        let mut files = Vec::new();
        for path in String::from_utf8(listed.stdout)?.split('\0').filter(|path| !path.is_empty()) {
            // Pictures and fonts are not text; a file deleted but not yet committed is not there.
            if let Ok(text) = std::fs::read_to_string(root.join(path)) {
                files.push(File { path: path.to_owned(), text });
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        files.dedup_by(|one, other| one.path == other.path);
        Ok(Self { root: Some(root), files })
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// Files whose path ends with one of the endings.
    pub fn ending<'a>(&'a self, endings: &'a [&str]) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| endings.iter().any(|ending| file.path.ends_with(ending)))
    }

    /// The crates by the names of their folders.
    pub fn crates(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files.iter().filter_map(|file| file.manifest_of()).collect();
        names.sort_unstable();
        names
    }

    /// A tree made of literals.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect();
        Self { root: None, files }
    }
}

impl File {
    /// `crates/<room>/…` gives the room.
    pub fn room(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }

    /// The crate whose `Cargo.toml` this is.
    pub fn manifest_of(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml").filter(|name| !name.contains('/'))
    }

    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// True for files that only tests compile.
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/")
            || self.path.starts_with("crates/testkit/")
            || self.name() == "tests.rs"
            || self.name().ends_with("_tests.rs")
    }
}
