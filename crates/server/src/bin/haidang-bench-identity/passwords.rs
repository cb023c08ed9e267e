//! Sign-ins by password beside the raw hash, and what their time tells of who exists (T26).

use anyhow::{Context as _, Result, ensure};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use haidang_server::city::City;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::city::{PASSWORD, add_official, configure, surroundings};
use crate::figures::{Limit, figure, median, percentile, say};
use crate::processes::Folder;

const PAGE: &str = "/vi/dang-nhap/can-bo";
const ROUNDS: usize = 7;
const EACH: Duration = Duration::from_secs(2);
/// Calls for each kind of account name.
const CALLS: usize = 200;
/// Wrong passwords for one name before it would have to wait.
const TRIES: usize = 4;

pub(crate) fn measure() -> Result<usize> {
    let folder = Folder::new("passwords")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let city = Arc::new(City::open(configure(folder.path(), "file")?, surroundings()).await?);
        let work = city.start_work();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        say(format_args!("\nArgon2id 19 MiB, 2 passes, {threads} threads"))?;
        let missed = rates(&city, threads).await? + enumeration(&city).await?;
        work.finish().await;
        city.db.close().await;
        Ok(missed)
    })
}

/// A form of the page that is sent over and over, with the cookie of its visitor.
#[derive(Clone)]
struct Form {
    cookie: String,
    proof: String,
}

impl Form {
    async fn open(city: &City) -> Result<Form> {
        let request = Request::get(PAGE).header(header::HOST, "localhost").body(Body::empty())?;
        let answer = city.served.call(request).await;
        let cookie = answer.headers().get_all(header::SET_COOKIE).iter().find_map(|cookie| {
            let pair = cookie.to_str().ok()?.split(';').next()?;
            pair.starts_with("hd_sid=").then(|| pair.to_owned())
        });
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
        let text = String::from_utf8_lossy(&bytes);
        let proof = text.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        Ok(Form {
            cookie: cookie.context("the page gave no cookie")?,
            proof: proof.context("the form has no proof")?.to_owned(),
        })
    }

    async fn send(&self, city: &City, username: &str, password: &str) -> Result<StatusCode> {
        let fields = [("csrf", self.proof.as_str()), ("username", username), ("password", password)];
        let request = Request::post(PAGE)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(haidang_web::encode(fields)))?;
        let answer = city.served.call(request).await;
        let status = answer.status();
        axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
        Ok(status)
    }
}

async fn rates(city: &Arc<City>, threads: usize) -> Result<usize> {
    // As many callers as keep every thread at work while the answers of others wait for the disk.
    let callers = 4 * threads;
    for number in 0..callers {
        add_official(city, &format!("can.bo.{number}")).await?;
    }
    sign_ins(city, callers, Duration::from_secs(1)).await?;
    let (mut raw, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        raw.push(tokio::task::spawn_blocking(move || raw_rate(threads, EACH)).await??);
        whole.push(sign_ins(city, callers, EACH).await?);
    }
    say(format_args!("  raw {:.1}/s, sign-ins {:.1}/s", median(&raw), median(&whole)))?;
    figure("password sign-ins ÷ raw Argon2id", median(&whole) / median(&raw), Limit::Least(0.85), "×")
}

/// Checks of a password a second on so many threads, with nothing around them.
fn raw_rate(threads: usize, span: Duration) -> Result<f64> {
    let failed = |_| anyhow::anyhow!("the hash failed");
    let params = Params::new(19_456, 2, 1, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = haidang_kernel::ambient::Ambient::system().bytes::<16>();
    let stored: PasswordHash = argon.hash_password_with_salt(PASSWORD.as_bytes(), &salt).map_err(failed)?;
    let stored = stored.to_string();
    let (count, began) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while began.elapsed() < span && argon.verify_password(PASSWORD.as_bytes(), stored.as_str()).is_ok() {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    ensure!(count.load(Ordering::Relaxed) > 0, "the raw hash did not run");
    Ok(count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64())
}

/// Sign-ins a second through the page, from the form to the cookie of the session.
async fn sign_ins(city: &Arc<City>, callers: usize, span: Duration) -> Result<f64> {
    let began = Instant::now();
    let mut signing = tokio::task::JoinSet::new();
    for number in 0..callers {
        let city = city.clone();
        signing.spawn(async move {
            let (form, username) = (Form::open(&city).await?, format!("can.bo.{number}"));
            let mut count = 0_u32;
            while began.elapsed() < span {
                let status = form.send(&city, &username, PASSWORD).await?;
                ensure!(status == StatusCode::SEE_OTHER, "signing in answered {status}");
                count += 1;
            }
            Ok::<_, anyhow::Error>(count)
        });
    }
    let mut count = 0;
    while let Some(done) = signing.join_next().await {
        count += done??;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// Wrong passwords for names that exist and names that do not, in turn, one after another.
async fn enumeration(city: &Arc<City>) -> Result<usize> {
    let names = CALLS / TRIES;
    for number in 0..names {
        add_official(city, &format!("co.that.{number}")).await?;
    }
    let form = Form::open(city).await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..CALLS {
        let number = round % names;
        for (prefix, times) in [("co.that", &mut known), ("khong.co", &mut unknown)] {
            let at = Instant::now();
            let status = form.send(city, &format!("{prefix}.{number}"), "không phải mật khẩu").await?;
            times.push(at.elapsed());
            ensure!(status == StatusCode::UNPROCESSABLE_ENTITY, "a wrong password answered {status}");
        }
    }
    let (known, unknown) = (percentile(&mut known, 0.5), percentile(&mut unknown, 0.5));
    say(format_args!("  medians of {CALLS} wrong passwords: known {known:.2} ms, unknown {unknown:.2} ms"))?;
    let apart = (known - unknown).abs() / known.min(unknown);
    figure("sign-in, known and unknown account apart", apart * 100.0, Limit::Most(20.0), "%")
}
