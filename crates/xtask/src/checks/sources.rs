//! What must not stand in the Rust sources.

use super::Report;
use crate::rust_text::RustText;
use crate::tree::{File, Tree};

/// Longer files are split: nobody keeps more than this in mind.
const MAXIMUM_LINES: usize = 600;

fn rust_files(tree: &Tree) -> Vec<&File> {
    tree.ending(&[".rs"]).filter(|file| file.path.starts_with("crates/")).collect()
}

/// No file is longer than a person reads at a sitting.
pub fn length(tree: &Tree) -> anyhow::Result<Report> {
    let files = rust_files(tree);
    let mut report = Report::over(files.len(), "files");
    for file in files {
        let lines = file.text.lines().count();
        if lines > MAXIMUM_LINES {
            report.find(format!(
                "{}: {lines} lines, more than {MAXIMUM_LINES}; split it by what a reader looks for",
                file.path
            ));
        }
    }
    Ok(report)
}

/// Only `web` builds routers, so that its list of rows is the whole truth about what answers.
pub fn routers(tree: &Tree) -> anyhow::Result<Report> {
    let files = rust_files(tree);
    let mut report = Report::over(files.len(), "files");
    // A test may play the other side of the wire.
    for file in files.into_iter().filter(|file| file.room() != Some("web") && !file.is_test()) {
        let rust = RustText::new(&file.text);
        for (number, line) in rust.lines() {
            let names = line.contains("axum::Router")
                || line.contains("Router::new(")
                || line.contains("axum::routing")
                || (line.contains("use axum::")
                    && line.split(|c: char| !c.is_alphanumeric()).any(|word| word == "Router"));
            if names {
                report.find(format!("{}:{number}: routes are added only through web::Routes", file.path));
            }
        }
    }
    Ok(report)
}

/// Words that mean "not finished" or "do not look here".
pub fn words(tree: &Tree) -> anyhow::Result<Report> {
    let files = rust_files(tree);
    let mut report = Report::over(files.len(), "files");
    for file in files.into_iter().filter(|file| file.room() != Some("xtask")) {
        let rust = RustText::new(&file.text);
        for (number, line) in rust.lines() {
            let test = file.is_test() || number >= rust.tests_from;
            for (word, why) in [
                ("todo!(", "finish it or file an issue"),
                ("unimplemented!(", "finish it or file an issue"),
                ("#[ignore", "a test that does not run protects nothing"),
                ("thread::sleep", "it stops a worker of the runtime"),
            ] {
                if line.contains(word) {
                    report.find(format!("{}:{number}: {word}: {why}", file.path));
                }
            }
            if test && line.contains("time::sleep(") {
                report.find(format!(
                    "{}:{number}: a sleeping test is slow and still races; move the clock or wait for the fact",
                    file.path
                ));
            }
            let silences =
                ["unwrap_used", "expect_used", "print_stdout", "print_stderr", "dbg_macro", "disallowed_methods"]
                    .into_iter()
                    .find(|lint| line.contains("allow(") && line.contains(lint));
            if let Some(lint) = silences
                && !test
                && !rust.lines().any(|(next, text)| (number..number + 3).contains(&next) && text.contains("reason ="))
            {
                // An attribute at the head of a test-only module is test code as well.
                report.find(format!("{}:{number}: {lint} is silenced without `reason = …`", file.path));
            }
        }
        for comment in &rust.comments {
            let rest = comment.text.split("TODO").nth(1).or_else(|| comment.text.split("FIXME").nth(1));
            if rest.is_some_and(|rest| !rest.starts_with("(#") && !rest.starts_with(" #")) {
                report.find(format!("{}:{}: a TODO is an issue number or nothing", file.path, comment.line));
            }
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(check: fn(&Tree) -> anyhow::Result<Report>, path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).unwrap().findings.len()
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(count(length, "crates/x/src/a.rs", &"x\n".repeat(601)), 1);
        assert_eq!(count(length, "crates/x/src/a.rs", &"x\n".repeat(600)), 0);
    }

    #[test]
    fn routers_outside_web_are_found() {
        for planted in ["let r = axum::Router::new();", "use axum::{Json, Router};", "use axum::routing::get;"] {
            assert_eq!(count(routers, "crates/services/src/a.rs", planted), 1, "{planted}");
            assert_eq!(count(routers, "crates/web/src/a.rs", planted), 0);
        }
        assert_eq!(count(routers, "crates/services/src/a.rs", "// axum::Router is for web\nuse axum::Json;"), 0);
    }

    #[test]
    fn unfinished_ignored_sleeping_and_silenced_code_is_found() {
        for planted in [
            "fn a() { todo!() }",
            "fn a() { unimplemented!(\"later\") }",
            "#[ignore]\nfn a() {}",
            "fn a() { std::thread::sleep(x); }",
            "#[cfg(test)]\nmod tests {\n    fn a() { tokio::time::sleep(x).await; }\n}",
            "#[allow(clippy::unwrap_used)]\nfn a() {}",
            "// TODO: later\n",
            "// FIXME: later\n",
        ] {
            assert_eq!(count(words, "crates/x/src/a.rs", planted), 1, "{planted}");
        }
        for fine in [
            "fn a() -> &'static str { \"todo!()\" }",
            "async fn back_off() { tokio::time::sleep(x).await; }",
            "#[cfg(test)]\nmod tests {\n    #![allow(clippy::unwrap_used)]\n}",
            "#![allow(clippy::print_stdout, reason = \"the command line prints\")]",
            "// TODO #14: read it from the pack\n",
        ] {
            assert_eq!(count(words, "crates/x/src/a.rs", fine), 0, "{fine}");
        }
    }
}
