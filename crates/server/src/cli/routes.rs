//! `haidang routes` and `haidang openapi`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use haidang_web::{Allow, Row, Surface};
use serde_json::{Value, json};

use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::{Config, Environment};

/// List every page and endpoint with its permission.
#[derive(Debug, Args)]
pub(crate) struct RoutesCommand {
    /// One JSON document, as judges read it.
    #[arg(long)]
    json: bool,
    /// Example ids of the demonstration city; default `demo.json` in `store.folder`.
    #[arg(long, value_name = "FILE")]
    demo: Option<PathBuf>,
}

/// Examples of the demonstration city: `{ "examples": { "case": "…" } }`.
fn examples(file: &Path) -> BTreeMap<String, String> {
    let Ok(text) = std::fs::read_to_string(file) else { return BTreeMap::new() };
    let Ok(value) = serde_json::from_str::<Value>(&text) else { return BTreeMap::new() };
    let Some(map) = value.get("examples").and_then(Value::as_object) else { return BTreeMap::new() };
    map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Puts the examples into `{keys}`; `None` when one of them is not known.
fn fill(address: &str, examples: &BTreeMap<String, String>) -> Option<String> {
    let mut filled = String::with_capacity(address.len());
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(examples.get(key)?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn allow_text(allow: Option<Allow>) -> String {
    match allow {
        None => "nobody".to_owned(),
        Some(Allow::Anyone) => "anyone".to_owned(),
        Some(Allow::SignedIn) => "signed in".to_owned(),
        Some(Allow::Resident) => "resident".to_owned(),
        Some(Allow::Official) => "official".to_owned(),
        Some(Allow::System) => "system".to_owned(),
        Some(Allow::Capability(capability)) => capability.to_owned(),
        Some(Allow::AnyCapability(capabilities)) => capabilities.join(" or "),
    }
}

fn entry(row: &Row, lang: &str, examples: &BTreeMap<String, String>) -> Value {
    let prefix = if lang.is_empty() { String::new() } else { format!("/{lang}") };
    let example = row.example.or((!row.path.contains('{')).then_some(row.path));
    let url = example.and_then(|example| fill(example, examples)).map(|path| match (lang, path.as_str()) {
        ("", path) => path.to_owned(),
        (_, "/") => prefix.clone(),
        (_, path) => format!("{prefix}{path}"),
    });
    let mut value = json!({
        "id": row.id,
        "method": row.method.as_str(),
        "path": format!("{prefix}{}", if row.path == "/" && !lang.is_empty() { "" } else { row.path }),
        "example": url,
        "room": row.room,
        "allow": allow_text(row.allow),
        "role": row.judge_role(),
        "html": row.html && row.surface != Surface::Api,
        "status": row.status,
        "dark": row.dark && row.office,
        "audit": row.audit,
        "fresh_factor": row.fresh_factor,
    });
    if let Some(members) = value.as_object_mut() {
        if !lang.is_empty() {
            members.insert("lang".to_owned(), json!(lang));
        }
        if let Some(kilobytes) = row.kilobytes {
            members.insert("kb".to_owned(), json!(kilobytes));
        }
        if let Some(target) = row.redirects_to.and_then(|target| fill(target, examples)) {
            members.insert("redirect".to_owned(), json!(format!("{prefix}{target}")));
        }
    }
    value
}

/// Every row, pages once in each language.
pub fn listing(rows: &[Row], examples: &BTreeMap<String, String>) -> Vec<Value> {
    let mut entries = Vec::new();
    for row in rows.iter().filter(|row| !row.hidden) {
        match row.surface {
            Surface::Page => entries.extend(["vi", "en"].map(|lang| entry(row, lang, examples))),
            Surface::Api | Surface::Plain => entries.push(entry(row, "", examples)),
        }
    }
    entries
}

pub(crate) async fn run(command: RoutesCommand, mut config: Config) -> Result<Outcome> {
    let file = command.demo.unwrap_or_else(|| config.store.folder.join("demo.json"));
    let examples = examples(&file);
    if file.exists() && config.city.environment == Environment::Production {
        // The folder holds a demonstration city: list what it serves, its simulators included.
        config.city.environment = Environment::Demo;
    }
    let city = City::open(config, Surroundings::system()).await?;
    if command.json {
        say(serde_json::to_string_pretty(&listing(city.served.rows(), &examples))?)?;
        return Ok(Outcome::Good);
    }
    for row in city.served.rows().iter().filter(|row| !row.hidden) {
        let audit = row.audit.unwrap_or_default();
        say(format_args!(
            "{:6} {:52} {:24} {:28} {audit}",
            row.method.as_str(),
            row.path,
            allow_text(row.allow),
            row.id
        ))?;
    }
    Ok(Outcome::Good)
}

pub(crate) async fn openapi(config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    say(serde_json::to_string_pretty(&haidang_web::openapi(city.served.rows(), &city.site.settings.origin))?)?;
    Ok(Outcome::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_filled_or_absent() {
        let examples = BTreeMap::from([("case".to_owned(), "H24-1".to_owned())]);
        for (address, expected) in [
            ("/ho-so/{case}", Some("/ho-so/H24-1")),
            ("/ho-so/{case}/in/{case}", Some("/ho-so/H24-1/in/H24-1")),
            ("/thu-tuc", Some("/thu-tuc")),
            ("/kq/{token}", None),
            ("/kq/{token", None),
        ] {
            assert_eq!(fill(address, &examples).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn pages_are_listed_in_both_languages() {
        let mut row = Row::get("home", "/").public();
        row.surface = Surface::Page;
        let urls: Vec<Value> =
            listing(&[row], &BTreeMap::new()).into_iter().map(|entry| entry["example"].clone()).collect();
        assert_eq!(urls, [json!("/vi"), json!("/en")]);
    }
}
