//! `haidang user add|list|password|lock|unlock|wake|end-sessions`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use haidang_identity::{AccountError, ManagedAccount, NewAccount};
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
        /// The account signs in with the password alone; it then bears no post.
        #[arg(long)]
        without_second_factor: bool,
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
    /// Lock an account and end its sessions.
    Lock {
        /// Account name.
        username: String,
    },
    /// Open a locked account again.
    Unlock {
        /// Account name.
        username: String,
    },
    /// Let a password be used again that suspended itself after too many wrong entries in a row.
    Wake {
        /// Account name.
        username: String,
    },
    /// End every session of an account.
    EndSessions {
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
        Err(
            error @ (AccountError::Fault(_)
            | AccountError::Unknown
            | AccountError::Taken
            | AccountError::Post
            | AccountError::Elsewhere),
        ) => {
            say(error)?;
            Ok(Outcome::Wrong)
        }
        Err(other) => Err(other.into()),
    }
}

/// What hinders an account, in words.
fn state(account: &ManagedAccount) -> String {
    let words = [(account.locked, "locked"), (account.asleep, "password suspended"), (account.codes, "codes")];
    let mut words: Vec<String> = words.iter().filter(|(holds, _)| *holds).map(|(_, word)| (*word).to_owned()).collect();
    if account.passkeys > 0 {
        words.push(format!("passkeys: {}", account.passkeys));
    }
    words.join(", ")
}

pub(crate) async fn run(command: UserCommand, config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    let outcome = match command {
        UserCommand::Add { username, name, agency, role, without_second_factor } => {
            let new = NewAccount { username: username.clone(), password: password()?, full_name: name, agency, role };
            match city.identity.add_account(&new, operator()).await {
                Ok(_) if without_second_factor => told(
                    city.identity.remove_second_factor(&username, operator()).await,
                    "Account made. It signs in with the password alone and bears no post.",
                ),
                Ok(uri) => {
                    say("Account made. Put this address into an authenticator app (it is shown this once):")?;
                    say(uri)?;
                    Ok(Outcome::Good)
                }
                Err(error) => told(Err(error), ""),
            }
        }
        UserCommand::List { limit } => {
            for account in city.identity.managed_accounts("", limit).await? {
                say(format_args!("{:32} {:40} {}", account.username, account.full_name, state(&account)))?;
            }
            Ok(Outcome::Good)
        }
        UserCommand::Password { username } => {
            told(city.identity.set_password(&username, &password()?, operator()).await, "Password set.")
        }
        UserCommand::Lock { username } => {
            let locked = city.identity.lock_out(&city.site, &username, operator()).await;
            told(locked, "Account locked, its sessions ended.")
        }
        UserCommand::Unlock { username } => {
            told(city.identity.set_locked(&username, false, operator()).await, "Account open again.")
        }
        UserCommand::Wake { username } => {
            told(city.identity.wake_password(&username, operator()).await, "The password works again.")
        }
        UserCommand::EndSessions { username } => {
            let ended = city.identity.end_sessions(&city.site, &username, operator()).await;
            told(ended.map(|_| ()), "Sessions ended.")
        }
    };
    city.run_due().await?;
    city.db.close().await;
    outcome
}
