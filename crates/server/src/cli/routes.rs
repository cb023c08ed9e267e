//! `haidang routes` and `haidang openapi`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde_json::Value;

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

pub(crate) async fn run(command: RoutesCommand, mut config: Config) -> Result<Outcome> {
    let file = command.demo.unwrap_or_else(|| config.store.folder.join("demo.json"));
    let examples = examples(&file);
    if file.exists() && config.city.environment == Environment::Production {
        // The folder holds a demonstration city: list what it serves, its simulators included.
        config.city.environment = Environment::Demo;
    }
    if config.simulated() && config.federation.simulator.is_empty() {
        // Nothing is called to list routes; the address only says that the doors for residents are there.
        config.federation.simulator = "http://127.0.0.1:1".to_owned();
    }
    let city = City::open(config, Surroundings::system()).await?;
    if command.json {
        say(serde_json::to_string_pretty(&haidang_web::route_list(city.served.rows(), &examples))?)?;
        return Ok(Outcome::Good);
    }
    for route in haidang_web::route_list(city.served.rows(), &examples) {
        let word = |key: &str| route[key].as_str().unwrap_or_default().to_owned();
        say(format_args!(
            "{:6} {:52} {:24} {:28} {}",
            word("method"),
            word("path"),
            word("allow"),
            word("id"),
            word("audit")
        ))?;
    }
    Ok(Outcome::Good)
}

pub(crate) async fn openapi(config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    say(serde_json::to_string_pretty(&haidang_web::openapi(city.served.rows(), &city.site.settings.origin))?)?;
    Ok(Outcome::Good)
}
