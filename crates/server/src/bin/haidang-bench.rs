//! `make bench`: the figures of a release, each beside its limit or as a ratio to a peer measured in the same run.
//!
//! Words: `sqlite` or `postgres`; `full` for 3,000,000 cases; `filings` for that figure alone on a small city; `copy` is
//! what `full` runs in a process of its own.

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::time;
use haidang_server::city::{City, Surroundings};
use haidang_server::config::{self, Config};
use haidang_server::demo::{self, Manifest};
use haidang_services::bulk;
use haidang_services::cases::inbox::InboxFilter;
use haidang_store::StoreError;
use haidang_web::session::{self, SignIn};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Residents that give 30,000 cases over two years.
const RESIDENTS: usize = 24_000;
/// To how many these cases are copied for the full measure.
const CASES: usize = 3_000_000;
/// Copies in one transaction.
const TOGETHER: u16 = 9;
/// File that says a kept store was loaded to its end.
const COMPLETE: &str = "complete";
const FILINGS: usize = 3_000;
/// Times that inserts and filings take turns.
const ROUNDS: usize = 5;
const CLIENTS: usize = 16;

fn main() -> Result<()> {
    let word = |wanted: &str| std::env::args().any(|word| word == wanted);
    let (full, filings_only) = (word("full"), word("filings"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut missed = 0;
        // One database a process: the memory of the one is not counted as the other's.
        let (name, url) = database(word("postgres"))?;
        if word("copy") {
            return copy(&configure(&folder(name, true), url)?).await;
        }
        missed += measure(name, url, full, filings_only).await?;
        say(format_args!("{missed} figures missed on {name}"))
    })
}

fn database(postgres: bool) -> Result<(&'static str, Option<String>)> {
    if postgres {
        let url = std::env::var("HAIDANG_TEST_PG").context("HAIDANG_TEST_PG names no PostgreSQL")?;
        Ok(("PostgreSQL", Some(url)))
    } else {
        Ok(("SQLite", None))
    }
}

fn say(line: impl std::fmt::Display) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// One figure beside its limit; answers 1 when missed.
fn figure(name: &str, value: f64, limit: f64, unit: &str, at_least: bool) -> Result<usize> {
    let good = if at_least { value >= limit } else { value <= limit };
    let sign = if at_least { "≥" } else { "≤" };
    say(format_args!(
        "  {} {name:<58} {value:>10.2} {unit}  ({sign} {limit} {unit}; ratio {:.2})",
        if good { "ok  " } else { "MISS" },
        value / limit
    ))?;
    Ok(usize::from(!good))
}

fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

