//! Messages between exchanges as frames: a kind in one byte, a length in four (big endian), and the content. A message
//! is a head, any number of body frames and a signature; a fault stands alone. The signature is last, because it is over
//! the digest of a body that streams. What ends before it is no message.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use hyper::body::{Body, Frame};
use serde::{Deserialize, Serialize};

use crate::proxy::{Playback, Stored};
use crate::rules::fault::{Fault, Leaf, Side};

/// Bytes before the content of a frame.
const HEADER: usize = 5;
/// Most bytes of the body in one frame that is written.
const BODY_PIECE: usize = 64 * 1024;
/// Longest sentence of a fault, in characters.
const LONGEST_SENTENCE: usize = 1024;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The bytes of the message.
    Head = 1,
    /// A piece of its body.
    Body = 2,
    /// Its signature.
    Signature = 3,
    /// Why there is no message.
    Fault = 4,
}

impl Kind {
    fn read(byte: u8) -> Option<Self> {
        [Self::Head, Self::Body, Self::Signature, Self::Fault].into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Most bytes of such a frame.
    fn longest(self) -> usize {
        match self {
            Self::Head => 128 * 1024,
            Self::Body => 256 * 1024,
            Self::Signature => 64 * 1024,
            Self::Fault => 16 * 1024,
        }
    }
}

/// Why frames are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WireError {
    #[error("a frame of an unknown kind")]
    Kind,
    #[error("a frame that is empty or too long")]
    Length,
    #[error("frames in a wrong order")]
    Order,
    #[error("no signature at its end")]
    Cut,
    #[error("a fault that cannot be read")]
    Fault,
}

/// A frame, or of a body frame as much as has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Head(Bytes),
    Body(Bytes),
    Signature(Bytes),
    Fault(Bytes),
}

/// Where a reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Begin,
    AfterHead,
    InBody(usize),
    End,
}

/// Reads frames as their bytes come; holds no more than one frame that is no body.
pub(super) struct Frames {
    waiting: BytesMut,
    place: Place,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { waiting: BytesMut::new(), place: Place::Begin }
    }

    /// Takes bytes; after it [`Frames::next`] is asked until it has nothing more.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next piece, once it is whole.
    ///
    /// # Errors
    /// [`WireError`]: nothing that follows is read.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, WireError> {
        if let Place::InBody(left) = self.place {
            return Ok(self.body(left));
        }
        if self.place == Place::End {
            return if self.waiting.is_empty() { Ok(None) } else { Err(WireError::Order) };
        }
        let Some((header, _)) = self.waiting.split_first_chunk::<HEADER>() else { return Ok(None) };
        let [kind, length @ ..] = *header;
        let kind = Kind::read(kind).ok_or(WireError::Kind)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| WireError::Length)?;
        if length == 0 || length > kind.longest() {
            return Err(WireError::Length);
        }
        let after = match (self.place, kind) {
            (Place::Begin, Kind::Head) => Place::AfterHead,
            (Place::Begin, Kind::Fault) | (Place::AfterHead, Kind::Signature) => Place::End,
            (Place::AfterHead, Kind::Body) => Place::InBody(length),
            _ => return Err(WireError::Order),
        };
        if let Place::InBody(left) = after {
            self.waiting.advance(HEADER);
            self.place = after;
            return Ok(self.body(left));
        }
        if self.waiting.len() < HEADER + length {
            return Ok(None);
        }
        self.waiting.advance(HEADER);
        let content = self.waiting.split_to(length).freeze();
        self.place = after;
        Ok(Some(match kind {
            Kind::Head => Piece::Head(content),
            Kind::Signature => Piece::Signature(content),
            Kind::Body | Kind::Fault => Piece::Fault(content),
        }))
    }

    fn body(&mut self, left: usize) -> Option<Piece> {
        let got = left.min(self.waiting.len());
        if got == 0 {
            return None;
        }
        self.place = if got == left { Place::AfterHead } else { Place::InBody(left - got) };
        Some(Piece::Body(self.waiting.split_to(got).freeze()))
    }

    /// Whether the bytes ended where a message ends.
    ///
    /// # Errors
    /// [`WireError::Cut`].
    pub(super) fn finish(self) -> Result<(), WireError> {
        if self.place == Place::End { Ok(()) } else { Err(WireError::Cut) }
    }
}

