//! GLOSSARY.md knows every table, so that a name met in a query can be looked up.

use super::Report;
use super::sql::tables_of;
use crate::tree::Tree;

const GLOSSARY: &str = "GLOSSARY.md";

/// Every table of every migration has its row.
pub fn tables(tree: &Tree) -> anyhow::Result<Report> {
    let mut tables: Vec<(String, &str)> = tree
        .ending(&[".sql"])
        .filter(|file| file.path.contains("/migrations/"))
        .flat_map(|file| tables_of(&file.text).into_iter().map(|table| (table, file.path.as_str())))
        .collect();
    tables.sort();
    tables.dedup_by(|one, other| one.0 == other.0);
    let mut report = Report::over(tables.len(), "tables");
    let glossary = tree.text(GLOSSARY).unwrap_or_default();
    for (table, path) in tables {
        if !glossary.lines().any(|line| line.starts_with('|') && line.contains(&format!("`{table}`"))) {
            report.find(format!("{GLOSSARY}: no row for `{table}` ({path})"));
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_without_a_row_is_found() {
        let migration = "CREATE TABLE IF NOT EXISTS x_case (id TEXT);\nCREATE TABLE x_note (id TEXT);";
        let tree = Tree::of(&[
            ("GLOSSARY.md", "| `x_case` | one request |\n"),
            ("crates/x/migrations/0001_add_case.sql", migration),
        ]);
        assert_eq!(tables(&tree).unwrap().findings.len(), 1);
    }
}
