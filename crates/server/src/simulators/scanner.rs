//! The simple built-in scanner behind `contracts::FileScanner`: it knows the EICAR test file and nothing else.
//!
//! It proves the path of an infected file end to end; a city puts a real scanner behind the same port.

use std::path::Path;

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::files::{FileScanner, ScanVerdict};
use tokio::io::AsyncReadExt as _;

/// Finds patterns in files, reading in pieces.
pub struct PatternScanner {
    pattern: Vec<u8>,
}

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

impl Default for PatternScanner {
    fn default() -> Self {
        // Put together at run time: the whole text inside the binary would make real scanners refuse the binary.
        let pattern = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!", "$H+H*"].concat();
        PatternScanner { pattern: pattern.into_bytes() }
    }
}

#[async_trait]
impl FileScanner for PatternScanner {
    async fn scan(&self, path: &Path) -> Result<ScanVerdict, ContractError> {
        let unavailable = |error: std::io::Error| ContractError::Unavailable(format!("scanner: {}", error.kind()));
        let mut file = tokio::fs::File::open(path).await.map_err(unavailable)?;
        let overlap = self.pattern.len() - 1;
        let mut window = Vec::with_capacity(PIECE + overlap);
        loop {
            let kept = window.len().min(overlap);
            window.drain(..window.len() - kept);
            let before = window.len();
            window.resize(before + PIECE, 0);
            let read = file.read(&mut window[before..]).await.map_err(unavailable)?;
            window.truncate(before + read);
            if read == 0 {
                return Ok(ScanVerdict::Clean);
            }
            if window.windows(self.pattern.len()).any(|piece| piece == self.pattern) {
                return Ok(ScanVerdict::Infected("EICAR-Test-File".to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_test_file_is_found_wherever_it_stands() {
        let scanner = PatternScanner::default();
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        for (before, expected) in [(0, true), (1, true), (PIECE - 3, true), (PIECE, true), (3 * PIECE + 7, true)] {
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(&scanner.pattern);
            bytes.extend_from_slice(b"rest");
            std::fs::write(&path, &bytes).unwrap();
            let infected = scanner.scan(&path).await.unwrap() != ScanVerdict::Clean;
            assert_eq!(infected, expected, "after {before} bytes");
        }
        std::fs::write(&path, vec![b'X'; 2 * PIECE]).unwrap();
        assert_eq!(scanner.scan(&path).await.unwrap(), ScanVerdict::Clean);
        std::fs::write(&path, &scanner.pattern[1..]).unwrap();
        assert_eq!(scanner.scan(&path).await.unwrap(), ScanVerdict::Clean);
        assert!(scanner.scan(&place.path().join("absent")).await.is_err());
    }
}
