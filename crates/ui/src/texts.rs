//! Texts in two languages (Fluent). Vietnamese is the source, English is complete.
//!
//! Files lie at `locales/{vi,en}/<room>.ftl`; every id begins with the name of its room or of its page, so that two
//! rooms cannot collide. A room registers its texts once at start:
//!
//! ```
//! use haidang_ui::{Lang, texts};
//! # fn main() -> Result<(), texts::TextError> {
//! texts::register(&[
//!     ("demo", Lang::Vi, "demo-hello = Xin chào, { $name }"),
//!     ("demo", Lang::En, "demo-hello = Hello, { $name }"),
//! ])?;
//! assert_eq!(haidang_ui::t(Lang::En, "demo-hello", &[("name", "Lan".into())]), "Hello, Lan");
//! # Ok(())
//! # }
//! ```

use crate::Lang;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::collections::BTreeMap;
use std::sync::{LazyLock, PoisonError, RwLock};

pub mod check;
pub use check::check_keys;

const OWN: &[(&str, Lang, &str)] =
    &[("ui", Lang::Vi, include_str!("../locales/vi/ui.ftl")), ("ui", Lang::En, include_str!("../locales/en/ui.ftl"))];

/// Why texts could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file is not valid Fluent.
    #[error("texts of room {room} ({lang:?}) do not parse: {what}")]
    Syntax {
        /// Room that gave the file.
        room: String,
        /// Language of the file.
        lang: Lang,
        /// What the parser said.
        what: String,
    },
    /// An id exists already, in another room or with another wording.
    #[error("texts of room {room} ({lang:?}) repeat an id: {what}")]
    Repeated {
        /// Room that gave the file.
        room: String,
        /// Language of the file.
        lang: Lang,
        /// The ids.
        what: String,
    },
}

/// A value placed into a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// Text, printed as it is.
    Text(String),
    /// A count or measure; written in the way of the language and used to choose the plural.
    Number(f64),
}

impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&&String> for Arg {
    fn from(value: &&String) -> Self {
        Self::Text((*value).clone())
    }
}

impl From<&&str> for Arg {
    fn from(value: &&str) -> Self {
        Self::Text((*value).to_owned())
    }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

macro_rules! number_arg {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Arg {
            fn from(value: $kind) -> Self {
                #[allow(clippy::cast_precision_loss, clippy::cast_lossless)]
                Self::Number(value as f64)
            }
        }
        impl From<&$kind> for Arg {
            fn from(value: &$kind) -> Self {
                Self::from(*value)
            }
        }
        impl From<&&$kind> for Arg {
            fn from(value: &&$kind) -> Self {
                Self::from(**value)
            }
        }
    )*};
}
number_arg!(i32, i64, u16, u32, u64, usize, f64);

struct Shelf {
    bundles: [FluentBundle<FluentResource>; 2],
    sources: BTreeMap<(String, &'static str), String>,
}

static SHELF: LazyLock<RwLock<Shelf>> = LazyLock::new(|| {
    let mut shelf = Shelf { bundles: [bundle(Lang::Vi), bundle(Lang::En)], sources: BTreeMap::new() };
    // Our own two files are held valid by a test; a fault here shows as ids on the page, never as a crash.
    for (room, lang, source) in OWN {
        let _ = shelf.add(room, *lang, source);
    }
    RwLock::new(shelf)
});

fn bundle(lang: Lang) -> FluentBundle<FluentResource> {
    let identifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // Both languages run left to right; the isolation marks would only end up in copied case numbers.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match lang {
        Lang::Vi => |value, _| number_text(value, Lang::Vi),
        Lang::En => |value, _| number_text(value, Lang::En),
    }));
    bundle
}

fn number_text(value: &FluentValue<'_>, lang: Lang) -> Option<String> {
    match value {
        FluentValue::Number(number) => {
            let value = number.value;
            // One decimal where it says all, two otherwise; a count has none.
            let places = [0_u8, 1].into_iter().find(|places| {
                let scaled = value * 10_f64.powi(i32::from(*places));
                (scaled - scaled.round()).abs() < 1e-9
            });
            Some(haidang_kernel::format::decimal(lang, value, places.map_or(2, usize::from)))
        }
        _ => None,
    }
}

