//! The parts around the content of a page, rendered once here so that page templates stay small.

use crate::page::{Page, Theme};
use crate::paths;
use askama::Template;
use askama::filters::HtmlSafe;

/// Contents of `head`.
#[derive(Template)]
#[template(path = "frame/head.html")]
pub struct Head<'page> {
    page: &'page Page,
}

/// Skip link, header, navigation and the banners under them.
#[derive(Template)]
#[template(path = "frame/top.html")]
pub struct Top<'page> {
    page: &'page Page,
    other: &'static str,
}

/// What has just happened, above the content.
#[derive(Template)]
#[template(path = "frame/messages.html")]
pub struct Messages<'page> {
    page: &'page Page,
}

/// The footer.
#[derive(Template)]
#[template(path = "frame/bottom.html")]
pub struct Bottom<'page> {
    page: &'page Page,
    theme: &'static str,
    themes: &'static [(&'static str, &'static str)],
}

impl HtmlSafe for Head<'_> {}
impl HtmlSafe for Top<'_> {}
impl HtmlSafe for Messages<'_> {}
impl HtmlSafe for Bottom<'_> {}

const THEMES: &[(&str, &str)] =
    &[("system", "ui-theme-system"), ("light", "ui-theme-light"), ("dark", "ui-theme-dark")];

impl Page {
    /// Contents of `head`; used by `layout.html`.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head { page: self }
    }

    /// Everything above the content; used by `layout.html`.
    #[must_use]
    pub fn top(&self) -> Top<'_> {
        Top { page: self, other: self.other_language().code() }
    }

    /// The notice of what has just happened; used by `layout.html`, and by pages that fill the block `frame` themselves.
    #[must_use]
    pub fn messages(&self) -> Messages<'_> {
        Messages { page: self }
    }

    /// The footer; used by `layout.html`.
    #[must_use]
    pub fn bottom(&self) -> Bottom<'_> {
        let theme = match self.theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        Bottom { page: self, theme, themes: THEMES }
    }
}
