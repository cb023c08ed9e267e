//! Texts of this room: the words of problem codes and of refused files.

use haidang_ui::{Lang, texts};
use std::sync::Once;

/// Vietnamese source.
pub(crate) const VI: &str = include_str!("../locales/vi/web.ftl");
/// English.
pub(crate) const EN: &str = include_str!("../locales/en/web.ftl");

/// Registers the texts once; a fault in them shows as ids on pages and is found by the test below.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = texts::register(&[("web", Lang::Vi, VI), ("web", Lang::En, EN)]) {
            tracing::error!(error = %error, "texts of this room are not registered");
        }
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_things() {
        texts::register(&[("web", Lang::Vi, VI), ("web", Lang::En, EN)]).unwrap();
        let keys = |source: &str| -> Vec<String> {
            source
                .lines()
                .filter(|l| !l.starts_with([' ', '#']))
                .filter_map(|l| l.split_once(" = "))
                .map(|(k, _)| k.to_owned())
                .collect()
        };
        assert_eq!(keys(VI), keys(EN));
        assert!(keys(VI).len() > 20);
    }
}