impl Shelf {
    fn add(&mut self, room: &str, lang: Lang, source: &str) -> Result<(), TextError> {
        let place = (room.to_owned(), lang.code());
        if self.sources.get(&place).is_some_and(|known| known == source) {
            return Ok(());
        }
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| TextError::Syntax {
            room: room.to_owned(),
            lang,
            what: errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        })?;
        let bundle = &mut self.bundles[usize::from(lang == Lang::En)];
        bundle.add_resource(resource).map_err(|errors| TextError::Repeated {
            room: room.to_owned(),
            lang,
            what: errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        })?;
        self.sources.insert(place, source.to_owned());
        Ok(())
    }
}

/// Adds the texts of rooms: `(room, language, Fluent source)`. Giving the same source twice changes nothing.
///
/// # Errors
/// [`TextError`] when a source does not parse or an id is already taken; what came before it stays registered.
pub fn register(entries: &[(&str, Lang, &str)]) -> Result<(), TextError> {
    let mut shelf = SHELF.write().unwrap_or_else(PoisonError::into_inner);
    for (room, lang, source) in entries {
        shelf.add(room, *lang, source)?;
    }
    Ok(())
}

/// The text of an id in a language, with its values filled in.
///
/// An id missing in English falls back to Vietnamese; an unknown id is shown as `⟦id⟧`, which every page test rejects.
#[must_use]
pub fn t(lang: Lang, key: &str, values: &[(&str, Arg)]) -> String {
    let shelf = SHELF.read().unwrap_or_else(PoisonError::into_inner);
    let mut arguments = FluentArgs::with_capacity(values.len());
    for (name, value) in values {
        match value {
            Arg::Text(text) => arguments.set(*name, text.as_str()),
            Arg::Number(number) => arguments.set(*name, *number),
        }
    }
    let order: &[usize] = if lang == Lang::En { &[1, 0] } else { &[0] };
    for index in order {
        let bundle = &shelf.bundles[*index];
        if let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) {
            let mut errors = Vec::new();
            return bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        }
    }
    format!("⟦{key}⟧")
}

/// True when the id is registered in this language.
#[must_use]
pub fn has(lang: Lang, key: &str) -> bool {
    let shelf = SHELF.read().unwrap_or_else(PoisonError::into_inner);
    shelf.bundles[usize::from(lang == Lang::En)].has_message(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn own_files_parse() {
        for (room, lang, source) in OWN {
            let mut shelf = Shelf { bundles: [bundle(Lang::Vi), bundle(Lang::En)], sources: BTreeMap::new() };
            shelf.add(room, *lang, source).unwrap();
        }
    }

    #[test]
    fn plurals_and_numbers_follow_the_language() {
        register(&[
            ("trial", Lang::Vi, "trial-count = { $count } hồ sơ"),
            (
                "trial",
                Lang::En,
                "trial-count = { $count ->\n    [one] { $count } case\n   *[other] { $count } cases\n }",
            ),
        ])
        .unwrap();
        for (lang, count, expected) in [
            (Lang::Vi, 1, "1 hồ sơ"),
            (Lang::Vi, 1937, "1.937 hồ sơ"),
            (Lang::En, 1, "1 case"),
            (Lang::En, 1937, "1,937 cases"),
        ] {
            assert_eq!(t(lang, "trial-count", &[("count", count.into())]), expected);
        }
    }

    #[test]
    fn an_id_cannot_be_taken_twice() {
        register(&[("first", Lang::Vi, "shared-id = một")]).unwrap();
        assert!(register(&[("second", Lang::Vi, "shared-id = hai")]).is_err());
        assert!(register(&[("third", Lang::Vi, "broken")]).is_err());
        assert_eq!(t(Lang::Vi, "no-such-id", &[]), "⟦no-such-id⟧");
    }
}
