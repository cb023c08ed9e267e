//! What the words of a scanned paper say it is: number, day, kind, organ, subject, by where they stand on its first page
//! (Decree 30/2020/NĐ-CP, Appendix I). Every answer is a proposal that names its place; OCR takes 1 for l and 0 for O,
//! so number and day are confirmed by a person before anything is registered.

use super::settings::Kind;
use haidang_contracts::recognition::ReadWord;
use haidang_kernel::text::{fold, nfc};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A proposed fact. The place is in thousandths of the page's width and height.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// `number`, `date`, `kind`, `organ`, `subject` or `secrecy`.
    pub field: String,
    /// What it says; a day as `YYYY-MM-DD`, a kind by its id.
    pub value: String,
    /// 0 to 100.
    pub confidence: u8,
    /// Page, from 1.
    pub page: u32,
    /// Left, upper edge, width, height.
    pub place: [u32; 4],
    /// Letters were taken for digits, or could have been.
    pub doubtful: bool,
}

/// A page to be looked at.
#[derive(Debug, Clone)]
pub struct PageWords<'p> {
    /// Page, from 1.
    pub page: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Words in reading order.
    pub words: &'p [ReadWord],
}

/// Words that stand together on one line. The head of a paper has two columns, which a reader often takes as one line.
struct Segment<'p> {
    words: Vec<&'p ReadWord>,
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
}

impl Segment<'_> {
    fn text(&self) -> String {
        nfc(&self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "))
    }

    fn folded(&self) -> String {
        fold(&self.text())
    }

    fn confidence(&self) -> u8 {
        mean(self.words.iter().map(|word| word.confidence))
    }

    /// Whether it is written in capitals, as names of organs and kinds are.
    fn is_upper(&self) -> bool {
        let text = self.text();
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let small = text.chars().filter(|c| c.is_lowercase()).count();
        letters >= 2 && small * 10 <= letters
    }

    fn is_left(&self, page: &PageWords<'_>) -> bool {
        (self.left + self.right) / 2 < page.width / 2
    }
}

fn mean(values: impl Iterator<Item = u8>) -> u8 {
    let (sum, count) = values.fold((0_u32, 0_u32), |(sum, count), value| (sum + u32::from(value), count + 1));
    u8::try_from(sum.checked_div(count).unwrap_or(0)).unwrap_or(100)
}

fn segments<'p>(page: &PageWords<'p>) -> Vec<Segment<'p>> {
    let mut lines: Vec<Vec<&ReadWord>> = Vec::new();
    let mut last = None;
    for word in page.words {
        if last != Some(word.line) {
            lines.push(Vec::new());
        }
        last = Some(word.line);
        if let Some(line) = lines.last_mut() {
            line.push(word);
        }
    }
    let mut segments: Vec<Segment<'_>> = Vec::new();
    for mut line in lines {
        line.sort_by_key(|word| word.left);
        let mut right = None;
        for word in line {
            // A gap wider than three letters are high parts two columns.
            let parted = right.is_none_or(|right: u32| word.left > right + 3 * word.height.max(10));
            right = Some(word.left + word.width);
            match segments.last_mut() {
                Some(segment) if !parted => {
                    segment.right = segment.right.max(word.left + word.width);
                    segment.top = segment.top.min(word.top);
                    segment.bottom = segment.bottom.max(word.top + word.height);
                    segment.words.push(word);
                }
                _ => segments.push(Segment {
                    left: word.left,
                    right: word.left + word.width,
                    top: word.top,
                    bottom: word.top + word.height,
                    words: vec![word],
                }),
            }
        }
    }
    segments
}

