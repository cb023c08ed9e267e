//! The small pieces of XML (1.0, fifth edition, with namespaces): names, references, tags and the declaration, each
//! judged once it is there as a whole.

use std::collections::HashSet;

/// `Char`, as far as characters of Rust are not all of it.
pub(super) fn is_character(letter: char) -> bool {
    !matches!(letter, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// White space of markup.
pub(super) fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

fn begins_name(letter: char) -> bool {
    matches!(letter,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn is_in_name(letter: char) -> bool {
    begins_name(letter)
        || matches!(letter,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}

/// A name without a prefix.
pub(super) fn is_plain_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(is_in_name)
}

/// The name without its prefix; `None` for what is no qualified name.
pub(super) fn local_name(text: &str) -> Option<&str> {
    let local = match text.split_once(':') {
        Some((prefix, local)) => is_plain_name(prefix).then_some(local)?,
        None => text,
    };
    is_plain_name(local).then_some(local)
}

/// What stands between `&` and `;`: one of the five entities that need no declaration, or a character by its number.
pub(super) fn is_reference(text: &str) -> bool {
    let number = match text.strip_prefix('#') {
        None => return matches!(text, "lt" | "gt" | "amp" | "apos" | "quot"),
        Some(number) => number,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    digits.chars().all(|digit| digit.is_digit(radix))
        && u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).is_some_and(is_character)
}

/// An attribute as written.
pub(super) struct Attribute<'a> {
    /// Name, equals sign and value.
    pub(super) written: &'a str,
    name: &'a str,
    pub(super) local: &'a str,
    value: &'a str,
}

impl Attribute<'_> {
    /// Whether it declares a namespace.
    pub(super) fn is_declaration(&self) -> bool {
        self.name == "xmlns" || self.name.starts_with("xmlns:")
    }
}

/// Reads the attribute at the beginning of a text, and returns what comes after it.
fn attribute(text: &str) -> Option<(Attribute<'_>, &str)> {
    let end = text.find(|letter| letter == '=' || is_space(letter))?;
    let (name, rest) = text.split_at(end);
    let rest = rest.trim_start_matches(is_space).strip_prefix('=')?.trim_start_matches(is_space);
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, after) = rest.strip_prefix(quote)?.split_once(quote)?;
    let written = text.get(..text.len() - after.len())?;
    Some((Attribute { written, name, local: local_name(name)?, value }, after))
}

/// Attributes, each after white space, and the rest that begins with none.
fn attributes(text: &str) -> Option<(Vec<Attribute<'_>>, &str)> {
    let (mut found, mut names, mut rest) = (Vec::new(), HashSet::new(), text);
    loop {
        let next = rest.trim_start_matches(is_space);
        if next.is_empty() || next == "/" {
            return Some((found, next));
        }
        if next.len() == rest.len() {
            return None;
        }
        let (attribute, after) = attribute(next)?;
        if !names.insert(attribute.name) || !is_attribute_value(attribute.value) {
            return None;
        }
        found.push(attribute);
        rest = after;
    }
}

fn is_attribute_value(value: &str) -> bool {
    let mut parts = value.split('&');
    parts.next();
    !value.contains('<') && parts.all(|part| part.split_once(';').is_some_and(|(name, _)| is_reference(name)))
}

/// The tag that begins an element.
pub(super) struct StartTag<'a> {
    pub(super) name: &'a str,
    pub(super) local: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
    /// It ends the element as well.
    pub(super) empty: bool,
}

/// Reads `<name attributes>` or `<name attributes/>`.
pub(super) fn start_tag(text: &str) -> Option<StartTag<'_>> {
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    let end = inner.find(|letter| letter == '/' || is_space(letter)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let (attributes, rest) = attributes(rest)?;
    Some(StartTag { name, local: local_name(name)?, attributes, empty: rest == "/" })
}

/// Reads `</name>`.
pub(super) fn end_tag(text: &str) -> Option<&str> {
    Some(text.strip_prefix("</")?.strip_suffix('>')?.trim_end_matches(is_space))
}

/// What a declaration is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declaration {
    Good,
    OtherEncoding,
    Malformed,
}

