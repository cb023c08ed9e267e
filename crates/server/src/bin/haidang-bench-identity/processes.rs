//! Servers in processes of their own: ours and the peer. Each tells one line of JSON when it listens and ends with its
//! standard input.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The core of the servers and that of the load: neither side may borrow from the other.
pub(crate) const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

/// Whether the machine has a core for each side and the tool to say so.
pub(crate) fn can_pin() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let tool = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    cores > 1 && tool.is_ok_and(|status| status.success())
}

/// This process on the caller's core; all cores are its own again when this is dropped.
pub(crate) struct Pinned(usize);

impl Pinned {
    pub(crate) fn to_load_core() -> Result<Pinned> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        ensure!(!can_pin() || pin(LOAD_CORE), "taskset refused");
        Ok(Pinned(cores))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        pin(&format!("0-{}", self.0.saturating_sub(1)));
    }
}

fn pin(cores: &str) -> bool {
    let own = std::process::id().to_string();
    let done = Command::new("taskset").args(["-a", "-c", "-p", cores, &own]).stdout(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// A running server.
pub(crate) struct Running {
    child: Child,
    /// What it told when it listened.
    pub(crate) told: Value,
}

impl Running {
    /// Starts a program, on some cores when they are named, and waits for its line.
    fn start(program: &Path, arguments: &[&str], cores: Option<&str>) -> Result<Running> {
        let mut command = match cores.filter(|_| can_pin()) {
            Some(cores) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", cores]).arg(program);
                pinned
            }
            None => Command::new(program),
        };
        let child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.with_context(|| program.display().to_string())?;
        let out = child.stdout.take().context("no output")?;
        let told = BufReader::new(out).lines().map_while(Result::ok).find(|line| line.starts_with('{'));
        let told = told.with_context(|| format!("{} ended before it listened", program.display()))?;
        Ok(Running { child, told: serde_json::from_str(&told)? })
    }

    /// The peer with these clients.
    pub(crate) fn peer(clients: &Path) -> Result<Running> {
        let clients = clients.display().to_string();
        Self::start(Path::new("node"), &["e2e/peer/provider.mjs", &clients], Some(SERVER_CORE))
    }

    /// A city of our own. `database` is `memory` or `file`.
    pub(crate) fn ours(folder: &Path, database: &str, clients: &Path, cores: Option<&str>) -> Result<Running> {
        let (folder, clients) = (folder.display().to_string(), clients.display().to_string());
        Self::start(&std::env::current_exe()?, &["serve", &folder, database, &clients], cores)
    }

    /// A city as it was left in its folder.
    pub(crate) fn kept(folder: &Path) -> Result<Running> {
        Self::start(&std::env::current_exe()?, &["serve", &folder.display().to_string(), "file"], None)
    }

    pub(crate) fn text(&self, name: &str) -> Result<&str> {
        self.told[name].as_str().with_context(|| format!("the server told no {name}"))
    }

    pub(crate) fn address(&self) -> Result<SocketAddr> {
        let port = self.text("issuer")?.rsplit(':').next().unwrap_or_default();
        Ok(SocketAddr::from(([127, 0, 0, 1], port.parse()?)))
    }

    /// Resident memory in megabytes (`VmRSS`).
    pub(crate) fn megabytes(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).context("no VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// A folder of its own that goes with the measure, on the disk that a city would use.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Folder> {
        let path = std::env::temp_dir().join(format!("haidang-bench-identity-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it.
    pub(crate) fn file(&self, name: &str, content: &Value) -> Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::write(&path, content.to_string())?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
