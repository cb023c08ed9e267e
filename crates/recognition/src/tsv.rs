//! The table that `tesseract … tsv` writes: `level page block par line word left top width height conf text`.

use haidang_contracts::recognition::ReadWord;

/// Most words kept of one page; a page of a newspaper has a tenth.
const MOST: usize = 50_000;

/// Size of the page and its words, in reading order.
pub fn page_of(table: &str) -> Option<(u32, u32, Vec<ReadWord>)> {
    let mut size = None;
    let mut words = Vec::new();
    let (mut line, mut last_line) = (0, None);
    let (mut paragraph, mut last_paragraph) = (0, None);
    for row in table.lines().skip(1) {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let [level, page, block, par, number, _, left, top, width, height, confidence, text] = columns[..] else {
            continue;
        };
        let measure = |text: &str| text.parse::<u32>().ok();
        let (Some(left), Some(top), Some(width), Some(height)) =
            (measure(left), measure(top), measure(width), measure(height))
        else {
            continue;
        };
        if level == "1" {
            size = Some((width, height));
        }
        let text = text.trim();
        if level != "5" || text.is_empty() || words.len() >= MOST {
            continue;
        }
        let here = (page, block, par, number);
        if last_line.is_some_and(|last| last != here) {
            line += 1;
        }
        last_line = Some(here);
        if last_paragraph.is_some_and(|last| last != (block, par)) {
            paragraph += 1;
        }
        last_paragraph = Some((block, par));
        // Rounded down: a doubt is not made smaller.
        let confidence = confidence.parse::<f32>().unwrap_or(0.0).clamp(0.0, 100.0) as u8;
        words.push(ReadWord { text: text.to_owned(), left, top, width, height, confidence, line, paragraph });
    }
    size.map(|(width, height)| (width, height, words))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEAD: &str =
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";

    #[test]
    fn words_come_with_their_places_lines_and_paragraphs() {
        let table = format!(
            "{HEAD}1\t1\t0\t0\t0\t0\t0\t0\t2480\t3508\t-1\t\n2\t1\t1\t0\t0\t0\t10\t10\t500\t60\t-1\t\n\
             5\t1\t1\t1\t1\t1\t10\t12\t80\t30\t96.5\tSố:\n5\t1\t1\t1\t1\t2\t100\t12\t80\t30\t41.9\t05/QĐ-UBND\n\
             5\t1\t1\t1\t2\t1\t10\t52\t80\t30\t88\tVề\n5\t1\t2\t1\t1\t1\t10\t92\t80\t30\t90\t \n5\t1\t2\t1\t1\t2\t10\t92\t80\t30\t-1\tviệc\n"
        );
        let (width, height, words) = page_of(&table).unwrap();
        assert_eq!((width, height), (2480, 3508));
        let read: Vec<_> = words.iter().map(|w| (w.text.as_str(), w.confidence, w.line, w.paragraph)).collect();
        assert_eq!(read, [("Số:", 96, 0, 0), ("05/QĐ-UBND", 41, 0, 0), ("Về", 88, 1, 0), ("việc", 0, 2, 1)]);
    }

    #[test]
    fn what_is_no_table_gives_nothing() {
        assert_eq!(page_of(""), None);
        assert_eq!(page_of("Error opening data file"), None);
        let (_, _, words) = page_of(&format!("{HEAD}1\t1\t0\t0\t0\t0\t0\t0\t10\t10\t-1\t\n5\tbroken\n")).unwrap();
        assert!(words.is_empty());
    }
}