/// What the pages say, the surest first for each field.
pub fn proposals(pages: &[PageWords<'_>], kinds: &[Kind]) -> Vec<Proposal> {
    let Some(first) = pages.first() else { return Vec::new() };
    let mut found = segments(first);
    found.sort_by_key(|segment| (segment.top, segment.left));
    let number = number(first, &found);
    let kind = kind(first, &found, kinds, number.as_ref().map(|(proposal, _)| proposal.value.as_str()));
    let subject = subject(first, &found, kind.as_ref().and_then(|(_, at)| *at), number.as_ref().map(|(_, at)| *at));
    let organ = organ(first, &found, number.as_ref().map(|(_, at)| *at));
    let mut all = vec![secrecy(first, &found)];
    all.extend([number.map(|(proposal, _)| proposal), date(first, &found), kind.map(|(proposal, _)| proposal)]);
    all.extend([organ, subject]);
    all.into_iter().flatten().collect()
}

fn propose(page: &PageWords<'_>, field: &str, value: String, confidence: u8, of: &[&Segment<'_>]) -> Proposal {
    let thousandth = |value: u32, of: u32| (u64::from(value) * 1000 / u64::from(of.max(1))).min(1000) as u32;
    let edge = |pick: fn(&Segment<'_>) -> u32| of.iter().map(move |segment| pick(segment));
    let left = edge(|s| s.left).min().unwrap_or(0);
    let top = edge(|s| s.top).min().unwrap_or(0);
    let width = edge(|s| s.right).max().unwrap_or(0).saturating_sub(left);
    let height = edge(|s| s.bottom).max().unwrap_or(0).saturating_sub(top);
    let place = [
        thousandth(left, page.width),
        thousandth(top, page.height),
        thousandth(width, page.width),
        thousandth(height, page.height),
    ];
    Proposal { field: field.to_owned(), value, confidence, page: page.page, place, doubtful: false }
}

/// Letters that OCR takes for digits, back to digits.
fn digits(text: &str) -> (String, bool) {
    let mut changed = false;
    let read = text.chars().map(|c| {
        let digit = match c {
            'O' | 'o' | 'Q' | 'D' => '0',
            'l' | 'I' | 'i' | '|' | '!' => '1',
            'S' => '5',
            'B' => '8',
            other => other,
        };
        changed |= digit != c;
        digit
    });
    let read = read.collect();
    (read, changed)
}

/// "Số: 05/QĐ-UBND" in the upper part of the page, with where it stands.
fn number(page: &PageWords<'_>, found: &[Segment<'_>]) -> Option<(Proposal, usize)> {
    found.iter().enumerate().filter(|(_, segment)| segment.top < page.height * 2 / 5).find_map(|(at, segment)| {
        let text = segment.text();
        let rest = ["số", "so", "sô", "sồ", "sỗ", "sổ"].iter().find_map(|word| {
            let lower = text.to_lowercase();
            let rest = lower.strip_prefix(word)?;
            text.get(text.len().checked_sub(rest.len())?..)
        })?;
        let rest = rest.trim_start_matches([':', '.', ';', ' ']);
        let joined: String = rest.split_whitespace().collect();
        let (code, notation) = joined.split_once('/')?;
        let (code, changed) = digits(code.trim());
        let notation: String =
            notation.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '/' | '&' | '.')).collect();
        let notation = notation.trim_end_matches(['.', '-', '/']).to_owned();
        let is_code = (1..=8).contains(&code.len()) && code.chars().all(|c| c.is_ascii_digit());
        if !is_code || !notation.chars().any(char::is_alphabetic) {
            return None;
        }
        let confidence = segment.words.iter().map(|word| word.confidence).min().unwrap_or(0);
        let confidence = if changed { confidence.min(60) } else { confidence };
        let mut proposal = propose(page, "number", format!("{code}/{notation}"), confidence, &[segment]);
        proposal.doubtful = changed || confidence < 80;
        Some((proposal, at))
    })
}

/// "ngày 05 tháng 01 năm 2026", the first on the page.
fn date(page: &PageWords<'_>, found: &[Segment<'_>]) -> Option<Proposal> {
    found.iter().find_map(|segment| {
        let words: Vec<(String, &ReadWord)> = segment
            .words
            .iter()
            .flat_map(|word| haidang_kernel::text::words(&word.text).into_iter().map(move |text| (text, *word)))
            .collect();
        words.windows(6).find_map(|window| {
            let [(day_word, _), (day, _), (month_word, _), (month, _), (year_word, _), (year, _)] = window else {
                return None;
            };
            // Marks of these three words are often lost; the shape of the whole is what counts.
            let shape = [fold(day_word), fold(month_word), fold(year_word)];
            if shape != ["ngay", "thang", "nam"] {
                return None;
            }
            let ((day, one), (month, two), (year, three)) = (digits(day), digits(month), digits(year));
            let year: i16 = year.parse().ok().filter(|year| (1945..=2200).contains(year))?;
            let date = Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
            let changed = one || two || three;
            let confidence = window.iter().map(|(_, word)| word.confidence).min().unwrap_or(0);
            let confidence = if changed { confidence.min(60) } else { confidence };
            let mut proposal = propose(page, "date", date.to_string(), confidence, &[segment]);
            proposal.doubtful = changed || confidence < 80;
            Some(proposal)
        })
    })
}

