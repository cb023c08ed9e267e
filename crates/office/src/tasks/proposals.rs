//! Proposals of tasks from the text of a directive: "giao … chủ trì, … phối hợp …, hoàn thành trước ngày …". Rules over
//! words, no guessing beyond them; every proposal quotes its sentence, and a person confirms.

use haidang_kernel::text::nfc;
use jiff::ToSpan;
use jiff::civil::Date;

/// Most characters that are read.
pub const MOST: usize = 100_000;

/// A task that a sentence asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The sentence, word for word.
    pub quote: String,
    /// Who leads (chủ trì), as written.
    pub lead: String,
    /// Who supports (phối hợp), as written.
    pub support: String,
    /// What shall be done.
    pub work: String,
    /// Last day.
    pub due: Option<Date>,
}

/// Words with which a sentence gives a task, longer ones first.
const ORDERS: &[&str] = &["phân công", "yêu cầu", "đề nghị", "giao cho", "giao"];
const LEADS: &[&str] = &["chủ trì"];
const SUPPORTS: &[&str] = &["phối hợp chặt chẽ với", "phối hợp với", "phối hợp cùng", "phối hợp"];
/// Phrases before a last day; `true` when the day itself is already too late ("trước ngày").
const DEADLINES: &[(&str, bool)] = &[
    ("xong trước", true),
    ("hoàn thành trước", true),
    ("trước ngày", true),
    ("trước tháng", true),
    ("trước", true),
    ("chậm nhất", false),
    ("muộn nhất", false),
    ("hạn cuối", false),
    ("thời hạn", false),
    ("hoàn thành trong", false),
    ("hoàn thành", false),
    ("đến hết", false),
    ("trong tháng", false),
    ("đến ngày", false),
];
/// Verbs of directives. Written small they begin the work; written large they belong to a name (Sở Xây dựng).
const VERBS: &[&str] = &[
    "ban hành",
    "báo cáo",
    "bố trí",
    "chuẩn bị",
    "chỉ đạo",
    "công bố",
    "công khai",
    "cập nhật",
    "cung cấp",
    "đánh giá",
    "đôn đốc",
    "đề xuất",
    "giải quyết",
    "hoàn thiện",
    "hướng dẫn",
    "khẩn trương",
    "khắc phục",
    "kiểm tra",
    "lập",
    "nghiên cứu",
    "phê duyệt",
    "rà soát",
    "tham mưu",
    "thẩm định",
    "theo dõi",
    "thực hiện",
    "tiếp tục",
    "tiếp thu",
    "triển khai",
    "trình",
    "tổ chức",
    "tổng hợp",
    "tuyên truyền",
    "vận hành",
    "xây dựng",
    "xử lý",
    "thông báo",
];

/// A sentence as characters, with the same ones small: places agree.
struct Words {
    as_written: Vec<char>,
    small: Vec<char>,
}

impl Words {
    fn new(text: &str) -> Self {
        let as_written: Vec<char> = text.chars().collect();
        let small = as_written.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
        Self { as_written, small }
    }

    fn boundary(&self, at: usize) -> bool {
        at == 0 || self.small.get(at - 1).is_none_or(|c| !c.is_alphanumeric())
    }

    /// The first place of a phrase as whole words from `from`, and where it ends.
    fn find_in(&self, letters: &[char], phrase: &str, from: usize) -> Option<(usize, usize)> {
        let wanted: Vec<char> = phrase.chars().collect();
        let found = (from..letters.len()).find(|at| {
            let end = at + wanted.len();
            letters.get(*at..end).is_some_and(|piece| piece == wanted)
                && self.boundary(*at)
                && letters.get(end).is_none_or(|c| !c.is_alphanumeric())
        })?;
        Some((found, found + wanted.len()))
    }

    fn find(&self, phrase: &str, from: usize) -> Option<(usize, usize)> {
        self.find_in(&self.small, phrase, from)
    }

    /// The earliest of several phrases.
    fn first(&self, phrases: &[&str], from: usize) -> Option<(usize, usize)> {
        let all = phrases.iter().filter_map(|phrase| self.find(phrase, from));
        all.min_by_key(|(start, end)| (*start, usize::MAX - *end))
    }

