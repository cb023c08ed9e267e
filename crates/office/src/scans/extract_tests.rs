use super::*;
use haidang_kernel::bilingual::Bilingual;
use proptest::prelude::*;

fn kinds() -> Vec<Kind> {
    let kind =
        |id: &str, code: &str, vi: &str| Kind { id: id.into(), code: code.into(), name: Bilingual::vietnamese(vi) };
    vec![kind("quyet_dinh", "QĐ", "Quyết định"), kind("thong_bao", "TB", "Thông báo"), kind("cong_van", "", "Công văn")]
}

/// A line of words of 20 pixels a letter, 40 high.
fn line(number: u32, left: u32, top: u32, text: &str, confidence: u8) -> Vec<ReadWord> {
    let mut at = left;
    let mut words = Vec::new();
    for word in text.split(' ') {
        let width = 20 * word.chars().count() as u32;
        words.push(ReadWord {
            text: word.into(),
            left: at,
            top,
            width,
            height: 40,
            confidence,
            line: number,
            paragraph: number,
        });
        at += width + 20;
    }
    words
}

/// The head of a paper, its two columns read as one line each.
fn paper(number: &str, day: &str, rest: &[(&str, u32)]) -> Vec<ReadWord> {
    let mut words = Vec::new();
    let mut both = |at: u32, left: &str, right: &str| {
        words.extend(line(at, 200, 100 + at * 60, left, 92));
        words.extend(line(at, 1400, 100 + at * 60, right, 92));
    };
    both(0, "ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    both(1, "XÃ MẪU", "Độc lập - Tự do - Hạnh phúc");
    both(2, number, day);
    for (at, (text, left)) in rest.iter().enumerate() {
        let at = at as u32;
        words.extend(line(10 + at, *left, 400 + at * 60, text, 90));
    }
    words
}

fn read(words: &[ReadWord]) -> Vec<(String, String, bool)> {
    let page = PageWords { page: 1, width: 2480, height: 3508, words };
    proposals(&[page], &kinds()).into_iter().map(|p| (p.field, p.value, p.doubtful)).collect()
}

fn value(found: &[(String, String, bool)], field: &str) -> String {
    found.iter().find(|(name, ..)| name == field).map(|(_, value, _)| value.clone()).unwrap_or_default()
}

#[test]
fn the_head_of_a_paper_is_read_by_where_things_stand() {
    let decision = paper(
        "Số: 05/QĐ-UBND",
        "Mẫu, ngày 05 tháng 01 năm 2026",
        &[
            ("QUYẾT ĐỊNH", 1000),
            ("Về việc phê duyệt kế hoạch sử dụng đất", 700),
            ("năm 2026 của xã Mẫu", 800),
            ("CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ MẪU", 700),
            ("Căn cứ Luật Tổ chức chính quyền địa phương;", 300),
        ],
    );
    let letter = paper(
        "Số: 12/UBND-VP",
        "Mẫu, ngày 15 tháng 3 năm 2026",
        &[("V/v đăng ký lịch công tác", 250), ("Kính gửi: Sở Mẫu", 900)],
    );
    let check = |words: &[ReadWord], expected: [&str; 5]| {
        let found = read(words);
        let got = ["number", "date", "kind", "organ", "subject"].map(|field| value(&found, field));
        assert_eq!(got, expected);
    };
    let subject = "Về việc phê duyệt kế hoạch sử dụng đất năm 2026 của xã Mẫu";
    check(&decision, ["05/QĐ-UBND", "2026-01-05", "quyet_dinh", "ỦY BAN NHÂN DÂN XÃ MẪU", subject]);
    check(&letter, ["12/UBND-VP", "2026-03-15", "", "ỦY BAN NHÂN DÂN XÃ MẪU", "đăng ký lịch công tác"]);
}

#[test]
fn letters_taken_for_digits_are_turned_back_and_doubted() {
    let check = |number: &str, day: &str, expected: (&str, &str)| {
        let found = read(&paper(number, day, &[]));
        assert_eq!((value(&found, "number").as_str(), value(&found, "date").as_str()), expected, "{number}");
        assert!(
            found.iter().filter(|(f, ..)| f == "number" || f == "date").all(|(.., doubtful)| *doubtful),
            "{number}"
        );
    };
    check("Số: O5/QĐ-UBND", "ngày O5 tháng 0l năm 2026", ("05/QĐ-UBND", "2026-01-05"));
    check("Số: l2/TB-UBND", "Ngày I2 tháng lO năm 2O26", ("12/TB-UBND", "2026-10-12"));
}

#[test]
fn what_cannot_be_is_not_proposed() {
    for (number, day) in [
        ("Số: /QĐ-UBND", "ngày tháng năm 2026"),
        ("Số: 05", "ngày 31 tháng 02 năm 2026"),
        ("Số nhà 5", "ngày 05 tháng 13 năm 2026"),
        ("Kính gửi", "ngày 05 tháng 01 năm 0026"),
    ] {
        let found = read(&paper(number, day, &[]));
        assert_eq!((value(&found, "number"), value(&found, "date")), (String::new(), String::new()), "{number} {day}");
    }
    assert!(proposals(&[], &kinds()).is_empty());
}

#[test]
fn the_lowest_organ_of_several_issued_the_paper() {
    let mut words = line(0, 200, 100, "ỦY BAN NHÂN DÂN", 90);
    words.extend(line(1, 200, 160, "THÀNH PHỐ HẢI PHÒNG", 90));
    words.extend(line(2, 200, 220, "SỞ NỘI VỤ", 90));
    words.extend(line(3, 200, 300, "Số: 7/TB-SNV", 90));
    let found = read(&words);
    assert_eq!(value(&found, "organ"), "SỞ NỘI VỤ");
    // Only the notation says what it is.
    assert_eq!(value(&found, "kind"), "thong_bao");
}

#[test]
fn a_stamp_of_secrecy_is_noticed() {
    let stamped = paper("Số: 05/QĐ-UBND", "", &[("TỐI MẬT", 300)]);
    assert_eq!(value(&read(&stamped), "secrecy"), "TỐI MẬT");
    let mentioned = paper("Số: 05/QĐ-UBND", "", &[("Bảo vệ bí mật nhà nước", 300)]);
    assert_eq!(value(&read(&mentioned), "secrecy"), "");
}

proptest! {
    #[test]
    fn places_stay_on_the_page_whatever_was_read(
        words in proptest::collection::vec(("[0-9OlA-Zđ/ -]{1,9}|Số:|ngày|tháng|năm|QUYẾT|ĐỊNH|V/v", 0_u32..5000, 0_u32..9000, 0_u32..900, 0_u32..9), 0..40)
    ) {
        let words: Vec<ReadWord> = words.into_iter().map(|(text, left, top, width, line)| ReadWord {
            text, left, top, width, height: width % 90, confidence: (width % 101) as u8, line, paragraph: 0,
        }).collect();
        let page = PageWords { page: 1, width: 2480, height: 3508, words: &words };
        for proposal in proposals(&[page], &kinds()) {
            prop_assert!(proposal.place.iter().all(|part| *part <= 1000));
            prop_assert!(proposal.confidence <= 100);
            prop_assert!(!proposal.value.is_empty());
        }
    }
}
