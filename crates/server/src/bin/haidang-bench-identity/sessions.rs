//! Memory of a server with 100,000 live sessions, after thousands of them were used.

use anyhow::{Context as _, Result, ensure};
use std::process::{Command, Stdio};

use crate::figures::{Limit, figure, say};
use crate::load::{CONNECTIONS, Call, Line};
use crate::processes::{Folder, Running};

const SESSIONS: usize = 100_000;
/// Of them so many look at their account while we count.
const USED: usize = 10_000;
const PAGE: &str = "/vi/tai-khoan";

pub(crate) fn measure() -> Result<usize> {
    let folder = Folder::new("sessions")?;
    let file = folder.path().join("cookies");
    let city = folder.path().join("city");
    let mut opening = Command::new(std::env::current_exe()?);
    opening.arg("open").arg(&city).arg(SESSIONS.to_string()).arg(&file).stdout(Stdio::null());
    ensure!(opening.status()?.success(), "the sessions were not opened");
    let server = Running::kept(&city)?;
    let idle = server.megabytes()?;
    let cookies = std::fs::read_to_string(&file)?;
    let cookies: Vec<String> = cookies.lines().step_by(SESSIONS / USED).map(str::to_owned).collect();
    say(format_args!("\n{SESSIONS} live sessions, {} of them used", cookies.len()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let address = server.address()?;
        let mut callers = tokio::task::JoinSet::new();
        for some in cookies.chunks(cookies.len().div_ceil(CONNECTIONS)) {
            let some = some.to_vec();
            callers.spawn(async move {
                let mut line = Line::open(address).await?;
                for cookie in some {
                    let got = line.send(&Call::get(PAGE).with("cookie", cookie)).await?;
                    ensure!(got.status == 200, "{PAGE} answered {} {}", got.status, got.header("location"));
                }
                Ok::<_, anyhow::Error>(())
            });
        }
        while let Some(done) = callers.join_next().await {
            done.context("caller")??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    say(format_args!("  {idle:.0} MB resident before the first request"))?;
    figure("memory with 100,000 live sessions", server.megabytes()?, Limit::Most(200.0), "MB")
}
