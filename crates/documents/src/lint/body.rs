//! Rules of the content: legal bases, size, first line, spacing, ending.

use super::Report;
use super::foot::Foot;
use super::head::Head;
use super::rules::within;
use super::sheet::{Line, MILLIMETRE, Sheet};

/// Height of a line of Times New Roman set single, in its size.
const SINGLE: f64 = 1.149;
/// Lines that must agree before something is said of spacing.
const ENOUGH: usize = 4;

/// Judges what stands between head and foot.
pub(super) fn judge(sheet: &Sheet, head: &Head, foot: &Foot, report: &mut Report<'_>) {
    let end = foot.recipients.unwrap_or((usize::MAX, 0.0));
    let mut lines: Vec<&Line> = Vec::new();
    for page in sheet.pages.iter().take(end.0.saturating_add(1)) {
        let margin = page.height - 19.5 * MILLIMETRE;
        lines.extend(page.lines.iter().filter(|line| {
            let after = line.page > 0 || line.top() < head.end;
            let before = line.page < end.0 || line.baseline > end.1 + 6.0;
            after
                && before
                && line.baseline < margin
                && line.bottom() > 19.0 * MILLIMETRE
                && !super::page::is_urgency(line, report)
        }));
    }
    let left = lines.iter().map(|line| line.left).fold(f64::INFINITY, f64::min);
    let right = lines.iter().map(|line| line.right).fold(0.0, f64::max);
    if foot.recipients.is_some() && !lines.iter().any(|line| line.text.ends_with("./.")) {
        report.say("ending", "không thấy ./. ở cuối nội dung", None);
    }
    sizes(&lines, report);
    bases(&lines, left, report);
    spacing(&lines, left, right, report);
}

fn sizes(lines: &[&Line], report: &mut Report<'_>) {
    let range = report.rules.sizes.body;
    for line in lines.iter().filter(|line| line.text.chars().filter(|c| c.is_alphabetic()).count() >= 12) {
        if !within(line.size, range) && !line.text.starts_with('(') {
            report.say("body_size", format!("cỡ {:.1}", line.size), Some(line.page));
            return;
        }
    }
}

/// Whether a line begins a paragraph: set in from the left edge by something between half a centimetre and two.
fn begins(line: &Line, left: f64) -> bool {
    (14.0..57.0).contains(&(line.left - left))
}

/// Paragraphs that cite a basis, as they begin in practice.
fn is_basis(text: &str) -> bool {
    ["Căn cứ ", "Theo đề nghị ", "Xét đề nghị ", "Xét Tờ trình "].iter().any(|word| text.starts_with(word))
}

fn bases(lines: &[&Line], left: f64, report: &mut Report<'_>) {
    let Some(first) = lines.iter().position(|line| line.text.starts_with("Căn cứ ") && begins(line, left)) else {
        return;
    };
    let mut paragraphs: Vec<Vec<&Line>> = Vec::new();
    for line in lines.iter().skip(first) {
        if begins(line, left) {
            if !is_basis(&line.text) {
                break;
            }
            paragraphs.push(vec![line]);
        } else if line.left - left < 14.0 {
            if let Some(last) = paragraphs.last_mut() {
                last.push(line);
            }
        } else {
            break;
        }
    }
    // One sentence that begins with the word is no list of bases.
    let styled = paragraphs.iter().flatten().any(|line| line.italic);
    if paragraphs.len() < 2 && !styled {
        return;
    }
    let last = paragraphs.len().saturating_sub(1);
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let (Some(start), Some(end)) = (paragraph.first(), paragraph.last()) else { continue };
        if paragraph.iter().any(|line| !line.italic) {
            report.say("bases", "căn cứ không nghiêng", Some(start.page));
        }
        let wanted = if index == last { ['.', ';', ','] } else { [';'; 3] };
        if !wanted.iter().any(|mark| end.text.ends_with(*mark)) {
            report.say("bases", "căn cứ không kết thúc đúng dấu", Some(end.page));
        }
        if index == last && !end.text.ends_with('.') {
            report.say("bases", "căn cứ cuối không kết thúc bằng dấu chấm", Some(end.page));
        }
    }
}

fn spacing(lines: &[&Line], left: f64, right: f64, report: &mut Report<'_>) {
    let full = |line: &Line| line.right > right - 3.0 && line.left - left < 57.0;
    let indents: Vec<f64> =
        lines.iter().filter(|line| full(line) && begins(line, left)).map(|line| line.left - left).collect();
    let wrong = |indent: &&f64| ![10.0, 12.7].iter().any(|wanted| (**indent / MILLIMETRE - wanted).abs() < 0.8);
    // Only a paragraph of several lines shows where the text begins on the left.
    let goes_on = |pair: &[&Line]| matches!(pair, [above, below] if full(above) && (below.left - left).abs() < 3.0);
    if lines.windows(2).any(goes_on)
        && let Some(indent) = indents.iter().find(wrong)
        && indents.iter().filter(wrong).count() * 2 > indents.len()
    {
        report.say("first_line", format!("{:.1} mm", indent / MILLIMETRE), None);
    }
    let (mut inner, mut between) = (Vec::new(), Vec::new());
    for pair in lines.windows(2) {
        let [above, below] = pair else { continue };
        let step = above.baseline - below.baseline;
        let same = above.page == below.page && (above.size - below.size).abs() < 0.2 && (0.1..60.0).contains(&step);
        if !same {
            continue;
        }
        if full(above) && (below.left - left).abs() < 3.0 {
            inner.push((step / (below.size * SINGLE), below.page, step));
        } else if begins(below, left) && (above.left - left).abs() < 57.0 {
            between.push((step, below.page));
        }
    }
    if inner.len() < ENOUGH {
        return;
    }
    let off = |ratio: f64| !(0.93..=1.55).contains(&ratio);
    if let Some((ratio, page, _)) = inner.iter().find(|(ratio, ..)| off(*ratio)) {
        report.say("line_spacing", format!("{ratio:.2}"), Some(*page));
    }
    let mut steps: Vec<f64> = inner.iter().map(|(_, _, step)| *step).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps.get(steps.len() / 2).copied().unwrap_or_default();
    let tight: Vec<&(f64, usize)> = between.iter().filter(|(step, _)| step - usual < 5.0).collect();
    if between.len() >= ENOUGH
        && tight.len() * 2 > between.len()
        && let Some((step, page)) = tight.first()
    {
        report.say("paragraph_gap", format!("{:.1} pt", (step - usual).max(0.0)), Some(*page));
    }
}
