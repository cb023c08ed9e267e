//! `haidang simulate`: national systems, simulated on this machine for demonstrations and tests.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use haidang_identity::IdentityRoom;
use haidang_kernel::ambient::Ambient;
use haidang_store::Db;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::net::TcpListener;
use tokio::process::Child;

use super::serve::signalled;
use super::{Outcome, say};
use crate::city::{ROOMS, open_store};
use crate::config::{Config, Environment};
use crate::demo::{self, Scale};
use crate::exchange::simulated;
use crate::pack::Pack;
use crate::simulators::eid::{EidSimulator, Manner};
use crate::simulators::national::{NationalSimulator, SOURCE_TEXT, catalogue};

/// Simulate a national system on this machine.
#[derive(Debug, Subcommand)]
pub(crate) enum SimulateCommand {
    /// The national e-identity and the national service portal, at which residents of a demonstration city sign in.
    Eid(Eid),
    /// The registers, portal and payment that a city exchanges data with, in the shapes that public documents show.
    National(National),
}

/// Where it is reached, whom it knows, and by which clock it goes.
#[derive(Debug, Args)]
pub(crate) struct National {
    /// Loopback address and port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// Residents of the demonstration city; default those of the city in the store, else 20000.
    #[arg(long)]
    residents: Option<usize>,
    /// The day the demonstration city is shown; default that of the city in the store, else today.
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<Date>,
    /// Seed of the demonstration city; default that of the city in the store, else 1.
    #[arg(long)]
    seed: Option<u64>,
    /// Go by a clock that stands at this instant until `/_control/clock` moves it, instead of the machine's.
    #[arg(long, value_name = "INSTANT")]
    clock: Option<Timestamp>,
    /// Keep a token of the gateway in this folder, where the adapters of a demonstration city look for it.
    #[arg(long, value_name = "FOLDER")]
    keep_token: Option<PathBuf>,
    /// End when the standard input ends.
    #[arg(long)]
    until_input_ends: bool,
}

/// Where it is reached, and where it leaves the key of the clean manner.
#[derive(Debug, Args)]
pub(crate) struct Eid {
    /// Loopback address and port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// File for the private key by which a city proves itself in the manner of OpenID Connect.
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
}

pub(crate) async fn run(command: SimulateCommand, mut config: Config) -> Result<Outcome> {
    if config.city.environment == Environment::Production && config.store.folder.join("demo.json").exists() {
        // The folder holds a demonstration city: its residents are the ones that sign in.
        config.city.environment = Environment::Demo;
    }
    match command {
        SimulateCommand::Eid(command) => eid(command, config).await,
        SimulateCommand::National(command) => national(command, config).await,
    }
}

/// The national systems, with the people of the demonstration city in the store or of the scale that is named.
async fn national(command: National, config: Config) -> Result<Outcome> {
    NationalSimulator::may_run(config.city.environment, command.listen)?;
    let listener = TcpListener::bind(command.listen).await.with_context(|| command.listen.to_string())?;
    let ambient = match command.clock {
        Some(now) => Ambient::fixed(now, command.seed.unwrap_or(1)),
        None => Ambient::system(),
    };
    let settled = demo::load(&config).map(|manifest| manifest.scale);
    let scale = Scale {
        residents: command.residents.or(settled.as_ref().map(|scale| scale.residents)).unwrap_or(20_000).max(10),
        months: 0,
        as_of: command.as_of.or(settled.as_ref().map(|scale| scale.as_of)).unwrap_or_else(|| ambient.today()),
        seed: command.seed.or(settled.as_ref().map(|scale| scale.seed)).unwrap_or(1),
    };
    let folder = config.pack().context("no pack")?;
    let pack = tokio::task::spawn_blocking(move || haidang_services::procedure::pack::Pack::load(&folder)).await??;
    let address = listener.local_addr()?;
    let simulator = NationalSimulator::new(config.city.environment, address, ambient, pack, &scale)?;
    let origin = simulator.origin().to_owned();
    let serving = simulator.clone().serve(listener, told_to_stop(command.until_input_ends))?;
    say(format_args!("Hệ thống quốc gia mô phỏng / simulated national systems: {origin}"))?;
    say(format_args!("  {} ({})", SOURCE_TEXT, catalogue::rows()?.len()))?;
    for row in catalogue::rows()? {
        for base in &row.base {
            say(format_args!("  {origin}{base:<24} {}", row.name.vi))?;
        }
    }
    say(format_args!("  {origin}/_control"))?;
    tokio::select! {
        () = serving => Ok(Outcome::Good),
        failed = renew_token(&simulator, command.keep_token.as_deref()) => failed.map(|()| Outcome::Good),
    }
}

