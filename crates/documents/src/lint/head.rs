//! Rules of the head: national name, motto, organ, number, place and date, kind and subject.

use std::sync::Arc;

use jiff::civil::Date;

use super::Report;
use super::rules::within;
use super::sheet::{Line, MILLIMETRE, PageSheet, Sheet};
use crate::pades;
use crate::pdf::PdfFile;

const NATIONAL: [&str; 2] = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"];
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";

/// What the rest needs of the head.
pub(super) struct Head {
    /// Where the content begins: below everything of the head, on page 1.
    pub(super) end: f64,
    date: Option<Date>,
}

/// Judges the head of the first page.
pub(super) fn judge(sheet: &Sheet, report: &mut Report<'_>) -> Head {
    let mut head = Head { end: f64::INFINITY, date: None };
    let Some(page) = sheet.first() else { return head };
    let national = national(page, report);
    motto(page, report);
    let upper: Vec<&Line> = page.lines.iter().filter(|line| line.baseline > page.height * 0.55).collect();
    let number = upper.iter().find(|line| line.text.starts_with("Số:") || line.text.starts_with("SỐ:"));
    let date =
        upper.iter().find(|line| line.left > page.width * 0.4 && line.text.contains("ngày") || looks_dated(line));
    organ(page, national, number.copied(), report);
    // A place with its comma and nothing behind it waits for its date.
    let open = |line: &&&Line| line.italic && line.text.ends_with(',') && line.left > page.width * 0.4;
    match date {
        Some(line) => head.date = judge_date(line, report),
        None if upper.iter().any(|line| open(&line)) => report.say("date_empty", "chưa có thời gian ban hành", Some(0)),
        None => report.say("date", "không thấy địa danh, thời gian", Some(0)),
    }
    let subject = upper.iter().find(|line| line.text.starts_with("V/v"));
    let kind = kind(page, subject.copied(), report);
    match number {
        Some(line) => judge_number(&joined(page, line), kind.as_deref(), subject.is_some(), report),
        None => report.say("number", "không thấy số, ký hiệu", Some(0)),
    }
    urgency(page, report);
    for line in &page.lines {
        if matches!(line.text.as_str(), "MẬT" | "TỐI MẬT" | "TUYỆT MẬT") {
            report.say("secrecy", "có dấu chỉ độ mật", Some(0));
        }
    }
    let bottoms = [number.copied(), date.copied(), subject.copied()];
    head.end = bottoms.iter().flatten().map(|line| line.bottom()).fold(f64::INFINITY, f64::min);
    head
}

fn looks_dated(line: &Line) -> bool {
    line.text.contains(", ngày ") && line.text.contains(" năm ")
}

fn style(line: &Line) -> String {
    let weight = if line.bold { "đậm" } else { "không đậm" };
    let slope = if line.italic { "nghiêng" } else { "đứng" };
    format!("cỡ {:.1}, {slope}, {weight}", line.size)
}

fn national<'p>(page: &'p PageSheet, report: &mut Report<'_>) -> Option<&'p Line> {
    let alike = |line: &&Line| NATIONAL.iter().any(|name| line.text.to_uppercase().contains(name));
    let Some(line) = page.lines.iter().find(alike) else {
        report.say("national_name", "không thấy Quốc hiệu", Some(0));
        return None;
    };
    let exact = NATIONAL.contains(&line.text.as_str());
    if !exact || !line.bold || line.italic || !within(line.size, report.rules.sizes.national) {
        report.say("national_name", if exact { style(line) } else { "chữ khác mẫu".to_owned() }, Some(0));
    }
    Some(line)
}

fn motto(page: &PageSheet, report: &mut Report<'_>) {
    let same = |text: &str| text.to_lowercase().replace(['–', '-', ' '], "");
    let Some(line) = page.lines.iter().find(|line| same(&line.text) == same(MOTTO)) else {
        report.say("motto", "không thấy Tiêu ngữ", Some(0));
        return;
    };
    let exact = line.text == MOTTO;
    if !exact || !line.bold || line.italic || !within(line.size, report.rules.sizes.motto) {
        report.say("motto", if exact { style(line) } else { "chữ khác mẫu".to_owned() }, Some(0));
    }
    match rule_below(page, line) {
        Some(length) if (0.94..=1.06).contains(&(length / line.width())) => {}
        Some(length) => report.say("motto_rule", format!("{:.0} % dòng chữ", 100.0 * length / line.width()), Some(0)),
        None => report.say("motto_rule", "không thấy đường kẻ", Some(0)),
    }
}

