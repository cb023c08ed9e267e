//! Tokens for machines and questions about tokens, a second, beside the peer: the same caller, the same algorithm, the
//! same form and life of tokens, in turn.

use anyhow::{Context as _, Result, ensure};
use data_encoding::BASE64;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::city::{API, API_OPAQUE, API_SCOPE, SERVICE};
use crate::figures::{Limit, figure, median, say};
use crate::load::{self, Call, Line};
use crate::processes::{Folder, Pinned, Running, SERVER_CORE, can_pin};

/// Short and many, so that a moment in which the machine is slow falls on all sides.
const ROUNDS: usize = 9;
const EACH: Duration = Duration::from_millis(1500);
const WARM: Duration = Duration::from_secs(2);

/// A server with where it answers and how our caller proves itself there.
struct Side {
    name: &'static str,
    server: Running,
    token: &'static str,
    introspection: &'static str,
    proof: String,
}

impl Side {
    fn asking(&self, resource: &str) -> Call {
        let fields = [("grant_type", "client_credentials"), ("scope", API_SCOPE), ("resource", resource)];
        Call::post(self.token, &fields).with("authorization", self.proof.clone())
    }

    /// The question about a token that the side issued.
    fn question(&self) -> Result<Call> {
        let got = once(self, &self.asking(API_OPAQUE))?;
        let token = got["access_token"].as_str().context("no token")?.to_owned();
        let call = Call::post(self.introspection, &[("token", &token)]).with("authorization", self.proof.clone());
        ensure!(once(self, &call)?["active"] == true, "{}: a token that was just issued is not active", self.name);
        Ok(call)
    }
}

fn once(side: &Side, call: &Call) -> Result<serde_json::Value> {
    let address = side.server.address()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Line::open(address).await?.send(call).await?.json() })
}

fn sides(folder: &Folder) -> Result<Vec<Side>> {
    // The peer takes the secret that its client names; ours makes its own.
    let chosen = data_encoding::HEXLOWER.encode(&haidang_kernel::ambient::Ambient::system().bytes::<32>());
    let clients = folder.file(
        "clients.json",
        &json!([{
            "client_id": SERVICE, "client_name": SERVICE, "client_secret": chosen, "redirect_uris": [],
            "response_types": [], "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "client_secret_basic", "scope": API_SCOPE,
        }]),
    )?;
    let proof = |secret: &str| format!("Basic {}", BASE64.encode(format!("{SERVICE}:{secret}").as_bytes()));
    let core = Some(SERVER_CORE);
    let (token, introspection) = ("/oauth2/token", "/oauth2/introspect");
    let mut sides = vec![Side {
        name: "oidc-provider, memory",
        server: Running::peer(&clients)?,
        token: "/token",
        introspection: "/token/introspection",
        proof: proof(&chosen),
    }];
    for (name, database) in [("ours, memory", "memory"), ("ours, durable log", "file")] {
        let server = Running::ours(&folder.path().join(database), database, &clients, core)?;
        let proof = proof(server.text("secret")?);
        sides.push(Side { name, server, token, introspection, proof });
    }
    Ok(sides)
}

pub(crate) fn measure() -> Result<usize> {
    let folder = Folder::new("rates")?;
    let sides = sides(&folder)?;
    let node = Command::new("node").arg("--version").output()?;
    let pinned = if can_pin() { "servers on core 0, caller on core 1" } else { "not pinned: one core or no taskset" };
    say(format_args!(
        "\nES256, {} connections, {pinned}, Node {}, load {}",
        load::CONNECTIONS,
        String::from_utf8_lossy(&node.stdout).trim(),
        std::fs::read_to_string(Path::new("/proc/loadavg")).unwrap_or_default().trim(),
    ))?;
    let pinned = Pinned::to_load_core()?;
    let asking = sides.iter().map(|side| Ok(side.asking(API))).collect::<Result<Vec<_>>>()?;
    let mut missed = compare("client_credentials", &sides, &asking)?;
    let questions = sides.iter().map(Side::question).collect::<Result<Vec<_>>>()?;
    missed += compare("introspection", &sides, &questions)?;
    drop(pinned);
    for side in &sides {
        say(format_args!("  {:<22} {:>7.0} MB resident", side.name, side.server.megabytes()?))?;
    }
    Ok(missed)
}

/// Rounds in turn; the medians of ours as ratios to that of the peer.
fn compare(what: &str, sides: &[Side], calls: &[Call]) -> Result<usize> {
    let mut rates = vec![Vec::new(); sides.len()];
    for (side, call) in sides.iter().zip(calls) {
        load::rate(side.server.address()?, call, WARM)?;
    }
    for _ in 0..ROUNDS {
        for (index, (side, call)) in sides.iter().zip(calls).enumerate() {
            let rate = load::rate(side.server.address()?, call, EACH)?;
            say(format_args!("  {what:<18} {:<22} {:>7.0}/s  p99 {:>6.2} ms", side.name, rate.per_second, rate.p99))?;
            rates[index].push(rate.per_second);
        }
    }
    let peer = median(&rates[0]);
    ensure!(peer > 0.0, "the peer answered nothing");
    let in_memory =
        figure(&format!("{what} ÷ oidc-provider, both in memory"), median(&rates[1]) / peer, Limit::Least(5.0), "×")?;
    let durable = figure(
        &format!("{what}, durable log ÷ oidc-provider in memory"),
        median(&rates[2]) / peer,
        Limit::Least(2.0),
        "×",
    )?;
    Ok(in_memory + durable)
}
