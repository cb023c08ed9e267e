//! The text of a document in a plain form that people type, and its parts as the paper prints them.
//!
//! A line that begins `Điều 1.` opens an article, `1.` a clause, `a)` a point, `Chương I` or `Phần I` or `I.` a heading;
//! any other line is a paragraph. Nothing typed is ever lost.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// `Chương I`, `Phần I`, `Mục 1`, `I.`
    Heading,
    /// `Điều 1.`
    Article,
    /// `1.`
    Clause,
    /// `a)`
    Point,
    /// Anything else.
    Paragraph,
}

/// One part of the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// What it is.
    pub level: Level,
    /// Its label as printed: `Điều 1.`, `1.`, `a)`, `Chương I`; empty for a paragraph.
    pub label: String,
    /// Its words.
    pub text: String,
}

impl Block {
    /// The line as it is typed.
    pub fn line(&self) -> String {
        match (self.label.is_empty(), self.text.is_empty()) {
            (true, _) => self.text.clone(),
            (false, true) => self.label.clone(),
            (false, false) => format!("{} {}", self.label, self.text),
        }
    }
}

/// The number before a mark, and the rest: `12. Nội dung` → (`12.`, `Nội dung`).
fn numbered(line: &str, marks: &[char]) -> Option<(String, String)> {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let rest = line.get(digits..)?;
    let mark = rest.chars().next().filter(|mark| marks.contains(mark))?;
    let rest = rest.get(mark.len_utf8()..)?;
    // `1.5 tỷ đồng` is no clause: a space or the end follows the mark.
    let ends = rest.is_empty() || rest.starts_with(' ');
    ((1..=3).contains(&digits) && ends).then(|| (format!("{}{mark}", &line[..digits]), rest.trim().to_owned()))
}

fn article(line: &str) -> Option<(String, String)> {
    let (word, rest) = line.split_once(' ')?;
    if word.to_lowercase() != "điều" {
        return None;
    }
    let (label, text) = numbered(rest.trim_start(), &['.', ':'])?;
    Some((format!("Điều {}.", label.trim_end_matches(['.', ':'])), text))
}

fn is_roman(word: &str) -> bool {
    !word.is_empty() && word.chars().count() <= 6 && word.chars().all(|c| "IVXLC".contains(c))
}

fn heading(line: &str) -> Option<(String, String)> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    if let Some(roman) = first.strip_suffix('.').filter(|roman| is_roman(roman)) {
        return Some((format!("{roman}."), rest.trim().to_owned()));
    }
    if !["chương", "phần", "mục"].contains(&first.to_lowercase().as_str()) {
        return None;
    }
    let (number, title) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let bare = number.trim_end_matches(['.', ':']);
    let counts = is_roman(bare) || (!bare.is_empty() && bare.chars().all(|c| c.is_ascii_digit()));
    // `Phần I` is a heading, `Phần lớn các đơn vị …` is a sentence.
    counts.then(|| (format!("{first} {number}"), title.trim().to_owned()))
}

/// `a) …`, `đ) …`.
fn point(line: &str) -> Option<(String, String)> {
    let mut letters = line.chars();
    let letter = letters.next().filter(|c| c.is_lowercase())?;
    let rest = letters.as_str().strip_prefix(')')?;
    Some((format!("{letter})"), rest.trim().to_owned()))
}

fn block(line: &str) -> Block {
    let known = [(Level::Article, article(line)), (Level::Heading, heading(line)), (Level::Point, point(line))];
    for (level, found) in known {
        if let Some((label, text)) = found {
            return Block { level, label, text };
        }
    }
    match numbered(line, &['.']) {
        Some((label, text)) => Block { level: Level::Clause, label, text },
        None => Block { level: Level::Paragraph, label: String::new(), text: line.to_owned() },
    }
}

/// The parts of a text, line by line; empty lines only separate.
pub fn blocks(text: &str) -> Vec<Block> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(block).collect()
}

