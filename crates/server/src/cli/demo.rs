//! `haidang demo`: seeds a demonstration city once, then serves it.

use anyhow::{Result, bail};
use clap::Args;
use jiff::civil::Date;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

use super::{Outcome, say, simulate};
use crate::city::{City, Surroundings};
use crate::config::{Config, Environment};
use crate::demo::{self, Manifest, Scale};
use crate::exchange_registry::has_directory;
use crate::simulators::eid::EidSimulator;

/// Seed a demonstration city in an empty store, then serve it.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Number of residents.
    #[arg(long, default_value_t = 20_000)]
    residents: usize,
    /// Months of history.
    #[arg(long, default_value_t = 24)]
    months: i32,
    /// The day the city is shown; default today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Address and port, instead of `server.listen`.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Seed only, do not serve.
    #[arg(long)]
    seed_only: bool,
    /// Run neither the data exchange nor the simulated national systems behind it.
    #[arg(long)]
    no_exchange: bool,
}

pub(crate) async fn run(command: Demo, mut config: Config) -> Result<Outcome> {
    // The command itself says what this city is; production is only the default of a configuration that says nothing.
    if config.city.environment == Environment::Production {
        config.city.environment = Environment::Demo;
    }
    if let Some(listen) = command.listen {
        config.server.listen = listen;
    }
    if config.database()?.starts_with("sqlite::memory:") {
        bail!("a demonstration city is seeded once and then served: it needs a database that outlives the seeding");
    }
    std::fs::create_dir_all(&config.store.folder)?;
    let as_of = command.as_of.unwrap_or_else(|| haidang_kernel::ambient::Ambient::system().today());
    let scale =
        Scale { residents: command.residents.max(10), months: command.months.max(0), as_of, seed: command.seed };
    let manifest = match demo::load(&config) {
        Some(manifest) => manifest, // a city that is there goes on; `make clean-demo` or another folder begins anew
        None => {
            say(format_args!(
                "Dựng thành phố minh họa: {} người, {} tháng, đến {}",
                scale.residents, scale.months, scale.as_of
            ))?;
            demo::build(&config, &scale).await?
        }
    };
    if command.seed_only {
        return Ok(Outcome::Good);
    }
    let listener = TcpListener::bind(config.server.listen).await?;
    config.server.listen = listener.local_addr()?;
    let address = config.origin(listener.local_addr()?.port());
    let simulator = match config.federation.simulator.is_empty() {
        true => Some(simulate::beside(&mut config).await?),
        false => None,
    };
    config.exchange.hosted |= !command.no_exchange && config.pack().is_some_and(|pack| has_directory(&pack));
    let national = simulate::national_beside(&mut config, &manifest.scale).await?;
    let (simulator_address, national_address) =
        (config.federation.simulator.clone(), config.exchange.simulator.clone());
    let manifest =
        Manifest { address: address.clone(), simulator: simulator_address, national: national_address, ..manifest };
    demo::save(&config, &manifest)?;
    introduce(&manifest)?;
    let city = City::open(config, Surroundings::system()).await?;
    let outcome = serve(city, listener, simulator).await;
    drop(national); // it ends with its input
    outcome
}

/// Serves the city, and the simulated e-identity beside it where it has one.
async fn serve(
    city: City,
    listener: TcpListener,
    simulator: Option<(Arc<EidSimulator>, TcpListener)>,
) -> Result<Outcome> {
    let Some((simulator, its_listener)) = simulator else { return super::serve::serve(city, listener).await };
    let (told, heard) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(simulator.serve(city.identity.clone(), city.db.clone(), its_listener, async {
        let _ = heard.await;
    })?);
    let outcome = super::serve::serve(city, listener).await;
    // It keeps nothing, so nobody waits for its slow answers.
    let _ = told.send(());
    let _ = tokio::time::timeout(Duration::from_secs(2), serving).await;
    outcome
}

fn introduce(manifest: &Manifest) -> Result<()> {
    let Manifest { simulator, national, .. } = manifest;
    say(format_args!("\nThành phố minh họa / demonstration city (dữ liệu minh họa)\n  {}\n", manifest.address))?;
    for account in &manifest.accounts {
        let how = match (&account.citizen_no, &account.username, &account.password) {
            (Some(number), _, _) => format!("định danh điện tử mô phỏng: {number}"),
            (_, Some(username), Some(password)) => format!("{username} / {password}"),
            _ => String::new(),
        };
        let agency = account.agency.as_deref().unwrap_or_default();
        say(format_args!("  {:<24} {:<28} {agency:<12} {how}", account.role, account.name))?;
    }
    say(format_args!("\n  định danh điện tử mô phỏng / simulated e-identity: {simulator}"))?;
    if !national.is_empty() {
        say(format_args!("  hệ thống quốc gia mô phỏng / simulated national systems: {national}"))?;
    }
    say("  var/demo.json: accounts, API tokens and example ids for scripts. Ctrl+C stops.\n")
}
