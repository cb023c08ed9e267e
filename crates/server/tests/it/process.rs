//! The binary as a process: its environment, its output, its end.

use crate::city::{Place, pack_folder};
use haidang_server::config::Config;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// The binary with a store of its own; nothing of the surroundings leaks in.
pub fn haidang(config: &Config) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haidang"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HAIDANG_")) {
        command.env_remove(name);
    }
    command
        .env("HAIDANG_CITY_PACK", &config.city.pack)
        .env("HAIDANG_CITY_ENVIRONMENT", config.city.environment.name())
        .env("HAIDANG_STORE_FOLDER", &config.store.folder)
        .env("HAIDANG_STORE_DATABASE", config.store.database.reveal())
        .env("HAIDANG_LOG_FILTER", "error")
        .current_dir(config.store.folder.parent().unwrap());
    command
}

/// Runs a command to its end; what it wrote, when it went well.
#[track_caller]
pub fn said(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
    assert!(status.success(), "{command:?}\n{out}\n{err}");
    out
}

/// A city that is being served.
pub struct Serving {
    /// The process.
    pub child: Child,
    /// Its address.
    pub origin: String,
}

impl Serving {
    /// Serves on a free port of the loopback address; returns when the city says that it is ready.
    pub fn start(config: &Config) -> Serving {
        let mut command = haidang(config);
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("the city says where it is").unwrap();
        let origin = line.split_once(": ").expect("an address").1.replace("localhost", "127.0.0.1");
        Serving { child, origin }
    }

    /// SIGKILL: nothing is written, flushed or said any more.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The API document that is committed, at the root of the repository.
fn committed() -> std::path::PathBuf {
    pack_folder("..").join("openapi.json")
}

on_both! {
    /// `make bless` writes it; whoever changes the API shows the difference.
    async fn the_committed_api_document_is_the_generated_one(place: Place) {
        let mut config = place.config("haiphong", "city");
        config.city.environment = haidang_server::config::Environment::Production;
        let mut command = haidang(&config);
        command.arg("openapi");
        let generated: serde_json::Value = serde_json::from_str(&said(command)).unwrap();
        let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(committed()).unwrap()).unwrap();
        assert_eq!(generated["openapi"], "3.1.0");
        let paths = |document: &serde_json::Value| -> Vec<String> {
            document["paths"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(paths(&generated), paths(&kept), "addresses");
        assert!(generated == kept, "openapi.json is old: run `make bless`");
    }
}

/// Asked for help, the binary names every command; an unknown one ends with 2.
#[test]
fn help_names_every_command() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_haidang"));
    command.arg("--help");
    let help = said(command);
    for name in [
        "serve", "demo", "simulate", "routes", "migrate", "pack", "user", "trust", "audit", "backup", "restore",
        "copy-db", "config", "openapi",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(name)), "{name} is missing:\n{help}");
    }
    let unknown = Command::new(env!("CARGO_BIN_EXE_haidang")).arg("burn").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}
