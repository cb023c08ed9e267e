//! Bodies that are read to their end before they go on, because their digest comes first: small ones in memory, large
//! ones in a file without a name. Either way a body can be read again, from its beginning, by more than one reader.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha512};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use crate::rules::canonical::Hash;
use crate::transport::Framed;

/// Bytes that are read from or written to a file at a time.
const PIECE: usize = 128 * 1024;

/// A body that has arrived.
#[derive(Debug, Clone, Default)]
pub enum Stored {
    /// There is none; an empty one counts as none.
    #[default]
    Empty,
    /// A small one.
    Memory(Bytes),
    /// A large one.
    Spooled(Spool),
}

/// A file without a name that holds a body; it goes when its last reader does.
#[derive(Debug, Clone)]
pub struct Spool {
    file: Arc<File>,
    length: u64,
}

impl Spool {
    /// Bytes from this place on, at most a piece; none at the end.
    ///
    /// # Errors
    /// What the file says.
    pub async fn read(&self, place: u64) -> io::Result<Bytes> {
        self.reading(place).await.unwrap_or_else(|error: JoinError| Err(io::Error::other(error)))
    }

    /// Bytes of it.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// At most `most` bytes from this place on, none at the end. Blocks.
    ///
    /// # Errors
    /// What the file says.
    pub fn read_blocking(&self, place: u64, most: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.length.saturating_sub(place)).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(most)];
        self.file.read_exact_at(&mut piece, place)?;
        Ok(piece)
    }

    /// The file itself, from its beginning; for whoever hands it on and reads nothing of it here.
    ///
    /// # Errors
    /// What the file says.
    pub fn into_file(self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        io::Seek::rewind(&mut file)?;
        Ok(file)
    }

    /// A file that was written to its end. It should have no name any more.
    ///
    /// # Errors
    /// What the file says.
    pub fn of(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), length })
    }

    fn reading(&self, place: u64) -> JoinHandle<io::Result<Bytes>> {
        let (file, left) = (self.file.clone(), self.length.saturating_sub(place));
        spawn_blocking(move || {
            let mut piece = vec![0; usize::try_from(left).unwrap_or(PIECE).min(PIECE)];
            file.read_exact_at(&mut piece, place)?;
            Ok(Bytes::from(piece))
        })
    }
}

impl Stored {
    /// Bytes of it.
    pub fn length(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Spooled(spool) => spool.length,
        }
    }
}

impl From<Bytes> for Stored {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Memory(bytes) }
    }
}

/// Why a body did not arrive whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is longer than {0} bytes")]
    TooLarge(u64),
    #[error("the body could not be kept: {0}")]
    Spool(#[from] io::Error),
}

/// Takes a body piece by piece, with its digest.
pub(crate) struct Collector<'a> {
    folder: &'a Path,
    in_memory: u64,
    most: u64,
    /// The first piece, as long as it is the only one: most bodies are one piece and are never copied.
    single: Option<Bytes>,
    waiting: BytesMut,
    file: Option<Arc<File>>,
    written: u64,
    length: u64,
    digest: Sha512,
}

impl<'a> Collector<'a> {
    /// `expected` is what the sender says; a body that will be large goes to its file at once.
    pub(crate) fn new(folder: &'a Path, in_memory: u64, most: u64, expected: Option<u64>) -> Self {
        let in_memory = if expected.is_some_and(|length| length > in_memory) { 0 } else { in_memory };
        Self {
            folder,
            in_memory,
            most,
            single: None,
            waiting: BytesMut::new(),
            file: None,
            written: 0,
            length: 0,
            digest: Sha512::new(),
        }
    }

    pub(crate) async fn add(&mut self, piece: Bytes) -> Result<(), BodyError> {
        if piece.is_empty() {
            return Ok(());
        }
        self.length += piece.len() as u64;
        if self.length > self.most {
            return Err(BodyError::TooLarge(self.most));
        }
        self.digest.update(&piece);
        if self.length == piece.len() as u64 && self.length <= self.in_memory {
            self.single = Some(piece);
            return Ok(());
        }
        if let Some(first) = self.single.take() {
            self.waiting.extend_from_slice(&first);
        }
        self.waiting.extend_from_slice(&piece);
        if self.length > self.in_memory && self.waiting.len() >= PIECE {
            self.write().await?;
        }
        Ok(())
    }

