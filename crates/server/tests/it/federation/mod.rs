//! Signing in at upstreams, over real HTTP: a browser, the city and the simulator of the national systems.

mod browser;
mod faults;
mod process;
mod signing_in;
mod step_up;
mod threats;

use crate::city::{MORNING, Place, Town, pack_folder};
use browser::Browser;
use haidang_kernel::ambient::Ambient;
use haidang_server::config::{Config, Environment};
use haidang_server::simulators::eid::{CLEAN_UPSTREAM, EidSimulator, personas};
use haidang_store::args;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A city and the simulator beside it, both listening.
pub struct Stage {
    pub town: Town,
    pub simulator: Arc<EidSimulator>,
    /// Address of the city.
    pub origin: String,
    stops: Vec<oneshot::Sender<()>>,
    ends: Vec<tokio::task::JoinHandle<()>>,
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// The upstreams of the pack and the clean one, with the key by which the simulator knows the city.
fn with_upstreams(config: &mut Config, simulator: &EidSimulator) {
    let pack = std::fs::read_to_string(pack_folder("haiphong").join("upstreams.toml")).unwrap();
    let file = config.store.folder.join("upstreams.toml");
    std::fs::write(&file, format!("{pack}\n{CLEAN_UPSTREAM}")).unwrap();
    config.federation.upstreams = file;
    config.federation.simulator = simulator.origin().to_owned();
    config.federation.timeout_seconds = 1;
    let house = config.keys().join("house");
    std::fs::create_dir_all(&house).unwrap();
    let key = house.join("eid.pem");
    std::fs::write(&key, simulator.client_key()).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

impl Stage {
    pub async fn open(place: &Place) -> Stage {
        let (its, own) = (listener().await, listener().await);
        let ambient = Ambient::fixed(MORNING.parse().unwrap(), 7);
        let address = its.local_addr().unwrap();
        let simulator = EidSimulator::new(Environment::Test, address, ambient.clone()).unwrap();
        let mut config = place.config("haiphong", "city");
        config.server.listen = own.local_addr().unwrap();
        with_upstreams(&mut config, &simulator);
        let town = Town::open_with(config, ambient).await;
        let origin = town.city.site.settings.origin.clone();
        let mut stage = Stage { town, simulator, origin, stops: Vec::new(), ends: Vec::new() };
        let city = &stage.town.city;
        let (told, heard) = oneshot::channel::<()>();
        let wait = async {
            let _ = heard.await;
        };
        let serving = stage.simulator.clone().serve(city.identity.clone(), city.db.clone(), its, wait).unwrap();
        stage.ends.push(tokio::spawn(async move { serving.await.unwrap() }));
        stage.stops.push(told);
        let (told, heard) = oneshot::channel::<()>();
        let serving = city.served.clone().serve(own, async {
            let _ = heard.await;
        });
        stage.ends.push(tokio::spawn(async move { serving.await.unwrap() }));
        stage.stops.push(told);
        stage
    }

    /// The simulator answers no more.
    pub async fn stop_simulator(&mut self) {
        drop(self.stops.remove(0));
        self.ends.remove(0).await.unwrap();
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.origin)
    }

    /// The number of somebody settled in the town.
    pub fn number(&self, name: &str) -> String {
        self.town.person(name).person.citizen_no.unwrap()
    }

    /// The number of somebody on the simulator's list.
    pub fn listed(&self, key: &str) -> String {
        let list = personas::personas(self.town.ambient.today());
        list.into_iter().find(|persona| persona.key == key).unwrap().citizen_no
    }

    /// What a query counts, its column being `n`.
    pub async fn count(&self, statement: &'static str) -> i64 {
        self.town.rows(statement, args![]).await[0].integer("n").unwrap()
    }

    pub async fn people(&self) -> i64 {
        self.count("SELECT CAST(count(*) AS BIGINT) AS n FROM identity_person").await
    }

    pub async fn sessions(&self) -> i64 {
        self.count("SELECT CAST(count(*) AS BIGINT) AS n FROM web_session").await
    }

    /// Why sign-ins were refused, as the audit has it, in order.
    pub async fn causes(&self) -> Vec<String> {
        let statement = "SELECT detail FROM store_audit WHERE action = 'session.not_started' ORDER BY id";
        let rows = self.town.rows(statement, args![]).await;
        let cause = |text: String| -> String {
            let detail: serde_json::Value = serde_json::from_str(&text).unwrap();
            detail["cause"].as_str().unwrap_or_default().to_owned()
        };
        rows.iter().map(|row| cause(row.text("detail").unwrap())).collect()
    }

    /// Acts of one kind that the audit knows.
    pub async fn acts(&self, action: &str) -> usize {
        let statement = "SELECT id FROM store_audit WHERE action = $1";
        self.town.rows(statement, args![action]).await.len()
    }
}