/// Reads `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, the last two of which may be absent.
pub(super) fn declaration(text: &str) -> Declaration {
    let inner = text.strip_prefix("<?xml").and_then(|text| text.strip_suffix("?>"));
    let Some((attributes, "")) = inner.and_then(attributes) else { return Declaration::Malformed };
    let mut said = attributes.iter().map(|attribute| (attribute.name, attribute.value)).peekable();
    if said.next() != Some(("version", "1.0")) {
        return Declaration::Malformed;
    }
    if let Some((_, encoding)) = said.next_if(|(name, _)| *name == "encoding")
        && !encoding.eq_ignore_ascii_case("utf-8")
    {
        return Declaration::OtherEncoding;
    }
    match (said.next(), said.next()) {
        (None | Some(("standalone", "yes" | "no")), None) => Declaration::Good,
        _ => Declaration::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_references_are_those_of_the_standard() {
        for (name, local) in [
            ("a", Some("a")),
            ("soap:Body", Some("Body")),
            ("_x-1.2", Some("_x-1.2")),
            ("họTên", Some("họTên")),
            (":a", None),
            ("a:", None),
            ("a:b:c", None),
            ("1a", None),
            ("a:1", None),
            ("", None),
            ("a×b", None),
            ("a/b", None),
        ] {
            assert_eq!(local_name(name), local, "{name}");
        }
        for (text, good) in [
            ("lt", true),
            ("#65", true),
            ("#x1F600", true),
            ("#0", false),
            ("#x1F", false),
            ("#xD800", false),
            ("#xFFFE", false),
            ("#x110000", false),
            ("#", false),
            ("#x", false),
            ("#+65", false),
            ("#x+41", false),
            ("#X41", false),
            ("nbsp", false),
            ("", false),
        ] {
            assert_eq!(is_reference(text), good, "{text}");
        }
    }

    #[test]
    fn tags_are_read_as_a_whole() {
        let tag = start_tag("<s:a\n xmlns:s = 'u' b=\"1>2&lt;\"  c=''\t/>").unwrap();
        let written: Vec<_> = tag.attributes.iter().map(|attribute| attribute.written).collect();
        assert_eq!((tag.name, tag.local, tag.empty), ("s:a", "a", true));
        assert_eq!(written, ["xmlns:s = 'u'", "b=\"1>2&lt;\"", "c=''"]);
        assert!(tag.attributes[0].is_declaration() && !tag.attributes[1].is_declaration());
        for bad in [
            "<>",
            "< a>",
            "</>",
            "<a b>",
            "<a b=1>",
            "<a b='1'c='2'>",
            "<a b='1' b='2'>",
            "<a b='&x;'>",
            "<a b='&lt'>",
            "<a b='<'>",
            "<a / >",
            "<a /b='1'>",
            "<a//>",
            "<a b='1>",
            "<a ='1'>",
            "<a b:='1'>",
            "<a/ b='1'>",
        ] {
            assert!(start_tag(bad).is_none(), "{bad}");
        }
        assert_eq!(end_tag("</a \n>"), Some("a"));
    }

    #[test]
    fn only_utf_8_of_the_first_version_is_read() {
        for (text, expected) in [
            ("<?xml version=\"1.0\"?>", Declaration::Good),
            ("<?xml version='1.0' encoding='utf-8' ?>", Declaration::Good),
            ("<?xml version='1.0' encoding='UTF-8' standalone='no'?>", Declaration::Good),
            ("<?xml version='1.0' standalone='yes'?>", Declaration::Good),
            ("<?xml version='1.0' encoding='UTF-16'?>", Declaration::OtherEncoding),
            ("<?xml version='1.0' encoding='utf-7'?>", Declaration::OtherEncoding),
            ("<?xml version='1.1'?>", Declaration::Malformed),
            ("<?xml encoding='utf-8'?>", Declaration::Malformed),
            ("<?xml version='1.0' standalone='yes' encoding='UTF-16'?>", Declaration::Malformed),
            ("<?xml version='1.0' standalone='maybe'?>", Declaration::Malformed),
            ("<?xml version='1.0'encoding='utf-8'?>", Declaration::Malformed),
            ("<?xml version='1.0' /?>", Declaration::Malformed),
            ("<?xml ?>", Declaration::Malformed),
        ] {
            assert_eq!(declaration(text), expected, "{text}");
        }
    }
}
