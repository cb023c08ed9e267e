//! The texts of the rooms: `crates/<room>/locales/{vi,en}/*.ftl`.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use crate::rust_text::RustText;
use crate::tree::{File, Tree};

/// Names that are the same in every language (a language is offered in its own name), and the formulas that
/// NĐ 30/2020/NĐ-CP prescribes for the head and foot of an official document, with the mark of a demonstration city.
const PROPER_NAMES: &[&str] = &[
    "Hải Đăng",
    "Tiếng Việt",
    "English",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Độc lập - Tự do - Hạnh phúc",
    "Nơi nhận:",
    "DỮ LIỆU MINH HỌA – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ",
    "Dữ liệu minh họa",
];

/// One message: its variables, so that a translation cannot lose one.
type Messages = BTreeMap<String, BTreeSet<String>>;

/// Messages of a file in the order written, with the line of each.
fn messages(text: &str) -> Vec<(usize, String, BTreeSet<String>)> {
    let mut found: Vec<(usize, String, BTreeSet<String>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let starts = line.starts_with(|c: char| c.is_ascii_lowercase());
        if let (true, Some((id, _))) = (starts, line.split_once('=')) {
            found.push((index + 1, id.trim().to_owned(), BTreeSet::new()));
        }
        if let Some((_, _, variables)) = found.last_mut() {
            variables.extend(line.split('$').skip(1).map(|rest| {
                rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
            }));
        }
    }
    found
}

fn locale_files(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.ending(&[".ftl"]).filter(|file| file.path.contains("/locales/"))
}

/// Same files, same keys, same variables, sorted, in both languages.
pub fn languages(tree: &Tree) -> anyhow::Result<Report> {
    let mut count = 0;
    let mut findings = Vec::new();
    for file in locale_files(tree) {
        let list = messages(&file.text);
        count += list.len();
        for pair in list.windows(2) {
            match pair[0].1.cmp(&pair[1].1) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => {
                    findings.push(format!("{}:{}: {} stands twice", file.path, pair[1].0, pair[1].1))
                }
                std::cmp::Ordering::Greater => {
                    findings.push(format!("{}:{}: {} belongs before {}", file.path, pair[1].0, pair[1].1, pair[0].1));
                }
            }
        }
        if !is_nfc_enough(&file.text) {
            findings.push(format!("{}: has combining marks; save it in NFC", file.path));
        }
        let vietnamese = file.path.contains("/vi/");
        let (here, there) = if vietnamese { ("/vi/", "/en/") } else { ("/en/", "/vi/") };
        let twin = file.path.replacen(here, there, 1);
        let Some(other) = tree.text(&twin) else {
            findings.push(format!("{}: {twin} is missing", file.path));
            continue;
        };
        let other: Messages = messages(other).into_iter().map(|(_, id, variables)| (id, variables)).collect();
        for (line, id, variables) in &list {
            match other.get(id) {
                None => findings.push(format!("{}:{line}: {id} is missing in {twin}", file.path)),
                // English may need a further one to choose its plural.
                Some(theirs) if vietnamese && !variables.is_subset(theirs) => {
                    findings.push(format!("{}:{line}: {id} loses a variable in {twin}", file.path));
                }
                Some(_) => {}
            }
        }
    }
    Ok(Report { findings, seen: format!("{count} messages in both languages together") })
}

