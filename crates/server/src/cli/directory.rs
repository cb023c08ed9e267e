//! `haidang directory sync`.

use anyhow::Result;
use clap::Subcommand;
use haidang_identity::{DirectoryError, Synchronised};

use super::users::operator;
use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::Config;

/// The directory of the administration (LDAP).
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Follow the directory now: people and groups become accounts and posts.
    Sync {
        /// Only tell what would be done.
        #[arg(long)]
        dry_run: bool,
        /// Do it although more accounts lose something than `directory.largest_loss_percent` allows.
        #[arg(long, conflicts_with = "dry_run")]
        accept_losses: bool,
    },
}

fn tell(done: &Synchronised, verb: &str) -> Result<()> {
    say(format_args!("The directory shows {} people.", done.found))?;
    say(format_args!(
        "Accounts {verb}: {} new, {} changed, {} back, {} gone. Posts: {} given, {} ended.",
        done.arrived, done.changed, done.returned, done.left, done.given, done.ended
    ))?;
    if done.aside > 0 {
        say(format_args!("Left aside, because their account name is missing or another account's: {}.", done.aside))?;
    }
    Ok(())
}

pub(crate) async fn run(command: DirectoryCommand, config: Config) -> Result<Outcome> {
    let DirectoryCommand::Sync { dry_run, accept_losses } = command;
    let city = City::open(config, Surroundings::system()).await?;
    let done = match dry_run {
        true => city.identity.foresee_directory().await.map(|done| (done, "to come")),
        false => {
            city.identity.synchronise_directory(&city.site, accept_losses, operator()).await.map(|done| (done, "now"))
        }
    };
    let outcome = match done {
        Ok((done, verb)) => tell(&done, verb).map(|()| Outcome::Good),
        Err(stop @ (DirectoryError::TooMany(_) | DirectoryError::Silent(_) | DirectoryError::Refused(_))) => {
            say(stop)?;
            Ok(Outcome::Wrong)
        }
        Err(other) => Err(other.into()),
    };
    // Not everything that is due: that would follow the directory a second time.
    haidang_store::Sealer::new(city.db.clone(), None).seal().await?;
    city.db.close().await;
    outcome
}
