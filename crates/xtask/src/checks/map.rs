//! ARCHITECTURE.md and the other documents stay true.

use std::collections::BTreeSet;

use super::Report;
use crate::tree::Tree;

const MAP: &str = "ARCHITECTURE.md";
const HEADING: &str = "## Rooms";

/// The table of rooms in the map names exactly the crates that exist.
pub fn rooms(tree: &Tree) -> anyhow::Result<Report> {
    let crates: BTreeSet<&str> = tree.crates().into_iter().collect();
    let mut report = Report::over(crates.len(), "crates");
    let Some(map) = tree.text(MAP) else {
        report.find(format!("{MAP}: is missing"));
        return Ok(report);
    };
    let named: BTreeSet<&str> = map
        .lines()
        .skip_while(|line| !line.starts_with(HEADING))
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    for name in crates.difference(&named) {
        report.find(format!("{MAP}: the table of rooms has no row for crates/{name}"));
    }
    for name in named.difference(&crates) {
        report.find(format!("{MAP}: the table of rooms names `{name}`, which does not exist"));
    }
    Ok(report)
}

/// Relative links in Markdown lead to files of the repository.
pub fn links(tree: &Tree) -> anyhow::Result<Report> {
    let mut count = 0;
    let mut findings = Vec::new();
    for file in tree.ending(&[".md"]) {
        for (number, target) in targets(&file.text) {
            count += 1;
            let path = resolve(&file.path, target);
            let exists =
                tree.files.iter().any(|other| other.path == path || other.path.starts_with(&format!("{path}/")))
                    || tree.root.as_ref().is_some_and(|root| root.join(&path).exists());
            if !exists {
                findings.push(format!("{}:{number}: {target} leads nowhere", file.path));
            }
        }
    }
    Ok(Report { findings, seen: format!("{count} links") })
}

/// Targets of `[text](target)` that are neither addresses nor places on the same page.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for part in line.split("](").skip(1) {
            let target = part.split([')', '#', ' ']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                found.push((index + 1, target));
            }
        }
    }
    found
}

fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { vec![] } else { from.split('/').collect() };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_and_the_crates_must_agree() {
        let map = "# Map\n## Rooms\n| Room | What |\n|---|---|\n| `kernel` | rules |\n| `attic` | gone |\n## Walks\n| `later` | not a room |\n";
        let tree =
            Tree::of(&[("ARCHITECTURE.md", map), ("crates/kernel/Cargo.toml", ""), ("crates/store/Cargo.toml", "")]);
        let findings = rooms(&tree).unwrap().findings;
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].contains("crates/store") && findings[1].contains("`attic`"));
    }

    #[test]
    fn dead_links_are_found() {
        let page = "[one](../README.md) [two](sql.md#binds) [three](gone.md) [far](https://example.org) [here](#x)\n```\n[code](no.md)\n```\n";
        let tree = Tree::of(&[("docs/guide/a.md", page), ("docs/README.md", ""), ("docs/guide/sql.md", "")]);
        assert_eq!(links(&tree).unwrap().findings, ["docs/guide/a.md:1: gone.md leads nowhere"]);
    }
}
