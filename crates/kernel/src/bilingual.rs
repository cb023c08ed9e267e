//! Texts in the city's two languages.

use serde::{Deserialize, Serialize};

use crate::format::Lang;

/// A text in Vietnamese and, where someone has translated it, in English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bilingual {
    /// The Vietnamese text, which is the source.
    pub vi: String,
    /// The English text, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Bilingual {
    /// A text in both languages.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: Some(en.into()) }
    }

    /// A text that exists in Vietnamese alone.
    pub fn vietnamese(vi: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: None }
    }

    /// The text to show, with the language it is really in (to mark it with `lang` on the page).
    pub fn get(&self, lang: Lang) -> (&str, Lang) {
        match (lang, self.en.as_deref()) {
            (Lang::En, Some(en)) if !en.is_empty() => (en, Lang::En),
            _ => (&self.vi, Lang::Vi),
        }
    }

    /// The text to show, when the language it is in does not matter to the caller.
    pub fn text(&self, lang: Lang) -> &str {
        self.get(lang).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_translation_shows_the_source_and_says_so() {
        let both = Bilingual::new("Nộp hồ sơ", "Submit");
        assert_eq!(both.get(Lang::En), ("Submit", Lang::En));
        assert_eq!(both.get(Lang::Vi), ("Nộp hồ sơ", Lang::Vi));
        assert_eq!(Bilingual::vietnamese("Hộ tịch").get(Lang::En), ("Hộ tịch", Lang::Vi));
        assert_eq!(Bilingual::new("Hộ tịch", "").get(Lang::En), ("Hộ tịch", Lang::Vi));
    }
}
