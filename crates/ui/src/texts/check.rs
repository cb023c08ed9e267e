//! What every room tests about its texts.

use std::collections::BTreeSet;
use std::path::Path;
use unicode_normalization::is_nfc;

/// Checks the texts of a room and returns every fault in words (empty = good):
/// the same ids in both languages, ids sorted, no id twice, Unicode NFC, every id used in the given sources, no
/// id of this room used there that does not exist.
///
/// `sources` are folders or files (templates and Rust code) relative to the crate; `prefix` is what the ids of the
/// room begin with (`"case-"`), or `""` when they share none. An id put together at run time counts as used when its
/// pattern stands in quotes and begins with a fixed part (`"case-status-{code}"`, `"case-step-{name}-title"`).
///
/// ```no_run
/// let faults = haidang_ui::texts::check_keys(
///     include_str!("check.rs"), // locales/vi/<room>.ftl
///     include_str!("check.rs"), // locales/en/<room>.ftl
///     "case-",
///     &[concat!(env!("CARGO_MANIFEST_DIR"), "/src"), concat!(env!("CARGO_MANIFEST_DIR"), "/templates")],
/// );
/// assert!(faults.is_empty(), "{faults:#?}");
/// ```
#[must_use]
pub fn check_keys(vi: &str, en: &str, prefix: &str, sources: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    let vi_keys = keys(vi, "vi", &mut faults);
    let en_keys = keys(en, "en", &mut faults);
    let vi_set: BTreeSet<&String> = vi_keys.iter().collect();
    let en_set: BTreeSet<&String> = en_keys.iter().collect();
    faults.extend(vi_set.difference(&en_set).map(|key| format!("en: {key} is missing")));
    faults.extend(en_set.difference(&vi_set).map(|key| format!("vi: {key} is missing")));

    let mut code = String::new();
    for source in sources {
        read(Path::new(source), &mut code);
    }
    let composed = composed(&code);
    for key in &vi_set {
        if !used(&code, &composed, key) {
            faults.push(format!("{key} is not used"));
        }
    }
    if !prefix.is_empty() {
        for quoted in quoted(&code, prefix) {
            if !vi_set.contains(&quoted) {
                faults.push(format!("{quoted} is used but not written"));
            }
        }
    }
    faults
}

fn keys(source: &str, lang: &str, faults: &mut Vec<String>) -> Vec<String> {
    if !is_nfc(source) {
        faults.push(format!("{lang}: the file is not in Unicode NFC"));
    }
    let mut keys: Vec<String> = Vec::new();
    for line in source.lines() {
        let Some((key, _)) = line.split_once('=') else { continue };
        if line.starts_with([' ', '#', '-', '}', '.', '*', '[', '\t']) {
            continue;
        }
        let key = key.trim().to_owned();
        if let Some(last) = keys.last()
            && *last >= key
        {
            faults.push(format!("{lang}: {key} stands after {last}; ids are sorted and unique"));
        }
        keys.push(key);
    }
    keys
}

fn read(path: &Path, code: &mut String) {
    if path.is_dir() {
        let Ok(entries) = std::fs::read_dir(path) else { return };
        for entry in entries.flatten() {
            read(&entry.path(), code);
        }
    } else if path.extension().is_some_and(|end| end == "rs" || end == "html")
        && let Ok(text) = std::fs::read_to_string(path)
    {
        code.push_str(&text);
        code.push('\n');
    }
}

fn used(code: &str, composed: &BTreeSet<String>, key: &str) -> bool {
    code.contains(&format!("\"{key}\"")) || composed.iter().any(|pattern| fits(pattern, key))
}

/// `"case-status-{}"` fits `case-status-received`: what stands in braces is any text.
fn fits(pattern: &str, key: &str) -> bool {
    let mut rest = key;
    let mut pieces = pattern.split('{');
    let Some(start) = pieces.next() else { return false };
    let Some(after) = rest.strip_prefix(start) else { return false };
    rest = after;
    let pieces: Vec<&str> = pieces.map(|piece| piece.split_once('}').map_or("", |(_, text)| text)).collect();
    for (index, piece) in pieces.iter().enumerate() {
        if index + 1 == pieces.len() {
            return rest.len() > piece.len() && rest.ends_with(piece);
        }
        let Some(at) = rest.get(1..).and_then(|tail| tail.find(piece)) else { return false };
        rest = &rest[1 + at + piece.len()..];
    }
    rest.is_empty()
}

/// Ids put together at run time, as they stand in quotes.
fn composed(code: &str) -> BTreeSet<String> {
    code.split('"')
        .filter(|text| text.contains('{') && text.contains('-') && text.len() < 80)
        .filter(|text| text.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter(|text| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '{' | '}' | '.' | '(' | ')'))
        })
        .filter(|text| text.split('{').next().is_some_and(|start| start.contains('-')))
        .map(str::to_owned)
        .collect()
}

fn quoted(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let start = format!("\"{prefix}");
    let mut rest = code;
    while let Some(at) = rest.find(&start) {
        let after = &rest[at + 1..];
        let end = after.find('"').unwrap_or(after.len());
        let word = &after[..end];
        if word.len() > prefix.len() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            found.insert(word.to_owned());
        }
        rest = &after[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn faults_are_found() {
        let folder = std::env::temp_dir().join(format!("haidang-ui-check-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("page.html");
        std::fs::write(&file, "{{ page.t(\"a-one\") }} {{ page.t(\"a-ghost\") }} \"a-state-{}\"").unwrap();
        let path = folder.to_string_lossy().into_owned();
        let check = |vi: &str, en: &str| check_keys(vi, en, "a-", &[path.as_str()]);
        let cases = [
            ("a-one = Một", "a-one = One", vec!["a-ghost is used but not written"]),
            ("a-ghost = x\na-one = Một\na-state-new = Mới", "a-ghost = x\na-one = One\na-state-new = New", vec![]),
            (
                "a-one = Một\na-ghost = x",
                "a-ghost = x\na-one = One",
                vec!["vi: a-ghost stands after a-one; ids are sorted and unique"],
            ),
            ("a-ghost = x\na-one = Một", "a-one = One", vec!["en: a-ghost is missing"]),
            (
                "a-ghost = x\na-one = M\u{6f}\u{323}\u{302}t",
                "a-ghost = x\na-one = One",
                vec!["vi: the file is not in Unicode NFC"],
            ),
            ("a-ghost = x\na-lost = L\na-one = M", "a-ghost = x\na-lost = L\na-one = O", vec!["a-lost is not used"]),
        ];
        for (vi, en, expected) in cases {
            assert_eq!(check(vi, en), expected, "{vi}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
