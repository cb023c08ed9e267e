//! `haidang client add|approve|refuse|scope|suspend|secret|token|list|revoke|keys` and `haidang resource add|list`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Subcommand, ValueEnum};
use haidang_identity::provider::{NewClient, Profile, Provider, RegisterError, ResourceServer, TokenFormat};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::users::operator;
use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::Config;

/// Systems that sign people in through this city.
#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Register clients from a file with one RFC 7591 registration or a list of them. A secret is made by us and told
    /// this once. A client waits until it is approved.
    Add {
        /// JSON file.
        file: PathBuf,
        /// Kind; follows from how the client proves itself when absent.
        #[arg(long, value_enum)]
        profile: Option<ProfileWord>,
        /// People sign in by officials' accounts alone.
        #[arg(long)]
        officials: bool,
        /// Approve at once; not for legacy_rp, which needs an end date.
        #[arg(long)]
        approve: bool,
    },
    /// Let a client in.
    Approve {
        /// Its client_id.
        id: String,
        /// Last day; needed for legacy_rp, at most three years ahead.
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Option<Date>,
    },
    /// Refuse a client that waits.
    Refuse {
        /// Its client_id.
        id: String,
    },
    /// Give a client other scopes than it asked for.
    Scope {
        /// Its client_id.
        id: String,
        /// Scopes between spaces.
        scope: String,
    },
    /// Set a client aside, or take it back.
    Suspend {
        /// Its client_id.
        id: String,
        /// Take it back.
        #[arg(long)]
        resume: bool,
    },
    /// Make a new secret, told this once; the old one ends at once.
    Secret {
        /// Its client_id.
        id: String,
    },
    /// Make a token with which one system may register itself once, told this once.
    Token {
        /// Name of the system or operator that receives it.
        name: String,
    },
    /// Shut a client out for good.
    Revoke {
        /// Its client_id.
        id: String,
    },
    /// List clients.
    List,
    /// Announce a successor of every signing key; it signs a day later.
    Keys,
}

/// Kinds of clients.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ProfileWord {
    /// Confidential, FAPI 2.0.
    Fapi2,
    /// In a browser or on a telephone.
    Public,
    /// Machine to machine.
    Service,
    /// An old system, until a date.
    LegacyRp,
}

impl From<ProfileWord> for Profile {
    fn from(word: ProfileWord) -> Self {
        match word {
            ProfileWord::Fapi2 => Self::Fapi2,
            ProfileWord::Public => Self::Public,
            ProfileWord::Service => Self::Service,
            ProfileWord::LegacyRp => Self::LegacyRp,
        }
    }
}

/// Systems that take access tokens of this city.
#[derive(Debug, Subcommand)]
pub(crate) enum ResourceCommand {
    /// Register a resource server, or change it.
    Add {
        /// Its name in tokens: an https: or urn: address.
        audience: String,
        /// A scope it knows; may be repeated.
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// How its access tokens look.
        #[arg(long, value_enum, default_value = "jwt")]
        format: FormatWord,
        /// Life of its access tokens in seconds.
        #[arg(long, default_value_t = 600)]
        seconds: i64,
        /// The client by which it asks about tokens.
        #[arg(long)]
        client: Option<String>,
    },
    /// List resource servers.
    List,
}

/// How access tokens look.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatWord {
    /// RFC 9068.
    Jwt,
    /// Looked up by introspection.
    Opaque,
}

/// Registers one client and tells what was issued, as one line of JSON.
async fn add(
    provider: &Provider,
    value: &Value,
    profile: Option<Profile>,
    officials: bool,
    approve: bool,
) -> Result<(), RegisterError> {
    let mut new = NewClient::from_json(value)?;
    new.profile = profile;
    let new = if officials { new.for_officials() } else { new };
    let made = provider.register(new, operator()).await?;
    if approve {
        provider.approve(&made.id, None, operator()).await?;
    }
    let line = json!({ "client_id": made.id, "profile": made.profile.as_str(), "client_secret": made.secret });
    say(line).map_err(|_| RegisterError::Unknown)
}

