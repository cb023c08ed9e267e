//! The binary: its own command, beside a demonstration city whose residents the registers then know.

use crate::city::{Place, pack_folder};
use crate::process::{haidang, said};
use haidang_server::config::Environment;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

on_both! {
    async fn a_resident_of_the_demonstration_city_is_known_to_the_population_register(place: Place) {
        let mut config = place.config("haiphong", "demo");
        config.city.environment = Environment::Demo;
        let mut demo = haidang(&config);
        demo.args(["demo", "--seed-only", "--residents", "40", "--months", "1", "--seed", "5", "--as-of", "2026-11-20"]);
        said(demo);
        let manifest = std::fs::read_to_string(config.store.folder.join("demo.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        // The folder says whose people and which environment; the command is told nothing.
        config.city.environment = Environment::Production;
        let mut command = haidang(&config);
        command.args(["simulate", "national", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let origin = first.split_once(": ").unwrap().1.to_owned();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut people: Vec<serde_json::Value> = Vec::new();
        loop {
            let page = reqwest::get(format!("{origin}/_control/people?limit=500&offset={}", people.len())).await.unwrap();
            let page: serde_json::Value = serde_json::from_str(&page.text().await.unwrap()).unwrap();
            match page["people"].as_array().unwrap().as_slice() {
                [] => break,
                more => people.extend_from_slice(more),
            }
        }
        for account in manifest["accounts"].as_array().unwrap() {
            let name = account["name"].as_str().unwrap();
            let known = people.iter().find(|person| {
                person["full_name"] == name && account["citizen_no"].as_str().is_none_or(|number| person["citizen_no"] == number)
            });
            assert!(known.is_some(), "{name} is not known");
        }
    }
}

/// Refused where real people live, with the reason and the status of a command that could not run.
#[test]
fn the_command_refuses_production_and_other_machines() {
    let place = tempfile::tempdir().unwrap();
    let mut config = haidang_server::config::Config::default();
    config.city.pack = pack_folder("mau");
    config.store.folder = place.path().join("var");
    for (environment, listen, expected) in [
        (Environment::Production, "127.0.0.1:0", "demonstration and test environments only"),
        (Environment::Test, "0.0.0.0:0", "loopback only"),
    ] {
        config.city.environment = environment;
        let mut command = haidang(&config);
        let output = command.args(["simulate", "national", "--listen", listen]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }
}
