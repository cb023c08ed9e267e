//! What a caller may cost.

use std::path::PathBuf;
use std::time::Duration;

use crate::filter::FilterLimits;
use crate::rules::address::LONGEST_TARGET;

/// Bounds of the door, the same for everybody.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time at each listener; more wait in the queue of the system.
    pub connections: usize,
    /// Time for the handshake of TLS.
    pub handshake_time: Duration,
    /// Bytes of a request line with its headers.
    pub head_bytes: usize,
    /// Time for them, also the longest idle time of a connection.
    pub head_time: Duration,
    /// Bytes of a request target.
    pub target_bytes: usize,
    /// Longest silence within the body of a request.
    pub body_silence: Duration,
    /// Time for the whole body of a request.
    pub body_time: Duration,
    /// Longest time in which a caller takes nothing of its answer.
    pub answer_silence: Duration,
    /// Bytes of a body, either way.
    pub body_bytes: u64,
    /// Bytes above which a body lies in a file and no longer in memory.
    pub memory_bytes: u64,
    /// Folder of those files; they have no name in it and go with the call.
    pub spool: PathBuf,
    /// Depth of filtered answers.
    pub filter_depth: usize,
    /// Time for running calls to end after the order to stop.
    pub farewell: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let filter = FilterLimits::default();
        Self {
            connections: 4096,
            handshake_time: Duration::from_secs(10),
            head_bytes: 64 * 1024,
            head_time: Duration::from_secs(20),
            target_bytes: LONGEST_TARGET,
            body_silence: Duration::from_secs(15),
            body_time: Duration::from_secs(300),
            answer_silence: Duration::from_secs(60),
            body_bytes: filter.bytes,
            memory_bytes: 1024 * 1024,
            spool: std::env::temp_dir(),
            filter_depth: filter.depth,
            farewell: Duration::from_secs(30),
        }
    }
}
