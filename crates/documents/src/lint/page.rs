//! Rules of every page: paper, margins, page numbers, faces, colour, Unicode.

use super::Report;
use super::sheet::{Line, MILLIMETRE, PageSheet, Sheet};

/// How far a measure may be from its clause: what programs round and printers move.
const TOLERANCE: f64 = 0.5;
/// Letters of the first line reach a little above or below the edge of its line box.
const TOP_TOLERANCE: f64 = 1.5;
/// Notes in a margin, such as the mark of illustrative data, are smaller than any text of the layout.
const NOTE: f64 = 10.5;
/// The address below a first page (cell 13).
const ADDRESS: f64 = 12.5;

/// Judges every page.
pub(super) fn judge(sheet: &Sheet, report: &mut Report<'_>) {
    for (index, page) in sheet.pages.iter().enumerate() {
        paper(page, index, report);
    }
    if !sheet.has_text() {
        report.say("no_text", "không đọc được chữ nào, có thể là bản chụp", None);
        return;
    }
    for (name, page) in &sheet.faces {
        let plain: String = name.chars().filter(|letter| !letter.is_whitespace()).collect();
        if !report.rules.fonts.allowed.iter().any(|allowed| plain.starts_with(allowed.as_str())) {
            report.say("font_family", format!("phông {name}"), Some(*page));
        }
    }
    for (index, page) in sheet.pages.iter().enumerate() {
        margins(page, index, report);
        page_number(page, index, report);
        for line in &page.lines {
            if !line.black && !is_urgency(line, report) {
                report.say("colour", "chữ không đen", Some(index));
            }
            if !line.composed {
                report.say("unicode_nfc", "chữ tổ hợp", Some(index));
            }
        }
    }
}

/// Whether a line is one of the words in a red frame.
pub(super) fn is_urgency(line: &Line, report: &Report<'_>) -> bool {
    report.rules.urgencies.contains_key(&line.text)
}

fn paper(page: &PageSheet, index: usize, report: &mut Report<'_>) {
    let (width, height) = (page.width / MILLIMETRE, page.height / MILLIMETRE);
    let wanted = &report.rules.page;
    let fits = |w: f64, h: f64| (w - wanted.width).abs() <= 1.0 && (h - wanted.height).abs() <= 1.0;
    if !fits(width, height) && !fits(height, width) {
        report.say("page_size", format!("{width:.0} × {height:.0} mm"), Some(index));
    }
}

/// Lines that stand in a margin on purpose.
fn in_margin(line: &Line, page: &PageSheet, report: &Report<'_>) -> bool {
    let inside = report.rules.margins.top.0 - TOLERANCE;
    let above = line.baseline > page.height - inside * MILLIMETRE;
    let below = line.top() < (report.rules.margins.bottom.0 - TOLERANCE) * MILLIMETRE + line.size;
    let in_bottom = line.bottom() < (report.rules.margins.bottom.0 - TOLERANCE) * MILLIMETRE;
    (above && (line.is_number() || line.size <= NOTE))
        || (in_bottom && below && (line.is_number() || (line.page == 0 && line.size <= ADDRESS)))
}

fn margins(page: &PageSheet, index: usize, report: &mut Report<'_>) {
    let lines: Vec<&Line> = page.lines.iter().filter(|line| !in_margin(line, page, report)).collect();
    if lines.is_empty() || page.width > page.height {
        return;
    }
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min) / MILLIMETRE;
    let left = least(&mut lines.iter().map(|line| line.left));
    let right = least(&mut lines.iter().map(|line| page.width - line.right));
    let top = least(&mut lines.iter().map(|line| page.height - line.top()));
    let bottom = least(&mut lines.iter().map(|line| line.bottom()));
    let margins = report.rules.margins.clone();
    let full = lines.len() >= 3;
    // Several lines that end together are justified and show where the margin is.
    let edge = |line: &&&Line| ((page.width - line.right) / MILLIMETRE - right).abs() < 0.5;
    let justified = lines.iter().filter(edge).count() >= 3;
    let mut say = |rule, value: f64, range: (f64, f64), upper: Option<f64>| {
        if value < range.0 - TOLERANCE || upper.is_some_and(|more| value > range.1 + more) {
            report.say(rule, format!("{value:.1} mm"), Some(index));
        }
    };
    say("margin_left", left, margins.left, full.then_some(TOLERANCE));
    say("margin_right", right, margins.right, justified.then_some(TOLERANCE));
    say("margin_top", top, margins.top, (index == 0 && full).then_some(TOP_TOLERANCE));
    say("margin_bottom", bottom, margins.bottom, None);
}

fn page_number(page: &PageSheet, index: usize, report: &mut Report<'_>) {
    let top = page.height - (report.rules.margins.top.0 - TOLERANCE) * MILLIMETRE;
    let bottom = (report.rules.margins.bottom.0 - TOLERANCE) * MILLIMETRE;
    let number = page.lines.iter().find(|line| line.is_number() && line.baseline > top);
    if page.lines.iter().any(|line| line.is_number() && line.top() < bottom) {
        report.say("page_number", "số trang ở lề dưới", Some(index));
        return;
    }
    // An annex has numbers of its own, and none on its first page.
    let annex = page.lines.iter().any(|line| line.text.to_uppercase().starts_with("PHỤ LỤC"));
    match number {
        Some(_) if index == 0 => report.say("page_number", "có số trang ở trang đầu", Some(index)),
        None if index > 0 && !annex && !page.lines.is_empty() => {
            report.say("page_number", "thiếu số trang", Some(index))
        }
        Some(line) => {
            let centred = (line.middle() - page.width / 2.0).abs() <= 12.0 * MILLIMETRE;
            let shaped = super::rules::within(line.size, report.rules.sizes.page_number) && !line.bold && !line.italic;
            if !centred || !shaped {
                let found = format!("cỡ {:.1}, {}", line.size, if centred { "giữa trang" } else { "lệch giữa trang" });
                report.say("page_number", found, Some(index));
            }
            if line.text.parse().is_ok_and(|number: usize| number > index + 1) {
                report.say("page_number", "số lớn hơn thứ tự trang", Some(index));
            }
        }
        None => {}
    }
}
