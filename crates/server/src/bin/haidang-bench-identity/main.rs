//! `make bench-identity`: the figures of signing in, each beside its limit or as a ratio to a peer measured in the same
//! run. The peer is npm's `oidc-provider`, certified, with everything in memory.
//!
//! Words choose parts: `rates`, `flows`, `passwords`, `sessions`, `decisions`; none is all of them. `serve` and `open`
//! are what the parts run in processes of their own, so that a server's memory and core are its own.

mod city;
mod decisions;
mod figures;
mod flows;
mod load;
mod passwords;
mod processes;
mod rates;
mod sessions;

use anyhow::Result;
use figures::say;
use std::process::ExitCode;

type Part = (&'static str, fn() -> Result<usize>);

const PARTS: &[Part] = &[
    ("rates", rates::measure),
    ("flows", flows::measure),
    ("passwords", passwords::measure),
    ("sessions", sessions::measure),
    ("decisions", decisions::measure),
];

fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.first().map(String::as_str) {
        Some("serve") => return city::serve(&words[1..]).map(|()| ExitCode::SUCCESS),
        Some("open") => return city::open_sessions(&words[1..]).map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let mut missed = 0;
    for (name, part) in PARTS {
        if words.is_empty() || words.iter().any(|word| word == name) {
            missed += part()?;
        }
    }
    say(format_args!("{missed} figures missed"))?;
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
