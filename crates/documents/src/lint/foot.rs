//! Rules of the foot: recipients, archive copy, signature block, no academic title.

use super::Report;
use super::rules::within;
use super::sheet::{Line, Sheet};

/// Words before a name that Điều 13 and the layout keep off the paper.
const ACADEMIC: [&str; 14] = [
    "GS",
    "PGS",
    "TS",
    "TSKH",
    "THS",
    "BS",
    "KS",
    "CN",
    "GIÁO SƯ",
    "PHÓ GIÁO SƯ",
    "TIẾN SĨ",
    "THẠC SĨ",
    "BÁC SĨ",
    "KỸ SƯ",
];

/// What the rest needs of the foot.
pub(super) struct Foot {
    /// Page and base line of `Nơi nhận:`.
    pub(super) recipients: Option<(usize, f64)>,
}

/// Judges the block of recipients and signature, wherever it stands.
pub(super) fn judge(sheet: &Sheet, report: &mut Report<'_>) -> Foot {
    let mut titles = sheet.pages.iter().flat_map(|page| &page.lines).filter(|line| line.text.starts_with("Nơi nhận"));
    let Some(title) = titles.next_back() else {
        report.say("recipients", "không thấy Nơi nhận", None);
        return Foot { recipients: None };
    };
    let Some(page) = sheet.pages.get(title.page) else { return Foot { recipients: None } };
    let sizes = report.rules.sizes.clone();
    if title.text != "Nơi nhận:" || !within(title.size, sizes.recipients_title) || !title.bold || !title.italic {
        report.say("recipients", format!("cỡ {:.1}", title.size), Some(title.page));
    }
    let below = |line: &&Line| {
        line.baseline < title.baseline - 1.0 && (line.left - title.left).abs() < 30.0 && line.size < 12.8
    };
    let list: Vec<&Line> = page.lines.iter().filter(below).collect();
    if let Some(line) = list.iter().find(|line| !within(line.size, sizes.recipients)) {
        report.say("recipients", format!("danh sách cỡ {:.1}", line.size), Some(title.page));
    }
    let archive = list.iter().find(|line| line.text.starts_with("- Lưu:"));
    if !archive.is_some_and(|line| line.text.contains("VT")) {
        report.say("archive_copy", "không thấy dòng - Lưu: VT", Some(title.page));
    }
    signature(sheet, title, report);
    Foot { recipients: Some((title.page, title.baseline)) }
}

/// The block beside the recipients: bold lines of the right half, the last one a name.
fn signature(sheet: &Sheet, title: &Line, report: &mut Report<'_>) {
    let Some(page) = sheet.pages.get(title.page) else { return };
    let beside =
        |line: &&Line| line.left > page.width * 0.45 && line.baseline < title.baseline + 6.0 && line.size > 9.0;
    let lines: Vec<&Line> = page.lines.iter().filter(beside).collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
    let sized = |line: &&&Line| !within(line.size, report.rules.sizes.signature) || !line.bold || line.italic;
    if let Some(line) = lines.iter().find(sized) {
        let found = format!("cỡ {:.1}{}", line.size, if line.bold { "" } else { ", không đậm" });
        report.say("signature", found, Some(title.page));
    }
    if lines.len() < 2 || !first.is_upper() {
        report.say("signature", "quyền hạn, chức vụ không in hoa hoặc thiếu họ tên", Some(title.page));
    } else if last.is_upper() {
        report.say("signature", "họ tên in hoa hoặc thiếu họ tên", Some(title.page));
    }
    let titled =
        lines.iter().filter(|line| !line.is_upper() || line.text.contains('.')).any(|line| begins_academic(&line.text));
    if titled {
        report.say("academic_title", "có học hàm, học vị trước họ tên", Some(title.page));
    }
}

/// `TS. Nguyễn …`, `Tiến sĩ Nguyễn …`; a name that begins with such letters is none.
fn begins_academic(text: &str) -> bool {
    let upper = text.to_uppercase();
    ACADEMIC.iter().any(|title| {
        let rest = upper.strip_prefix(title);
        rest.is_some_and(|rest| rest.starts_with('.') || (title.len() > 4 && rest.starts_with(' ')))
    })
}

#[cfg(test)]
mod tests {
    use super::begins_academic;

    #[test]
    fn titles_are_told_from_names() {
        for titled in ["TS. Nguyễn Văn A", "PGS.TS. Lê B", "ThS. Trần C", "Tiến sĩ Phạm D", "Thạc sĩ Đỗ E"]
        {
            assert!(begins_academic(titled), "{titled}");
        }
        for plain in ["Tống Sơn", "Cn Nguyễn", "KT. GIÁM ĐỐC", "TL. CHỦ TỊCH", "Bùi Sĩ Bách", "TM. ỦY BAN NHÂN DÂN"]
        {
            assert!(!begins_academic(plain), "{plain}");
        }
    }
}
