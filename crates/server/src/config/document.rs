//! The reference page, made from the doc comments of the structs.

use std::fmt::Write as _;

use super::Config;
use super::load::variable_of;

/// `docs/guide/configuration.md` as it must be; a test compares.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         One TOML file (`haidang --config haidang.toml …`, or the variable `HAIDANG_CONFIG`) and `HAIDANG_*` variables, which win over the file.\n\
         Every key has a default; `haidang serve` starts without a file. An unknown key stops the start and names the nearest known one.\n\
         `haidang config check` tells all faults at once and shows the values in force (secrets as `***`).\n\n\
         This page is written from the doc comments of `crates/server/src/config`; a test compares the two.\n",
    );
    let defaults = Config::default().shown();
    for (section, about, keys) in Config::SECTIONS {
        let _ = write!(page, "\n## [{section}]\n\n{}\n\n", sentences(about));
        page.push_str("| Key | Variable | Kind | Default | Meaning |\n|---|---|---|---|---|\n");
        for key in *keys {
            let short = key.name.split_once('.').map_or(key.name, |(_, short)| short);
            let default = defaults.iter().find(|(name, _)| *name == key.name).map_or("", |(_, value)| value.as_str());
            let variable = variable_of(key.name);
            let _ =
                writeln!(page, "| `{short}` | `{variable}` | {} | `{default}` | {} |", key.kind, sentences(key.doc));
        }
    }
    page
}

fn sentences(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_explained() {
        for (section, about, keys) in Config::SECTIONS {
            assert!(!sentences(about).is_empty(), "{section}");
            for key in *keys {
                assert!(sentences(key.doc).len() > 10, "{}", key.name);
                assert!(key.name.starts_with(&format!("{section}.")), "{}", key.name);
            }
        }
    }

    #[test]
    fn the_guide_says_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/configuration.md");
        if std::env::var_os("HAIDANG_TEST_BLESS").is_some() {
            assert!(std::fs::write(path, reference()).is_ok());
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == reference(), "docs/guide/configuration.md is behind: run with HAIDANG_TEST_BLESS=1");
    }
}
