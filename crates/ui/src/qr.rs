//! QR codes as SVG, for screen and paper.

use crate::html::Html;
use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;

/// A QR code of a text as SVG markup (dark on white, quiet zone of four modules), or nothing when the text is longer
/// than a code can hold (2,953 bytes). `label` names the picture for screen readers; the text must also stand beside
/// it in words.
#[must_use]
pub fn qr_picture(text: &str, label: &str) -> Html {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return Html::default() };
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let start = x;
            while x < size && code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let _ = write!(path, "M{} {}h{}v1h-{}z", start + 4, y + 4, x - start, x - start);
            }
            x += 1;
        }
    }
    let side = size + 8;
    Html::trusted(format!("<svg class=\"hd-qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\""))
        .then(Html::text(label))
        .then(Html::trusted(format!(
            "\" shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
        )))
}

/// [`qr_picture`] as a complete SVG file, for documents.
#[must_use]
pub fn qr_svg(text: &str) -> String {
    qr_picture(text, text).as_str().replacen("<svg class=\"hd-qr\"", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_patterns_and_a_name() {
        let svg = qr_svg("https://example.vn/kq/abc?x=1&y=2");
        assert!(svg.starts_with("<svg xmlns="));
        assert!(svg.contains("aria-label=\"https://example.vn/kq/abc?x=1&amp;y=2\""));
        // Top row of the upper left finder pattern: seven dark modules after the quiet zone.
        assert!(svg.contains("M4 4h7v1h-7z"));
        assert!(qr_picture(&"x".repeat(3000), "").is_empty());
    }
}
