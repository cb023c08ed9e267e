//! How fast documents are found: makes an index of many made-up documents on disk, asks it all kinds of questions, and
//! prints times and memory.
//!
//! `cargo run --release -p haidang-search --example texts -- 100000`
#![allow(clippy::print_stdout, reason = "a program whose answer is what it prints")]

use haidang_search::texts::{TextChange, TextEntry, TextIndex, TextQuery};
use std::time::Instant;

/// Words of official papers, the common ones first.
const WORDS: &str = "của và các theo quy định ủy ban nhân dân quyết thành phố việc thực hiện về ngày tháng năm cơ quan \
     kế hoạch sử dụng đất phê duyệt dự án đầu tư công trình xây dựng thủy lợi giao thông y tế giáo dục đào tạo tài chính \
     ngân sách thu chi hồ sơ thủ tục hành chính cải cách chuyển đổi số dữ liệu kết nối chia sẻ bảo đảm an toàn thông tin \
     phòng cháy chữa cứu nạn hộ nghèo chính sách xã hội lao động việc làm môi trường tài nguyên nước biển đảo cảng hàng \
     hải du lịch văn hóa thể thao kiểm tra thanh tra giám sát báo cáo tổng hợp đề nghị phối hợp chủ trì triển khai";

/// A small generator of its own: the same documents every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }

    /// Small numbers come often, as common words do.
    fn often(&mut self, below: usize) -> usize {
        let one = self.next(below);
        self.next(one + 1)
    }
}

fn text(dice: &mut Dice, words: &[&str], length: usize) -> String {
    let mut text = String::new();
    for _ in 0..length {
        text.push_str(words.get(dice.often(words.len())).copied().unwrap_or_default());
        // Names and numbers that stand nowhere else.
        if dice.next(40) == 0 {
            text.push_str(&format!(" M{}", dice.next(200_000)));
        }
        text.push(' ');
    }
    text
}

fn entry(number: usize, words: &[&str]) -> TextEntry {
    let mut dice = Dice(number as u64 + 1);
    let kinds = ["QĐ", "TB", "KH", "BC", "TTr", "UBND"];
    let kind = kinds.get(dice.next(kinds.len())).copied().unwrap_or_default();
    TextEntry {
        key: format!("documents:{number}"),
        title: text(&mut dice, words, 14),
        number: format!("{}/{kind}-UBND", dice.next(3_000) + 1),
        organ: format!("Ủy ban nhân dân xã Mẫu {}", dice.next(114)),
        kind: kind.to_owned(),
        part: "documents".to_owned(),
        day: Some(20_250_000 + ((dice.next(12) as i64) + 1) * 100 + dice.next(28) as i64 + 1),
        body: text(&mut dice, words, 600),
        readers: vec![format!("u:H24.{}", dice.next(4)), "p:somebody@H24.0".to_owned()],
    }
}

/// Resident memory of this process in megabytes, where the system tells.
fn memory() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = pages.lines().find(|line| line.starts_with("RssAnon")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let many: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let folder = std::env::temp_dir().join(format!("haidang-texts-{}", std::process::id()));
    let index = TextIndex::open(&folder)?;
    let started = Instant::now();
    for first in (0..many).step_by(1_000) {
        let batch = (first..many.min(first + 1_000)).map(|number| TextChange::Put(Box::new(entry(number, &words))));
        index.update(batch, &first.to_string())?;
    }
    println!("{many} documents taken in {:.1} s, own memory {} MB", started.elapsed().as_secs_f64(), memory());
    let one = Instant::now();
    index.update([TextChange::Put(Box::new(entry(many, &words)))], "one")?;
    println!("one more document: {:.1} ms", one.elapsed().as_secs_f64() * 1_000.0);

    let readers = ["u:H24.0", "u:H24.1", "p:me@H24.0"].map(str::to_owned);
    let queries = [
        "quyết định",
        "quyet dinh",
        "ủy ban nhân dân thành phố",
        "\"kế hoạch sử dụng đất\"",
        "123",
        "123/UBND-UBND",
        "M1234",
        "chuyen doi so",
        "thủy lợi nội đồng",
        "của và các theo quy định",
        "\"phê duyệt dự án\" đầu tư",
        "",
    ];
    let mut times = Vec::new();
    for round in 0..50 {
        for words in queries {
            let from = (round % 3 == 0).then_some(20_250_301);
            let asked =
                TextQuery { words, readers: &readers, from, newest: round % 5 == 0, take: 20, ..TextQuery::default() };
            let started = Instant::now();
            let found = index.search(&asked)?;
            times.push((started.elapsed(), words, found.total));
        }
    }
    times.sort();
    let at = |share: f64| times.get(((times.len() - 1) as f64 * share) as usize);
    for (name, share) in [("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("slowest", 1.0)] {
        if let Some((time, words, total)) = at(share) {
            println!("{name}: {:.2} ms ({words:?}, {total} found)", time.as_secs_f64() * 1_000.0);
        }
    }
    println!("own memory {} MB", memory());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