async fn eid(command: Eid, config: Config) -> Result<Outcome> {
    let ambient = Ambient::system();
    // Refused before anything is opened where real people live, and on an address that other machines reach.
    EidSimulator::may_run(config.city.environment, command.listen)?;
    let listener = TcpListener::bind(command.listen).await.with_context(|| command.listen.to_string())?;
    let simulator = EidSimulator::new(config.city.environment, listener.local_addr()?, ambient.clone())?;
    if let Some(file) = &command.client_key {
        write_key(file, simulator.client_key()).with_context(|| file.display().to_string())?;
    }
    let (city, db) = people(&config, &ambient).await?;
    let origin = simulator.origin().to_owned();
    let serving = simulator.serve(city, db.clone(), listener, signalled())?;
    say(format_args!("Định danh điện tử mô phỏng / simulated e-identity: {origin}"))?;
    for manner in Manner::ALL {
        say(format_args!("  {}", manner.issuer(&origin)))?;
    }
    say(format_args!("A city uses it with HAIDANG_FEDERATION_SIMULATOR={origin}"))?;
    serving.await?;
    db.close().await;
    Ok(Outcome::Good)
}

/// Writes a key that nobody else on this machine may read.
fn write_key(file: &Path, key: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?.write_all(key.as_bytes())
}

/// The people of the configured store.
async fn people(config: &Config, ambient: &Ambient) -> Result<(IdentityRoom, Db)> {
    let pack = Pack::load(&config.pack().context("no pack")?)?;
    let db = open_store(config, ambient).await?;
    haidang_store::migrate(&db, ROOMS).await?;
    let settings = haidang_identity::Settings {
        simulated: true,
        province_code: pack.city.province_code.clone(),
        roles: pack.roles.clone(),
        registers: pack.registers.clone(),
        cheap_passwords: true,
    };
    Ok((IdentityRoom::new(db.clone(), ambient.clone(), settings)?, db))
}

/// How many ports behind the city's are tried.
const PORTS: u16 = 50;

/// The next free port of the loopback address behind the city's.
async fn listener_beside(config: &Config) -> Result<TcpListener> {
    let port = config.server.listen.port();
    for next in port.saturating_add(1)..=port.saturating_add(PORTS) {
        if let Ok(listener) = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], next))).await {
            return Ok(listener);
        }
    }
    Ok(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?)
}

/// The national systems for this demonstration city, its exchange that leads to them and its portal that is told of cases;
/// none where no exchange is asked for. They are a process of their own, as the real ones are: it makes its people while the
/// city opens, and ends with the process that holds it, however that ends.
pub(crate) async fn national_beside(config: &mut Config, scale: &Scale) -> Result<Option<Child>> {
    if !config.exchange.hosted || !config.exchange.simulator.is_empty() {
        return Ok(None);
    }
    let folder = config.pack().context("no pack")?;
    // Free again at once, for the process that will listen there.
    let address = listener_beside(config).await?.local_addr()?;
    NationalSimulator::may_run(config.city.environment, address)?;
    config.exchange.simulator = format!("http://{address}");
    simulated::tell_portal(config, &folder)?;
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    command
        .args(["simulate", "national", "--until-input-ends", "--listen", &address.to_string()])
        .args(["--residents", &scale.residents.to_string(), "--seed", &scale.seed.to_string()])
        .args(["--as-of", &scale.as_of.to_string()])
        .arg("--keep-token")
        .arg(config.exchange_spool())
        .env("HAIDANG_CITY_PACK", &folder)
        .env("HAIDANG_CITY_ENVIRONMENT", config.city.environment.name())
        .env("HAIDANG_STORE_FOLDER", &config.store.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    Ok(Some(command.spawn().context("the simulated national systems")?))
}

/// The token that the adapters of a demonstration city show, new long before the old one ends; never, without a folder.
async fn renew_token(simulator: &NationalSimulator, folder: Option<&Path>) -> Result<()> {
    let Some(folder) = folder else { return std::future::pending().await };
    loop {
        let token = simulator.token().context("the gateway of the simulator gives no more tokens")?;
        simulated::keep_token(folder, &token)?;
        tokio::time::sleep(Duration::from_secs(30 * 60)).await;
    }
}

/// Told to stop, or alone: whoever started this process is gone, however it ended, when its end of the input is closed.
async fn told_to_stop(until_input_ends: bool) {
    if !until_input_ends {
        return signalled().await;
    }
    let (ended, heard) = tokio::sync::oneshot::channel();
    // A thread of its own, which a runtime that ends does not wait for.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = ended.send(());
    });
    tokio::select! {
        () = signalled() => {}
        _ = heard => {}
    }
}

/// A simulator for this city, on the next free port of the loopback address; the configuration is told where.
pub(crate) async fn beside(config: &mut Config) -> Result<(Arc<EidSimulator>, TcpListener)> {
    let listener = listener_beside(config).await?;
    let simulator = EidSimulator::new(config.city.environment, listener.local_addr()?, Ambient::system())?;
    config.federation.simulator = simulator.origin().to_owned();
    Ok((simulator, listener))
}
