//! `haidang user add|list|password|lock|unlock`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use haidang_identity::{AccountError, NewAccount};
use haidang_store::ActorRef;

use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::Config;

/// Accounts of officials.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account with one post. The password is read from standard input.
    Add {
        /// Account name: 3 to 64 of a–z, 0–9, dot, dash, underscore.
        username: String,
        /// Name of the official.
        #[arg(long)]
        name: String,
        /// Code of the agency.
        #[arg(long)]
        agency: String,
        /// Role of positions.toml.
        #[arg(long)]
        role: String,
    },
    /// List accounts.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 1000)]
        limit: i64,
    },
    /// Set a new password, read from standard input.
    Password {
        /// Account name.
        username: String,
    },
    /// Lock an account; its sessions end with the next request.
    Lock {
        /// Account name.
        username: String,
    },
    /// Open a locked account again.
    Unlock {
        /// Account name.
        username: String,
    },
}

/// One line of standard input. On a terminal the letters show: pipe the password, or clear the screen.
fn password() -> Result<String> {
    if std::io::stdin().is_terminal() {
        let _ = write!(std::io::stderr(), "Password: ");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("password")?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        bail!("no password on standard input");
    }
    Ok(password)
}

/// Who works at the command line, as the audit names them.
pub(super) fn operator() -> ActorRef {
    ActorRef { kind: "operator".to_owned(), channel: "command_line".to_owned(), ..ActorRef::default() }
}

fn told(done: Result<(), AccountError>, line: &str) -> Result<Outcome> {
    match done {
        Ok(()) => say(line).map(|()| Outcome::Good),
        Err(error @ (AccountError::Fault(_) | AccountError::Unknown | AccountError::Taken | AccountError::Post)) => {
            say(error)?;
            Ok(Outcome::Wrong)
        }
        Err(other) => Err(other.into()),
    }
}

pub(crate) async fn run(command: UserCommand, config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    let outcome = match command {
        UserCommand::Add { username, name, agency, role } => {
            let new = NewAccount { username, password: password()?, full_name: name, agency, role };
            match city.identity.add_account(&new, operator()).await {
                Ok(uri) => {
                    say("Account made. Put this address into an authenticator app (it is shown this once):")?;
                    say(uri)?;
                    Ok(Outcome::Good)
                }
                Err(error) => told(Err(error), ""),
            }
        }
        UserCommand::List { limit } => {
            for account in city.identity.accounts(limit).await? {
                let state = if account.locked { "locked" } else { "" };
                say(format_args!("{:32} {:40} {state}", account.username, account.full_name))?;
            }
            Ok(Outcome::Good)
        }
        UserCommand::Password { username } => {
            told(city.identity.set_password(&username, &password()?, operator()).await, "Password set.")
        }
        UserCommand::Lock { username } => {
            told(city.identity.set_locked(&username, true, operator()).await, "Account locked.")
        }
        UserCommand::Unlock { username } => {
            told(city.identity.set_locked(&username, false, operator()).await, "Account open again.")
        }
    };
    city.run_due().await?;
    city.db.close().await;
    outcome
}
