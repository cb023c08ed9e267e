//! Checks over the repository itself: what a compiler cannot hold and a reviewer should not have to.
//!
//! `cargo run -p haidang-xtask -- check` prints one line a check and ends with `N passed, N failed`.
//! It reads the files that git knows or would add, and writes nothing. `sort-texts` puts the locale files in order.

use std::io::Write;
use std::process::ExitCode;

mod checks;
mod rust_text;
mod tree;

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let out = &mut std::io::stdout().lock();
    let result = match argument.as_deref() {
        Some("check") => check(out),
        Some("sort-texts") => sort_texts(out),
        _ => writeln!(out, "usage: haidang-xtask check | sort-texts").map(|()| false).map_err(Into::into),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // The reader of the output must not take a crash for a pass.
            let _ = writeln!(out, "error: {error:#}\n0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

fn sort_texts(out: &mut impl Write) -> anyhow::Result<bool> {
    for path in checks::texts::sort_all(&tree::Tree::read()?)? {
        writeln!(out, "sorted {path}")?;
    }
    Ok(true)
}

fn check(out: &mut impl Write) -> anyhow::Result<bool> {
    let tree = tree::Tree::read()?;
    let (mut passed, mut failed) = (0, 0);
    for check in checks::all() {
        let report = (check.run)(&tree)?;
        if report.findings.is_empty() {
            passed += 1;
            writeln!(out, "ok   {}{}", check.name, report.figure())?;
        } else {
            failed += 1;
            writeln!(out, "FAIL {}{}", check.name, report.figure())?;
            for finding in &report.findings {
                writeln!(out, "     {finding}")?;
            }
        }
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(failed == 0)
}
