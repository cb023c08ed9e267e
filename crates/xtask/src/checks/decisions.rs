//! `docs/adr`: one page each, always the same headings, so that a reader finds the price of a choice at once.

use super::Report;
use crate::tree::Tree;

const FOLDER: &str = "docs/adr/";
const HEADINGS: &[&str] = &["## Situation", "## Choice", "## Because", "## Given up", "## We would change our mind if"];
const MAXIMUM_LINES: usize = 90;

/// Names, headings, status and length of the decisions.
pub fn form(tree: &Tree) -> anyhow::Result<Report> {
    let files: Vec<_> =
        tree.ending(&[".md"]).filter(|file| file.path.starts_with(FOLDER) && file.name() != "README.md").collect();
    let mut report = Report::over(files.len(), "decisions");
    for (index, file) in files.iter().enumerate() {
        let number = format!("{:04}-", index + 1);
        if !file.name().starts_with(&number) {
            report.find(format!("{}: the next number is {number}", file.path));
        }
        let mut rest = file.text.as_str();
        for heading in HEADINGS {
            match rest.split_once(&format!("\n{heading}\n")) {
                Some((_, after)) => rest = after,
                None => report.find(format!("{}: `{heading}` is missing or out of order", file.path)),
            }
        }
        if !file.text.lines().take(4).any(|line| line.starts_with("Status: ")) {
            report.find(format!("{}: the third line says `Status: accepted, 2026-01-31`", file.path));
        }
        if file.text.lines().count() > MAXIMUM_LINES {
            report.find(format!("{}: longer than a page", file.path));
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# 1. One\n\nStatus: accepted, 2026-01-31\n\n## Situation\nx\n\n## Choice\nx\n\n## Because\nx\n\n## Given up\nx\n\n## We would change our mind if\nx\n";

    #[test]
    fn form_is_held() {
        let count = |path: &str, text: &str| form(&Tree::of(&[(path, text)])).unwrap().findings.len();
        assert_eq!(count("docs/adr/0001-one.md", GOOD), 0);
        assert_eq!(count("docs/adr/0003-one.md", GOOD), 1);
        assert_eq!(count("docs/adr/0001-one.md", &GOOD.replace("## Given up\n", "")), 1);
        assert_eq!(count("docs/adr/0001-one.md", &GOOD.replace("Status", "State")), 1);
        assert_eq!(count("docs/adr/0001-one.md", &format!("{GOOD}{}", "x\n".repeat(90))), 1);
    }
}
