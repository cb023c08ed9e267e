//! Reading the file and the environment, collecting every fault before saying anything.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::Value;

use super::{Config, Setting};

/// A value on its way to a key.
#[derive(Clone, Copy)]
pub enum Given<'value> {
    /// From the file.
    Toml(&'value Value),
    /// From the environment.
    Text(&'value str),
}

impl Given<'_> {
    pub(super) fn read<S: Setting>(self) -> Result<S, String> {
        match self {
            Given::Toml(value) => S::from_toml(value),
            Given::Text(text) => S::from_text(text),
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File or environment variable and key.
    pub place: String,
    /// What is wrong; never the value of a secret.
    pub what: String,
    /// Nearest known key, when the key itself is unknown.
    pub nearest: Option<String>,
}

impl Fault {
    pub(super) fn rule(key: &str, what: String) -> Fault {
        Fault { place: key.to_owned(), what, nearest: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest}?"),
            None => Ok(()),
        }
    }
}

/// All faults, one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultList(pub Vec<Fault>);

impl fmt::Display for FaultList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

/// Why no configuration came out.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Keys or values are wrong.
    #[error("{0}")]
    Faults(FaultList),
}

/// Variables of the same beginning that are not settings: the file's own path, and what only tests read.
const OTHER_VARIABLES: &[&str] = &["HAIDANG_CONFIG", "HAIDANG_TEST_"];

/// Reads `file` (or nothing) and then the variables; later ones win.
///
/// `variables` are those of the environment; only names that begin with `HAIDANG_` matter.
pub fn load(file: Option<&Path>, variables: impl IntoIterator<Item = (String, String)>) -> Result<Config, LoadError> {
    let mut config = Config::default();
    let mut faults = Vec::new();
    if let Some(path) = file {
        let place = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| LoadError::Read { path: place.clone(), source })?;
        read_file(&mut config, &mut faults, &place, &text);
    }
    let variables: BTreeMap<String, String> =
        variables.into_iter().filter(|(name, _)| name.starts_with("HAIDANG_")).collect();
    for (name, text) in &variables {
        read_variable(&mut config, &mut faults, name, text);
    }
    if faults.is_empty() { Ok(config) } else { Err(LoadError::Faults(FaultList(faults))) }
}

fn read_file(config: &mut Config, faults: &mut Vec<Fault>, place: &str, text: &str) {
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            // Only the message and the line: the excerpt that `Display` adds may show a secret.
            let line =
                error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            faults.push(Fault { place: format!("{place}:{line}"), what: error.message().to_owned(), nearest: None });
            return;
        }
    };
    for (section, content) in &table {
        let Value::Table(keys) = content else {
            faults.push(unknown(format!("{place}: {section}"), section));
            continue;
        };
        for (key, value) in keys {
            let name = format!("{section}.{key}");
            match config.set(&name, Given::Toml(value)) {
                Some(Ok(())) => {}
                Some(Err(what)) => faults.push(Fault { place: format!("{place}: {name}"), what, nearest: None }),
                None => faults.push(unknown(format!("{place}: {name}"), &name)),
            }
        }
    }
}

fn read_variable(config: &mut Config, faults: &mut Vec<Fault>, variable: &str, text: &str) {
    if OTHER_VARIABLES.iter().any(|other| variable == *other || (other.ends_with('_') && variable.starts_with(other))) {
        return;
    }
    let known = names().find(|name| variable_of(name) == variable);
    match known {
        Some(name) => {
            if let Some(Err(what)) = config.set(name, Given::Text(text)) {
                faults.push(Fault { place: variable.to_owned(), what, nearest: None });
            }
        }
        None => {
            let nearest = nearest(variable, names().map(variable_of));
            faults.push(Fault { place: variable.to_owned(), what: "unknown variable".to_owned(), nearest });
        }
    }
}

/// `server.listen` → `HAIDANG_SERVER_LISTEN`.
pub(super) fn variable_of(name: &str) -> String {
    format!("HAIDANG_{}", name.replace('.', "_").to_uppercase())
}

