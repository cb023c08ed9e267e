//! `haidang trust authority|issue|key|revoke|list`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use haidang_trust::model::{CertificateRow, Purpose, Reason, Role};
use haidang_trust::{Holder, NewCertificate, Subject, TrustError, TrustRoom, read_public_key};

use super::users::operator;
use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::Config;

/// The city's own authorities and their certificates.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Show the authorities, or the certificate (PEM) that others have to trust.
    Authority {
        /// The root's certificate alone, for a file of anchors.
        #[arg(long)]
        pem: bool,
    },
    /// Issue a certificate and print it (PEM), followed by that of the authority that issued it.
    Issue(Issue),
    /// Show the key that the city keeps for an official, made when there is none: the credential of the remote signing
    /// service and its certificate (PEM).
    Key(Key),
    /// Revoke a certificate for good.
    Revoke {
        /// Its serial number in hexadecimal digits.
        serial: String,
        /// Why.
        #[arg(long, value_enum, default_value_t = ReasonWord::Unspecified)]
        reason: ReasonWord,
    },
    /// List certificates, the newest first.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 100)]
        limit: i64,
    },
}

/// Whose key.
#[derive(Debug, Args)]
pub(crate) struct Key {
    /// Account name of the official.
    username: String,
    /// Code of the agency for which they sign.
    #[arg(long)]
    agency: String,
    /// File with a new PIN, which only its owner may read.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// Give the official a new key, whatever became of the last one.
    #[arg(long)]
    replace: bool,
}

/// What a certificate says.
#[derive(Debug, Args)]
pub(crate) struct Issue {
    /// What it is for.
    #[arg(value_enum)]
    purpose: PurposeWord,
    /// File with a certification request (PKCS#10) or a public key, PEM or DER. The names of a request are not taken
    /// over: who issues says whom the certificate names.
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Name of the person, organisation or service.
    #[arg(long)]
    name: String,
    /// Name of the organisation.
    #[arg(long)]
    organization: Option<String>,
    /// Unit or post inside it.
    #[arg(long)]
    unit: Option<String>,
    /// Province or city.
    #[arg(long)]
    locality: Option<String>,
    /// What tells two of one name apart.
    #[arg(long)]
    identifier: Option<String>,
    /// Days of validity.
    #[arg(long)]
    days: Option<i64>,
}

/// Purposes that can be asked for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum PurposeWord {
    /// Signatures of an organisation.
    Seal,
    /// Signatures of a person.
    Personal,
    /// Time stamps of another server.
    Tsa,
    /// Answers about certificates of another server.
    Ocsp,
}

impl From<PurposeWord> for Purpose {
    fn from(word: PurposeWord) -> Self {
        match word {
            PurposeWord::Seal => Self::Seal,
            PurposeWord::Personal => Self::Personal,
            PurposeWord::Tsa => Self::TimeStamping,
            PurposeWord::Ocsp => Self::Status,
        }
    }
}

/// Reasons as RFC 5280 has them.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ReasonWord {
    /// Not said.
    Unspecified,
    /// The key is lost or known to others.
    KeyCompromise,
    /// The holder left the organisation or changed name.
    AffiliationChanged,
    /// Another certificate takes its place.
    Superseded,
    /// What it was for has ended.
    CessationOfOperation,
    /// The right to sign was taken away.
    PrivilegeWithdrawn,
}

impl From<ReasonWord> for Reason {
    fn from(word: ReasonWord) -> Self {
        match word {
            ReasonWord::Unspecified => Self::Unspecified,
            ReasonWord::KeyCompromise => Self::KeyCompromise,
            ReasonWord::AffiliationChanged => Self::AffiliationChanged,
            ReasonWord::Superseded => Self::Superseded,
            ReasonWord::CessationOfOperation => Self::CessationOfOperation,
            ReasonWord::PrivilegeWithdrawn => Self::PrivilegeWithdrawn,
        }
    }
}

/// What the person at the terminal can mend is told; what is broken stops the command.
fn told(error: TrustError) -> Result<Outcome> {
    match error {
        TrustError::Subject { .. }
        | TrustError::Days { .. }
        | TrustError::Request(_)
        | TrustError::UnknownSerial(_)
        | TrustError::AlreadyRevoked(_) => say(error).map(|()| Outcome::Wrong),
        other => Err(other.into()),
    }
}