    /// The first verb written small.
    fn verb(&self, from: usize) -> Option<usize> {
        VERBS.iter().filter_map(|verb| self.find_in(&self.as_written, verb, from)).map(|(start, _)| start).min()
    }

    fn piece(&self, from: usize, to: usize) -> String {
        let text: String = self.as_written.get(from..to.max(from)).unwrap_or_default().iter().collect();
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.' | '-' | '–')).to_owned()
    }
}

/// Sentences of a text: a full stop ends one only before a space, so that dates stay whole.
fn sentences(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = vec![String::new()];
    for (index, letter) in letters.iter().enumerate() {
        let stops = match letter {
            '\n' | ';' => true,
            '.' => letters.get(index + 1).is_none_or(|next| next.is_whitespace() || *next == '/'),
            _ => false,
        };
        if stops {
            found.push(String::new());
        } else if let Some(last) = found.last_mut() {
            last.push(*letter);
        }
    }
    found.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// The numbers of a piece, up to three, as they stand in "15/3/2026", "15.03.2026", "15 tháng 3 năm 2026", "3/2026".
fn numbers(piece: &str) -> Vec<i16> {
    let mut found: Vec<i16> = Vec::new();
    let mut rest = piece.trim_start();
    for separator in ["ngày", "là", "vào", "ngày", "hết", "tháng", "ngày"] {
        rest = rest.strip_prefix(separator).map_or(rest, str::trim_start);
    }
    while found.len() < 3 {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse() else { break };
        found.push(number);
        rest = rest.get(digits.len()..).unwrap_or_default();
        let next = ["/", "-", ".", " tháng ", " năm "].iter().find_map(|separator| rest.strip_prefix(separator));
        match next.map(str::trim_start) {
            Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => rest = after,
            _ => break,
        }
    }
    found
}

fn last_of_month(year: i16, month: i16) -> Option<Date> {
    Some(Date::new(year, i8::try_from(month).ok()?, 1).ok()?.last_of_month())
}

/// The last day that follows a phrase; without a year the next such day from `on`.
fn last_day(after: &str, phrase: &str, exclusive: bool, on: Date) -> Option<Date> {
    let day_of =
        |day: i16, month: i16, year: i16| Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    let months = phrase.ends_with("tháng") || after.trim_start().starts_with("tháng");
    match numbers(after).as_slice() {
        [day, month, year] => {
            let found = day_of(*day, *month, *year)?;
            if exclusive { found.yesterday().ok() } else { Some(found) }
        }
        [month, year] if *year > 1000 => {
            let before = if exclusive { last_of_month(*year, *month)?.first_of_month().yesterday().ok() } else { None };
            before.or_else(|| last_of_month(*year, *month))
        }
        [day, month] => {
            let this = day_of(*day, *month, on.year())?;
            let found = if this < on { this.checked_add(1.year()).ok()? } else { this };
            if exclusive { found.yesterday().ok() } else { Some(found) }
        }
        [month] if months => {
            let this = last_of_month(on.year(), *month)?;
            let found = if this < on { last_of_month(on.year() + 1, *month)? } else { this };
            if exclusive { found.first_of_month().yesterday().ok() } else { Some(found) }
        }
        _ => None,
    }
}

/// Where the phrase of the last day begins, and the day.
fn deadline(words: &Words, on: Date) -> Option<(usize, Date)> {
    let mut found: Option<(usize, Date)> = None;
    for (phrase, exclusive) in DEADLINES {
        let mut from = 0;
        while let Some((start, end)) = words.find(phrase, from) {
            from = end;
            // A day and its words are short: what stands further away belongs to something else.
            let after: String = words.small.iter().skip(end).take(60).collect();
            let Some(day) = last_day(after.trim_start(), phrase, *exclusive, on) else { continue };
            // The longest phrase about the earliest day wins: "hoàn thành trước" over "trước".
            if found.is_none_or(|(known, _)| start < known) {
                found = Some((start, day));
            }
        }
    }
    found
}

fn proposal(sentence: &str, on: Date) -> Option<Proposal> {
    let words = Words::new(sentence);
    let order = words.first(ORDERS, 0);
    let leads = words.first(LEADS, 0);
    let due = deadline(&words, on);
    // A sentence that only mentions a day, or only somebody's part, gives no task.
    let begin = match (order, leads, due) {
        (Some((_, end)), ..) => end,
        (None, Some(_), Some(_)) => 0,
        _ => return None,
    };
    let end = due.map_or(words.small.len(), |(start, _)| start).max(begin);
    let leads = leads.filter(|(start, _)| *start >= begin && *start < end);
    let support = words.first(SUPPORTS, begin).filter(|(start, _)| *start < end);
    let after_parts = support.map(|(_, end)| end).or(leads.map(|(_, end)| end)).unwrap_or(begin);
    let work_from = words.verb(after_parts).filter(|at| *at < end);
    let lead_end =
        [leads.map(|(start, _)| start), support.map(|(start, _)| start), work_from].into_iter().flatten().min();
    let lead = words.piece(begin, lead_end.unwrap_or(begin));
    let supporters = support.map_or_else(String::new, |(_, from)| words.piece(from, work_from.unwrap_or(end)));
    let work = words.piece(work_from.unwrap_or(after_parts), end);
    if work.is_empty() || (lead.is_empty() && due.is_none()) {
        return None;
    }
    Some(Proposal { quote: sentence.to_owned(), lead, support: supporters, work, due: due.map(|(_, day)| day) })
}

/// A text as its lines stand on paper, with the lines joined that only end at the margin: a sentence runs over them.
/// A line stays the last of its part when it is empty, ends a sentence, or the next one begins a new point or heading.
pub fn unbroken(text: &str) -> String {
    let starts_anew = |line: &str| {
        let first = line.split_whitespace().next().unwrap_or_default();
        let marked = first.starts_with(['-', '–', '+', '•', '*']);
        let point = first.ends_with(['.', ')']) && first.chars().count() <= 4;
        let headed = line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase);
        marked || point || headed || matches!(first, "Điều" | "Khoản" | "Căn" | "Nơi")
    };
    let mut out = String::with_capacity(text.len());
    let mut open = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            open = false;
            continue;
        }
        if !out.is_empty() {
            out.push(if open && !starts_anew(line) { ' ' } else { '\n' });
        }
        out.push_str(line);
        let headed = line.chars().any(char::is_alphabetic) && !line.chars().any(char::is_lowercase);
        open = !headed && !line.ends_with(['.', ';', ':', '/']);
    }
    out
}

