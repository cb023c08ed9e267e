//! Keyed digests of personal numbers, so that a log can be asked "who looked at this person" without
//! holding the number itself.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// HMAC-SHA-256 of a personal number under the city's secret, as 64 lowercase hex digits.
///
/// The number is taken as written: the caller parses it first, so that one person has one key.
pub fn subject_key(secret: &[u8], personal_number: &str) -> String {
    data_encoding::HEXLOWER.encode(&hmac_sha256(secret, personal_number.as_bytes()))
}

/// HMAC-SHA-256 (RFC 2104) of a message.
pub fn hmac_sha256(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if secret.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(secret));
    } else {
        block[..secret.len()].copy_from_slice(secret);
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secret: &[u8], message: &str, expected: &str) {
        assert_eq!(subject_key(secret, message), expected);
    }

    #[test]
    fn agrees_with_the_vectors_of_rfc_4231() {
        check(
            b"Jefe",
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }
}
