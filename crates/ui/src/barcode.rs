//! Code 128 as SVG: the case number on printed forms, for the scanners of counters and archives (TT 03/2025/TT-VPCP).

use crate::html::Html;
use barcoders::sym::code128::Code128;
use std::fmt::Write;

/// Modules of white on either side that ISO/IEC 15417 asks for.
const QUIET: usize = 10;
/// Height in modules; the paper's style gives the real size.
const HEIGHT: usize = 36;

/// The bar code of a text in the printable letters of ASCII, or nothing for any other text. `label` names the picture
/// for screen readers; the text must also stand beside it in words.
#[must_use]
pub fn barcode_picture(text: &str, label: &str) -> Html {
    // Character set B, chosen by the library's own mark, holds every printable letter of ASCII.
    let printable = !text.is_empty() && text.bytes().all(|letter| (0x20..0x7f).contains(&letter));
    let Some(code) = printable.then(|| Code128::new(format!("\u{0181}{text}"))).and_then(Result::ok) else {
        return Html::default();
    };
    let modules = code.encode();
    let mut path = String::new();
    let mut at = 0;
    for run in modules.chunk_by(|left, right| left == right) {
        if run.first() == Some(&1) {
            let _ = write!(path, "M{} 0h{}v{HEIGHT}h-{}z", at + QUIET, run.len(), run.len());
        }
        at += run.len();
    }
    let width = at + 2 * QUIET;
    Html::trusted(format!("<svg class=\"hd-barcode\" viewBox=\"0 0 {width} {HEIGHT}\" role=\"img\" aria-label=\""))
        .then(Html::text(label))
        .then(Html::trusted(format!(
            "\" shape-rendering=\"crispEdges\" preserveAspectRatio=\"none\"><rect width=\"{width}\" height=\"{HEIGHT}\" fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>"
        )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Widths of the bars and gaps, as a scanner reads them.
    fn widths(svg: &str) -> Vec<(usize, usize)> {
        let path = svg.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let bar = |part: &str| {
            let (at, rest) = part.split_once(" 0h")?;
            Some((at.parse().ok()?, rest.split('v').next()?.parse().ok()?))
        };
        path.split('M').filter(|part| !part.is_empty()).filter_map(bar).collect()
    }

    #[test]
    fn start_check_sum_and_stop_are_those_of_the_standard() {
        let svg = barcode_picture("A", "A").as_str().to_owned();
        // Start B 211214, A 111323, check symbol (104 + 1 × 33) mod 103 = 34: 131123, stop 2331112; bars alone.
        let bars = [2, 1, 1, 1, 1, 2, 1, 1, 2, 2, 3, 1, 2];
        assert_eq!(widths(&svg).iter().map(|(_, width)| *width).collect::<Vec<_>>(), bars);
        assert_eq!(widths(&svg).first().map(|(at, _)| *at), Some(QUIET));
        // Eleven modules a symbol, thirteen the stop.
        assert!(svg.contains(&format!("viewBox=\"0 0 {} {HEIGHT}\"", 3 * 11 + 13 + 2 * QUIET)));
    }

    #[test]
    fn only_printable_ascii_has_a_code() {
        assert!(!barcode_picture("H24.11824-261122-0001", "x").is_empty());
        for text in ["", "Số 1", "a\nb"] {
            assert!(barcode_picture(text, "x").is_empty(), "{text}");
        }
    }
}
