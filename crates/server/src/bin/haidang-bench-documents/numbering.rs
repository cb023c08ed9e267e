//! Numbers that four writers take from one book, beside durable transactions of one row that one writer makes one after
//! another, in turn: a moment in which the machine is slow falls on both.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use haidang_office::registers::{Claim, Columns, Direction, Entry, take};
use haidang_server::city::{City, Surroundings};
use haidang_server::config::{self, Config};
use haidang_services::bulk;
use haidang_store::StoreError;

/// Clerks of one agency who number at once.
const WRITERS: usize = 4;
/// How long one side runs before the other has its turn.
const TURN: Duration = Duration::from_secs(1);
/// Turns of each side; the median counts.
const TURNS: usize = 7;

/// Measures both databases; PostgreSQL when `HAIDANG_TEST_PG` names one. Answers how many limits were missed.
pub async fn part(folder: &Path) -> Result<usize> {
    let mut missed = measure("SQLite", configure(&folder.join("numbering"), None)?).await?;
    match std::env::var("HAIDANG_TEST_PG") {
        Ok(url) => missed += measure("PostgreSQL", configure(&folder.join("numbering-pg"), Some(url))?).await?,
        Err(_) => super::say("  HAIDANG_TEST_PG names no PostgreSQL: numbering was measured on SQLite alone")?,
    }
    Ok(missed)
}

fn configure(folder: &Path, url: Option<String>) -> Result<Config> {
    let mut variables = vec![
        ("HAIDANG_STORE_FOLDER".to_owned(), folder.display().to_string()),
        ("HAIDANG_CITY_ENVIRONMENT".to_owned(), "test".to_owned()),
    ];
    variables.extend(url.map(|url| ("HAIDANG_STORE_DATABASE".to_owned(), url)));
    Ok(config::load(None, variables)?)
}

async fn measure(database: &str, config: Config) -> Result<usize> {
    let surroundings = Surroundings { unlimited: true, program: None, ..Surroundings::system() };
    let city = Arc::new(City::open(config, surroundings).await?);
    let agencies = city.rooms.office.directory.agencies().await?;
    let agency = agencies.first().context("the pack has no agency")?.code.clone();
    // Connections and prepared statements are there before anything counts.
    raw(&city).await?;
    let before = numbers(&city, &agency).await?.1;
    let (mut single, mut taken, mut last) = (Vec::new(), Vec::new(), before);
    for _ in 0..TURNS {
        single.push(raw(&city).await?);
        let (rate, highest) = numbers(&city, &agency).await?;
        taken.push(rate);
        last = highest;
    }
    ensure!(last > before, "no number was taken");
    let (single, taken) = (median(single), median(taken));
    super::say(format_args!(
        "  {database}: durable transactions of one row, one after another: {single:.0}/s; numbers of one book, {WRITERS} writers: {taken:.0}/s"
    ))?;
    super::figure(&format!("numbering ÷ durable transactions, {database}"), taken / single, 0.7, "×")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Transactions a second of one writer, each of one row and durable.
async fn raw(city: &City) -> Result<f64> {
    let (began, mut count) = (Instant::now(), 0_usize);
    while began.elapsed() < TURN {
        let name = format!("bench/{}", city.ambient.token());
        let rows = &[(name, 1)];
        city.db
            .transaction(|tx| Box::pin(async move { bulk::insert_numbers(tx, rows).await }))
            .await
            .map_err(|error: StoreError| anyhow::anyhow!("{error}"))?;
        count += 1;
    }
    Ok(super::rate(count, began))
}

/// Numbers a second of all writers, and the highest; each is taken as when a document is numbered.
async fn numbers(city: &Arc<City>, agency: &str) -> Result<(f64, i64)> {
    let began = Instant::now();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let (city, agency) = (city.clone(), agency.to_owned());
        writers.spawn(async move {
            let mut taken = Vec::new();
            while began.elapsed() < TURN {
                taken.push(number(&city, &agency).await?);
            }
            Ok::<_, anyhow::Error>(taken)
        });
    }
    let mut all = Vec::new();
    while let Some(taken) = writers.join_next().await {
        all.extend(taken??);
    }
    let rate = super::rate(all.len(), began);
    all.sort_unstable();
    ensure!(all.windows(2).all(|pair| matches!(pair, [a, b] if a + 1 == *b)), "the numbers have a gap");
    Ok((rate, all.last().copied().unwrap_or_default()))
}

async fn number(city: &City, agency: &str) -> Result<i64> {
    let document = city.ambient.token();
    let summary = Entry {
        notation: "QĐ-UBND".to_owned(),
        kind: "Quyết định".to_owned(),
        subject: "Về việc kiểm tra tốc độ cấp số".to_owned(),
        signer: "Người Ký Thử".to_owned(),
        receivers: "Như trên; Lưu: VT".to_owned(),
        ..Entry::default()
    };
    let on = city.ambient.today();
    let summary = Columns::of(&summary).map_err(|problem| anyhow::anyhow!("{}: {}", problem.code, problem.detail))?;
    let claim = Claim { agency, direction: Direction::Out, group: "admin", document: &document, on, summary };
    let (claim, ambient) = (&claim, &city.ambient);
    let taken = city.db.transaction_in_line(|tx| Box::pin(async move { take(tx, ambient, claim).await })).await;
    Ok(taken.map_err(|problem| anyhow::anyhow!("{}: {}", problem.code, problem.detail))?.number)
}
