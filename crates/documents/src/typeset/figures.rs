//! Codes that a machine reads from paper, as data: the template draws them as shapes.

use barcoders::sym::code128::Code128;
use qrcodegen::{QrCode, QrCodeEcc};

/// A QR code for an address, as rows of `0` and `1` without the quiet zone; empty when the text does not fit.
///
/// ```
/// let rows = haidang_documents::typeset::qr_rows("https://example.org/kq/abc");
/// assert!(rows.iter().all(|row| row.len() == rows.len()) && rows[0].starts_with("1111111"));
/// ```
pub fn qr_rows(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return Vec::new() };
    let row = |y| (0..code.size()).map(|x| if code.get_module(x, y) { '1' } else { '0' }).collect();
    (0..code.size()).map(row).collect()
}

/// Code 128 of a text of ASCII letters and digits, as `0` and `1`, one bar or gap each; empty for other text.
///
/// ```
/// assert!(haidang_documents::typeset::code_128("H24.11824-260105-0001").starts_with("11010010000"));
/// ```
pub fn code_128(text: &str) -> String {
    // U+0181 chooses set B of Code 128.
    let Ok(code) = Code128::new(format!("\u{181}{text}")) else { return String::new() };
    code.encode().into_iter().map(|bar| if bar == 1 { '1' } else { '0' }).collect()
}