fn header(kind: Kind, length: usize) -> [u8; HEADER] {
    let [a, b, c, d] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [kind as u8, a, b, c, d]
}

fn frame(kind: Kind, content: &[u8]) -> Bytes {
    [header(kind, content.len()).as_slice(), content].concat().into()
}

/// A message on its way out as frames.
#[derive(Debug)]
pub struct Framed {
    next: Option<Bytes>,
    body: Playback,
    /// Of the body, read and not yet sent.
    piece: Bytes,
    last: Option<Bytes>,
}

impl Framed {
    /// A message with its body and its signature.
    ///
    /// # Errors
    /// [`WireError::Length`] when the head or the signature is longer than the other side would read.
    pub(super) fn message(head: &[u8], body: Stored, signature: &[u8]) -> Result<Self, WireError> {
        if head.len() > Kind::Head.longest() || signature.len() > Kind::Signature.longest() {
            return Err(WireError::Length);
        }
        let (next, last) = (Some(frame(Kind::Head, head)), Some(frame(Kind::Signature, signature)));
        Ok(Self { next, body: body.into(), piece: Bytes::new(), last })
    }

    /// Why there is no message.
    pub(super) fn fault(fault: &Fault) -> Self {
        let frame = frame(Kind::Fault, &write_fault(fault));
        Self { next: Some(frame), body: Stored::Empty.into(), piece: Bytes::new(), last: None }
    }
}

impl Body for Framed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(next) = self.next.take() {
            return Poll::Ready(Some(Ok(Frame::data(next))));
        }
        while self.piece.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(read)) => self.piece = read.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(self.last.take().map(|last| Ok(Frame::data(last)))),
            }
        }
        let length = self.piece.len().min(BODY_PIECE);
        let part = self.piece.split_to(length);
        self.next = Some(part);
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(&header(Kind::Body, length))))))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && self.last.is_none()
    }
}

/// A fault as exchanges tell it to each other: without style, which is the consumer's.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFault {
    side: String,
    leaf: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

fn write_fault(fault: &Fault) -> Vec<u8> {
    let side = if fault.side == Side::Client { "client" } else { "provider" };
    let written = WrittenFault {
        side: side.to_owned(),
        leaf: fault.leaf.word().to_owned(),
        cause: fault.cause.map(|cause| cause.word().to_owned()),
        message: fault.message.chars().take(LONGEST_SENTENCE).collect(),
        retry_after: fault.retry_after,
    };
    // A struct of texts and a number has a form in JSON.
    serde_json::to_vec(&written).unwrap_or_default()
}

/// The fault that another exchange tells. What it found on its side is the provider's side for whoever called here.
///
/// # Errors
/// [`WireError::Fault`].
pub(super) fn read_fault(content: &[u8]) -> Result<Fault, WireError> {
    let written: WrittenFault = serde_json::from_slice(content).map_err(|_| WireError::Fault)?;
    let leaf = |word: &str| Leaf::of(word).ok_or(WireError::Fault);
    let message: String =
        written.message.chars().filter(|letter| !letter.is_control()).take(LONGEST_SENTENCE).collect();
    let mut fault = match written.side.as_str() {
        "client" => Fault::client(leaf(&written.leaf)?, message),
        "provider" => Fault::provider_side(leaf(&written.leaf)?, message),
        _ => return Err(WireError::Fault),
    };
    fault.cause = written.cause.as_deref().map(leaf).transpose()?;
    fault.retry_after = written.retry_after;
    Ok(fault)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