fn names() -> impl Iterator<Item = &'static str> {
    Config::SECTIONS.iter().flat_map(|(_, _, keys)| keys.iter().map(|key| key.name))
}

fn unknown(place: String, name: &str) -> Fault {
    let nearest = match name.contains('.') {
        true => nearest(name, names().map(str::to_owned)),
        // A key above all sections was probably meant to stand inside one.
        false => {
            let short = |known: &'static str| known.rsplit('.').next().unwrap_or(known).to_owned();
            let found = nearest(name, names().map(short));
            found.and_then(|found| names().find(|known| short(known) == found)).map(str::to_owned)
        }
    };
    Fault { place, what: "unknown key".to_owned(), nearest }
}

/// The candidate with the fewest edits, unless none is near enough to help.
fn nearest(name: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let measured = candidates.map(|candidate| (strsim::damerau_levenshtein(name, &candidate), candidate));
    let (edits, candidate) = measured.min()?;
    // A key moved to the wrong section differs by whole words; half of its length still points the way.
    (edits * 2 <= candidate.len().max(name.len())).then_some(candidate)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Environment;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("haidang.toml");
        std::fs::write(&file, text).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(Some(&file), variables).map_err(|error| match error {
            LoadError::Faults(list) => {
                let folder = format!("{}/", place.path().display());
                list.0.iter().map(|fault| fault.to_string().replace(&folder, "")).collect()
            }
            LoadError::Read { .. } => vec!["read".to_owned()],
        })
    }

    #[test]
    fn the_file_and_then_the_environment_replace_defaults() {
        let config = read(
            "[city]\nenvironment = \"demo\"\n[server]\nlisten = \"127.0.0.1:9000\"\n[rate]\nper_person = 7",
            &[
                ("HAIDANG_SERVER_LISTEN", "127.0.0.1:9001"),
                ("HAIDANG_WORK_WEBHOOK_PRIVATE_HOSTS", "a, b"),
                ("PATH", "x"),
            ],
        )
        .unwrap();
        assert_eq!(config.city.environment, Environment::Demo);
        assert_eq!(config.server.listen.port(), 9001);
        assert_eq!(config.rate.per_person, 7);
        assert_eq!(config.work.webhook_private_hosts, ["a", "b"]);
        assert_eq!(config.session.resident_idle_minutes, 15);
    }

    #[test]
    fn every_fault_is_told_at_once_with_the_nearest_known_key() {
        let faults = read(
            "lissten = 1\n[server]\nlissten = \"127.0.0.1:1\"\nshutdown_seconds = -1\n[stores]\nreaders = 4\n[zzzz]\nqqqqqqq = 1",
            &[("HAIDANG_SERVER_LISTENN", "x"), ("HAIDANG_RATE_PER_PERSON", "many"), ("HAIDANG_TEST_PG", "fine")],
        )
        .unwrap_err();
        assert_eq!(
            faults,
            [
                "haidang.toml: lissten: unknown key; did you mean server.listen?",
                "haidang.toml: server.lissten: unknown key; did you mean server.listen?",
                "haidang.toml: server.shutdown_seconds: expected a whole number from 0, found -1",
                "haidang.toml: stores.readers: unknown key; did you mean store.readers?",
                "haidang.toml: zzzz.qqqqqqq: unknown key",
                "HAIDANG_RATE_PER_PERSON: expected a whole number from 0, found \"many\"",
                "HAIDANG_SERVER_LISTENN: unknown variable; did you mean HAIDANG_SERVER_LISTEN?",
            ]
        );
    }

    #[test]
    fn a_broken_file_names_its_line_and_shows_no_secret() {
        let faults = read("[store]\ndatabase = \"postgres://u:geheim@h/d", &[]).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].starts_with("haidang.toml:2:"), "{}", faults[0]);
        assert!(!faults[0].contains("geheim"));
    }

    #[test]
    fn secrets_are_never_shown() {
        let config = read("[store]\ndatabase = \"postgres://u:geheim@h/d\"", &[]).unwrap();
        assert_eq!(config.database().unwrap(), "postgres://u:geheim@h/d");
        assert!(!format!("{config:?}").contains("geheim"));
        assert!(config.shown().iter().all(|(_, value)| !value.contains("geheim")));
    }

    #[test]
    fn rules_over_several_keys() {
        let pack = tempfile::tempdir().unwrap();
        std::fs::write(pack.path().join("city.toml"), "").unwrap();
        for (text, expected) in [
            ("", vec![]),
            ("[city]\nenvironment = \"demo\"\n[server]\nlisten = \"0.0.0.0:8080\"", vec!["server.listen"]),
            ("[server]\nlisten = \"0.0.0.0:8080\"", vec![]),
            ("[server]\npublic_origin = \"http://dichvu.example.vn\"", vec!["server.public_origin"]),
            ("[server]\npublic_origin = \"http://localhost:81\"", vec![]),
            ("[server]\npublic_origin = \"dichvu.example.vn\"", vec!["server.public_origin"]),
            ("[store]\ndatabase = \"mysql://x\"\nreaders = 0", vec!["store.database", "store.readers"]),
            ("[store]\ndatabase = \"sqlite::memory:\"", vec!["store.database"]),
            ("[city]\nenvironment = \"test\"\n[store]\ndatabase = \"sqlite::memory:\"", vec![]),
            ("[session]\nresident_idle_minutes = 2", vec!["session.resident_idle_minutes"]),
            ("[federation]\nsimulator = \"http://127.0.0.1:81\"", vec!["federation.simulator"]),
            ("[city]\nenvironment = \"test\"\n[federation]\nsimulator = \"http://127.0.0.1:81\"", vec![]),
            (
                "[city]\nenvironment = \"demo\"\n[federation]\nsimulator = \"http://id.example.vn\"",
                vec!["federation.simulator"],
            ),
            (
                "[federation]\nupstreams = \"/nowhere.toml\"\ntimeout_seconds = 20",
                vec!["federation.timeout_seconds", "federation.upstreams"],
            ),
            (
                "[trust]\nanchors = \"/nowhere.pem\"\ntime_stamp_policy = \"own\"\ntime_stamp_accuracy_milliseconds = 0",
                vec!["trust.time_stamp_policy", "trust.time_stamp_accuracy_milliseconds", "trust.anchors"],
            ),
            ("[tracker]\nlisten = \"127.0.0.1:8092\"", vec![]),
            ("[tracker]\nlisten = \"0.0.0.0:8092\"", vec!["tracker.listen"]),
            ("[tracker]\nlisten = \"localhost\"", vec!["tracker.listen"]),
            (
                "[national_portal]\naddress = \"https://lgsp.example.vn/dvcqg\"\nunit = \"H24.S01\"\nuser = \"haiphong\"\nsecret_file = \"Cargo.toml\"",
                vec![],
            ),
            (
                "[national_portal]\naddress = \"http://127.0.0.1:82\"\nunit = \"H24.S01\"\nuser = \"haiphong\"\nsecret_file = \"Cargo.toml\"",
                vec!["national_portal.address"],
            ),
            (
                "[city]\nenvironment = \"demo\"\n[national_portal]\naddress = \"https://lgsp.example.vn\"\nparallel = 0",
                vec![
                    "national_portal.address",
                    "national_portal.unit",
                    "national_portal.user",
                    "national_portal.secret_file",
                    "national_portal.parallel",
                ],
            ),
            ("[directory]\nurl = \"ldaps://directory.example.vn\"\npeople = \"ou=people\"", vec![]),
            ("[directory]\nurl = \"ldap://directory.example.vn\"\npeople = \"ou=people\"", vec!["directory.url"]),
            ("[directory]\nurl = \"ldaps://directory.example.vn\"", vec!["directory.people"]),
            ("[directory]\nbind_password_file = \"/nowhere\"\nsync_seconds = 1", vec!["directory.sync_seconds"]),
        ] {
            let mut config = read(text, &[]).unwrap();
            config.city.pack = pack.path().to_owned();
            let places: Vec<String> = config.check().into_iter().map(|fault| fault.place).collect();
            assert_eq!(places, expected, "{text}");
        }
    }
}