/// Length of a horizontal rule right below a line.
fn rule_below(page: &PageSheet, line: &Line) -> Option<f64> {
    let flat = page.frames.iter().filter(|frame| frame.height() < 2.0 && frame.width() > 10.0);
    let mut below = flat.filter(|frame| {
        let drop = line.baseline - frame.center().y;
        (0.0..14.0).contains(&drop) && (frame.center().x - line.middle()).abs() < line.width().max(60.0) / 2.0
    });
    below.next().map(|frame| frame.width())
}

/// Lines of the left column above the number: superior organs, then the issuing organ in bold.
fn organ(page: &PageSheet, national: Option<&Line>, number: Option<&Line>, report: &mut Report<'_>) {
    let Some(national) = national else { return };
    let end = number.map_or(national.baseline - 60.0, |line| line.baseline + 2.0);
    let left = |line: &&Line| line.right < national.left + 5.0 && line.baseline > end && line.size > 10.5;
    let lines: Vec<&Line> = page.lines.iter().filter(left).collect();
    let Some(last) = lines.last() else {
        report.say("organ", "không thấy tên cơ quan", Some(0));
        return;
    };
    for line in &lines {
        if !line.is_upper() || !within(line.size, report.rules.sizes.organ) || line.italic {
            report.say(
                "organ",
                format!("{}, {}", style(line), if line.is_upper() { "in hoa" } else { "in thường" }),
                Some(0),
            );
        }
    }
    let issuing: Vec<&&Line> = lines.iter().skip_while(|line| !line.bold).collect();
    if !last.bold || issuing.iter().any(|line| !line.bold) {
        report.say("organ", "tên cơ quan ban hành không đậm hoặc cơ quan chủ quản đậm", Some(0));
    }
    let widest = issuing.iter().map(|line| line.width()).fold(last.width(), f64::max);
    match rule_below(page, last) {
        Some(length) if (0.3..=0.55).contains(&(length / widest)) => {}
        Some(length) => report.say("organ_rule", format!("{:.0} % dòng chữ", 100.0 * length / widest), Some(0)),
        None => report.say("organ_rule", "không thấy đường kẻ", Some(0)),
    }
}

/// A number with what stands behind it in the left column: a field leaves room on its right, filled or not.
fn joined(page: &PageSheet, line: &Line) -> Line {
    let mut whole = line.clone();
    for next in &page.lines {
        let level = (next.baseline - whole.baseline).abs() < 1.5;
        if level && (1.0..45.0).contains(&(next.left - whole.right)) && next.right < page.width / 2.0 {
            whole.text.push_str(&next.text);
            whole.right = next.right;
        }
    }
    whole
}

/// `Số: 05/QĐ-UBND`.
fn judge_number(line: &Line, kind: Option<&str>, letter: bool, report: &mut Report<'_>) {
    if !within(line.size, report.rules.sizes.number) || line.bold || line.italic {
        report.say("number", style(line), Some(0));
    }
    let Some(rest) = line.text.strip_prefix("Số:") else {
        report.say("number", "không bắt đầu bằng \"Số:\"", Some(0));
        return;
    };
    let Some((number, notation)) = rest.trim().split_once('/') else {
        report.say("number", "không có dấu / giữa số và ký hiệu", Some(0));
        return;
    };
    let (number, notation) = (number.trim(), notation.trim());
    if number.is_empty() {
        report.say("number_empty", "chưa có số", Some(0));
    } else if number.len() < 2 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        report.say("number", "số không phải chữ số Ả Rập, hoặc dưới 10 mà không thêm 0", Some(0));
    }
    let group = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '&' | '.' | '(' | ')'))
    };
    if notation.is_empty() || !notation.split(['-', '/']).all(|part| group(part.trim())) {
        report.say("number", "ký hiệu không gồm các nhóm chữ nối bằng \"-\"", Some(0));
    }
    let first = notation.split('-').next().unwrap_or_default().trim();
    match kind {
        Some(code) if code != first => {
            report.say("kind_abbreviation", format!("ký hiệu {first}, tên loại ứng với {code}"), Some(0));
        }
        None if letter && report.rules.kinds.contains_key(first) => {
            report.say("kind_abbreviation", format!("công văn mà ký hiệu là {first}"), Some(0));
        }
        _ => {}
    }
}

