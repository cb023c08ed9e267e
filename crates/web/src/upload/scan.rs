//! A scanner for cities without one: it knows the harmless test file of the anti-virus makers and nothing else.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::files::{FileScanner, ScanVerdict};
use std::io::Read;
use std::path::Path;

/// Finds the EICAR test file. A real scanner stands behind the same port.
#[derive(Debug, Clone, Copy, Default)]
pub struct PatternScanner;

/// In two halves, so that this source is not itself taken for the test file.
const PATTERN: [&[u8]; 2] = [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

#[async_trait]
impl FileScanner for PatternScanner {
    async fn scan(&self, path: &Path) -> Result<ScanVerdict, ContractError> {
        let path = path.to_owned();
        let found = tokio::task::spawn_blocking(move || contains(&path, &PATTERN.concat()))
            .await
            .map_err(|_| ContractError::Internal("the scanner stopped".to_owned()))?
            .map_err(|_| ContractError::Unavailable("the scanner cannot read the file".to_owned()))?;
        Ok(if found { ScanVerdict::Infected("EICAR-Test-File".to_owned()) } else { ScanVerdict::Clean })
    }
}

/// Whether the file holds the pattern anywhere, read in pieces that overlap.
fn contains(path: &Path, pattern: &[u8]) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let mut window: Vec<u8> = Vec::new();
    let mut piece = vec![0_u8; 64 * 1024];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(false);
        }
        window.extend_from_slice(&piece[..read]);
        if window.windows(pattern.len()).any(|w| w == pattern) {
            return Ok(true);
        }
        let keep = window.len().min(pattern.len() - 1);
        window.drain(..window.len() - keep);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_is_found_across_the_seam_of_two_pieces() {
        let pattern = PATTERN.concat();
        for before in [0, 1, 64 * 1024 - 10, 64 * 1024, 200_000] {
            let file = tempfile::NamedTempFile::new().unwrap();
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(&pattern);
            std::fs::write(file.path(), &bytes).unwrap();
            assert!(contains(file.path(), &pattern).unwrap(), "{before}");
            std::fs::write(file.path(), &bytes[..bytes.len() - 1]).unwrap();
            assert!(!contains(file.path(), &pattern).unwrap(), "{before} cut");
        }
    }
}