/// The tasks a directive asks for, in its order; `on` is the day from which days without a year count.
pub fn propose(text: &str, on: Date) -> Vec<Proposal> {
    let text: String = nfc(text).chars().take(MOST).collect();
    sentences(&text).iter().filter_map(|sentence| proposal(sentence, on)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, &str, &str)]) {
        let on = "2026-03-03".parse().unwrap();
        let found = propose(text, on);
        let said: Vec<(String, String, String, String)> = found
            .into_iter()
            .map(|one| (one.lead, one.support, one.work, one.due.map(|day| day.to_string()).unwrap_or_default()))
            .collect();
        let wanted: Vec<(String, String, String, String)> = expected
            .iter()
            .map(|(lead, support, work, due)| {
                ((*lead).to_owned(), (*support).to_owned(), (*work).to_owned(), (*due).to_owned())
            })
            .collect();
        assert_eq!(said, wanted, "{text}");
    }

    #[test]
    fn directives_as_they_are_written() {
        check(
            "1. Giao Sở Xây dựng chủ trì, phối hợp với Sở Tài chính và Ủy ban nhân dân các xã rà soát quy hoạch, hoàn thành trước ngày 15/3/2026.",
            &[("Sở Xây dựng", "Sở Tài chính và Ủy ban nhân dân các xã", "rà soát quy hoạch", "2026-03-14")],
        );
        check(
            "Yêu cầu Văn phòng tổng hợp kết quả, báo cáo Chủ tịch chậm nhất ngày 20 tháng 4 năm 2026.",
            &[("Văn phòng", "", "tổng hợp kết quả, báo cáo Chủ tịch", "2026-04-20")],
        );
        check(
            "Giao Phòng Kinh tế tham mưu kế hoạch trong tháng 4/2026;",
            &[("Phòng Kinh tế", "", "tham mưu kế hoạch", "2026-04-30")],
        );
        check("Giao Phòng Văn hóa báo cáo trước 01.02", &[("Phòng Văn hóa", "", "báo cáo", "2027-01-31")]);
        check(
            "Công an xã chủ trì kiểm tra cư trú, xong trước 30/6/2026",
            &[("Công an xã", "", "kiểm tra cư trú", "2026-06-29")],
        );
        check(
            "Đề nghị các đơn vị thực hiện nghiêm Chỉ thị này",
            &[("các đơn vị", "", "thực hiện nghiêm Chỉ thị này", "")],
        );
    }

    #[test]
    fn lines_that_end_at_the_margin_are_one_sentence() {
        let check = |text: &str, expected: &str| assert_eq!(unbroken(text), expected, "{text}");
        check(
            "Giao Sở Xây dựng chủ trì, phối hợp với\nSở Tài chính rà soát quy hoạch.",
            "Giao Sở Xây dựng chủ trì, phối hợp với Sở Tài chính rà soát quy hoạch.",
        );
        check("QUYẾT ĐỊNH\nGiao Văn phòng\n\ntổng hợp", "QUYẾT ĐỊNH\nGiao Văn phòng\ntổng hợp");
        check(
            "1. Giao Sở A báo cáo;\n2. Giao Sở B\nrà soát\n- kiểm tra",
            "1. Giao Sở A báo cáo;\n2. Giao Sở B rà soát\n- kiểm tra",
        );
        check("", "");
        let found = propose(
            &unbroken("Điều 2. Giao Sở Xây dựng chủ trì rà soát quy hoạch,\nhoàn thành trước ngày\n15/3/2026."),
            "2026-03-03".parse().unwrap(),
        );
        assert_eq!(
            (found.len(), found[0].lead.as_str(), found[0].due.unwrap().to_string().as_str()),
            (1, "Sở Xây dựng", "2026-03-14")
        );
    }

    #[test]
    fn what_gives_no_task() {
        for text in [
            "",
            "Trước ngày 15/3/2026 trời mưa.",
            "Căn cứ Luật Tổ chức chính quyền địa phương;",
            "Cuộc họp kết thúc lúc 11 giờ.",
            "Bên giao hàng ở xa",
            "Ngày không có thật, chậm nhất 31/02/2026",
        ] {
            assert_eq!(propose(text, "2026-03-03".parse().unwrap()), [], "{text}");
        }
    }

    #[test]
    fn decomposed_letters_and_capitals_are_the_same_words() {
        let on = "2026-03-03".parse().unwrap();
        let composed = propose("GIAO Sở Y tế chủ trì kiểm tra, chậm nhất ngày 5/5/2026", on);
        let decomposed = "GIAO So\u{31b}\u{309} Y te\u{302}\u{301} chu\u{309} tri\u{300} kie\u{302}\u{309}m tra, cha\u{302}\u{323}m nha\u{302}\u{301}t nga\u{300}y 5/5/2026";
        assert_eq!(composed.len(), 1);
        assert_eq!(propose(decomposed, on), composed);
    }

    proptest::proptest! {
        /// Whatever is pasted, a proposal is made of what stands there.
        #[test]
        fn a_proposal_quotes_its_text(text in "(giao |chủ trì |phối hợp với |rà soát |trước ngày |chậm nhất |15/3/2026|3/2026|, |\\. |[a-zđêôA-Z]{1,6} |\\PC){0,24}") {
            let on = "2026-03-03".parse().unwrap();
            let whole = nfc(&text);
            for one in propose(&text, on) {
                proptest::prop_assert!(whole.contains(&one.quote));
                proptest::prop_assert!(one.quote.contains(&one.work) && one.quote.contains(&one.lead));
                proptest::prop_assert!(one.quote.contains(&one.support));
            }
        }
    }
}
