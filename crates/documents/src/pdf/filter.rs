//! The one filter that structure needs: Flate, with or without a PNG predictor (ISO 32000-1, 7.4.4).

use std::io::Read as _;

use super::object::Dictionary;
use super::{Object, PdfError};

/// Decodes a cross-reference or object stream, to at most `limit` bytes.
pub(super) fn decode(dictionary: &Dictionary, bytes: Vec<u8>, limit: u64, number: u32) -> Result<Vec<u8>, PdfError> {
    let refuse = |what| PdfError::Object { number, what };
    let first = |key: &str| match dictionary.get(key) {
        Some(Object::Array(items)) if items.len() <= 1 => Ok(items.first()),
        Some(Object::Array(_)) => Err(refuse("structure with more than one filter")),
        other => Ok(other),
    };
    let Some(filter) = first("Filter")? else { return Ok(bytes) };
    if filter.as_name() != Some(b"FlateDecode") {
        return Err(refuse("structure in another filter than FlateDecode"));
    }
    let mut plain = Vec::new();
    let read = flate2::read::ZlibDecoder::new(bytes.as_slice()).take(limit + 1).read_to_end(&mut plain);
    read.map_err(|_| refuse("a compressed stream is damaged"))?;
    if plain.len() as u64 > limit {
        return Err(PdfError::Limit("size of inflated structure"));
    }
    match first("DecodeParms")? {
        None => Ok(plain),
        Some(Object::Dictionary(parameters)) => match parameters.integer("Predictor").unwrap_or(1) {
            1 => Ok(plain),
            10..=15 => {
                let plain_bytes = |key, default| parameters.integer(key).unwrap_or(default);
                let columns = usize::try_from(plain_bytes("Columns", 1)).unwrap_or(0);
                if plain_bytes("Colors", 1) != 1 || plain_bytes("BitsPerComponent", 8) != 8 || columns == 0 {
                    return Err(refuse("a predictor for other than bytes"));
                }
                unpredict(&plain, columns).ok_or(refuse("a predictor does not fit its data"))
            }
            _ => Err(refuse("an unknown predictor")),
        },
        Some(_) => Err(refuse("parameters of a filter are no dictionary")),
    }
}

/// Undoes the PNG predictors for samples of one byte.
fn unpredict(data: &[u8], columns: usize) -> Option<Vec<u8>> {
    let mut above = vec![0_u8; columns];
    let mut plain = Vec::with_capacity(data.len());
    let rows = data.chunks_exact(columns.checked_add(1)?);
    if !rows.remainder().is_empty() {
        return None;
    }
    for row in rows {
        let (kind, samples) = row.split_first()?;
        let mut left = 0_u8;
        let mut corner = 0_u8;
        for (sample, up) in samples.iter().zip(above.iter_mut()) {
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => *up,
                3 => u8::midpoint(left, *up),
                4 => paeth(left, *up, corner),
                _ => return None,
            };
            let value = sample.wrapping_add(guess);
            corner = *up;
            *up = value;
            left = value;
            plain.push(value);
        }
    }
    Some(plain)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
