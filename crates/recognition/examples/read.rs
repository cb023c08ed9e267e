//! Reads the papers it is given, two pages beside each other, and prints a line of JSON for each page: what the judge of
//! `scripts/judge-documents-ocr.sh` compares with what was printed on them.
//!
//! `cargo run --release -p haidang-recognition --example read -- paper.pdf picture.png …`
#![allow(clippy::print_stdout, reason = "a program whose answer is what it prints")]

use haidang_contracts::recognition::{Readiness, Recogniser as _};
use haidang_recognition::Machine;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "image/tiff",
    }
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

async fn read(machine: &Machine, permits: &Arc<Semaphore>, file: PathBuf) -> String {
    let name = quoted(&file.display().to_string());
    let kind = media_type(&file);
    let survey = match machine.survey(&file, kind).await {
        Ok(survey) => survey,
        Err(error) => return format!("{{\"file\":{name},\"error\":{}}}", quoted(&error.to_string())),
    };
    let mut lines = Vec::new();
    for page in 1..=survey.pages {
        let Ok(_permit) = permits.acquire().await else { break };
        lines.push(match machine.read_page(&file, kind, page).await {
            Ok(read) => {
                let text = read.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                let dpi = survey.dpi.map_or("null".to_owned(), |dpi| dpi.to_string());
                let preview = read.preview.len();
                format!(
                    "{{\"file\":{name},\"page\":{page},\"dpi\":{dpi},\"preview\":{preview},\"text\":{}}}",
                    quoted(&text)
                )
            }
            Err(error) => format!("{{\"file\":{name},\"page\":{page},\"error\":{}}}", quoted(&error.to_string())),
        });
    }
    lines.join("\n")
}

#[tokio::main]
async fn main() {
    let machine = Machine::default();
    if let Readiness::Missing(what) = machine.readiness().await {
        println!("{{\"missing\":{}}}", quoted(&what));
        std::process::exit(2);
    }
    let permits = Arc::new(Semaphore::new(2));
    let files = std::env::args_os().skip(1).map(PathBuf::from);
    let tasks: Vec<_> = files
        .map(|file| {
            let (machine, permits) = (machine.clone(), Arc::clone(&permits));
            tokio::spawn(async move { read(&machine, &permits, file).await })
        })
        .collect();
    for task in tasks {
        if let Ok(lines) = task.await {
            println!("{lines}");
        }
    }
}
