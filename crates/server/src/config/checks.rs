//! What a configuration must keep before anything is opened, each fault with its key.

use std::net::SocketAddr;

use super::{Config, Environment, Fault, is_local};

impl Config {
    /// Rules that concern several keys or the machine; empty when the city may start.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: String| faults.push(Fault::rule(key, what));
        if self.simulated() && !self.server.listen.ip().is_loopback() {
            let what =
                "a demonstration or test city simulates national systems and may listen on loopback only".to_owned();
            fault("server.listen", what);
        }
        let origin = &self.server.public_origin;
        let has_scheme = origin.starts_with("https://") || origin.starts_with("http://");
        if !(origin.is_empty() || has_scheme) {
            fault("server.public_origin", "must begin with https:// or http://".to_owned());
        }
        if self.city.environment == Environment::Production && origin.starts_with("http://") && !is_local(origin) {
            fault("server.public_origin", "a production city is reached by https://".to_owned());
        }
        let issuer = &self.identity.issuer;
        if !issuer.is_empty() {
            let rest =
                issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://").filter(|_| is_local(issuer)));
            if rest.is_none_or(|rest| rest.is_empty() || rest.contains(['/', '?', '#', '@'])) {
                let what = "must be an https:// origin without path or slash at its end".to_owned();
                fault("identity.issuer", what);
            }
        }
        if !(2..=1_000).contains(&self.identity.key_days) {
            fault("identity.key_days", "must be 2 to 1000, for a key is announced a day before it signs".to_owned());
        }
        faults.extend(self.check_federation());
        faults.extend(self.check_trust());
        faults.extend(self.check_signing());
        faults.extend(self.check_exchange());
        let tracker = &self.tracker.listen;
        let on_loopback = tracker.parse().is_ok_and(|address: std::net::SocketAddr| address.ip().is_loopback());
        if !tracker.is_empty() && !on_loopback {
            let what = "must be a loopback address and a port: it believes whoever reaches it".to_owned();
            faults.push(Fault::rule("tracker.listen", what));
        }
        faults.extend(self.check_national_portal());
        let folders = [&self.interconnection.outgoing, &self.interconnection.incoming];
        if folders.iter().filter(|folder| folder.as_os_str().is_empty()).count() == 1 {
            let what = "name both folders or neither: statuses go back the way documents came".to_owned();
            faults.push(Fault::rule("interconnection.outgoing", what));
        }
        let mut fault = |key: &str, what: String| faults.push(Fault::rule(key, what));
        match self.pack() {
            Some(pack) if pack.join("city.toml").is_file() => {}
            Some(pack) => fault("city.pack", format!("no city.toml in {}", pack.display())),
            None => fault("city.pack", "no pack is named and none lies under packs/".to_owned()),
        }
        match self.database() {
            Ok(url) if url.starts_with("sqlite::memory:") && !self.simulated() => {
                let what = "a database in memory loses every record when the server stops; only a demonstration or test city may have one";
                fault("store.database", what.to_owned());
            }
            Ok(url) if ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) => {}
            Ok(_) => fault("store.database", "must begin with sqlite: or postgres://".to_owned()),
            Err(error) => fault("store.database_file", format!("cannot be read: {error}")),
        }
        match self.directory() {
            Ok(Some(settings)) => {
                if let Err((key, what)) = settings.check() {
                    fault(&format!("directory.{key}"), what);
                }
            }
            Ok(None) => {}
            Err(error) => fault("directory.bind_password_file", format!("cannot be read: {error}")),
        }
        if !(10..=86_400).contains(&self.directory.sync_seconds) {
            fault("directory.sync_seconds", "must be 10 to 86400".to_owned());
        }
        if self.store.readers == 0 || self.store.readers > 256 {
            fault("store.readers", "must be 1 to 256".to_owned());
        }
        if self.session.resident_idle_minutes < 3 {
            fault(
                "session.resident_idle_minutes",
                "must be at least 3, for the page warns two minutes before".to_owned(),
            );
        }
        faults
    }
}