/// The file with its messages in order; comments stay above the message they precede.
pub fn sorted(text: &str) -> String {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut waiting = String::new();
    for line in text.lines() {
        let starts = line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains('=');
        let id = line.split('=').next().unwrap_or_default().trim();
        if starts {
            blocks.push((id.to_owned(), format!("{waiting}{line}\n")));
            waiting.clear();
        } else if line.starts_with('#') {
            waiting.push_str(line);
            waiting.push('\n');
        } else if let (false, Some((_, block))) = (line.trim().is_empty(), blocks.last_mut()) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks.sort_by(|one, other| one.0.cmp(&other.0));
    blocks.into_iter().map(|(_, block)| block).collect::<String>() + &waiting
}

/// Sorts every locale file of the repository in place; answers the names of those that changed.
pub fn sort_all(tree: &Tree) -> anyhow::Result<Vec<String>> {
    let mut changed = Vec::new();
    for file in locale_files(tree) {
        let better = sorted(&file.text);
        if better != file.text
            && let Some(root) = &tree.root
        {
            std::fs::write(root.join(&file.path), better)?;
            changed.push(file.path.clone());
        }
    }
    Ok(changed)
}

/// Combining marks that Vietnamese in NFC never has.
fn is_nfc_enough(text: &str) -> bool {
    !text.chars().any(|c| matches!(c, '\u{0300}'..='\u{0323}'))
}

/// Texts nobody uses rot; texts that do not exist show as their key.
pub fn used(tree: &Tree) -> anyhow::Result<Report> {
    let keys: BTreeMap<String, String> = locale_files(tree)
        .flat_map(|file| messages(&file.text).into_iter().map(|(line, id, _)| (id, format!("{}:{line}", file.path))))
        .collect();
    let mut mentions = BTreeSet::new();
    let mut calls = Vec::new();
    for file in
        tree.ending(&[".rs", ".html"]).filter(|file| file.path.starts_with("crates/") && file.room() != Some("xtask"))
    {
        if file.path.ends_with(".rs") {
            let rust = RustText::new(&file.text);
            mentions.extend(rust.literals.iter().map(|literal| literal.text.clone()));
            let test = file.is_test();
            for (number, key) in called(&file.text) {
                if !test && number < rust.tests_from {
                    calls.push((format!("{}:{number}", file.path), key));
                }
            }
        } else {
            mentions.extend(file.text.split('"').map(str::to_owned));
            calls.extend(called(&file.text).into_iter().map(|(number, key)| (format!("{}:{number}", file.path), key)));
        }
    }
    let mut report = Report::over(keys.len(), "keys");
    for (place, key) in calls {
        if !keys.contains_key(&key) {
            report.find(format!("{place}: the text {key} does not exist"));
        }
    }
    // `format!("case-state-{state}")` and `"case-state-" ~ state` mention every key with that beginning.
    let beginnings: Vec<&str> = mentions
        .iter()
        .filter_map(|text| {
            text.split_once('{').map(|(start, _)| start).or_else(|| text.strip_suffix('-').map(|_| text.as_str()))
        })
        .filter(|start| {
            start.len() >= 4
                && start.ends_with('-')
                && start.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        })
        .collect();
    for (key, place) in &keys {
        if !mentions.contains(key) && !beginnings.iter().any(|start| key.starts_with(start)) {
            report.find(format!("{place}: nobody uses {key}"));
        }
    }
    Ok(report)
}

/// Keys given as a literal to `t("…")`, `t1("…"` and their kin.
fn called(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for opening in [".t(\"", ".t1(\"", ".t2(\"", ".tn(\""] {
            for rest in line.split(opening).skip(1) {
                let (key, after) = rest.split_once('"').unwrap_or((rest, ""));
                let whole = !after.trim_start().starts_with('~');
                if whole
                    && !key.is_empty()
                    && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                {
                    found.push((index + 1, key.to_owned()));
                }
            }
        }
    }
    found
}

/// What people read stands in the locale files, never in a template.
pub fn literal(tree: &Tree) -> anyhow::Result<Report> {
    let files: Vec<&File> =
        tree.ending(&[".html"]).filter(|file| file.path.contains("/templates/") && !file.is_test()).collect();
    let mut report = Report::over(files.len(), "templates");
    for file in files {
        for (number, text) in visible_text(&file.text) {
            report.find(format!("{}:{number}: \"{text}\" belongs into the locale files", file.path));
        }
    }
    Ok(report)
}

