//! Heads and bodies at rest: sealed for the row they are of. A large body is sealed piece by piece in constant memory;
//! each piece knows its place and the last one that it is the last, so that none can be moved, dropped or cut off.

use std::io::{self, Read};

use haidang_signing::{SealError, Sealer};

use crate::proxy::{Spool, Stored};

/// Plain bytes of a piece.
const PIECE: usize = 128 * 1024;
/// More than a sealed piece ever has.
const LONGEST_SEALED: usize = PIECE + 1024;

pub(super) fn head_purpose(id: &str) -> String {
    format!("exchange message {id} head")
}

pub(super) fn body_purpose(id: &str) -> String {
    format!("exchange message {id} body")
}

fn piece_purpose(id: &str, number: u64, last: bool) -> String {
    format!("exchange message {id} body {number}{}", if last { " last" } else { "" })
}

fn broken(error: SealError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Reads a spooled body as it is to be written: frames of four bytes of length (big endian) and a sealed piece.
pub(super) struct SealingReader<'s> {
    sealer: &'s Sealer,
    id: &'s str,
    spool: &'s Spool,
    place: u64,
    number: u64,
    ready: io::Cursor<Vec<u8>>,
}

impl<'s> SealingReader<'s> {
    pub(super) fn new(sealer: &'s Sealer, id: &'s str, spool: &'s Spool) -> Self {
        Self { sealer, id, spool, place: 0, number: 0, ready: io::Cursor::default() }
    }
}

impl Read for SealingReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let got = self.ready.read(out)?;
        if got > 0 || out.is_empty() || self.place >= self.spool.length() {
            return Ok(got);
        }
        let piece = self.spool.read_blocking(self.place, PIECE)?;
        self.place += piece.len() as u64;
        let last = self.place >= self.spool.length();
        let sealed = self.sealer.seal(&piece_purpose(self.id, self.number, last), &piece).map_err(broken)?;
        self.number += 1;
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        self.ready = io::Cursor::new([length.to_be_bytes().as_slice(), &sealed].concat());
        self.ready.read(out)
    }
}

/// Reads a sealed file as the body that it was.
pub(super) struct OpeningReader<R> {
    sealer: Sealer,
    id: String,
    from: R,
    number: u64,
    /// The sealed piece that comes next; whether it is the last shows only after it.
    next: Option<Vec<u8>>,
    ready: io::Cursor<Vec<u8>>,
}

impl<R: Read> OpeningReader<R> {
    pub(super) fn new(sealer: Sealer, id: String, mut from: R) -> io::Result<Self> {
        let next = frame(&mut from)?;
        if next.is_none() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a sealed body without a piece"));
        }
        Ok(Self { sealer, id, from, number: 0, next, ready: io::Cursor::default() })
    }
}

fn frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut got = 0;
    while got < length.len() {
        match from.read(&mut length[got..])? {
            0 if got == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => got += more,
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST_SEALED {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a sealed piece is too long"));
    }
    let mut sealed = vec![0; length];
    from.read_exact(&mut sealed)?;
    Ok(Some(sealed))
}

impl<R: Read> Read for OpeningReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let got = self.ready.read(out)?;
        if got > 0 || out.is_empty() {
            return Ok(got);
        }
        let Some(sealed) = self.next.take() else { return Ok(0) };
        self.next = frame(&mut self.from)?;
        let purpose = piece_purpose(&self.id, self.number, self.next.is_none());
        self.number += 1;
        self.ready = io::Cursor::new(self.sealer.unseal(&purpose, &sealed).map_err(broken)?);
        self.ready.read(out)
    }
}

/// A body in memory, sealed; one in a file is sealed elsewhere.
pub(super) fn seal_small(sealer: &Sealer, id: &str, body: &Stored) -> Result<Option<Vec<u8>>, SealError> {
    match body {
        Stored::Memory(bytes) => sealer.seal(&body_purpose(id), bytes).map(Some),
        Stored::Empty | Stored::Spooled(_) => Ok(None),
    }
}
