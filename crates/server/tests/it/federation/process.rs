//! The binary: its own command, and the demonstration that starts the simulator by itself.

use super::browser::Browser;
use crate::city::Place;
use crate::process::haidang;
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
    async fn the_demonstration_signs_its_residents_in_at_a_simulator_of_its_own(place: Place) {
        let mut config = place.config("haiphong", "demo");
        config.city.environment = Environment::Demo;
        let mut command = haidang(&config);
        command.args(["demo", "--residents", "12", "--months", "1", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().starts_with("Hải Đăng: http://localhost:")), "it says where it is");
        let manifest = std::fs::read_to_string(config.store.folder.join("demo.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert!(manifest["simulator"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{manifest}");
        let resident = &manifest["accounts"][0];
        let mut browser = Browser::new(manifest["address"].as_str().unwrap());
        let choose = browser.open("/vi/dang-nhap").await;
        assert!(choose.text.contains("Đăng nhập bằng VNeID"), "{}", choose.text);
        let shown = browser.sign_in("vneid", resident["citizen_no"].as_str().unwrap(), &[]).await;
        assert_eq!(shown.path(), "/tai-khoan", "{}", shown.text);
        assert!(shown.text.contains(resident["name"].as_str().unwrap()), "{}", shown.text);
        // Whoever acts for others on the simulator's list is settled in the city, with whom they act for.
        let mut browser = Browser::new(manifest["address"].as_str().unwrap());
        browser.begin("dvcqg", "/lam-thay").await;
        let shown = browser.submit(&[("person", "representative_3")]).await;
        assert_eq!(shown.text.matches("name=\"person\" type=\"radio\"").count(), 3, "{}", shown.text);
    }
}

/// Refused where real people live, with the reason and the status of a command that could not run.
#[test]
fn t50_the_command_refuses_production() {
    let place = tempfile::tempdir().unwrap();
    let mut config = haidang_server::config::Config::default();
    config.city.pack = crate::city::pack_folder("mau");
    config.store.folder = place.path().join("var");
    for (environment, listen, expected) in [
        (Environment::Production, "127.0.0.1:0", "demonstration and test environments only"),
        (Environment::Test, "0.0.0.0:0", "loopback only"),
    ] {
        config.city.environment = environment;
        let mut command = haidang(&config);
        let output = command.args(["simulate", "eid", "--listen", listen]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