async fn measure(name: &str, url: Option<String>, full: bool, filings_only: bool) -> Result<usize> {
    let folder = folder(name, full);
    let config = configure(&folder, url.clone())?;
    let complete = full && folder.join(COMPLETE).exists();
    let manifest = match demo::load(&config).filter(|_| complete) {
        Some(kept) => kept,
        None => seed(name, &folder, &config, url.as_deref(), (full, filings_only)).await?,
    };
    let mut missed = 0;
    let cases = manifest.counts.get("cases").copied().unwrap_or(0);
    say(format_args!("\n{name}, {cases} cases and those of earlier runs"))?;
    let began = Instant::now();
    let surroundings = Surroundings {
        ambient: Ambient::system(),
        unlimited: true,
        cheap_passwords: true,
        authorities: false,
        program: None,
    };
    let city = Arc::new(City::open(config, surroundings).await?);
    missed += figure("start to ready on an existing city", began.elapsed().as_secs_f64(), 1.0, "s", false)?;
    missed += figure("anonymous memory, idle", anonymous_megabytes(), 120.0, "MB", false)?;
    let work = city.start_work();
    if !filings_only {
        missed += pages(&city, &manifest, full).await?;
        missed += look_ups(&city, &manifest).await?;
        missed += dates(&city).await?;
    }
    missed += filings(&city, &manifest, if name == "SQLite" { 50.0 } else { 100.0 }).await?;
    missed += figure("anonymous memory after all of it", anonymous_megabytes(), 300.0, "MB", false)?;
    work.finish().await;
    city.db.close().await;
    if !full {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(missed)
}

/// The full city is kept from run to run, beside the database of PostgreSQL that the script keeps.
fn folder(name: &str, full: bool) -> PathBuf {
    match std::env::var_os("HAIDANG_TEST_BENCH").filter(|_| full) {
        Some(kept) => PathBuf::from(kept).join(name),
        None => std::env::temp_dir().join(format!("haidang-bench-{}-{name}", std::process::id())),
    }
}

/// A demonstration city; for the full measure its cases are copied until there are 3,000,000. In processes of their
/// own, so that their memory is not counted as the server's.
async fn seed(name: &str, folder: &Path, config: &Config, url: Option<&str>, size: (bool, bool)) -> Result<Manifest> {
    let (full, filings_only) = size;
    // What is filed does not depend on what is there; a small city is enough to look into.
    let residents = if filings_only { RESIDENTS / 40 } else { RESIDENTS };
    // What an interrupted load left is of no use.
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    say(format_args!("\n{name}: seeding {residents} residents"))?;
    let began = Instant::now();
    let bench = std::env::current_exe()?;
    let mut child = std::process::Command::new(bench.with_file_name("haidang"));
    child.args(["demo", "--seed-only", "--months", "24", "--residents"]).arg(residents.to_string());
    child.env("HAIDANG_STORE_FOLDER", folder).env("HAIDANG_CITY_ENVIRONMENT", "demo");
    if let Some(url) = url {
        child.env("HAIDANG_STORE_DATABASE", url);
    }
    child.stdout(std::process::Stdio::null());
    run(child).await?;
    let manifest = demo::load(config).context("demo.json is missing")?;
    say(format_args!(
        "  {} cases in {:.0} s",
        manifest.counts.get("cases").copied().unwrap_or(0),
        began.elapsed().as_secs_f64()
    ))?;
    if !full {
        return Ok(manifest);
    }
    let mut child = std::process::Command::new(bench);
    child.args(["copy", if url.is_some() { "postgres" } else { "sqlite" }]);
    run(child).await?;
    // Written last: a load that was interrupted is made anew.
    std::fs::write(folder.join(COMPLETE), "")?;
    demo::load(config).context("demo.json is missing")
}

async fn run(mut child: std::process::Command) -> Result<()> {
    let status = tokio::task::spawn_blocking(move || child.status()).await??;
    anyhow::ensure!(status.success(), "a process that loads ended with {status}");
    Ok(())
}

/// Copies the cases of the demonstration city until there are enough.
async fn copy(config: &Config) -> Result<()> {
    let began = Instant::now();
    let mut manifest = demo::load(config).context("demo.json is missing")?;
    let db = haidang_server::city::open_store(config, &Ambient::system()).await?;
    let seeded = manifest.counts.get("cases").copied().unwrap_or(0);
    anyhow::ensure!(seeded > 0, "nothing to copy");
    let copies = u16::try_from(CASES.div_ceil(seeded) - 1)?;
    let load = db.begin_bulk_load(&bulk::COPIED).await?;
    let mut count = seeded;
    for first in (1..=copies).step_by(usize::from(TOGETHER)) {
        let some = first..=copies.min(first + TOGETHER - 1);
        let copied = db.transaction(move |tx| {
            let some = some.clone();
            Box::pin(async move {
                let mut copied = 0;
                for number in some {
                    copied += bulk::copy_cases(tx, number).await?;
                }
                Ok::<u64, StoreError>(copied)
            })
        });
        count += usize::try_from(copied.await?)?;
        say(format_args!("  {count} cases after {:.0} s", began.elapsed().as_secs_f64()))?;
    }
    load.finish().await?;
    say(format_args!("  indexes after {:.0} s", began.elapsed().as_secs_f64()))?;
    db.close().await;
    manifest.counts.insert("cases".to_owned(), count);
    demo::save(config, &manifest)
}

fn configure(folder: &std::path::Path, url: Option<String>) -> Result<Config> {
    let mut variables = vec![
        ("HAIDANG_STORE_FOLDER".to_owned(), folder.display().to_string()),
        ("HAIDANG_CITY_ENVIRONMENT".to_owned(), "demo".to_owned()),
    ];
    if let Some(url) = url {
        variables.push(("HAIDANG_STORE_DATABASE".to_owned(), url));
    }
    Ok(config::load(None, variables)?)
}

/// Resident anonymous memory of this process in megabytes (`RssAnon`).
fn anonymous_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Durable single-row inserts by one client and whole filings by sixteen, through the same store, in turn: a moment in
/// which the machine is slow falls on both. Both run a while before, so that connections and prepared statements are
/// there.
async fn filings(city: &Arc<City>, manifest: &Manifest, p99_limit: f64) -> Result<usize> {
    let token = manifest.accounts.iter().find(|a| a.role == "resident").context("no resident")?.token.clone();
    let sample = demo::sample_filing(city, manifest).await?;
    let body = serde_json::json!({ "procedure": sample.0, "channel": "online", "answers": sample.1 }).to_string();
    raw_rate(city, Duration::from_secs(1)).await?;
    file(city, &token, &body, FILINGS / ROUNDS).await?;
    let (mut raw, mut rates, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raw.push(raw_rate(city, Duration::from_secs(1)).await?);
        let (some, took) = file(city, &token, &body, FILINGS / ROUNDS).await?;
        rates.push(some.len() as f64 / took.as_secs_f64());
        times.extend(some);
    }
    let (raw, rate) = (median(raw), median(rates));
    say(format_args!(
        "  raw durable single-row inserts, one client: {raw:.0}/s; filings, {CLIENTS} clients: {rate:.0}/s"
    ))?;
    let missed = figure("filings ÷ raw inserts", rate / raw, 0.25, "", true)?;
    Ok(missed + figure("filing p99", percentile(&mut times, 0.99), p99_limit, "ms", false)?)
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// So many filings by sixteen clients: the time of each, and of all.
async fn file(city: &Arc<City>, token: &str, body: &str, count: usize) -> Result<(Vec<Duration>, Duration)> {
    let (left, began) = (Arc::new(AtomicUsize::new(count)), Instant::now());
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (city, body, token, left) = (city.clone(), body.to_owned(), token.to_owned(), left.clone());
        clients.spawn(async move {
            let mut times = Vec::new();
            while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                let request = Request::post("/api/v1/cases")
                    .header("authorization", format!("Bearer {token}"))
                    .header("content-type", "application/json")
                    .body(Body::from(body.clone()))?;
                let at = Instant::now();
                let answer = city.served.call(request).await;
                anyhow::ensure!(answer.status() == StatusCode::CREATED, "filing answered {}", answer.status());
                times.push(at.elapsed());
            }
            Ok::<_, anyhow::Error>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = clients.join_next().await {
        times.extend(done??);
    }
    Ok((times, began.elapsed()))
}

async fn raw_rate(city: &Arc<City>, span: Duration) -> Result<f64> {
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < span {
        let name = format!("bench/{count}/{}", city.ambient.token());
        city.db
            .transaction(move |tx| {
                let name = name.clone();
                Box::pin(async move { bulk::insert_numbers(tx, &[(name, 1)]).await })
            })
            .await?;
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

async fn look_ups(city: &Arc<City>, manifest: &Manifest) -> Result<usize> {
    let services = &city.rooms.services;
    let agency = manifest.examples.get("agency").context("no agency")?;
    let rows = services.register(agency, time::from_micros(0), city.ambient.now()).await?;
    let mut times = Vec::new();
    for row in rows.iter().cycle().take(500) {
        let at = Instant::now();
        services.case_by_no(&row.case_no).await?;
        times.push(at.elapsed());
    }
    let mut missed = figure("case by number p99", percentile(&mut times, 0.99), 5.0, "ms", false)?;
    let official = manifest.accounts.iter().find(|a| a.role == "official").context("no official")?;
    let actor = haidang_contracts::identity::Identity::actor_by_token(&city.identity, &official.token)
        .await?
        .context("token")?;
    let mut times = Vec::new();
    for sort in ["due", "newest", "oldest"].iter().cycle().take(300) {
        let filter = InboxFilter {
            sort: Some((*sort).to_owned()),
            procedure: Some("1.001193".to_owned()),
            ..InboxFilter::default()
        };
        let at = Instant::now();
        services.inbox(&actor, &filter, "bench").await?;
        times.push(at.elapsed());
    }
    missed += figure("inbox with filter and sort p99", percentile(&mut times, 0.99), 30.0, "ms", false)?;
    let mut times = Vec::new();
    for words in [
        "khai sinh",
        "dang ky khai sinh",
        "đăng kí kết hôn",
        "so do",
        "ho kinh doanh",
        "1.001193",
        "chứng thực bản sao",
    ]
    .iter()
    .cycle()
    .take(1000)
    {
        let at = Instant::now();
        services.find_procedures(words, 20);
        times.push(at.elapsed());
    }
    Ok(missed + figure("procedure search p99", percentile(&mut times, 0.99), 10.0, "ms", false)?)
}

/// Handler and database time of every page of the city, each as the role that may open it, one after another.
///
/// The limit is one of the demonstration city; with the full load the figure is only told.
async fn pages(city: &Arc<City>, manifest: &Manifest, full: bool) -> Result<usize> {
    let cookies = cookies(city, manifest).await?;
    let mut times = Vec::new();
    let mut slowest: Vec<(Duration, String)> = Vec::new();
    for page in haidang_web::route_list(city.served.rows(), &manifest.examples) {
        if page["method"] != "GET" || page["html"] != true || page["lang"] != "vi" {
            continue;
        }
        let (Some(path), Some(role)) = (page["example"].as_str(), page["role"].as_str()) else { continue };
        let mut worst = Duration::ZERO;
        for _ in 0..20 {
            let mut request = Request::get(path).header("host", "localhost");
            if let Some(cookie) = cookies.get(role) {
                request = request.header("cookie", cookie);
            }
            let at = Instant::now();
            let answer = city.served.call(request.body(Body::empty())?).await;
            axum::body::to_bytes(answer.into_body(), 16 << 20).await?;
            let took = at.elapsed();
            worst = worst.max(took);
            times.push(took);
        }
        slowest.push((worst, path.to_owned()));
    }
    slowest.sort();
    for (took, path) in slowest.iter().rev().take(5) {
        say(format_args!("  slow page {path} {:.1} ms", took.as_secs_f64() * 1000.0))?;
    }
    say(format_args!("  {} pages, {} answers", slowest.len(), times.len()))?;
    let p95 = percentile(&mut times, 0.95);
    if full {
        say(format_args!("  pages p95 {p95:.2} ms, of which the limit speaks in the demonstration city only"))?;
        return Ok(0);
    }
    figure("pages p95", p95, 10.0, "ms", false)
}

/// A session for each account of the demonstration.
async fn cookies(city: &Arc<City>, manifest: &Manifest) -> Result<BTreeMap<String, String>> {
    let mut cookies = BTreeMap::new();
    for account in &manifest.accounts {
        let actor = haidang_contracts::identity::Identity::actor_by_token(&city.identity, &account.token)
            .await?
            .context("token")?;
        let sign_in = if account.username.is_some() { SignIn::official(true) } else { SignIn::resident(2) };
        let cookie = session::open(&city.site, &actor.person, sign_in)
            .await
            .map_err(|fault| anyhow::anyhow!("session of {}: {fault:?}", account.role))?;
        cookies.insert(account.role.clone(), cookie);
    }
    Ok(cookies)
}

/// A change of calendar: every open case is computed again and each difference is listed.
async fn dates(city: &Arc<City>) -> Result<usize> {
    let services = &city.rooms.services;
    let actor = haidang_services::service::system_actor();
    let began = Instant::now();
    let found = services
        .recompute_dates(&actor, &services.clock(), "bench")
        .await
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let took = began.elapsed().as_secs_f64();
    say(format_args!("  {} open cases recomputed in {took:.2} s, {} dates differ", found.checked, found.different))?;
    figure(
        "200,000 open cases recomputed, at this rate",
        took * 200_000.0 / found.checked.max(1) as f64,
        60.0,
        "s",
        false,
    )
}