pub(crate) async fn run(command: TrustCommand, config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    let Some(trust) = city.rooms.trust.clone() else {
        bail!("this city has no authorities of its own; see trust.own_authority_in_production");
    };
    let outcome = match command {
        TrustCommand::Key(key) => shown(&city, &trust, key).await?,
        other => act(&trust, other).await?,
    };
    city.run_due().await?;
    city.db.close().await;
    Ok(outcome)
}

async fn act(trust: &TrustRoom, command: TrustCommand) -> Result<Outcome> {
    match command {
        TrustCommand::Authority { pem: true } => say(trust.root().to_pem().trim_end())?,
        TrustCommand::Authority { pem: false } => {
            for role in [Role::Root, Role::Issuing] {
                let issuer = trust.issuer(role);
                let certificate = if role == Role::Root { trust.root() } else { trust.issuing() };
                say(format_args!("{}  {}  until {}", issuer.id, certificate.subject(), certificate.not_after()))?;
                say(format_args!("  certificate {}", issuer.certificate_address()))?;
                say(format_args!("  list        {}", issuer.list_address()))?;
                if let Some(status) = issuer.status_address() {
                    say(format_args!("  status      {status}"))?;
                }
            }
        }
        TrustCommand::Issue(issue) => return issued(trust, issue).await,
        // Answered before, for it looks into the accounts.
        TrustCommand::Key(_) => {}
        TrustCommand::Revoke { serial, reason } => match trust.revoke(&serial, reason.into(), operator()).await {
            Ok(()) => say("Certificate revoked.")?,
            Err(error) => return told(error),
        },
        TrustCommand::List { limit } => {
            for row in trust.certificates(None, limit).await? {
                say(line(&row))?;
            }
        }
    }
    Ok(Outcome::Good)
}

async fn issued(trust: &TrustRoom, issue: Issue) -> Result<Outcome> {
    let file = std::fs::read(&issue.request).with_context(|| issue.request.display().to_string())?;
    let public_key = match read_public_key(&file) {
        Ok(key) => key,
        Err(error) => return told(error),
    };
    let subject = Subject {
        common_name: issue.name,
        organization: issue.organization,
        unit: issue.unit,
        locality: issue.locality,
        identifier: issue.identifier,
    };
    let new = NewCertificate { purpose: issue.purpose.into(), subject, public_key, days: issue.days };
    match trust.issue(&new, operator()).await {
        Ok(certificate) => {
            say(certificate.to_pem().trim_end())?;
            say(trust.issuing().to_pem().trim_end())?;
            Ok(Outcome::Good)
        }
        Err(error) => told(error),
    }
}

async fn shown(city: &City, trust: &TrustRoom, asked: Key) -> Result<Outcome> {
    let accounts = city.identity.managed_accounts(&asked.username, 1).await?;
    let Some(account) = accounts.into_iter().find(|account| account.username == asked.username) else {
        return say(format_args!("{}: no such account", asked.username)).map(|()| Outcome::Wrong);
    };
    let (person, name) = (account.person.to_string(), account.full_name);
    let holder = Holder::Officer { person, agency: asked.agency, name };
    let key = match asked.replace {
        true => trust.replace_holder_key(&holder, operator()).await,
        false => trust.ensure_holder_key(&holder, operator()).await,
    };
    let key = match key {
        Ok(key) => key,
        Err(error) => return told(error),
    };
    if let Some(file) = &asked.pin_file
        && let Err(error) = trust.set_pin(&key, &super::documents::read_pin(file)?, operator()).await
    {
        return told(error);
    }
    say(format_args!("credential {}", key.id))?;
    say(key.certificate.to_pem().trim_end())?;
    Ok(Outcome::Good)
}

fn line(row: &CertificateRow) -> String {
    let end = match row.revoked {
        Some((at, reason)) => format!("revoked {at} {}", reason.as_str()),
        None => format!("until {}", row.not_after),
    };
    format!("{}  {:8}  {end}  {}", row.serial, row.purpose.as_str(), row.subject)
}