fn told(done: Result<(), RegisterError>, line: &str) -> Result<Outcome> {
    match done {
        Ok(()) => {
            if !line.is_empty() {
                say(line)?;
            }
            Ok(Outcome::Good)
        }
        Err(RegisterError::Store(error)) => Err(error.into()),
        Err(error) => say(error).map(|()| Outcome::Wrong),
    }
}

/// Tells a secret, this once.
fn shown(made: Result<String, RegisterError>) -> Result<Outcome> {
    match made {
        Ok(secret) => say(secret).map(|()| Outcome::Good),
        Err(error) => told(Err(error), ""),
    }
}

pub(crate) async fn run(command: ClientCommand, config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    let outcome = act(&city, command).await?;
    city.run_due().await?;
    city.db.close().await;
    Ok(outcome)
}

async fn act(city: &City, command: ClientCommand) -> Result<Outcome> {
    let provider = &city.provider;
    match command {
        ClientCommand::Add { file, profile, officials, approve } => {
            let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let value: Value = serde_json::from_str(&text).context("the file is no JSON")?;
            let list = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            let profile = profile.map(Profile::from);
            for one in &list {
                let outcome = told(add(provider, one, profile, officials, approve).await, "")?;
                if outcome == Outcome::Wrong {
                    return Ok(outcome);
                }
            }
            Ok(Outcome::Good)
        }
        ClientCommand::Approve { id, until } => {
            let end = until.map(|day| day.tomorrow().and_then(|day| day.in_tz("Asia/Ho_Chi_Minh"))).transpose()?;
            told(provider.approve(&id, end.map(|end| end.timestamp()), operator()).await, "Client approved.")
        }
        ClientCommand::Refuse { id } => told(provider.refuse(&id, operator()).await, "Client refused."),
        ClientCommand::Scope { id, scope } => told(provider.give_scope(&id, &scope, operator()).await, "Scopes given."),
        ClientCommand::Suspend { id, resume } => {
            let line = if resume { "Client taken back." } else { "Client set aside." };
            told(provider.suspend(&id, !resume, operator()).await, line)
        }
        ClientCommand::Secret { id } => shown(provider.new_secret(&id, operator()).await),
        ClientCommand::Token { name } => shown(provider.make_registration_token(&name, operator()).await),
        ClientCommand::Revoke { id } => told(provider.shut_out(&id, operator()).await, "Client shut out."),
        ClientCommand::List => {
            for client in provider.clients().await? {
                let until = client.approved_until.map(|end| end.to_string()).unwrap_or_default();
                say(format_args!(
                    "{:38} {:10} {:9} {:28} {until}",
                    client.id,
                    client.profile.as_str(),
                    client.state.as_str(),
                    client.name
                ))?;
            }
            Ok(Outcome::Good)
        }
        ClientCommand::Keys => {
            let announced = provider.announce_keys().await.map_err(|problem| anyhow::anyhow!("{}", problem.detail))?;
            say(format_args!("Announced, signing from tomorrow: {}", announced.join(", ")))?;
            Ok(Outcome::Good)
        }
    }
}

pub(crate) async fn resource(command: ResourceCommand, config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    let outcome = match command {
        ResourceCommand::Add { audience, scopes, format, seconds, client } => {
            let format = if matches!(format, FormatWord::Jwt) { TokenFormat::Jwt } else { TokenFormat::Opaque };
            let new = ResourceServer { audience, scopes, format, access_seconds: seconds, client };
            told(city.provider.put_resource(&new, operator()).await, "Resource server registered.")?
        }
        ResourceCommand::List => {
            for server in city.provider.resources().await? {
                say(format_args!("{:48} {:6} {}", server.audience, server.access_seconds, server.scopes.join(" ")))?;
            }
            Outcome::Good
        }
    };
    city.run_due().await?;
    city.db.close().await;
    Ok(outcome)
}
