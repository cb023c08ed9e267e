//! `make bench`: the figures of a release, each beside its limit or as a ratio to a peer measured in the same run.

use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::calendar::TimeLimit;
use haidang_kernel::time;
use haidang_server::city::{City, Surroundings};
use haidang_server::config::{self, Config};
use haidang_server::demo::{self, Manifest, Scale};
use haidang_services::cases::inbox::InboxFilter;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Residents that give 30,000 cases over two years, and 3,000,000.
const SMALL: usize = 24_000;
const FULL: usize = 2_400_000;
const FILINGS: usize = 3_000;
const CLIENTS: usize = 16;

fn main() -> Result<()> {
    let full = std::env::args().any(|word| word == "full");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut missed = 0;
        for (name, url) in databases()? {
            missed += measure(name, url, if full { FULL } else { SMALL }).await?;
        }
        say(format_args!("{missed} figures missed"))
    })
}

fn databases() -> Result<Vec<(&'static str, Option<String>)>> {
    let mut all = vec![("SQLite", None)];
    match std::env::var("HAIDANG_TEST_PG") {
        Ok(url) => all.push(("PostgreSQL", Some(url))),
        Err(_) => say("HAIDANG_TEST_PG is not set: PostgreSQL is not measured")?,
    }
    Ok(all)
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

async fn measure(name: &str, url: Option<String>, residents: usize) -> Result<usize> {
    let folder = std::env::temp_dir().join(format!("haidang-bench-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let config = configure(&folder, url)?;
    let as_of = Ambient::system().today();
    say(format_args!("\n{name}: seeding {residents} residents"))?;
    let began = Instant::now();
    let manifest = demo::build(&config, &Scale { residents, months: 24, as_of, seed: 1 }).await?;
    let mut missed = 0;
    say(format_args!(
        "  {} cases in {:.0} s",
        manifest.counts.get("cases").copied().unwrap_or(0),
        began.elapsed().as_secs_f64()
    ))?;
    let began = Instant::now();
    let surroundings = Surroundings { ambient: Ambient::system(), unlimited: true, cheap_passwords: true };
    let city = Arc::new(City::open(config, surroundings).await?);
    missed += figure("start to ready on an existing city", began.elapsed().as_secs_f64(), 1.0, "s", false)?;
    missed += figure("anonymous memory, idle", anonymous_megabytes(), 120.0, "MB", false)?;
    let work = city.start_work();
    missed += filings(&city, &manifest, if name == "SQLite" { 50.0 } else { 100.0 }).await?;
    missed += look_ups(&city, &manifest).await?;
    missed += pages(&city, &manifest).await?;
    missed += dates(&city)?;
    missed += figure("anonymous memory after all of it", anonymous_megabytes(), 300.0, "MB", false)?;
    work.finish().await;
    city.db.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(missed)
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

/// Durable single-row inserts by one client, then whole filings by sixteen, through the same store.
async fn filings(city: &Arc<City>, manifest: &Manifest, p99_limit: f64) -> Result<usize> {
    let raw = raw_rate(city).await?;
    let token = manifest.accounts.iter().find(|a| a.role == "resident").context("no resident")?.token.clone();
    let sample = demo::sample_filing(city, manifest).await?;
    let body = serde_json::json!({ "procedure": sample.0, "channel": "online", "answers": sample.1 }).to_string();
    let (left, began) = (Arc::new(AtomicUsize::new(FILINGS)), Instant::now());
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (city, body, token, left) = (city.clone(), body.clone(), token.clone(), left.clone());
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
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    say(format_args!(
        "  raw durable single-row inserts, one client: {raw:.0}/s; filings, {CLIENTS} clients: {rate:.0}/s"
    ))?;
    let missed = figure("filings ÷ raw inserts", rate / raw, 0.25, "", true)?;
    Ok(missed + figure("filing p99", percentile(&mut times, 0.99), p99_limit, "ms", false)?)
}

async fn raw_rate(city: &Arc<City>) -> Result<f64> {
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(3) {
        let name = format!("bench/{count}/{}", city.ambient.token());
        city.db
            .transaction(move |tx| {
                let name = name.clone();
                Box::pin(async move { haidang_services::bulk::insert_numbers(tx, &[(name, 1)]).await })
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

/// Handler and database time of the public pages and of the resident's own, one after another.
async fn pages(city: &Arc<City>, manifest: &Manifest) -> Result<usize> {
    let mut times = Vec::new();
    let mut slowest = (Duration::ZERO, String::new());
    for page in haidang_server::cli::routes::listing(city.served.rows(), &manifest.examples) {
        let public = page["role"].as_str() == Some("")
            && page["method"] == "GET"
            && page["html"] == true
            && page["lang"] == "vi";
        let Some(path) = page["example"].as_str().filter(|_| public) else { continue };
        for _ in 0..20 {
            let at = Instant::now();
            city.served.call(Request::get(path).header("host", "localhost").body(Body::empty())?).await;
            let took = at.elapsed();
            if took > slowest.0 {
                slowest = (took, path.to_owned());
            }
            times.push(took);
        }
    }
    say(format_args!(
        "  slowest page {} {:.1} ms, {} answers",
        slowest.1,
        slowest.0.as_secs_f64() * 1000.0,
        times.len()
    ))?;
    figure("public pages p95", percentile(&mut times, 0.95), 10.0, "ms", false)
}

/// 200,000 due dates of five working days, as after a change of calendar.
fn dates(city: &Arc<City>) -> Result<usize> {
    let clock = city.rooms.services.clock();
    let start = time::micros(city.ambient.now()) - 400 * 86_400_000_000;
    let began = Instant::now();
    for index in 0..200_000_i64 {
        let accepted = time::from_micros(start + index * 150_000_000);
        clock.due_at(accepted, &TimeLimit::working_days(5 + index % 20), &[])?;
    }
    figure("200,000 due dates recomputed", began.elapsed().as_secs_f64(), 60.0, "s", false)
}
