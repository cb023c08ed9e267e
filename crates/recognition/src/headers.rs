//! How large the pictures of a file are, by their headers alone: JPEG (ISO 10918-1), PNG (ISO 15948), TIFF 6.0.
//!
//! A header that cannot be read is no picture: nobody decodes it to find out.

/// Size of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Dots per inch, when the file says it.
    pub dpi: Option<u32>,
}

/// Most pictures looked at in one file.
const MOST: usize = 10_000;

/// The pictures of a file (one but for TIFF), or `None` when its headers cannot be read.
pub fn pictures(bytes: &[u8]) -> Option<Vec<Picture>> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => jpeg(bytes).map(|one| vec![one]),
        [0x89, b'P', b'N', b'G', ..] => png(bytes).map(|one| vec![one]),
        [b'I', b'I', 42, 0, ..] => tiff(bytes, u16::from_le_bytes, u32::from_le_bytes),
        [b'M', b'M', 0, 42, ..] => tiff(bytes, u16::from_be_bytes, u32::from_be_bytes),
        _ => None,
    }
}

fn at<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..from.checked_add(N)?)?.try_into().ok()
}

fn be16(bytes: &[u8], from: usize) -> Option<u32> {
    at(bytes, from).map(|raw| u32::from(u16::from_be_bytes(raw)))
}

/// A size that a picture can have.
fn sized(width: u32, height: u32, dpi: Option<u32>) -> Option<Picture> {
    (width > 0 && height > 0).then_some(Picture { width, height, dpi: dpi.filter(|dpi| *dpi > 0) })
}

fn jpeg(bytes: &[u8]) -> Option<Picture> {
    let (mut from, mut dpi) = (2, None);
    loop {
        let [mark, kind] = at(bytes, from)?;
        if mark != 0xff {
            return None;
        }
        // Filling and marks without content.
        if kind == 0xff {
            from += 1;
            continue;
        }
        if matches!(kind, 0x01 | 0xd0..=0xd8) {
            from += 2;
            continue;
        }
        let length = usize::try_from(be16(bytes, from + 2)?).ok()?;
        if length < 2 {
            return None;
        }
        match kind {
            // JFIF says its density in dots per inch (1) or per centimetre (2).
            0xe0 if at::<5>(bytes, from + 4)? == *b"JFIF\0" => {
                let density = be16(bytes, from + 12)?;
                dpi = match at::<1>(bytes, from + 11)? {
                    [1] => Some(density),
                    [2] => Some((density * 254 + 50) / 100),
                    _ => None,
                };
            }
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return sized(be16(bytes, from + 7)?, be16(bytes, from + 5)?, dpi);
            }
            // The picture begins, or ends, before its size was said.
            0xd9 | 0xda => return None,
            _ => {}
        }
        from += 2 + length;
    }
}

fn png(bytes: &[u8]) -> Option<Picture> {
    let be32 = |from| at(bytes, from).map(u32::from_be_bytes);
    if at::<4>(bytes, 12)? != *b"IHDR" {
        return None;
    }
    let (width, height) = (be32(16)?, be32(20)?);
    let (mut from, mut dpi) = (33_usize, None);
    // The density stands before the picture.
    while let Some(kind) = at::<4>(bytes, from.checked_add(4)?) {
        if kind == *b"IDAT" {
            break;
        }
        if kind == *b"pHYs" && at::<1>(bytes, from + 16) == Some([1]) {
            // Dots per metre.
            dpi = be32(from + 8).map(|metre| u32::try_from((u64::from(metre) * 254 + 5_000) / 10_000).unwrap_or(0));
        }
        from = from.checked_add(12)?.checked_add(usize::try_from(be32(from)?).ok()?)?;
    }
    sized(width, height, dpi)
}

type Short = fn([u8; 2]) -> u16;
type Long = fn([u8; 4]) -> u32;

fn tiff(bytes: &[u8], short: Short, long: Long) -> Option<Vec<Picture>> {
    let read = |from: usize| at(bytes, from).map(long).and_then(|value| usize::try_from(value).ok());
    let mut next = read(4)?;
    let mut found = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    while next != 0 {
        // Directories in a ring would never end.
        if found.len() >= MOST || !seen.insert(next) {
            return None;
        }
        let entries = usize::from(at(bytes, next).map(short)?);
        found.push(directory(bytes, next + 2, entries, short, long)?);
        next = read(next + 2 + entries * 12)?;
    }
    (!found.is_empty()).then_some(found)
}