/// One part as the template of the paper takes it: `{type, number, title, text}`, without what is empty.
fn printed_one(block: &Block, opens: bool) -> serde_json::Value {
    let bare = block.label.trim_end_matches(['.', ')', ':']);
    let (first, last) = bare.rsplit_once(' ').unwrap_or(("", bare));
    let dash = block.text.strip_prefix("- ").or_else(|| block.text.strip_prefix("– "));
    let (kind, titled) = match block.level {
        Level::Heading => match first.to_lowercase().as_str() {
            "chương" => ("chapter", true),
            "phần" => ("part", true),
            "mục" => ("section", true),
            _ => ("heading", true),
        },
        // An article above clauses has a title; one that stands alone is a sentence.
        Level::Article => ("article", opens),
        Level::Clause => ("clause", false),
        Level::Point => ("point", false),
        Level::Paragraph if dash.is_some() => ("dash", false),
        Level::Paragraph => ("paragraph", false),
    };
    let words = dash.filter(|_| kind == "dash").unwrap_or(&block.text);
    let mut item = serde_json::Map::new();
    item.insert("type".to_owned(), kind.into());
    if !last.is_empty() {
        item.insert("number".to_owned(), last.into());
    }
    if !words.is_empty() {
        item.insert(if titled { "title" } else { "text" }.to_owned(), words.into());
    }
    item.into()
}

/// The parts as the template of the paper takes them.
pub fn printed(blocks: &[Block]) -> Vec<serde_json::Value> {
    let next = blocks.iter().skip(1).map(|block| matches!(block.level, Level::Clause | Level::Point));
    let opens = next.chain([false]);
    blocks.iter().zip(opens).map(|(block, opens)| printed_one(block, opens)).collect()
}

/// The typed form of parts.
pub fn lines(blocks: &[Block]) -> String {
    blocks.iter().map(Block::line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_what_they_look_like() {
        let check = |line: &str, level: Level, label: &str, text: &str| {
            let expected = Block { level, label: label.to_owned(), text: text.to_owned() };
            assert_eq!(block(line), expected, "{line}");
        };
        check("Điều 1. Ban hành Quy chế", Level::Article, "Điều 1.", "Ban hành Quy chế");
        check("điều 12: Hiệu lực", Level::Article, "Điều 12.", "Hiệu lực");
        check("Điều này không phải điều khoản", Level::Paragraph, "", "Điều này không phải điều khoản");
        check("1. Phạm vi", Level::Clause, "1.", "Phạm vi");
        check("1.5 tỷ đồng được cấp", Level::Paragraph, "", "1.5 tỷ đồng được cấp");
        check("2026. Năm của hạ tầng", Level::Paragraph, "", "2026. Năm của hạ tầng");
        check("a) Văn phòng", Level::Point, "a)", "Văn phòng");
        check("đ) Các phòng", Level::Point, "đ)", "Các phòng");
        check("Chương II QUY ĐỊNH CHUNG", Level::Heading, "Chương II", "QUY ĐỊNH CHUNG");
        check("Phần lớn các đơn vị đã nộp", Level::Paragraph, "", "Phần lớn các đơn vị đã nộp");
        check("IV. Tổ chức thực hiện", Level::Heading, "IV.", "Tổ chức thực hiện");
        check("- Các sở, ngành", Level::Paragraph, "", "- Các sở, ngành");
    }

    #[test]
    fn the_paper_takes_parts_with_their_numbers() {
        let text = "Chương II QUY ĐỊNH\nIV. Tổ chức\nĐiều 1. Phạm vi\n1. Một\na) Hai\nĐiều 2. Quyết định có hiệu lực.\n- Ba\nBốn";
        let expected = serde_json::json!([
            { "type": "chapter", "number": "II", "title": "QUY ĐỊNH" },
            { "type": "heading", "number": "IV", "title": "Tổ chức" },
            { "type": "article", "number": "1", "title": "Phạm vi" },
            { "type": "clause", "number": "1", "text": "Một" },
            { "type": "point", "number": "a", "text": "Hai" },
            { "type": "article", "number": "2", "text": "Quyết định có hiệu lực." },
            { "type": "dash", "text": "Ba" },
            { "type": "paragraph", "text": "Bốn" },
        ]);
        assert_eq!(serde_json::Value::Array(printed(&blocks(text))), expected);
    }

    proptest! {
        /// Only white space and the mark of an article change; read again, the parts are the same.
        #[test]
        fn nothing_typed_is_lost(text in "([ĐđiIVa-c1-3.):ềuMụcPhần\n -]{0,6}[^\r]{0,24}){0,6}") {
            let once = blocks(&text);
            let again = blocks(&lines(&once));
            prop_assert_eq!(&once, &again);
            let bare = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(bare(&text), bare(&lines(&once)));
        }
    }
}