/// `Hải Phòng, ngày 05 tháng 01 năm 2026`.
fn judge_date(line: &Line, report: &mut Report<'_>) -> Option<Date> {
    if !within(line.size, report.rules.sizes.date) || !line.italic || line.bold {
        report.say("date", style(line), Some(0));
    }
    let after = line.text.split_once("ngày").map_or("", |(_, rest)| rest);
    let (day, rest) = after.split_once("tháng").unwrap_or((after, ""));
    let (month, year) = rest.split_once("năm").unwrap_or((rest, ""));
    let (day, month, year) = (day.trim(), month.trim(), year.trim());
    if day.is_empty() || year.is_empty() {
        report.say("date_empty", "chưa có thời gian ban hành", Some(0));
        return None;
    }
    let place =
        line.text.split_once(", ngày").is_some_and(|(place, _)| place.chars().next().is_some_and(char::is_uppercase));
    let parsed = (|| Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok())();
    let padded = parsed.is_some_and(|date| {
        let wanted = if date.month() < 3 { format!("{:02}", date.month()) } else { date.month().to_string() };
        day == format!("{:02}", date.day()) && month == wanted
    });
    if !place || parsed.is_none() || !padded {
        report.say("date", "không đúng dạng địa danh, ngày … tháng … năm …", Some(0));
    }
    parsed
}

/// The abbreviation of the kind that the title names. Also without one of the list there must be a title or a subject.
fn kind(page: &PageSheet, subject: Option<&Line>, report: &mut Report<'_>) -> Option<String> {
    if let Some(line) = subject {
        if !within(line.size, report.rules.sizes.letter_subject) || line.bold || line.italic {
            report.say("kind", style(line), Some(0));
        }
        return None;
    }
    let named = |line: &Line| {
        let kinds = report.rules.kinds.iter();
        kinds.filter(|(_, name)| line.text.to_uppercase() == name.to_uppercase()).map(|(code, _)| code.clone()).next()
    };
    let centred = |line: &&Line| (line.middle() - page.width / 2.0).abs() < 15.0 * MILLIMETRE;
    let found = page.lines.iter().filter(centred).find_map(|line| Some((line, named(line)?)));
    let Some((line, code)) = found else {
        let addressed = page.lines.iter().any(|line| line.text.starts_with("Kính gửi"));
        if !addressed {
            report.say("kind", "không thấy tên loại hoặc V/v", Some(0));
        }
        return None;
    };
    if !line.is_upper() || !line.bold || line.italic || !within(line.size, report.rules.sizes.kind) {
        report.say("kind", style(line), Some(0));
    }
    Some(code)
}

fn urgency(page: &PageSheet, report: &mut Report<'_>) {
    for line in &page.lines {
        let Some(&(width, height)) = report.rules.urgencies.get(&line.text) else { continue };
        if !within(line.size, report.rules.sizes.urgency) || !line.bold || line.black {
            report.say("urgency", style(line), Some(0));
        }
        let around = page.frames.iter().filter(|frame| {
            frame.x0 < line.left
                && frame.x1 > line.right
                && frame.y0 < line.baseline
                && frame.y1 > line.baseline + line.size / 2.0
        });
        let smallest = around.min_by(|a, b| a.area().total_cmp(&b.area()));
        let fits = |value: f64, wanted: f64| (value / MILLIMETRE - wanted).abs() <= 1.5;
        match smallest {
            Some(frame) if fits(frame.width(), width) && fits(frame.height(), height) => {}
            Some(frame) => {
                let found = format!("khung {:.0} × {:.0} mm", frame.width() / MILLIMETRE, frame.height() / MILLIMETRE);
                report.say("urgency", found, Some(0));
            }
            None => report.say("urgency", "không có khung", Some(0)),
        }
    }
}

/// The date on the paper is the day of the first signature (its claimed time, +07:00).
pub(super) fn signing_date(head: &Head, bytes: &[u8], report: &mut Report<'_>) {
    let Some(date) = head.date else { return };
    let signed = (|| {
        let file = PdfFile::open(Arc::new(bytes.to_vec())).ok()?;
        let view = file.newest();
        let field = pades::fields(&view)
            .ok()?
            .into_iter()
            .find(|field| field.kind == pades::FieldKind::Signature && field.value().is_some())?;
        let value = view.resolve(field.value()?).ok()?;
        let at = value.as_dictionary()?.get("M")?.as_text()?;
        let digits = at.strip_prefix("D:")?.get(..8)?.to_owned();
        Date::new(digits.get(..4)?.parse().ok()?, digits.get(4..6)?.parse().ok()?, digits.get(6..8)?.parse().ok()?).ok()
    })();
    if let Some(signed) = signed.filter(|signed| *signed != date) {
        report.say("date_signing", format!("ngày {date}, ký {signed}"), Some(0));
    }
}
