//! `haidang post list|give|end`.

use anyhow::Result;
use clap::Subcommand;
use haidang_identity::NewPost;
use haidang_kernel::problem::Problem;
use jiff::civil::Date;

use super::users::operator;
use super::{Outcome, say};
use crate::city::{City, Surroundings};
use crate::config::Config;

/// Who holds which role in which agency, from when to when.
#[derive(Debug, Subcommand)]
pub(crate) enum PostCommand {
    /// List the posts of an agency that have not ended.
    List {
        /// Code of the agency.
        agency: String,
    },
    /// Give a post to an account.
    Give {
        /// Account name.
        username: String,
        /// Code of the agency.
        #[arg(long)]
        agency: String,
        /// Role of positions.toml.
        #[arg(long)]
        role: String,
        /// First day; default today.
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<Date>,
        /// Last day; default open.
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Option<Date>,
    },
    /// End a post; without a day at once, with every session of its holder.
    End {
        /// Id of the post, as `list` shows it.
        post: String,
        /// Last day.
        #[arg(long, value_name = "YYYY-MM-DD")]
        to: Option<Date>,
    },
}

fn refused(problem: &Problem) -> Result<Outcome> {
    let fields: Vec<String> = problem.errors.iter().map(|error| format!("{}: {}", error.field, error.code)).collect();
    say(format_args!("{} {}", problem.code, fields.join(", ")))?;
    Ok(Outcome::Wrong)
}

pub(crate) async fn run(command: PostCommand, config: Config) -> Result<Outcome> {
    let city = City::open(config, Surroundings::system()).await?;
    let outcome = match command {
        PostCommand::List { agency } => {
            for post in city.identity.posts_in(&agency, 10_000).await? {
                let to = post.valid_to.map_or_else(|| "open".to_owned(), |day| day.to_string());
                say(format_args!("{} {:30} {:40} {} {to}", post.id, post.role, post.full_name, post.valid_from))?;
            }
            Ok(Outcome::Good)
        }
        PostCommand::Give { username, agency, role, from, to } => {
            let new = NewPost { username, agency, role, valid_from: from, valid_to: to };
            match city.identity.give_post(&new, operator(), "").await {
                Ok(id) => say(id).map(|()| Outcome::Good),
                Err(problem) => refused(&problem),
            }
        }
        PostCommand::End { post, to } => match city.identity.end_post(&city.site, &post, to, operator(), "").await {
            Ok(_) => say("Post ended.").map(|()| Outcome::Good),
            Err(problem) => refused(&problem),
        },
    };
    city.run_due().await?;
    city.db.close().await;
    outcome
}
