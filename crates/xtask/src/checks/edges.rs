//! Which crate may know which (ARCHITECTURE.md, "Rooms").

use std::collections::BTreeMap;

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Report;
use crate::tree::Tree;

const PREFIX: &str = "haidang-";

/// Rooms of the city's work. They never know each other: they meet through traits in `contracts`.
const DOMAINS: &[&str] = &["exchange", "identity", "office", "portal", "services", "trust", "vault"];
const BELOW_DOMAINS: &[&str] = &["kernel", "contracts", "store", "search", "signing", "ui", "web"];
/// For tests only.
const TESTKIT: &str = "testkit";

/// Libraries that only the named crates may use, so that one place decides about them.
const EXCLUSIVE: &[(&str, &[&str])] = &[
    ("tantivy", &["search"]),
    ("sqlx", &["store"]),
    ("fluent-bundle", &["ui"]),
    ("icu_collator", &["kernel"]),
    ("cel", &["services"]),
    ("jsonschema", &["services"]),
    ("uppsala", &["signing"]),
    ("bergshamra-c14n", &["signing"]),
    ("typst", &["documents"]),
    ("hayro-interpret", &["documents"]),
];

/// What a crate may depend on; `None` for a crate that has no place yet.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    let list: &[&str] = match name {
        "kernel" | "xtask" => &[],
        "contracts" | "search" | "ui" => &["kernel"],
        "store" | "signing" => &["kernel", "contracts"],
        "web" => &["kernel", "contracts", "store", "ui"],
        TESTKIT => &["kernel", "contracts", "store", "web", "ui"],
        "documents" => &["kernel", "contracts", "signing"],
        "recognition" => &["contracts"],
        domain if DOMAINS.contains(&domain) => BELOW_DOMAINS,
        "server" => {
            return Some(BELOW_DOMAINS.iter().chain(DOMAINS).chain(&["documents", "recognition"]).copied().collect());
        }
        _ => return None,
    };
    Some(list.to_vec())
}

/// One dependency of one of our crates.
struct Edge {
    from: String,
    to: String,
    development: bool,
}

fn edges(tree: &Tree) -> anyhow::Result<Vec<Edge>> {
    let root = tree.root.as_ref().context("edges are read from a real workspace")?;
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().context("cargo metadata")?;
    let mut edges = Vec::new();
    for package in &metadata.packages {
        let from = package.name.as_ref();
        for dependency in &package.dependencies {
            edges.push(Edge {
                from: from.strip_prefix(PREFIX).unwrap_or(from).to_owned(),
                to: dependency.name.clone(),
                development: dependency.kind == DependencyKind::Development,
            });
        }
    }
    Ok(edges)
}

/// Crates of the house point only downwards.
pub fn tiers(tree: &Tree) -> anyhow::Result<Report> {
    Ok(judge_tiers(&tree.crates(), &edges(tree)?))
}

fn judge_tiers(crates: &[&str], edges: &[Edge]) -> Report {
    let mut report = Report::over(crates.len(), "crates");
    for name in crates {
        if allowed(name).is_none() {
            report.find(format!(
                "crates/{name}: stands in no tier; give it its place in ARCHITECTURE.md and crates/xtask/src/checks/edges.rs"
            ));
        }
    }
    for edge in edges {
        let Some(to) = edge.to.strip_prefix(PREFIX) else { continue };
        let from = edge.from.as_str();
        let may = match to {
            TESTKIT => edge.development,
            _ => allowed(from).is_some_and(|list| list.contains(&to)),
        };
        if !may {
            let how = if edge.development { " (for tests)" } else { "" };
            report.find(format!("crates/{from}/Cargo.toml: `{from}` must not know `{to}`{how}; let them meet through a trait in `contracts`"));
        }
    }
    report
}

/// Libraries of weight have one door.
pub fn exclusive(tree: &Tree) -> anyhow::Result<Report> {
    Ok(judge_exclusive(&edges(tree)?))
}

fn judge_exclusive(edges: &[Edge]) -> Report {
    let mut report = Report::over(EXCLUSIVE.len(), "libraries");
    let rules: BTreeMap<_, _> = EXCLUSIVE.iter().copied().collect();
    for edge in edges {
        if let Some(owners) = rules.get(edge.to.as_str())
            && !owners.contains(&edge.from.as_str())
        {
            let owners = owners.join(" and ");
            report.find(format!(
                "crates/{}/Cargo.toml: only {owners} may use {}; ask it for what is missing",
                edge.from, edge.to
            ));
        }
    }
    report
}

/// One table of versions and one of lints, in the root manifest.
pub fn manifests(tree: &Tree) -> anyhow::Result<Report> {
    let crates = tree.crates();
    let mut report = Report::over(crates.len(), "manifests");
    for file in tree.files.iter().filter(|file| file.manifest_of().is_some()) {
        let manifest: toml::Table = file.text.parse().with_context(|| file.path.clone())?;
        let inherits = |table: Option<&toml::Value>| {
            table.and_then(|table| table.get("workspace")) == Some(&toml::Value::Boolean(true))
        };
        if !inherits(manifest.get("lints")) {
            report.find(format!("{}: add [lints] workspace = true", file.path));
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                if !inherits(Some(value)) {
                    report.find(format!("{}: take {name} from [workspace.dependencies]", file.path));
                }
            }
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, development: bool) -> Edge {
        Edge { from: from.into(), to: to.into(), development }
    }

    #[test]
    fn only_downward_edges_pass() {
        let good = [
            edge("services", "haidang-web", false),
            edge("server", "haidang-vault", false),
            edge("store", "haidang-testkit", true),
            edge("kernel", "serde", false),
        ];
        assert_eq!(judge_tiers(&["services", "kernel"], &good).findings, [""; 0]);
        for planted in [
            edge("services", "haidang-vault", false),
            edge("services", "haidang-vault", true),
            edge("kernel", "haidang-contracts", false),
            edge("web", "haidang-services", false),
            edge("ui", "haidang-store", false),
            edge("services", "haidang-testkit", false),
            edge("xtask", "haidang-kernel", false),
        ] {
            assert_eq!(judge_tiers(&[], &[planted]).findings.len(), 1);
        }
        assert_eq!(judge_tiers(&["attic"], &[]).findings.len(), 1);
    }

    #[test]
    fn a_second_door_to_a_heavy_library_is_found() {
        assert_eq!(judge_exclusive(&[edge("search", "tantivy", false)]).findings.len(), 0);
        assert_eq!(judge_exclusive(&[edge("services", "tantivy", false)]).findings.len(), 1);
    }

    #[test]
    fn own_versions_and_missing_lints_are_found() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\ntoml.workspace = true\n";
        let tree = Tree::of(&[("crates/x/Cargo.toml", manifest)]);
        assert_eq!(manifests(&tree).unwrap().findings.len(), 2);
        let good = "[lints]\nworkspace = true\n[dependencies]\ntoml = { workspace = true, features = [\"x\"] }\n";
        assert_eq!(manifests(&Tree::of(&[("crates/x/Cargo.toml", good)])).unwrap().findings.len(), 0);
    }
}
