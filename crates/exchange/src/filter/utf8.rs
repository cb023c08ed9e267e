//! UTF-8, judged byte by byte.

/// The rest of a character of several bytes: how many, and the range of the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Utf8 {
    left: u8,
    low: u8,
    high: u8,
}

impl Utf8 {
    /// Whether no character is half read.
    pub(super) fn is_whole(self) -> bool {
        self.left == 0
    }

    /// Takes a byte; `false` where it belongs to no character.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        if self.left > 0 {
            let fits = (self.low..=self.high).contains(&byte);
            *self = Self { left: self.left - 1, low: 0x80, high: 0xbf };
            return fits;
        }
        let (left, low, high) = match byte {
            0x00..=0x7f => (0, 0, 0),
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return false,
        };
        *self = Self { left, low, high };
        true
    }
}
