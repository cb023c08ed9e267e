//! Decisions among 500 policies, as a large city would have them: its own, and rules about single actions.

use anyhow::{Context as _, Result, ensure};
use haidang_contracts::actor::{Actor, ActorKind, Position};
use haidang_contracts::authorizer::{Authorizer as _, Circumstances, Question, Resource};
use haidang_identity::Policies;
use haidang_identity::roles::CAPABILITIES;
use haidang_server::city::City;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::city::{configure, surroundings};
use crate::figures::{Limit, figure, percentile, say};
use crate::processes::Folder;

const POLICIES: usize = 500;
const ASKED: usize = 10_000;

/// The pack's own policies, and forbids for other agencies, spread over the actions, until there are enough.
fn policies(folder: &Path) -> Result<Policies> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a file without a name")?;
        files.push((name.to_owned(), std::fs::read_to_string(&path)?));
    }
    let borrowed = |files: &[(String, String)]| {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Policies::from_files(&files)
    };
    let mut text = String::new();
    for number in borrowed(&files)?.list().len()..POLICIES {
        let action = CAPABILITIES[number % CAPABILITIES.len()];
        writeln!(
            text,
            "@id(\"bench-{number}\") @description(\"Quy tắc số {number}\")\nforbid (principal is Official, action == Action::\"{action}\", resource is Route) when {{ principal in Agency::\"H24.X{number}\" && context.acr < 3 }};"
        )?;
    }
    files.push(("bench.cedar".to_owned(), text));
    Ok(borrowed(&files)?)
}

pub(crate) fn measure() -> Result<usize> {
    let folder = Folder::new("decisions")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let city = City::open(configure(folder.path(), "file")?, surroundings()).await?;
        let pack = city.config.pack().context("no pack")?;
        let policies = Arc::new(policies(&pack.join("policies"))?);
        ensure!(policies.list().len() == POLICIES, "there are {} policies", policies.list().len());
        city.identity.set_policies(policies);
        let official = official(&city);
        let resource = Resource::Route { id: "list_tokens".to_owned(), minimum_acr: 2 };
        let circumstances = Circumstances::of(&official, city.ambient.now());
        let mut times = Vec::new();
        for action in CAPABILITIES.iter().cycle().take(ASKED) {
            let question = Question { actor: &official, action, resource: &resource, circumstances: &circumstances };
            let at = Instant::now();
            let verdict = city.identity.authorize(&question).await?;
            times.push(at.elapsed());
            ensure!(verdict.allowed, "the official may not");
        }
        city.db.close().await;
        let middle = percentile(&mut times, 0.5);
        say(format_args!("\n{POLICIES} policies, {ASKED} decisions about every action: median {middle:.3} ms"))?;
        figure("decision among 500 policies, p99", percentile(&mut times, 0.99), Limit::Most(1.0), "ms")
    })
}

fn official(city: &City) -> Actor {
    let position = Position {
        agency: "H24.S08".to_owned(),
        role: "administrator".to_owned(),
        title: "Quản trị hệ thống".to_owned(),
        capabilities: CAPABILITIES.iter().map(|name| (*name).to_owned()).collect(),
    };
    Actor {
        person: city.ambient.new_id(),
        display_name: "Trần Thị Đo".to_owned(),
        kind: ActorKind::Official,
        on_behalf_of: None,
        on_behalf_name: None,
        positions: vec![position],
        assurance: 2,
        mandates: Vec::new(),
        second_factor_at: None,
    }
}
