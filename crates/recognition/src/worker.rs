//! Running another's program on a stranger's file: limits of time, memory and output, nothing of our surroundings.

use haidang_contracts::ContractError;
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// What one run may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Longest run.
    pub(crate) time: Duration,
    /// Most memory, in megabytes.
    pub(crate) memory: u64,
    /// Largest file it may write, and most it may say, in megabytes.
    pub(crate) output: u64,
}

/// What a program said.
pub(crate) struct Said {
    /// Whether it ended well.
    pub(crate) well: bool,
    /// Its output.
    pub(crate) output: Vec<u8>,
}

/// Limits are set by the shell that becomes the program: they bind from its first instruction, and need no unsafe code
/// here. `-v` and `-f` count kilobytes and blocks of 512 bytes (POSIX); processor seconds end what sleeps through a kill.
const LIMITED: &str = r#"ulimit -v "$1" && ulimit -f "$2" && ulimit -t "$3" && ulimit -c 0 && shift 3 && exec "$@""#;

/// Runs a program in a folder and answers what it said; it is killed when it takes too long or its asker goes away.
///
/// # Errors
/// `Unavailable` when it cannot be started or takes too long; `Refused` with `scan_unreadable` when it says too much.
pub(crate) async fn run(program: &str, args: &[OsString], folder: &Path, cost: Cost) -> Result<Said, ContractError> {
    let unavailable = |what: &str| ContractError::Unavailable(format!("{program}: {what}"));
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", LIMITED, "sh"])
        .arg((cost.memory * 1024).to_string())
        .arg((cost.output * 2048).to_string())
        .arg((cost.time.as_secs() + 5).to_string())
        .arg(program)
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", folder)
        .env("LC_ALL", "C.UTF-8")
        // One page, one thread: pages are read beside each other, and threads of one page only wait for each other.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if let Some(data) = std::env::var_os("TESSDATA_PREFIX") {
        command.env("TESSDATA_PREFIX", data);
    }
    let mut child = command.spawn().map_err(|_| unavailable("cannot be started"))?;
    let stdout = child.stdout.take().ok_or_else(|| unavailable("has no output"))?;
    let most = cost.output * 1024 * 1024;
    let work = async {
        let mut output = Vec::new();
        stdout.take(most + 1).read_to_end(&mut output).await.map_err(|_| unavailable("broke off"))?;
        if output.len() as u64 > most {
            return Err(ContractError::Refused { code: "scan_unreadable", detail: format!("{program} says too much") });
        }
        let status = child.wait().await.map_err(|_| unavailable("broke off"))?;
        // 127: the shell did not find it.
        if status.code() == Some(127) {
            return Err(unavailable("is not installed"));
        }
        Ok(Said { well: status.success(), output })
    };
    match tokio::time::timeout(cost.time, work).await {
        Ok(answer) => answer,
        Err(_) => Err(unavailable("takes too long")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const COST: Cost = Cost { time: Duration::from_secs(20), memory: 512, output: 1 };

    async fn sh(script: &str, cost: Cost) -> Result<Said, ContractError> {
        let folder = tempfile::tempdir().unwrap();
        run("/bin/sh", &["-c".into(), script.into()], folder.path(), cost).await
    }

    #[tokio::test]
    async fn a_program_is_held_within_its_limits() {
        assert_eq!(sh("printf hello", COST).await.unwrap().output, b"hello");
        assert!(!sh("exit 3", COST).await.unwrap().well);
        let time = Cost { time: Duration::from_millis(200), ..COST };
        assert!(matches!(sh("while :; do :; done", time).await, Err(ContractError::Unavailable(_))), "time");
        assert!(!sh("head -c 5000000 /dev/zero > large", COST).await.unwrap().well, "file");
        assert!(matches!(sh("head -c 3000000 /dev/zero", COST).await, Err(ContractError::Refused { .. })), "words");
        // tail keeps what it was given until it ends.
        let memory = Cost { memory: 64, ..COST };
        assert!(
            !sh("head -c 200000000 /dev/zero | tail -c 190000000 | wc -c | grep -q 190000000", memory)
                .await
                .unwrap()
                .well,
            "memory"
        );
        let folder = tempfile::tempdir().unwrap();
        let gone = run("no-such-program-here", &[], folder.path(), COST).await;
        assert!(matches!(gone, Err(ContractError::Unavailable(_))), "missing");
    }

    #[tokio::test]
    async fn nothing_of_our_surroundings_is_handed_on() {
        // CARGO_MANIFEST_DIR is set for every test.
        assert_eq!(sh("printf \"$CARGO_MANIFEST_DIR\"", COST).await.unwrap().output, b"");
    }
}