impl Config {
    fn check_trust(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: String| faults.push(Fault::rule(key, what));
        if let Err(error) = haidang_trust::Settings::policy(&self.trust.time_stamp_policy) {
            fault("trust.time_stamp_policy", error.to_string());
        }
        if !(1..=60_000).contains(&self.trust.time_stamp_accuracy_milliseconds) {
            fault("trust.time_stamp_accuracy_milliseconds", "must be 1 to 60000".to_owned());
        }
        if let Err(error) = crate::trust::anchors(self) {
            fault("trust.anchors", format!("{error:#}"));
        }
        faults
    }

    fn check_signing(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: String| faults.push(Fault::rule(key, what));
        if let Err(error) = crate::office_signing::Providers::read(self) {
            fault("signing.providers", format!("{error:#}"));
        }
        let stamps = &self.signing.time_stamps;
        if !(stamps.is_empty() || stamps.starts_with("https://") || stamps.starts_with("http://")) {
            fault("signing.time_stamps", "must begin with https:// or http://".to_owned());
        }
        faults
    }

    /// Rules of `[exchange]`, which an exchange that runs by itself keeps too.
    pub fn check_exchange(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: &str| faults.push(Fault::rule(key, what.to_owned()));
        if !(1..=86_400).contains(&self.exchange.stamping_seconds) {
            fault("exchange.stamping_seconds", "must be 1 to 86400");
        }
        if self.exchange.longest_stamping_failure_seconds < self.exchange.stamping_seconds {
            fault("exchange.longest_stamping_failure_seconds", "must be at least exchange.stamping_seconds");
        }
        let listen = &self.exchange.listen;
        if !listen.is_empty() && !listen.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback()) {
            fault("exchange.listen", "must be a loopback address with a port, such as 127.0.0.1:8090");
        }
        let simulator = &self.exchange.simulator;
        if !simulator.is_empty() && !self.simulated() {
            fault("exchange.simulator", "a simulator never stands in for national systems of a production city");
        }
        if !simulator.is_empty() && !haidang_web::client::on_this_machine(simulator) {
            fault("exchange.simulator", "must be http:// with a loopback address and a port");
        }
        if !(1..=100_000).contains(&self.exchange.most_in_a_batch) {
            fault("exchange.most_in_a_batch", "must be 1 to 100000");
        }
        faults
    }

    fn check_federation(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |key: &str, what: String| faults.push(Fault::rule(key, what));
        let federation = &self.federation;
        let simulator = federation.simulator.trim_end_matches('/');
        if !simulator.is_empty() && !self.simulated() {
            fault("federation.simulator", "a simulator never serves a production city".to_owned());
        }
        let here = simulator.starts_with("http://") && haidang_web::client::on_this_machine(simulator);
        if !simulator.is_empty() && (!here || simulator.matches('/').count() != 2) {
            fault("federation.simulator", "must be http:// with a loopback address and a port".to_owned());
        }
        if !(1..=9).contains(&federation.timeout_seconds) {
            fault(
                "federation.timeout_seconds",
                "must be 1 to 9, for a sign-in asks an upstream three times".to_owned(),
            );
        }
        if let Err(error) = crate::upstreams::read(self) {
            fault("federation.upstreams", format!("{error:#}"));
        }
        faults
    }

    fn check_national_portal(&self) -> Vec<Fault> {
        let given = &self.national_portal;
        if given.address.is_empty() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        let mut fault =
            |key: &str, what: &str| faults.push(Fault::rule(&format!("national_portal.{key}"), what.to_owned()));
        let here = haidang_web::client::on_this_machine(&given.address);
        if self.simulated() && !here {
            fault("address", "a demonstration or test city tells only a simulator of its cases, on a loopback address");
        }
        if !self.simulated() && (here || !given.address.starts_with("https://")) {
            fault("address", "must begin with https:// and lead to another machine");
        }
        for (key, value) in [("unit", &given.unit), ("user", &given.user)] {
            if value.is_empty() {
                fault(key, "must be given where there is an address");
            }
        }
        if std::fs::read_to_string(&given.secret_file).is_err() {
            fault("secret_file", "cannot be read; name a file that holds the secret of the account");
        }
        for (key, value, most) in [
            ("timeout_seconds", given.timeout_seconds, 60),
            ("parallel", given.parallel, 64),
            ("look_seconds", given.look_seconds, 3_600),
            ("longest_pause_seconds", given.longest_pause_seconds, 3_600),
        ] {
            if !(1..=most).contains(&value) {
                fault(key, &format!("must be 1 to {most}"));
            }
        }
        faults
    }
}
