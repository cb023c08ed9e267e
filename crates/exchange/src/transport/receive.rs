//! A message of another exchange taken to its end: the head in memory, the body there or in a file, the signature last.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::signature::Signed;
use super::wire::{Frames, Piece, WireError, read_fault};
use crate::proxy::{BodyError, Collector, Limits, Stored};
use crate::rules::canonical::Hash;
use crate::rules::fault::Fault;

/// A message that came whole. Nothing of it is believed yet.
pub(super) struct Message {
    pub(super) bytes: Bytes,
    pub(super) body: Stored,
    pub(super) body_digest: Option<Hash>,
    pub(super) signed: Signed,
}

/// What came.
pub(super) enum Received {
    Message(Box<Message>),
    Fault(Fault),
}

/// Why nothing whole came.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReceiveError {
    #[error("it was silent for too long")]
    Silent,
    #[error("it broke off")]
    Broken,
    #[error("its form is not that of a message: {0}")]
    Wire(#[from] WireError),
    #[error("its signature: {0}")]
    Signature(#[from] super::signature::Unproved),
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// Takes frames to their end; the caller bounds the whole time.
pub(super) async fn receive(from: &mut Incoming, limits: &Limits) -> Result<Received, ReceiveError> {
    let mut frames = Frames::new();
    let mut collector = Collector::new(&limits.spool, limits.memory_bytes, limits.body_bytes, None);
    let (mut head, mut signed, mut fault) = (None, None, None);
    while let Some(frame) = timeout(limits.body_silence, from.frame()).await.map_err(|_| ReceiveError::Silent)? {
        let Ok(bytes) = frame.map_err(|_| ReceiveError::Broken)?.into_data() else { continue };
        frames.push(&bytes);
        while let Some(piece) = frames.next()? {
            match piece {
                Piece::Head(bytes) => head = Some(bytes),
                Piece::Body(piece) => collector.add(piece).await?,
                Piece::Signature(content) => signed = Some(Signed::read(&content)?),
                Piece::Fault(content) => fault = Some(read_fault(&content)?),
            }
        }
    }
    frames.finish()?;
    if let Some(fault) = fault {
        return Ok(Received::Fault(fault));
    }
    let (Some(bytes), Some(signed)) = (head, signed) else { return Err(WireError::Cut.into()) };
    let (body, body_digest) = collector.finish().await?;
    Ok(Received::Message(Box::new(Message { bytes, body, body_digest, signed })))
}