fn directory(bytes: &[u8], from: usize, entries: usize, short: Short, long: Long) -> Option<Picture> {
    let (mut width, mut height, mut density, mut unit) = (0, 0, None, 2);
    for entry in 0..entries {
        let from = from + entry * 12;
        let tag = at(bytes, from).map(short)?;
        let kind = at(bytes, from + 2).map(short)?;
        let value = || match kind {
            3 => at(bytes, from + 8).map(|raw| u32::from(short(raw))),
            4 => at(bytes, from + 8).map(long),
            _ => None,
        };
        match tag {
            256 => width = value()?,
            257 => height = value()?,
            296 => unit = value()?,
            // A fraction that stands elsewhere.
            282 => {
                let place = usize::try_from(at(bytes, from + 8).map(long)?).ok()?;
                let over = at(bytes, place).map(long).zip(at(bytes, place.checked_add(4)?).map(long));
                density = over.filter(|(_, under)| *under > 0).map(|(over, under)| over / under);
            }
            _ => {}
        }
    }
    let dpi = match unit {
        2 => density,
        3 => density.and_then(|centimetre| centimetre.checked_mul(254)).map(|tenths| tenths / 100),
        _ => None,
    };
    sized(width, height, dpi)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn png_of(width: u32, height: u32, metre: Option<u32>) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 0, 0, 0, 0, 0, 0, 0, 0]);
        if let Some(metre) = metre {
            bytes.extend(b"\0\0\0\x09pHYs");
            bytes.extend(metre.to_be_bytes());
            bytes.extend(metre.to_be_bytes());
            bytes.extend([1, 0, 0, 0, 0]);
        }
        bytes.extend(b"\0\0\0\0IDAT\0\0\0\0");
        bytes
    }

    fn jpeg_of(width: u16, height: u16, unit: u8, density: u16) -> Vec<u8> {
        let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x02".to_vec();
        bytes.push(unit);
        bytes.extend(density.to_be_bytes());
        bytes.extend(density.to_be_bytes());
        bytes.extend([0, 0, 0xff, 0xc0, 0, 11, 8]);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([1, 1, 0x11, 0]);
        bytes
    }

    /// Two directories, the second small.
    fn tiff_of(little: bool, ring: bool) -> Vec<u8> {
        let short = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let long = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut bytes = if little { b"II".to_vec() } else { b"MM".to_vec() };
        bytes.extend(short(42));
        bytes.extend(long(8));
        for (at, (width, height)) in [(2480_u32, 3508_u32), (100, 200)].into_iter().enumerate() {
            bytes.extend(short(4));
            for (tag, kind, value) in [(256, 4, width), (257, 4, height), (282, 5, 150), (296, 4, 2)] {
                bytes.extend(short(tag));
                bytes.extend(short(kind));
                bytes.extend(long(1));
                bytes.extend(long(value));
            }
            let next = bytes.len() as u32 + 4;
            bytes.extend(long(if at == 0 {
                next
            } else if ring {
                8
            } else {
                0
            }));
        }
        bytes.resize(150, 0);
        bytes.extend(long(300));
        bytes.extend(long(1));
        bytes
    }

    #[test]
    fn sizes_are_read_from_headers() {
        let check = |name: &str, bytes: &[u8], expected: Option<&[(u32, u32, Option<u32>)]>| {
            let found = pictures(bytes).map(|all| all.iter().map(|p| (p.width, p.height, p.dpi)).collect::<Vec<_>>());
            assert_eq!(found.as_deref(), expected, "{name}");
        };
        check("png", &png_of(2480, 3508, Some(11811)), Some(&[(2480, 3508, Some(300))]));
        check("png without density", &png_of(10, 20, None), Some(&[(10, 20, None)]));
        check("huge png", &png_of(60_000, 60_000, None), Some(&[(60_000, 60_000, None)]));
        check("empty png", &png_of(0, 20, None), None);
        check("jpeg", &jpeg_of(2480, 3508, 1, 300), Some(&[(2480, 3508, Some(300))]));
        check("jpeg per centimetre", &jpeg_of(2480, 3508, 2, 118), Some(&[(2480, 3508, Some(300))]));
        check("jpeg without unit", &jpeg_of(2480, 3508, 0, 1), Some(&[(2480, 3508, None)]));
        check("cut jpeg", &jpeg_of(2480, 3508, 1, 300)[..24], None);
        let two: &[(u32, u32, Option<u32>)] = &[(2480, 3508, Some(300)), (100, 200, Some(300))];
        check("tiff", &tiff_of(true, false), Some(two));
        check("tiff of the other order", &tiff_of(false, false), Some(two));
        check("directories in a ring", &tiff_of(true, true), None);
        check("text", b"hello", None);
        check("nothing", b"", None);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(start in 0_usize..4, rest in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..300) {
            let mut bytes = [png_of(5, 5, Some(1)), jpeg_of(5, 5, 1, 1), tiff_of(true, false), tiff_of(false, false)][start].clone();
            for (at, byte) in rest.into_iter().enumerate() {
                if let Some(place) = bytes.get_mut(4 + at * 3 % 160) { *place = byte }
            }
            bytes.truncate(cut);
            let _ = pictures(&bytes);
        }
    }
}
