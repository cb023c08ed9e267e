//! The command line. Exit codes: 0 done, 1 the command found something wrong, 2 it could not run.

mod audit;
mod clients;
mod config;
mod demo;
mod directory;
mod documents;
mod edxml;
mod exchange;
mod exchange_adapters;
mod exchange_serve;
mod packs;
mod papers;
mod posts;
pub mod routes;
mod serve;
mod simulate;
mod transfer;
mod trust;
mod users;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::Config;

/// Digital government of a city, in one binary.
#[derive(Debug, Parser)]
#[command(name = "haidang", version, about, max_term_width = 100)]
struct Cli {
    /// Configuration file (TOML); without it the defaults and the HAIDANG_ variables hold.
    #[arg(long, global = true, env = "HAIDANG_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the city until told to stop.
    Serve(serve::Serve),
    /// Seed a demonstration city once, then serve it.
    Demo(demo::Demo),
    /// Simulate a national system on this machine.
    #[command(subcommand)]
    Simulate(simulate::SimulateCommand),
    /// List every page and endpoint with its permission.
    Routes(routes::RoutesCommand),
    /// Bring the tables of the database up to date.
    Migrate,
    /// Check or import data packs.
    #[command(subcommand)]
    Pack(packs::PackCommand),
    /// Accounts of officials.
    #[command(subcommand)]
    User(users::UserCommand),
    /// Systems that sign people in through this city.
    #[command(subcommand)]
    Client(clients::ClientCommand),
    /// Systems that take access tokens of this city.
    #[command(subcommand)]
    Resource(clients::ResourceCommand),
    /// Posts of officials.
    #[command(subcommand)]
    Post(posts::PostCommand),
    /// The directory of the administration (LDAP).
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    /// The city's own authorities and their certificates.
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Sign official documents and judge them.
    #[command(subcommand)]
    Documents(documents::DocumentsCommand),
    /// Data exchange between information systems, and its evidence.
    #[command(subcommand)]
    Exchange(exchange::ExchangeCommand),
    /// Prove that nothing was changed after the fact.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Write everything into one file, while the city is being served.
    Backup(transfer::Backup),
    /// Fill an empty city from a backup.
    Restore(transfer::Restore),
    /// Copy a city from one database into another.
    CopyDb(transfer::CopyDb),
    /// Configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print the API document (OpenAPI 3.1).
    Openapi,
}

/// What a command found, as the exit code tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, nothing wrong.
    Good,
    /// It ran and found something wrong.
    Wrong,
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match run(cli) {
        Ok(Outcome::Good) => ExitCode::SUCCESS,
        Ok(Outcome::Wrong) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "haidang: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<Outcome> {
    let loaded = crate::config::load(cli.config.as_deref(), std::env::vars());
    if let Command::Config(command) = cli.command {
        return config::run(&command, loaded);
    }
    let config = loaded?;
    crate::logs::start(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(dispatch(cli.command, config))
}

async fn dispatch(command: Command, config: Config) -> Result<Outcome> {
    match command {
        Command::Serve(command) => serve::run(command, config).await,
        Command::Demo(command) => demo::run(command, config).await,
        Command::Simulate(command) => simulate::run(command, config).await,
        Command::Routes(command) => routes::run(command, config).await,
        Command::Migrate => transfer::migrate(config).await,
        Command::Pack(command) => packs::run(command, config).await,
        Command::User(command) => users::run(command, config).await,
        Command::Client(command) => clients::run(command, config).await,
        Command::Resource(command) => clients::resource(command, config).await,
        Command::Post(command) => posts::run(command, config).await,
        Command::Directory(command) => directory::run(command, config).await,
        Command::Trust(command) => trust::run(command, config).await,
        Command::Documents(command) => documents::run(command, config).await,
        Command::Exchange(command) => exchange::run(command, config).await,
        Command::Audit(command) => audit::run(command, config).await,
        Command::Backup(command) => transfer::backup(command, config).await,
        Command::Restore(command) => transfer::restore(command, config).await,
        Command::CopyDb(command) => transfer::copy(command, config).await,
        Command::Openapi => routes::openapi(config).await,
        Command::Config(_) => Ok(Outcome::Good),
    }
}

/// One line for the person at the terminal.
pub(crate) fn say(line: impl std::fmt::Display) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