    async fn write(&mut self) -> Result<(), BodyError> {
        let (folder, file) = (self.folder.to_owned(), self.file.take());
        let (mut bytes, place) = (std::mem::take(&mut self.waiting), self.written);
        self.written += bytes.len() as u64;
        let written = spawn_blocking(move || -> io::Result<_> {
            let file = match file {
                Some(file) => file,
                None => Arc::new(tempfile::tempfile_in(folder)?),
            };
            file.write_all_at(&bytes, place)?;
            bytes.clear();
            Ok((file, bytes))
        });
        let (file, buffer) = written.await.map_err(io::Error::other)??;
        // The buffer is used again, unless it still has the size of what memory held.
        self.waiting = if buffer.capacity() > 4 * PIECE { BytesMut::new() } else { buffer };
        self.file = Some(file);
        Ok(())
    }

    /// The body and its digest; none for an empty one.
    pub(crate) async fn finish(mut self) -> Result<(Stored, Option<Hash>), BodyError> {
        if self.length == 0 {
            return Ok((Stored::Empty, None));
        }
        if self.length > self.in_memory && !self.waiting.is_empty() {
            self.write().await?;
        }
        let digest = Some(self.digest.finalize().into());
        Ok(match (self.file, self.single) {
            (Some(file), _) => (Stored::Spooled(Spool { file, length: self.length }), digest),
            (None, Some(bytes)) => (Stored::Memory(bytes), digest),
            (None, None) => (Stored::Memory(self.waiting.freeze()), digest),
        })
    }
}

/// A body on its way out.
#[derive(Debug)]
pub struct Playback {
    stored: Stored,
    place: u64,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl From<Stored> for Playback {
    fn from(stored: Stored) -> Self {
        Self { stored, place: 0, reading: None }
    }
}

impl Body for Playback {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        let spool = match &mut this.stored {
            Stored::Empty => return Poll::Ready(None),
            Stored::Memory(bytes) => {
                let bytes = std::mem::take(bytes);
                this.stored = Stored::Empty;
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            Stored::Spooled(spool) => spool,
        };
        if this.place >= spool.length {
            return Poll::Ready(None);
        }
        let reading = this.reading.get_or_insert_with(|| spool.reading(this.place));
        let piece = ready!(Pin::new(reading).poll(context)).unwrap_or_else(|error| Err(io::Error::other(error)));
        this.reading = None;
        if let Ok(bytes) = &piece {
            this.place += bytes.len() as u64;
        }
        Poll::Ready(Some(piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.place >= self.stored.length()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.stored.length().saturating_sub(self.place))
    }
}

/// What is sent: a body as it is, or a message to another exchange.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Plain(Playback),
    Framed(Box<Framed>),
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Plain(body) => Pin::new(body).poll_frame(context),
            Self::Framed(body) => Pin::new(body.as_mut()).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain(body) => body.is_end_stream(),
            Self::Framed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain(body) => body.size_hint(),
            Self::Framed(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::canonical;
    use http_body_util::BodyExt as _;

    async fn check(pieces: &[usize], expected: Option<u64>, spooled: bool) {
        let folder = std::env::temp_dir();
        let mut collector = Collector::new(&folder, 1000, 1_000_000, expected);
        let mut whole = Vec::new();
        for (number, size) in pieces.iter().enumerate() {
            let piece: Vec<u8> = (0..*size).map(|place| (place + number) as u8).collect();
            whole.extend_from_slice(&piece);
            collector.add(piece.into()).await.unwrap();
        }
        let (stored, digest) = collector.finish().await.unwrap();
        assert_eq!(matches!(stored, Stored::Spooled(_)), spooled, "{pieces:?}");
        assert_eq!(stored.length(), whole.len() as u64);
        assert_eq!(digest, (!whole.is_empty()).then(|| canonical::digest(&whole)));
        for _ in 0..2 {
            let played = Playback::from(stored.clone()).collect().await.unwrap().to_bytes();
            assert!(played == whole, "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn bodies_of_every_size_come_out_as_they_went_in() {
        check(&[], None, false).await;
        check(&[0, 0], None, false).await;
        check(&[10], None, false).await;
        check(&[10, 0, 20], None, false).await;
        check(&[1000], Some(1000), false).await;
        check(&[1001], None, true).await;
        check(&[500, 500, 1], None, true).await;
        check(&[500, 501], Some(1001), true).await;
        check(&[200_000, 3, 300_000], None, true).await;
        check(&[65_536; 9], Some(9 * 65_536), true).await;
    }

    #[tokio::test]
    async fn what_is_too_large_is_not_kept() {
        let folder = std::env::temp_dir();
        let mut collector = Collector::new(&folder, 10, 20, None);
        collector.add(Bytes::from_static(&[0; 20])).await.unwrap();
        assert!(matches!(collector.add(Bytes::from_static(&[0])).await, Err(BodyError::TooLarge(20))));
    }
}