/// The kind: a line of capitals that is the name of one, or what the notation of the number says.
fn kind(
    page: &PageWords<'_>,
    found: &[Segment<'_>],
    kinds: &[Kind],
    number: Option<&str>,
) -> Option<(Proposal, Option<usize>)> {
    let of_notation = number.and_then(|number| number.split_once('/')).and_then(|(_, notation)| {
        let code = notation.split('-').next()?;
        kinds.iter().find(|kind| !kind.code.is_empty() && fold(&kind.code) == fold(code))
    });
    let named = found.iter().enumerate().filter(|(_, segment)| segment.is_upper()).find_map(|(at, segment)| {
        let text = segment.folded();
        let kind = kinds.iter().find(|kind| fold(kind.name.text(haidang_ui::Lang::Vi)) == text)?;
        Some((at, segment, kind))
    });
    match (named, of_notation) {
        (Some((at, segment, kind)), other) => {
            let agree = other.is_none_or(|other| other.id == kind.id);
            let confidence = if agree { segment.confidence() } else { segment.confidence().min(50) };
            Some((propose(page, "kind", kind.id.clone(), confidence, &[segment]), Some(at)))
        }
        (None, Some(kind)) => {
            let at = found.iter().position(|segment| segment.folded().starts_with("so"));
            let of: Vec<&Segment<'_>> = at.and_then(|at| found.get(at)).into_iter().collect();
            Some((propose(page, "kind", kind.id.clone(), 70, &of), None))
        }
        (None, None) => None,
    }
}

/// Words with which the name of an organ begins.
const ORGANS: &[&str] = &[
    "uy ban",
    "hoi dong",
    "so ",
    "ban ",
    "phong ",
    "cong an",
    "van phong",
    "chi cuc",
    "cuc ",
    "trung tam",
    "truong ",
    "bo ",
    "thanh tra",
    "dang uy",
    "benh vien",
    "chinh phu",
    "thu tuong",
    "vien ",
    "kho bac",
    "toa an",
    "cong ty",
    "hiep hoi",
    "hoi ",
    "mat tran",
    "quan uy",
    "tong cuc",
    "thanh uy",
];

/// The organ: capitals in the left column above the number; of several the lowest issued the paper.
fn organ(page: &PageWords<'_>, found: &[Segment<'_>], number: Option<usize>) -> Option<Proposal> {
    let below = number.and_then(|at| found.get(at)).map_or(page.height / 4, |segment| segment.top);
    let mut organs: Vec<Vec<&Segment<'_>>> = Vec::new();
    for segment in found.iter().filter(|s| s.top < below && s.is_left(page) && s.is_upper()) {
        let folded = segment.folded();
        let begins = ORGANS.iter().any(|word| folded.starts_with(word) || folded == word.trim());
        match organs.last_mut() {
            Some(lines) if !begins => lines.push(segment),
            _ => organs.push(vec![segment]),
        }
    }
    let lines = organs.pop()?;
    let text = lines.iter().map(|line| line.text()).collect::<Vec<_>>().join(" ");
    let confidence = mean(lines.iter().map(|line| line.confidence()));
    Some(propose(page, "organ", text, confidence, &lines))
}

/// Most lines a subject has.
const SUBJECT_LINES: usize = 6;

/// The subject: what stands under the kind, or after "V/v" of an official letter.
fn subject(
    page: &PageWords<'_>,
    found: &[Segment<'_>],
    kind: Option<usize>,
    number: Option<usize>,
) -> Option<Proposal> {
    let letter = || {
        let from = number.map_or(0, |at| at + 1);
        found.iter().enumerate().skip(from).find(|(_, s)| s.folded().starts_with("v/v")).map(|(at, _)| (at, true))
    };
    let (first, is_letter) = kind.map(|at| (at + 1, false)).or_else(letter)?;
    let mut lines: Vec<&Segment<'_>> = Vec::new();
    for segment in found.iter().skip(first) {
        if is_letter && !segment.is_left(page) {
            continue;
        }
        let folded = segment.folded();
        let ends = ["can cu", "kinh gui", "thuc hien", "xet de nghi", "theo de nghi", "dieu 1", "phan i"];
        let over = ends.iter().any(|word| folded.starts_with(word)) || (segment.is_upper() && !lines.is_empty());
        // A gap of two lines ends it: the body begins.
        let far = lines.last().is_some_and(|last| segment.top > last.bottom + 2 * (last.bottom - last.top).max(12));
        if over || far || lines.len() >= SUBJECT_LINES {
            break;
        }
        // A rule under the subject is read as dashes.
        if folded.chars().any(char::is_alphanumeric) {
            lines.push(segment);
        }
    }
    let text = lines.iter().map(|line| line.text()).collect::<Vec<_>>().join(" ");
    let text = if is_letter { after_mark(&text) } else { text };
    let text = text.trim_matches([' ', '.', '-', '_', '—', '–', '"']).to_owned();
    let confidence = mean(lines.iter().map(|line| line.confidence()));
    (!text.is_empty()).then(|| propose(page, "subject", text, confidence, &lines))
}

/// What follows "V/v".
fn after_mark(text: &str) -> String {
    text.chars().skip(3).collect::<String>().trim_start_matches([':', ' ']).to_owned()
}

/// A stamp of secrecy: this system takes no state secrets, so a person is told at once.
fn secrecy(page: &PageWords<'_>, found: &[Segment<'_>]) -> Option<Proposal> {
    let marks = ["mat", "toi mat", "tuyet mat"];
    let mark = found.iter().find(|segment| segment.is_upper() && marks.contains(&segment.folded().as_str()))?;
    Some(propose(page, "secrecy", mark.text(), mark.confidence(), &[mark]))
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
