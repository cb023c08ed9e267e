//! Finished HTML, told apart from text by its type.

use askama::filters::HtmlSafe;
use std::fmt;

/// A piece of finished HTML: a template prints it as it is, everything else is escaped.
///
/// It comes from a component or from [`Html::text`]; [`Html::trusted`] is for markup written in our own code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Takes over markup that our own code wrote. Never give it anything a person typed.
    #[must_use]
    pub fn trusted(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// Escapes plain text.
    #[must_use]
    pub fn text(text: impl AsRef<str>) -> Self {
        let mut out = String::with_capacity(text.as_ref().len());
        for character in text.as_ref().chars() {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                other => out.push(other),
            }
        }
        Self(out)
    }

    /// The markup.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when there is nothing to print.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This piece followed by another.
    #[must_use]
    pub fn then(mut self, next: impl HtmlSafe) -> Self {
        use fmt::Write as _;
        let _ = write!(self.0, "{next}");
        self
    }
}

impl fmt::Display for Html {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// What a slot of a component accepts: plain text (escaped) or finished [`Html`].
pub trait IntoHtml {
    /// The finished markup.
    fn into_html(self) -> Html;
}

impl IntoHtml for Html {
    fn into_html(self) -> Html {
        self
    }
}

impl IntoHtml for &Html {
    fn into_html(self) -> Html {
        self.clone()
    }
}

impl IntoHtml for String {
    fn into_html(self) -> Html {
        Html::text(self)
    }
}

impl IntoHtml for &String {
    fn into_html(self) -> Html {
        Html::text(self)
    }
}

impl IntoHtml for &str {
    fn into_html(self) -> Html {
        Html::text(self)
    }
}

/// A small value given by itself or by reference: templates pass references where Rust code passes values.
pub trait Plain<T: Copy> {
    /// The value.
    fn plain(self) -> T;
}

impl<T: Copy> Plain<T> for T {
    fn plain(self) -> T {
        self
    }
}

impl<T: Copy> Plain<T> for &T {
    fn plain(self) -> T {
        *self
    }
}

impl<T: Copy> Plain<T> for &&T {
    fn plain(self) -> T {
        **self
    }
}

impl IntoHtml for &&str {
    fn into_html(self) -> Html {
        Html::text(self)
    }
}

impl IntoHtml for &&String {
    fn into_html(self) -> Html {
        Html::text(self.as_str())
    }
}