/// Text between tags, without template code, comments, entities and proper names.
fn visible_text(template: &str) -> Vec<(usize, String)> {
    let mut cleaned = template.to_owned();
    for (open, close) in [
        ("{#", "#}"),
        ("<!--", "-->"),
        ("{%", "%}"),
        ("{{", "}}"),
        ("<style", "</style>"),
        ("<kbd", "</kbd>"),
        ("<script", "</script>"),
    ] {
        cleaned = blank(&cleaned, open, close);
    }
    cleaned = blank(&cleaned, "<", ">");
    let mut found = Vec::new();
    for (index, line) in cleaned.lines().enumerate() {
        let mut text = line.to_owned();
        for name in PROPER_NAMES {
            text = text.replace(name, " ");
        }
        let text: String = text
            .split('&')
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once(';').map_or(part, |(_, rest)| rest) })
            .collect();
        // A macro that writes an attribute has no tag around it.
        let text: String = text.split(' ').filter(|word| !word.contains("=\"")).collect::<Vec<_>>().join(" ");
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        if letters >= 2 {
            found.push((index + 1, text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    found
}

/// Replaces every `open … close` by blanks, keeping the lines.
fn blank(text: &str, open: &str, close: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        result.push_str(&rest[..start]);
        let tail = &rest[start..];
        let end = tail.find(close).map_or(tail.len(), |end| end + close.len());
        result.push(' ');
        result.extend(tail[..end].chars().filter(|c| *c == '\n'));
        rest = &tail[end..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const VI: &str = "a-one = Một { $name }\nb-two =\n    { $n ->\n       *[other] { $n } hồ sơ\n    }\n";
    const EN: &str = "a-one = One { $name }\nb-two = { $n } cases\n";

    fn locales<'a>(vi: &'a str, en: &'a str) -> Tree {
        Tree::of(&[("crates/x/locales/en/x.ftl", en), ("crates/x/locales/vi/x.ftl", vi)])
    }

    #[test]
    fn languages_must_agree() {
        assert_eq!(languages(&locales(VI, EN)).unwrap().findings, [""; 0]);
        let planted = [
            (VI.replace("$name", "$nom"), EN.to_owned(), 1),
            (VI.to_owned(), "a-one = One { $name }\n".to_owned(), 1),
            ("b-two = x { $n }\na-one = y { $name }\n".to_owned(), EN.to_owned(), 1),
            ("a-one = y { $name }\na-one = y { $name }\nb-two = x { $n }\n".to_owned(), EN.to_owned(), 1),
            (VI.replace('ộ', "o\u{0302}\u{0323}"), EN.to_owned(), 1),
        ];
        for (vi, en, count) in planted {
            let findings = languages(&locales(&vi, &en)).unwrap().findings;
            assert_eq!(findings.len(), count, "{findings:?}");
        }
        assert_eq!(languages(&Tree::of(&[("crates/x/locales/vi/x.ftl", VI)])).unwrap().findings.len(), 1);
    }

    #[test]
    fn sorting_keeps_every_line_that_matters() {
        let text = "# about b\nb-two =\n    { $n ->\n       *[other] { $n } hồ sơ\n    }\n\na-one = Một\n";
        assert_eq!(sorted(text), "a-one = Một\n# about b\nb-two =\n    { $n ->\n       *[other] { $n } hồ sơ\n    }\n");
    }

    #[test]
    fn unused_and_missing_texts_are_found() {
        let files = |template: &'static str| {
            Tree::of(&[
                ("crates/x/locales/vi/x.ftl", "x-a = A\nx-b = B\nx-state-open = Mở\n"),
                ("crates/x/src/lib.rs", "fn f() { page.t(\"x-b\"); t(&format!(\"x-state-{s}\")); }"),
                ("crates/x/templates/a.html", template),
            ])
        };
        assert_eq!(used(&files("{{ page.t(\"x-a\") }}")).unwrap().findings, [""; 0]);
        assert_eq!(used(&files("{{ page.t(\"x-gone\") }}")).unwrap().findings.len(), 2);
    }

    #[test]
    fn literal_text_in_a_template_is_found() {
        let count = |text: &str| literal(&Tree::of(&[("crates/x/templates/a.html", text)])).unwrap().findings.len();
        assert_eq!(
            count(
                "<p class=\"x\">{{ page.t(\"a\") }} – Hải Đăng &nbsp;·</p>\n{# ghi chú #}\n{% if a > b %}<br>{% endif %}"
            ),
            0
        );
        assert_eq!(count("<p>Nộp hồ sơ</p>"), 1);
    }
}
